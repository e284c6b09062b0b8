"""`techtags crosswalk`, as a user meets it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from commands import lines, program, techtags

from techtags import Crosswalk, Taxonomy, crosswalks
from techtags.taxonomy import Mapping
from techtags.taxonomy.sssom import LITERAL, dump

if TYPE_CHECKING:
    from pathlib import Path

STATED = {"mapping_set_id": "https://example.org/mine", "license": "https://example.org/licence"}
LINES = [
    Mapping("A", "All", "narrow", "energy"),
    Mapping("A", "All", "narrow", "communications"),
    Mapping("A1", "Cells", "close", "batteries", comment="and packs"),
    Mapping("A1", "Cells", "related", "fuel-cells"),
    Mapping("Z", "Rest", "broad", None, comment="nothing of ours"),
]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return _write(tmp_path / "mine.sssom.tsv", LINES)


def _write(path: Path, mappings: list[Mapping], **metadata: str) -> Path:
    path.write_text(dump({**STATED, **metadata}, mappings, {}, "mine"), encoding="utf-8")
    return path


def _good(*args: str | Path, stdin: bytes = b"") -> str:
    done = techtags("crosswalk", *args, stdin=stdin)
    assert done.code == 0, done.err
    assert done.err == ""
    return done.text


def _bad(*args: str | Path, stdin: bytes = b"") -> tuple[str, str]:
    """What was printed, and the one line that says what is wrong."""
    done = techtags("crosswalk", *args, stdin=stdin)
    assert done.code == 1
    assert done.err.startswith("Error: ") and done.err.count("\n") == 1, done.err
    return done.text, done.err.removeprefix("Error: ").rstrip("\n")


# list


def test_list() -> None:
    head, *rows = _good("list").splitlines()
    assert head.split() == ["id", "title", "edition", "codes", "lines", "verification", "licence"]
    assert [row.split()[0] for row in rows] == list(crosswalks())
    (arxiv,) = (row for row in rows if row.startswith("arxiv "))
    shipped = Crosswalk.load("arxiv")
    counts = rf"\s{len(shipped.codes)}\s+{len(shipped.mappings)}\s"
    assert re.search(
        rf"{re.escape(shipped.title)}\s+{re.escape(shipped.edition)}\s+{counts}\s*{shipped.verification}\s+CC BY 4.0$", arxiv
    )


def test_list_as_json() -> None:
    found = {c["id"]: c for c in json.loads(_good("list", "--json"))}
    assert list(found) == list(crosswalks())
    shipped = Crosswalk.load("cpc")
    assert found["cpc"] == {
        "id": "cpc",
        "title": shipped.title,
        "edition": shipped.edition,
        "codes": len({m.code for m in shipped.mappings}),
        "lines": len(shipped.mappings),
        "verification": "read",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
    }


# lookup


def test_lookup(mine: Path) -> None:
    assert _good("lookup", mine, "A", "a1", "cells", "Z").splitlines() == [
        "A  =>  A  All   (found by its code)",
        "  a coarse designation, which stands for several domains:",
        "  narrow   Energy [energy]",
        f"  narrow   {_name('communications')}",
        "a1  =>  A1  Cells   (found by its code)",
        f"  close    {_name('batteries')}",
        f"  hints    {_name('fuel-cells')}",
        "  # and packs",
        "cells  =>  A1  Cells   (found by its name)",
        f"  close    {_name('batteries')}",
        f"  hints    {_name('fuel-cells')}",
        "  # and packs",
        "Z  =>  Z  Rest   (found by its code)",
        "  nothing in the taxonomy fits",
        "  # nothing of ours",
    ]


def _name(tag_id: str, lang: str = "en") -> str:
    return f"{Taxonomy.load()[tag_id].labels[lang]} [{tag_id}]"


def test_lookup_of_shipped_codes() -> None:
    first, second, *_ = _good("lookup", "arxiv", "CS.lg").splitlines()
    assert first.startswith("CS.lg  =>  cs.LG  ") and first.endswith("(found by its code)")
    assert second.endswith("[machine-learning]")
    assert "(by the code above it)" in _good("lookup", "cpc", "G06N 3/9999").splitlines()[0]
    assert _name("communications", "zh") in _good("lookup", "designations", "TMT", "--labels", "zh")
    assert "nothing in the taxonomy fits" in _good("lookup", "gics", "GICS 60102030")


@pytest.mark.parametrize("stdin", [b"A1\nZ\n", b"\xef\xbb\xbfA1\r\n\r\n  Z  \r\n", b"A1\nZ"])
def test_codes_from_standard_input(mine: Path, stdin: bytes) -> None:
    assert _good("lookup", mine, "-", stdin=stdin) == _good("lookup", mine, "A1", "Z")


def test_lookup_as_json(mine: Path) -> None:
    found = lines(_good("lookup", mine, "A1", "-", "--json", stdin=b"Z\n"))
    assert found == [Crosswalk.load(mine).lookup(code).to_dict() for code in ("A1", "Z")]
    assert found[0]["tags"] == [{"id": "batteries", "relation": "close", "comment": "and packs"}]
    assert found[1]["status"] == "none" and found[1]["comments"] == ["nothing of ours"]


def test_unknown_codes(mine: Path) -> None:
    out, error = _bad("lookup", mine, "Q7")
    assert (out, error) == ("", f"mine: 'Q7' is unknown; techtags crosswalk show {mine} lists what is known")
    out, error = _bad("lookup", mine, "A1", "Q7", "Q8")
    assert out == _good("lookup", mine, "A1")
    assert error.startswith("mine: 2 of 3 codes are unknown: 'Q7', 'Q8'; ")
    assert "'Q4', ...;" in _bad("lookup", mine, *(f"Q{n}" for n in range(9)))[1]
    out, error = _bad("lookup", mine, "A1", "Q7", "--json")
    assert [r["status"] for r in lines(out)] == ["mapped", "unknown"]


def test_characters_that_steer_a_terminal_are_not_printed(tmp_path: Path) -> None:
    path = _write(tmp_path / "odd.tsv", [Mapping("A", "All \x1b[31m", "close", "energy", comment="\x1b]0;title\x07")])
    for args in (("lookup", path, "A"), ("show", path)):
        assert "\x1b" not in _good(*args) and "\x07" not in _good(*args)
    assert "\x1b" not in _bad("lookup", path, "\x1b[31mQ")[1]


def test_input_that_is_not_utf_8(mine: Path) -> None:
    out, error = _bad("lookup", mine, "-", stdin=b"A1\n\xff\xfe\n")
    assert out == _good("lookup", mine, "A1")
    assert error == "standard input, line 2: not UTF-8; save the codes as UTF-8"


@pytest.mark.parametrize("command", [("lookup", "cpcc", "A"), ("show", "cpcc")])
def test_no_such_crosswalk(command: tuple[str, ...]) -> None:
    assert _bad(*command)[1].startswith("'cpcc' is neither a crosswalk (")


def test_a_code_must_be_given() -> None:
    assert techtags("crosswalk", "lookup", "cpc").code == 2


# show


def test_show(mine: Path) -> None:
    head, *rows = _good("show", mine).splitlines()
    assert head.split() == ["code", "name", "relation", "tag", "comment"]
    assert [row.split()[0] for row in rows] == [m.code for m in LINES]
    assert rows[2].split("  ")[0] == "A1" and rows[2].endswith("and packs") and _name("batteries") in rows[2]
    assert "nothing in the taxonomy fits" in rows[4]
    assert len({row.index("[") - len(row[: row.index("[")].rsplit("  ", 1)[1]) for row in rows[:4]}) == 1  # in one column


def test_show_lines_to_a_tag(mine: Path) -> None:
    assert [row.split()[0] for row in _good("show", mine, "--tag", "batteries").splitlines()[1:]] == ["A1"]
    everything = Crosswalk.load("cpc").mappings
    found = json.loads(_good("show", "cpc", "--tag", "nuclear-fusion", "--json"))
    assert [f["code"] for f in found] == [m.code for m in everything if m.tag == "nuclear-fusion"]
    assert _bad("show", mine, "--tag", "software")[1] == "mine has no line to software"
    assert "no-such-tag" in _bad("show", mine, "--tag", "no-such-tag")[1]


def test_show_as_json(mine: Path) -> None:
    found = json.loads(_good("show", mine, "--json"))
    assert [(f["code"], f["relation"], f["tag"]) for f in found] == [
        (m.code, m.relation if m.tag else None, m.tag) for m in LINES
    ]
    assert set(found[0]) == {"code", "label", "relation", "tag", "justification", "confidence", "comment"}


# validate


def test_validate(mine: Path) -> None:
    assert _good("validate", mine) == f"{mine}: valid crosswalk, 5 lines, 3 codes\n"


def test_lines_that_are_not_filled_in_yet(mine: Path) -> None:
    with mine.open("a", encoding="utf-8") as file:
        file.write("mine:B\tLater\t\t\t\t\t\t\n")
    assert _good("validate", mine) == f"{mine}: valid crosswalk, 5 lines, 3 codes; 1 line not filled in\n"


def test_validate_names_every_code_with_a_problem(tmp_path: Path) -> None:
    wrong = [
        Mapping("A", "", "exact", "no-such-tag"),
        Mapping("B", "", "narrow", "batteries"),
        Mapping("C", "", "close", "energy"),
    ]
    path = _write(tmp_path / "wrong.tsv", wrong, license="")
    out, error = _bad("validate", path)
    found = out.splitlines()
    assert found[0] == f"{path}: the metadata do not state license"
    assert found[1].startswith(f"{path}: A: there is no tag 'no-such-tag'")
    assert found[2].startswith(f"{path}: B: narrowMatch to batteries, which is no domain")
    assert len(found) == 3
    assert error == f"{path} is not a valid crosswalk: 3 problems"


def test_validate_names_every_line_with_a_problem(mine: Path) -> None:
    text = mine.read_text(encoding="utf-8").replace("narrowMatch", "narrow").replace("techtags:batteries", "batteries")
    mine.write_text(text, encoding="utf-8")
    out, error = _bad("validate", mine)
    assert [line.split(": ")[0] for line in out.splitlines()] == [f"{mine}, line {n}" for n in (4, 5, 6)]
    assert error == f"{mine} is not a valid crosswalk: 3 problems"


def test_validate_one_line_with_a_problem(mine: Path) -> None:
    mine.write_text(mine.read_text(encoding="utf-8").replace("closeMatch", "like"), encoding="utf-8")
    out, error = _bad("validate", mine)
    assert out == ""
    assert error.startswith(f"{mine}, line 6: unknown predicate 'skos:like'; there are skos:exactMatch, ")


def test_validate_what_is_no_crosswalk(tmp_path: Path) -> None:
    assert _bad("validate", tmp_path / "none.tsv")[1] == f"cannot read {tmp_path / 'none.tsv'}: No such file or directory"
    assert _bad("validate", tmp_path)[1].endswith(": Is a directory")
    other = tmp_path / "table.csv"
    other.write_text("name,text\na,b\n", encoding="utf-8")
    assert _bad("validate", other)[1] == f"{other}, line 1: no column predicate_id; a crosswalk is an SSSOM TSV file"
    # A file is meant even where a crosswalk that we ship has its name.
    assert "cannot read cpc" in _bad("validate", "cpc")[1]


def test_validate_names(tmp_path: Path) -> None:
    path = _write(tmp_path / "names.tsv", [Mapping("Batteries (all)", "", "exact", "batteries")], subject_type=LITERAL)
    assert _good("validate", path) == f"{path}: valid crosswalk, 1 line, 1 code\n"
    assert _good("lookup", path, "batteries (ALL)").startswith("batteries (ALL)  =>  Batteries (all)   (found by its name)\n")


@pytest.mark.parametrize("scheme", crosswalks())
def test_shipped_crosswalks_are_valid(scheme: str) -> None:
    from techtags.taxonomy.crosswalks import crosswalks_dir

    assert ": valid crosswalk, " in _good("validate", crosswalks_dir() / f"{scheme}.sssom.tsv")


def test_as_a_program() -> None:
    done = program("crosswalk", "lookup", "cpc", "-", "--json", stdin="H01M 10/0525\nＧ０６Ｎ\n".encode())
    assert done.code == 0, done.err
    assert [r["status"] for r in lines(done.text)] == ["mapped", "mapped"]
    assert b"crosswalk" in program("--help").out
