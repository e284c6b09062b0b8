"""Which names go together: links between pairs to firms, never joining what must stay apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Pair = tuple[int, int]

# Two firms that a name fits about equally (weights within so many bits): neither gets it.
_CLOSE = 4.0


@dataclass(slots=True)
class Clusters:
    """What `cluster` gives.

    Attributes:
        of: the cluster of each node; clusters are numbered by their first node.
        refused: pairs that were sure enough on their own and were not joined, and why.
    """

    of: list[int]
    refused: dict[Pair, str] = field(default_factory=dict)


def cluster(
    size: int,
    weights: Mapping[Pair, float],
    sure: Callable[[float], bool],
    apart: Callable[[int, int], bool],
    together: Iterable[Pair] = (),
) -> Clusters:
    """Join nodes into firms, the heaviest links first.

    A link is not followed where it would join two nodes that must stay apart, or two that were weighed and not found to be
    sure. A node that fits two such nodes about equally well goes with neither.

    Args:
        size: nodes are 0 to size - 1, in an order that does not depend on where they were read.
        weights: of the pairs that were weighed, the smaller node first.
        sure: whether a weight is enough.
        apart: whether two nodes must never be one firm.
        together: pairs that are joined whatever their weight.
    """
    joined = set(together)

    def conflict(a: int, b: int) -> bool:
        pair = (min(a, b), max(a, b))
        return apart(*pair) or (pair in weights and pair not in joined and not sure(weights[pair]))

    forest = _Forest(size)
    for a, b in sorted(joined):
        forest.join(a, b)
    links = {pair: weight for pair, weight in weights.items() if sure(weight)}
    refused = {pair: "two ids of one scheme, or told apart in the review" for pair in links if apart(*pair)}
    refused |= _torn({pair: weight for pair, weight in links.items() if pair not in refused}, conflict)
    for (a, b), _ in sorted(links.items(), key=lambda link: (-link[1], link[0])):
        if (a, b) in refused or forest.root(a) == forest.root(b):
            continue
        # Pairs that a person has joined cannot hold a conflict against one another, only against others.
        if any(conflict(x, y) for x in forest.members(a) for y in forest.members(b)):
            refused[a, b] = "would join names that differ"
        else:
            forest.join(a, b)
    return Clusters([forest.root(node) for node in range(size)], refused)


def _torn(links: Mapping[Pair, float], conflict: Callable[[int, int], bool]) -> dict[Pair, str]:
    """Links of nodes that fit two others which are not one firm."""
    beside: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for (a, b), weight in links.items():
        beside[a].append((weight, b))
        beside[b].append((weight, a))
    torn: dict[Pair, str] = {}
    for node, others in beside.items():
        others.sort(key=lambda other: (-other[0], other[1]))
        for place, (weight, other) in enumerate(others):
            for heavier, rival in others[:place]:
                if conflict(other, rival):
                    torn[min(node, other), max(node, other)] = "fits another firm too"
                    if heavier - weight < _CLOSE:
                        torn[min(node, rival), max(node, rival)] = "fits another firm too"
    return torn


class _Forest:
    """Disjoint sets that know their members; the smallest is the root."""

    def __init__(self, size: int) -> None:
        self._root = list(range(size))
        self._members: dict[int, list[int]] = {}

    def root(self, node: int) -> int:
        return self._root[node]

    def members(self, node: int) -> Sequence[int]:
        return self._members.get(self._root[node], [self._root[node]])

    def join(self, a: int, b: int) -> None:
        low, high = sorted((self._root[a], self._root[b]))
        if low == high:
            return
        moved = self._members.pop(high, [high])
        for node in moved:
            self._root[node] = low
        self._members.setdefault(low, [low]).extend(moved)
