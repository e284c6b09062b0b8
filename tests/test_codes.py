"""Codes of outside schemes: how they are written, and what stands above them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techtags.taxonomy.codes import chain, has_grammar, looks_like_patent_class

SCHEMES = (
    "cpc", "ipc", "naics-2022", "isic-4", "nace-2", "gbt-4754-2017", "hs-2022", "anzsrc-for-2020", "gics", "sei-2018", "arxiv",
    "openalex", "shenwan-2021",
)  # fmt: skip
FIRST_SUBGROUPS = re.compile(r"[A-HY]\d\d[A-Z]\d+/0+")
LITHIUM = ("H01M10/0525", "H01M10/052", "H01M10/05", "H01M10", "H01M", "H01", "H")
# Texts that are nearly codes reach more of a grammar than texts at random do.
NEARLY = st.text("0123456789ABCHYTcs./-() []'GICSPSI:\u3000\uff11\uff0e\u00b2\u0661", max_size=16)
TEXTS = st.one_of(st.text(max_size=30), NEARLY, st.from_regex(r"[A-HY][0-9]{2}[A-Z] ?[0-9]{1,4}/(00)?[0-9]{1,4}", fullmatch=True))


@pytest.mark.parametrize(
    ("scheme", "text", "expected"),
    [
        ("ipc", "H01M 10/0525", LITHIUM),
        ("ipc", "h01m10/0525", LITHIUM),
        ("cpc", "H01M0010052500", LITHIUM),
        ("ipc", "H01M-010/0525", LITHIUM),
        ("cpc", "CPC: H01M 10/0525", LITHIUM),
        ("ipc", "IPC:H01M10/0525", LITHIUM),
        ("ipc", "Ｈ０１Ｍ　１０／０５２５", LITHIUM),
        ("ipc", "H01M10/052 (2010.01)", LITHIUM[1:]),
        ("ipc", "H01M 10/052(2010)", LITHIUM[1:]),
        ("ipc", "H01M 10/00", ("H01M10", "H01M", "H01", "H")),
        ("cpc", "A61B 5/0002", ("A61B5/0002", "A61B5/000", "A61B5/00", "A61B5", "A61B", "A61", "A")),
        ("ipc", "H01M0010000000", ("H01M10", "H01M", "H01", "H")),
        ("ipc", "G06F0003048800", ("G06F3/0488", "G06F3/048", "G06F3/04", "G06F3", "G06F", "G06", "G")),
        ("ipc", "A61K0009200000", ("A61K9/20", "A61K9", "A61K", "A61", "A")),
        ("cpc", "Y02E 60/10", ("Y02E60/10", "Y02E60", "Y02E", "Y02", "Y")),
        ("cpc", "['H01L']", ("H01L", "H01", "H")),
        ("cpc", "['H01L'", ("H01L", "H01", "H")),
        ("cpc", "H01", ("H01", "H")),
        ("cpc", "Z01", ()),
        ("cpc", "H1M", ()),
        ("cpc", "H01M10/0525 and more", ()),
        ("gbt-4754-2017", "C3825", ("3825", "382", "38", "C")),
        ("gbt-4754-2017", "3825", ("3825", "382", "38", "C")),
        ("gbt-4754-2017", "c 38", ("38", "C")),
        ("gbt-4754-2017", "C", ("C",)),
        ("gbt-4754-2017", "A3825", ()),
        ("gbt-4754-2017", "3825.0", ("3825", "382", "38", "C")),
        ("gbt-4754-2017", "38251", ()),
        ("gbt-4754-2017", "0111", ("0111", "011", "01", "A")),
        ("gbt-4754-2017", "65", ("65", "I")),
        ("isic-4", "2611", ("2611", "261", "26", "C")),
        ("isic-4", "62", ("62", "J")),
        ("isic-4", "00", ()),
        ("nace-2", "26.11", ("26.11", "26.1", "26", "C")),
        ("nace-2", "C26.11", ("26.11", "26.1", "26", "C")),
        ("nace-2", "2611", ("26.11", "26.1", "26", "C")),
        ("nace-2", "J62.0", ("62", "J")),
        ("hs-2022", "8507.60.00", ("850760", "8507", "85")),
        ("hs-2022", "85.07", ("8507", "85")),
        ("hs-2022", "850760.0", ("850760", "8507", "85")),
        ("hs-2022", "8507600090", ("850760", "8507", "85")),
        ("hs-2022", "xvi", ("XVI",)),
        ("hs-2022", "IIX", ()),
        ("hs-2022", "101", ()),  # 0101 that has lost its zero, and not chapter 10
        ("naics-2022", "31-33", ("31-33",)),
        ("naics-2022", "31–33", ("31-33",)),
        ("naics-2022", "32", ("31-33",)),
        ("naics-2022", "334413", ("334413", "33441", "3344", "334", "31-33")),
        ("naics-2022", "541715.0", ("541715", "54171", "5417", "541", "54")),
        ("naics-2022", "3", ()),
        ("gics", "GICS 45301020", ("45301020", "453010", "4530", "45")),
        ("gics", "gics:4530", ("4530", "45")),
        ("gics", "45301020.0", ("45301020", "453010", "4530", "45")),
        ("gics", "453", ()),
        ("gics", "4530102010", ()),
        ("anzsrc-for-2020", "4611", ("4611", "46")),
        ("anzsrc-for-2020", "461103", ("461103", "4611", "46")),
        ("anzsrc-for-2020", "46110301", ()),
        ("sei-2018", "1.2.3", ("1.2.3", "1.2", "1")),
        ("sei-2018", "新能源汽车", ("新能源汽车",)),
        ("arxiv", "cs.LG", ("cs.LG", "cs")),
        ("arxiv", "CS.lg", ("cs.LG", "cs")),
        ("arxiv", "cond-mat.Mes-Hall", ("cond-mat.mes-hall", "cond-mat")),
        ("arxiv", "quant-ph", ("quant-ph",)),
        ("arxiv", "cs.LG cs.AI", ()),
        ("arxiv", "2401.01234", ()),
        ("openalex", "https://openalex.org/T10001", ("T10001",)),
        ("openalex", "10001", ("T10001",)),
        ("openalex", "t10001", ("T10001",)),
        ("openalex", "Computer Science/Medicine", ("Computer Science/Medicine",)),
        ("shenwan-2021", "801080.SI", ("801080",)),
        ("shenwan-2021", "801080.si", ("801080",)),
        ("shenwan-2021", "801080", ("801080",)),
        ("shenwan-2021", "801080.0", ("801080",)),
        ("shenwan-2021", "电子", ("电子",)),
        ("yc", " B2B ", ("B2B",)),
        ("yc", "'Software (B2B)'", ("Software (B2B)",)),
        ("yc", "(Bio)technology", ("(Bio)technology",)),
        ("yc", "[Software]", ("Software",)),
    ],
)  # fmt: skip
def test_codes(scheme: str, text: str, expected: tuple[str, ...]) -> None:
    assert chain(scheme, text) == expected


@pytest.mark.parametrize("scheme", [*SCHEMES, "yc"])
def test_nothing_is_no_code(scheme: str) -> None:
    assert chain(scheme, "") == chain(scheme, " ") == chain(scheme, "[]") == ()


@pytest.mark.parametrize("scheme", ["cpc", "isic-4", "hs-2022", "naics-2022", "gics", "arxiv", "anzsrc-for-2020"])
@pytest.mark.parametrize("text", ["Software (B2B)", "电池", "٢٦١١", "-", "26,11", "None", "nan", "1e5", "²⁶"])
def test_what_is_no_code(scheme: str, text: str) -> None:
    found = chain(scheme, text)
    # NFKC makes plain digits of superscripts; a name of letters alone might be an archive of arXiv.
    assert found == () or (text == "²⁶" and found[-1] in ("26", "C")) or (scheme == "arxiv" and text in ("None", "nan"))


@given(st.sampled_from((*SCHEMES, "yc")), TEXTS)
def test_any_text(scheme: str, text: str) -> None:
    found = chain(scheme, text)
    assert len(set(found)) == len(found)
    for i, code in enumerate(found):
        # What stands above a code of a chain is the rest of the chain, so its normal form is itself.
        # The one exception: H01M10/00 stands above H01M10/0025, and by itself it is the whole group.
        assert chain(scheme, code) == (
            _whole_group(found[i:]) if scheme in ("cpc", "ipc") and FIRST_SUBGROUPS.fullmatch(code) else found[i:]
        )


def _whole_group(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in codes if "/" not in code)


@given(st.sampled_from([s for s in SCHEMES if s not in ("isic-4", "gbt-4754-2017", "nace-2", "naics-2022")]), TEXTS)
def test_chains_are_prefixes(scheme: str, text: str) -> None:
    found = chain(scheme, text)
    assert all(finer.startswith(coarser) and len(coarser) < len(finer) for finer, coarser in pairwise(found))


@given(st.sampled_from(["isic-4", "gbt-4754-2017", "nace-2", "naics-2022"]), st.from_regex(r"[0-9]{2,6}", fullmatch=True))
def test_all_but_sections_are_prefixes(scheme: str, text: str) -> None:
    *codes, top = chain(scheme, text) or ("",)
    assert all(finer.startswith(coarser) for finer, coarser in pairwise(codes))
    assert all(text.startswith(code.replace(".", "")) for code in codes)
    assert top == "" or top in text or top in ("31-33", "44-45", "48-49") or (len(top) == 1 and top.isalpha())


@given(
    st.from_regex(r"[A-H][0-9]{2}[A-Z]", fullmatch=True),
    st.integers(1, 9999),
    st.from_regex(r"[0-9][1-9][0-9]{0,3}[1-9]?", fullmatch=True),
)
def test_ways_to_write_a_patent_code(subclass: str, group: int, sub: str) -> None:
    expected = chain("ipc", f"{subclass}{group}/{sub.rstrip('0')}")
    assert expected[0] == f"{subclass}{group}/{sub.rstrip('0')}"
    for text in (
        f"{subclass} {group}/{sub.rstrip('0')}",
        f"{subclass}{group:04d}{sub:0<6}",
        f"{subclass}-{group:03d}/{sub.rstrip('0')}",
    ):
        assert chain("ipc", text) == expected


def test_long_cells_cost_little() -> None:
    for scheme in SCHEMES:
        assert chain(scheme, "1." * 100_000)[1:] == ()
        assert len(chain(scheme, "1" * 100_000)) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("H01L", True), ("G06F 3/01", True), ("['C12N'", True),
        ("H01", False), ("A", False), ("AI", False), ("B2B", False), ("5G", False), ("TMT", False),
    ],
)  # fmt: skip
def test_patent_classes_are_told_from_words(text: str, expected: bool) -> None:
    assert looks_like_patent_class(text) is expected


def test_which_schemes_have_a_grammar() -> None:
    assert all(has_grammar(scheme) for scheme in SCHEMES)
    assert not has_grammar("yc")
