"""Firms that belong to one another without being one: branches, subsidiaries, parents."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .firm_model import prior

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from .firm_model import Frequencies
    from .names import FirmName

BRANCH, SUBSIDIARY = "branch_of", "subsidiary_of"
NAME, REVIEW = "name", "review"


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """What one firm is of another.

    Attributes:
        relation: ``branch_of`` or ``subsidiary_of``.
        source: ``name`` (read from the names), ``review``, or the table and column that state it.
        weight: of a relation read from names, log2 of the odds that the two bear the name of one firm; None if it is stated.
    """

    from_firm: int
    to_firm: int
    relation: str
    source: str
    weight: float | None = None


def from_names(
    names: Mapping[int, Sequence[FirmName]],
    counted: Frequencies,
    size: int,
    ruled_out: Callable[[int, int], bool],
) -> list[Relation]:
    """Branches and arms that name their firm: "X Ltd Hangzhou Branch", X有限公司杭州分公司, X子公司, "X (Shanghai) Co., Ltd.".

    A relation is given only where exactly one firm of the table fits, and where its stem is rare enough that this is likelier
    than chance.

    Args:
        names: of each firm, its own names taken apart.
        counted: of these names.
        size: as `firm_model.score`.
        ruled_out: whether a person has said otherwise of two firms.
    """
    bearers: defaultdict[tuple[str, tuple[str, ...]], dict[tuple[int, FirmName], None]] = defaultdict(dict)
    for firm, own in names.items():
        for name in own:
            bearers[name.stem, name.business][firm, name] = None
    found: set[Relation] = set()
    for firm, own in names.items():
        for name in own:
            relation = _kind(name)
            weight = _weight(name, counted, size)
            if not relation or weight <= 0:
                continue
            fitting: dict[int, int] = {}
            for other, its in bearers[name.stem, name.business]:
                fit = _fit(name, its)
                if other != firm and fit and not ruled_out(firm, other):
                    fitting[other] = max(fit, fitting.get(other, 0))
            best = [other for other, fit in fitting.items() if fit == max(fitting.values())]
            if len(best) == 1:
                found.add(Relation(firm, best[0], relation, NAME, weight))
    return sorted(found, key=_order)


def _kind(name: FirmName) -> str:
    if name.unit:
        return SUBSIDIARY if name.unit_kind == "subsidiary" else BRANCH
    return SUBSIDIARY if name.style == "inside" else ""


def _fit(name: FirmName, other: FirmName) -> int:
    """How well `other` is the firm that `name` names itself after; 0 for not at all."""
    if other.unit or other.numbers != name.numbers:
        return 0
    if name.unit:
        exact = replace(name, unit="", unit_kind="")
        if other.key == exact.key:
            return 3
        same = other.generic == name.generic and other.rank == name.rank
        return (
            2
            if same and (other.place, other.style) == (name.place, name.style)
            else int(same and not (other.place and name.place))
        )
    # A short name may be the arm's own.
    if not other.full or other.style == "inside" or other.place == name.place or (other.rank and name.rank != other.rank):
        return 0
    if other.generic == name.generic:
        return 3 if not other.place else 2
    return 1 if not (other.generic and name.generic) else 0


def _weight(name: FirmName, counted: Frequencies, size: int) -> float:
    weight = prior(size) - math.log2(counted.stem[name.stem])
    if name.business:
        weight -= math.log2(counted.business["|".join(name.business)])
    return round(weight, 4)


def from_parents(connection: DuckDBPyConnection, firm_of: Mapping[int, int]) -> list[Relation]:
    """Owners that a table states: mentions of the role ``parent``, for the firm that their record is about.

    Args:
        connection: a database with mentions.
        firm_of: the firm of each mention.
    """
    stated = connection.execute(
        """SELECT s.mention_id, p.mention_id, r.table_id FROM mentions AS p
        JOIN mentions AS s ON s.record_id = p.record_id AND s.role = 'subject' AND NOT s.person
        JOIN records AS r ON r.record_id = p.record_id
        WHERE p.role = 'parent' AND NOT p.person ORDER BY ALL"""
    ).fetchall()
    columns = {
        table: _column(settings) for table, settings in connection.execute("SELECT table_id, settings FROM tables").fetchall()
    }
    found = {
        Relation(firm_of[subject], firm_of[parent], SUBSIDIARY, f"{table}.{columns.get(table, 'parent')}")
        for subject, parent, table in stated
        if subject in firm_of and parent in firm_of and firm_of[subject] != firm_of[parent]
    }
    return sorted(found, key=_order)


def _column(settings: str) -> str:
    """The column that a table's settings name as the parent's."""
    try:
        column: Any = json.loads(settings).get("columns", {}).get("parent", "parent")
    except (ValueError, AttributeError):
        return "parent"
    if isinstance(column, dict):
        column = column.get("column", "parent")
    return column if isinstance(column, str) else "parent"


def _order(relation: Relation) -> tuple[Any, ...]:
    return (relation.from_firm, relation.to_firm, relation.relation, relation.source, relation.weight or 0.0)


def without_repeats(relations: Iterable[Relation]) -> list[Relation]:
    """Each relation once for each source, the heaviest."""
    best: dict[tuple[int, int, str, str], Relation] = {}
    for relation in relations:
        key = (relation.from_firm, relation.to_firm, relation.relation, relation.source)
        if key not in best or (relation.weight or 0.0) > (best[key].weight or 0.0):
            best[key] = relation
    return sorted(best.values(), key=_order)
