"""Each rule of the data finds what breaks it, and says which id and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_up import find, make_collection, make_member, make_release, make_tag, mark

from techtags.schemas import problems
from techtags.taxonomy.checks import LEAST_ALIASES, RULES, check_release

if TYPE_CHECKING:
    from collections.abc import Callable


def _edit(tag_id: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document, tag_id).update(fields)


def _again(tag_id: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        twin = make_tag(tag_id, find(document, tag_id)["parent"], find(document, tag_id)["level"], "Cranes", "起重机")
        document["tags"].append(twin)

    return change


def _alias(tag_id: str, lang: str, alias: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document, tag_id)["aliases"][lang].append(alias)


def _label(tag_id: str, lang: str, label: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document, tag_id)["label"].update({lang: label})


def _unmark(tag_id: str) -> Callable[[dict[str, Any]], None]:
    return _edit(tag_id, ambiguous=[])


def _add(*tags: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["tags"].extend(tags)


def _first(tag_id: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        tag = find(document, tag_id)
        document["tags"].remove(tag)
        document["tags"].insert(0, tag)

    return change


def _member(*tags: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["collections"][0]["members"].append(make_member("Extra", list(tags)))


def _list(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["collections"][0].update(fields)


def _second_list(collection_id: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        other = make_collection(collection_id, "read", [make_member("Light", ["lamps"])])
        document["collections"].append({**other, **fields})

    return change


def _gone(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document, "old-lathes")["deprecated"].update(fields)


def _deprecate(tag_id: str) -> Callable[[dict[str, Any]], None]:
    return _edit(tag_id, status="deprecated", deprecated=find(make_release(), "old-lathes")["deprecated"])


_HALF = mark("lantern kit") | {"with": [], "not_with": []}
# rule, name of the case, how to break it, and the breaches that come out: id, part of the message, part of the remedy.
CASES: list[tuple[str, str, Callable[[dict[str, Any]], Any], list[tuple[str, str, str]]]] = [
    ("unique_ids", "tag", _again("lanterns"), [("lanterns", "two tags have this id", "give one of them another id")]),
    (
        "unique_ids",
        "collection",
        _second_list("plan-2020", label={"en": "Other", "zh": "其他"}),
        [("plan-2020", "two collections have this id", "give one of them another id")],
    ),
    ("unique_labels", "en, other case", _label("lanterns", "en", "LASERS"), [("lanterns", "the en label of lasers", "relabel")]),
    ("unique_labels", "zh", _label("lanterns", "zh", "激光器"), [("lanterns", "the zh label of lasers", "relabel")]),
    (
        "sound_tree",
        "no parent",
        _edit("lanterns", parent="lampz"),
        [("lanterns", "'lampz' does not exist", "correct the parent")],
    ),
    (
        "sound_tree",
        "no parent of a parent",
        _edit("lathes", parent="gone"),
        [("lathes", "'gone' does not exist", "correct"), ("micro-lathes", "'gone' does not exist", "correct")],
    ),
    ("sound_tree", "own parent", _edit("lanterns", parent="lanterns"), [("lanterns", "its own ancestor", "correct the parent")]),
    (
        "sound_tree",
        "circle",
        _edit("lathes", parent="micro-lathes"),
        [("lathes", "its own ancestor", "correct the parent"), ("micro-lathes", "its own ancestor", "correct the parent")],
    ),
    (
        "sound_tree",
        "four levels",
        _add(make_tag("nano-lathes", "micro-lathes", 4, "Nano lathes", "纳米车床")),
        [("nano-lathes", "stands at level 4", "move it up")],
    ),
    ("sound_tree", "wrong level", _edit("lanterns", level=3), [("lanterns", "says level 3 at level 2", "build the release")]),
    ("sound_tree", "before parent", _first("lasers"), [("lasers", "stands before its parent", "techtags taxonomy format")]),
    (
        "active_parents",
        "parent deprecated",
        _edit("micro-lathes", parent="old-lathes"),
        [("micro-lathes", "its parent old-lathes is deprecated", "move it under an active tag")],
    ),
    (
        "clear_aliases",
        "two owners, none marked",
        _alias("lanterns", "en", "LAMPS  kit"),
        [("lamps", "shares the alias 'lamps kit' with lanterns", "mark it"), ("lanterns", "'lamps kit' with lamps", "mark it")],
    ),
    ("clear_aliases", "marked at one only", _unmark("lasers"), [("lasers", "shares the alias 'head' with lathes", "mark it")]),
    (
        "clear_aliases",
        "label of another",
        _alias("lanterns", "en", "lasers"),
        [("lanterns", "is the label of lasers", "remove it")],
    ),
    ("clear_aliases", "own label", _alias("lanterns", "zh", "提灯"), [("lanterns", "'提灯' repeats its label", "remove it")]),
    ("clear_aliases", "twice", _alias("lanterns", "en", "Lanterns Kit"), [("lanterns", "'Lanterns Kit' twice", "remove one")]),
    (
        "clear_aliases",
        "Chinese among English",
        _alias("lanterns", "en", "马灯"),
        [("lanterns", "among the en aliases", "move it")],
    ),
    (
        "clear_aliases",
        "English among Chinese",
        _alias("lanterns", "zh", "torch"),
        [("lanterns", "among the zh aliases", "move it")],
    ),
    (
        "clear_aliases",
        "stray mark",
        _edit("lanterns", ambiguous=[mark("torch")]),
        [("lanterns", "marks 'torch'", "add or unmark")],
    ),
    (
        "clear_aliases",
        "mark without context",
        lambda d: (_alias("lanterns", "en", "lantern kit")(d), _edit("lanterns", ambiguous=[_HALF])(d)),
        [("lanterns", "'lantern kit' is ambiguous without context", "fill with or not_with")],
    ),
    (
        "enough_words",
        "few aliases",
        lambda d: find(d, "lanterns")["aliases"]["zh"].pop(),
        [("lanterns", "has 5 zh aliases", f"find {LEAST_ALIASES}, or list it in FEW_ALIASES")],
    ),
    (
        "enough_words",
        "no example",
        lambda d: find(d, "lamps")["examples"]["en"].clear(),
        [("lamps", "no en example", "write one")],
    ),
    (
        "enough_words",
        "same definition",
        _edit("lamps", definition={"en": "Lamps 灯。", "zh": "Lamps 灯。"}),
        [("lamps", "the same definition in both languages", "translate it")],
    ),
    (
        "enough_words",
        "no Chinese",
        _edit("lamps", scope_note={"en": "All lamps.", "zh": "All lamps."}),
        [("lamps", "a zh text without Chinese", "translate it")],
    ),
    (
        "sound_references",
        "related to nothing",
        _edit("lamps", related=["x"]),
        [("lamps", "'x', which does not exist", "correct")],
    ),
    (
        "sound_references",
        "related to a deprecated tag",
        _edit("lamps", related=["old-lathes"]),
        [("lamps", "related to old-lathes, which is deprecated", "name its replacement")],
    ),
    (
        "sound_references",
        "related to an ancestor",
        _edit("micro-lathes", related=["machines"]),
        [("micro-lathes", "machines, which stands above or below it", "remove it")],
    ),
    (
        "sound_references",
        "related to a descendant",
        _edit("machines", related=["micro-lathes"]),
        [("machines", "micro-lathes, which stands above or below it", "remove it")],
    ),
    (
        "sound_references",
        "scope note",
        _edit("lamps", scope_note={"en": "Suns go to `suns`.", "zh": "灯。"}),
        [("lamps", "its en scope note names 'suns'", "correct it")],
    ),
    (
        "sound_references",
        "replaced by nothing known",
        _gone(replaced_by=["x"]),
        [("old-lathes", "'x', which is no active", "name one")],
    ),
    (
        "sound_references",
        "replaced by a deprecated tag",
        _gone(replaced_by=["old-lathes"]),
        [("old-lathes", "'old-lathes', which is no active tag", "name one")],
    ),
    (
        "sound_collections",
        "same label",
        _second_list("other", label={"en": "list PLAN-2020", "zh": "其他"}),
        [("other", "has the en label of plan-2020", "relabel one")],
    ),
    (
        "sound_collections",
        "no successor",
        _list(superseded_by="plan-2030"),
        [("plan-2020", "by 'plan-2030', no other", "correct")],
    ),
    (
        "sound_collections",
        "own successor",
        _list(superseded_by="plan-2020"),
        [("plan-2020", "by 'plan-2020', no other", "correct")],
    ),
    ("sound_collections", "no such tag", _member("x"), [("plan-2020", "'Extra' names 'x', no tag", "correct it")]),
    (
        "sound_collections",
        "beside its ancestor",
        _member("machines", "micro-lathes"),
        [("plan-2020", "'Extra' has micro-lathes beside its ancestor machines", "keep one")],
    ),
]


def test_made_up_release_is_valid() -> None:
    document = make_release()
    assert problems(document, "release") == []
    assert check_release(document) == []


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, *_ in CASES} == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(("rule", "case", "change", "expected"), CASES, ids=[f"{rule}: {case}" for rule, case, *_ in CASES])
def test_breach(rule: str, case: str, change: Callable[[dict[str, Any]], Any], expected: list[tuple[str, str, str]]) -> None:
    document = make_release()
    change(document)
    function = next(r for r in RULES if r.__name__ == rule)
    found = sorted(function(document), key=lambda b: b.id)
    assert len(found) == len(expected), [str(b) for b in found]
    for breach, (tag_id, message, remedy) in zip(found, expected, strict=True):
        assert breach.id == tag_id
        assert message in breach.message
        assert remedy in breach.remedy
        assert str(breach) == f"{breach.id}: {breach.message}; {breach.remedy}"
        assert breach in check_release(document)


def test_deprecated_tags_hold_no_names() -> None:
    document = make_release()
    find(document, "old-lathes")["aliases"]["en"] += ["lasers", "lanterns kit"]
    assert check_release(document) == []


def test_a_circle_does_not_hang_the_other_rules() -> None:
    document = make_release()
    find(document, "lathes")["parent"] = "micro-lathes"
    assert {b.id for b in check_release(document) if "own ancestor" in b.message} == {"lathes", "micro-lathes"}


def test_deprecating_a_parent_names_its_children() -> None:
    document = make_release()
    _deprecate("lathes")(document)
    assert ("micro-lathes", "its parent lathes is deprecated") in {(b.id, b.message) for b in check_release(document)}


def test_a_mark_needs_one_kind_of_context_alone() -> None:
    document = make_release()
    find(document, "lanterns")["aliases"]["en"].append("torch")
    find(document, "lanterns")["ambiguous"] = [mark("torch") | {"with": [], "not_with": ["relay"]}]
    assert check_release(document) == []
