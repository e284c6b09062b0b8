"""What a model is made from: rows, targets and folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..classifier.rank import Layout
from .folds import assign, clusters
from .rows import DataError, Row, for_training, read_rows, sha256, targets, written_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..taxonomy import Taxonomy

FOLDS = 5
LEAST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is made from: annotated rows first, then the taxonomy's own words.

    Attributes:
        taxonomy, layout: the release, and the order of its tags.
        rows: (m,) annotated rows, those for measuring left out.
        every: (n,) these and the written ones.
        exact, closure, primary: (n, tags) of 0 and 1.
        groups: (m,) which annotated rows belong together.
        fold: (n,) of `FOLDS`.
        files: hashes of the files, by name.
    """

    taxonomy: Taxonomy
    layout: Layout
    rows: list[Row]
    every: list[Row]
    exact: NDArray[np.int64]
    closure: NDArray[np.int64]
    primary: NDArray[np.int64]
    groups: NDArray[np.int64]
    fold: NDArray[np.int64]
    files: dict[str, str]

    @property
    def annotated(self) -> NDArray[np.bool_]:
        """(n,) which rows people annotated."""
        mask: NDArray[np.bool_] = np.arange(len(self.every)) < len(self.rows)
        return mask

    @property
    def prior(self) -> NDArray[np.float32]:
        """(tags,) logarithms of the tags' shares of the annotated rows."""
        counts = self.exact[self.annotated].sum(axis=0)
        made: NDArray[np.float32] = np.log((counts + 1) / (len(self.rows) + len(counts))).astype(np.float32)
        return made


def gather(data: Sequence[Path], taxonomy: Taxonomy, seed: int) -> Material:
    """Read and fold the rows.

    Raises:
        DataError: a file cannot be used, or there are too few rows.
    """
    order = [t.id for t in taxonomy.active]
    rows = for_training([r for path in data for r in read_rows(path, taxonomy)])
    if len(rows) < LEAST_ROWS:
        raise DataError(f"{len(rows)} rows to train on (those for measuring aside); at least {LEAST_ROWS} are needed")
    written = written_rows(taxonomy)
    every = [*rows, *written]
    exact = targets(every, taxonomy, order, closure=False)
    primary = np.zeros_like(exact)
    for i, row in enumerate(every):
        if row["tags"]:
            primary[i, order.index(row["tags"][0])] = 1
    groups = clusters(rows)
    if len(np.unique(groups)) < LEAST_ROWS:
        raise DataError(f"only {len(np.unique(groups))} of {len(rows)} rows differ; at least {LEAST_ROWS} must")
    # Written rows are folded too: the second stage learns from them how much short and coarse texts can say.
    pairs = [row["group"] or row["id"] for row in written]
    together = np.unique(pairs, return_inverse=True)[1]
    fold = np.concatenate([assign(groups, FOLDS, seed), assign(together, FOLDS, seed)])
    return Material(
        taxonomy, Layout(taxonomy, order), rows, every, exact, targets(every, taxonomy, order, closure=True), primary, groups,
        fold, {path.name: sha256(path) for path in data},
    )  # fmt: skip
