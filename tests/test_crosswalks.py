"""Crosswalks: how codes are resolved, what is checked, and what the shipped ones must hold to."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

import techtags
from techtags import Crosswalk, CrosswalkError, Taxonomy, crosswalks
from techtags.taxonomy import Mapping, check_crosswalk
from techtags.taxonomy.codes import chain, has_grammar
from techtags.taxonomy.sssom import CHAINED, LITERAL, RELATIONS, dump, parse

if TYPE_CHECKING:
    from pathlib import Path

TAX = Taxonomy.load()
FIRST_SUBGROUPS = re.compile(r"/0+$")
STATED = {"mapping_set_id": "https://example.org/mine", "license": "CC0-1.0"}
SCHEMES = crosswalks()


def _made(*lines: Mapping, scheme: str = "cpc", **metadata: str) -> Crosswalk:
    return Crosswalk(scheme, {**STATED, **metadata}, lines)


def _line(
    code: str, relation: str, tag: str | None, label: str = "", justification: str = "semapv:ManualMappingCuration"
) -> Mapping:
    return Mapping(code, label, relation, tag, justification)


@cache
def _tags(scheme: str, code: str) -> tuple[str, ...]:
    return Crosswalk.load(scheme).lookup(code).tags


# Resolving

BATTERIES = _made(
    _line("H01M", "broad", "energy", "Batteries and fuel cells"),
    _line("H01M", "related", "fuel-cells"),
    _line("H01M10", "close", "batteries", "Secondary cells"),
    _line("H01M10/05", "broad", "lithium-ion-batteries"),
    _line("A47", "broad", None, "Furniture"),
    _line("A47B", "related", "robotics", "", CHAINED),
    _line("H", "narrow", "energy", "Electricity"),
    _line("H", "narrow", "communications", "Electricity"),
)


@pytest.mark.parametrize(
    ("query", "status", "code", "found", "tags"),
    [
        ("H01M 10/0525", "mapped", "H01M10/05", "prefix", ("lithium-ion-batteries",)),
        ("H01M10/05", "mapped", "H01M10/05", "code", ("lithium-ion-batteries",)),
        ("H01M10/42", "mapped", "H01M10", "prefix", ("batteries",)),
        ("H01M8/10", "mapped", "H01M", "prefix", ("energy",)),
        ("h01m", "mapped", "H01M", "code", ("energy",)),
        ("H05", "mapped", "H", "prefix", ("energy", "communications")),
        ("A47", "none", "A47", "code", ()),
        ("A47C 1/00", "none", "A47", "prefix", ()),
        # Hints by official links say something of their own code, and nothing of the codes below.
        ("A47B", "none", "A47B", "code", ()),
        ("A47B 1/00", "none", "A47", "prefix", ()),
        ("Ｆｕｒｎｉｔｕｒｅ ", "none", "A47", "label", ()),
        ("secondary  CELLS", "mapped", "H01M10", "label", ("batteries",)),
        ("B60", "unknown", None, None, ()),
        ("", "unknown", None, None, ()),
    ],
)
def test_the_longest_prefix_decides(query: str, status: str, code: str | None, found: str | None, tags: tuple[str, ...]) -> None:
    for _ in range(2):  # also when it has been asked before
        result = BATTERIES.lookup(query)
        assert (result.query, result.status, result.code, result.found, result.tags) == (query, status, code, found, tags)


def test_hints_assign_nothing() -> None:
    found = BATTERIES.lookup("H01M")
    assert [m.tag for m in found.hints] == ["fuel-cells"]
    assert "fuel-cells" not in found.tags
    assert [m.tag for m in BATTERIES.lookup("A47B").hints] == ["robotics"]
    assert BATTERIES.lookup("A47B 1/00").hints == ()


def test_sets_of_domains_are_coarse() -> None:
    assert BATTERIES.lookup("H05").coarse
    assert not BATTERIES.lookup("H01M").coarse
    assert not BATTERIES.lookup("A47").coarse


def test_as_json_data() -> None:
    assert BATTERIES.lookup("H01M8/10").to_dict() == {
        "query": "H01M8/10",
        "scheme": "cpc",
        "status": "mapped",
        "code": "H01M",
        "label": "Batteries and fuel cells",
        "found": "prefix",
        "coarse": False,
        "tags": [{"id": "energy", "relation": "broad", "comment": ""}],
        "hints": ["fuel-cells"],
        "comments": [],
    }


def test_schemes_of_names() -> None:
    names = _made(
        _line("Software (B2B)", "close", "enterprise-software"), _line("电池", "exact", "batteries"), subject_type=LITERAL
    )
    assert names.by_name
    for query in ("Software (B2B)", "software (b2b)", "Ｓｏｆｔｗａｒｅ （B2B）"):
        found = names.lookup(query)
        assert (found.code, found.found, found.tags) == ("Software (B2B)", "label", ("enterprise-software",))
    assert names.lookup("电池").tags == ("batteries",)
    assert names.lookup("Software").status == "unknown"


def test_a_name_of_several_codes_names_none() -> None:
    twice = _made(_line("H01M", "broad", "energy", "Cells"), _line("A01", "broad", "agriculture-and-food", "Cells"))
    assert twice.lookup("Cells").status == "unknown"
    assert twice.codes == ("H01M", "A01")


def test_memory_stays_bounded() -> None:
    small = _made(_line("H01M", "broad", "energy"))
    for n in range(200_002):
        small.lookup(str(n))
    assert len(small._resolved) <= 200_000
    assert small.lookup("H01M").tags == ("energy",)


def test_loading(tmp_path: Path) -> None:
    path = tmp_path / "mine.sssom.tsv"
    path.write_text(dump(STATED, [_line("A", "exact", "energy")], {}, "mine"), encoding="utf-8")
    for named in (path, str(path)):
        mine = Crosswalk.load(named)
        assert (mine.scheme, mine.lookup("A").tags, mine.licence, mine.verification) == ("mine", ("energy",), "CC0-1.0", "")
    with pytest.raises(CrosswalkError, match=r"'cpcc' is neither a crosswalk \(.*cpc, .*\) nor a file"):
        Crosswalk.load("cpcc")
    assert Crosswalk.load("cpc") is Crosswalk.load("cpc")
    assert {"Crosswalk", "CrosswalkError", "crosswalks"} <= set(dir(techtags))


# Checking


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([("A", "exact", "no-such-tag")], "A: there is no tag 'no-such-tag' in release"),
        ([("A", "broad", "energy"), ("a", "broad", "energy")], "A: the same tag stands twice"),
        ([("A", "broad", None), ("A", "broad", "energy")], "A: a tag and NoTermFound contradict each other"),
        ([("A", "narrow", "energy"), ("A", "close", "software")], "A: narrowMatch (a set of domains) cannot stand beside"),
        ([("A", "exact", "energy"), ("A", "exact", "software")], "A: two exact matches"),
        ([("A", "narrow", "batteries")], "A: narrowMatch to batteries, which is no domain: a coarse code is never fanned out"),
        ([("A", "broad", "batteries"), ("A", "broad", "energy")], "A: batteries stands beside a tag above it"),
    ],
)
def test_what_is_wrong_is_found(lines: list[tuple[str, str, str | None]], problem: str) -> None:
    found = check_crosswalk(_made(*(_line(*line) for line in lines)), TAX)
    assert len(found) == 1, found
    assert found[0].startswith(problem)


def test_what_is_right_is_let_through() -> None:
    assert check_crosswalk(BATTERIES, TAX) == []
    both = _made(
        _line("A", "broad", "computer-vision"), _line("A", "broad", "smart-agriculture"), _line("A", "related", "energy")
    )
    assert check_crosswalk(both, TAX) == []
    assert check_crosswalk(_made(_line("A", "broad", None), _line("A", "related", "energy")), TAX) == []


def test_set_and_licence_must_be_stated() -> None:
    found = check_crosswalk(Crosswalk("x", {}, [_line("A", "exact", "energy")]), TAX)
    assert found == ["the metadata do not state mapping_set_id", "the metadata do not state license"]


# The shipped crosswalks


@pytest.mark.parametrize("scheme", SCHEMES)
def test_shipped(scheme: str) -> None:
    shipped = Crosswalk.load(scheme)
    assert check_crosswalk(shipped, TAX) == []
    assert shipped.mappings
    assert shipped.title and shipped.edition
    assert shipped.licence.startswith("https://creativecommons.org/")
    assert shipped.verification in ("read", "partly-read", "unverified")
    assert shipped.metadata["mapping_set_id"] == f"https://w3id.org/techtags/crosswalks/{scheme}"
    assert shipped.metadata["object_source_version"] in {"1.0.0", TAX.version}
    assert shipped.verification == "read" or shipped.metadata["comment"], "what was not read must be said"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_shipped_files_are_in_their_written_form(scheme: str) -> None:
    shipped = Crosswalk.load(scheme)
    text = dump(shipped.metadata, shipped.mappings, {t.id: t.labels["en"] for t in TAX.tags}, scheme)
    again, mappings = parse(text, scheme)
    assert again == shipped.metadata
    assert tuple(mappings) == shipped.mappings


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_code_is_fanned_out(scheme: str) -> None:
    shipped = Crosswalk.load(scheme)
    odd = []
    for code in shipped.codes:
        found = shipped.lookup(code)
        if len(found.tags) > 1 and len({m.relation for m in found.mappings} - {"narrow"}) == 0:
            odd += [f"{code}: {t}" for t in found.tags if TAX[t].level != 1]
        # Two children of one tag would stand for that tag.
        parents = [TAX[t].parent_id for t in found.tags if TAX[t].parent_id]
        odd += [f"{code}: {found.tags}" for p in set(parents) if parents.count(p) > 2]
        # Nine are the strategic emerging industries, the widest designation that still says something.
        odd += [f"{code}: {len(found.tags)} domains" for _ in (1,) if found.coarse and len(found.tags) > 9]
    assert not odd, "\n".join(odd)


@pytest.mark.parametrize("scheme", [s for s in SCHEMES if has_grammar(s)])
def test_every_code_is_a_code_of_its_scheme(scheme: str) -> None:
    shipped = Crosswalk.load(scheme)
    # H01M10/00 is the whole group H01M10 where a table holds it; a line of that code decides for H01M10/0001 and its like.
    codes = [code + "1" if FIRST_SUBGROUPS.search(code) else code for code in shipped.codes]
    assert [code for code in codes if not chain(scheme, code)] == []
    assert [code for code in codes if (shipped.lookup(code).code or "") not in (code, code[:-1])] == []


def test_first_subgroups_have_lines_of_their_own() -> None:
    mine = _made(_line("A61B5", "broad", "health-technology"), _line("A61B5/00", "broad", "medical-devices"))
    assert mine.lookup("A61B5/00").tags == mine.lookup("A61B5").tags == mine.lookup("A61B5/01").tags == ("health-technology",)
    assert mine.lookup("A61B5/0002").tags == ("medical-devices",)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_name_resolves(scheme: str) -> None:
    shipped = Crosswalk.load(scheme)
    for name, code in shipped.names.items():
        found = shipped.lookup(name)
        assert found.status != "unknown"
        assert found.found != "label" or found.code == code


def test_relations_point_the_right_way() -> None:
    """Facts that hold whoever curates: which of code and tag is the wider one."""
    for scheme, code, tag, relations in (
        ("gbt-4754-2017", "C3825", "photovoltaics", {"exact", "close", "broad"}),
        ("gbt-4754-2017", "3841", "lithium-ion-batteries", {"exact", "close"}),
        ("hs-2022", "8507.60", "lithium-ion-batteries", {"exact", "close"}),
        ("hs-2022", "8541.43", "photovoltaics", {"broad", "close"}),
        ("cpc", "H01L21/027", "lithography", {"broad", "close"}),
        ("cpc", "H10B", "memory-chips", {"exact", "close", "broad"}),
        ("cpc", "G21B", "nuclear-fusion", {"exact", "close"}),
        ("cpc", "F03D", "wind-power", {"exact", "close"}),
        ("arxiv", "cs.LG", "machine-learning", {"exact", "close"}),
        ("gics", "45301020", "semiconductors", {"exact", "close"}),
        ("gics", "45301010", "semiconductors", {"broad"}),
        ("designations", "TMT", "communications", {"narrow"}),
    ):
        found = {m.tag: m.relation for m in Crosswalk.load(scheme).lookup(code).mappings}
        assert found.get(tag) in relations, (scheme, code, found)


@pytest.mark.parametrize("scheme", ["cpc", "ipc"])
def test_h01l_and_its_successors_agree(scheme: str) -> None:
    for old, new in (
        ("H01L33/00", "H10H20/80"),
        ("H01L31/04", "H10F10/14"),
        ("H01L35/00", "H10N10/00"),
        ("H01L41/00", "H10N30/00"),
        ("H01L43/00", "H10N50/00"),
        ("H01L39/00", "H10N60/00"),
        ("H01L51/50", "H10K50/10"),
        ("H01L29/78", "H10D30/60"),
        ("H01L27/11", "H10B12/00"),
    ):
        assert _tags(scheme, old) == _tags(scheme, new) != (), (old, new)


@pytest.mark.parametrize("scheme", ["cpc", "ipc"])
def test_every_section_and_class_resolves(scheme: str) -> None:
    shipped = Crosswalk.load(scheme)
    sections = "ABCDEFGH" + ("Y" if scheme == "cpc" else "")
    assert [s for s in sections if shipped.lookup(s).found != "code"] == []
    classes = {code[:3] for code in shipped.codes if len(code) > 2}
    assert len(classes) > 120  # IPC 2023.01 has 131, CPC 136
    assert [c for c in sorted(classes) if shipped.lookup(c).status == "unknown"] == []
    # Nothing that a table can hold in the form of a class falls through.
    assert shipped.lookup("H01M 99/99").found == "prefix"


@pytest.mark.parametrize(
    ("scheme", "tops"),
    [
        ("gics", "10 15 20 25 30 35 40 45 50 55 60"),
        ("gbt-4754-2017", "A B C D E F G H I J K L M N O P Q R S T"),
        ("isic-4", "A B C D E F G H I J K L M N O P Q R S T U"),
        ("nace-2", "A B C D E F G H I J K L M N O P Q R S T U"),
        ("naics-2022", "11 21 22 23 31-33 42 44-45 48-49 51 52 53 54 55 56 61 62 71 72 81 92"),
        ("hs-2022", " ".join(f"{n:02d}" for n in range(1, 98) if n != 77)),
        ("anzsrc-for-2020", " ".join(str(n) for n in range(30, 53))),
        ("wipo-35", " ".join(str(n) for n in range(1, 36))),
        ("arxiv", "cs math physics stat eess econ quant-ph hep-th astro-ph cond-mat q-bio q-fin"),
    ],
)
def test_the_top_of_every_scheme_resolves(scheme: str, tops: str) -> None:
    shipped = Crosswalk.load(scheme)
    assert [top for top in tops.split() if shipped.lookup(top).found != "code"] == []


@pytest.mark.parametrize(
    ("names", "coarse_or_none"),
    [
        (("TMT",), True),
        (("硬科技", "战略性新兴产业"), True),
        (("先进制造", "大健康"), False),
    ],
)
def test_umbrella_designations_stay_coarse(names: tuple[str, ...], coarse_or_none: bool) -> None:
    for name in names:
        found = Crosswalk.load("designations").lookup(name)
        assert found.status != "unknown", name
        assert all(TAX[t].level == 1 for t in found.tags), name
        if coarse_or_none:
            assert found.coarse or found.status == "none", name
            assert len(found.tags) != 1, name


@pytest.mark.parametrize(
    ("scheme", "name"),
    [
        ("designations", "Real estate"),
        ("designations", "房地产"),
        ("designations", "Consumer goods"),
        ("designations", "消费品"),
        ("crunchbase-groups", "Real Estate"),
        ("yc", "Real Estate"),
        ("gics", "GICS 60102030"),
        ("naics-2022", "531"),
        ("nace-2", "L68.10"),
        ("isic-4", "6810"),
        ("gbt-4754-2017", "K7010"),
        ("cpc", "A47C"),
    ],
)
def test_what_is_no_technology_gives_nothing(scheme: str, name: str) -> None:
    found = Crosswalk.load(scheme).lookup(name)
    assert (found.status, found.tags) == ("none", ())


def test_official_links_are_only_hints() -> None:
    chained = [m for s in SCHEMES for m in Crosswalk.load(s).mappings if m.justification == CHAINED]
    assert chained, "GB/T 4754 ships with the official links of the Strategic Emerging Industries"
    assert {m.relation for m in chained} == {"related"}
    assert all(m.confidence is not None and m.comment for m in chained)
    assert {m.relation for s in SCHEMES for m in Crosswalk.load(s).mappings} == set(RELATIONS)
