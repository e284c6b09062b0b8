"""Small worlds of mentions, resolved in memory."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from techtags.linkage import store
from techtags.linkage.firms import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from techtags.linkage.firms import FirmCounts

PAIRS = Path(__file__).parent / "data" / "firm_pairs.tsv"


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention; `id` is scheme:id."""

    name: str | None
    country: str = ""
    id: str = ""
    role: str = "subject"
    record: int = 0
    person: bool = False


@dataclass
class World:
    """A database in memory and what `resolve` made of it."""

    connection: duckdb.DuckDBPyConnection
    counts: FirmCounts
    mentions: list[Mention] = field(default_factory=list)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    @property
    def firm_of(self) -> list[int]:
        """The firm of each mention, in order."""
        return [firm for (firm,) in self.rows("SELECT firm_id FROM firm_mentions ORDER BY mention_id")]

    @property
    def how(self) -> list[str]:
        return [how for (how,) in self.rows("SELECT how FROM firm_mentions ORDER BY mention_id")]

    @property
    def groups(self) -> set[frozenset[str]]:
        """The names of each firm."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for mention, firm in zip([m for m in self.mentions if not m.person and (m.name or m.id)], self.firm_of, strict=True):
            found[firm].add(mention.name or mention.id)
        return {frozenset(names) for names in found.values()}

    @property
    def relations(self) -> set[tuple[str, str, str, str]]:
        """From, relation, to, source, by the firms' names."""
        return set(
            self.rows(
                """SELECT a.name, relation, b.name, source FROM firm_relations
                JOIN firms AS a ON a.firm_id = from_firm JOIN firms AS b ON b.firm_id = to_firm"""
            )
        )

    @property
    def doubts(self) -> set[frozenset[str]]:
        return {frozenset(pair) for pair in self.rows("SELECT left_name, right_name FROM firm_doubts")}

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: rows for table, rows in store.contents(self.connection).items() if table.startswith("firm")}


def fill(mentions: Sequence[Mention], settings: str = "{}") -> duckdb.DuckDBPyConnection:
    """A database in memory that holds these mentions, each of a record of its own unless it says which."""
    connection = duckdb.connect()
    connection.execute(store._schema())
    store.insert(
        connection,
        "tables",
        {
            "table_id": ["deals"], "kind": ["investment"], "path": ["deals.csv"], "sha256": ["0"], "rows": [len(mentions)],
            "settings": [settings], "tagged_with": [""],
        },
    )  # fmt: skip
    records = [m.record or i for i, m in enumerate(mentions, start=1)]
    known = sorted(set(records))
    many = len(known)
    store.insert(
        connection,
        "records",
        {
            "record_id": known,
            "table_id": ["deals"] * many,
            "row": known,
            "kind": ["investment"] * many,
            "status": ["none"] * many,
        },
    )
    store.insert(
        connection,
        "mentions",
        {
            "mention_id": list(range(1, len(mentions) + 1)),
            "record_id": records,
            "role": [m.role for m in mentions],
            "name": [m.name for m in mentions],
            "scheme": [m.id.partition(":")[0] or None for m in mentions],
            "given_id": [m.id.partition(":")[2] or None for m in mentions],
            "country": [m.country or None for m in mentions],
            "person": [m.person for m in mentions],
        },
    )
    return connection


def world(*mentions: Mention | str, settings: str = "{}", **options: Any) -> World:
    """Resolve some mentions; a string is a name alone."""
    all_of_them = [Mention(m) if isinstance(m, str) else m for m in mentions]
    connection = fill(all_of_them, settings)
    return World(connection, resolve(connection, **options), all_of_them)


def pairs(half: str) -> Iterator[dict[str, str]]:
    """The rows of firm_pairs.tsv of one half."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        yield from (row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["half"] == half)
