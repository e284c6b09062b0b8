"""From scores to tags, by one threshold and one limit for all tags, and which of them are best for a figure.

Works on whole matrices, since hundreds of thresholds are tried and thousands of samples drawn; `techtags.training.metrics`
computes the figures that are stated, and a test holds both against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from techtags import Taxonomy

FIGURES = ("leaf", "macro", "closure", "domain", "primary")
LIMITS = (1, 2, 3, 5, 10)
STEPS = 120


@dataclass(frozen=True, slots=True)
class Rule:
    """Tags that score `threshold` or more are given, the best `limit` at most."""

    threshold: float
    limit: int


class Tags:
    """The tags of a taxonomy as columns.

    Attributes:
        order: ids.
        above: (tags, tags) whether the second is an ancestor of the first.
        domain: (tags,) whether it is a domain.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.order = [tag.id for tag in taxonomy.active]
        self.column = {tag: i for i, tag in enumerate(self.order)}
        self.above = np.zeros((len(self.order), len(self.order)), dtype=np.float32)
        for i, tag in enumerate(self.order):
            for ancestor in taxonomy.ancestor_ids(tag):
                self.above[i, self.column[ancestor]] = 1
        self.domain = np.array([taxonomy[tag].level == 1 for tag in self.order])

    def matrix(self, rows: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
        """(n, tags): which tags each row has."""
        out = np.zeros((len(rows), len(self.order)), dtype=bool)
        for i, tags in enumerate(rows):
            out[i, [self.column[t] for t in tags]] = True
        return out


@dataclass(frozen=True)
class Outcome:
    """What was given and what was right, row by row.

    Attributes:
        tags: the columns.
        given, gold: (n, tags) the very tags.
        first, first_gold: (n,) column of the primary tag; -1 for none.
    """

    tags: Tags
    given: NDArray[np.bool_]
    gold: NDArray[np.bool_]
    first: NDArray[np.int64]
    first_gold: NDArray[np.int64]

    def figures(
        self, weights: NDArray[np.float32], least_rows: int, wanted: Sequence[str] = FIGURES
    ) -> dict[str, NDArray[np.float64]]:
        """Figures, once for each row of `weights`.

        Args:
            weights: (b, n) how often each row counts.
            least_rows: gold rows that a tag must have, each counted once, to count in macro-F1.
            wanted: some of `FIGURES`.

        Returns:
            arrays of shape (b,).
        """
        return {name: self._figure(name, weights, least_rows) for name in wanted}

    def _figure(self, name: str, weights: NDArray[np.float32], least_rows: int) -> NDArray[np.float64]:
        if name == "macro":
            often = self.gold.sum(axis=0) >= least_rows
            p, g = self.given[:, often].astype(np.float32), self.gold[:, often].astype(np.float32)
            n_gold = weights @ g
            by_tag = _f1(weights @ (p * g), weights @ p, n_gold)
            # A tag that a sample happens to have no gold row of says nothing in it.
            seen = n_gold > 0
            mean: NDArray[np.float64] = np.where(seen, by_tag, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
            return mean
        if name == "primary":
            some = (self.first_gold >= 0).astype(np.float32)
            right = some * (self.first == self.first_gold)
            share: NDArray[np.float64] = (weights @ right).astype(np.float64) / np.maximum(weights @ some, 1)
            return share
        tp, given, gold = (weights @ self._counts(name)).T.astype(np.float64)
        return _f1(tp, given, gold)

    def _counts(self, name: str) -> NDArray[np.float32]:
        """(n, 3): right, given and gold tags of each row."""
        given, gold = (self.given, self.gold) if name == "leaf" else self._full
        if name == "domain":
            given, gold = given[:, self.tags.domain], gold[:, self.tags.domain]
        return np.stack([(given & gold).sum(axis=1), given.sum(axis=1), gold.sum(axis=1)], axis=1).astype(np.float32)

    @cached_property
    def _full(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        return _upward(self.given, self.tags), _upward(self.gold, self.tags)


def _f1(tp: NDArray[np.float64], given: NDArray[np.float64], gold: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.asarray(given + gold, dtype=np.float64)
    return np.divide(2 * tp, whole, out=np.ones_like(whole), where=whole > 0)


def _upward(given: NDArray[np.bool_], tags: Tags) -> NDArray[np.bool_]:
    return given | (given.astype(np.float32) @ tags.above > 0)


def outcome(scores: NDArray[np.float32], gold: Sequence[Sequence[str]], rule: Rule, tags: Tags) -> Outcome:
    """Decide by a rule.

    A tag whose descendant is given too is dropped, as the annotation guideline asks; the best of the others is the primary.

    Args:
        scores: (n, tags), 0 for what was not suggested.
        gold: tags of each row, the primary one first.
        rule: threshold and limit.
        tags: the columns.
    """
    return _decide(scores, ranks(scores), tags.matrix(gold), _firsts(gold, tags), rule, tags)


def ranks(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n, tags): 0 for the best of a row, and so on."""
    found: NDArray[np.int64] = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
    return found


def _decide(
    scores: NDArray[np.float32],
    rank: NDArray[np.int64],
    gold: NDArray[np.bool_],
    first_gold: NDArray[np.int64],
    rule: Rule,
    tags: Tags,
) -> Outcome:
    given = (scores >= rule.threshold) & (scores > 0) & (rank < rule.limit)
    given &= ~(given.astype(np.float32) @ tags.above > 0)
    best = np.where(given, scores, -np.inf).argmax(axis=1)
    return Outcome(tags, given, gold, np.where(given.any(axis=1), best, -1), first_gold)


def _firsts(rows: Sequence[Sequence[str]], tags: Tags) -> NDArray[np.int64]:
    return np.array([tags.column[row[0]] if row else -1 for row in rows], dtype=np.int64)


def of_lists(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]], tags: Tags) -> Outcome:
    """The outcome of a system that decides itself: its tags for each row, the primary one first."""
    return Outcome(tags, tags.matrix(predicted), tags.matrix(gold), _firsts(predicted, tags), _firsts(gold, tags))


def lists(made: Outcome, scores: NDArray[np.float32]) -> list[list[str]]:
    """The tags of each row, best first, as `techtags.training.metrics` takes them."""
    out = []
    for given, score in zip(made.given, scores, strict=True):
        columns = np.flatnonzero(given)
        out.append([made.tags.order[i] for i in columns[np.argsort(-score[columns], kind="stable")]])
    return out


def best_rules(
    scores: NDArray[np.float32],
    gold: Sequence[Sequence[str]],
    tags: Tags,
    least_rows: int,
    wanted: Sequence[str] = FIGURES,
    also: Sequence[Rule] = (),
) -> dict[str, Rule]:
    """For each of the figures the rule that is best on these rows.

    Tried are `STEPS` thresholds, spread over the three best scores of every row, with each of `LIMITS`; and the rules `also`
    given, so that none of them can turn out better.
    """
    top = -np.sort(-scores, axis=1)[:, :3]
    thresholds = np.unique(np.quantile(top[top > 0], np.linspace(0, 1, STEPS))) if (top > 0).any() else np.array([1.0])
    fixed = (ranks(scores), tags.matrix(gold), _firsts(gold, tags))
    every = np.ones((1, len(gold)), dtype=np.float32)
    best = dict.fromkeys(wanted, (-1.0, Rule(float(thresholds[0]), LIMITS[0])))
    for rule in (*also, *(Rule(threshold, limit) for limit in LIMITS for threshold in thresholds.tolist())):
        made = _decide(scores, *fixed, rule, tags)
        for name, value in made.figures(every, least_rows, wanted).items():
            if value[0] > best[name][0]:
                best[name] = (float(value[0]), rule)
    return {name: rule for name, (_, rule) in best.items()}


def best_leaf_f1(scores: NDArray[np.float32], gold: NDArray[np.bool_], limit: int = 3) -> float:
    """The best leaf F1 that any one threshold gives to the `limit` best tags of every row (ancestors are not dropped).

    Quick, for the many mixtures of an ensemble.
    """
    at = np.argpartition(-scores, limit, axis=1)[:, :limit]
    score = np.take_along_axis(scores, at, axis=1).ravel()
    order = np.argsort(-score, kind="stable")
    tp = np.cumsum(np.take_along_axis(gold, at, axis=1).ravel()[order])
    f1 = 2 * tp / (np.arange(1, len(tp) + 1) + gold.sum())
    # A threshold takes all tags of the same score, or none; and what has none is not suggested.
    last = np.append(score[order][1:] != score[order][:-1], True) & (score[order] > 0)
    return float(f1[last].max(initial=0.0))
