"""The taxonomy's own words in texts: which tags' labels and aliases stand there, homonyms settled by their context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from ..taxonomy.words import normal
from .text import phrases, whole_phrases

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


@dataclass(frozen=True, slots=True)
class AliasHits:
    """Names found in a batch of texts.

    Attributes:
        doc, entry: (n,) each name that stands in a text in its sense, once a text.
        phrase, first, length: (m,) every place where a name's words stand, in whatever sense: the phrase, its first token,
            and its number of tokens.
    """

    doc: NDArray[np.int64]
    entry: NDArray[np.int64]
    phrase: NDArray[np.int32]
    first: NDArray[np.int64]
    length: NDArray[np.int64]


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
        # An entry is one name of one tag: its text, and for a homonym the words that settle it.
        entries: list[tuple[Name, tuple[str, ...], tuple[str, ...]]] = []
        for tag_id in order:
            tag = taxonomy[tag_id]
            marks = {(m.lang, normal(m.alias)): m for m in tag.ambiguous}
            for lang in ("en", "zh"):
                for text in (tag.labels[lang], *tag.aliases[lang]):
                    mark = marks.get((lang, normal(text)))
                    name = Name(position[tag_id], text, mark is not None)
                    entries.append((name, mark.with_ if mark else (), mark.not_with if mark else ()))
        words = list(dict.fromkeys(w for name, yes, no in entries for w in (name.text, *yes, *no)))
        hashes, lengths = whole_phrases(words, LONGEST)
        keys = np.unique(hashes[lengths > 0])
        phrase = {word: int(at) for word, at, length in zip(words, np.searchsorted(keys, hashes), lengths, strict=True) if length}
        self._longest = int(lengths.max(initial=1))
        entries = [entry for entry in entries if entry[0].text in phrase]
        self.names = [name for name, _, _ in entries]
        entry_phrase = [phrase[name.text] for name in self.names]
        support = [(phrase[w], i) for i, (_, yes, _) in enumerate(entries) for w in yes if w in phrase]
        against = [(phrase[w], i) for i, (_, _, no) in enumerate(entries) for w in no if w in phrase]
        # A name cannot support or oppose itself.
        support, against = ([(p, i) for p, i in pairs if p != entry_phrase[i]] for pairs in (support, against))
        needs = [bool(yes) for _, yes, _ in entries]
        self._table = PhraseTable(keys)
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

    def find(self, tokens: Tokens) -> AliasHits:
        """The names that stand in a batch of texts in the sense of their tags."""
        ids, first, length = self._known(tokens)
        chosen = self._widest(ids, first, length)
        shape = (tokens.n_docs, len(self._table))
        hits = (_marks(tokens.doc[first[chosen]], ids[chosen], shape) @ self._entries).tocoo()
        key = hits.row.astype(np.int64) * hits.shape[1] + hits.col
        if self._guarded and len(key):
            # Words of context count wherever they stand, also inside longer names.
            words = _marks(tokens.doc[first], ids, shape)
            keep = ~self._needs[hits.col] | np.isin(key, _keys(hits.multiply(words @ self._support)))
            keep &= ~np.isin(key, _keys(hits.multiply(words @ self._against)))
            key = key[keep]
        return AliasHits(key // hits.shape[1], key % hits.shape[1], ids[chosen], first[chosen], length[chosen])

    def counts(self, hits: AliasHits, n_docs: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """How many different names of each tag stand in each text.

        Returns:
            two (n_docs, n_tags) matrices: names of the tag itself, and names of tags below it.
        """
        ones = np.ones(len(hits.doc), dtype=np.float32)
        own = sparse.csr_matrix((ones, (hits.doc, self._entry_tag[hits.entry])), shape=(n_docs, self.n_tags))
        return own, (own @ self._above).tocsr()

    def spans(
        self, hits: AliasHits, tokens: Tokens
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Where the names stand: (text, tag, first token, last token) as parallel arrays, by text."""
        start, count = self._entries.indptr[hits.phrase], np.diff(self._entries.indptr)[hits.phrase]
        at = np.repeat(np.arange(len(hits.phrase)), count)
        offset = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
        entry = self._entries.indices[start[at] + offset].astype(np.int64)
        doc = tokens.doc[hits.first[at]]
        width = self._entries.shape[1]
        good = np.isin(doc.astype(np.int64) * width + entry, hits.doc * width + hits.entry)
        order = np.argsort(doc[good], kind="stable")
        at, entry = at[good][order], entry[good][order]
        return doc[good][order], self._entry_tag[entry], hits.first[at], hits.first[at] + hits.length[at] - 1


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
