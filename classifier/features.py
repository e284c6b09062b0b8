"""Tokens to feature vectors: which known phrases a text holds, and how much each counts.

A feature is a phrase of one to four tokens that training found worth keeping, or the evidence of the taxonomy's own words for
one tag (how many different names of the tag, or of tags below it, stand in the text in its sense).  Phrase features carry
sublinear term frequency times inverse document frequency and unit length (Salton and Buckley, 1988).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from .text import Tokens, phrases, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .aliases import AliasHits, AliasIndex
    from .context import ContextFinder, Scopes


class PhraseTable:
    """A read-only map from phrase hashes to their positions in a list, looked up many at once.

    Open addressing with linear probing over a table at most a quarter full, so that nearly every look-up ends at once.

    Args:
        keys: (n,) distinct hashes; the id of a phrase is its position here.
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self.keys = np.ascontiguousarray(keys, dtype=np.uint64)
        bits = max(8, int(np.ceil(np.log2(max(1, len(keys)) * 4))))
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._slots = np.full(1 << bits, -1, dtype=np.int32)
        ids = np.arange(len(self.keys), dtype=np.int32)
        place = (self.keys >> self._shift).astype(np.int64)
        while len(ids):
            free = self._slots[place] < 0
            # Of several that want one free slot the last one written gets it; the rest try the next slot.
            self._slots[place[free]] = ids[free]
            lost = self._slots[place] != ids
            ids, place = ids[lost], (place[lost] + 1) & self._mask

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The ids of `hashes`, (n,) int32, with -1 for unknown ones."""
        place = (hashes >> self._shift).astype(np.int64)
        out: NDArray[np.int32] = self._slots[place]
        pending = np.flatnonzero(out >= 0)
        pending = pending[self.keys[out[pending]] != hashes[pending]]
        while len(pending):
            place[pending] = (place[pending] + 1) & self._mask
            ids = self._slots[place[pending]]
            out[pending] = ids
            open_ = ids >= 0
            pending, ids = pending[open_], ids[open_]
            pending = pending[self.keys[ids] != hashes[pending]]
        return out


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where known phrases stand: parallel arrays, one entry an occurrence.

    Attributes:
        doc: (n,) text.
        feature: (n,) column of the feature matrix.
        first, last: (n,) indices into `Tokens` of the first and last token of the phrase.
    """

    doc: NDArray[np.int32]
    feature: NDArray[np.int32]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def runs(tokens: Tokens, longest_word: int, longest_han: int) -> list[tuple[int, NDArray[np.uint64], NDArray[np.int64]]]:
    """Candidate phrases: runs of up to `longest_han` Chinese characters, or up to `longest_word` tokens otherwise.

    Returns:
        (length, hashes, first token) for each length.
    """
    out = []
    others = np.concatenate(([0], np.cumsum(~tokens.han)))
    for n, (hashes, at) in enumerate(phrases(tokens, max(longest_word, longest_han)), start=1):
        if n > longest_word or n > longest_han:
            pure = others[at + n] == others[at]
            keep = pure if n > longest_word else ~pure
            hashes, at = hashes[keep], at[keep]
        out.append((n, hashes, at))
    return out


class Featurizer:
    """Turns texts into rows of a sparse matrix: phrase features first, then two alias features a tag.

    Args:
        keys: (p,) hashes of the phrases in use.
        idf: (p,) their inverse document frequencies.
        aliases: the taxonomy's words.
        longest_word, longest_han: as in `runs`.
        alias_weight: the value of an alias feature at the first alias found.
        context: finds what is to be left out of the features, if anything is.
    """

    def __init__(
        self,
        keys: NDArray[np.uint64],
        idf: NDArray[np.float32],
        aliases: AliasIndex,
        *,
        longest_word: int = 2,
        longest_han: int = 4,
        alias_weight: float = 0.3,
        context: ContextFinder | None = None,
    ) -> None:
        self.table = PhraseTable(keys)
        self.idf = np.asarray(idf, dtype=np.float32)
        self.aliases = aliases
        self.longest_word, self.longest_han = longest_word, longest_han
        self.alias_weight = alias_weight
        self.context = context

    @property
    def n_features(self) -> int:
        """Columns of the matrix."""
        return len(self.table) + 2 * self.aliases.n_tags

    def read(self, texts: Sequence[str]) -> tuple[Tokens, Scopes | None]:
        """The tokens that count, and the stretches that were left out (None where none are looked for)."""
        tokens = tokenize(texts)
        if self.context is None:
            return tokens, None
        scopes = self.context.find(texts, tokens)
        return scopes.leave_out(tokens), scopes

    def occurrences(self, tokens: Tokens) -> Occurrences:
        """All places where a phrase in use stands."""
        doc, feature, first, last = [], [], [], []
        for n, hashes, at in runs(tokens, self.longest_word, self.longest_han):
            ids = self.table.find(hashes)
            known = ids >= 0
            feature.append(ids[known])
            first.append(at[known])
            last.append(at[known] + n - 1)
            doc.append(tokens.doc[at[known]])
        return Occurrences(np.concatenate(doc), np.concatenate(feature), np.concatenate(first), np.concatenate(last))

    def phrase_matrix(self, tokens: Tokens, found: Occurrences) -> sparse.csr_matrix:
        """(n_docs, phrases) TF-IDF with rows of unit length."""
        ones = np.ones(len(found.doc), dtype=np.float32)
        matrix = sparse.csr_matrix((ones, (found.doc, found.feature)), shape=(tokens.n_docs, len(self.table)))
        # csr_matrix has summed the occurrences of a phrase in a text.
        matrix.data = (1 + np.log(matrix.data)) * self.idf[matrix.indices]
        squares = np.concatenate(([0.0], np.cumsum(matrix.data.astype(np.float64) ** 2)))
        norms = np.sqrt(np.maximum(squares[matrix.indptr[1:]] - squares[matrix.indptr[:-1]], 1e-12))
        matrix.data /= np.repeat(norms, np.diff(matrix.indptr)).astype(np.float32)
        return matrix

    def transform_tokens(
        self, tokens: Tokens, found: Occurrences | None = None, names: AliasHits | None = None
    ) -> sparse.csr_matrix:
        """Feature rows of already segmented texts, (n_docs, n_features) float32.

        Args:
            tokens: of the texts.
            found, names: what `occurrences` and the alias index's `find` gave, if that is known already.
        """
        matrix = self.phrase_matrix(tokens, found or self.occurrences(tokens))
        own, below = self.aliases.counts(names or self.aliases.find(tokens), tokens.n_docs)
        blocks = [matrix]
        for block in (own, below):
            block.data = np.float32(self.alias_weight) * (1 + np.log(block.data)).astype(np.float32)
            blocks.append(block)
        return sparse.hstack(blocks, format="csr", dtype=np.float32)

    def transform(self, texts: Sequence[str], batch: int = 2048) -> sparse.csr_matrix:
        """Feature rows of texts, (len(texts), n_features) float32."""
        parts = [self.transform_tokens(self.read(texts[i : i + batch])[0]) for i in range(0, len(texts), batch)]
        return sparse.vstack(parts, format="csr") if parts else sparse.csr_matrix((0, self.n_features), dtype=np.float32)
