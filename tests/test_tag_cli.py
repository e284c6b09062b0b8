"""`techtags tag`, the command as it is promised."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import NOTHING, PHOTOVOLTAICS, WIND, Done, lines, program, records, table, techtags

from techtags import Taxonomy
from techtags.classifier import COLUMNS, LONG_COLUMNS
from techtags.cli._guess import guess_text_column
from techtags.schemas import validate

SMALL = f'id,name,description,note\n7,"Sun, Ltd",{PHOTOVOLTAICS},=1+1\n8,风,"{WIND}",\n9,Bakers,{NOTHING}, x \n'


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.csv"
    path.write_text(SMALL, encoding="utf-8")
    return path


def failed(done: Done, code: int, *words: str) -> None:
    """The command ended in an error for people: a line, and no trace of Python."""
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert done.out == b""
    message = done.err[done.err.index("Error: ") :]
    assert message.count("\n") == 1, message
    for word in words:
        assert word in message


# Layouts


def test_wide_keeps_everything_and_appends(small: Path) -> None:
    done = techtags("tag", small)
    assert done.code == 0
    rows = table(done.text)
    given = table(SMALL)
    assert [row[:4] for row in rows] == given
    assert rows[0][4:] == list(COLUMNS)
    assert list(COLUMNS) == [
        "tt_status", "tt_primary", "tt_tags", "tt_names", "tt_scores", "tt_basis", "tt_evidence",
        "tt_label_tags", "tt_flags", "tt_version",
    ]  # fmt: skip
    sun, wind, bakers = records(done.text)
    assert (sun["tt_status"], sun["tt_primary"]) == ("tagged", "photovoltaics")
    assert (wind["tt_status"], wind["tt_primary"]) == ("tagged", "wind-power")
    assert (bakers["tt_status"], bakers["tt_tags"], bakers["tt_scores"]) == ("none", "", "")
    assert sun["tt_tags"].split(";")[0] == "photovoltaics"
    assert sun["tt_names"].split(";")[0] == Taxonomy.load()["photovoltaics"].labels["en"]
    assert all(0 < float(score) <= 1 for score in sun["tt_scores"].split(";"))
    for row in (sun, wind):
        assert len({row[c].count(";") for c in ("tt_tags", "tt_names", "tt_scores", "tt_basis")}) == 1
    assert sun["tt_basis"].split(";")[0] == "text"
    assert "solar" in sun["tt_evidence"]
    assert "taxonomy 1.0.0" in sun["tt_version"]


def test_order_and_number_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    texts = [(PHOTOVOLTAICS, WIND, NOTHING, "", "12345")[i % 5] for i in range(2500)]
    path.write_text("id,text\n" + "".join(f'{i},"{t}"\n' for i, t in enumerate(texts)), encoding="utf-8")
    rows = records(techtags("tag", path, "--no-evidence").text)
    assert [row["id"] for row in rows] == [str(i) for i in range(2500)]
    expected = {PHOTOVOLTAICS: "tagged", WIND: "tagged", NOTHING: "none", "": "unreadable", "12345": "unreadable"}
    assert [row["tt_status"] for row in rows] == [expected[t] for t in texts]
    assert {row["tt_evidence"] for row in rows} == {""}


def test_long(small: Path) -> None:
    rows = records(techtags("tag", small, "--layout", "long", "--id", "name").text)
    assert list(rows[0]) == ["name", *LONG_COLUMNS]
    wide = records(techtags("tag", small).text)
    for row in wide:
        mine = [r for r in rows if r["name"] == row["name"]]
        assert [r["tt_tag"] for r in mine] == row["tt_tags"].split(";")
        assert [r["tt_score"] for r in mine] == row["tt_scores"].split(";")
        assert [r["tt_rank"] for r in mine] == ([str(i + 1) for i in range(len(mine))] if row["tt_tags"] else [""])
        assert {r["tt_status"] for r in mine} == {row["tt_status"]}


def test_long_without_id_counts_rows(small: Path) -> None:
    rows = records(techtags("tag", small, "--layout", "long").text)
    assert list(rows[0]) == ["tt_row", *LONG_COLUMNS]
    assert list(dict.fromkeys(r["tt_row"] for r in rows)) == ["1", "2", "3"]


def test_jsonl_follows_the_schema(small: Path) -> None:
    done = techtags("tag", small, "--layout", "jsonl", "--id", "id")
    found = lines(done.text)
    for value in found:
        validate(value, "tagging")
    assert [(v["row"], v["record"], v["status"]) for v in found] == [(1, "7", "tagged"), (2, "8", "tagged"), (3, "9", "none")]
    assert "record" not in lines(techtags("tag", small, "--layout", "jsonl").text)[0]


def test_jsonl_of_broken_and_ragged_rows_follows_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,text\n1,\xff\xfe\xfd\xfc\n2,a,b,c\n3\n4,solar \xff cells and photovoltaic modules for all the houses\n")
    found = lines(techtags("tag", path, "--layout", "jsonl").text)
    for value in found:
        validate(value, "tagging")
    assert [v["status"] for v in found] == ["unreadable"] * 3 + ["tagged"]


def test_jsonl_in_and_out_keeps_types(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    given = [{"n": 1, "description": PHOTOVOLTAICS, "more": [1, {"a": None}]}, {"description": None, "late": 2.5, "ok": True}]
    path.write_text("".join(json.dumps(v) + "\n" for v in given))
    found = lines(techtags("tag", path, "--to", "jsonl").text)
    assert [{k: v for k, v in value.items() if k not in COLUMNS} for value in found] == given
    assert [value["tt_status"] for value in found] == ["tagged", "unreadable"]
    as_csv = records(techtags("tag", path, "--to", "csv").text)
    assert [row["late"] for row in as_csv] == ["", "2.5"]


def test_a_json_key_that_comes_late_is_not_lost_silently(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "a"}\n' * 1200 + '{"text": "b", "late": 1}\n')
    out = tmp_path / "out.csv"
    failed(techtags("tag", path, "-o", out), 1, "line 1201", "'late'", ".jsonl")
    assert not out.exists()
    found = lines(techtags("tag", path, "--to", "jsonl").text)
    assert (len(found), found[-1]["late"]) == (1201, 1)


def test_own_keys_that_come_late_are_not_replaced_silently(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "a"}\n' * 1200 + '{"text": "b", "tt_primary": "mine"}\n')
    failed(techtags("tag", path, "-o", tmp_path / "out.jsonl"), 1, "line 1201", "tt_primary", "--overwrite")
    assert not (tmp_path / "out.jsonl").exists()
    assert techtags("tag", path, "-o", tmp_path / "out.jsonl", "--overwrite").code == 0


def test_json_lines_do_not_go_into_a_csv(tmp_path: Path, small: Path) -> None:
    failed(techtags("tag", small, "--layout", "jsonl", "-o", tmp_path / "out.csv"), 2, "name the output .jsonl")


# Options


def test_names_in_chinese(small: Path) -> None:
    rows = records(techtags("tag", small, "--labels", "zh").text)
    labels = Taxonomy.load()
    assert rows[0]["tt_names"].split(";")[0] == labels["photovoltaics"].labels["zh"]
    assert rows[1]["tt_names"].split(";")[0] == labels["wind-power"].labels["zh"]


def test_the_guessed_column_is_named(small: Path) -> None:
    assert "'description'" in techtags("tag", small).err
    assert "reading descriptions" not in techtags("tag", small, "--text", "description").err


@pytest.mark.parametrize(
    ("header", "guess"),
    [
        ("id,name,Description", 2),
        ("id,经营范围,公司名称", 1),
        ("公司名称,公司簡介", 1),
        ("title,abstract", 1),
        ("title,Abstract (EN)", 1),
        ("title,year", 0),
        ("題目,摘要", 1),
        ("id,longDescription", 1),
        ("id,project_abstract,x", 1),
        ("ＩＤ，x,ＡＢＳＴＲＡＣＴ", 1),
        ("id,descriptive,contextual", None),
        ("a,b", None),
        ("Description Language,Business Overview", 1),
        ("profile_url,公司业务介绍", 1),
        ("项目内容编号,项目名称", 1),
        ("content_type,a", None),
    ],
)
def test_guessing(header: str, guess: int | None) -> None:
    assert guess_text_column(header.split(",")) == guess


def test_nothing_to_guess_lists_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("alpha,beta\n1,2\n")
    failed(techtags("tag", path), 2, "--text COLUMN", "'alpha', 'beta'")


def test_several_text_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n{PHOTOVOLTAICS},{WIND}\n,{WIND}\n{PHOTOVOLTAICS},\n", encoding="utf-8")
    both, second, first = (row["tt_tags"].split(";") for row in records(techtags("tag", path, "--text", "a", "--text", "b").text))
    assert {"photovoltaics", "wind-power"} <= set(both)
    assert "photovoltaics" in first
    assert "wind-power" not in first
    assert "wind-power" in second
    assert "photovoltaics" not in second


def test_labels_of_the_source(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    label = Taxonomy.load()["lithography"].labels["en"]
    path.write_text(f"text,sector\n,{label}\n{NOTHING},{label}\n{NOTHING},\n")
    empty, named, plain = lines(techtags("tag", path, "--label", "sector", "--layout", "jsonl").text)
    assert [(t["id"], t["basis"], t["probability"]) for t in empty["tags"]] == [("lithography", "label", None)]
    assert empty["flags"] == []
    # A text that speaks against its label does not get the label's tag, but what the label says is kept.
    assert named["tags"] == []
    assert named["flags"] == ["label_unsupported"]
    assert named["label_tags"] == ["lithography"]
    assert named["source_labels"] == [label]
    assert plain["tags"] == plain["label_tags"] == plain["flags"] == []


def test_own_columns_need_overwrite(tmp_path: Path, small: Path) -> None:
    first = tmp_path / "first.csv"
    assert techtags("tag", small, "-o", first).code == 0
    failed(techtags("tag", first), 1, "tt_status", "--overwrite")
    again = tmp_path / "again.csv"
    assert techtags("tag", first, "--overwrite", "-o", again).code == 0
    assert again.read_bytes() == first.read_bytes()


def test_input_and_output_may_be_one_file(small: Path) -> None:
    assert techtags("tag", small, "-o", small).code == 0
    assert [row[:4] for row in table(small.read_text(encoding="utf-8"))] == table(SMALL)


def test_standard_streams(small: Path) -> None:
    piped = techtags("tag", "-", stdin=SMALL.encode())
    assert piped.code == 0
    assert piped.out == techtags("tag", small).out
    assert "3 rows in, 3 rows out" in piped.err


@pytest.mark.parametrize("given", ["\\t", "tab", "\t"])
def test_tab_can_be_typed(tmp_path: Path, given: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\ttext\n1\tsolar cells\n")
    done = techtags("tag", path, "--delimiter", given)
    assert table(done.text, "\t")[1][:2] == ["1", "solar cells"]


@pytest.mark.parametrize("given", ["ab", '"', "\n", ""])
def test_delimiters_that_cannot_be(small: Path, given: str) -> None:
    failed(techtags("tag", small, "--delimiter", given), 2, "--delimiter must be one character")


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_comes_out_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    given = [
        ["编号", "公司", "简介"],
        ["1", "甲", f"{WIND}\n第二行，\r\n“引号”"],
        ["2", '乙"乙', "一家做光伏组件的公司"],
        ["3", "丙", ""],
    ]
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    content = "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in given) + "\r\n"
    path.write_bytes(content.encode(encoding))
    done = techtags("tag", path, "-o", out, "--labels", "zh")
    assert done.code == 0, done.err
    text = out.read_bytes().decode(encoding)
    rows = table(text)
    assert [row[:3] for row in rows] == given
    assert [row[3] for row in rows] == ["tt_status", "tagged", "tagged", "unreadable"]
    assert text.endswith("\r\n")
    assert [path for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    # To standard output it is UTF-8.
    assert table(techtags("tag", path, "--labels", "zh").text)[1:] == rows[1:]


def test_encoding_overrides(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_bytes("id,text\n1,太陽能電池與光伏組件的製造\n".encode("big5"))
    assert techtags("tag", path, "--encoding", "big5", "-o", out).code == 0
    row = records(out.read_bytes().decode("big5"))[0]
    assert (row["text"], row["tt_primary"]) == ("太陽能電池與光伏組件的製造", "photovoltaics")


def test_an_encoding_that_cannot_write_the_labels(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_bytes("id,text\n1,photovoltaics, à la carte\n".replace("cs,", "cs").encode("latin-1"))
    done = techtags("tag", path, "--encoding", "latin-1", "--labels", "zh", "-o", out)
    assert done.code == 0, done.err
    assert "output is UTF-8" in done.err
    assert records(out.read_text(encoding="utf-8"))[0]["text"] == "photovoltaics à la carte"


def test_bytes_that_cannot_be_read_come_out_as_they_went_in(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_bytes(b"id,name,text\n1,caf\xe9,solar cells and photovoltaic modules\n2,x,\xe9\xff\xfe\n")
    assert techtags("tag", path, "-o", out).code == 0
    raw = out.read_bytes().splitlines()
    assert raw[1].startswith(b"1,caf\xe9,solar cells and photovoltaic modules,tagged,")
    assert raw[2].startswith(b"2,x,\xe9\xff\xfe,unreadable,")


# Faults


@pytest.mark.parametrize(
    ("content", "args", "code", "words"),
    [
        ("", [], 1, ["is empty"]),
        ("a,b\n1,2\n", ["--text", "c"], 2, ["no column 'c'", "'a', 'b'"]),
        ("a,text\n1,2\n", ["--id", "c"], 2, ["no column 'c'"]),
        ("a,text\n1,2\n", ["--label", "c"], 2, ["no column 'c'"]),
        ("text,text\n1,2\n", ["--text", "text"], 2, ["2 columns called 'text'"]),
        ("a,text\n1,2\n", ["--encoding", "klingon"], 1, ["unknown encoding 'klingon'"]),
        ("a,text\n1,2\n", ["--encoding", "hex"], 1, ["unknown encoding 'hex'"]),
        ('a,text\n1,2\n2,"open\n', [], 1, ["line 3", "never closed"]),
        ("a,text\n1,2\n", ["--from", "jsonl"], 1, ["line 1", "not JSON"]),
        ("a,text\n1,2\n", ["--model", "nowhere"], 1, ["no model in nowhere"]),
    ],
)
def test_faults(tmp_path: Path, content: str, args: list[str], code: int, words: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    done = techtags("tag", path, "-o", tmp_path / "out.csv", *args)
    failed(done, code, *words)
    assert list(tmp_path.iterdir()) == [path]


def test_faults_of_names(tmp_path: Path, small: Path) -> None:
    (tmp_path / "empty").mkdir()
    failed(techtags("tag", tmp_path / "empty"), 1, "is a directory without tables")
    (tmp_path / "empty").rmdir()
    failed(techtags("tag", tmp_path / "none.csv"), 1, "there is no file")
    (tmp_path / "t.xyz").write_bytes(b"PK")
    failed(techtags("tag", tmp_path / "t.xyz"), 1, "'.xyz'", "--from csv")
    failed(techtags("tag", small, "-o", tmp_path / "out.xyz"), 1, "'.xyz'", "--to csv")
    failed(techtags("tag", small, "-o", tmp_path), 1, "is a directory")
    failed(techtags("tag", small, "-o", tmp_path / "no" / "out.csv"), 1, "cannot write to")
    assert {p.name for p in tmp_path.iterdir()} == {"small.csv", "t.xyz"}


def test_a_fault_in_the_middle_leaves_the_old_output(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_text("id,text\n" + "1,solar cells\n" * 3000 + '2,"open\n')
    out.write_text("old")
    failed(techtags("tag", path, "-o", out), 1, "line 3002")
    assert out.read_text() == "old"
    assert {p.name for p in tmp_path.iterdir()} == {"t.csv", "out.csv"}


def test_header_alone(tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_text("id,text\n")
    done = techtags("tag", path, "-o", out)
    assert done.code == 0
    assert table(out.read_text()) == [["id", "text", *COLUMNS]]
    assert "0 rows in, 0 rows out" in done.err


def test_too_many_and_too_few_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"id,text,note\n1,{PHOTOVOLTAICS},x\n2,{PHOTOVOLTAICS},x,y,z\n3,{PHOTOVOLTAICS}\n")
    done = techtags("tag", path)
    assert done.code == 0
    header, good, ragged, short = table(done.text)
    at = header.index("tt_status")
    assert (good[at], ragged[at], short[at]) == ("tagged", "unreadable", "tagged")
    assert ragged[:3] == ["2", PHOTOVOLTAICS, "x"]
    assert ragged[len(header) :] == ["y", "z"]
    assert short[:3] == ["3", PHOTOVOLTAICS, ""]
    assert "line 3: 5 cells where the header has 3" in done.err
    assert "1 row has too few cells" in done.err
    assert "3 rows in, 3 rows out" in done.err


def test_formulas_are_neutralised_in_what_we_add_only(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"=id,text\n=1+1,{PHOTOVOLTAICS}\n@x,{NOTHING}\n")
    label = Taxonomy.load()["lithography"].labels["en"]
    rows = records(techtags("tag", path).text)
    assert [row["=id"] for row in rows] == ["=1+1", "@x"]
    for layout in ("wide", "long"):
        for row in records(techtags("tag", path, "--layout", layout).text):
            assert not any(row[c].startswith(tuple("=+-@\t\r")) for c in (*COLUMNS, *LONG_COLUMNS) if c in row)
    # A label that begins so stands at the beginning of the evidence in the long layout.
    path.write_text(f"text,sector\n,=;{label}\n")
    row = records(techtags("tag", path, "--label", "sector", "--layout", "long").text)[0]
    assert row["tt_tag"] == "lithography"
    assert not row["tt_evidence"].startswith("=")


def test_evidence_that_begins_like_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tokens do not begin with signs, but what we add is guarded whatever a model says.
    from techtags.cli import _tagging

    monkeypatch.setattr(_tagging, "cells", lambda *_: ["=a", "+b", "-c", "@d", "\te", "\rf", "g", "h", "=i", "j"])
    path = tmp_path / "t.csv"
    path.write_text("text\nsolar\n")
    row = records(techtags("tag", path).text)[0]
    assert [row[c] for c in COLUMNS] == ["'=a", "'+b", "'-c", "'@d", "'\te", "'\rf", "g", "h", "'=i", "j"]
    monkeypatch.setattr(_tagging, "long_cells", lambda *_: [["=a", "+b", "-c", "@d", "\te", "\rf", "g", "h", "=i", "j"]])
    row = records(techtags("tag", path, "--layout", "long").text)[0]
    assert [row[c] for c in LONG_COLUMNS] == ["'=a", "'+b", "'-c", "'@d", "'\te", "'\rf", "g", "h", "'=i", "j"]


# As a program


def test_a_hundred_thousand_rows_through_a_pipe() -> None:
    texts = [f"{(PHOTOVOLTAICS, WIND, NOTHING, 'lithium batteries')[i % 4]} {i % 10}" for i in range(100_000)]
    given = "id,text\n" + "".join(f'{i},"{t}"\n' for i, t in enumerate(texts))
    done = program("tag", "-", stdin=given.encode(), timeout=120)
    assert done.code == 0, done.err
    rows = table(done.text)[1:]
    assert [row[:2] for row in rows] == [[str(i), t] for i, t in enumerate(texts)]
    assert {row[2] for row in rows[::4]} == {"tagged"}
    assert {row[3] for row in rows[1::4]} == {"wind-power"}
    assert "100000 rows in, 100000 rows out" in done.err


def _may_be_hung_up() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # else a test run under nohup would wait for ever


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_stopped_in_the_middle_it_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")
    command = [sys.executable, "-m", "techtags", "tag", "-", "-o", str(out)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, preexec_fn=_may_be_hung_up) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        # More than is read at first to tell the encoding; then the program waits for the rest, which does not come.
        process.stdin.write(b"id,text\n" + b"%b,solar cells\n" % (b"1" * 1000) * 1200)
        process.stdin.flush()
        patience = time.monotonic() + 30
        while not list(tmp_path.glob(".out.csv.*.part")) and time.monotonic() < patience:
            time.sleep(0.02)
        assert list(tmp_path.glob(".out.csv.*.part"))
        process.send_signal(number)
        errors = process.stderr.read().decode()
        process.stdin.close()
        assert process.wait(30) == 128 + number
    assert "Traceback" not in errors
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,text\n" + "1,solar cells\n" * 20_000)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "techtags", "tag", str(path)]
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        assert os.read(reading, 10) == b"id,text,tt"
        os.close(reading)
        assert process.stderr is not None
        errors = process.stderr.read().decode()
        assert process.wait(30) == 0
    assert "Traceback" not in errors
    assert "Exception" not in errors


def test_as_a_module(small: Path) -> None:
    done = program("tag", small)
    assert done.code == 0
    assert done.out == techtags("tag", small).out
    assert b"tag" in program("--help").out
    assert program("tag").code == 2
