"""Whether stated probabilities hold, and how well they sort what is right from what is wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .metrics import BINS, calibration, stated, surest_domain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .answers import Answers

TIMES, SEED = 2000, 20261122
CELLS = 4_000_000  # drawn at once
PRECISIONS = (0.98, 0.95, 0.9, 0.8)
Z = 1.959963984540054  # of 95%, two sides


def reliability(answers: Answers, profile: str) -> dict[str, Any]:
    """Calibration of the tags given, and what chance alone would show.

    Returns:
        what `calibration` does, each bin with the 95% interval (Wilson, 1927) of what held; and ``by_chance``: the mean error
        that a perfectly calibrated model would show at this size, the error that it exceeds in one of 20 cases, and in what
        share of cases its error is at least the one measured.
    """
    gold = [answers.taxonomy.closure(tags) for tags in answers.gold]
    said, right = stated(answers.predicted[profile], gold, answers.closure, answers.order)
    out = calibration(said, right)
    for bin_ in out["bins"]:
        bin_["low_held"], bin_["high_held"] = wilson(bin_["held"], bin_["n"])
    out["rows"] = len(answers.rows)
    out["by_chance"] = chance(said, out["ece"])
    return out


def chance(said: NDArray[np.float64], measured: float, times: int = TIMES, seed: int = SEED) -> dict[str, float]:
    """The calibration error of a perfectly calibrated model, which chance alone makes: each statement of p holds with p.

    Statements are drawn independently; in truth the tags of one row hang together, so that the errors scatter a little more.

    Args:
        said: (n,) stated probabilities.
        measured: the error to compare.
        times: number of simulated sets.
        seed: of the draws.

    Returns:
        ``mean``, ``high`` (the 95% quantile) and ``as_high`` (the share of sets whose error is at least `measured`).
    """
    if not len(said):
        return {"mean": math.nan, "high": math.nan, "as_high": math.nan}
    at = np.minimum((said * BINS).astype(int), BINS - 1)
    order = np.argsort(at, kind="stable")
    sorted_, starts = said[order], np.flatnonzero(np.diff(at[order], prepend=-1))
    expected = np.add.reduceat(sorted_, starts)
    rng = np.random.default_rng(seed)
    errors = []
    step = max(1, CELLS // len(said))
    for low in range(0, times, step):
        held = (rng.random((min(step, times - low), len(said))) < sorted_).astype(np.float64)
        errors.append(np.abs(np.add.reduceat(held, starts, axis=1) - expected).sum(axis=1) / len(said))
    error = np.concatenate(errors)
    return {
        "mean": float(error.mean()),
        "high": float(np.quantile(error, 0.95)),
        "as_high": float(np.mean(error >= measured - 1e-12)),
    }


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson, 1927)."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def risk_coverage(answers: Answers, profile: str) -> dict[str, Any]:
    """How many of the surest rows can be kept, and how many of them are wrong.

    Returns:
        ``domain`` (the likeliest domain of each row, given or not) and ``first tag`` (the first tag given; right if it or one
        below it was annotated), each with ``coverage`` (shares of all rows, surest first), ``risk`` (share of these that are
        wrong) and ``covered`` (the largest coverage at each of `PRECISIONS`).
    """
    gold = [answers.taxonomy.closure(tags) for tags in answers.gold]
    column = {tag: i for i, tag in enumerate(answers.order)}
    firsts = [(i, p[0]) for i, p in enumerate(answers.predicted[profile]) if p]
    sure = np.array([answers.closure[i, column[tag]] for i, tag in firsts], dtype=np.float64)
    right = np.array([tag in gold[i] for i, tag in firsts], dtype=np.bool_)
    return {
        "domain": _curve(*surest_domain(gold, answers.closure, answers.taxonomy, answers.order), len(answers.rows)),
        "first tag": _curve(sure, right, len(answers.rows)),
    }


def _curve(sure: NDArray[np.float64], right: NDArray[np.bool_], n: int) -> dict[str, Any]:
    order = np.argsort(-sure, kind="stable")
    count = np.arange(1, len(order) + 1)
    held = np.cumsum(right[order]) / count
    coverage = count / n
    covered = {}
    for precision in PRECISIONS:
        good = np.flatnonzero(held >= precision)
        covered[f"{precision:g}"] = float(coverage[good[-1]]) if len(good) else 0.0
    return {"coverage": coverage.tolist(), "risk": (1 - held).tolist(), "covered": covered}
