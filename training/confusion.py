"""What is given instead of the right tag, and how well single tags are found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .metrics import f1

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..taxonomy import Taxonomy

# What may be given instead of a tag, the nearest first.
SIBLING, BROADER, FINER, DOMAIN, ELSEWHERE, NOTHING = "sibling", "broader", "finer", "domain", "elsewhere", "nothing"
KINDS = (SIBLING, BROADER, FINER, DOMAIN, ELSEWHERE, NOTHING)


def relation(tag: str, given: str, taxonomy: Taxonomy) -> str:
    """How a tag that was given wrongly stands to one that was missed.

    Siblings share a parent; two domains are no siblings.
    """
    if given in taxonomy.ancestor_ids(tag):
        return BROADER
    if tag in taxonomy.ancestor_ids(given):
        return FINER
    one, other = taxonomy[tag], taxonomy[given]
    if one.parent_id is not None and one.parent_id == other.parent_id:
        return SIBLING
    return DOMAIN if one.domain.id == other.domain.id else ELSEWHERE


def confusion(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]], taxonomy: Taxonomy) -> dict[str, Any]:
    """For every tag that was missed, the nearest tag that the row got wrongly: "given instead".

    One wrong tag may stand for several missed ones.

    Args:
        predicted, gold: tags of each row.
        taxonomy: of the tags.

    Returns:
        ``missed`` (how many tags were), ``kinds`` (how many by `KINDS`), ``pairs`` (by kind, but for `NOTHING`: the tag, what
        was given instead, and how often, most frequent first), ``domains`` (the same of `ELSEWHERE`, by domain), and ``extra``
        (wrong tags that stand for no missed one).
    """
    kinds: Counter[str] = Counter()
    pairs: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in KINDS}
    extra = 0
    for said, true in zip(predicted, gold, strict=True):
        wrong = [t for t in said if t not in true]
        used = set()
        for tag in true:
            if tag in said:
                continue
            related = [(KINDS.index(relation(tag, w, taxonomy)), i) for i, w in enumerate(wrong)]
            if not related:
                kinds[NOTHING] += 1
                continue
            nearest, at = min(related)
            kinds[KINDS[nearest]] += 1
            pairs[KINDS[nearest]][tag, wrong[at]] += 1
            used.add(at)
        extra += len(wrong) - len(used)
    domains: Counter[tuple[str, str]] = Counter()
    for (tag, instead), n in pairs[ELSEWHERE].items():
        domains[taxonomy[tag].domain.id, taxonomy[instead].domain.id] += n
    return {
        "missed": kinds.total(),
        "kinds": {kind: kinds[kind] for kind in KINDS},
        "pairs": {kind: _often(pairs[kind]) for kind in KINDS if kind != NOTHING},
        "domains": _often(domains),
        "extra": extra,
    }


def _often(pairs: Counter[tuple[str, str]]) -> list[list[Any]]:
    """Pairs and how often they occur, the most frequent first."""
    return [[tag, instead, n] for (tag, instead), n in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))]


def by_tag(
    predicted: Mapping[str, Sequence[Sequence[str]]], gold: Sequence[Sequence[str]], taxonomy: Taxonomy
) -> dict[str, dict[str, Any]]:
    """Precision, recall and F1 of every active tag, exact and, for tags with tags below them, with all below.

    Args:
        predicted: by profile, the tags of each row.
        gold: the tags of each row.
        taxonomy: of the tags.

    Returns:
        for each tag ``exact`` (and ``with_below``), each with ``rows`` (how many annotated rows carry it) and, by profile,
        ``precision`` (None if it was never given), ``recall`` (None without rows), ``f1`` (None without either) and ``given``.
    """
    out: dict[str, dict[str, Any]] = {tag.id: {} for tag in taxonomy.active}
    exact = ({p: [set(tags) for tags in rows] for p, rows in predicted.items()}, [set(tags) for tags in gold])
    full = (
        {p: [taxonomy.closure(tags) for tags in rows] for p, rows in predicted.items()},
        [taxonomy.closure(tags) for tags in gold],
    )
    for name, (said, true) in (("exact", exact), ("with_below", full)):
        n_true = Counter(tag for tags in true for tag in tags)
        n_said = {p: Counter(tag for tags in rows for tag in tags) for p, rows in said.items()}
        n_right = {p: Counter(t for s, g in zip(rows, true, strict=True) for t in s & g) for p, rows in said.items()}
        for tag_id, found in out.items():
            if name == "exact" or taxonomy.child_ids(tag_id):
                n = n_true[tag_id]
                found[name] = {
                    "rows": n,
                    **{p: _figures(n_right[p][tag_id], n_said[p][tag_id], n) for p in predicted},
                }
    return out


def _figures(right: int, said: int, true: int) -> dict[str, Any]:
    return {
        "precision": right / said if said else None,
        "recall": right / true if true else None,
        "f1": f1(right, said, true) if said or true else None,
        "given": said,
    }
