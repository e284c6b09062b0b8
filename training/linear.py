"""The first stage: one linear support vector machine a tag over phrase and alias features."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ..classifier.features import Featurizer, runs
from ..classifier.text import tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from ..classifier.aliases import AliasIndex


def vocabulary(
    texts: Sequence[str], *, longest_word: int, longest_han: int, min_df: int
) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Phrases that stand in at least `min_df` texts, and their inverse document frequencies (smoothed)."""
    parts = []
    for low in range(0, len(texts), 2000):
        tokens = tokenize(texts[low : low + 2000])
        for _, hashes, at in runs(tokens, longest_word, longest_han):
            doc = tokens.doc[at]
            order = np.lexsort((hashes, doc))
            hashes, doc = hashes[order], doc[order]
            first = np.ones(len(order), dtype=bool)
            first[1:] = (hashes[1:] != hashes[:-1]) | (doc[1:] != doc[:-1])
            parts.append(hashes[first])
    keys, counts = np.unique(np.concatenate(parts), return_counts=True)
    keep = counts >= min_df
    idf = np.log((1 + len(texts)) / (1 + counts[keep])) + 1
    return keys[keep], idf.astype(np.float32)


def make_featurizer(texts: Sequence[str], aliases: AliasIndex, settings: dict[str, float]) -> Featurizer:
    """A featurizer whose vocabulary comes from `texts`."""
    words, han = int(settings["longest_word"]), int(settings["longest_han"])
    keys, idf = vocabulary(texts, longest_word=words, longest_han=han, min_df=int(settings["min_df"]))
    return Featurizer(keys, idf, aliases, longest_word=words, longest_han=han, alias_weight=float(settings["alias_weight"]))


def fit(
    x: sparse.csr_matrix, y: NDArray[np.int64], *, c: float = 1.0, jobs: int = 2, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit one LinearSVC (Fan et al., 2008) a column of `y`.

    Args:
        x: (n, f) features.
        y: (n, t) of 0 and 1.
        c: inverse strength of regularisation.
        jobs: threads (liblinear lets go of the interpreter's lock).
        seed: for liblinear's order of coordinates.

    Returns:
        weights (f, t) and intercepts (t,).  A tag with fewer than two rows gets no weight and -1.
    """
    from concurrent.futures import ThreadPoolExecutor

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    x = x.astype(np.float64)
    weights = np.zeros((x.shape[1], y.shape[1]), dtype=np.float32)
    intercepts = np.full(y.shape[1], -1.0, dtype=np.float32)

    def one(j: int) -> None:
        if y[:, j].sum() < 2:
            return
        machine = LinearSVC(C=c, dual=True, tol=1e-3, random_state=seed, max_iter=1000).fit(x, y[:, j])
        weights[:, j] = machine.coef_[0]
        intercepts[j] = machine.intercept_[0]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, range(y.shape[1])))
    return weights, intercepts
