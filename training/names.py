"""Making the reader of names, `classifier/data/names.npz`: names in, weights out.

    python -m techtags.training.names [FILE]

It learns from names alone: the labels and aliases of the taxonomy, and the names in the shipped crosswalks that stand in tables
without their scheme's being named.  The same release and crosswalks give the same file.
"""

from __future__ import annotations

import re
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from ..classifier.labels import FREE_TEXT, NAMED
from ..classifier.names import FILE, SIZE, Names, count, features, weighables
from ..classifier.splitting import plain
from ..taxonomy import Crosswalk
from .linear import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..classifier import Tagger
    from ..taxonomy import Taxonomy

FOLDS = 5
STRENGTH = 0.5  # of the machines, inverse of regularisation
LEAST_SHARE = 0.03  # of the largest weight of a tag: smaller ones are dropped
LEAST_LOGIT, LEAST_SCORE = -4.0, -0.95  # a tag that neither model nor names see at all teaches the weighing nothing


def learned_names(taxonomy: Taxonomy) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """All names in their plain form with the tags that they stand for, and those that only the free-text list has."""
    meant: dict[str, frozenset[str]] = {}
    free: set[str] = set()
    for scheme in (FREE_TEXT, *NAMED):
        crosswalk = Crosswalk.load(scheme)
        for name in crosswalk.names:
            form, tags = plain(name), frozenset(crosswalk.lookup(name).tags)
            if form and form not in meant and all(t in taxonomy for t in tags):
                meant[form] = tags
                if scheme == FREE_TEXT:
                    free.add(form)
    for tag in taxonomy.active:
        for lang in ("en", "zh"):
            for name in (tag.labels[lang], *tag.aliases[lang]):
                meant.setdefault(plain(name), frozenset([tag.id]))
                free.discard(plain(name))
    meant.pop("", None)
    return meant, frozenset(free)


def targets(meant: Sequence[frozenset[str]], tags: Sequence[str], taxonomy: Taxonomy) -> NDArray[np.int64]:
    """(n, t + 1) of 0 and 1: the tags, those above them and, last, no technology."""
    position = {t: i for i, t in enumerate(tags)}
    y = np.zeros((len(meant), len(tags) + 1), dtype=np.int64)
    for i, named in enumerate(meant):
        for t in named:
            y[i, [position[a] for a in (t, *taxonomy.ancestor_ids(t)) if a in position]] = 1
        y[i, -1] = not named
    return y


def fold_of(name: str) -> int:
    """The fold of a name; names that differ in spaces, plurals or the order of words share one."""
    return zlib.crc32("".join(sorted(re.sub(r"s\b", "", name).split())).encode()) % FOLDS


def make(tagger: Tagger, *, jobs: int = 2, say: Callable[[str], None] = lambda line: None) -> Names:
    """Learn the names of the tagger's taxonomy and how to weigh them with its model."""
    taxonomy, tags = tagger.taxonomy, tuple(tagger.tags)
    meant, free = learned_names(taxonomy)
    names = sorted(meant)
    y = targets([meant[n] for n in names], tags, taxonomy)
    runs, words = count(names)
    seen = np.asarray((runs + words > 0).sum(axis=0)).ravel()
    idf = (np.log((1 + len(names)) / (1 + seen)) + 1).astype(np.float16).astype(np.float32)  # as it will be stored
    x = features(names, idf)
    say(f"{len(names)} names, {(y[:, -1] == 1).sum()} of them without technology")

    # The weighing learns from scores of names that their machines have not seen.
    fold = np.array([fold_of(n) for n in names])
    scores = np.zeros(y.shape, dtype=np.float32)
    for k in range(FOLDS):
        weights, intercepts = fit(x[fold != k], y[fold != k], c=STRENGTH, jobs=jobs)
        scores[fold == k] = x[fold == k] @ weights + intercepts
        say(f"fold {k + 1} of {FOLDS}")
    own = np.array([i for i, n in enumerate(names) if n in free])
    text = tagger.predict_proba([names[i] for i in own])
    mix = weighing(scores[own], text, y[own, :-1], tags, taxonomy)

    weights, intercepts = fit(x, y, c=STRENGTH, jobs=jobs)
    kept, scale = small(weights)
    say(f"{kept.nnz} weights")
    return Names(tags, kept, scale, intercepts, idf, mix)


def weighing(
    scores: NDArray[np.float32], text: NDArray[np.float32], y: NDArray[np.int64], tags: Sequence[str], taxonomy: Taxonomy
) -> NDArray[np.float32]:
    """The weights of `weighables`, by logistic regression over pairs of a name and a tag that is in question."""
    from sklearn.linear_model import LogisticRegression

    low = np.exp(LEAST_LOGIT) / (1 + np.exp(LEAST_LOGIT))
    asked = (text > low) | (scores[:, :-1] > LEAST_SCORE)
    z = weighables(scores, text, tags, taxonomy)[asked].astype(np.float64)
    learned = LogisticRegression(C=10, max_iter=5000, fit_intercept=False).fit(z, y[asked])
    return np.asarray(learned.coef_[0], dtype=np.float32)


def small(weights: NDArray[np.float32]) -> tuple[sparse.csr_matrix, NDArray[np.float32]]:
    """(SIZE, t + 1) weights as whole numbers of steps from -127 to 127, small ones dropped, and (t + 1,) the size of a step."""
    assert weights.shape[0] == SIZE
    most = np.maximum(np.abs(weights).max(axis=0), 1e-9)
    steps = np.where(np.abs(weights) < LEAST_SHARE * most, 0, np.rint(weights / most * 127))
    return sparse.csr_matrix(steps.astype(np.float32)), (most / 127).astype(np.float32)


def main(argv: Sequence[str]) -> int:
    """Make the file."""
    from ..classifier import Tagger

    names = make(Tagger.load(), say=lambda line: print(line, flush=True))
    names.save(Path(argv[0]) if argv else FILE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
