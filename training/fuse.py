"""Learning how a label shifts what the text says, on annotated rows that have a label."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..classifier.fusion import FEATURES, Fusion, LabelView, fuse, pairs
from ..classifier.rank import FLOOR, Probabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..classifier.rank import Layout

    Gold = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
    Decide = Callable[[Probabilities, NDArray[np.int64]], tuple[NDArray[np.float32], NDArray[np.float32]]]

RIDGE = 3.0
PRIOR_ROWS = 30.0  # with which every tag starts at the common rate
LEAST_ROWS = 200  # with a label that says something; fewer teach nothing


def learn(
    made: Probabilities,
    views: Sequence[LabelView],
    gold: Gold,
    sources: Sequence[str],
    fold: NDArray[np.int64],
    layout: Layout,
    decide: Decide,
) -> tuple[Fusion | None, Probabilities]:
    """Learn from annotated rows how labels and texts go together.

    Args:
        made: probabilities by text, (n, tags) each, from models that had not seen the rows.
        views: of the rows' labels.
        gold: (n, tags) of 0 and 1: exact, primary, closure.
        sources: of the rows.
        fold: of the rows, so that thresholds are chosen on rows that the weights had not seen.
        layout: of the tags.
        decide: chooses thresholds and back-off thresholds, (profiles, tags) each, for probabilities and exact gold.

    Returns:
        what was learned (None where too few rows have a label), and the probabilities with labels, (n, tags) each, from
        weights that had not seen the rows.
    """
    with_labels = Probabilities(made.exact.copy(), made.closure.copy(), made.primary.copy())
    says = np.array([v.says_something for v in views])
    if says.sum() < LEAST_ROWS:
        return None, with_labels

    def fit(rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        mine = [views[i] for i in rows.tolist()]
        exact, primary, closure = (y[rows] for y in gold)
        lift = learn_lift(mine, closure, layout)
        names = [sources[i] for i in rows.tolist()]
        return fit_weights(made[rows], mine, (exact, primary, closure), names, lift, layout), lift

    for k in np.unique(fold):
        test = np.flatnonzero(says & (fold == k))
        if len(test):
            weights, lift = fit(np.flatnonzero(says & (fold != k)))
            part = fuse(made[test], [views[i] for i in test.tolist()], weights, lift, layout)
            with_labels.exact[test], with_labels.closure[test], with_labels.primary[test] = part.exact, part.closure, part.primary
    rows = np.flatnonzero(says)
    thresholds, backoffs = decide(with_labels[rows], gold[0][rows])
    weights, lift = fit(rows)
    return Fusion(weights, lift, thresholds, backoffs), with_labels


def fit_weights(
    made: Probabilities,
    views: Sequence[LabelView],
    gold: Gold,
    sources: Sequence[str],
    lift: NDArray[np.float32],
    layout: Layout,
) -> NDArray[np.float32]:
    """Logistic regression whose offset is the text's logit: (3, features).

    Args:
        made: probabilities by text, (n, tags) each, from models that had not seen the rows.
        views: of the rows' labels.
        gold: (n, tags) of 0 and 1: exact, primary, closure.
        sources: of the rows; a source counts with the square root of its rows, so that large ones do not decide alone.
        lift: see `learn_lift`.
        layout: of the tags.
    """
    from scipy.optimize import minimize

    found = pairs(made, views, lift, layout)
    x = found.features.astype(np.float64)
    counts = Counter(sources)
    weight = np.array([counts[s] ** -0.5 for s in sources])[found.doc]
    weight /= weight.mean()
    out = np.zeros((3, len(FEATURES)), dtype=np.float32)
    for k, (probability, y) in enumerate(zip((made.exact, made.primary, made.closure), gold, strict=True)):
        p = np.clip(probability[found.doc, found.tag].astype(np.float64), FLOOR, 1 - FLOOR)
        offset, target = np.log(p / (1 - p)), y[found.doc, found.tag].astype(np.float64)

        def loss(
            b: NDArray[np.float64], offset: NDArray[np.float64] = offset, target: NDArray[np.float64] = target
        ) -> tuple[float, NDArray[np.float64]]:
            z = offset + x @ b
            # The logarithm of 1 + exp(z), without overflow.
            value = weight @ (np.logaddexp(0, z) - target * z) + RIDGE * b @ b
            slope = x.T @ (weight * (1 / (1 + np.exp(-np.clip(z, -30, 30))) - target)) + 2 * RIDGE * b
            return float(value), slope

        out[k] = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    return out


def learn_lift(
    views: Sequence[LabelView], gold: NDArray[np.int64], layout: Layout, strength: float = PRIOR_ROWS
) -> NDArray[np.float32]:
    """(tags, tags) logarithm of how much more often rows whose label names the first tag carry the second, shrunk towards 0.

    Args:
        views: of n rows.
        gold: (n, tags) of 0 and 1: the tags given, with all ancestors.
        layout: of the tags.
        strength: rows with which every tag starts at the common rate.
    """
    base = (gold.sum(axis=0) + 1) / (len(gold) + 1)
    counts = np.zeros((layout.n_tags, layout.n_tags))
    rows = np.zeros(layout.n_tags)
    for i, v in enumerate(views):
        for tag in v.named:
            counts[tag] += gold[i]
            rows[tag] += 1
    rate = (counts + strength * base) / (rows[:, None] + strength)
    out: NDArray[np.float32] = np.log(rate / base).astype(np.float32)
    return out


SCALES = np.round(np.arange(0, 1.25, 0.25), 2)


def rescale(
    fusion: Fusion, made: Probabilities, views: Sequence[LabelView], gold: Gold, layout: Layout, decide: Decide
) -> tuple[Fusion | None, Probabilities]:
    """What one model learned about labels, for another that reads texts better and so has less need of them.

    There are too few rows for learning it anew; of how far labels shift probabilities one number is chosen, the scale with
    the least log loss.  0 is among them: labels then shift nothing, and the rules of `techtags.classifier.beside` stay.

    Args:
        fusion: of the other model.
        made, views, gold, layout, decide: as in `learn`.

    Returns:
        As `learn`.
    """
    says = np.flatnonzero([v.says_something for v in views])
    if len(says) < LEAST_ROWS:
        return None, made
    mine, part = [views[i] for i in says.tolist()], made[says]

    def loss(scale: float) -> float:
        p = np.clip(fuse(part, mine, fusion.weights * np.float32(scale), fusion.lift, layout).exact, FLOOR, 1 - FLOOR)
        return float(-np.where(gold[0][says] > 0, np.log(p), np.log1p(-p)).sum())

    weights = fusion.weights * np.float32(min(SCALES.tolist(), key=loss))
    shifted = fuse(part, mine, weights, fusion.lift, layout)
    whole = Probabilities(made.exact.copy(), made.closure.copy(), made.primary.copy())
    whole.exact[says], whole.closure[says], whole.primary[says] = shifted.exact, shifted.closure, shifted.primary
    return Fusion(weights, fusion.lift, *decide(shifted, gold[0][says])), whole
