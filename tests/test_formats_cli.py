"""`techtags tag` and `techtags harmonise` on every format, on folders and through pipes."""

from __future__ import annotations

import datetime
import gzip
import io
import os
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pyarrow
import pytest
from commands import NOTHING, PHOTOVOLTAICS, WIND, lines, records, techtags
from pyarrow import parquet

from techtags.classifier import COLUMNS, LONG_COLUMNS

TABLE = pyarrow.table(
    {
        "id": pyarrow.array([7, 8, 9, 10], pyarrow.int16()),
        "description": [PHOTOVOLTAICS, WIND, NOTHING, None],
        "day": [datetime.date(2020, 1, 1), None, datetime.date(2021, 1, 1), None],
    }
)
STATUS = ["tagged", "tagged", "none", "unreadable"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.parquet"
    parquet.write_table(TABLE, path)
    return path


def failed(code: int, *args: str | Path, words: list[str]) -> None:
    """The command ends in one line for people, and leaves nothing behind."""
    folder = Path(args[1]).parent
    before = sorted(folder.rglob("*"))
    done = techtags(*args)
    assert done.code == code, done.err
    message = done.err[done.err.index("Error: ") :]
    assert message.count("\n") == 1, message
    for word in words:
        assert word in message
    assert sorted(folder.rglob("*")) == before


def test_parquet_in_and_out(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "out.parquet"
    done = techtags("tag", table, "-o", out)
    assert done.code == 0, done.err
    found = parquet.read_table(out)
    assert found.column_names == ["id", "description", "day", *COLUMNS]
    assert found.select([0, 1, 2]).equals(TABLE)
    assert {str(found.schema.field(c).type) for c in COLUMNS} == {"string"}
    assert found["tt_status"].to_pylist() == STATUS
    assert found["tt_primary"].to_pylist()[2:] == [None, None]
    assert "4 rows in, 4 rows out: 2 tagged (50.0%), 1 none (25.0%), 1 unreadable (25.0%); " in done.err
    assert " rows a second" in done.err


def test_the_long_layout_has_numbers(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "out.parquet"
    assert techtags("tag", table, "-o", out, "--layout", "long", "--id", "id").code == 0
    found = parquet.read_table(out)
    assert found.column_names == ["id", *LONG_COLUMNS]
    types = {n: str(found.schema.field(n).type) for n in ("id", "tt_rank", "tt_score", "tt_tag")}
    assert types == {"id": "int16", "tt_rank": "int64", "tt_score": "double", "tt_tag": "string"}
    as_text = records(techtags("tag", table, "--layout", "long", "--id", "id").text)
    assert [str(v) for v in found["id"].to_pylist()] == [row["id"] for row in as_text]
    assert ["" if v is None else f"{v:.3f}" for v in found["tt_score"].to_pylist()] == [row["tt_score"] for row in as_text]
    assert techtags("tag", table, "-o", out, "--layout", "long").code == 0
    assert str(parquet.read_table(out).schema.field("tt_row").type) == "int64"


def test_every_format_says_the_same(tmp_path: Path, table: Path) -> None:
    given = techtags("tag", table)  # to standard output: CSV
    rows = records(given.text)
    assert [row["tt_status"] for row in rows] == STATUS
    assert rows[1]["day"] == ""
    for ending in ("csv.gz", "jsonl.zst", "xlsx", "dta", "parquet"):
        out = tmp_path / f"out.{ending}"
        assert techtags("tag", table, "-o", out, "--raw").code == 0
        # The columns are there now, and replaced by the same.
        again = techtags("tag", out, "--overwrite", "--text", "description", "--to", "csv")
        assert again.code == 0, again.err
        assert records(again.text) == rows, ending
    assert gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).decode() == given.text


def test_binary_formats_through_pipes(table: Path) -> None:
    piped = techtags("tag", "-", "--from", "parquet", "--to", "xlsx", stdin=table.read_bytes())
    assert piped.code == 0, piped.err
    sheet = openpyxl.load_workbook(io.BytesIO(piped.out)).active
    again = techtags("tag", "-", "--from", "xlsx", "--to", "dta", "--overwrite", "--text", "description", stdin=piped.out)
    frame = pandas.read_stata(io.BytesIO(again.out))
    assert [c.value for c in sheet["A"]] == ["id", 7, 8, 9, 10]
    assert frame["tt_status"].tolist() == STATUS
    assert frame["id"].dtype == "int8"
    back = techtags("tag", "-", "--from", "dta", "--to", "parquet", "--overwrite", "--text", "description", stdin=again.out)
    assert parquet.read_table(io.BytesIO(back.out))["tt_status"].to_pylist() == STATUS
    packed = techtags("tag", "-", "--to", "jsonl", stdin=gzip.compress(b"id,text\n1,solar cells and photovoltaic modules\n"))
    assert [row["tt_status"] for row in lines(packed.text)] == ["tagged"]


def test_sheets_and_formulas(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["nothing here"])
    sheet = book.create_sheet("Firms")
    for row in (["id", "text", "sector"], [1, PHOTOVOLTAICS, None], [2, None, "=Lithography"]):
        sheet.append(row)
    sheet["C3"].data_type = "s"
    book.save(path)
    out = tmp_path / "out.xlsx"
    failed(2, "tag", path, "-o", out, words=["which column", "'nothing here'"])
    failed(1, "tag", path, "-o", out, "--sheet", "Firm", words=["no sheet 'Firm'", "'Sheet', 'Firms'"])
    for raw, begins in (([], "'"), (["--raw"], "=")):
        done = techtags("tag", path, "-o", out, "--sheet", "Firms", "--label", "sector", "--layout", "long", *raw)
        assert done.code == 0, done.err
        long = openpyxl.load_workbook(out).worksheets[0]
        assert long["A2"].value == 1
        # What we add is text whatever it begins with; the apostrophe is for who copies it elsewhere.
        assert {c.data_type for row in long.iter_rows(min_row=2) for c in row} <= {"s", "n"}
        assert begins in ("'", "=")


def test_evidence_like_a_formula_in_each_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from techtags.cli import _tagging

    monkeypatch.setattr(_tagging, "cells", lambda *_: ["=a", *"bcdefghij"])
    path = tmp_path / "t.csv"
    path.write_text("text\nsolar\n")

    def status(ending: str, *options: str) -> Any:
        out = tmp_path / f"out.{ending}"
        assert techtags("tag", path, "-o", out, *options).code == 0
        if ending == "xlsx":
            cell = openpyxl.load_workbook(out).active["B2"]
            assert cell.data_type == "s"
            return cell.value
        return {
            "csv": lambda: pandas.read_csv(out)["tt_status"][0],
            "parquet": lambda: parquet.read_table(out)["tt_status"].to_pylist()[0],
            "dta": lambda: pandas.read_stata(out)["tt_status"][0],
            "jsonl": lambda: lines(out.read_text())[0]["tt_status"],
        }[ending]()

    assert {e: status(e) for e in ("csv", "xlsx", "parquet", "dta", "jsonl")} == {
        "csv": "'=a", "xlsx": "'=a", "parquet": "=a", "dta": "=a", "jsonl": "=a",
    }  # fmt: skip
    assert {e: status(e, "--raw") for e in ("csv", "xlsx")} == {"csv": "=a", "xlsx": "=a"}


def test_columns_of_numbers_dates_and_nulls_become_text_for_tagging_only(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "out.parquet"
    for column in ("id", "day"):
        assert techtags("tag", table, "-o", out, "--text", column).code == 0
        found = parquet.read_table(out)
        assert found.select([0, 1, 2]).equals(TABLE)
        assert set(found["tt_status"].to_pylist()) <= {"unreadable", "none"}
    parquet.write_table(pyarrow.table({"text": pyarrow.nulls(2)}), table)
    assert techtags("tag", table, "-o", out).code == 0
    assert parquet.read_table(out)["tt_status"].to_pylist() == ["unreadable"] * 2


def test_a_folder_as_one_table(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out.csv"
    folder.mkdir()
    for name, text in (("b", WIND), ("a", PHOTOVOLTAICS)):
        (folder / f"{name}.csv").write_text(f'id,text\n{name},"{text}"\n', encoding="utf-8")
    for given in (folder, f"{folder}/*.csv"):
        done = techtags("tag", given, "-o", out)
        assert done.code == 0, done.err
        rows = records(out.read_text(encoding="utf-8"))
        assert [(row["id"], row["tt_primary"]) for row in rows] == [("a", "photovoltaics"), ("b", "wind-power")]
        assert "2 rows in, 2 rows out" in done.err
    (folder / "c.csv").write_text("id,about\n1,x\n")
    failed(1, "tag", folder, "-o", out, words=["c.csv has no column 'text'", "a.csv"])
    done = techtags("harmonise", f"{folder}/[ab].csv", "--label", "id", "-o", tmp_path / "found.parquet")
    assert done.code == 0, done.err
    found = parquet.read_table(tmp_path / "found.parquet")
    assert found["designation"].to_pylist() == ["a", "b"]
    assert [str(found.schema.field(n).type) for n in ("rows", "tt_sure", "tt_status")] == ["int64", "double", "string"]


def test_a_folder_into_a_folder_of_the_same_layout(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("year=2020/part-0.parquet", "year=2021/part-0.parquet"):
        (folder / name).parent.mkdir(parents=True)
        parquet.write_table(TABLE, folder / name)
    failed(1, "tag", folder, "-o", tmp_path / "one.parquet", words=["'year' stands in the names of folders"])
    done = techtags("tag", folder, "-o", f"{out}{os.sep}")
    assert done.code == 0, done.err
    assert "8 rows in, 8 rows out" in done.err
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.*")) == ["year=2020/part-0.parquet", "year=2021/part-0.parquet"]
    assert parquet.ParquetFile(out / "year=2020/part-0.parquet").read().column_names[:3] == TABLE.column_names
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]
    # Into another format; and nothing takes its place where one fails.
    done = techtags("tag", folder, "-o", out, "--to", "csv")
    assert done.code == 0, done.err
    assert (out / "year=2020/part-0.csv").exists()
    (folder / "year=2022").mkdir()
    (folder / "year=2022/bad.parquet").write_bytes(b"PAR1 no")
    failed(1, "tag", folder, "-o", f"{tmp_path}/other/", words=["bad.parquet", "not a Parquet file"])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.xls", b"\xd0\xcf\x11\xe0", ["t.xls", "before 2007", "save it as .xlsx"]),
        ("t.parquet", b"PAR1", ["t.parquet", "not a Parquet file"]),
        ("t.xlsx", b"PK\x03\x04", ["t.xlsx", "not an Excel workbook"]),
        ("t.dta", b"\x72\x02", ["t.dta", "not a Stata file"]),
        ("t.csv.gz", b"\x1f\x8b\x08", ["t.csv.gz", "damaged gzip data"]),
        ("t.csv.zst", b"\x28\xb5\x2f\xfd", ["t.csv.zst", "damaged zstd data"]),
        ("t.csv", b"PK\x03\x04..", ["t.csv", "--from xlsx"]),
        ("t.parquet", b"", ["t.parquet is empty"]),
        ("t.jsonl.gz", b"", ["t.jsonl.gz is empty"]),
    ],
)
def test_bad_files(tmp_path: Path, name: str, content: bytes, words: list[str]) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    failed(1, "tag", path, "-o", tmp_path / "out.csv", words=words)


def test_guessed_encodings_are_told(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_bytes("編號,簡介\n1,專注於太陽能電池與光伏組件的製造\n".encode("big5"))
    done = techtags("tag", path, "-o", out)
    assert f"reading {path} as big5 (say --encoding to choose another)" in done.err
    row = records(out.read_bytes().decode("big5"))[0]
    assert (row["簡介"], row["tt_primary"]) == ("專注於太陽能電池與光伏組件的製造", "photovoltaics")
