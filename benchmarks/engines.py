"""Rows a second of every engine beside the command line, and whether they agree.

    python benchmarks/engines.py [--rows 20000] [--pool ../shared/data/pool] [--only duckdb spark] [--no-evidence]
                                 [--master "local-cluster[2,1,2048]"]

Texts are those of `speed.py` (60 words in English, 110 characters in Chinese, half each) with a number added, so that no two are
equal.  Every engine reads the same Parquet file and runs in a process of its own; starting it (imports, Spark's start) is not
counted, loading the model is.  The command is counted whole.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

COMPARED = ("tt_tags", "tt_scores")


def make(folder: Path, n: int, pool: Path | None) -> None:
    """Write the rows, as CSV and as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from speed import example_texts, pool_texts

    texts = pool_texts(pool) if pool else example_texts()
    rows = [{"n": i, "description": f"{texts[i * len(texts) // n % len(texts)]} {i}"} for i in range(n)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet", row_group_size=10_000)
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["n", "description"])
        writer.writeheader()
        writer.writerows(rows)


def command(folder: Path, evidence: bool) -> dict[str, Any]:
    """The command line, as a program."""
    flag = "--evidence" if evidence else "--no-evidence"
    line = [sys.executable, "-m", "techtags", "tag", str(folder / "rows.csv"), "--text", "description", flag]
    start = time.perf_counter()
    subprocess.run([*line, "-o", str(folder / "out.csv")], check=True, capture_output=True)
    seconds = time.perf_counter() - start
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        said = [[row[c] for c in COMPARED] for row in csv.DictReader(file)]
    return {"seconds": seconds, "said": said, "memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}


def texts_of(path: Path) -> Any:
    """The column of descriptions."""
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=["description"])["description"]


def in_arrow(path: Path, evidence: bool, master: str) -> tuple[float, Any]:
    """`tag_array` alone."""
    from techtags import Tagger
    from techtags.engines.arrow import tag_array

    start = time.perf_counter()
    made = tag_array(Tagger.load(evidence=evidence), texts_of(path), as_text=True)
    return time.perf_counter() - start, made


def in_duckdb(path: Path, evidence: bool, master: str) -> tuple[float, Any]:
    """All columns through `tt_result`."""
    import duckdb

    from techtags import Tagger
    from techtags.engines.duckdb import register

    start = time.perf_counter()
    connection = duckdb.connect()
    register(connection, Tagger.load(evidence=evidence))
    query = f"SELECT n, r.* FROM (SELECT n, tt_result(description) AS r FROM '{path}') ORDER BY n"
    made = connection.sql(query).to_arrow_table()
    return time.perf_counter() - start, made


def in_polars(path: Path, evidence: bool, master: str) -> tuple[float, Any]:
    """A lazy frame, streamed."""
    import polars as pl

    import techtags.engines.polars  # noqa: F401
    from techtags import Tagger

    start = time.perf_counter()
    lazy: Any = pl.scan_parquet(path)
    made = lazy.techtags.tag("description", tagger=Tagger.load(evidence=evidence)).collect(engine="streaming")
    return time.perf_counter() - start, made.to_arrow()


def in_pandas(path: Path, evidence: bool, master: str) -> tuple[float, Any]:
    """A data frame."""
    import pandas as pd
    import pyarrow as pa

    import techtags.engines.pandas  # noqa: F401
    from techtags import Tagger

    start = time.perf_counter()
    made = pd.read_parquet(path).techtags.tag("description", tagger=Tagger.load(evidence=evidence))
    return time.perf_counter() - start, pa.Table.from_pandas(made[list(COMPARED)], preserve_index=False)


def in_datasets(path: Path, evidence: bool, master: str) -> tuple[float, Any]:
    """A dataset, in two processes."""
    from datasets import Dataset

    from techtags.engines.datasets import tag

    dataset = Dataset.from_parquet(str(path), cache_dir=str(path.parent / "cache"))
    start = time.perf_counter()
    made = tag(dataset, evidence=evidence, num_proc=2)
    seconds = time.perf_counter() - start
    return seconds, made.with_format("arrow")[:]


def in_sklearn(path: Path, evidence: bool, master: str) -> tuple[float, Any]:
    """`predict_tags`: tags alone."""
    import pyarrow as pa

    from techtags.engines.sklearn import TechTagClassifier

    texts = texts_of(path).to_pylist()
    start = time.perf_counter()
    made = TechTagClassifier.pretrained().predict_tags(texts)
    return time.perf_counter() - start, pa.table({"tt_tags": [";".join(tags) for tags in made]})


def in_spark(path: Path, evidence: bool, master: str) -> tuple[float, Any]:
    """Two workers; the result is written as Parquet."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    import pyarrow.parquet as pq
    from pyspark.sql import SparkSession

    from techtags.engines.spark import tag

    spark = SparkSession.builder.master(master).config("spark.ui.enabled", "false").getOrCreate()
    spark.range(10).count()  # its executors are up
    start = time.perf_counter()
    df = spark.read.parquet(str(path)).repartition(2)
    tag(df, evidence=evidence).write.parquet(str(path.parent / "spark"))
    seconds = time.perf_counter() - start
    spark.stop()
    made = pq.read_table(path.parent / "spark")
    return seconds, made.sort_by("n")


ENGINES = {
    "arrow": in_arrow,
    "duckdb": in_duckdb,
    "polars": in_polars,
    "pandas": in_pandas,
    "datasets": in_datasets,
    "sklearn": in_sklearn,
    "spark": in_spark,
}


def as_text(column: str, value: Any) -> str:
    """A cell as the command line writes it."""
    if not isinstance(value, list):
        return value or ""
    return ";".join("" if v is None else f"{v:.3f}" if column == "tt_scores" else v for v in value)


def child(name: str, folder: Path, evidence: bool, master: str) -> None:
    """Run one engine, and leave what it said."""
    seconds, made = ENGINES[name](folder / "rows.parquet", evidence, master)
    columns = [c for c in COMPARED if c in made.column_names]
    said = [[as_text(c, v) for c, v in zip(columns, row, strict=True)] for row in zip(*(made[c].to_pylist() for c in columns))]  # noqa: B905
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    (folder / f"{name}.json").write_text(json.dumps({"seconds": seconds, "said": said, "memory": memory}), encoding="utf-8")


def cpu() -> float:
    """CPU seconds of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(name: str, n: int, done: dict[str, Any], expected: list[list[str]]) -> None:
    """One line of the table."""
    differ = sum(row != want[: len(row)] for row, want in zip(done["said"], expected, strict=True))
    used = "-" if done["cpu"] is None else f"{done['cpu']:.1f}"
    line = f"{name:<12}{n / done['seconds']:>10,.0f} rows/s{used:>10} CPU s{done['memory']:>8,.0f} MB{differ:>8} rows differ"
    print(line, flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--only", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--evidence", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--master", default="local[2]", help="Spark's master; local-cluster[2,1,2048] is two executors.")
    parser.add_argument("--child", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child[0], Path(arguments.child[1]), arguments.evidence, arguments.master)
        return
    n = arguments.rows
    with tempfile.TemporaryDirectory(prefix="techtags-engines-") as temporary:
        folder = Path(temporary)
        make(folder, n, arguments.pool)
        evidence = "on" if arguments.evidence else "off"
        print(f"{n:,} rows, evidence {evidence}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print("rows a second; CPU seconds of the whole program, its start counted; memory of its largest process")
        before = cpu()
        base = command(folder, arguments.evidence)
        base["cpu"] = cpu() - before
        show("command", n, base, base["said"])
        for name in arguments.only:
            flag = "--evidence" if arguments.evidence else "--no-evidence"
            line = [sys.executable, __file__, "--child", name, str(folder), flag, "--master", arguments.master]
            before = cpu()
            done = subprocess.run(line, capture_output=True, text=True, check=False)
            used = cpu() - before
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no message"])[-1]
                print(f"{name:<12}failed: {last}", flush=True)
                continue
            found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            # Spark's Java runs apart, and nothing tells what it used.
            show(name, n, {**found, "cpu": None if name == "spark" else used}, base["said"])


if __name__ == "__main__":
    main()
