"""The second stage: from margins of linear machines to calibrated probabilities.

A margin means different things in different company: -0.2 with no rival is a likely tag, -0.2 behind two rivals of the same
domain is not.  For each tag that comes into question for a text, a small network sees its margin, its rank, its rivals,
its parent's and its domain's margins, what the taxonomy's words say, and how much the text says at all; its outputs are
probabilities because it was trained on predictions for rows that the first stage had not seen (stacking: Wolpert, 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..taxonomy import Taxonomy

LEAST_MARGIN = -0.95
LEAST_CLOSURE_MARGIN = -1.05
MOST_CANDIDATES = 12
FLOOR = 1e-4  # probability of a tag that does not come into question


@dataclass(frozen=True, slots=True)
class Network:
    """A small feed-forward network: standardised inputs, ReLU layers, logistic outputs.

    Attributes:
        mean, scale: (f,) of the inputs.
        weights, biases: one array a layer.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, f) inputs to (n, outputs) probabilities."""
        z: NDArray[Any] = ((x - self.mean) / self.scale).astype(np.float32)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = z @ weight + bias
            if i < len(self.weights) - 1:
                z = np.maximum(z, np.float32(0))
        out: NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        return out

    def arrays(self, prefix: str) -> dict[str, NDArray[np.float32]]:
        """The network as named arrays."""
        out = {f"{prefix}mean": self.mean, f"{prefix}scale": self.scale}
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            out[f"{prefix}w{i}"], out[f"{prefix}b{i}"] = weight, bias
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float32]], prefix: str) -> Network:
        """The inverse of `arrays`."""
        n = sum(name.startswith(f"{prefix}w") for name in arrays)
        return cls(
            arrays[f"{prefix}mean"],
            arrays[f"{prefix}scale"],
            tuple(arrays[f"{prefix}w{i}"] for i in range(n)),
            tuple(arrays[f"{prefix}b{i}"] for i in range(n)),
        )


class Layout:
    """Where things stand in the outputs of the first stage, and how the tags hang together.

    The outputs are: one column a tag (this very tag was given), one a tag with children (it or a tag below it was given),
    and one for any technology at all.

    Args:
        taxonomy: the release.
        order: ids of the tags, in the order of the outputs.
    """

    def __init__(self, taxonomy: Taxonomy, order: Sequence[str]) -> None:
        self.order = tuple(order)
        self.n_tags = n = len(self.order)
        position = {t: i for i, t in enumerate(self.order)}
        self.ancestors = [tuple(position[a] for a in taxonomy.ancestor_ids(t) if a in position) for t in self.order]
        self.descendants: list[list[int]] = [[] for _ in range(n)]
        for i, above in enumerate(self.ancestors):
            for a in above:
                self.descendants[a].append(i)
        self.internal = np.array([i for i in range(n) if self.descendants[i]], dtype=np.int64)
        self.n_outputs = n + len(self.internal) + 1
        closure_column = {int(i): n + k for k, i in enumerate(self.internal)}
        self.domain = np.array([above[-1] if above else i for i, above in enumerate(self.ancestors)], dtype=np.int64)
        parent = [above[0] if above else i for i, above in enumerate(self.ancestors)]
        # A domain without children has no closure column; its own column says the same.
        self.domain_column = np.array([closure_column.get(int(d), int(d)) for d in self.domain])
        self.parent_column = np.array([closure_column.get(p, p) for p in parent])
        self.closure_column = np.array([closure_column.get(i, i) for i in range(n)])
        self.level = np.array([len(above) + 1 for above in self.ancestors])
        # Whether the first tag stands above the second.
        self.above = np.zeros((n, n), dtype=bool)
        for i, above in enumerate(self.ancestors):
            self.above[list(above), i] = True
        # For each tag with children: whether a tag is it or stands below it.
        self.family = self.above[self.internal]
        self.family[np.arange(len(self.internal)), self.internal] = True


@dataclass(frozen=True, slots=True)
class Candidates:
    """Tags that come into question: parallel arrays of text, tag, and the network's inputs (n, f)."""

    doc: NDArray[np.int64]
    tag: NDArray[np.int64]
    inputs: NDArray[np.float32]


def candidates(seen: Seen, prior: NDArray[np.float32], layout: Layout) -> Candidates:
    """The tags that come into question for each text, described for the exact-tag network.

    Args:
        seen: of the first stage.
        prior: (tags,) logarithms of the tags' shares of the training rows.
        layout: of the outputs.
    """
    margins, own, below, length, chinese = seen.margins, seen.own, seen.below, seen.length, seen.chinese
    t = layout.n_tags
    exact = margins[:, :t]
    top = np.argpartition(-exact, min(MOST_CANDIDATES, t - 1), axis=1)[:, :MOST_CANDIDATES]
    values = np.take_along_axis(exact, top, 1)
    order = np.argsort(-values, axis=1, kind="stable")
    top, values = np.take_along_axis(top, order, 1), np.take_along_axis(values, order, 1)
    doc, rank = np.nonzero(values > LEAST_MARGIN)
    tag, margin = top[doc, rank], values[doc, rank]
    rival = np.where(rank == 0, values[doc, 1], values[doc, 0])
    # The strongest other candidate of the same domain, and the strongest below the tag.
    near = np.full(len(doc), -2.0, dtype=np.float32)
    under = np.full(len(doc), -2.0, dtype=np.float32)
    domains = layout.domain[top]
    for k in range(top.shape[1]):
        other, value = top[doc, k], values[doc, k]
        same = (domains[doc, k] == layout.domain[tag]) & (other != tag)
        near = np.where(same, np.maximum(near, value), near)
        child = layout.above[tag, other]
        under = np.where(child, np.maximum(under, value), under)
    mine, lower = own[doc, tag], below[doc, tag]
    total = own.sum(axis=1)
    inputs = np.stack(
        [
            margin,
            rival,
            margin - rival,
            margins[doc, layout.domain_column[tag]],
            margins[doc, layout.parent_column[tag]],
            margins[doc, layout.closure_column[tag]],
            margins[doc, -1],
            near,
            under,
            mine,
            lower,
            mine / (1e-6 + total[doc]),
            np.log1p((own > 0).sum(axis=1))[doc],
            1 / (1.0 + rank),
            (values > -0.3).sum(axis=1)[doc],
            chinese[doc],
            np.log1p(length)[doc],
            prior[tag],
            layout.level[tag],
        ],
        axis=1,
    ).astype(np.float32)
    return Candidates(doc, tag, inputs)


def closure_candidates(seen: Seen, exact: NDArray[np.float32], layout: Layout) -> Candidates:
    """The tags with children that come into question, described for the network that tells whether the tag, or any tag
    below it, applies.

    Args:
        seen: of the first stage.
        exact: (n, tags) probabilities of the exact tags.
        layout: of the outputs.
    """
    margins, internal = seen.margins, layout.internal
    closure = margins[:, layout.closure_column[internal]]
    some = 1 - np.exp(np.log1p(-np.minimum(exact, 0.999)) @ layout.family.T.astype(np.float32))
    rank = np.argsort(np.argsort(-closure, axis=1), axis=1)
    doc, k = np.nonzero((closure > LEAST_CLOSURE_MARGIN) | (some > 0.1))
    tag = internal[k]
    most = np.zeros(len(doc), dtype=np.float32)
    for at, members in enumerate(layout.family):
        here = k == at
        most[here] = exact[np.ix_(doc[here], np.flatnonzero(members))].max(axis=1, initial=0)
    best = closure.max(axis=1)
    inputs = np.stack(
        [
            closure[doc, k],
            margins[doc, tag],
            margins[doc, layout.domain_column[tag]],
            best[doc] - closure[doc, k],
            1 / (1.0 + rank[doc, k]),
            margins[doc, -1],
            logit(some[doc, k]),
            logit(most),
            seen.own[doc, tag],
            seen.below[doc, tag],
            logit(exact.max(axis=1)[doc]),
            seen.chinese[doc],
            np.log1p(seen.length)[doc],
            layout.level[tag] == 1,
        ],
        axis=1,
    ).astype(np.float32)
    return Candidates(doc, tag, inputs)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the first stage says of texts, and what the second sees beside it.

    Attributes:
        margins: (n, outputs).
        own, below: (n, tags) alias features: of the tag, of tags below it.
        length: (n,) how many known phrases the text has.
        chinese: (n,) share of its tokens that are Chinese characters.
    """

    margins: NDArray[np.float32]
    own: NDArray[np.float32]
    below: NDArray[np.float32]
    length: NDArray[np.float32]
    chinese: NDArray[np.float32]

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Seen:
        return Seen(self.margins[rows], self.own[rows], self.below[rows], self.length[rows], self.chinese[rows])

    def __len__(self) -> int:
        return len(self.margins)


@dataclass(frozen=True, slots=True)
class Probabilities:
    """What the second stage makes of it, (n, tags) each.

    Attributes:
        exact: probability that this very tag is given.
        closure: probability that this tag or one below it is given; at least that of every tag below.
        primary: how likely the tag is the first one; only its order means something.
    """

    exact: NDArray[np.float32]
    closure: NDArray[np.float32]
    primary: NDArray[np.float32]

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Probabilities:
        return Probabilities(self.exact[rows], self.closure[rows], self.primary[rows])


def probabilities(
    seen: Seen, exact_network: Network, closure_network: Network | None, prior: NDArray[np.float32], layout: Layout
) -> Probabilities:
    """From margins to probabilities.

    Args:
        seen: of the first stage.
        exact_network: gives the exact and the primary probability of a candidate.
        closure_network: gives the closure probability of a tag with children; without it the closure is left as the exact.
        prior: as in `candidates`.
        layout: of the outputs.
    """
    found = candidates(seen, prior, layout)
    exact = np.full((len(seen), layout.n_tags), FLOOR, dtype=np.float32)
    primary = exact.copy()
    if len(found.doc):
        out = exact_network(found.inputs)
        exact[found.doc, found.tag], primary[found.doc, found.tag] = out[:, 0], out[:, 1]
    closure = exact.copy()
    if closure_network is not None and len(seen):
        wide = closure_candidates(seen, exact, layout)
        if len(wide.doc):
            closure[wide.doc, wide.tag] = closure_network(wide.inputs)[:, 0]
        raise_ancestors(closure, layout)
    return Probabilities(exact, closure, primary)


def raise_ancestors(closure: NDArray[np.float32], layout: Layout) -> None:
    """Make each tag at least as probable as every tag below it, in place; children stand after their parents."""
    for i in range(layout.n_tags - 1, -1, -1):
        if layout.ancestors[i]:
            parent = layout.ancestors[i][0]
            np.maximum(closure[:, parent], closure[:, i], out=closure[:, parent])


def logit(p: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-odds of probabilities, those near 0 and 1 held off by `FLOOR`."""
    p = np.clip(p, FLOOR, 1 - FLOOR)
    out: NDArray[np.float32] = np.log(p / (1 - p))
    return out


def logistic(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of log-odds."""
    out: NDArray[np.float32] = (1 / (1 + np.exp(-np.clip(z, -30, 30)))).astype(np.float32)
    return out
