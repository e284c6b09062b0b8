"""Which words of a text carried a decision.

A linear score is a sum over phrases, so each phrase's part in it is known exactly: its weight for the tag times its value in
the text, divided among its occurrences and its tokens.  Spans are runs of tokens that spoke for the tag; words that spoke
against it are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .result import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from .aliases import AliasIndex
    from .features import Occurrences
    from .text import Tokens

MOST_SPANS = 3
# A token belongs to a span when it carries at least this share of the strongest token's part.
LEAST_SHARE = 0.2


class Explainer:
    """Evidence for the tags of one batch of texts.

    Args:
        texts: the texts of the batch.
        tokens: their tokens.
        found: where phrase features stand.
        matrix: (n_docs, n_features) feature values.
        aliases: the alias index, whose features are the last 2 * n_tags columns; None if the model has none.
        weights: a function from feature columns and a tag to their weights.
    """

    def __init__(
        self,
        texts: Sequence[str],
        tokens: Tokens,
        found: Occurrences,
        matrix: sparse.csr_matrix,
        aliases: AliasIndex | None,
        weights: NDArray[np.int8],
    ) -> None:
        self._texts, self._tokens, self._found = texts, tokens, found
        self._matrix, self._aliases, self._weights = matrix, aliases, weights
        order = np.argsort(found.doc, kind="stable")
        self._order = order
        self._bounds = np.searchsorted(found.doc[order], np.arange(tokens.n_docs + 1))
        self._token_bounds = np.searchsorted(tokens.doc, np.arange(tokens.n_docs + 1))
        self._alias_spans: dict[int, list[tuple[int, int, int]]] = {}

    def spans(self, doc: int, column: int, tag: int, below: frozenset[int] = frozenset()) -> tuple[Span, ...]:
        """The spans of text `doc` that spoke for an output of the model, heaviest first.

        Args:
            doc: which text.
            column: which output (column of the weights).
            tag: the tag that the output belongs to.
            below: tags below it, whose aliases speak for it too.
        """
        low, high = self._token_bounds[doc], self._token_bounds[doc + 1]
        if low == high:
            return ()
        part = np.zeros(high - low)
        self._add_phrases(part, doc, column, low)
        self._add_aliases(part, doc, column, tag, below, low)
        total = part[part > 0].sum()
        if total <= 0:
            return ()
        strong = part >= max(part.max() * LEAST_SHARE, 1e-9)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], strong.astype(np.int8), [0]))))
        starts, ends = edges[0::2], edges[1::2]
        # Do not run a span across a sentence: cut where the tokens are not joined.
        spans = []
        joined = self._tokens.joined[low:high]
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
            at = a
            for k in range(a, b):
                if k == b - 1 or not joined[k]:
                    spans.append((float(part[at : k + 1].sum()), at, k))
                    at = k + 1
        spans.sort(key=lambda s: (-s[0], s[1]))
        text = self._texts[doc]
        out = []
        for weight, a, b in spans[:MOST_SPANS]:
            start, end = int(self._tokens.start[low + a]), int(self._tokens.end[low + b])
            out.append(Span(start, end, text[start:end], min(1.0, weight / float(total))))
        return tuple(out)

    def _add_phrases(self, part: NDArray[np.float64], doc: int, column: int, low: int) -> None:
        mine = self._order[self._bounds[doc] : self._bounds[doc + 1]]
        if not len(mine):
            return
        feature = self._found.feature[mine]
        row = slice(self._matrix.indptr[doc], self._matrix.indptr[doc + 1])
        columns, values = self._matrix.indices[row], self._matrix.data[row]
        at = np.argsort(columns)
        value = values[at][np.searchsorted(columns[at], feature)]
        _, inverse, counts = np.unique(feature, return_inverse=True, return_counts=True)
        given = value * self._weights[feature, column] / counts[inverse]
        first = self._found.first[mine] - low
        length = self._found.last[mine] - self._found.first[mine] + 1
        for n in range(int(length.max())):
            here = length > n
            np.add.at(part, first[here] + n, given[here] / length[here])

    def _add_aliases(self, part: NDArray[np.float64], doc: int, column: int, tag: int, below: frozenset[int], low: int) -> None:
        if self._aliases is None:
            return
        n_tags = self._aliases.n_tags
        base = self._weights.shape[0] - 2 * n_tags
        row = slice(self._matrix.indptr[doc], self._matrix.indptr[doc + 1])
        present = dict(zip(self._matrix.indices[row].tolist(), self._matrix.data[row].tolist(), strict=True))
        names = self._names(doc)
        for feature, tags in ((base + tag, {tag}), (base + n_tags + tag, below)):
            if feature not in present or not tags:
                continue
            given = present[feature] * float(self._weights[feature, column])
            where = [(a, b) for t, a, b in names if t in tags]
            for a, b in where:
                part[a : b + 1] += given / len(where) / (b - a + 1)

    def _names(self, doc: int) -> list[tuple[int, int, int]]:
        """Names of tags in a text: (tag, first token, last token), counted from the text's first token."""
        if doc not in self._alias_spans:
            from .text import tokenize

            assert self._aliases is not None
            self._alias_spans[doc] = self._aliases.spans(tokenize([self._texts[doc]]))
        return self._alias_spans[doc]
