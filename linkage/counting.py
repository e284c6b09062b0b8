"""The SQL behind `trends.counts`: one question becomes a handful of temporary tables and one result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import LinkError
from .intervals import EXACT_COUNT, EXACT_SUM

if TYPE_CHECKING:
    import pyarrow as pa

    from .selection import Linked, Selection

# How each dimension is called inside, where NULL has a stand-in so that keys can be joined.
_NO_YEAR, _NO_FIRM = -32768, -1
_KEYS = {
    "tag": "i.target",
    "year": f"coalesce(r.year, {_NO_YEAR})",
    "country": "coalesce(r.country, '')",
    "firm": f"coalesce(f.firm_id, {_NO_FIRM})",
    "table": "r.table_id",
    "kind": "r.kind",
}
# Of each cell; a is a record's amount, w its weight, p the chance that it is right.  In fractional counting a record may stand in
# a cell several times, once for each of its tags.
_AMOUNTS = f"""
    , count(a) AS amount_n, {{with_amount}} AS with_amount, sum(a * w) AS amount, sum(a * w * p) AS amount_expected,
    sum(least(a * w, 0)) AS amount_least, sum(greatest(a * w, 0)) AS amount_most,
    sum(pow(a * w, 2) * p * (1 - p)) AS amount_variance, sum(pow(a * w, 3) * p * (1 - p) * (1 - 2 * p)) AS amount_third,
    CASE WHEN count(a) <= {EXACT_SUM} THEN list({{{{'w': a * w, 'p': p}}}}) FILTER (a IS NOT NULL) END AS amount_terms
"""
_SUMS = ("records", "count", "n", "expected", "variance", "third", "no_probability")
_AMOUNT_SUMS = (
    "amount_n", "with_amount", "amount", "amount_expected", "amount_least", "amount_most", "amount_variance", "amount_third",
)  # fmt: skip


def conditions(selection: Selection, years: bool = True) -> tuple[str, dict[str, Any]]:
    """The condition on a record `r`, and its parameters; without `years` in all years."""
    parts: list[str] = ["true"]
    values: dict[str, Any] = {}
    for column, given in (("table_id", selection.tables), ("kind", selection.kinds), ("country", selection.countries)):
        if given:
            parts.append(f"list_contains(${column}, r.{column})")
            values[column] = list(given)
    if years:
        for sign, name, year in ((">=", "first", selection.first), ("<=", "last", selection.last)):
            if year is not None:
                parts.append(f"r.year {sign} ${name}")
                values[name] = year
    return " AND ".join(parts), values


def amount_of(linked: Linked, selection: Selection) -> tuple[str, str]:
    """The SQL of a record's amount, and its currency.

    Raises:
        LinkError: amounts are in several currencies without a rate, or there are none.
    """
    where, values = conditions(selection)
    found = linked.rows(
        "SELECT coalesce(currency, ''), count(amount), count(amount_common) FROM records AS r "
        f"WHERE (amount IS NOT NULL OR amount_common IS NOT NULL) AND {where} GROUP BY ALL ORDER BY 2 DESC, 1",
        values,
    )
    if selection.currency:
        if not any(c == selection.currency for c, _, _ in found):
            has = ", ".join(c or "none named" for c, _, _ in found) or "no amounts at all"
            raise LinkError(f"no amounts in {selection.currency}; found: {has}")
        return "CASE WHEN r.currency = $currency THEN r.amount END", selection.currency
    if not found:
        raise LinkError("no record of the selection has an amount")
    if all(common >= n for _, n, common in found):
        return "r.amount_common", linked.provenance.get("currency", "")
    if len(found) == 1:
        if not found[0][0]:
            _check_unnamed(linked, where, values)
        return "r.amount", found[0][0]
    currency = linked.provenance.get("currency")
    lacking = [(c, n - common if currency else n) for c, n, common in found]
    named = ", ".join(f"{c or 'no currency'} ({n:,} records)" for c, n in lacking if n)
    what = f"without a rate to {currency}" if currency else "in several currencies that cannot be added up"
    raise LinkError(
        f"amounts are {what}: {named}; give a currency and [rates], or a rate column, in the project and link again, "
        "or count one currency with --currency"
    )


def _check_unnamed(linked: Linked, where: str, values: dict[str, Any]) -> None:
    """Amounts that name no currency may be added up within one table only.

    Raises:
        LinkError: they are of several tables.
    """
    rows = linked.rows(
        f"SELECT table_id, count(*) FROM records AS r WHERE amount IS NOT NULL AND {where} GROUP BY ALL ORDER BY 1", values
    )
    if len(rows) > 1:
        named = ", ".join(f"{table} ({n:,} records)" for table, n in rows)
        raise LinkError(
            f"amounts name no currency, and are of several tables, so that they may be in several: {named}; say currency in "
            "[table.fixed] of each and link again, or count one table with --table"
        )


class Query:
    """One question.

    Args:
        linked: an open database, with `own` and `targets` made.
        by: dimensions.
        selection: resolved.
        weighted: fractional counting.
        amount: as `amount_of` gives it, or None.
        firms: count firms and those that are new.
    """

    def __init__(
        self,
        linked: Linked,
        by: tuple[str, ...],
        selection: Selection,
        weighted: bool,
        amount: tuple[str, str] | None,
        firms: bool,
    ) -> None:
        self.linked, self.by, self.selection, self.weighted = linked, by, selection, weighted
        self.amount = amount
        self.firms = firms and linked.has_firms
        self._where, self._values = conditions(selection)
        if selection.currency:
            self._values["currency"] = selection.currency
        self._group = ", ".join(f"k_{d}" for d in by)
        self._others = [d for d in by if d != "tag"]
        self._firm = linked.firms_in_role(selection.role) if "firm" in by or self.firms else ""

    def run(self) -> pa.Table:
        """The cells, with what they are shares of, names, growth and firms, in order."""
        self._keep("cells", self._cells())
        self._keep("totals", self._totals())
        if "year" in self.by and "firm" not in self.by:
            first, last = self.linked.rows("SELECT min(k_year), max(k_year) FROM totals WHERE k_year > $no", {"no": _NO_YEAR})[0]
            if first is not None:
                self._fill(first, last)
        if self.firms:
            self._keep("entrants", self._entrants())
        return self._joined()

    def _keep(self, name: str, query: str) -> None:
        used = {key: value for key, value in self._values.items() if f"${key}" in query}  # DuckDB refuses others
        self.linked.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", used)

    def _join_firms(self, key: str, wanted: bool) -> str:
        return f"LEFT JOIN {self._firm} AS f ON f.record_id = {key}" if wanted else ""

    def _share(self, weight: str, wanted: bool) -> str:
        """A weight, shared among a record's firms where that is asked for."""
        return f"{weight} / coalesce(f.firms, 1)" if wanted and self.weighted else weight

    def _cells(self) -> str:
        by_firm = "firm" in self.by
        if self.weighted:
            items = "SELECT record_id, target, share AS w, p, unscored FROM own JOIN targets USING (tag)"
        else:
            # Right if any of the tags below the target is; as if they were independent.
            items = """
                SELECT pair // 65536 AS record_id, (pair % 65536)::SMALLINT AS target, 1.0::DOUBLE AS w, unscored, p
                FROM (
                    SELECT record_id * 65536 + target AS pair, bool_or(unscored) AS unscored, 1 - product(1 - p) AS p
                    FROM own JOIN targets USING (tag) GROUP BY pair
                )
            """
        term = "{'w': w, 'p': p}" if self.weighted else "p"
        with_amount = "count(DISTINCT record_id) FILTER (a IS NOT NULL)" if self.weighted else "count(a)"
        return f"""
            WITH items AS ({items}),
            terms AS (
                SELECT {"".join(f"{_KEYS[d]} AS k_{d}, " for d in self.by)} i.record_id, {self._share("i.w", by_firm)} AS w, i.p,
                    unscored, {self.amount[0] if self.amount else "NULL::DOUBLE"} AS a
                FROM items AS i JOIN records AS r ON r.record_id = i.record_id {self._join_firms("i.record_id", by_firm)}
                WHERE {self._where}
            )
            SELECT {self._group}{", " if self._group else ""}
                count({"DISTINCT record_id" if self.weighted else "*"}) AS records, sum(w) AS count, count(*) AS n,
                sum(w * p) AS expected, sum(w * w * p * (1 - p)) AS variance,
                sum(w * w * w * p * (1 - p) * (1 - 2 * p)) AS third, count(*) FILTER (unscored) AS no_probability,
                CASE WHEN count(*) <= {EXACT_SUM if self.weighted else EXACT_COUNT} THEN list({term}) END AS terms
                {_AMOUNTS.format(with_amount=with_amount) if self.amount else ""}
            FROM terms {f"GROUP BY {self._group}" if self._group else ""}
        """

    def _totals(self) -> str:
        """Tagged records, whatever their tags, by all dimensions but the tag."""
        by_firm = "firm" in self._others
        w = self._share("1.0::DOUBLE", by_firm)
        group = ", ".join(f"k_{d}" for d in self._others)
        return f"""
            SELECT {"".join(f"{_KEYS[d]} AS k_{d}, " for d in self._others)} sum({w})::DOUBLE AS tagged
                {f", sum(({self.amount[0]}) * {w}) AS amount_tagged" if self.amount else ""}
            FROM tagged AS o
            JOIN records AS r ON r.record_id = o.record_id {self._join_firms("o.record_id", by_firm)}
            WHERE {self._where} {f"GROUP BY {group}" if group else ""}
        """

    def _fill(self, first: int, last: int) -> None:
        """Add the years that have no record, to each combination of the other dimensions that there is."""
        keys = ", ".join(f"k_{d}" for d in self.by if d != "year")
        zeros = ", ".join(f"0 AS {name}" for name in (*_SUMS, *(_AMOUNT_SUMS if self.amount else ())))
        self.linked.connection.execute(f"""
            INSERT INTO cells BY NAME
            SELECT *, {zeros} FROM (
                SELECT {keys}{", " if keys else ""}y AS k_year
                FROM (SELECT DISTINCT {keys or "1"} FROM cells), (SELECT unnest(generate_series({first}, {last}))::INTEGER AS y)
            ) ANTI JOIN cells USING ({self._group})
        """)

    def _entrants(self) -> str:
        """Firms of each cell, and how many of them come in with it.  A firm's first record is looked for in all years."""
        tag = "i.target" if "tag" in self.by else "0"
        everywhere, _ = conditions(self.selection, years=False)
        keys = {d: "f.firm_id" if d == "firm" else _KEYS[d] for d in self.by}
        if "year" in self.by:
            new = "count(DISTINCT firm_id) FILTER (first_year = year)"
        else:
            new = "count(DISTINCT firm_id) FILTER (first_year >= $first)" if self.selection.first is not None else "NULL::BIGINT"
        joined = f"hits AS i JOIN records AS r USING (record_id) JOIN {self._firm} AS f ON f.record_id = i.record_id"
        return f"""
            WITH hits AS (SELECT DISTINCT record_id, target FROM own JOIN targets USING (tag)),
            firsts AS (
                SELECT {tag} AS tag, f.firm_id, min(r.year) AS first_year FROM {joined} WHERE {everywhere} GROUP BY ALL
            ),
            found AS (
                SELECT {"".join(f"{key} AS k_{d}, " for d, key in keys.items())} f.firm_id, r.year, first_year
                FROM {joined} JOIN firsts AS s ON s.tag = {tag} AND s.firm_id = f.firm_id WHERE {self._where}
            )
            SELECT {self._group}{", " if self._group else ""} count(DISTINCT firm_id) AS firms, {new} AS new_firms
            FROM found {f"GROUP BY {self._group}" if self._group else ""}
        """

    def _joined(self) -> pa.Table:
        select, joins, order = [], [], []
        for d in self.by:
            empty = {"year": _NO_YEAR, "firm": _NO_FIRM}.get(d, "''")
            value = "c.k_tag" if d == "tag" else f"nullif(c.k_{d}, {empty})"
            order.append(f"{value} NULLS LAST")
            select.append(f'{value} AS "{d}"')
            if d == "firm":
                select.append("firms.name AS firm_name")
                joins.append("LEFT JOIN firms ON firms.firm_id = c.k_firm")
        same = " AND ".join(f"t.k_{d} = c.k_{d}" for d in self._others) or "true"
        joins.append(f"LEFT JOIN totals AS t ON {same}")
        select += [f"c.* EXCLUDE ({self._group})" if self._group else "c.*", "coalesce(t.tagged, 0) AS tagged"]
        if self.amount:
            select.append("coalesce(t.amount_tagged, 0) AS amount_tagged")
        if "year" in self.by and "firm" not in self.by:
            select += [
                self._growth(name, out)
                for name, out in (("count", "growth"), ("amount", "amount_growth"))[: 1 + bool(self.amount)]
            ]
        if self.firms:
            same = " AND ".join(f"e.k_{d} = c.k_{d}" for d in self.by) or "true"
            joins.append(f"LEFT JOIN entrants AS e ON {same}")
            known = "year" in self.by or self.selection.first is not None
            select += ["coalesce(e.firms, 0) AS firms", f"{'coalesce(e.new_firms, 0)' if known else 'NULL::BIGINT'} AS new_firms"]
        ordered = f"ORDER BY {', '.join(order)}" if order else ""
        return self.linked.arrow(f"SELECT {', '.join(select)} FROM cells AS c {' '.join(joins)} {ordered}")

    def _growth(self, name: str, out: str) -> str:
        """The change on the year before; not from or to a year of which nothing is known, nor from a loss or nothing."""
        rest = ", ".join(f"c.k_{d}" for d in self.by if d != "year")
        window = f"({f'PARTITION BY {rest} ' if rest else ''}ORDER BY c.k_year)"
        known = f"t.tagged > 0 AND lag(t.tagged) OVER {window} > 0 AND lag(c.k_year) OVER {window} = c.k_year - 1"
        before = f"lag(c.{name}) OVER {window}"
        return f"CASE WHEN {known} AND {before} > 0 THEN c.{name} / {before} - 1 END AS {out}"
