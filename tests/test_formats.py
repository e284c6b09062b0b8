"""Packed text, Parquet, Excel and Stata: values and types of a user's own columns come out as they went in."""

from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import io
import json
import math
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import polars
import pyarrow
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from techtags.tables import TableError, format_of, inputs_of, open_table, open_tables, open_writer, streams

ADDED = ["tt_x", "tt_score"]


def copy(source: Path, target: Path, keep: list[int] | None = None, **options: Any) -> list[str]:
    """Write a table again with two columns appended; what was noted."""
    table = open_table(str(source), format_of(str(source)), **options)
    try:
        with open_writer(
            str(target), format_of(str(target)), encoding=table.encoding, delimiter=table.delimiter or ",", newline=table.newline
        ) as writer:
            writer.begin(table, keep if keep is not None else range(len(table.header)), ADDED, {"tt_score": "float"})
            for n, row in enumerate(table.rows):
                writer.append(row, [f"=tag {n}", "0.5" if n % 2 == 0 else ""])
        return [*table.notes, *writer.notes]
    finally:
        table.close()


def cells(path: Path, **options: Any) -> list[list[str]]:
    table = open_table(str(path), format_of(str(path)), **options)
    try:
        return [table.header, *(row.cells for row in table.rows)]
    finally:
        table.close()


def values(path: Path, **options: Any) -> list[list[Any]]:
    table = open_table(str(path), format_of(str(path)), **options)
    try:
        return [list(row.typed or ()) for row in table.rows]
    finally:
        table.close()


def fails(words: str, path: Path, target: Path | None = None, **options: Any) -> None:
    """Reading (and writing) ends in one line that names the file, and leaves nothing."""
    before = set(path.parent.iterdir())
    with pytest.raises(TableError, match=words) as caught:
        copy(path, target, **options) if target else values(path, **options)
    assert "\n" not in str(caught.value)
    assert set(path.parent.iterdir()) == before


# Names


def test_forms_and_packing() -> None:
    for name, form in {
        "a.csv.gz": "csv", "A.CSV.ZST": "csv", "a.jsonl.zst": "jsonl", "a.tab.gz": "tsv", "a.parquet": "parquet",
        "a.pq": "parquet", "a.xlsx": "xlsx", "a.dta": "dta", "a.gz": "csv",
    }.items():  # fmt: skip
        assert format_of(name) == form
    for name, words in (
        ("a.xls", "before 2007.*save it as .xlsx"),
        ("a.ods", "OpenDocument"),
        ("a.parquet.gz", "packed in itself"),
    ):
        with pytest.raises(TableError, match=words):
            format_of(name)
    with pytest.raises(TableError, match="macros"):
        format_of("a.xlsm", None, "--to")


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [
        ("pyarrow", "t.parquet", "parquet"),
        ("openpyxl", "t.xlsx", "excel"),
        ("pandas", "t.dta", "stata"),
        ("zstandard", "t.csv.zst", "zstd"),
    ],
)
def test_a_missing_library_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, extra: str
) -> None:
    import sys

    path = tmp_path / "in.csv"
    path.write_text("a\n1\n")
    copy(path, tmp_path / name)
    for loaded in list(sys.modules):
        if loaded.split(".")[0] == module:
            monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    for read, write in ((tmp_path / name, None), (path, tmp_path / f"other-{name}")):
        with pytest.raises(TableError, match=rf"need {module}: pip install \"techtags\[{extra}\]\""):
            copy(read, write or tmp_path / "out.csv")


# Packed text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_packed_text(tmp_path: Path, ending: str, encoding: str) -> None:
    rows = [["編號", "公司"], ["1", "專注於太陽能電池的製造, 成立於台灣"], ["2", "提供風電服務\n與組件"]]
    text = "".join(",".join(f'"{c}"' for c in row) + "\r\n" for row in rows)
    pack = gzip.compress if ending == ".gz" else zstandard.ZstdCompressor().compress
    path, out = tmp_path / f"t.csv{ending}", tmp_path / f"out.csv{ending}"
    path.write_bytes(pack(text.encode(encoding)))
    copy(path, out)
    raw = out.read_bytes()
    plain = gzip.decompress(raw) if ending == ".gz" else zstandard.ZstdDecompressor().stream_reader(raw).read()
    given = list(csv.reader(io.StringIO(plain.decode(encoding), newline="")))
    assert [row[:2] for row in given] == rows
    assert given[0][2:] == ADDED
    again = tmp_path / f"again.csv{ending}"
    copy(path, again)
    assert again.read_bytes() == raw  # no clock in it


def test_members_after_one_another(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n"))
    assert cells(path) == [["a", "b"], ["1", "2"], ["3", "4"]]
    path = tmp_path / "t.csv.zst"
    path.write_bytes(zstandard.compress(b"a,b\n1,2\n") + zstandard.compress(b"3,4\n"))
    assert cells(path) == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_what_is_not_packed_as_its_name_says(tmp_path: Path) -> None:
    plain = tmp_path / "t.csv.gz"
    plain.write_bytes(b"a,b\n1,2\n")
    fails("not packed with gzip.*rename it", plain)
    packed = tmp_path / "u.csv"
    packed.write_bytes(gzip.compress(b"a,b\n1,2\n"))  # seen by its content
    assert cells(packed) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_cut_and_damaged_packed_files(tmp_path: Path, ending: str) -> None:
    text = ("id,text\n" + "".join(f"{i},{os.urandom(20).hex()}\n" for i in range(20_000))).encode()
    whole = gzip.compress(text) if ending == ".gz" else zstandard.ZstdCompressor(write_checksum=True).compress(text)
    path = tmp_path / f"t.csv{ending}"
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 50] = bytes(50)
    for raw in (whole[: len(whole) // 2], bytes(damaged)):
        path.write_bytes(raw)
        fails(r"t\.csv.*damaged (gzip|zstd) data, or cut short", path, tmp_path / "out.csv")


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HARMLESS", 1 << 20)
    monkeypatch.setattr(streams, "LONGEST_LINE", 1 << 40)
    for ending, pack in ((".gz", gzip.compress), (".zst", zstandard.compress)):
        path = tmp_path / f"t.csv{ending}"
        path.write_bytes(pack(b"id,text\n" + b"1,a\n" * (4 << 20)))
        fails("300 times its size", path)


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_LINE", 1 << 20)
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,text\n1,ok\n2," + b"x" * (2 << 20) + b"\n")
    fails(r"t\.csv: a line of more than 1 MB", path)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"PK\x03\x04rest", "Excel workbook.*--from xlsx"),
        (b"PAR1\x15\x00", "--from parquet"),
        (b"<stata_dta><header>", "--from dta"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "before 2007"),
        (b"%PDF-1.7", "is a PDF"),
    ],
)
def test_other_formats_called_csv(tmp_path: Path, head: bytes, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(head + b"\n1,2\n")
    fails(rf"t\.csv.*{words}", path)


@pytest.mark.parametrize("delimiter", ["\x01", "^", "~", ":", "¦"])
def test_unusual_delimiters(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    rows = [["id", "name, full", "text"], ["1", "A, B", "solar"], ["2", "C", "wind, water"]]
    path.write_text("\n".join(delimiter.join(row) for row in rows) + "\n", encoding="utf-8")
    assert cells(path) == rows
    # Where the rows do not bear it out, it is part of a name.
    path.write_text(f"id{delimiter}x,text\n1,solar\n", encoding="utf-8")
    assert cells(path) == [[f"id{delimiter}x", "text"], ["1", "solar"]]
    path.write_text(f"about{delimiter} all\nsolar\nwind\n", encoding="utf-8")
    assert cells(path) == [[f"about{delimiter} all"], ["solar"], ["wind"]]


def test_nul_bytes_and_a_cell_of_ten_megabytes(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    long = "solar " * ((10 << 20) // 6)
    rows = [["id", "text"], ["1", "a\0b"], ["2", long]]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    copy(path, out)
    assert [row[:2] for row in cells(out)] == rows
    copy(path, tmp_path / "out.parquet")
    assert parquet.read_table(tmp_path / "out.parquet")["text"].to_pylist() == ["a\0b", long]
    fails("row 3, column 'text': a text of .* an Excel cell holds 32767", path, tmp_path / "out.xlsx")
    fails("row 1, column 'text': a NUL character", path, tmp_path / "out.dta")


# Parquet

ARROW = pyarrow.table(
    {
        "id": pyarrow.array([1, None, 3], pyarrow.int32()),
        "text": pyarrow.array(["solar", None, "电池"], pyarrow.large_string()),
        "kind": pyarrow.array(["a", "b", "a"]).dictionary_encode(),
        "sum": pyarrow.array([decimal.Decimal("1.10"), None, decimal.Decimal("-3.20")], pyarrow.decimal128(10, 2)),
        "at": pyarrow.array([0, 1, None], pyarrow.timestamp("ns", "Asia/Shanghai")),
        "day": pyarrow.array([datetime.date(2020, 1, 1), None, datetime.date(1850, 1, 1)]),
        "x": pyarrow.array([0.1, math.nan, None], pyarrow.float32()),
        "list": pyarrow.array([[1, 2], None, []]),
        "struct": pyarrow.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}]),
        "yes": pyarrow.array([True, None, False]),
        "raw": pyarrow.array([b"\xff\x00", None, b"abc"]),
    },
    metadata={"who": "me"},
)


def test_parquet_keeps_types_metadata_and_codec(tmp_path: Path) -> None:
    path, out = tmp_path / "t.parquet", tmp_path / "out.parquet"
    parquet.write_table(ARROW, path, compression="gzip", row_group_size=2)
    assert copy(path, out) == []
    before, after = parquet.read_table(path), parquet.read_table(out)
    assert after.column_names == [*ARROW.column_names, *ADDED]
    own = after.drop_columns(ADDED)
    assert own.schema.equals(before.schema, check_metadata=True)
    # NaN is not equal to itself.
    assert own.drop_columns(["x"]).equals(before.drop_columns(["x"]))
    assert str(own["x"].to_pylist()) == str(before["x"].to_pylist())
    assert [after.schema.field(n).type for n in ADDED] == [pyarrow.string(), pyarrow.float64()]
    assert after["tt_score"].to_pylist() == [0.5, None, 0.5]
    assert after["tt_x"].to_pylist() == ["=tag 0", "=tag 1", "=tag 2"]
    assert parquet.ParquetFile(out).metadata.row_group(0).column(0).compression == "GZIP"


def test_parquet_as_text(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(ARROW, path)
    assert cells(path) == [
        ARROW.column_names,
        [
            "1",
            "solar",
            "a",
            "1.10",
            "1970-01-01 08:00:00+0800",
            "2020-01-01",
            "0.1",
            "[1, 2]",
            '{"a": 1, "b": "x"}',
            "true",
            "/wA=",
        ],
        ["", "", "b", "", "1970-01-01 08:00:00.000000001+0800", "", "nan", "", "", "", ""],
        ["3", "电池", "a", "-3.20", "", "1850-01-01", "", "[]", '{"a": null, "b": "y"}', "false", "abc"],
    ]


def test_parquet_columns_may_go(tmp_path: Path) -> None:
    path, out = tmp_path / "t.parquet", tmp_path / "out.parquet"
    parquet.write_table(ARROW, path)
    copy(path, out, keep=[2, 0])
    assert parquet.read_table(out).column_names == ["kind", "id", *ADDED]
    assert parquet.read_table(out)["id"].to_pylist() == [1, None, 3]


def test_parquet_of_many_groups_and_none(tmp_path: Path) -> None:
    path, out = tmp_path / "t.parquet", tmp_path / "out.parquet"
    many = pyarrow.table({"id": list(range(40_000)), "text": [f"text {i}" for i in range(40_000)]})
    parquet.write_table(many, path, row_group_size=9_999)
    copy(path, out)
    assert parquet.read_table(out).select(["id", "text"]).equals(many)
    parquet.write_table(many.slice(0, 0), path)
    copy(path, out)
    assert parquet.read_table(out).column_names == ["id", "text", *ADDED]
    assert len(parquet.read_table(out)) == 0


def test_text_into_parquet_stays_text(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.parquet"
    path.write_text("id,text\n007,\n1e5,x\n")
    copy(path, out)
    assert parquet.read_table(out).to_pylist()[0] == {"id": "007", "text": "", "tt_x": "=tag 0", "tt_score": 0.5}
    path.write_text("id,id\n1,2\n")
    fails("two columns are called 'id'", path, out := tmp_path / "other.parquet")
    path.write_text("id,text\n1,2\n3,4,5\n")
    fails(r"t\.csv, line 3: 3 cells where the header has 2, and Parquet has no place", path, out)


def test_broken_bytes_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,text\n1,ok\n2,\xff\xfe\xfd\n")
    for ending in ("parquet", "xlsx", "dta"):
        out = tmp_path / f"out.{ending}"
        assert "cells whose bytes could not be read: 1" in copy(path, out)[-1]
        assert [row[:2] for row in cells(out)] == [["id", "text"], ["1", "ok"], ["2", "\ufffd\ufffd\ufffd"]]


def test_json_lines_into_parquet_get_types(tmp_path: Path) -> None:
    path, out = tmp_path / "t.jsonl", tmp_path / "out.parquet"
    given = [
        {"i": 1, "f": 1, "b": True, "m": 1, "n": None, "o": {"a": [1]}, "big": 2**70},
        {"i": None, "f": 0.5, "b": None, "m": "x", "n": None, "o": None, "big": 1},
    ]
    path.write_text("".join(json.dumps(v) + "\n" for v in given))
    copy(path, out)
    found = parquet.read_table(out).drop_columns(ADDED)
    assert [str(t) for t in found.schema.types] == ["int64", "double", "bool", "string", "string", "string", "string"]
    assert found.to_pylist() == [
        {"i": 1, "f": 1.0, "b": True, "m": "1", "n": None, "o": '{"a": [1]}', "big": str(2**70)},
        {"i": None, "f": 0.5, "b": None, "m": "x", "n": None, "o": None, "big": "1"},
    ]


def test_what_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"")
    fails("t.parquet is empty", path)
    path.write_bytes(b"id,text\n1,2\n")
    fails("t.parquet: not a Parquet file", path)
    parquet.write_table(pyarrow.table({"text": [os.urandom(50).hex() for _ in range(5000)]}), path, use_dictionary=False)
    raw = bytearray(path.read_bytes())
    path.write_bytes(raw[: len(raw) // 2])
    fails("t.parquet: not a Parquet file", path)
    raw[len(raw) // 3 : len(raw) // 3 + 2000] = bytes(2000)
    path.write_bytes(raw)
    out = tmp_path / "out.csv"
    try:
        copy(path, out)
    except TableError as error:
        assert "damaged Parquet data" in str(error)
        assert not out.exists()


# Excel


def workbook(path: Path, rows: list[list[Any]], title: str = "Data", **more: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    for name, content in {title: rows, **more}.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(row)
    del book["Sheet"]
    book.save(path)


def sheet_of(path: Path) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[c.value for c in row] for row in sheet.iter_rows()]


EXCEL: list[list[Any]] = [
    ["id", "text", "x", "day", "at", "yes", "time"],
    [1, "solar", 0.25, datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, 10, 30), True, datetime.time(8, 5)],
    [2, None, 1e300, None, None, False, None],
    [None, " 电池 \n\t", 5, datetime.datetime(2021, 2, 3), None, None, None],
]


def test_excel_keeps_values_types_and_formats(tmp_path: Path) -> None:
    path, out = tmp_path / "t.xlsx", tmp_path / "out.xlsx"
    workbook(path, EXCEL)
    book = openpyxl.load_workbook(path)
    for row in book["Data"].iter_rows(min_row=2):
        row[2].number_format = "0.00%"
        row[3].number_format = "yyyy/mm/dd"
    book.save(path)
    copy(path, out)
    assert [row[:7] for row in sheet_of(out)[1:]] == EXCEL[1:]
    assert sheet_of(out)[0] == [*EXCEL[0], *ADDED]
    sheet = openpyxl.load_workbook(out)["Data"]
    assert (sheet["C2"].number_format, sheet["D2"].number_format) == ("0.00%", "yyyy/mm/dd")
    # Texts that look like formulas are texts; what is a number for us is one there.
    assert (sheet["H2"].data_type, sheet["H2"].value) == ("s", "=tag 0")
    assert (sheet["I2"].value, sheet["I3"].value) == (0.5, None)
    assert cells(path)[1:] == [
        ["1", "solar", "0.25", "2020-01-01", "2020-01-01 10:30:00", "true", "08:05:00"],
        ["2", "", "1e+300", "", "", "false", ""],
        ["", " 电池 \n\t", "5", "2021-02-03", "", "", ""],
    ]


def test_excel_into_parquet_gets_types(tmp_path: Path) -> None:
    path, out = tmp_path / "t.xlsx", tmp_path / "out.parquet"
    workbook(path, EXCEL)
    book = openpyxl.load_workbook(path)
    for row in book["Data"].iter_rows(min_row=2):
        row[3].number_format = "yyyy-mm-dd"
    book.save(path)
    copy(path, out)
    types = [str(t) for t in parquet.read_table(out).schema.types]
    assert types == ["int64", "string", "double", "date32[day]", "timestamp[us]", "bool", "time64[us]", "string", "double"]


def test_sheets(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    workbook(path, [["a"], [1]], title="One", Two=[["b"], [2]])
    table = open_table(str(path), "xlsx")
    assert table.header == ["a"]
    assert "reading sheet 'One', of 'One', 'Two'" in table.notes[0]
    table.close()
    assert cells(path, sheet="Two") == [["b"], ["2"]]
    assert cells(path, sheet="2") == [["b"], ["2"]]
    fails("has no sheet 'Three'; it has 'One', 'Two'", path, sheet="Three")
    with pytest.raises(TableError, match="has no sheets; only Excel"):
        open_table("t.csv", "csv", sheet="x")


def test_excel_rows_and_gaps(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    workbook(path, [[], ["a", None, "c"], [1], [], [None, 2, 3, None, 5], [], []])
    assert cells(path) == [["a", "", "c"], ["1", "", ""], ["", "", ""], ["", "2", "3", "", "5"]]
    out = tmp_path / "out.xlsx"
    copy(path, out)
    assert sheet_of(out)[3] == [None, 2, 3, "=tag 2", 0.5, None, 5]  # what stands beside the table still does
    workbook(path, [["a", "b"], [1, 2, 3]])
    fails("line 2: 3 cells where the header has 2, and Parquet has no place", path, tmp_path / "out.parquet")


def test_characters_that_xml_lacks(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.xlsx"
    rows = [["id", "text"], ["1", "a\x0bb\r\nc\x01"], ["2", "_x000B_ is said"], ["3", "=1+1"], ["4", "#N/A"], ["5", " \uffff"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    copy(path, out)
    assert [row[:2] for row in cells(out)] == rows
    assert {type(row[1]) for row in values(out)} == {str}
    sheet = openpyxl.load_workbook(out).active
    assert {sheet[f"B{i}"].data_type for i in range(2, 7)} == {"s"}


def test_numbers_that_excel_lacks_become_text(tmp_path: Path) -> None:
    path, out = tmp_path / "t.parquet", tmp_path / "out.xlsx"
    given = {"id": [2**60, 1], "x": [math.inf, 1.5], "d": [datetime.date(1850, 1, 1), datetime.date(2020, 1, 1)]}
    parquet.write_table(pyarrow.table(given), path)
    copy(path, out)
    assert [row[:3] for row in sheet_of(out)[1:]] == [[str(2**60), "inf", "1850-01-01"], [1, 1.5, datetime.datetime(2020, 1, 1)]]


def test_formulas(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    workbook(path, [["a", "b"], [1, "=A2+1"]])
    fails("sheet 'Data': cell B2 holds a formula whose value no program has computed", path)
    # As Excel saves it: with the value.
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            for empty in (b"<v></v>", b"<v />", b"<v/>"):
                content = content.replace(b"</f>" + empty, b"</f><v>2</v>")
            archive.writestr(name, content)
    assert cells(path) == [["a", "b"], ["1", "2"]]


def test_what_is_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from techtags.tables import excel

    path = tmp_path / "t.xlsx"
    path.write_bytes(b"")
    fails("is empty", path)
    path.write_bytes(b"a,b\n1,2\n")
    fails("t.xlsx: not an Excel workbook", path)
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    fails("before 2007, or one with a password", path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "x")
    fails("not a workbook that can be read", path)
    workbook(path, [])
    fails("sheet 'Data' is empty", path)
    workbook(path, [["a", "b"]] + [[1, "x" * 50]] * 5000)
    monkeypatch.setattr(excel, "HARMLESS", 1000)
    monkeypatch.setattr(excel, "WORST_RATIO", 10)
    fails("unpacks to more than 10 times its size, as bombs do", path)


# Stata


def stata(path: Path, **options: Any) -> pandas.DataFrame:
    frame = pandas.DataFrame(
        {
            "id": pandas.Series([1, 2, 100], dtype="int8"),
            "n": pandas.Series([1, -32_767, 32_740], dtype="int16"),
            "wide": pandas.Series([2_147_483_620, 0, -1], dtype="int32"),
            "x": pandas.Series([0.1, math.nan, 3.0], dtype="float32"),
            "y": [1.5, math.nan, 1e300],
            "text": ["solar", "", "wind"],
            "day": pandas.to_datetime(["2020-01-01", None, "1850-06-07"]),
            "kind": pandas.Categorical(["firm", None, "bank"]),
        }
    )
    frame.to_stata(
        path, write_index=False, convert_dates={"day": "td"}, variable_labels={"x": "a share", "text": "what it does"},
        data_label="Firms", **options,
    )  # fmt: skip
    return frame


def test_stata_keeps_types_labels_and_missing_values(tmp_path: Path) -> None:
    path, out = tmp_path / "t.dta", tmp_path / "out.dta"
    stata(path, version=118)
    assert copy(path, out) == []
    before, after = pandas.read_stata(path), pandas.read_stata(out)
    pandas.testing.assert_frame_equal(before, after.iloc[:, :-2])
    assert after["tt_x"].tolist() == ["=tag 0", "=tag 1", "=tag 2"]
    assert after["tt_score"].tolist()[::2] == [0.5, 0.5]
    assert after["tt_score"].isna().tolist() == [False, True, False]
    with pandas.io.stata.StataReader(path) as one, pandas.io.stata.StataReader(out) as two:
        assert two.data_label == one.data_label == "Firms"
        assert list(two.variable_labels().items())[:8] == list(one.variable_labels().items())
        assert two.value_labels() == one.value_labels()
        assert two._typlist[:8] == one._typlist
        assert two._fmtlist[:8] == one._fmtlist
        assert two._format_version == 118
    assert cells(path)[1:] == [
        ["1", "1", "2147483620", "0.1", "1.5", "solar", "2020-01-01", "firm"],
        ["2", "-32767", "0", "", "", "", "", ""],
        ["100", "32740", "-1", "3", "1e+300", "wind", "1850-06-07", "bank"],
    ]
    assert values(path)[0][:3] == [1, 1, 2_147_483_620]
    assert values(path)[0][6] == datetime.date(2020, 1, 1)


def test_extended_missing_values(tmp_path: Path) -> None:
    path, out = tmp_path / "t.dta", tmp_path / "out.dta"
    stata(path, version=118)
    raw = path.read_bytes()
    at = raw.index(b"<data>") + len(b"<data>")
    path.write_bytes(raw[:at] + bytes([103]) + raw[at + 1 :])  # .b, a kind of missing
    copy(path, out)
    after = pandas.read_stata(out, convert_missing=True, convert_dates=False, convert_categoricals=False)
    assert after["id"].tolist()[0].string == ".b"
    assert cells(path)[1][0] == ""


@pytest.mark.parametrize("length", [2045, 2046, 40_000])
def test_long_texts_in_stata(tmp_path: Path, length: int) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.dta"
    texts = ["x" * length, "", "电池" * 700]
    path.write_text("text\n" + "".join(f"{t}\n" for t in texts), encoding="utf-8")
    copy(path, out)
    assert pandas.read_stata(out)["text"].tolist() == texts
    again = tmp_path / "again.dta"
    copy(out, again, keep=[0])
    assert pandas.read_stata(again)["text"].tolist() == texts


def test_names_that_stata_does_not_take(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.dta"
    path.write_text("Company name,Company-name,2020,int,,公司简介\n1,2,3,4,5,6\n", encoding="utf-8")
    notes = copy(path, out)
    assert "5 columns were renamed" in notes[0]
    with pandas.io.stata.StataReader(out) as reader:
        labels = reader.variable_labels()
    assert list(labels)[:6] == ["Company_name", "Company_name_2", "_2020", "_int", "var5", "公司简介"]
    assert labels["Company_name_2"] == "Company-name"


@pytest.mark.parametrize(("encoding", "told"), [("gb18030", True), ("big5", True), ("latin-1", True), ("ascii", False)])
def test_old_stata_files(tmp_path: Path, encoding: str, told: bool) -> None:
    path, out = tmp_path / "t.dta", tmp_path / "out.dta"
    text = {
        "gb18030": "太阳能电池的研发与生产", "big5": "太陽能電池的研發與製造", "latin-1": "énergie solaire à Genève",
        "ascii": "solar",
    }[encoding]  # fmt: skip
    # Written as programs of before 2015 do: the bytes of the user's encoding.
    as_bytes = text.encode(encoding).decode("latin-1")
    pandas.DataFrame({"id": [1, 2], "text": [as_bytes, ""]}).to_stata(path, write_index=False, version=114)
    table = open_table(str(path), "dta")
    assert [row.cells for row in table.rows] == [["1", text], ["2", ""]]
    assert bool(table.notes) == told
    assert not told or f"read as {encoding}" in table.notes[0]
    table.close()
    assert cells(path, encoding=encoding)[1] == ["1", text]
    copy(path, out)
    assert pandas.read_stata(out)["text"].tolist() == [text, ""]


def test_what_stata_cannot_hold(tmp_path: Path) -> None:
    path, out = tmp_path / "t.parquet", tmp_path / "out.dta"
    parquet.write_table(pyarrow.table({"x": [1.0, math.inf]}), path)
    fails("row 2, column 'x': inf, which Stata cannot hold", path, out)
    parquet.write_table(
        pyarrow.table({"id": [2**60, 1], "n": [2**40, 1], "at": [datetime.datetime(2020, 1, 1, 1, 2, 3), None]}), path
    )
    copy(path, out)
    frame = pandas.read_stata(out)
    assert frame["id"].tolist() == [str(2**60), "1"]
    assert frame["n"].tolist() == [float(2**40), 1.0]
    assert frame["at"][0] == pandas.Timestamp(2020, 1, 1, 1, 2, 3)


def test_what_is_no_stata_file(tmp_path: Path) -> None:
    path = tmp_path / "t.dta"
    path.write_bytes(b"")
    fails("is empty", path)
    path.write_bytes(b"hello, this is no table")
    fails("t.dta: not a Stata file", path)
    stata(path, version=118)
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"</data>") - 30])
    fails("t.dta", path)


# Folders


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_inputs(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "deep/c.csv.gz", "_SUCCESS", ".hidden.csv", "_x/d.csv", "readme.txt", "notes.md"):
        put(tmp_path / name, "a\n1\n")
    names = [str(p.relative_to(tmp_path)) for p in inputs_of(str(tmp_path)) or ()]
    assert names == ["a.csv", "b.csv", "deep/c.csv.gz"]
    assert [p.name for p in inputs_of(f"{tmp_path}/*.csv") or ()] == ["a.csv", "b.csv"]
    assert [p.name for p in inputs_of(f"{tmp_path}/**/*.gz") or ()] == ["c.csv.gz"]
    assert inputs_of(str(tmp_path / "a.csv")) is None
    assert inputs_of("-") is None
    with pytest.raises(TableError, match="there is no file"):
        inputs_of(f"{tmp_path}/*.parquet")
    put(tmp_path / "e.jsonl", "{}")
    with pytest.raises(TableError, match=r"several formats \(csv, jsonl\)"):
        inputs_of(str(tmp_path))


def test_several_files_as_one(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", "id,text\n1,x\n")
    put(tmp_path / "b.csv", "id;text\n2;y\n3;z\n")
    table = open_tables(inputs_of(str(tmp_path)) or [], "csv")
    assert [row.cells for row in table.rows] == [["1", "x"], ["2", "y"], ["3", "z"]]
    assert table.position() == table.size
    table.close()
    for text, words in (
        ("id,text,n\n", "has a column 'n'"),
        ("id\n", "has no column 'text'"),
        ("text,id\n", "has its columns in another order"),
    ):
        put(tmp_path / "c.csv", text)
        with pytest.raises(TableError, match=rf"c\.csv {words}"):
            open_tables(inputs_of(str(tmp_path)) or [], "csv")
    put(tmp_path / "parts/year=2020/a.csv", "id,text\n1,x\n")
    put(tmp_path / "parts/year=2021/a.csv", "id,text\n1,x\n")
    with pytest.raises(TableError, match="'year' stands in the names of folders"):
        open_tables(inputs_of(str(tmp_path / "parts")) or [], "csv")


def test_parquet_files_as_one_have_one_schema(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"id": [1], "k": pyarrow.array(["a"]).dictionary_encode()}), tmp_path / "a.parquet")
    parquet.write_table(pyarrow.table({"id": [2], "k": pyarrow.array(["b"]).dictionary_encode()}), tmp_path / "b.parquet")
    out = tmp_path / "out" / "all.parquet"
    out.parent.mkdir()
    table = open_tables(inputs_of(f"{tmp_path}/*.parquet") or [], "parquet")
    with open_writer(str(out), "parquet") as writer:
        writer.begin(table, [0, 1], ["tt_x"])
        for row in table.rows:
            writer.append(row, ["t"])
    table.close()
    assert parquet.read_table(out).to_pylist() == [{"id": 1, "k": "a", "tt_x": "t"}, {"id": 2, "k": "b", "tt_x": "t"}]
    parquet.write_table(pyarrow.table({"id": ["2"], "k": pyarrow.array(["b"]).dictionary_encode()}), tmp_path / "b.parquet")
    with pytest.raises(TableError, match="column 'id' is int64 in one and string in the other"):
        open_tables(inputs_of(f"{tmp_path}/*.parquet") or [], "parquet")


# Any table

LETTERS = {
    "utf-8": "ab,;'\" \n=电é一開😀\t", "utf-8-sig": "ab,;'\" \n=电é一開😀", "utf-16": "ab,;'\" \n=电é一開😀",
    "gb18030": "ab,;'\" \n=电é一開", "big5": "ab,;'\" \n=電一開", "latin-1": "ab,;'\" \n=éüÿß",
}  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    encoding = draw(st.sampled_from(sorted(LETTERS)))
    width = draw(st.integers(2, 4))
    cell = st.text(st.sampled_from(LETTERS[encoding]), max_size=8)
    return encoding, [
        [f"c{i}" for i in range(width)],
        *draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6)),
    ]


@settings(deadline=None, max_examples=150)
@given(tables(), st.sampled_from(["csv", "pandas", "polars"]), st.sampled_from([",", ";", "\t", "|"]))
def test_any_text_table_comes_out_with_its_values(made: tuple[str, list[list[str]]], writer: str, delimiter: str) -> None:
    encoding, rows = made
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "t.csv", Path(folder) / "out.csv"
        if writer == "csv":
            with path.open("w", encoding=encoding, newline="") as file:
                csv.writer(file, delimiter=delimiter).writerows(rows)
        elif writer == "pandas":
            pandas.DataFrame(rows[1:], columns=rows[0]).to_csv(path, index=False, encoding=encoding, sep=delimiter)
        else:
            frame = polars.DataFrame(rows[1:], schema=dict.fromkeys(rows[0], polars.String), orient="row")
            path.write_bytes(frame.write_csv(separator=delimiter).encode(encoding))
        copy(path, out, encoding=encoding)
        with out.open(encoding=encoding, newline="") as file:
            found = list(csv.reader(file, delimiter=delimiter))
        assert [row[:-2] for row in found] == rows
        assert [row[-2:] for row in found] == [ADDED, *([f"=tag {n}", "0.5" if n % 2 == 0 else ""] for n in range(len(rows) - 1))]


SCALARS = {
    "int": st.integers(-(2**40), 2**40),
    "float": st.floats(-1e200, 1e200),
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10),
    "bool": st.booleans(),
    "date": st.dates(datetime.date(1901, 1, 1), datetime.date(2200, 1, 1)),
}


@st.composite
def typed(draw: st.DrawFn) -> dict[str, list[Any]]:
    height = draw(st.integers(1, 5))
    kinds = draw(st.lists(st.sampled_from(sorted(SCALARS)), min_size=1, max_size=4))
    # The first value is there, so that every column has a type.
    return {
        f"c{i}_{kind}": [draw(SCALARS[kind]), *(draw(SCALARS[kind] | st.none()) for _ in range(height - 1))]
        for i, kind in enumerate(kinds)
    }


@settings(deadline=None, max_examples=60)
@given(typed(), st.sampled_from(["pandas", "polars", "pyarrow"]))
def test_any_parquet_table_comes_out_equal(columns: dict[str, list[Any]], writer: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "t.parquet", Path(folder) / "out.parquet"
        if writer == "pandas":
            pandas.DataFrame(columns).to_parquet(path)
        elif writer == "polars":
            polars.DataFrame(columns).write_parquet(path)
        else:
            parquet.write_table(pyarrow.table(columns), path)
        copy(path, out)
        before, after = parquet.read_table(path), parquet.read_table(out)
        assert after.drop_columns(ADDED).equals(before)
        assert after.drop_columns(ADDED).schema.equals(before.schema, check_metadata=True)


@settings(deadline=None, max_examples=60)
@given(typed())
def test_any_typed_table_through_excel_and_stata(columns: dict[str, list[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        parquet.write_table(pyarrow.table(columns), path)
        rows = [list(row) for row in zip(*columns.values(), strict=True)]
        for ending in ("xlsx", "dta"):
            out, again, back = (Path(folder) / f"{n}.{ending}" for n in ("out", "again", "back"))
            copy(path, out)
            keep = list(range(len(columns)))
            copy(out, again, keep=keep)
            copy(again, back, keep=keep)
            for one in (out, again, back):
                found = [row[: len(columns)] for row in values(one)]
                # Excel and Stata have no empty text beside a missing one, Stata no booleans, Excel no 5.0 beside 5.
                assert [[v or None if isinstance(v, str) else v for v in row] for row in found] == [
                    [v or None if isinstance(v, str) else v for v in row] for row in rows
                ]
