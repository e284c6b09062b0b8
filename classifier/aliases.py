"""The taxonomy's own words in texts: which tags' labels and aliases stand there, homonyms settled by their context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from ..taxonomy.words import normal
from .text import phrase_hash, phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..taxonomy import Taxonomy
    from .text import Tokens

LONGEST = 14  # tokens; a longer name is left out


@dataclass(frozen=True, slots=True)
class Name:
    """A label or alias of a tag, as the index holds it.

    Attributes:
        tag: position of the tag in the index's order.
        text: the name as the taxonomy writes it.
        ambiguous: whether it counts only in context.
    """

    tag: int
    text: str
    ambiguous: bool


class AliasIndex:
    """All labels and aliases of a taxonomy, found by their phrase hashes.

    A plain name counts wherever it stands.  An ambiguous one counts where one of its `with` words stands in the same text
    (if it has any) and none of its `not_with` words.

    Args:
        taxonomy: the release.
        order: ids of the tags, in the order of the model's outputs.
    """

    def __init__(self, taxonomy: Taxonomy, order: Sequence[str]) -> None:
        from .features import PhraseTable

        self.order = tuple(order)
        self.n_tags = len(order)
        position = {tag_id: i for i, tag_id in enumerate(order)}
        self.names: list[Name] = []
        self._longest = 1
        keys: dict[int, int] = {}

        def phrase(text: str) -> int | None:
            try:
                key, length = phrase_hash(text)
            except ValueError:
                return None
            if length > LONGEST:
                return None
            self._longest = max(self._longest, length)
            return keys.setdefault(key, len(keys))

        # An entry is one name of one tag: its phrase, its tag, and for a homonym the phrases that settle it.
        entry_phrase: list[int] = []
        support: list[tuple[int, int]] = []
        against: list[tuple[int, int]] = []
        needs: list[bool] = []
        for tag_id in order:
            tag = taxonomy[tag_id]
            marks = {(m.lang, normal(m.alias)): m for m in tag.ambiguous}
            for lang in ("en", "zh"):
                for name in (tag.labels[lang], *tag.aliases[lang]):
                    at = phrase(name)
                    if at is None:
                        continue
                    mark = marks.get((lang, normal(name)))
                    entry = len(entry_phrase)
                    entry_phrase.append(at)
                    self.names.append(Name(position[tag_id], name, mark is not None))
                    needs.append(bool(mark and mark.with_))
                    for word in mark.with_ if mark else ():
                        word_at = phrase(word)
                        if word_at is not None and word_at != at:
                            support.append((word_at, entry))
                    for word in mark.not_with if mark else ():
                        word_at = phrase(word)
                        if word_at is not None and word_at != at:
                            against.append((word_at, entry))
        self._table = PhraseTable(np.fromiter(keys, dtype=np.uint64, count=len(keys)))
        n, m = len(keys), len(entry_phrase)
        self._entry_tag = np.array([name.tag for name in self.names], dtype=np.int64)
        self._needs = np.array(needs, dtype=bool)
        self._entries = _incidence([(p, e) for e, p in enumerate(entry_phrase)], (n, m))
        self._support = _incidence(support, (n, m))
        self._against = _incidence(against, (n, m))
        self._guarded = bool(support or against)
        self._is_name = np.zeros(n, dtype=bool)
        self._is_name[entry_phrase] = True
        own = np.zeros((self.n_tags, self.n_tags), dtype=np.float32)
        for i, tag_id in enumerate(order):
            for above in taxonomy.ancestor_ids(tag_id):
                if above in position:
                    own[i, position[above]] = 1
        self._above = sparse.csr_matrix(own)

    def _known(self, tokens: Tokens) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Every phrase of the index wherever it stands: phrase, first token and number of tokens, parallel arrays."""
        found = []
        for n, (hashes, at) in enumerate(phrases(tokens, self._longest), start=1):
            ids = self._table.find(hashes)
            known = np.flatnonzero(ids >= 0)
            found.append((ids[known], at[known], np.full(len(known), n)))
        ids, first, length = (np.concatenate(part) for part in zip(*found, strict=True))
        return ids, first, length

    def _widest(self, ids: NDArray[np.int32], first: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which of the known phrases are names that no longer name encloses.

        "Solar cell" inside "solar cell recycling" must not count as itself.
        """
        order = np.lexsort((-length, first))
        order = order[self._is_name[ids[order]]]
        keep = np.ones(len(order), dtype=bool)
        keep[1:] = first[order][1:] != first[order][:-1]
        chosen = order[keep]
        if len(chosen) < 2:
            return chosen
        end = first[chosen] + length[chosen]
        inside = np.zeros(len(chosen), dtype=bool)
        inside[1:] = end[1:] <= np.maximum.accumulate(end)[:-1]
        return chosen[~inside]

    def entries(self, tokens: Tokens) -> sparse.csr_matrix:
        """(n_docs, names) 1 where a name of a tag stands in a text in its sense."""
        ids, first, length = self._known(tokens)
        chosen = self._widest(ids, first, length)
        shape = (tokens.n_docs, len(self._table))
        hits = _marks(tokens.doc[first[chosen]], ids[chosen], shape) @ self._entries
        if not self._guarded or not hits.nnz:
            return hits.tocsr()
        # Words of context count wherever they stand, also inside longer names.
        words = _marks(tokens.doc[first], ids, shape)
        coo = hits.tocoo()
        key = coo.row.astype(np.int64) * hits.shape[1] + coo.col
        keep = ~self._needs[coo.col] | np.isin(key, _keys(hits.multiply(words @ self._support)))
        keep &= ~np.isin(key, _keys(hits.multiply(words @ self._against)))
        return sparse.csr_matrix((coo.data[keep], (coo.row[keep], coo.col[keep])), shape=hits.shape)

    def spans(self, tokens: Tokens) -> list[tuple[int, int, int]]:
        """Where names stand in the sense of their tags, for one text: (tag, first token, last token)."""
        ids, first, length = self._known(tokens)
        chosen = self._widest(ids, first, length)
        valid = set(self.entries(tokens).indices.tolist())
        return [
            (int(self._entry_tag[entry]), int(first[i]), int(first[i] + length[i] - 1))
            for i in chosen
            for entry in self._entries[ids[i]].indices
            if entry in valid
        ]

    def counts(self, tokens: Tokens) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """How many different names of each tag stand in each text.

        Returns:
            two (n_docs, n_tags) matrices: names of the tag itself, and names of tags below it.
        """
        hits = self.entries(tokens).tocoo()
        own = sparse.csr_matrix(
            (np.ones(len(hits.row), dtype=np.float32), (hits.row, self._entry_tag[hits.col])),
            shape=(tokens.n_docs, self.n_tags),
        )
        return own, (own @ self._above).tocsr()


def _incidence(pairs: list[tuple[int, int]], shape: tuple[int, int]) -> sparse.csr_matrix:
    rows = [p for p, _ in pairs]
    columns = [e for _, e in pairs]
    return sparse.csr_matrix((np.ones(len(pairs), dtype=np.float32), (rows, columns)), shape=shape)


def _marks(doc: NDArray[np.int32], phrase: NDArray[np.int32], shape: tuple[int, int]) -> sparse.csr_matrix:
    """A matrix with 1 at (doc, phrase), however often the pair stands there."""
    marks = sparse.csr_matrix((np.ones(len(doc), dtype=np.float32), (doc, phrase)), shape=shape)
    marks.data[:] = 1
    return marks


def _keys(matrix: sparse.spmatrix) -> NDArray[np.int64]:
    """One number for each place of a matrix that holds more than 0."""
    coo = matrix.tocoo()
    solid = coo.data > 0
    keys: NDArray[np.int64] = coo.row[solid].astype(np.int64) * matrix.shape[1] + coo.col[solid]
    return keys
