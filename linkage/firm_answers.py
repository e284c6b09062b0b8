"""What people have said of pairs of firms, brought to bear on the mentions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .errors import LinkError
from .firm_clusters import cluster
from .names import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .firm_nodes import Node
    from .firm_review import Answer, Side

    Pair = tuple[int, int]


class Review:
    """The answers of a review table, by nodes.

    Attributes:
        together, kept_apart: pairs of nodes, the smaller first, and the row that says so.
        stated: nodes of the left and of the right firm that a row relates.
        unused: rows that name no firm of the tables.
        problems: what a user should know of them, a line each.

    Raises:
        LinkError: both sides of a row are one name.
    """

    def __init__(self, nodes: Sequence[Node], answers: Sequence[Answer], path: str) -> None:
        self.nodes, self.path = nodes, path
        self.together: dict[Pair, Answer] = {}
        self.kept_apart: dict[Pair, Answer] = {}
        self.stated: list[tuple[list[int], list[int], Answer]] = []
        self.unused, self.problems = 0, []
        by_name: defaultdict[str, list[int]] = defaultdict(list)
        by_id: dict[tuple[str, str], int] = {}
        for number, node in enumerate(nodes):
            for name in {fold(written) for written in node.written}:
                by_name[name].append(number)
            if node.id:
                by_id[node.id] = number
        for answer in answers:
            left, right = self._find(answer.left, by_name, by_id), self._find(answer.right, by_name, by_id)
            if not left or not right:
                self.unused += 1
                lost = answer.right if left else answer.left
                self.problems.append(f"{path}, line {answer.row}: no table names {str(lost)!r}; the row is not used")
                continue
            if answer.answer != "yes" and set(left) & set(right):
                raise LinkError(f"{path}, line {answer.row}: both sides are one name without ids that tell them apart")
            for a in left:
                for b in right:
                    pair = (min(a, b), max(a, b))
                    if a != b:
                        (self.together if answer.answer == "yes" else self.kept_apart)[pair] = answer
            if answer.answer not in ("yes", "no"):
                self.stated.append((left, right, answer))

    def _find(self, side: Side, by_name: dict[str, list[int]], by_id: dict[tuple[str, str], int]) -> list[int]:
        """The nodes that a side of a row stands for."""
        if side.ids:
            named = [by_id[identity] for identity in side.ids if identity in by_id]
            if named:
                return named
        found = by_name.get(fold(side.name), []) if side.name else []
        without = [n for n in found if self.nodes[n].id is None]
        found = without if without and not side.ids else found
        if side.country:
            home = side.country.strip().upper()
            # A name without a country is the reviewed firm's unless another bearer of the name has just that country.
            exact = [n for n in found if self.nodes[n].country == home]
            return exact or [n for n in found if not self.nodes[n].country]
        return found

    def apart(self, a: int, b: int) -> bool:
        """Whether two nodes must never be one firm: two ids of one scheme, or told apart."""
        first, second = self.nodes[a].id, self.nodes[b].id
        return (a, b) in self.kept_apart or (
            first is not None and second is not None and first[0] == second[0] and first != second
        )

    def check(self, together: dict[Pair, Answer]) -> list[Pair]:
        """The pairs to join, if they can be.

        Raises:
            LinkError: they join what other rows tell apart, or two ids of one scheme.
        """
        joined = cluster(len(self.nodes), {}, lambda weight: False, self.apart, together)
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for number, root in enumerate(joined.of):
            groups[root].append(number)
        rows: dict[int, Answer] = {}
        for pair, answer in sorted(together.items()):
            rows.setdefault(joined.of[pair[0]], answer)
        for root, answer in rows.items():
            members = groups[root]
            for i, a in enumerate(members):
                for b in members[i + 1 :]:
                    if not self.apart(a, b):
                        continue
                    if (a, b) in self.kept_apart:
                        other = self.kept_apart[a, b].row
                        raise LinkError(f"{self.path}: line {other} keeps apart what yes joins (line {answer.row})")
                    ids = " and ".join(
                        f"{scheme} {value}" for scheme, value in (self.nodes[a].id or ("", ""), self.nodes[b].id or ("", ""))
                    )
                    raise LinkError(f"{self.path}, line {answer.row}: yes would join two ids of one scheme, {ids}")
        return sorted(together)
