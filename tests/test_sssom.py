"""Reading and writing crosswalks as SSSOM TSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techtags import CrosswalkError, TaxonomyError
from techtags.taxonomy.sssom import COLUMNS, CURATED, LITERAL, RELATIONS, Mapping, dump, parse, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _usual_limit() -> Iterator[None]:
    # Reading tables raises the limit of the csv module, for good.
    before = csv.field_size_limit(131072)
    yield
    csv.field_size_limit(before)


HEAD = "#mapping_set_id: https://example.org/mine\n#license: CC0-1.0\n"
COLUMN_LINE = "subject_id\tsubject_label\tpredicate_id\tobject_id\tconfidence\tcomment\n"
ROW = "cpc:H01M\tBatteries\tskos:broadMatch\ttechtags:energy\t0.5\twhy\n"
GOOD = HEAD + COLUMN_LINE + ROW
MAPPING = Mapping("H01M", "Batteries", "broad", "energy", CURATED, 0.5, "why")

# Cells are one line each, as `dump` writes them.
CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20).map(
    lambda t: " ".join(t.split())
)
NAMES = CELLS.filter(bool)
# YAML takes U+0085 for the end of a line, and PyYAML does not keep it.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x85"), max_size=20)
VALUES = st.recursive(TEXTS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXTS, v, max_size=3))
MAPPINGS = st.builds(
    Mapping,
    code=NAMES,
    label=CELLS,
    relation=st.sampled_from(RELATIONS),
    tag=st.none() | st.from_regex(r"[a-z]+(-[a-z]+)*", fullmatch=True),
    justification=st.sampled_from(["semapv:ManualMappingCuration", "semapv:MappingChaining"]),
    confidence=st.none() | st.integers(0, 1000).map(lambda n: n / 1000),
    comment=CELLS,
)


def _error(text: str) -> str:
    with pytest.raises(CrosswalkError) as caught:
        parse(text, "mine.tsv")
    message = str(caught.value)
    assert message.startswith("mine.tsv") and "\n" not in message
    return message.removeprefix("mine.tsv")


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.lists(MAPPINGS, max_size=5))
def test_what_is_written_is_read_again(metadata: dict[str, Any], mappings: list[Mapping]) -> None:
    metadata.pop("subject_type", None)
    text = dump(metadata, mappings, {}, "here")
    assert parse(text, "x") == (metadata, mappings)
    assert dump(*parse(text, "x"), {}, "here") == text


@given(st.lists(st.builds(Mapping, code=NAMES, label=st.just(""), relation=st.just("close"), tag=st.just("energy")), max_size=5))
def test_names_are_written_and_read_again(mappings: list[Mapping]) -> None:
    text = dump({"subject_type": LITERAL}, mappings, {"energy": "Energy"})
    found = parse(text, "x")[1]
    assert [m.code for m in found] == [m.label for m in found] == [m.code for m in mappings]
    assert "subject_id" not in text.split("\n")[1]  # the header


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_one_line(text: str) -> None:
    for tried in (text, "#" + text, GOOD + text, HEAD + COLUMN_LINE + text.replace(" ", "\t")):
        try:
            parse(tried, "x")
        except CrosswalkError as error:
            assert str(error)
            assert len(error.problems) >= 1


def test_written_form() -> None:
    text = dump({"mapping_set_id": "https://example.org/mine", "license": "CC0-1.0"}, [MAPPING], {"energy": "Energy"}, "cpc")
    row = f"cpc:H01M\tBatteries\tskos:broadMatch\ttechtags:energy\tEnergy\t{CURATED}\t0.5\twhy\n"
    assert text == HEAD + "\t".join(COLUMNS) + "\n" + row
    nothing = dump({}, [Mapping("A47", "", "broad", None)], {}, "cpc").splitlines()[-1]
    assert nothing.split("\t")[2:5] == ["skos:broadMatch", "sssom:NoTermFound", ""]


def test_a_name_that_stands_for_a_code_is_a_curie() -> None:
    text = dump({}, [Mapping("新能源 A&B/1.2", "x", "close", "energy")], {}, "made-up")
    curie = text.split("\n")[-2].split("\t")[0]
    assert curie == "made-up:%E6%96%B0%E8%83%BD%E6%BA%90%20A%26B/1.2"
    assert parse(text, "x")[1][0].code == "新能源 A&B/1.2"


def test_cells_are_written_in_one_line() -> None:
    text = dump({}, [Mapping("A\r\n1", "two\nlines", "close", "energy", comment="a\ttab ")], {}, "x")
    (mapping,) = parse(text, "x")[1]
    assert (mapping.code, mapping.label, mapping.comment) == ("A 1", "two lines", "a tab")
    assert text.count("\n") == 3  # {}, the columns, the row


@pytest.mark.parametrize(
    "raw",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.rstrip("\n").encode(),
        (HEAD + (COLUMN_LINE + ROW).replace("\t", ",")).encode(),
        (GOOD + "\n\t\t\t\n").encode(),
        (HEAD + "#creator: x\n" + COLUMN_LINE.replace("\n", "\tunknown_column\n") + ROW.replace("\n", "\tx\n")).encode(),
        GOOD.replace("cpc:H01M", " cpc:H01M ").encode(),
    ],
    ids=["plain", "BOM", "CRLF", "no last line end", "CSV", "empty lines", "unknown columns", "spaces"],
)
def test_files(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "mine.sssom.tsv"
    path.write_bytes(raw)
    metadata, mappings = read(path)
    assert mappings == [MAPPING]
    assert (metadata["mapping_set_id"], metadata["license"]) == ("https://example.org/mine", "CC0-1.0")


def test_metadata_stay_as_they_are_written() -> None:
    metadata, _ = parse("#version: 1.10\n#date: 2024-02\n#flag: no\n#curie_map:\n#  a: b\n" + COLUMN_LINE, "x")
    assert metadata == {"version": "1.10", "date": "2024-02", "flag": "no", "curie_map": {"a": "b"}}


def test_slots_may_be_stated_once() -> None:
    head = "#predicate_id: skos:closeMatch\n#mapping_justification: semapv:MappingReview\n#subject_type: rdfs literal\n"
    (mapping,) = parse(head + "subject_label\tpredicate_id\tobject_id\nSoftware\t\ttechtags:software\n", "x")[1]
    assert mapping == Mapping("Software", "Software", "close", "software", "semapv:MappingReview")


def test_a_cell_may_hold_what_python_takes_for_a_line_end() -> None:
    (mapping,) = parse(HEAD + COLUMN_LINE + ROW.replace("Batteries", "Bat\x0b\u2028teries"), "x")[1]
    assert mapping.label == "Bat\x0b\u2028teries"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ", line 1: no column predicate_id; a crosswalk is an SSSOM TSV file"),
        (HEAD, ", line 3: no column predicate_id; a crosswalk is an SSSOM TSV file"),
        (HEAD + "subject_id\tpredicate_id\n", ", line 3: no column object_id; a crosswalk is an SSSOM TSV file"),
        ("predicate_id\tobject_id\n", ", line 1: neither a column subject_id nor subject_label"),
        (
            "#a: [1\n" + COLUMN_LINE,
            ", line 1: the lines that begin with # are not YAML (expected ',' or ']', but got '<stream end>')",
        ),
        ("#a: \x01\n" + COLUMN_LINE, ": the lines that begin with # are not YAML (special characters are not allowed)"),
        ("#- a\n" + COLUMN_LINE, ": the lines that begin with # must be 'key: value' lines"),
        ("#" + "[" * 20_000 + "\n" + COLUMN_LINE, ": the lines that begin with # are nested too deeply"),
        (
            GOOD.replace("cpc:H01M", "H01M"),
            ", line 4: no subject (subject_id is a prefix, a colon and a code: cpc:H01M10/0525)",
        ),
        (
            GOOD.replace("skos:broadMatch", "broader"),
            ", line 4: unknown predicate 'broader'; there are skos:exactMatch, skos:closeMatch, skos:broadMatch, "
            "skos:narrowMatch, skos:relatedMatch",
        ),
        (GOOD.replace("techtags:energy", "energy"), ", line 4: object_id 'energy' is neither techtags:ID nor sssom:NoTermFound"),
        (
            GOOD.replace("techtags:energy", "techtags:"),
            ", line 4: object_id 'techtags:' is neither techtags:ID nor sssom:NoTermFound",
        ),
        (GOOD.replace("0.5", "1.5"), ", line 4: confidence '1.5' is not a number from 0 to 1"),
        (GOOD.replace("0.5", "nan"), ", line 4: confidence 'nan' is not a number from 0 to 1"),
        (GOOD.replace("0.5", "high"), ", line 4: confidence 'high' is not a number from 0 to 1"),
        (
            "#predicate_modifier: Not\n" + GOOD,
            ", line 5: predicate_modifier says what a subject is not, which cannot be used; remove the line",
        ),
        (GOOD + "x" * 200_000, ", line 5: field larger than field limit (131072)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    assert _error(text) == message


def test_every_wrong_line_is_named() -> None:
    with pytest.raises(CrosswalkError) as caught:
        parse(GOOD + ROW.replace("0.5", "9") + ROW + ROW.replace("skos:", ""), "mine.tsv")
    assert [p.split(":")[0] for p in caught.value.problems] == ["mine.tsv, line 5", "mine.tsv, line 7"]
    assert str(caught.value) == caught.value.problems[0] + " (and 1 more: see techtags crosswalk validate)"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"cannot read .*none\.tsv: No such file"):
        read(tmp_path / "none.tsv")
    path = tmp_path / "latin.tsv"
    path.write_bytes(GOOD.encode() + b"\xe9")
    with pytest.raises(CrosswalkError, match=rf"latin\.tsv is not UTF-8 at byte {len(GOOD)}; save it as UTF-8"):
        read(path)
