"""Mentions put together where no weighing is needed: one id, or one name and country letter by letter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .firm_ids import read_id
from .names import FirmName, fold, parse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(slots=True)
class Node:
    """Mentions that are one firm beyond doubt.

    Attributes:
        key: orders nodes, whatever order mentions came in; ids sort before names.
        id: scheme and id that they share, or None.
        mentions: their ids in the database.
        written, countries: what they are called and where they are, and how often.
    """

    key: tuple[str, str, str]
    id: tuple[str, str] | None
    mentions: list[int] = field(default_factory=list)
    written: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)

    @property
    def country(self) -> str:
        """The commonest, or ''."""
        return commonest(self.countries)

    def names(self) -> list[FirmName]:
        """Its own names, taken apart."""
        return list(dict.fromkeys(parse(name) for name in sorted(self.written)))


def read_nodes(connection: DuckDBPyConnection, problems: list[str]) -> tuple[list[Node], int]:
    """Mentions put together where no weighing is needed, and how many ids were wrong."""
    rows = connection.execute(
        "SELECT mention_id, name, scheme, given_id, country FROM mentions WHERE NOT person ORDER BY mention_id"
    ).fetchall()
    found: dict[tuple[str, str, str], Node] = {}
    wrong = 0
    for mention, name, scheme, given, country in rows:
        written, home = (name or "").strip(), (country or "").strip().upper()
        identity = read_id(scheme, given)
        if identity and identity.problem:
            wrong += 1
            problems.append(
                f"{identity.scheme} {identity.id} of {written or 'a firm without a name'}: {identity.problem}; not used"
            )
            identity = None
        if identity:
            key = ("id", identity.scheme, identity.id)
        elif written:
            key = ("name", fold(written), home)
        else:
            continue
        node = found.setdefault(key, Node(key, (identity.scheme, identity.id) if identity else None))
        node.mentions.append(mention)
        if written:
            node.written[written] += 1
        if home:
            node.countries[home] += 1
    return [found[key] for key in sorted(found)], wrong


def commonest(counted: Counter[str]) -> str:
    """The commonest text, of these the longest; '' if there is none."""
    return min(counted, key=lambda text: (-counted[text], -len(text), text)) if counted else ""
