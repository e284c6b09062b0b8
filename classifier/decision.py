"""From probabilities to tags: thresholds, backing off to the parent, and none.

A tag is given when the probability of this very tag reaches its threshold.  Where no tag of a domain is given although the
domain (or a tag with children in it) is probable enough to reach its own, higher threshold for backing off, the deepest such
tag is given instead: the text is about that field, and nothing finer is sure.  The thresholds are chosen in training on rows
that the model had not seen, and live in the model's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .rank import Layout, Probabilities

MOST_TAGS = 8
WORTH_SHOWING = 0.03


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided for one text, by positions of tags.

    Attributes:
        given: tags in order, the primary one first, each with the finer tag that it was backed off from (or None).
        considered: likeliest tags that were not given: (tag, probability, threshold).
    """

    given: tuple[tuple[int, int | None], ...]
    considered: tuple[tuple[int, float, float], ...]


def decide(
    made: Probabilities, thresholds: NDArray[np.float32], backoffs: NDArray[np.float32], layout: Layout, n_candidates: int = 3
) -> list[Choice]:
    """Decide for each text of a batch.

    Args:
        made: the probabilities.
        thresholds, backoffs, layout: as in `choose`.
        n_candidates: how many tags not given to report.
    """
    given = choose(made, thresholds, backoffs, layout)
    considered: list[list[tuple[int, float, float]]] = [[] for _ in given]
    if n_candidates:
        docs, tags = np.nonzero(made.exact > WORTH_SHOWING)
        values = made.exact[docs, tags]
        order = np.lexsort((-values, docs))
        implied = [{a for t, _ in row for a in (t, *layout.ancestors[t])} for row in given]
        for doc, tag, value in zip(docs[order].tolist(), tags[order].tolist(), values[order].tolist(), strict=True):
            if len(considered[doc]) < n_candidates and tag not in implied[doc]:
                considered[doc].append((tag, value, float(thresholds[tag])))
    return [Choice(tuple(g), tuple(c)) for g, c in zip(given, considered, strict=True)]


def choose(
    made: Probabilities, thresholds: NDArray[np.float32], backoffs: NDArray[np.float32], layout: Layout
) -> list[list[tuple[int, int | None]]]:
    """The tags of each text: (tag, finer tag that it was backed off from or None), primary first.

    Args:
        made: the probabilities.
        thresholds: (tags,) for the exact probabilities.
        backoffs: (tags,) for the closure probabilities; above 1 for tags that are never backed off to.
        layout: of the tags.
    """
    exact, closure, primary = made.exact, made.closure, made.primary
    out: list[list[tuple[int, int | None]]] = [[] for _ in range(len(exact))]
    sure: list[set[int]] = [set() for _ in out]
    for doc, tag in zip(*(x.tolist() for x in np.nonzero(exact >= thresholds)), strict=True):
        sure[doc].add(tag)
    fallback: list[list[int]] = [[] for _ in out]
    for doc, tag in zip(*(x.tolist() for x in np.nonzero(closure >= backoffs)), strict=True):
        fallback[doc].append(tag)
    for doc, tags in enumerate(sure):
        implied = {a for t in tags for a in layout.ancestors[t]}
        kept: dict[int, int | None] = dict.fromkeys(tags - implied)
        covered = {int(layout.domain[t]) for t in kept}
        # Deepest first, so that a parent is not given beside its child.
        for tag in sorted(fallback[doc], key=lambda t: (-layout.level[t], -closure[doc, t])):
            domain = int(layout.domain[tag])
            if domain not in covered:
                covered.add(domain)
                below = layout.descendants[tag]
                kept[tag] = max(below, key=lambda t: exact[doc, t]) if below else None
        ordered = sorted(kept, key=lambda t: -_first(t, kept[t], doc, primary, closure))
        out[doc] = [(t, kept[t]) for t in ordered[:MOST_TAGS]]
    return out


def _first(tag: int, finer: int | None, doc: int, primary: NDArray[np.float32], closure: NDArray[np.float32]) -> float:
    """How much speaks for a tag as the primary one; a tag backed off to stands for what lies below it."""
    return float(primary[doc, tag] if finer is None else max(primary[doc, finer], 0.5 * closure[doc, tag]))
