"""How much of each table was tagged, and how finely: what every trend stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .counting import conditions
from .errors import LinkError
from .selection import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from .selection import Linked

DIMENSIONS = {"table": "r.table_id", "kind": "r.kind", "year": "r.year", "country": "r.country"}


def coverage(linked: Linked, by: Sequence[str] = ("table", "year"), *, selection: Selection | None = None) -> pa.Table:
    """Rows of each table by what became of them.

    Args:
        linked: an open database.
        by: some of `DIMENSIONS`.
        selection: which records; its tags and collections are not looked at.

    Returns:
        A row a combination: `rows`, by status (`tagged`, `coarse`: nothing finer than a domain could be said; `none`: no
        technology; `unreadable`), `covered` (the share of rows with a tag), the rows with a tag by the level of their finest one
        (`level_1`, `level_2`, ...), the mean probability of their tags, and the share of rows that have a year, a country, an
        amount, a firm.

    Raises:
        LinkError: something is asked for that the database does not have.
    """
    for name in by:
        if name not in DIMENSIONS:
            raise LinkError(f"coverage has no {name!r}; choose from {', '.join(DIMENSIONS)}")
    selection = linked.resolve(selection or Selection())
    linked.prepare()
    where, values = conditions(selection)
    levels = range(1, linked.levels + 1)
    firm = linked.firms_in_role(selection.role)
    shown = "".join(f'{DIMENSIONS[d]} AS "{d}", ' for d in by)
    names = ", ".join(f'"{d}"' for d in by)
    order = ", ".join("min(t.place)" if d == "table" else f'"{d}" NULLS LAST' for d in by)
    query = f"""
        WITH finest AS (
            SELECT record_id, max(level) AS level, avg(p) FILTER (NOT unscored) AS p
            FROM own JOIN tag_numbers ON number = own.tag JOIN tags ON tags.tag = tag_numbers.tag GROUP BY record_id
        )
        SELECT {shown}
            count(*) AS rows,
            {"".join(f"count(*) FILTER (status = '{s}') AS {s}, " for s in ("tagged", "coarse", "none", "unreadable"))}
            round(count(finest.record_id) / count(*), 6) AS covered,
            {"".join(f"count(*) FILTER (finest.level = {n}) AS level_{n}, " for n in levels)}
            round(avg(finest.p), 6) AS mean_probability,
            round(count(r.year) / count(*), 6) AS with_year, round(count(r.country) / count(*), 6) AS with_country,
            round(count(coalesce(r.amount, r.amount_common)) / count(*), 6) AS with_amount,
            round(count(f.record_id) / count(*), 6) AS with_firm
        FROM records AS r
        LEFT JOIN finest ON finest.record_id = r.record_id
        LEFT JOIN (SELECT DISTINCT record_id FROM {firm}) AS f ON f.record_id = r.record_id
        JOIN (SELECT table_id, rowid AS place FROM tables) AS t ON t.table_id = r.table_id
        WHERE {where}
        {f"GROUP BY {names} ORDER BY {order}" if by else ""}
    """
    return linked.arrow(query, values)
