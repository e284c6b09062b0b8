"""What changed between two releases, and the version number that it demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_up import find, load, make_collection, make_member, make_release, make_tag, mark

from techtags.taxonomy import Diff, Taxonomy, diff

if TYPE_CHECKING:
    from collections.abc import Callable

GONE = find(make_release(), "old-lathes")["deprecated"]


def _compare(change: Callable[[dict[str, Any]], Any], version: str = "1.0.1") -> Diff:
    new = make_release(version)
    change(new)
    return diff(load(make_release()), load(new))


def _edit(tag_id: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document, tag_id).update(fields)


def _word(tag_id: str, field: str, lang: str, text: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document, tag_id)[field].update({lang: text})


def _revive(document: dict[str, Any]) -> None:
    find(document, "old-lathes").pop("deprecated")
    find(document, "old-lathes")["status"] = "active"


def _realias(document: dict[str, Any]) -> None:
    find(document, "lamps")["aliases"]["en"][0] = "bulb"


def _new_list(document: dict[str, Any]) -> None:
    document["collections"].append(make_collection("plan-2030", "read", [make_member("Light", ["lamps"])]))


CHANGES: list[tuple[Callable[[dict[str, Any]], Any], list[tuple[str, str, str]], str]] = [
    (
        lambda d: d["tags"].append(make_tag("torches", "lamps", 2, "Torches", "手电筒")),
        [("torches", "added", "under lamps")],
        "minor",
    ),
    (lambda d: d["tags"].append(make_tag("toys", None, 1, "Toys", "玩具")), [("toys", "added", "under the top")], "minor"),
    (lambda d: d["tags"].remove(find(d, "lanterns")), [("lanterns", "removed", "deprecate it instead")], "major"),
    (
        _edit("lanterns", status="deprecated", deprecated=GONE),
        [("lanterns", "deprecated", "replaced by lathes: Nobody makes them")],
        "major",
    ),
    (
        _edit("lanterns", status="deprecated", deprecated={**GONE, "replaced_by": [], "replacement_kind": "none"}),
        [("lanterns", "deprecated", "replaced by nothing")],
        "major",
    ),
    (_revive, [("old-lathes", "revived", "active again")], "minor"),
    (
        _edit("old-lathes", deprecated={**GONE, "replaced_by": ["micro-lathes"]}),
        [("old-lathes", "deprecated", "replaced by lathes (one) -> micro-lathes (one)")],
        "major",
    ),
    (
        _edit("old-lathes", deprecated={**GONE, "reason": {"en": "Rust", "zh": "生锈"}}),
        [("old-lathes", "words", "reason")],
        "patch",
    ),
    (_edit("lanterns", parent="machines"), [("lanterns", "moved", "from lamps to machines")], "major"),
    (_edit("lanterns", parent=None, level=1), [("lanterns", "moved", "from lamps to the top")], "major"),
    (_word("lamps", "label", "zh", "灯"), [("lamps", "relabelled", "zh: 灯具 -> 灯")], "patch"),
    (_word("lamps", "definition", "en", "All lights."), [("lamps", "redefined", "en definition: All lights.")], "major"),
    (_word("lamps", "scope_note", "zh", "皆收。"), [("lamps", "redefined", "zh scope note: 皆收。")], "major"),
    (_realias, [("lamps", "aliases", "en: -lamps kit +bulb")], "patch"),
    (_word("lamps", "examples", "en", ["A lamp"]), [("lamps", "words", "examples")], "patch"),
    (_edit("lamps", related=["machines"]), [("lamps", "words", "related tags")], "patch"),
    (_edit("lamps", ambiguous=[mark("lamps kit")]), [("lamps", "words", "ambiguity marks")], "patch"),
    (_new_list, [("plan-2030", "collection", "added")], "patch"),
    (lambda d: d["collections"].clear(), [("plan-2020", "collection", "removed")], "patch"),
    (lambda d: d["collections"][0].update(verification="read"), [("plan-2020", "collection", "changed")], "patch"),
    (lambda d: None, [], "none"),
]


@pytest.mark.parametrize(("change", "expected", "demands"), CHANGES, ids=[c[1][0][1] if c[1] else "nothing" for c in CHANGES])
def test_change(change: Callable[[dict[str, Any]], Any], expected: list[tuple[str, str, str]], demands: str) -> None:
    result = _compare(change)
    assert [(c.id, c.kind) for c in result.changes] == [(tag_id, kind) for tag_id, kind, _ in expected]
    for found, (_, _, detail) in zip(result.changes, expected, strict=True):
        assert detail in found.detail
        assert found.bump == demands
    assert result.demands == demands


def test_all_kinds_in_order() -> None:
    def change(document: dict[str, Any]) -> None:
        _realias(document)
        _word("lamps", "label", "en", "Lights")(document)
        document["tags"].append(make_tag("torches", "lamps", 2, "Torches", "手电筒"))
        document["tags"].remove(find(document, "lanterns"))

    assert [c.kind for c in _compare(change).changes] == ["removed", "added", "relabelled", "aliases"]


@pytest.mark.parametrize(
    ("version", "given", "understated"),
    [
        ("1.0.0", "none", True),
        ("1.0.1", "patch", True),
        ("1.1.0", "minor", False),
        ("2.0.0", "major", False),
        ("0.9.0", "major", True),
    ],
)
def test_version_that_a_new_tag_demands(version: str, given: str, understated: bool) -> None:
    result = _compare(lambda d: d["tags"].append(make_tag("torches", "lamps", 2, "Torches", "手电筒")), version)
    assert (result.old, result.new, result.given, result.understated) == ("1.0.0", version, given, understated)


def test_nothing_changed_demands_nothing() -> None:
    assert not _compare(lambda d: None, "1.0.0").understated
    assert _compare(lambda d: None, "0.9.9").understated


def test_to_dict() -> None:
    assert _compare(_realias).to_dict() == {
        "old": "1.0.0",
        "new": "1.0.1",
        "demands": "patch",
        "given": "patch",
        "changes": [{"id": "lamps", "kind": "aliases", "detail": "en: -lamps kit +bulb", "bump": "patch"}],
    }


def test_a_release_does_not_differ_from_itself() -> None:
    tax = Taxonomy.load("1.0.0")
    assert diff(tax, tax) == Diff("1.0.0", "1.0.0", ())
