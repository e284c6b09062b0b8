"""The taxonomy's own words in texts: which tags' labels and aliases stand there, homonyms settled by their context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from ..taxonomy.words import normal
from .features import PhraseTable
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
    """Names found in a batch of texts: parallel arrays, an entry for every place and tag, by text.

    Attributes:
        doc: which text.
        entry: which of `AliasIndex.names`.
        first, last: the first and the last token.
    """

    doc: NDArray[np.int64]
    entry: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


class AliasIndex:
    """All labels and aliases of a taxonomy, found by their phrase hashes.

    A plain name counts wherever it stands.  An ambiguous one counts where one of its `with` words stands in the same text
    (if it has any) and none of its `not_with` words.

    Args:
        taxonomy: the release.
        order: ids of the tags, in the order of the model's outputs.
    """

    def __init__(self, taxonomy: Taxonomy, order: Sequence[str]) -> None:
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
        # A label and an alias, or two spellings, may be one phrase; the first stands for both.
        kept: dict[tuple[int, int], tuple[Name, tuple[str, ...], tuple[str, ...]]] = {}
        for entry in entries:
            if entry[0].text in phrase:
                kept.setdefault((entry[0].tag, phrase[entry[0].text]), entry)
        entries = list(kept.values())
        self.names = [name for name, _, _ in entries]
        entry_phrase = [phrase[name.text] for name in self.names]
        support = [(phrase[w], i) for i, (_, yes, _) in enumerate(entries) for w in yes if w in phrase]
        against = [(phrase[w], i) for i, (_, _, no) in enumerate(entries) for w in no if w in phrase]
        # A name cannot support or oppose itself.
        support, against = ([(p, i) for p, i in pairs if p != entry_phrase[i]] for pairs in (support, against))
        self._table = PhraseTable(keys)
        n, m = len(keys), len(entry_phrase)
        self._entry_tag = np.array([name.tag for name in self.names], dtype=np.int64)
        self._needs = np.array([bool(yes) for _, yes, _ in entries], dtype=bool)
        self._entries = _marks(entry_phrase, range(m), (n, m))
        self._support, self._against = (
            _marks([p for p, _ in pairs], [i for _, i in pairs], (n, m)) for pairs in (support, against)
        )
        self._guarded = bool(support or against)
        self._is_name = np.zeros(n, dtype=bool)
        self._is_name[entry_phrase] = True
        above = [(position[t], position[a]) for t in order for a in taxonomy.ancestor_ids(t) if a in position]
        self._above = _marks([t for t, _ in above], [a for _, a in above], (self.n_tags, self.n_tags))

    def _known(self, tokens: Tokens) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Every phrase of the index wherever it stands: phrase, first token and number of tokens, parallel arrays."""
        found = []
        for n, (hashes, at) in enumerate(phrases(tokens, self._longest), start=1):
            ids = self._table.find(hashes)
            known = np.flatnonzero(ids >= 0)
            found.append((ids[known], at[known], np.full(len(known), n)))
        ids, first, length = (np.concatenate(part) for part in zip(*found, strict=True))
        return ids, first, length

    def find(self, tokens: Tokens) -> AliasHits:
        """The names that stand in a batch of texts in the sense of their tags.

        Of names that lie one inside the other only the widest counts: "solar cell" inside "solar cell recycling" does not.
        A homonym that its context does not settle counts for nothing, and hides nothing.
        """
        ids, first, length = self._known(tokens)
        shape = (tokens.n_docs, len(self._table))
        words = _marks(tokens.doc[first], ids, shape)
        named = np.flatnonzero(self._is_name[ids])
        # Each place of a phrase, once for every tag that the phrase names.
        start, count = self._entries.indptr[ids[named]], np.diff(self._entries.indptr)[ids[named]]
        at = np.repeat(named, count)
        entry = self._entries.indices[np.repeat(start - np.cumsum(count) + count, count) + np.arange(len(at))].astype(np.int64)
        doc = tokens.doc[first[at]].astype(np.int64)
        if self._guarded and len(at):
            hits = _marks(doc, entry, (tokens.n_docs, len(self.names)))
            key = doc * len(self.names) + entry
            keep = ~self._needs[entry] | np.isin(key, _keys(hits.multiply(words @ self._support)))
            keep &= ~np.isin(key, _keys(hits.multiply(words @ self._against)))
            at, entry, doc = at[keep], entry[keep], doc[keep]
        order = np.lexsort((-length[at], first[at]))
        at, entry, doc = at[order], entry[order], doc[order]
        end = first[at] + length[at]
        # Sorted so, a name lies inside an earlier one if it ends no later than the furthest so far; the same place of the
        # same phrase, for another tag, does not.
        furthest = np.concatenate(([-1], np.maximum.accumulate(end)[:-1])) if len(end) else end
        same = np.concatenate(([False], at[1:] == at[:-1])) if len(at) else np.zeros(0, dtype=bool)
        inside = (end <= furthest) & ~same
        # A second tag of a phrase that lies inside shares its fate.
        head = np.maximum.accumulate(np.where(same, 0, np.arange(len(at))))
        keep = ~inside[head]
        return AliasHits(doc[keep], entry[keep], first[at[keep]], end[keep] - 1)

    def counts(self, hits: AliasHits, n_docs: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """How many different names of each tag stand in each text.

        Returns:
            two (n_docs, n_tags) matrices: names of the tag itself, and names of tags below it.
        """
        different = np.unique(hits.doc * len(self.names) + hits.entry)
        doc, entry = different // len(self.names), different % len(self.names)
        ones = np.ones(len(doc), dtype=np.float32)
        own = sparse.csr_matrix((ones, (doc, self._entry_tag[entry])), shape=(n_docs, self.n_tags))
        return own, (own @ self._above).tocsr()

    def tags_of(self, hits: AliasHits) -> NDArray[np.int64]:
        """The tag of each hit, by its position in the order."""
        tags: NDArray[np.int64] = self._entry_tag[hits.entry]
        return tags


def _marks(
    rows: NDArray[Any] | Sequence[int], columns: NDArray[Any] | Sequence[int], shape: tuple[int, int]
) -> sparse.csr_matrix:
    """A matrix with 1 at each (row, column), however often the pair is given."""
    places = (np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64))
    marks = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), places), shape=shape)
    marks.data[:] = 1
    return marks


def _keys(matrix: sparse.spmatrix) -> NDArray[np.int64]:
    """One number for each place of a matrix that holds more than 0."""
    coo = matrix.tocoo()
    solid = coo.data > 0
    keys: NDArray[np.int64] = coo.row[solid].astype(np.int64) * matrix.shape[1] + coo.col[solid]
    return keys
