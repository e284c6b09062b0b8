"""Finding tags by what people type: labels, aliases, ids, both languages, typos forgiven."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from .model import LANGUAGES
from .words import is_chinese, normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Tag, Taxonomy

LEAST_SCORE = 72.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A tag that a search found.

    Attributes:
        tag: the tag.
        score: 0 to 100; 100 for one of its names, exactly.
        matched: the label, alias or id that matched.
        kind: ``label``, ``alias``, ``id`` or ``definition``.
    """

    tag: Tag
    score: float
    matched: str
    kind: str


def search(taxonomy: Taxonomy, text: str, limit: int = 10) -> list[Hit]:
    """Tags whose names are like `text`, best first.

    A name that equals the text comes before one that begins with it or holds it, then names within a few typos
    (rapidfuzz's ratio; one character of three or more in Chinese), then definitions that mention it.  Deprecated tags
    are left out.

    Args:
        taxonomy: where to look.
        text: in English or Chinese, of any case and width.
        limit: how many to return at most.
    """
    query = normal(text)
    if not query:
        return []
    best: dict[str, Hit] = {}
    for tag in taxonomy.active:
        for kind, name, plain in _names(tag):
            score = _score(query, plain, kind)
            if score >= LEAST_SCORE and (tag.id not in best or score > best[tag.id].score):
                best[tag.id] = Hit(tag, score, name, kind)
        if tag.id not in best and len(query) >= 2:
            for definition, plain in _definitions(tag):
                if _holds(plain, query):
                    best[tag.id] = Hit(tag, LEAST_SCORE - 1, definition, "definition")
    ranked = sorted(best.values(), key=lambda hit: (-hit.score, hit.tag.level, hit.tag.id))
    return ranked[:limit]


@lru_cache(maxsize=1024)
def _names(tag: Tag) -> list[tuple[str, str, str]]:
    """Kind, name and normal form of each of a tag's names, kept because one search looks at thousands."""
    names = [("label", tag.labels[lang]) for lang in LANGUAGES]
    names += [("alias", alias) for lang in LANGUAGES for alias in tag.aliases[lang]]
    names.append(("id", tag.id.replace("-", " ")))
    return [(kind, name, normal(name)) for kind, name in names]


@lru_cache(maxsize=1024)
def _definitions(tag: Tag) -> list[tuple[str, str]]:
    return [(tag.definitions[lang], normal(tag.definitions[lang])) for lang in LANGUAGES]


def _holds(text: str, part: str) -> bool:
    """Whether `part` stands in `text` as whole words (Chinese: anywhere)."""
    if is_chinese(part):
        return part in text
    at = text.find(part)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(part) : at + len(part) + 1]
        if not _continues(before) and not _continues(after):
            return True
        at = text.find(part, at + 1)
    return False


def _continues(char: str) -> bool:
    """Whether a character beside a Latin word belongs to it; a Chinese one does not."""
    return char.isalnum() and not is_chinese(char)


def _score(query: str, name: str, kind: str) -> float:
    edge = {"label": 0.0, "alias": 0.5, "id": 1.0}[kind]
    if query == name:
        return 100.0 - edge
    share = min(len(query), len(name)) / max(len(query), len(name))
    if name.startswith(query) and len(query) >= 2:
        return 90.0 + 5 * share - edge
    if (query in name and _holds(name, query)) or (len(name) >= 2 and name in query and is_chinese(name)):
        return 80.0 + 8 * share - edge
    if len(query) == len(name) >= 3 and is_chinese(query):
        # One character of three or more mistaken, or two exchanged.
        wrong = [i for i in range(len(query)) if query[i] != name[i]]
        if len(wrong) == 1 or (len(wrong) == 2 and sorted(query) == sorted(name)):
            return 76.0 - edge
    # Typos: only between names of similar length, else short words match everything.
    if share < 0.6 or len(query) < 4:
        return 0.0
    if len(query) == len(name) and sorted(query) == sorted(name) and sorted(query.split()) == sorted(name.split()):
        ratio = 95.0
    else:
        ratio = _ratio()(query, name, score_cutoff=80)
    return ratio * 0.9 - edge if ratio >= 80 else 0.0


@cache
def _ratio() -> Callable[..., float]:
    # Imported when first needed: most commands do not search.
    from rapidfuzz import fuzz

    found: Callable[..., float] = fuzz.ratio
    return found


def nearest(name: str, names: list[str]) -> str:
    """A hint at the end of an error message: ``; did you mean ...?``, or nothing."""
    from rapidfuzz import fuzz, process

    found = process.extract(normal(name), names, scorer=fuzz.WRatio, limit=3, score_cutoff=75)
    options = list(dict.fromkeys(str(match) for match, _, _ in found))
    return f"; did you mean {' or '.join(options)}?" if options else ""
