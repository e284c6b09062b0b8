"""Reading names: what a short string that no list knows is likely to mean, judged by its characters and words alone.

The model of texts learned sentences, and says little of two words.  This one learned names: the labels and aliases of the
taxonomy and the names in the shipped crosswalks, with "no technology" as a class of its own.  It is linear, over runs of
characters and words that are hashed into a fixed number of buckets.  Its scores are weighed together with the probabilities of
the model of texts, tag by tag, by a few weights that were fitted on names that neither score had learned from.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from .splitting import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..taxonomy import Taxonomy

SIZE = 1 << 16  # buckets
LONGEST = 200  # characters of a name that are read
FORMAT = 1
FILE = Path(__file__).parent / "data" / "names.npz"

# What goes into the weighing of a tag, once for domains and once for tags below them, and what only the latter have.
BOTH = (
    "text", "name", "no technology", "best name below", "best text below", "constant", "name to the best name", "name, from -0.3",
)  # fmt: skip
BELOW = ("name of the tag above", "text of the tag above", "third level or below", "no tag below it")
N_WEIGHTS = 2 * len(BOTH) + len(BELOW)
_BATCH = 256  # names that are weighed at once
_LEAST_SCORE, _LEAST_LOGIT = -1.2, -6.0

_RUN = re.compile("[\u3400-\u9fff]+|[^\\W_\u3400-\u9fff]+")


@lru_cache(maxsize=1 << 18)
def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "surrogatepass")) % SIZE


def buckets(name: str) -> tuple[list[int], list[int]]:
    """The buckets of a name, with repetitions: of its runs of characters, and of its words and pairs of words.

    Words in letters give runs of 2 to 5 characters with a space at either end, Chinese ones of 1 to 3 characters.
    """
    words = _RUN.findall(plain(name[:LONGEST]))
    runs: list[str] = []
    whole = ["w " + w for w in words] + [f"p {a} {b}" for a, b in pairwise(words)]
    for word in words:
        edged = f" {word} "
        if "\u3400" <= word[0] <= "\u9fff":
            runs += word
            whole += ["c " + word[i : i + 2] for i in range(len(word) - 1)]
            lengths = range(2, 4)
        else:
            lengths = range(2, 6)
        runs += [edged[i : i + n] for n in lengths for i in range(len(edged) - n + 1)]
    return [_bucket(r) for r in runs], [_bucket(w) for w in whole]


def count(names: Sequence[str]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """(n, SIZE) counts, dampened by the logarithm, of runs of characters and of words in each name."""
    out = []
    read = [buckets(name) for name in names]
    for half in (0, 1):
        rows = [np.unique(np.array(b[half], dtype=np.int32), return_counts=True) for b in read]
        starts = np.concatenate(([0], np.cumsum([len(at) for at, _ in rows])))
        at = np.concatenate([at for at, _ in rows]) if rows else np.zeros(0, dtype=np.int32)
        n = np.concatenate([n for _, n in rows]) if rows else np.zeros(0)
        values = (1 + np.log(n)).astype(np.float32)
        out.append(sparse.csr_matrix((values, at, starts), shape=(len(names), SIZE)))
    return out[0], out[1]


def features(names: Sequence[str], idf: NDArray[np.float32]) -> sparse.csr_matrix:
    """(n, SIZE) features: runs and words weighted by `idf` (SIZE,), each kind brought to unit length."""
    total = sparse.csr_matrix((len(names), SIZE), dtype=np.float32)
    for counts in count(names):
        weighted = counts.multiply(idf).tocsr()
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))).ravel()
        total = total + sparse.diags((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ weighted
    return total.tocsr()


@dataclass(frozen=True, slots=True)
class Names:
    """What was learned.

    Attributes:
        tags: (t,) ids, the order of the columns.
        weights: (SIZE, t + 1) of each bucket for each tag and, last, for no technology, in steps of `scale`; sparse, int8.
        scale: (t + 1,) size of a step.
        intercepts: (t + 1,).
        idf: (SIZE,) how rare each bucket is.
        mix: (N_WEIGHTS,) the weights of `weighables`.
    """

    tags: tuple[str, ...]
    weights: sparse.csr_matrix
    scale: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    idf: NDArray[np.float32]
    mix: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path = FILE) -> Names | None:
        """What the package carries; None if it carries none, or one of another format."""
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as data:
            if int(data["format"]) != FORMAT:
                return None
            shape = (SIZE, len(data["intercepts"]))
            indptr = np.concatenate(([0], np.cumsum(data["lengths"], dtype=np.int64)))
            weights = sparse.csr_matrix(
                (data["values"].astype(np.float32), data["columns"].astype(np.int32), indptr), shape=shape
            )
            return cls(
                tuple(str(t) for t in data["tags"]), weights, data["scale"], data["intercepts"],
                data["idf"].astype(np.float32), data["mix"],
            )  # fmt: skip

    def save(self, path: Path) -> None:
        """Write it; the same content gives the same bytes."""
        matrix = self.weights.tocsr()
        np.savez_compressed(
            path,
            format=np.array(FORMAT),
            tags=np.array(self.tags),
            values=matrix.data.astype(np.int8),
            columns=matrix.indices.astype(np.uint16),
            lengths=np.diff(matrix.indptr).astype(np.uint16),
            scale=self.scale.astype(np.float32),
            intercepts=self.intercepts.astype(np.float32),
            idf=self.idf.astype(np.float16),
            mix=self.mix.astype(np.float32),
        )

    def scores(self, names: Sequence[str]) -> NDArray[np.float32]:
        """(n, t + 1) scores, about 1 for what a name means and -1 for what it does not; last that it means no technology."""
        if not names:
            return np.zeros((0, len(self.tags) + 1), dtype=np.float32)
        raw = (features(names, self.idf) @ self.weights).toarray()
        scores: NDArray[np.float32] = (raw * self.scale + self.intercepts).astype(np.float32)
        return scores

    def weigh(self, names: Sequence[str], text: NDArray[np.float32], taxonomy: Taxonomy) -> NDArray[np.float32]:
        """Probabilities of the tags and of all above them, from names and model together.

        Args:
            names: designations.
            text: (n, t) probabilities by the model of texts, columns as in `tags`.
            taxonomy: the release that the tags are of.

        Returns:
            (n, t) probabilities.
        """
        p = np.zeros((len(names), len(self.tags)), dtype=np.float32)
        for low in range(0, len(names), _BATCH):
            part = slice(low, low + _BATCH)
            z = weighables(self.scores(names[part]), text[part], self.tags, taxonomy) @ self.mix
            p[part] = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        return p


def weighables(
    scores: NDArray[np.float32], text: NDArray[np.float32], tags: Sequence[str], taxonomy: Taxonomy
) -> NDArray[np.float32]:
    """(n, t, N_WEIGHTS): what speaks for and against each tag, from scores (n, t + 1) and probabilities by text (n, t)."""
    position = {t: i for i, t in enumerate(tags)}
    logit = np.log(np.clip(text, 1e-4, 1 - 1e-4)) - np.log(np.clip(1 - text, 1e-4, 1 - 1e-4))
    name, one = scores[:, :-1], np.ones_like(scores[:, :-1])
    name_below, text_below = np.full_like(name, _LEAST_SCORE), np.full_like(name, _LEAST_LOGIT)
    name_above, text_above = np.zeros_like(name), np.zeros_like(name)
    for t, i in position.items():
        above = taxonomy[t].parent_id
        if above in position:
            name_above[:, i], text_above[:, i] = name[:, position[above]], logit[:, position[above]]
        for a in taxonomy.ancestor_ids(t):
            if a in position:
                np.maximum(name_below[:, position[a]], name[:, i], out=name_below[:, position[a]])
                np.maximum(text_below[:, position[a]], logit[:, i], out=text_below[:, position[a]])
    level = np.array([taxonomy[t].level for t in tags])
    inner = {taxonomy[t].parent_id for t in tags}
    best = name.max(axis=1, keepdims=True)
    both = [logit, name, scores[:, -1:] * one, name_below, text_below, one, name - best, np.maximum(name, -0.3)]
    top = (level == 1).astype(np.float32)
    low = 1 - top
    leaf = np.array([t not in inner for t in tags], dtype=np.float32)
    below = [name_above * low, text_above * low, (level > 2) * one, leaf * one]
    return np.stack([*(b * top for b in both), *(b * low for b in both), *below], axis=-1).astype(np.float32)


@lru_cache(maxsize=1)
def shipped() -> Names | None:
    """The names that the package carries, read once."""
    return Names.load()
