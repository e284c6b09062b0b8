"""Tables are read and written with every value as it came."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags.tables import TableError, format_of, neutralise, open_table, open_writer
from techtags.tables.reading import Row


def read(path: Path, form: str = "csv", **options: str) -> tuple[list[str], list[Row]]:
    table = open_table(str(path), form, **options)  # type: ignore[arg-type]
    try:
        return table.header, list(table.rows)
    finally:
        table.close()


def put(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(path: Path, **options: str) -> list[list[str]]:
    header, rows = read(path, **options)
    return [header, *(row.cells for row in rows)]


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("a,b,c", ","),
        ("a;b;c", ";"),
        ("a\tb\tc", "\t"),
        ("a|b|c", "|"),
        ('"x;y;z",b,c', ","),
        ('"x,y,z,w";b;c', ";"),
        ('"one\ntwo";b;c', ";"),
        ("a", ","),
    ],
)
def test_delimiters(tmp_path: Path, line: str, delimiter: str) -> None:
    table = open_table(str(put(tmp_path, line + "\n")), "csv")
    assert table.delimiter == delimiter
    assert table.header == next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter))
    assert list(table.rows) == []
    table.close()


def test_given_delimiter_and_tsv(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b:c\n1,2:3\n")
    assert cells(path, delimiter=":") == [["a,b", "c"], ["1,2", "3"]]
    assert cells(put(tmp_path, "a,b\tc\n1,2\t3\n"), form="tsv") == [["a,b", "c"], ["1,2", "3"]]


def test_quoted_newlines_and_line_numbers(tmp_path: Path) -> None:
    header, rows = read(put(tmp_path, 'id,"text\nof it"\n1,"two\nlines"\n2,"say ""hi"""\n'))
    assert header == ["id", "text\nof it"]
    assert [row.cells for row in rows] == [["1", "two\nlines"], ["2", 'say "hi"']]
    assert [row.line for row in rows] == [4, 5]


def test_lines_before_the_header_count(tmp_path: Path) -> None:
    header, rows = read(put(tmp_path, "\n\na,b\n1,2\n"))
    assert header == ["a", "b"]
    assert rows[0].line == 4


def test_a_stray_quote_in_the_header_loses_no_row(tmp_path: Path) -> None:
    # Inch marks inside a cell are no quotes; rows after such a header must not be swallowed by it.
    path = put(tmp_path, 'size 5",description\n1,solar\n2,wind\n3,"hydro"\n')
    assert cells(path) == [['size 5"', "description"], ["1", "solar"], ["2", "wind"], ["3", "hydro"]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_are_kept(tmp_path: Path, newline: str) -> None:
    path = put(tmp_path, f'a,b{newline}1,"x\ny"{newline}2,"x\r\ny"{newline}')
    table = open_table(str(path), "csv")
    assert table.newline == newline
    assert [row.cells for row in table.rows] == [["1", "x\ny"], ["2", "x\r\ny"]]
    table.close()


def test_ragged_rows(tmp_path: Path) -> None:
    _, rows = read(put(tmp_path, "a,b,c\n1,2,3\n1\n1,2,3,4,5\n\n4,5,6\n"))
    assert [row.cells for row in rows] == [["1", "2", "3"], ["1", "", ""], ["1", "2", "3", "4", "5"], ["4", "5", "6"]]
    assert [row.missing for row in rows] == [0, 2, 0, 0]


def test_an_empty_line_is_a_cell_where_there_is_one_column(tmp_path: Path) -> None:
    assert cells(put(tmp_path, "text\nx\n\ny\n")) == [["text"], ["x"], [""], ["y"]]


def test_header_alone(tmp_path: Path) -> None:
    assert cells(put(tmp_path, "a,b\n")) == [["a", "b"]]
    assert cells(put(tmp_path, "a,b")) == [["a", "b"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\r\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b'a,b\n1,2\n3,"open\n4,5\n6,7\n', "line 3 is never closed"),
        (b'a,"b\n1,2\n', "line 1 is never closed"),
    ],
)
def test_what_is_no_table(tmp_path: Path, content: bytes, words: str) -> None:
    path = put(tmp_path, content)
    with pytest.raises(TableError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_last_row_without_line_end_is_whole(tmp_path: Path) -> None:
    assert cells(put(tmp_path, 'a,b\n1,"x\ny"')) == [["a", "b"], ["1", "x\ny"]]


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="there is no file"):
        read(tmp_path / "none.csv")
    with pytest.raises(TableError, match="is a directory"):
        read(tmp_path)
    with pytest.raises(TableError, match="unknown encoding 'klingon'"):
        read(put(tmp_path, "a\n"), encoding="klingon")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "UTF8"])
def test_a_byte_order_mark_is_no_part_of_the_header_even_when_the_encoding_is_given(tmp_path: Path, encoding: str) -> None:
    path = put(tmp_path, '"id",b\n1,2\n'.encode("utf-8-sig"))
    assert cells(path, encoding=encoding) == [["id", "b"], ["1", "2"]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_wide_byte_order_mark_too(tmp_path: Path, encoding: str) -> None:
    path = put(tmp_path, b"\xff\xfe" + "id,b\n1,2\n".encode("utf-16-le"))
    assert cells(path, encoding=encoding) == [["id", "b"], ["1", "2"]]


def test_given_encoding_overrides(tmp_path: Path) -> None:
    path = put(tmp_path, "id,文字\n1,電池\n".encode("big5"))
    assert cells(path, encoding="big5") == [["id", "文字"], ["1", "電池"]]


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, "id,简介\n1,电池\n".encode("gb18030"))
    os.close(writing)
    try:
        assert cells(Path(f"/dev/fd/{reading}")) == [["id", "简介"], ["1", "电池"]]
    finally:
        os.close(reading)


# JSONL


def test_jsonl_columns(tmp_path: Path) -> None:
    content = '{"id": 1, "text": "solar"}\n\n{"text": null, "more": [1, "二"]}\n{"id": "x", "late": true}\n'
    header, rows = read(put(tmp_path, content, "t.jsonl"), form="jsonl")
    assert header == ["id", "text", "more", "late"]
    assert [row.cells for row in rows] == [["1", "solar", "", ""], ["", "", '[1, "二"]', ""], ["x", "", "", "true"]]
    assert [row.line for row in rows] == [1, 3, 4]
    assert rows[1].value == {"text": None, "more": [1, "二"]}


def test_jsonl_keys_that_come_late_travel_in_the_value(tmp_path: Path) -> None:
    header, rows = read(put(tmp_path, '{"a": "1"}\n' * 1500 + '{"a": "2", "late": 3}\n', "t.jsonl"), form="jsonl")
    assert header == ["a"]
    assert len(rows) == 1501
    assert rows[-1].value == {"a": "2", "late": 3}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[1, 2]", "line 2: not an object"),
        ('"text"', "line 2: not an object"),
        ("{'a': 1}", "line 2: not JSON"),
        ('{"a": 1', "line 2: not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "line 2: not JSON"),
        ('{"a": ' + "[" * 100_000, "line 2: not JSON"),
    ],
)
def test_jsonl_faults_name_the_line(tmp_path: Path, line: str, words: str) -> None:
    path = put(tmp_path, '{"a": 1}\n' + line + "\n", "t.jsonl")
    with pytest.raises(TableError, match=words) as caught:
        read(path, form="jsonl")
    assert "\n" not in str(caught.value)


def test_jsonl_empty(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is empty"):
        read(put(tmp_path, "\n\n", "t.jsonl"), form="jsonl")


# Formats


def test_formats() -> None:
    names = {"a.csv": "csv", "a.TSV": "tsv", "a.tab": "tsv", "a.txt": "csv", "a.jsonl": "jsonl", "-": "csv", "x/a": "csv"}
    assert {name: format_of(name) for name in names} == names
    assert format_of("a.xyz", "tsv") == "tsv"
    with pytest.raises(TableError, match=r"'\.xyz'.*--from csv"):
        format_of("a.xyz")
    with pytest.raises(TableError, match=r"'\.xyz'.*--to csv"):
        format_of("a.xyz", None, "--to")


# Writing


def write(path: Path, rows: list[list[str]], form: str = "csv", **options: str) -> None:
    with open_writer(str(path), form, **options) as writer:
        writer.header(rows[0])
        for row in rows[1:]:
            writer.row(rows[0], row)


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = put(tmp_path, "old")
    for kind in (RuntimeError, KeyboardInterrupt, SystemExit):
        with pytest.raises(kind), open_writer(str(path), "csv") as writer:
            writer.header(["a" * 100_000])
            assert len(list(tmp_path.iterdir())) == 2
            raise kind
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]


def test_the_name_is_taken_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with open_writer(str(path), "csv") as writer:
        writer.header(["a"])
        assert not path.exists()
    assert path.read_text() == "a\n"
    assert list(tmp_path.iterdir()) == [path]


def test_mode_of_the_file(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write(tmp_path / "new.csv", [["a"]])
        old = put(tmp_path, "x", "old.csv")
        old.chmod(0o604)
        write(old, [["a"]])
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o640
    assert stat.S_IMODE(old.stat().st_mode) == 0o604


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = put(tmp_path, "old", "target.csv")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    write(link, [["a"]])
    assert link.is_symlink()
    assert target.read_text() == "a\n"


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(fifo, [["a", "b"], ["1", "2"]])
        assert os.read(reading, 100) == b"a,b\n1,2\n"
    finally:
        os.close(reading)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    for place, words in ((tmp_path, "is a directory"), (tmp_path / "no" / "out.csv", "cannot write to")):
        with pytest.raises(TableError, match=words) as caught:
            write(place, [["a"]])
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_character_that_the_encoding_lacks(tmp_path: Path) -> None:
    path = put(tmp_path, "old")
    with pytest.raises(TableError, match=r"cannot write '光'.*latin-1"):
        write(path, [["光"]], encoding="latin-1")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=", "-"])
def test_formulas_are_neutralised(cell: str) -> None:
    assert neutralise(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "1", "a=1", " =1", "'=1", "电"])
def test_the_rest_is_left(cell: str) -> None:
    assert neutralise(cell) == cell


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"id,text\n1,caf\xe9 \xff\xfe\n", "utf-8"),
        ("id,简介\n".encode("gb18030") + "一家做电池的公司，".encode("gb18030") * 30 + b"\xb0,x\n", "gb18030"),
        ("id,text\n1,".encode("utf-16-le") + b"\x3d\xd8" + "x\n".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_undecodable_bytes_come_out_as_they_went_in(tmp_path: Path, raw: bytes, encoding: str) -> None:
    path = put(tmp_path, raw)
    given = {} if encoding != "utf-16-le" else {"encoding": encoding}
    table = open_table(str(path), "csv", **given)
    assert table.encoding == encoding
    rows = [table.header, *(row.cells for row in table.rows)]
    table.close()
    write(tmp_path / "out.csv", rows, encoding=encoding)
    assert (tmp_path / "out.csv").read_bytes() == raw


def test_jsonl_is_utf_8_and_holds_surrogates_as_escapes(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, [["a", "b"], ["电池", "x\udcff\ud83d"]], form="jsonl", encoding="gb18030")
    assert path.read_bytes() == b'{"a": "\\u7535\\u6c60", "b": "x\\udcff\\ud83d"}\n'
    write(path, [["a"], ["电池"]], form="jsonl", encoding="gb18030")
    assert path.read_text(encoding="utf-8") == '{"a": "电池"}\n'


# Any table

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=12)
WORD = st.text(st.sampled_from("ab电池é,;|\t\"' \n\r=一开"), max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 4))
    header = [f"column {i}" for i in range(width)]
    row = st.lists(TEXT | WORD, min_size=width, max_size=width)
    return [header, *draw(st.lists(row, max_size=6))]


@settings(deadline=None, max_examples=200)
@given(
    tables(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_table_is_read_back_equal(rows: list[list[str]], encoding: str, delimiter: str, newline: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(rows)
        path.write_bytes(buffer.getvalue().encode(encoding))
        assert cells(path, encoding=encoding) == rows
        # What we write is read back equal too, by us and by Python's own reader.
        out = Path(folder) / "out.csv"
        write(out, rows, encoding=encoding, delimiter=delimiter, newline=newline)
        assert cells(out, encoding=encoding) == rows
        with out.open(encoding=encoding, newline="") as file:
            assert list(csv.reader(file, delimiter=delimiter)) == rows


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(st.binary(max_size=8), min_size=2, max_size=2), max_size=5))
def test_any_bytes_go_out_as_they_came(rows: list[list[bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        quoted = [b",".join(b'"' + cell.replace(b'"', b'""') + b'"' for cell in row) for row in rows]
        path.write_bytes(b"\n".join([b'"a","b"', *quoted]) + b"\n")
        got = [[cell.encode("utf-8", "surrogateescape") for cell in row] for row in cells(path, encoding="utf-8")[1:]]
        assert got == rows
        write(Path(folder) / "out.csv", cells(path, encoding="utf-8"), encoding="utf-8")
        assert cells(Path(folder) / "out.csv", encoding="utf-8") == cells(path, encoding="utf-8")


def test_a_table_of_one_column_keeps_its_commas(tmp_path: Path) -> None:
    path = put(tmp_path, 'text\nFabless designer of chips, processors; boards\n"quoted, too"\n')
    assert cells(path) == [["text"], ["Fabless designer of chips, processors; boards"], ["quoted, too"]]


def test_a_stray_quote_that_swallows_rows_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path, 'id,about\n1,"Wind farm\n2,Solar cells\n3,"Chips"\n4,x\n')
    with pytest.raises(TableError, match="line 2 runs over line ends and closes inside a cell"):
        cells(path)


def test_json_lines_keep_surplus_cells_and_refuse_equal_names(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with open_writer(str(out), "jsonl") as writer:
        writer.header(["a", "b"])
        writer.row(["a", "b"], ["1", "2", "3", "4"])
    assert json.loads(out.read_text(encoding="utf-8")) == {"a": "1", "b": "2", "tt_surplus": ["3", "4"]}
    with pytest.raises(TableError, match="two columns are called 'a'"), open_writer(str(out), "jsonl") as writer:
        writer.header(["a", "b", "a"])
