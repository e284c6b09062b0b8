"""Folds that keep what belongs together on one side: rows of one group, and near copies.

Near copies are found by MinHash over three-token phrases (Broder, 1997) with banding, then confirmed on the sketches, so that
an award stored twice, or one company under two listings, never stands in training and test at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..classifier.text import phrases, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .rows import Row

SKETCH = 16
BAND = 4
SAME = 0.6  # share of the sketch's minima that two near copies have in common


class _Union:
    """Disjoint sets over 0..n-1 with path halving."""

    def __init__(self, n: int) -> None:
        self.parent = list(range(n))

    def find(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        self.parent[self.find(i)] = self.find(j)


def sketches(texts: Sequence[str]) -> NDArray[np.uint64]:
    """MinHash sketches of texts, (n, SKETCH); texts of fewer than three tokens have sketches of their tokens."""
    rng = np.random.default_rng(20261121)
    factors = rng.integers(1, 2**63, size=SKETCH, dtype=np.uint64) | np.uint64(1)
    out = np.empty((len(texts), SKETCH), dtype=np.uint64)
    step = 2000
    for low in range(0, len(texts), step):
        part = texts[low : low + step]
        tokens = tokenize(part)
        by_length = phrases(tokens, 3)
        for k in range(SKETCH):
            column = np.full(len(part), np.iinfo(np.uint64).max, dtype=np.uint64)
            # Single tokens matter only where a text has no run of three: their values lie in the upper half.
            (single, at_1), (triple, at_3) = by_length[0], by_length[2]
            np.minimum.at(column, tokens.doc[at_1], single * factors[k] | np.uint64(1 << 63))
            np.minimum.at(column, tokens.doc[at_3], triple * factors[k] >> np.uint64(1))
            out[low : low + step, k] = column
    return out


def clusters(rows: Sequence[Row]) -> NDArray[np.int64]:
    """A cluster number for each row: rows of the same `group`, and near copies, share one.  (n,) int64."""
    union = _Union(len(rows))
    first: dict[str, int] = {}
    for i, row in enumerate(rows):
        if row.get("group"):
            union.join(i, first.setdefault(row["group"], i))
    sketch = sketches([row["text"] for row in rows])
    for band in range(0, SKETCH, BAND):
        buckets: dict[bytes, list[int]] = {}
        for i in range(len(rows)):
            bucket = buckets.setdefault(sketch[i, band : band + BAND].tobytes(), [])
            for j in bucket[-8:]:
                if np.mean(sketch[i] == sketch[j]) >= SAME:
                    union.join(i, j)
                    break
            else:
                bucket.append(i)
    return np.array([union.find(i) for i in range(len(rows))])


def assign(groups: NDArray[np.int64], n_folds: int, seed: int = 0) -> NDArray[np.int64]:
    """A fold number for each row, by whole groups, sizes balanced greedily.  (n,) int64."""
    rng = np.random.default_rng(seed)
    names, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.lexsort((rng.random(len(names)), -counts))
    sizes = np.zeros(n_folds)
    fold_of = np.empty(len(names), dtype=np.int64)
    for g in order:
        fold_of[g] = int(np.argmin(sizes + rng.random(n_folds) * 1e-3))
        sizes[fold_of[g]] += counts[g]
    return fold_of[inverse]
