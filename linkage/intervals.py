"""From probabilities to intervals: how many of the records that carry a tag are about it.

A record carries a tag with a calibrated probability p.  Whether it is about the tag is then 1 with probability p and else 0, and
the number of records that are is a sum of such draws: its mean is the sum of p, its distribution the Poisson binomial one, taking
the records as independent.  A sum of amounts or of fractional weights is likewise a sum of w or 0.

- Counts of at most `EXACT_COUNT` records: exact, by convolution.
- More: the refined normal approximation with a correction for skewness (Hong 2013, Computational Statistics & Data Analysis 59,
  "On computing the distribution function for the Poisson binomial distribution", section 2.4).
- Sums of at most `EXACT_SUM` weights: exact, by listing every outcome.
- More: the normal distribution with the same correction (Cornish-Fisher, first term).

What these intervals leave out: records that should carry the tag and do not, errors that records share (a source that the model
misreads as a whole), whether the records are a sample of something larger, and wrong links between firms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONFIDENCE = 0.95
EXACT_COUNT = 64
EXACT_SUM = 10
_CELLS = 2048  # so many at once, to bound memory
_HAIR = 1e-12  # sums of floats miss a bound by less than this


@dataclass(frozen=True, slots=True)
class Moments:
    """What is known of many sums at once, one entry a sum.

    Attributes:
        n: number of terms.
        least, most: the sum of the negative and of the positive weights, which the sum cannot leave (for counts: 0 and n).
        mean, variance, third: of the sum; `third` is the third central moment, the sum of w^3 p (1-p) (1-2p).
    """

    n: NDArray[np.int64]
    least: Floats
    most: Floats
    mean: Floats
    variance: Floats
    third: Floats


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of sums that are small enough to be treated exactly.

    Attributes:
        cells: which sum of `Moments` each is, ascending.
        lengths: how many terms each has.
        probabilities, weights: the terms, sum after sum; weights of counts are None.
    """

    cells: NDArray[np.int64]
    lengths: NDArray[np.int64]
    probabilities: Floats
    weights: Floats | None = None


def count_interval(probabilities: Sequence[float], confidence: float = CONFIDENCE) -> tuple[int, int]:
    """The interval for one count: the narrowest pair of equal-tailed quantiles that holds `confidence` at least.

    >>> count_interval([0.9] * 10)
    (7, 10)
    """
    low, high = count_intervals(*_single(probabilities, None, EXACT_COUNT), confidence)
    return int(low[0]), int(high[0])


def sum_interval(weights: Sequence[float], probabilities: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval for one weighted sum, such as of amounts.

    >>> sum_interval([10.0, 1.0], [1.0, 0.5])
    (10.0, 11.0)
    """
    low, high = sum_intervals(*_single(probabilities, weights, EXACT_SUM), confidence)
    return float(low[0]), float(high[0])


def _single(probabilities: Sequence[float], weights: Sequence[float] | None, exact: int) -> tuple[Moments, Terms]:
    import numpy as np

    p = np.asarray(probabilities, dtype=float)
    w = np.ones_like(p) if weights is None else np.asarray(weights, dtype=float)
    spread = p * (1 - p)
    n = np.array([len(p)])
    ends = (np.minimum(w, 0), np.maximum(w, 0))
    sums = [np.array([float(x.sum())]) for x in (*ends, w * p, w**2 * spread, w**3 * spread * (1 - 2 * p))]
    small = np.array([0] if len(p) <= exact else [], dtype=np.int64)
    kept = slice(None) if len(small) else slice(0, 0)
    terms = Terms(small, n[: len(small)], p[kept], None if weights is None else w[kept])
    return Moments(n, *sums), terms


def count_intervals(moments: Moments, terms: Terms, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Low and high ends of the intervals of counts, one a count.

    Args:
        moments: of all counts.
        terms: of those that are treated exactly.
        confidence: within 0 and 1; half of the rest is left out at each end at most.
    """
    import numpy as np

    tail = (1 - confidence) / 2
    shift, scale = _quantiles(moments, tail)
    ends = []
    for x in shift:
        # The least whole number at which the distribution function, corrected for continuity, reaches the quantile.
        ends.append(np.clip(np.ceil(moments.mean + scale * x - 0.5 - 1e-9), 0, moments.n))
    low, high = ends
    certain = moments.variance <= 0
    low[certain] = high[certain] = np.round(moments.mean[certain])
    for cells, matrix in _padded(terms):
        below = np.cumsum(_poisson_binomial(matrix), axis=1)
        low[cells] = (below < tail - _HAIR).sum(axis=1)
        high[cells] = (below < 1 - tail - _HAIR).sum(axis=1)
    return low, high


def sum_intervals(moments: Moments, terms: Terms, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Low and high ends of the intervals of weighted sums, one a sum; arguments as for `count_intervals`."""
    import numpy as np

    tail = (1 - confidence) / 2
    shift, scale = _quantiles(moments, tail)
    low, high = (np.clip(moments.mean + scale * x, moments.least, moments.most) for x in shift)
    for cells, p, w in _padded_pairs(terms):
        sums, chances = np.zeros((len(cells), 1)), np.ones((len(cells), 1))
        for j in range(p.shape[1]):
            one, weight = p[:, j : j + 1], w[:, j : j + 1]
            sums = np.concatenate([sums, sums + weight], axis=1)
            chances = np.concatenate([chances * (1 - one), chances * one], axis=1)
        order = np.argsort(sums, axis=1, kind="stable")
        sums = np.take_along_axis(sums, order, axis=1)
        below = np.cumsum(np.take_along_axis(chances, order, axis=1), axis=1)
        for end, quantile in ((low, tail), (high, 1 - tail)):
            at = np.minimum((below < quantile - _HAIR).sum(axis=1), sums.shape[1] - 1)
            end[cells] = sums[np.arange(len(cells)), at]
    return low, high


def _quantiles(moments: Moments, tail: float) -> tuple[list[Floats], Floats]:
    """Lower and upper quantile in units of the standard deviation, corrected for skewness; and the standard deviation."""
    import numpy as np
    from scipy.special import ndtri

    scale = np.sqrt(np.maximum(moments.variance, 0.0))
    skew = np.divide(moments.third, scale**3, out=np.zeros_like(scale), where=scale > 0)
    z = float(ndtri(1 - tail))
    return [-z + skew * (z * z - 1) / 6, z + skew * (z * z - 1) / 6], scale


def _poisson_binomial(p: Floats) -> Floats:
    """The chance of 0, 1, ... n successes, a row each: p has shape (rows, n), the result (rows, n + 1)."""
    import numpy as np

    chances = np.zeros((p.shape[0], p.shape[1] + 1))
    chances[:, 0] = 1.0
    for j in range(p.shape[1]):
        one = p[:, j : j + 1]
        chances[:, 1 : j + 2] = chances[:, 1 : j + 2] * (1 - one) + chances[:, : j + 1] * one
        chances[:, :1] *= 1 - one
    return chances


def _padded(terms: Terms) -> list[tuple[NDArray[np.int64], Floats]]:
    """The probabilities as matrices of like length, filled up with zeros, which change no count."""
    return [(cells, p) for cells, p, _ in _padded_pairs(terms)]


def _padded_pairs(terms: Terms) -> list[tuple[NDArray[np.int64], Floats, Floats]]:
    import numpy as np

    if not len(terms.cells):
        return []
    starts = np.concatenate([[0], np.cumsum(terms.lengths)[:-1]])
    order = np.argsort(terms.lengths, kind="stable")  # like beside like, so that little is filled up
    out = []
    for at in range(0, len(order), _CELLS):
        rows = order[at : at + _CELLS]
        longest = int(terms.lengths[rows].max())
        filled = np.arange(longest)[None, :] < terms.lengths[rows][:, None]
        index = np.where(filled, starts[rows][:, None] + np.arange(longest)[None, :], 0)
        p = np.where(filled, terms.probabilities[index] if longest else 0.0, 0.0)
        w = p if terms.weights is None else np.where(filled, terms.weights[index] if longest else 0.0, 0.0)
        out.append((terms.cells[rows], p, w))
    return out
