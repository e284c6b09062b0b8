"""The first stage: one linear support vector machine a tag over phrase and alias features."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ..classifier.context import default_finder
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
    context = default_finder() if settings["context"] else None
    return Featurizer(
        keys, idf, aliases, longest_word=words, longest_han=han, alias_weight=float(settings["alias_weight"]), context=context
    )


def fit(
    x: sparse.csr_matrix, y: NDArray[np.int64], *, c: float = 1.0, jobs: int = 2, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit one LinearSVC (Fan et al., 2008) a column of `y`.

    Args:
        x: (n, f) features.
        y: (n, t) of 0 and 1.
        c: inverse strength of regularisation.
        jobs: processes.
        seed: for liblinear's order of coordinates.

    Returns:
        weights (f, t) and intercepts (t,).  A tag with fewer than two rows gets no weight and -1.
    """
    from joblib import Parallel, delayed

    x = x.astype(np.float64)
    # Processes, not threads: liblinear has one random state for the whole process, which threads would draw from in an
    # order that changes from run to run.  Every fit starts from the seed, so the number of jobs changes nothing either.
    parts = np.array_split(np.arange(y.shape[1]), min(y.shape[1], 4 * jobs if jobs > 1 else 1))
    fitted = Parallel(n_jobs=jobs)(delayed(_fit_columns)(x, y[:, part], c, seed) for part in parts)
    return np.concatenate([w for w, _ in fitted], axis=1), np.concatenate([b for _, b in fitted])


def _fit_columns(
    x: sparse.csr_matrix, y: NDArray[np.int64], c: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    weights = np.zeros((x.shape[1], y.shape[1]), dtype=np.float32)
    intercepts = np.full(y.shape[1], -1.0, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for j in range(y.shape[1]):
            if 2 <= y[:, j].sum() < len(y):
                machine = LinearSVC(C=c, dual=True, tol=1e-3, random_state=seed, max_iter=1000).fit(x, y[:, j])
                weights[:, j], intercepts[j] = machine.coef_[0], machine.intercept_[0]
    return weights, intercepts
