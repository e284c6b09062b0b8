"""Intervals against what can be worked out by hand, by SciPy, or by listing every outcome."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from techtags.linkage.intervals import EXACT_COUNT, EXACT_SUM, count_interval, sum_interval

CHANCE = st.floats(0, 1).map(lambda p: round(p, 3))


def outcomes(weights: list[float], chances: list[float]) -> list[tuple[float, float]]:
    """Every sum and its chance."""
    found: dict[float, float] = {}
    for draw in itertools.product((0, 1), repeat=len(weights)):
        chance = 1.0
        for hit, p in zip(draw, chances, strict=True):
            chance *= p if hit else 1 - p
        total = round(sum(w for hit, w in zip(draw, weights, strict=True) if hit), 9)
        found[total] = found.get(total, 0.0) + chance
    return sorted(found.items())


def test_by_hand() -> None:
    assert count_interval([]) == (0, 0)
    assert count_interval([1.0] * 5) == (5, 5)
    assert count_interval([0.0, 1.0]) == (1, 1)
    # One record: 0 with chance 0.1, which is more than the 0.025 that may be left out below.
    assert count_interval([0.9]) == (0, 1)
    assert count_interval([0.98]) == (1, 1)
    assert sum_interval([10.0, 1.0], [1.0, 0.5]) == (10.0, 11.0)
    assert sum_interval([0.5], [0.9]) == (0.0, 0.5)
    assert sum_interval([], []) == (0.0, 0.0)
    # A refund that may not belong here.
    assert sum_interval([100.0, -30.0], [1.0, 0.5]) == (70.0, 100.0)


@pytest.mark.parametrize("n", [EXACT_COUNT, EXACT_COUNT + 1, 300])
@pytest.mark.parametrize("p", [0.02, 0.5, 0.97])
def test_equal_chances_are_binomial(n: int, p: float) -> None:
    low, high = binom.ppf([0.025, 0.975], n, p)
    assert count_interval([p] * n) == (low, high)


def test_large_and_unequal() -> None:
    # Two binomials added up exactly: 200 records with 0.9 and 200 with 0.05.
    below = np.cumsum(np.convolve(*(binom.pmf(range(201), 200, p) for p in (0.9, 0.05))))
    ends = tuple(int(np.argmax(below >= q)) for q in (0.025, 0.975))
    assert count_interval([0.9] * 200 + [0.05] * 200) == ends


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), CHANCE), max_size=6))
def test_small_sums_are_exact(terms: list[tuple[int, float]]) -> None:
    weights, chances = [float(w) for w, _ in terms], [p for _, p in terms]
    low, high = sum_interval(weights, chances)
    every = outcomes(weights, chances)
    assert sum(c for s, c in every if s < low - 1e-9) <= 0.025 + 1e-9
    assert sum(c for s, c in every if s > high + 1e-9) <= 0.025 + 1e-9
    # No end can be drawn in.
    assert sum(c for s, c in every if s <= low + 1e-9) >= 0.025 - 1e-9
    assert sum(c for s, c in every if s >= high - 1e-9) >= 0.025 - 1e-9
    assert any(abs(s - low) < 1e-6 for s, _ in every) and any(abs(s - high) < 1e-6 for s, _ in every)


@settings(max_examples=40, deadline=None)
@given(st.lists(CHANCE, min_size=1, max_size=150))
def test_counts_hold_their_mean_and_stay_within_bounds(chances: list[float]) -> None:
    low, high = count_interval(chances)
    assert 0 <= low <= high <= len(chances)
    assert low - 1 <= sum(chances) <= high + 1
    assert sum(p == 1 for p in chances) <= low + 1e-9 or len(chances) > EXACT_COUNT


def test_large_sums_agree_with_drawing() -> None:
    draw = np.random.default_rng(1)
    weights, chances = draw.lognormal(0, 1, 80), draw.beta(6, 2, 80)
    assert len(weights) > EXACT_SUM
    sums = (draw.random((100_000, 80)) < chances) @ weights
    low, high = sum_interval(list(weights), list(chances))
    assert abs((sums < low).mean() - 0.025) < 0.006 and abs((sums > high).mean() - 0.025) < 0.006
