"""Loading the standard and asking it about its tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import find, load, make_release, write

import techtags
from techtags.taxonomy import Taxonomy, TaxonomyError, is_chinese, normal, versions
from techtags.taxonomy.store import releases_dir, version_key

if TYPE_CHECKING:
    from collections.abc import Callable

TAX = Taxonomy.load("1.0.0")
SMALL = load(make_release())
SOME_IDS = st.lists(st.sampled_from(list(TAX)), max_size=12)


def _broken_json(path: Path) -> Any:
    path.write_text('{"scheme": "techtags",\n  oops}', encoding="utf-8")
    return path


def _binary(path: Path) -> Any:
    path.write_bytes(b'{"scheme": "\xff\xfe"}')
    return path


def _folder(path: Path) -> Any:
    path.mkdir()
    return path


def _invalid(path: Path) -> Any:
    document = make_release()
    find(document, "lathes")["label"].pop("zh")
    return write(document, path)


def _against_a_rule(path: Path) -> Any:
    document = make_release()
    find(document, "lanterns")["parent"] = "lampz"
    return write(document, path)


def _circle(path: Path) -> Any:
    document = make_release()
    find(document, "lathes")["parent"] = "micro-lathes"
    return write(document, path)


def test_load_by_version_and_latest() -> None:
    assert TAX.version == "1.0.0"
    assert Taxonomy.load("1.0.0") is TAX
    assert Taxonomy.load().version == versions()[-1]
    assert techtags.Taxonomy is Taxonomy
    assert repr(TAX) == "<Taxonomy 1.0.0: 196 tags, 24 domains>"


@pytest.mark.parametrize("as_type", [str, Path])
def test_load_a_file(tmp_path: Path, as_type: Callable[[Path], Any]) -> None:
    tax = Taxonomy.load(as_type(write(make_release("3.1.4"), tmp_path / "mine.json")))
    assert (tax.version, len(tax), len(tax.sha256)) == ("3.1.4", 7, 64)
    assert tax.title["zh"] == "虚构标准"
    assert (tax.released, tax.license, tax.namespace) == ("2026-01-31", "CC-BY-4.0", "https://w3id.org/techtags/")


def test_packaged_release_passes_the_checks_of_a_file() -> None:
    tax = Taxonomy.load(releases_dir() / "1.0.0.json")
    assert list(tax) == list(TAX)
    assert tax.sha256 == TAX.sha256


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: "9.9.9", "there is no release 9.9.9; there are 1.0.0"),
        (lambda path: "1.0", "'1.0' is neither a release (1.0.0) nor a file"),
        (lambda path: str(path), "nor a file"),
        (lambda path: path, "cannot read {path}: No such file or directory"),
        (_folder, "{path} is a directory; give a release file"),
        (_broken_json, "{path} is not JSON: line 2, column 3"),
        (_binary, "{path} is not UTF-8 at byte 12"),
        (lambda path: write([], path), "{path} is not a valid release document: document: [] is not of type 'object'"),
        (_invalid, "{path} is not a valid release document: tags[1].label: 'zh' is a required property"),
        (_against_a_rule, "{path} breaks the rules of the standard: lanterns: its ancestor 'lampz' does not exist; correct"),
        (_circle, "{path} breaks the rules of the standard: lathes: it is its own ancestor"),
    ],
)
def test_load_says_what_is_wrong_in_one_line(tmp_path: Path, make: Callable[[Path], Any], message: str) -> None:
    path = tmp_path / "release.json"
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.load(make(path))
    assert message.format(path=path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_versions_sort_by_precedence() -> None:
    ordered = ["0.9.0", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]
    backwards = list(reversed(ordered))
    assert sorted(backwards, key=version_key) == ordered


def test_mapping() -> None:
    assert len(SMALL) == 7
    assert list(SMALL) == ["machines", "lathes", "micro-lathes", "old-lathes", "lamps", "lasers", "lanterns"]
    assert "lathes" in SMALL and "violins" not in SMALL
    assert [t.id for t in SMALL.tags] == list(SMALL)
    assert [t.id for t in SMALL.active] == [i for i in SMALL if i != "old-lathes"]
    assert [t.id for t in SMALL.domains] == ["machines", "lamps"]
    with pytest.raises(KeyError):
        SMALL["violins"]


def test_ways_up_and_down() -> None:
    tag = SMALL["micro-lathes"]
    assert [t.id for t in tag.ancestors] == ["lathes", "machines"]
    assert [t.id for t in tag.path] == ["machines", "lathes", "micro-lathes"]
    assert tag.parent is SMALL["lathes"]
    assert tag.domain is SMALL["machines"]
    assert SMALL["machines"].parent is None
    assert SMALL["machines"].domain is SMALL["machines"]
    assert [t.id for t in SMALL["machines"].children] == ["lathes", "old-lathes"]
    assert [t.id for t in SMALL["machines"].descendants] == ["lathes", "micro-lathes", "old-lathes"]
    assert tag.children == tag.descendants == ()
    assert [t.id for t in SMALL["lathes"].related] == ["lasers"]
    assert (str(tag), tag.label(), tag.label("zh"), tag.level) == ("micro-lathes", "Micro lathes", "微型车床", 3)


def test_promised_example() -> None:
    assert [t.id for t in TAX["lithography"].ancestors] == ["semiconductor-equipment", "semiconductors"]
    assert TAX["lithography"].domain.id == "semiconductors"


def test_tree_agrees_with_itself() -> None:
    for tag in TAX.tags:
        assert len(tag.path) == tag.level, tag.id
        assert tag.domain in TAX.domains, tag.id
        assert all(child.parent is tag for child in tag.children), tag.id
        assert {t.id for t in tag.descendants} == {t.id for t in TAX.tags if tag in t.ancestors}, tag.id
    assert [t.id for d in TAX.domains for t in (d, *d.descendants)] == list(TAX)


def test_deprecation_and_ambiguity() -> None:
    gone = SMALL["old-lathes"].deprecation
    assert gone is not None
    assert (gone.since, gone.replaced_by, gone.replacement_kind) == ("1.0.0", ("lathes",), "one")
    assert gone.reason["zh"] == "无人生产"
    assert SMALL["lathes"].deprecation is None
    mark = SMALL["lathes"].ambiguous[0]
    assert (mark.alias, mark.lang, mark.with_, mark.not_with) == ("Head", "en", ("factory",), ())


def test_closure_and_most_specific() -> None:
    assert SMALL.closure(["micro-lathes", "lamps"]) == {"micro-lathes", "lathes", "machines", "lamps"}
    assert SMALL.closure([]) == set()
    given_ids = ["machines", "lasers", "micro-lathes", "lamps", "lasers", "lathes"]
    assert SMALL.most_specific(given_ids) == ["lasers", "micro-lathes"]
    with pytest.raises(KeyError):
        SMALL.closure(["violins"])


@given(SOME_IDS)
def test_closure_is_a_closure(ids: list[str]) -> None:
    closed = TAX.closure(ids)
    assert set(ids) <= closed
    assert TAX.closure(closed) == closed
    assert all(TAX[i].parent_id in {*closed, None} for i in closed)


@given(SOME_IDS)
def test_most_specific_keeps_what_nothing_implies(ids: list[str]) -> None:
    kept = TAX.most_specific(ids)
    assert TAX.most_specific(kept) == kept
    assert set(TAX.most_specific(TAX.closure(ids))) == set(kept)
    assert TAX.closure(kept) == TAX.closure(ids)
    assert kept == [i for i in dict.fromkeys(ids) if i in kept]
    assert not any(a in kept for i in kept for a in TAX.ancestor_ids(i))


@pytest.mark.parametrize(
    ("name", "tag_id"),
    [
        ("lithography", "lithography"),
        ("Lithography", "lithography"),
        ("LITHOGRAPHY ", "lithography"),
        ("光刻", "lithography"),
        ("EUV", "lithography"),
        ("ｅｕｖ", "lithography"),
        ("光刻机", "lithography"),
        ("Semiconductor-Equipment", "semiconductor-equipment"),
        ("ｓｅｍｉｃｏｎｄｕｃｔｏｒｓ", "semiconductors"),
        ("extreme   ultraviolet lithography", "lithography"),
    ],
)
def test_find(name: str, tag_id: str) -> None:
    assert TAX.find(name).id == tag_id


def test_find_every_id_and_label() -> None:
    for tag in TAX.tags:
        for name in (tag.id, tag.id.upper(), tag.labels["en"], tag.labels["en"].upper(), tag.labels["zh"]):
            assert TAX.find(name) is tag, f"{name!r} finds {TAX.find(name).id}, not {tag.id}"


def test_a_label_wins_over_an_alias() -> None:
    document = make_release()
    find(document, "lanterns")["aliases"]["en"].append("Lasers")
    document["tags"] = [{**t, "id": "beams"} if t["id"] == "lasers" else t for t in document["tags"]]
    assert load(document).find("lasers").id == "beams"


def test_find_ambiguous_alias() -> None:
    with pytest.raises(TaxonomyError, match=r"^'HEAD' may mean lathes or lasers; give the id$"):
        SMALL.find("HEAD")


@pytest.mark.parametrize(
    ("name", "hint"), [("lathess", "did you mean lathes"), ("micro lathe", "micro lathes"), ("提 灯", "did you mean 提灯")]
)
def test_find_hints_at_typos(name: str, hint: str) -> None:
    with pytest.raises(TaxonomyError, match=f"^no tag is called {name!r}; .*{hint}.*\\?$"):
        SMALL.find(name)


@pytest.mark.parametrize("name", ["", "  ", "qqq zzz", "???"])
def test_find_nothing_alike(name: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        SMALL.find(name)
    assert str(caught.value) == f"no tag is called {name!r}"


def test_deprecated_tags_are_found_by_id_alone() -> None:
    assert SMALL.find("old-lathes").status == "deprecated"
    with pytest.raises(TaxonomyError, match="no tag is called 'Treadle lathes'"):
        SMALL.find("Treadle lathes")


def test_collection() -> None:
    plan = TAX.collection("made-in-china-2025")
    assert plan.labels["zh"] == "中国制造2025"
    assert (plan.jurisdiction, plan.issued, plan.verification, plan.warning) == ("CN", "2015-05-08", "read", "")
    assert set(plan.tag_ids) <= set(TAX)
    assert {"robotics", "semiconductors"} <= TAX.closure(plan.tag_ids)
    assert len(plan.tag_ids) == len(set(plan.tag_ids))


def test_collection_keeps_the_order_of_the_list() -> None:
    plan = SMALL.collection("plan-2020")
    assert plan.tag_ids == ("lasers", "micro-lathes")
    assert [m.names["en"] for m in plan.members] == ["Light", "Turning", "Poetry"]
    assert plan.members[2].tag_ids == ()
    for c in TAX.collections.values():
        flat = [t for m in c.members for t in m.tag_ids]
        assert list(c.tag_ids) == sorted(set(flat), key=flat.index), c.id


@pytest.mark.parametrize(("verification", "start"), [("unverified", "This list is"), ("partly-read", "Part of this list is")])
def test_unverified_collections_warn(verification: str, start: str) -> None:
    document = make_release()
    document["collections"][0]["verification"] = verification
    warning = load(document).collection("plan-2020").warning
    assert warning.startswith(f"{start} transcribed and unverified: check it against the issuer's text.")
    assert warning.endswith("Copied from a reader's notes.")


def test_unknown_collection() -> None:
    with pytest.raises(TaxonomyError) as caught:
        TAX.collection("made-in-china-2052")
    assert str(caught.value).startswith("no collection 'made-in-china-2052' in release 1.0.0; did you mean made-in-china-2025")


@given(st.text())
def test_normal_is_final(text: str) -> None:
    plain = normal(text)
    assert normal(plain) == plain
    assert plain == plain.strip()
    assert "  " not in plain and "\n" not in plain


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_normal_knows_no_case_and_no_width(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in text)
    assert normal(text) == normal(wide) == normal(text.upper()) == normal(f" {text}\u3000")


@pytest.mark.parametrize(
    ("text", "answer"), [("光", True), ("a光", True), ("EUV", False), ("", False), ("、。", False), ("㐀", True)]
)
def test_is_chinese(text: str, answer: bool) -> None:
    assert is_chinese(text) is answer


def test_document_is_kept_as_it_stands() -> None:
    assert TAX.document == json.loads((releases_dir() / "1.0.0.json").read_text(encoding="utf-8"))


def test_versions_sort_as_semver_says() -> None:
    ordered = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-rc.9",
        "1.0.0-rc.10",
        "1.0.0",
        "1.0.1",
        "1.10.0",
        "2.0.0-rc.1",
    ]
    as_text = sorted(ordered)
    assert as_text != ordered
    assert sorted(as_text, key=version_key) == ordered
