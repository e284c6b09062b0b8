"""Small databases of linked data sets, written row by row, for tests of what reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb

from techtags.linkage import store
from techtags.linkage.selection import Linked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# id: (English, Chinese, parent), depth first.
TREE: dict[str, tuple[str, str, str | None]] = {
    "energy": ("Energy", "能源", None),
    "solar": ("Solar energy", "太阳能", "energy"),
    "photovoltaics": ("Photovoltaics", "光伏", "solar"),
    "solar-heat": ("Solar heat", "光热", "solar"),
    "wind": ("Wind power", "风电", "energy"),
    "software": ("Software", "软件", None),
    "databases": ("Databases", "数据库", "software"),
    "robotics": ("Robotics", "机器人", None),
}
COLLECTIONS = {"sunny-list": ["solar"], "made-up-plan": ["wind", "databases"]}


@dataclass(frozen=True)
class Record:
    """A record to be; `tags` holds ids, or ids with probabilities."""

    tags: Sequence[str] | Mapping[str, float | None] = ()
    year: int | None = 2020
    table: str = "deals"
    country: str | None = None
    amount: float | None = None
    currency: str | None = None
    common: float | None = None
    firms: Sequence[int] = ()
    status: str | None = None
    roles: Mapping[str, Sequence[int]] = field(default_factory=dict)


def above(tag: str) -> Iterator[str]:
    """The tag and those above it."""
    at: str | None = tag
    while at:
        yield at
        at = TREE[at][2]


def build(
    path: Path,
    records: Sequence[Record],
    kinds: Mapping[str, str] | None = None,
    firms: Mapping[int, str] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> Path:
    """Write a database with these records and the small tree of this module."""
    with store.replacing(path) as connection:
        fill(connection, records, kinds, firms, provenance)
    return path


def in_memory(records: Sequence[Record], **how: Mapping[Any, str]) -> Linked:
    """The same in memory, open for reading: for tests that need many."""
    connection = duckdb.connect()
    connection.execute((files("techtags.linkage") / "schema.sql").read_text(encoding="utf-8"))
    fill(connection, records, **how)
    return Linked(connection, "world")


def fill(
    connection: duckdb.DuckDBPyConnection,
    records: Sequence[Record],
    kinds: Mapping[str, str] | None = None,
    firms: Mapping[int, str] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> None:
    """Fill an empty database."""
    kinds = kinds or {"deals": "investment"}

    def put(table: str, names: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            store.insert(connection, table, dict(zip(names.split(), zip(*rows, strict=True), strict=True)))

    put("provenance", "key value", [("schema", store.SCHEMA_VERSION), *(provenance or {}).items()])
    counts = {t: sum(r.table == t for r in records) for t in kinds}
    put("tables", "table_id kind path sha256 rows settings tagged_with",
        [(t, kind, f"{t}.csv", "0" * 64, counts[t], "{}", "test") for t, kind in kinds.items()])  # fmt: skip
    level = {tag: len(list(above(tag))) for tag in TREE}
    put("tags", "tag label_en label_zh level domain parent",
        [(t, en, zh, level[t], list(above(t))[-1], parent) for t, (en, zh, parent) in TREE.items()])  # fmt: skip
    put("tag_closure", "tag ancestor distance", [(t, a, i) for t in TREE for i, a in enumerate(above(t))])
    put("collection_tags", "collection tag",
        [(c, t) for c, members in COLLECTIONS.items() for t in TREE if set(above(t)) & set(members)])  # fmt: skip
    put("firms", "firm_id name other_names", [(i, n, "[]") for i, n in (firms or {}).items()])
    rows, assigned, mentions, linked = [], [], [], []
    for number, r in enumerate(records, 1):
        status = r.status or ("tagged" if r.tags else "none")
        rows.append((number, r.table, number, kinds[r.table], r.year, r.amount, r.currency, r.common, r.country, status))
        given = r.tags if isinstance(r.tags, dict) else dict.fromkeys(r.tags, 1.0)
        assigned += [(number, t, rank, p, "text" if p is not None else "label") for rank, (t, p) in enumerate(given.items(), 1)]
        for role, ids in {"subject": r.firms, **r.roles}.items():
            for firm in ids:
                mentions.append((len(mentions) + 1, number, role, str(firm), False))
                linked.append((len(linked) + 1, firm, "id", None, 1.0))
    put("records", "record_id table_id row kind year amount currency amount_common country status", rows)
    put("assignments", "record_id tag rank score basis", assigned)
    put("mentions", "mention_id record_id role name person", mentions)
    put("firm_mentions", "mention_id firm_id how weight probability", linked)
