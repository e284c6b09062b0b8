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

    from .model import Model, Scores

MOST_SPANS = 3
# A token belongs to a span when it carries at least this share of the strongest token's part.
LEAST_SHARE = 0.2
# A span is shown when it carries at least this share of the heaviest span's part.
WORTH_SHOWING = 0.15


class Explainer:
    """Evidence for the tags of one batch of texts.

    Args:
        texts: the texts of the batch.
        scores: what the model computed for them.
        model: the model.
    """

    def __init__(self, texts: Sequence[str], scores: Scores, model: Model) -> None:
        self._texts, self._model = texts, model
        tokens, found, matrix = scores.tokens, scores.found, scores.matrix
        n = tokens.n_docs
        self._start, self._end, self._joined = tokens.start, tokens.end, tokens.joined
        self._token_bounds = np.searchsorted(tokens.doc, np.arange(n + 1))
        # Occurrences by text, each with the value that falls to it: the feature's value in the text, shared out.
        order = np.argsort(found.doc, kind="stable")
        self._feature = found.feature[order]
        self._first, self._last = found.first[order], found.last[order]
        doc = found.doc[order]
        self._bounds = np.searchsorted(doc, np.arange(n + 1))
        width = matrix.shape[1]
        row = np.repeat(np.arange(n, dtype=np.int64), np.diff(matrix.indptr))
        key = row * width + matrix.indices
        by_key = np.argsort(key)
        mine = doc.astype(np.int64) * width + self._feature
        at = np.searchsorted(key[by_key], mine)
        _, inverse, counts = np.unique(mine, return_inverse=True, return_counts=True)
        self._value = matrix.data[by_key][at] / counts[inverse]
        self._matrix = matrix
        names = scores.names
        self._name_tag, self._name_first, self._name_last = model.featurizer.aliases.tags_of(names), names.first, names.last
        self._name_bounds = np.searchsorted(names.doc, np.arange(n + 1))

    def spans(self, doc: int, column: int, tag: int) -> tuple[Span, ...]:
        """The spans of text `doc` that spoke for an output of the model, heaviest first.

        Args:
            doc: which text.
            column: which output (column of the weights).
            tag: the tag that the output belongs to.
        """
        low, high = int(self._token_bounds[doc]), int(self._token_bounds[doc + 1])
        if low == high:
            return ()
        part = np.zeros(high - low)
        self._add_phrases(part, doc, column, low)
        self._add_names(part, doc, column, tag, low)
        total = float(part[part > 0].sum())
        if total <= 0:
            return ()
        strong = np.flatnonzero(part >= part.max() * LEAST_SHARE)
        # A span ends where the next token is weak, or where a sentence ends.
        joined = self._joined[low:high]
        breaks = np.flatnonzero((np.diff(strong) > 1) | ~joined[strong[:-1]]) + 1
        starts = strong[np.concatenate(([0], breaks))]
        ends = strong[np.concatenate((breaks - 1, [len(strong) - 1]))]
        sums = np.concatenate(([0.0], np.cumsum(part)))
        weights = sums[ends + 1] - sums[starts]
        text = self._texts[doc]
        out = []
        order = np.argsort(-weights, kind="stable")[:MOST_SPANS]
        for k in order[weights[order] >= weights[order[0]] * WORTH_SHOWING].tolist():
            start, end = int(self._start[low + starts[k]]), int(self._end[low + ends[k]])
            out.append(Span(start, end, text[start:end], min(1.0, float(weights[k]) / total)))
        return tuple(out)

    def _add_phrases(self, part: NDArray[np.float64], doc: int, column: int, low: int) -> None:
        here = slice(self._bounds[doc], self._bounds[doc + 1])
        first, last = self._first[here] - low, self._last[here] - low
        if not len(first):
            return
        length = last - first + 1
        given = self._value[here] * self._model.weights[self._feature[here], column] / length
        # What falls to a token is a running sum of what begins and ends there.
        change = np.bincount(first, weights=given, minlength=len(part) + 1)
        change -= np.bincount(last + 1, weights=given, minlength=len(part) + 1)
        part += np.cumsum(change)[: len(part)]

    def _add_names(self, part: NDArray[np.float64], doc: int, column: int, tag: int, low: int) -> None:
        here = slice(self._name_bounds[doc], self._name_bounds[doc + 1])
        if here.start == here.stop:
            return
        layout, weights = self._model.layout, self._model.weights
        base = weights.shape[0] - 2 * layout.n_tags
        row = slice(self._matrix.indptr[doc], self._matrix.indptr[doc + 1])
        columns, values = self._matrix.indices[row], self._matrix.data[row]
        tags = self._name_tag[here]
        for feature, mine in ((base + tag, tags == tag), (base + layout.n_tags + tag, layout.above[tag][tags])):
            present = np.flatnonzero(columns == feature)
            if not mine.any() or not len(present):
                continue
            given = float(values[present[0]]) * float(weights[feature, column]) / int(mine.sum())
            places = zip((self._name_first[here][mine] - low).tolist(), (self._name_last[here][mine] - low).tolist(), strict=True)
            for a, b in places:
                part[a : b + 1] += given / (b - a + 1)
