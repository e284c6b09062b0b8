"""The rules that the data of the standard must keep.  Each breach names the id and the remedy."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .model import LANGUAGES, MAX_LEVEL
from .words import is_chinese, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAST_ALIASES = 6
_REFERENCE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the data breaks.

    Attributes:
        id: the tag or collection concerned.
        message: what is wrong.
        remedy: what to do.
    """

    id: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.id}: {self.message}; {self.remedy}"


def check_release(document: dict[str, Any]) -> list[Breach]:
    """All breaches in a release document that already follows its schema."""
    return [breach for rule in RULES for breach in rule(document)]


def unique_ids(document: dict[str, Any]) -> Iterator[Breach]:
    """No two tags, and no two collections, share an id."""
    for kind in ("tags", "collections"):
        seen: set[str] = set()
        for item in document[kind]:
            if item["id"] in seen:
                yield Breach(item["id"], f"two {kind} have this id", "give one of them another id")
            seen.add(item["id"])


def unique_labels(document: dict[str, Any]) -> Iterator[Breach]:
    """No two tags share a label in a language."""
    for tag, lang, other in _shared_labels(document["tags"]):
        yield Breach(tag["id"], f"has the {lang} label of {other}, {tag['label'][lang]!r}", "relabel one")


def _shared_labels(items: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Tags, or collections, whose label an earlier one has: the item, the language, the other's id."""
    for lang in LANGUAGES:
        owner: dict[str, str] = {}
        for item in items:
            name = normal(item["label"][lang])
            if name in owner:
                yield item, lang, owner[name]
            owner[name] = item["id"]


def _above(tag_id: str, parents: dict[str, str | None]) -> list[str]:
    """The ids above a tag, nearest first; in a circle, which `sound_tree` names, each once."""
    out: list[str] = []
    at = parents.get(tag_id)
    while at is not None and at != tag_id and at not in out:
        out.append(at)
        at = parents.get(at)
    return out


def sound_tree(document: dict[str, Any]) -> Iterator[Breach]:
    """Parents exist and stand before their children, nothing is its own ancestor, and levels are right."""
    parents = {t["id"]: t["parent"] for t in document["tags"]}
    seen: set[str] = set()
    for tag in document["tags"]:
        chain, at = [tag["id"]], tag["parent"]
        while at is not None:
            if at not in parents:
                yield Breach(tag["id"], f"its ancestor {at!r} does not exist", "correct the parent")
                break
            if at in chain:
                yield Breach(tag["id"], f"it is its own ancestor through {at}", "correct the parent")
                break
            chain.append(at)
            at = parents[at]
        else:
            if len(chain) > MAX_LEVEL:
                yield Breach(tag["id"], f"stands at level {len(chain)}", f"move it up: levels end at {MAX_LEVEL}")
            if tag["level"] != len(chain):
                yield Breach(tag["id"], f"says level {tag['level']} at level {len(chain)}", "build the release again")
            if tag["parent"] is not None and tag["parent"] not in seen:
                yield Breach(tag["id"], "stands before its parent", "run techtags taxonomy format")
        seen.add(tag["id"])


def active_parents(document: dict[str, Any]) -> Iterator[Breach]:
    """An active tag has an active parent."""
    status = {t["id"]: t["status"] for t in document["tags"]}
    for tag in document["tags"]:
        if tag["status"] == "active" and status.get(tag["parent"]) == "deprecated":
            yield Breach(tag["id"], f"its parent {tag['parent']} is deprecated", "move it under an active tag")


def clear_aliases(document: dict[str, Any]) -> Iterator[Breach]:
    """An alias names one tag, or is marked ambiguous at each; it repeats no label; its language is right."""
    owners: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    labels: dict[str, str] = {}
    for tag in document["tags"]:
        if tag["status"] != "active":
            continue
        for lang in LANGUAGES:
            labels.setdefault(normal(tag["label"][lang]), tag["id"])
    for tag in document["tags"]:
        if tag["status"] != "active":
            continue
        marked = {(m["lang"], normal(m["alias"])) for m in tag["ambiguous"]}
        listed = {(lang, normal(a)) for lang in LANGUAGES for a in tag["aliases"][lang]}
        for lang, alias in sorted(marked - listed):
            yield Breach(tag["id"], f"marks {alias!r} ambiguous, which is none of its {lang} aliases", "add or unmark it")
        for mark in tag["ambiguous"]:
            if not mark["with"] and not mark["not_with"]:
                yield Breach(tag["id"], f"{mark['alias']!r} is ambiguous without context", "fill with or not_with")
        here: set[str] = set()
        for lang in LANGUAGES:
            for alias in tag["aliases"][lang]:
                name = normal(alias)
                if name in here:
                    yield Breach(tag["id"], f"has the alias {alias!r} twice", "remove one")
                    continue
                here.add(name)
                if is_chinese(alias) != (lang == "zh"):
                    yield Breach(tag["id"], f"{alias!r} stands among the {lang} aliases", "move it to the other language")
                if labels.get(name) == tag["id"]:
                    yield Breach(tag["id"], f"the alias {alias!r} repeats its label", "remove it")
                elif name in labels and (lang, name) not in marked:
                    other = labels[name]
                    yield Breach(tag["id"], f"the alias {alias!r} is the label of {other}", "remove it, or mark it ambiguous")
                owners[name].append((tag["id"], (lang, name) in marked))
    for name, where in owners.items():
        if len(where) > 1:
            for tag_id, is_marked in where:
                if not is_marked:
                    others = ", ".join(t for t, _ in where if t != tag_id)
                    yield Breach(
                        tag_id, f"shares the alias {name!r} with {others}", "keep it at one, or mark it ambiguous at all"
                    )


def enough_words(document: dict[str, Any]) -> Iterator[Breach]:
    """Every tag below a domain has enough aliases and examples in both languages."""
    for tag in document["tags"]:
        if tag["status"] != "active":
            continue
        for lang in LANGUAGES:
            count = len(tag["aliases"][lang])
            if tag["parent"] is not None and count < LEAST_ALIASES and tag["id"] not in FEW_ALIASES:
                yield Breach(tag["id"], f"has {count} {lang} aliases", f"find {LEAST_ALIASES}, or list it in FEW_ALIASES")
            if not tag["examples"][lang]:
                yield Breach(tag["id"], f"has no {lang} example", "write one")
            if (tag["definition"][lang] != tag["definition"]["en"]) != (lang == "zh"):
                yield Breach(tag["id"], "has the same definition in both languages", "translate it")
            if lang == "zh" and not all(
                is_chinese(x) for x in (tag["label"]["zh"], tag["definition"]["zh"], tag["scope_note"]["zh"])
            ):
                yield Breach(tag["id"], "has a zh text without Chinese", "translate it")


# Tags that have fewer than LEAST_ALIASES names in use, with the languages' reasons in their scope notes.
FEW_ALIASES: frozenset[str] = frozenset()


def sound_references(document: dict[str, Any]) -> Iterator[Breach]:
    """Related tags, tags named in scope notes and replacements exist and are active."""
    tags = {t["id"]: t for t in document["tags"]}
    parents = {i: t["parent"] for i, t in tags.items()}
    for tag in document["tags"]:
        for other in tag["related"]:
            if other not in tags:
                yield Breach(tag["id"], f"is related to {other!r}, which does not exist", "correct or remove it")
            elif tags[other]["status"] != "active" and tag["status"] == "active":
                yield Breach(tag["id"], f"is related to {other}, which is deprecated", "name its replacement")
            elif other == tag["id"] or other in _above(tag["id"], parents) or tag["id"] in _above(other, parents):
                yield Breach(tag["id"], f"is related to {other}, which stands above or below it", "remove it")
        for lang in LANGUAGES:
            for other in _REFERENCE.findall(tag["scope_note"][lang]):
                if other not in tags:
                    yield Breach(tag["id"], f"its {lang} scope note names {other!r}, which does not exist", "correct it")
        gone = tag.get("deprecated")
        for other in gone["replaced_by"] if gone else ():
            if other not in tags or tags[other]["status"] != "active":
                yield Breach(tag["id"], f"is replaced by {other!r}, which is no active tag", "name one that is")


def sound_collections(document: dict[str, Any]) -> Iterator[Breach]:
    """Members are tags of the release, none beside its own ancestor; successors exist; labels are unique."""
    parents = {t["id"]: t["parent"] for t in document["tags"]}
    ids = {c["id"] for c in document["collections"]}
    for collection, lang, other in _shared_labels(document["collections"]):
        yield Breach(collection["id"], f"has the {lang} label of {other}", "relabel one")
    for collection in document["collections"]:
        successor = collection["superseded_by"]
        if successor is not None and (successor not in ids or successor == collection["id"]):
            yield Breach(collection["id"], f"is superseded by {successor!r}, no other collection", "correct it")
        for member in collection["members"]:
            for tag_id in member["tags"]:
                if tag_id not in parents:
                    yield Breach(collection["id"], f"{member['name']['en']!r} names {tag_id!r}, no tag", "correct it")
                    continue
                for at in _above(tag_id, parents):
                    if at in member["tags"]:
                        message = f"{member['name']['en']!r} has {tag_id} beside its ancestor {at}"
                        yield Breach(collection["id"], message, "keep one")


RULES: tuple[Callable[[dict[str, Any]], Iterator[Breach]], ...] = (
    unique_ids,
    unique_labels,
    sound_tree,
    active_parents,
    clear_aliases,
    enough_words,
    sound_references,
    sound_collections,
)
