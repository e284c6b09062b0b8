"""What the tests ask of Spark, in one program: python spark_job.py FOLDER; reads rows.parquet, writes spark.json."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import runpy
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from techtags.classifier import COLUMNS
from techtags.engines.spark import tag


def error(*args: Any, **options: Any) -> str:
    """What `tag` says of bad input."""
    try:
        tag(*args, **options)
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    return "no error"


def rows(frame: Any) -> list[dict[str, Any]]:
    """The new columns of a frame that has `n`, in its order."""
    return [r.asDict() for r in frame.orderBy("n").select(*COLUMNS).collect()]


def main(folder: Path) -> None:
    """Do everything."""
    spark = (
        SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1").config("spark.sql.execution.arrow.maxRecordsPerBatch", "150")
    ).getOrCreate()  # fmt: skip
    df = spark.read.parquet(str(folder / "rows.parquet")).repartition(2)
    found: dict[str, Any] = {}
    for case, label in (("text", None), ("label", "sector")):
        found[case] = {"typed": rows(tag(df, "description", label)), "text": rows(tag(df, "description", label, as_text=True))}

    moment = datetime.datetime(2026, 3, 29, 1, 30, 15, 123456)
    odd = spark.createDataFrame(
        [(i, moment, Decimal("12.340"), [1, None], {"a": "b"}, ("x", 2.5), None if i else "solar cells") for i in range(3)],
        "n long, t timestamp, d decimal(10,3), l array<int>, m map<string,string>, s struct<a:string,b:double>, "
        "description string",
    )
    kept = tag(odd)
    found["kept"] = {
        "before": [str(r) for r in odd.orderBy("n").collect()],
        "after": [str(r) for r in kept.select(*odd.columns).orderBy("n").collect()],
    }
    found["errors"] = {
        "missing": error(df, "nothing"),
        "number": error(df, "n"),
        "taken": error(tag(df)),
        "twice": error(df.select("*", f.col("n"))),
        "profile": error(df, profile="bold"),
    }
    found["upper"] = [r["tt_primary"] for r in tag(df, "DESCRIPTION").orderBy("n").limit(5).collect()]
    found["empty"] = tag(df.limit(0)).count()
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        runpy.run_path(str(folder / "example.py"))
    found["example"] = len(shown.getvalue())
    (folder / "spark.json").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    # The example may have stopped it.
    SparkSession.builder.getOrCreate().stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
