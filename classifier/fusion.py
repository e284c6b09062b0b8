"""Text and label together, the learned half: how a label shifts the probabilities that the text gives.

For each tag in question a few features say how it stands to what the label names: named by it, below, above or beside that,
hinted at, among the domains of a coarse designation, or outside them all; and how often rows with such a label carry the tag (a
prior by tag, learned on annotated rows that have a label, with the crosswalks as the bridge).  Their weighted sum is added to the
logit that the text gives: what the label supports rises, what lies far from it falls.  The weights are few, on purpose: a network
over more features learned the habits of the sources it was trained on, and made tables from other sources worse.

Rows whose label says nothing keep the probabilities of the text.  The rules that no learning decides are in `beside`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .rank import Probabilities, logistic, logit, raise_ancestors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from .labels import Designation
    from .rank import Layout

LEAST_TEXT = 0.02  # the least probability by text of a tag that a label may raise
LEAST_LIFT, MOST_LIFT = -2.0, 3.0
FEATURES = (
    "named", "below what is named", "above what is named", "beside what is named", "outside what is named",
    "outside, few named", "hinted", "near a hint", "away from all hints", "among the domains", "outside the domains",
    "label names no technology", "lift", "named, text weak",
)  # fmt: skip
_STRENGTH = {"exact": 1.0, "close": 0.9, "broad": 0.8, "narrow": 0.4}


@dataclass(frozen=True, slots=True)
class LabelView:
    """What the labels of one row say, by positions of tags.

    Attributes:
        named: strength by tag that a designation stands for.
        spans: domains that coarse designations stand for as a set.
        hints: tags that they may be about.
        denied: whether some designation is known and names no technology, and none names any.
        n_parts: how many parts the labels have.
        n_known: how many of them are known.
    """

    named: dict[int, float]
    spans: frozenset[int]
    hints: frozenset[int]
    denied: bool
    n_parts: int
    n_known: int

    @property
    def says_something(self) -> bool:
        """Whether the text is to be read in its light."""
        return bool(self.named or self.spans or self.hints or self.denied)


def view(designations: Sequence[Designation], position: Mapping[str, int]) -> LabelView:
    """What the designations of a row say together."""
    named: dict[int, float] = {}
    spans: set[int] = set()
    hints: set[int] = set()
    parts = [p for d in designations for p in d.placements]
    for part in parts:
        at = [position[t] for t in part.tags if t in position]
        if part.relation == "narrow":
            spans.update(at)
        else:
            for t in at:
                named[t] = max(named.get(t, 0.0), _STRENGTH[part.relation] * part.sure)
        hints.update(position[t] for t in part.hints if t in position)
    known = sum(bool(p.found) for p in parts)
    denied = not named and not spans and known > 0
    return LabelView(named, frozenset(spans), frozenset(hints - set(named)), denied, len(parts), known)


@dataclass(frozen=True, slots=True)
class Fusion:
    """What was learned.

    Attributes:
        weights: (3, features): of the exact, the primary and the closure probability.
        lift: (tags, tags) logarithm of how much more often rows whose label names the first tag carry the second.
        thresholds, backoffs: (profiles, tags), as those of the model, for rows whose label says something.
    """

    weights: NDArray[np.float32]
    lift: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    backoffs: NDArray[np.float32]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As named arrays."""
        return {
            "fusion_weights": self.weights,
            "fusion_lift": self.lift.astype(np.float16),
            "fusion_thresholds": self.thresholds,
            "fusion_backoffs": self.backoffs,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Fusion | None:
        """The inverse of `arrays`; None for a model that was trained on rows without labels."""
        if "fusion_weights" not in arrays:
            return None
        names = ("fusion_weights", "fusion_lift", "fusion_thresholds", "fusion_backoffs")
        return cls(*(arrays[name].astype(np.float32) for name in names))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows and tags in question: parallel arrays, and their features (n, len(FEATURES))."""

    doc: NDArray[np.int64]
    tag: NDArray[np.int64]
    features: NDArray[np.float32]


def pairs(made: Probabilities, views: Sequence[LabelView], lift: NDArray[np.float32], layout: Layout) -> Pairs:
    """The tags in question of rows with labels.

    Args:
        made: what the text says, (n, tags) each.
        views: n of them.
        lift: as in `Fusion`.
        layout: of the tags.
    """
    n, t = made.exact.shape
    named, spans, hints, lifted = (np.zeros((n, t), dtype=np.float32) for _ in range(4))
    denied, few = np.zeros(n, dtype=np.float32), np.ones(n, dtype=np.float32)
    for i, v in enumerate(views):
        for one, strength in v.named.items():
            named[i, one] = strength
        spans[i, list(v.spans)] = 1
        hints[i, list(v.hints)] = 1
        denied[i] = v.denied
        if v.named:
            lifted[i] = np.clip(lift[list(v.named)].mean(axis=0), LEAST_LIFT, MOST_LIFT)
            few[i] = len(v.named) ** -0.5
    above = layout.above.astype(np.float32)  # above[a, b]: a stands above b
    domain = (layout.domain[:, None] == layout.domain[None, :]).astype(np.float32)
    under, over = _most(named, above), _most(named, above.T)
    beside, near, among = _most(named, domain), _most(hints, domain), _most(spans, domain)
    in_line = np.maximum(np.maximum(named, under), over)
    hinted = np.maximum(np.maximum(_most(hints, above), _most(hints, above.T)), hints)
    doc, tag = np.nonzero((made.exact >= LEAST_TEXT) | ((named > 0) & (made.closure >= LEAST_TEXT)))

    def at(values: NDArray[np.float32]) -> NDArray[np.float32]:
        picked: NDArray[np.float32] = values[doc, tag]
        return picked

    names, spanning, hinting = ((values.max(axis=1, initial=0) > 0)[doc] for values in (named, spans, hints))
    off_line = at(in_line) == 0
    outside = names & (at(beside) == 0)
    features = np.stack(
        [
            at(named),
            at(under),
            at(over),
            at(beside) * off_line,
            outside & (at(among) == 0) & (at(near) == 0),
            outside * few[doc],
            at(hinted) * off_line,
            at(near) * (at(hinted) == 0) * (at(beside) == 0),
            hinting & ~names & (at(near) == 0),
            at(among) * off_line,
            spanning & ~names & (at(among) == 0),
            denied[doc] * ~hinting,
            at(lifted),
            at(named) * (logit(at(made.exact)) < -2),
        ],
        axis=1,
    ).astype(np.float32)
    return Pairs(doc, tag, features)


def _most(values: NDArray[np.float32], related: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, tags): the most of `values` (n, tags) over the tags a with related[a, tag] = 1."""
    out = np.zeros_like(values)
    for row, tag in zip(*(x.tolist() for x in np.nonzero(values)), strict=True):
        np.maximum(out[row], related[tag] * values[row, tag], out=out[row])
    return out


def fuse(
    made: Probabilities, views: Sequence[LabelView], weights: NDArray[np.float32], lift: NDArray[np.float32], layout: Layout
) -> Probabilities:
    """What text and label say together.

    Args:
        made: what the text says, (n, tags) each.
        views: n of them.
        weights, lift: as in `Fusion`.
        layout: of the tags.
    """
    found = pairs(made, views, lift, layout)
    shifted = []
    for probability, weight in zip((made.exact, made.primary, made.closure), weights, strict=True):
        new = probability.copy()
        new[found.doc, found.tag] = logistic(logit(probability[found.doc, found.tag]) + found.features @ weight)
        shifted.append(new)
    exact, primary, closure = shifted
    np.maximum(closure, exact, out=closure)
    raise_ancestors(closure, layout)
    return Probabilities(exact, closure, primary)
