"""The same firm across tables: by id first, then by name; branches and subsidiaries are relations and not merges.

docs/firms.md says in words what happens here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import relations, store
from .firm_answers import Review
from .firm_clusters import cluster
from .firm_model import BACKENDS, Frequencies, certain_weight, frequencies, probability, score
from .firm_nodes import Node, commonest, read_nodes
from .firm_review import read_review
from .firm_why import why
from .names import FirmName, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    Pair = tuple[int, int]

ID, SAME_NAME, SPLINK, REVIEW, ALONE = "id", "name", "splink", "review", "alone"
_TABLES = ("firms", "firm_ids", "firm_mentions", "firm_relations", "firm_doubts")
_SHOWN = 20  # problems that are spelled out
# Firm ids are hashes of so many bits: spreadsheets keep whole numbers of 15 digits.
_ID_BITS = 49


@dataclass(frozen=True, slots=True)
class FirmCounts:
    """What `resolve` has found.

    Attributes:
        mentions, firms: how many.
        how: mentions by the way that their firm was found: id, name, splink, review, alone.
        relations, doubts: how many.
        wrong_ids: ids whose check digit is wrong or that have the wrong form; they prove nothing.
        unused: filled rows of the review table that name no firm of the tables.
        problems: the first of both in words, a line each.
    """

    mentions: int = 0
    firms: int = 0
    how: dict[str, int] = field(default_factory=dict)
    relations: int = 0
    doubts: int = 0
    wrong_ids: int = 0
    unused: int = 0
    problems: tuple[str, ...] = ()


def resolve(
    connection: DuckDBPyConnection,
    *,
    threshold: float = 0.95,
    doubt: float = 0.5,
    links: Path | None = None,
    backend: str = "duckdb",
) -> FirmCounts:
    """Find the firms behind the mentions, and fill the tables `firms` and `firm_*`.

    People's mentions are left out.  The same mentions give the same firms, ids and rows, in whatever order they stand.

    Args:
        connection: a database with our schema, whose `mentions` are filled; what the firms' tables held goes.
        threshold: two names whose probability of being one firm reaches it are one.
        doubt: pairs from here to the threshold go to `firm_doubts`.
        links: a filled review table; its answers overrule what is found.
        backend: ``duckdb``, or ``spark`` for tables that do not fit one machine.

    Raises:
        ValueError: not 0 < doubt <= threshold <= 1, or there is no such backend.
        LinkError: a library is missing; the review table cannot be read, contradicts itself or joins two ids of one scheme.
    """
    if not 0 < doubt <= threshold <= 1:
        raise ValueError(f"need 0 < doubt <= threshold <= 1, not doubt {doubt} and threshold {threshold}")
    if backend not in BACKENDS:
        raise ValueError(f"backend is {backend!r}; there are {', '.join(BACKENDS)}")
    answers = read_review(links) if links is not None else ()
    problems: list[str] = []
    nodes, wrong = read_nodes(connection, problems)
    review = Review(nodes, answers, str(links))
    problems += review.problems
    model = _Model(nodes, backend)
    weights = model.weights
    clusters = cluster(
        len(nodes), weights, lambda weight: probability(weight) >= threshold, review.apart, review.check(review.together)
    )
    firms = _Firms(nodes, clusters.of)
    mentions = _mention_rows(nodes, firms, model, review, threshold)
    firm_of = dict(zip(mentions["mention_id"], mentions["firm_id"], strict=True))
    found = _relations(connection, nodes, firms, model, review, firm_of)
    doubts = _doubt_rows(nodes, firms, weights, clusters.refused, review, doubt, {(r.from_firm, r.to_firm) for r in found})
    connection.execute("BEGIN")
    try:
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table}")
        firms.write(connection)
        store.insert(connection, "firm_mentions", mentions)
        store.insert(connection, "firm_relations", _columns(found))
        store.insert(connection, "firm_doubts", doubts)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return FirmCounts(
        mentions=len(mentions["mention_id"]),
        firms=len(firms.ids),
        how=dict(sorted(Counter(mentions["how"]).items())),
        relations=len(found),
        doubts=len(doubts["left_firm"]),
        wrong_ids=wrong,
        unused=review.unused,
        problems=tuple(problems[:_SHOWN]),
    )


class _Model:
    """The weights of pairs of nodes: of their names, the heaviest, those in brackets and behind "formerly" among them."""

    def __init__(self, nodes: Sequence[Node], backend: str) -> None:
        self.names = [node.names() for node in nodes]
        own = [name for names in self.names for name in names]
        self.size = len(nodes)
        rows: list[tuple[int, str, FirmName]] = []
        for number, names in enumerate(self.names):
            rows += [(number, "own", name) for name in names]
            aliases = dict.fromkeys((alias.kind, parse(alias.name)) for name in names for alias in name.aliases)
            rows += [(number, kind, name) for kind, name in aliases]
        self.counted: Frequencies = frequencies([name for _, _, name in rows] or own)
        self.weights: dict[Pair, float] = {}
        if len(nodes) < 2 or not rows:
            return
        scored = score(
            [name for _, _, name in rows],
            [nodes[number].country for number, _, _ in rows],
            self.counted,
            size=self.size,
            backend=backend,
        )
        for left, right, weight in zip(scored.left, scored.right, scored.weight, strict=True):
            (a, a_kind, _), (b, b_kind, _) = rows[left], rows[right]
            if a == b or (a_kind not in ("own", "spelling") and b_kind not in ("own", "spelling")):
                continue
            pair = (min(a, b), max(a, b))
            self.weights[pair] = max(weight, self.weights.get(pair, weight))

    def certain(self, number: int, country: str) -> float | None:
        """The weight of two mentions that bear the node's name."""
        names = self.names[number]
        return certain_weight(names[0], country, self.counted, self.size) if names else None

    def same_name(self, a: int, b: int) -> bool:
        """Whether two nodes bear one name in two spellings."""
        return bool({name.key for name in self.names[a]} & {name.key for name in self.names[b]})


class _Firms:
    """The firms, by the clusters of nodes."""

    def __init__(self, nodes: Sequence[Node], of: Sequence[int]) -> None:
        self.nodes = nodes
        self.members: defaultdict[int, list[int]] = defaultdict(list)
        for number, root in enumerate(of):
            self.members[root].append(number)
        self.ids: dict[int, int] = {}
        taken: set[int] = set()
        for root in sorted(self.members, key=lambda root: nodes[self.members[root][0]].key):
            # Ids sort before names, so that a firm with an id goes by it, whatever else it is called.
            text = json.dumps(nodes[self.members[root][0]].key, ensure_ascii=False)
            number = 0
            while (made := _hash(text, number)) in taken:
                number += 1
            taken.add(made)
            self.ids[root] = made
        self.of_node = [self.ids[root] for root in of]
        self.nodes_of = {self.ids[root]: members for root, members in self.members.items()}

    def written(self, firm: int) -> Counter[str]:
        """The firm's names as written, and how often each is."""
        total: Counter[str] = Counter()
        for number in self.nodes_of[firm]:
            total += self.nodes[number].written
        return total

    def name(self, firm: int) -> str | None:
        """The commonest, of these the longest."""
        return commonest(self.written(firm)) or None

    def write(self, connection: DuckDBPyConnection) -> None:
        """Fill `firms` and `firm_ids`."""
        columns: dict[str, list[Any]] = {"firm_id": [], "name": [], "other_names": [], "country": []}
        ids: dict[str, list[Any]] = {"firm_id": [], "scheme": [], "id": []}
        for firm in sorted(self.nodes_of):
            name = self.name(firm)
            countries: Counter[str] = Counter()
            for number in self.nodes_of[firm]:
                countries += self.nodes[number].countries
                if identity := self.nodes[number].id:
                    for column, value in zip(ids, (firm, *identity), strict=True):
                        ids[column].append(value)
            others = sorted(set(self.written(firm)) - {name})
            row = (firm, name, json.dumps(others, ensure_ascii=False), commonest(countries) or None)
            for column, value in zip(columns, row, strict=True):
                columns[column].append(value)
        store.insert(connection, "firms", columns)
        store.insert(connection, "firm_ids", ids)


def _hash(text: str, number: int) -> int:
    digest = hashlib.blake2b(f"{text}{number or ''}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _ID_BITS)


def _mention_rows(nodes: Sequence[Node], firms: _Firms, model: _Model, review: Review, threshold: float) -> dict[str, list[Any]]:
    """How each mention came to its firm."""
    best: dict[int, tuple[float, int]] = {}
    for (a, b), weight in sorted(model.weights.items()):
        if firms.of_node[a] == firms.of_node[b] and probability(weight) >= threshold:
            for here, there in ((a, b), (b, a)):
                if here not in best or weight > best[here][0]:
                    best[here] = (weight, there)
    reviewed = {number for pair in review.together for number in pair}
    rows: list[tuple[int, int, str, float | None, float | None]] = []
    for number, node in enumerate(nodes):
        how = ALONE
        found: float | None = None
        if node.id and len(node.mentions) > 1:
            how = ID
        elif number in best:
            found = best[number][0]
            how = SAME_NAME if model.same_name(number, best[number][1]) else SPLINK
        elif number in reviewed:
            how = REVIEW
        elif len(node.mentions) > 1:
            how, found = SAME_NAME, model.certain(number, node.country)
        # What an id or a person says is certain and is not weighed.
        sure = 1.0 if how in (ID, REVIEW) else None if found is None else probability(found)
        rows += [(mention, firms.of_node[number], how, found, sure) for mention in node.mentions]
    rows.sort()
    names = ("mention_id", "firm_id", "how", "weight", "probability")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _relations(
    connection: DuckDBPyConnection,
    nodes: Sequence[Node],
    firms: _Firms,
    model: _Model,
    review: Review,
    firm_of: dict[int, int],
) -> list[relations.Relation]:
    """From the names, from columns of parents, and from the review."""
    said = {(min(firms.of_node[a], firms.of_node[b]), max(firms.of_node[a], firms.of_node[b])) for a, b in review.kept_apart}
    names = {firm: [name for number in members for name in model.names[number]] for firm, members in firms.nodes_of.items()}
    found = relations.from_names(names, model.counted, model.size, lambda a, b: (min(a, b), max(a, b)) in said)
    found += relations.from_parents(connection, firm_of)
    for left, right, answer in review.stated:
        for a in left:
            for b in right:
                lower, upper = (b, a) if answer.answer == "parent" else (a, b)
                kind = relations.BRANCH if answer.answer == "branch" else relations.SUBSIDIARY
                found.append(relations.Relation(firms.of_node[lower], firms.of_node[upper], kind, relations.REVIEW))
    return relations.without_repeats(found)


def _columns(found: Sequence[relations.Relation]) -> dict[str, list[Any]]:
    names = ("from_firm", "to_firm", "relation", "source", "weight")
    return {name: [getattr(relation, name) for relation in found] for name in names}


def _doubt_rows(
    nodes: Sequence[Node],
    firms: _Firms,
    weights: dict[Pair, float],
    refused: dict[Pair, str],
    review: Review,
    doubt: float,
    related: set[Pair],
) -> dict[str, list[Any]]:
    """Pairs of firms that a person should look at, each once, with the heaviest pair of their names."""
    best: dict[Pair, tuple[float, Pair]] = {}
    said = {(min(firms.of_node[a], firms.of_node[b]), max(firms.of_node[a], firms.of_node[b])) for a, b in review.kept_apart}
    ids = {firm: {nodes[n].id for n in members if nodes[n].id} for firm, members in firms.nodes_of.items()}
    for pair, weight in sorted(weights.items()):
        left, right = (firms.of_node[number] for number in pair)
        if left == right or probability(weight) < doubt:
            continue
        both = (min(left, right), max(left, right))
        if both in said or both in related or both[::-1] in related or _two_ids(ids[left], ids[right]):
            continue
        if both not in best or weight > best[both][0]:
            best[both] = (weight, pair)
    rows = []
    for (left, right), (weight, (a, b)) in best.items():
        first, second = (a, b) if firms.of_node[a] == left else (b, a)
        text = why(nodes[first].names(), nodes[first].country, nodes[second].names(), nodes[second].country)
        text = "; ".join(filter(None, (refused.get((a, b), ""), text)))
        # The names that were weighed: the firm's own most common one may be another.
        shown = commonest(nodes[first].written) or None, commonest(nodes[second].written) or None
        rows.append((left, right, *shown, weight, probability(weight), text))
    rows.sort(key=lambda row: (-row[4], row[0], row[1]))
    names = ("left_firm", "right_firm", "left_name", "right_name", "weight", "probability", "why")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _two_ids(first: set[Any], second: set[Any]) -> bool:
    """Whether two firms have ids of one scheme, which are then two."""
    return bool({scheme for scheme, _ in first} & {scheme for scheme, _ in second})
