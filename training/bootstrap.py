"""How far the main figures would move with other rows: the bootstrap (Efron, 1979), percentile intervals.

Rows are drawn with replacement as often as there are rows.  Rows of one group (the two languages of one text, say) are drawn
together, since they are no independent evidence.  Two models are compared on the same draws (a paired bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .metrics import LEAST_ROWS, surest_domain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from .answers import Answers
    from .rows import Row

    Floats = NDArray[np.float64]
    Figure = Callable[[Floats], Floats]  # (draws, n) how often each row was drawn, to (draws,) values

TIMES, SEED = 2000, 20261122
MACRO = "leaf macro-F1"
CELLS = 4_000_000  # of the table of draws that is held at once
PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class Sampled:
    """A figure on all rows, and on draws of them.

    Attributes:
        value: on all rows.
        draws: (times,) on draws; NaN where a draw had no row to measure on.
    """

    value: float
    draws: Floats

    def interval(self) -> tuple[float, float]:
        """The bounds that the middle 95% of the draws lie between."""
        seen = self.draws[~np.isnan(self.draws)]
        if not len(seen):
            return float("nan"), float("nan")
        low, high = np.quantile(seen, (0.025, 0.975))
        return float(low), float(high)

    def as_figures(self) -> dict[str, float]:
        """Value and interval, for a report."""
        low, high = self.interval()
        return {"value": self.value, "low": low, "high": high}


def resample(answers: Answers, profile: str, times: int = TIMES, seed: int = SEED) -> dict[str, Sampled]:
    """The main figures on all rows, and on draws of them; names as a reader would call them.

    Args:
        answers: what the model says of n rows.
        profile: whose tags.
        times: number of draws.
        seed: the same rows and seed give the same draws, whatever the model.
    """
    measured = _figures(answers, profile)
    whole = np.ones((1, len(answers.rows)))
    values = {name: float(figure(whole)[0]) for name, figure in measured.items()}
    draws: dict[str, list[Floats]] = {name: [] for name in measured}
    for weights in _draws(answers.rows, times, seed):
        for name, figure in measured.items():
            draws[name].append(figure(weights))
    drawn = {name: np.concatenate(parts) for name, parts in draws.items()}
    # A draw leaves some tags with hardly a row, which lowers their mean F1: the spread of the draws is right, their place is not.
    drawn[MACRO] = drawn[MACRO] - drawn[MACRO].mean() + values[MACRO]
    return {name: Sampled(values[name], drawn[name]) for name in measured}


def difference(one: dict[str, Sampled], other: dict[str, Sampled]) -> dict[str, dict[str, float]]:
    """How much higher the second model's figures are than the first's, on the same draws.

    Returns:
        for each figure ``value``, ``low`` and ``high``, and ``higher``: in what share of the draws the second one's is higher.
    """
    out = {}
    for name in one:
        if name in other:
            draws = other[name].draws - one[name].draws
            found: dict[str, Any] = Sampled(other[name].value - one[name].value, draws).as_figures()
            out[name] = {**found, "higher": float(np.mean(draws > 0))}
    return out


def _draws(rows: Sequence[Row], times: int, seed: int) -> Iterator[Floats]:
    """(some, n) how often each row is drawn, until there are `times`."""
    together = [f"group {row['group']}" if row["group"] else f"row {i}" for i, row in enumerate(rows)]
    cluster = np.unique(together, return_inverse=True)[1]
    n = int(cluster.max()) + 1
    rng = np.random.default_rng(seed)
    step = max(1, CELLS // len(rows))
    for low in range(0, times, step):
        yield rng.multinomial(n, np.full(n, 1 / n), size=min(step, times - low))[:, cluster].astype(np.float64)


def _figures(answers: Answers, profile: str) -> dict[str, Figure]:
    """Each main figure as a function of how often rows are drawn; with every row drawn once it is `metrics.figures`'."""
    taxonomy, gold, predicted = answers.taxonomy, answers.gold, answers.predicted[profile]
    leaf_p, leaf_g = [set(p) for p in predicted], [set(g) for g in gold]
    full_p, full_g = [taxonomy.closure(p) for p in predicted], [taxonomy.closure(g) for g in gold]
    tops = {d.id for d in taxonomy.domains}
    dom_p, dom_g = [p & tops for p in full_p], [g & tops for g in full_g]
    some = np.array([bool(g) for g in gold])
    first = np.array([bool(g and p) and p[0] == g[0] for p, g in zip(predicted, gold, strict=True)])
    given = np.array([bool(p) for p in predicted])
    made: dict[str, Figure] = {
        "leaf F1": _f1(leaf_p, leaf_g),
        "leaf precision": _ratio(*_counts(leaf_p, leaf_g)[:2]),
        "leaf recall": _ratio(_counts(leaf_p, leaf_g)[0], _counts(leaf_p, leaf_g)[2]),
        MACRO: _macro(leaf_p, leaf_g),
        "closure F1": _f1(full_p, full_g),
        "domain F1": _f1(dom_p, dom_g),
        "primary tag right": _ratio(first & some, some),
        "rows without technology that get a tag": _ratio(given & ~some, ~some),
        "rows covered at 95% precision of the domain": _coverage(
            *surest_domain(full_g, answers.closure, taxonomy, answers.order)
        ),
    }
    languages = sorted({row["lang"] for row in answers.rows})
    if len(languages) == 2:
        one, other = (np.array([row["lang"] == lang for row in answers.rows]) for lang in languages)
        leaf = made["leaf F1"]
        made["leaf F1, English less Chinese" if languages == ["en", "zh"] else f"leaf F1, {languages[0]} less {languages[1]}"] = (
            lambda weights: leaf(weights * one) - leaf(weights * other)
        )
    return made


def _counts(predicted: Sequence[set[str]], gold: Sequence[set[str]]) -> tuple[Floats, Floats, Floats]:
    """(n,) each: tags given that are right, tags given, tags that are true."""
    right = np.array([len(p & g) for p, g in zip(predicted, gold, strict=True)], dtype=np.float64)
    return right, np.array([len(p) for p in predicted], dtype=np.float64), np.array([len(g) for g in gold], dtype=np.float64)


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> Figure:
    return lambda weights: _divide(weights @ above.astype(np.float64), weights @ below.astype(np.float64))


def _f1(predicted: Sequence[set[str]], gold: Sequence[set[str]]) -> Figure:
    right, said, true = _counts(predicted, gold)
    return _ratio(2 * right, said + true)


def _macro(predicted: Sequence[set[str]], gold: Sequence[set[str]]) -> Figure:
    """Mean F1 of the tags that enough rows carry; a tag that a draw neither has nor gets does not count in that draw."""
    n_rows: dict[str, int] = {}
    for row in gold:
        for tag in row:
            n_rows[tag] = n_rows.get(tag, 0) + 1
    tags = sorted(tag for tag, n in n_rows.items() if n >= LEAST_ROWS)
    if not tags:
        return lambda weights: np.full(len(weights), np.nan)
    said = np.array([[tag in p for tag in tags] for p in predicted], dtype=np.float64)
    true = np.array([[tag in g for tag in tags] for g in gold], dtype=np.float64)

    def figure(weights: Floats) -> Floats:
        values = _divide(2 * (weights @ (said * true)), weights @ (said + true))
        known = ~np.isnan(values)
        return _divide(np.where(known, values, 0).sum(axis=1), known.sum(axis=1).astype(np.float64))

    return figure


def _coverage(sure: Floats, right: NDArray[np.bool_]) -> Figure:
    """As `metrics.coverage_at`."""
    order = np.argsort(-sure, kind="stable")

    def figure(weights: Floats) -> Floats:
        drawn = weights[:, order]
        covered = np.cumsum(drawn, axis=1)
        held = _divide(np.cumsum(drawn * right[order], axis=1), covered) >= PRECISION
        last = held.shape[1] - 1 - np.argmax(held[:, ::-1], axis=1)
        reached = np.where(held.any(axis=1), np.take_along_axis(covered, last[:, None], axis=1)[:, 0], 0.0)
        return _divide(reached, covered[:, -1])

    return figure


def _divide(above: Floats, below: Floats) -> Floats:
    out: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return out
