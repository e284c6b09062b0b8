"""Choosing the thresholds of a model on predictions for rows that it had not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..classifier.decision import choose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..classifier.rank import Layout, Probabilities

GRID = np.round(np.arange(0.14, 0.66, 0.02), 2)
BACKOFF_GRID = np.round(np.arange(0.4, 1.0, 0.05), 2)
NEVER = 2.0
PRIOR_ROWS = 40  # a tag's own threshold gets half of the say at this many gold rows
# What each profile maximises: F-beta, and the least that a backed-off parent must be sure of.
BETA = {"balanced": 1.0, "precision": 0.5, "recall": 2.0}


def per_tag(exact: NDArray[np.float32], gold: NDArray[np.int64], beta: float) -> NDArray[np.float32]:
    """One threshold a tag.

    The threshold that is best for all tags together is the start; a tag moves from it towards its own best one as far as
    the number of its rows warrants (empirical shrinkage), since the best threshold of a rare tag is mostly chance.

    Args:
        exact: (n, tags) probabilities.
        gold: (n, tags) of 0 and 1.
        beta: of F-beta.
    """
    b = beta * beta
    counts = gold.sum(axis=0)
    tp = np.array([((exact >= g) & (gold == 1)).sum(axis=0) for g in GRID], dtype=np.float64)
    said = np.array([(exact >= g).sum(axis=0) for g in GRID], dtype=np.float64)
    common = int(np.argmax((1 + b) * tp.sum(axis=1) / (said.sum(axis=1) + b * counts.sum())))
    # A tag's gain in the micro-average at the common optimum F: TP - F/(1+b) * (said + b*gold).
    best = (1 + b) * tp.sum(axis=1)[common] / (said.sum(axis=1)[common] + b * counts.sum())
    gain = (1 + b) * tp - best * (said + b * counts)
    # Neighbouring thresholds are smoothed: the curve of a tag with few rows jumps.
    smooth = (np.roll(gain, 1, axis=0) + gain + np.roll(gain, -1, axis=0))[1:-1] / 3
    own = GRID[1:-1][smooth.argmax(axis=0)]
    share = counts / (counts + PRIOR_ROWS)
    out: NDArray[np.float32] = (share * own + (1 - share) * GRID[common]).astype(np.float32)
    return out


def sets(
    made: Probabilities, thresholds: NDArray[np.float32], backoffs: NDArray[np.float32], layout: Layout
) -> NDArray[np.bool_]:
    """(n, tags): which tags are given."""
    out = np.zeros(made.exact.shape, dtype=bool)
    for i, tags in enumerate(choose(made, thresholds, backoffs, layout)):
        out[i, [t for t, _ in tags]] = True
    return out


def choose_backoffs(
    made: Probabilities, thresholds: NDArray[np.float32], gold: NDArray[np.int64], layout: Layout, profile: str
) -> NDArray[np.float32]:
    """Closure probabilities from which a tag with children is given where nothing in its domain is sure.

    `balanced` maximises the mean of leaf, closure and domain F1: the first falls with every parent that is given where
    annotators knew better, the other two rise.  `precision` asks 0.95; `recall` maximises closure recall's F2.
    """
    internal = layout.internal
    backoffs = np.full(layout.n_tags, NEVER, dtype=np.float32)
    if profile == "precision":
        backoffs[internal] = 0.95
        return backoffs
    upward = layout.above | np.eye(layout.n_tags, dtype=bool)
    full_gold = (gold @ upward.T.astype(np.int64)) > 0
    domains = np.unique(layout.domain)
    best = (-1.0, 0.0)
    for value in BACKOFF_GRID:
        backoffs[internal] = value
        given = sets(made, thresholds, backoffs, layout)
        full = (given.astype(np.int64) @ upward.T.astype(np.int64)) > 0
        if profile == "recall":
            score = _f(full, full_gold, 2.0)
        else:
            pairs = ((given, gold > 0), (full, full_gold), (full[:, domains], full_gold[:, domains]))
            score = float(np.mean([_f(p, g, 1.0) for p, g in pairs]))
        best = max(best, (score, float(value)))
    backoffs[internal] = best[1]
    return backoffs


def _f(predicted: NDArray[np.bool_], gold: NDArray[np.bool_], beta: float) -> float:
    b = beta * beta
    return float((1 + b) * (predicted & gold).sum() / (predicted.sum() + b * gold.sum()))
