"""How far two systems differ on the same rows, with a bootstrap interval.

Rows are drawn with replacement, the same ones for both systems (paired bootstrap; Efron and Tibshirani, 1993; for comparing
systems: Berg-Kirkpatrick, Burkett and Klein, 2012).  Rows of one group are drawn together, since they are no two samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .decisions import FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .decisions import Outcome

DRAWS = 2000
AT_ONCE = 500  # draws; bounds the memory


@dataclass(frozen=True, slots=True)
class Difference:
    """First system less second, and the 95% interval (percentiles) of it."""

    value: float
    low: float
    high: float


def weights(groups: Sequence[str], draws: int, seed: int) -> NDArray[np.float32]:
    """(draws, n): how often each row counts in each sample; as many groups are drawn as there are.

    Args:
        groups: of each row; an empty one is a group of its own.
        draws: number of samples.
        seed: for the generator.
    """
    names = [group or f"\0{i}" for i, group in enumerate(groups)]
    member = np.unique(names, return_inverse=True)[1]
    n = int(member.max()) + 1
    rng = np.random.default_rng(seed)
    times = np.stack([np.bincount(rng.integers(0, n, size=n), minlength=n) for _ in range(draws)])
    return times[:, member].astype(np.float32)


def differences(
    ours: Outcome,
    theirs: Outcome,
    groups: Sequence[str],
    *,
    least_rows: int,
    wanted: Sequence[str] = FIGURES,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Difference]:
    """Ours less theirs.

    Args:
        ours, theirs: on the same rows.
        groups: of the rows.
        least_rows: as in `Outcome.figures`.
        wanted: some of `FIGURES`.
        draws, seed: of the bootstrap.
    """
    whole = np.ones((1, len(groups)), dtype=np.float32)
    value = _less(ours, theirs, whole, least_rows, wanted)
    sampled = weights(groups, draws, seed)
    parts = [_less(ours, theirs, sampled[low : low + AT_ONCE], least_rows, wanted) for low in range(0, draws, AT_ONCE)]
    out = {}
    for name in value:
        low_end, high_end = np.percentile(np.concatenate([part[name] for part in parts]), [2.5, 97.5])
        out[name] = Difference(float(value[name][0]), float(low_end), float(high_end))
    return out


def _less(
    ours: Outcome, theirs: Outcome, sampled: NDArray[np.float32], least_rows: int, wanted: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    a, b = ours.figures(sampled, least_rows, wanted), theirs.figures(sampled, least_rows, wanted)
    return {name: a[name] - b[name] for name in a}
