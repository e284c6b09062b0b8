"""TF-IDF with one LinearSVC a tag: the baseline that every text classifier should beat."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

RUN = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")
LONGEST_HAN, LONGEST_WORD = 4, 2
MOST_FEATURES = 300_000


def terms(text: str) -> list[str]:
    """Words and pairs of words in lower case, and runs of one to four Chinese characters."""
    out, before = [], ""
    for run in RUN.findall(text.lower()):
        if "\u3400" <= run[0] <= "\u9fff":
            out += [run[i : i + n] for n in range(1, LONGEST_HAN + 1) for i in range(len(run) - n + 1)]
            before = ""
        else:
            out.append(run)
            if before:
                out.append(f"{before} {run}")
            before = run
    return out


@dataclass(frozen=True)
class Linear:
    """A trained baseline.

    Attributes:
        vectorizer: texts to TF-IDF.
        weights, intercepts: (features, tags) and (tags,).
    """

    vectorizer: Any
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, tags): the margins, squeezed into 0 to 1 without changing their order (no probabilities)."""
        margins = self.vectorizer.transform(texts).astype(np.float32) @ self.weights + self.intercepts
        out: NDArray[np.float32] = (1 / (1 + np.exp(-margins))).astype(np.float32)
        return out

    def save(self, folder: Path) -> None:
        """Write it as JSON and NumPy arrays."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vocabulary.json").write_text(json.dumps(self.vectorizer.vocabulary_, default=int), encoding="utf-8")
        np.save(folder / "idf.npy", self.vectorizer.idf_)
        np.save(folder / "weights.npy", self.weights)
        np.save(folder / "intercepts.npy", self.intercepts)

    @classmethod
    def load(cls, folder: Path) -> Linear:
        """Read what `save` wrote."""
        vectorizer = make_vectorizer(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))
        vectorizer.idf_ = np.load(folder / "idf.npy")
        return cls(vectorizer, np.load(folder / "weights.npy"), np.load(folder / "intercepts.npy"))


def make_vectorizer(vocabulary: dict[str, int] | None = None) -> Any:
    """TF-IDF of `terms` that stand in three texts or more, logarithmic counts, unit length."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer=terms, min_df=3, max_features=None if vocabulary else MOST_FEATURES, sublinear_tf=True, vocabulary=vocabulary
    )


def train(texts: Sequence[str], targets: NDArray[np.int64], jobs: int) -> Linear:
    """Fit one machine a column of `targets`, (n, tags) of 0 and 1."""
    from techtags.training.linear import fit

    vectorizer = make_vectorizer()
    matrix = vectorizer.fit_transform(texts)
    return Linear(vectorizer, *fit(matrix, targets, jobs=jobs))
