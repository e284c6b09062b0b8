"""Counts and amounts by tag, year, country, firm, table and kind, at any level of the tree, never twice for nested tags.

Two countings, named in every output:

- ``full``: a record counts once for each tag that it has, or has something below of.  A record with two tags below one domain
  counts once for that domain.  Counts of different tags overlap and must not be added up.
- ``fractional``: a record has weight 1, shared equally among its most specific tags (and, by firm, among its firms).  The shares
  below a tag are added up, so that the counts at a level add up to the number of tagged records.

`count` is what the tags say; `expected` is how much of it is right, by the tags' probabilities, with an interval (`intervals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .counting import Query, amount_of
from .errors import LinkError
from .intervals import Moments, Terms, count_intervals, sum_intervals
from .selection import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from .selection import Linked

DIMENSIONS = ("tag", "year", "country", "firm", "table", "kind")
COUNTINGS = ("full", "fractional")


def rollup_name(selection: Selection, level: int | None, ancestors: bool) -> str:
    """How tags are rolled up, as the column `rollup` names it.

    ``level-N``: to level N, tags above it as they are; ``chosen``: to the tags of the selection; ``with-descendants``: to each
    tag and all above it; ``own``: not at all.
    """
    if level is not None:
        return f"level-{level}"
    if not ancestors:
        return "own"
    return "chosen" if selection.tags else "with-descendants"


def counts(
    linked: Linked,
    by: Sequence[str] = ("tag", "year"),
    *,
    selection: Selection | None = None,
    level: int | None = None,
    ancestors: bool = True,
    counting: str = "full",
    amounts: bool = False,
    firms: bool = False,
) -> pa.Table:
    """Count records, and add up amounts.

    Args:
        linked: an open database.
        by: some of `DIMENSIONS`.
        selection: what to count; everything by default.
        level: roll tags up to this level of the tree (1: domains).  A record whose tag is above the level counts for that tag.
        ancestors: without `level`: whether a record counts for the tags above its own, too.
        counting: ``full`` or ``fractional``.
        amounts: add up amounts, too.
        firms: count the firms, and those whose first record with the tag falls in the row's year (without years: in the years
            of the selection).

    Returns:
        A row a combination, in the order of `by`.  The columns are described in docs/trends.md.  By year (and not by firm), years
        without a record are rows with count 0, between the first and the last year of any tagged record in the selection.

    Raises:
        LinkError: something is asked for that the database does not have, or amounts are in several currencies without a rate.
    """
    for name in by:
        if name not in DIMENSIONS:
            raise LinkError(f"cannot count by {name!r}; choose from {', '.join(DIMENSIONS)}")
    if len(set(by)) < len(by):
        raise LinkError(f"--by names {', '.join(sorted({d for d in by if list(by).count(d) > 1}))} twice")
    if counting not in COUNTINGS:
        raise LinkError(f"no counting is called {counting!r}; choose from {', '.join(COUNTINGS)}")
    if level is not None and not 1 <= level <= max(linked.levels, 1):
        raise LinkError(f"the tree has levels 1 to {linked.levels}, not {level}")
    selection = linked.resolve(selection or Selection())
    linked.prepare()
    rollup = rollup_name(selection, level, ancestors)
    linked.targets(selection, rollup if "tag" in by else "none")
    if "firm" in by and not linked.has_firms:
        raise LinkError(f"{linked.name} has no firms: name a firm column in the project and link again")
    query = Query(
        linked, tuple(by), selection, counting == "fractional", amount_of(linked, selection) if amounts else None, firms
    )
    return _finish(linked, query, query.run(), counting, rollup)


def _finish(linked: Linked, query: Query, found: pa.Table, counting: str, rollup: str) -> pa.Table:
    """The columns that users see."""
    import numpy as np
    import pyarrow as pa

    size = found.num_rows

    def numbers(name: str) -> Any:
        return found.column(name).fill_null(0).to_numpy().astype(np.float64)

    out: dict[str, Any] = {}
    info = list(linked.tags.values())
    for d in query.by:
        if d == "tag":
            tags = [info[i] for i in found.column("tag").to_pylist()]
            out["tag"] = pa.array([t.id for t in tags], pa.string())
            out["label_en"] = pa.array([t.label_en for t in tags], pa.string())
            out["label_zh"] = pa.array([t.label_zh for t in tags], pa.string())
            out["tag_level"] = pa.array([t.level for t in tags], pa.int32())
            level = int(rollup.removeprefix("level-")) if rollup.startswith("level-") else 0
            out["no_finer"] = pa.array([t.level < level and t.has_children for t in tags], pa.bool_())
        elif d == "firm":
            out["firm_id"], out["firm"] = found.column("firm"), found.column("firm_name")
        else:
            out[d] = found.column(d)
    out["counting"] = pa.array([counting] * size, pa.string())
    out["rollup"] = pa.array([rollup] * size, pa.string())
    out["records"] = found.column("records").cast(pa.int64())
    count, tagged = numbers("count"), numbers("tagged")
    n = numbers("n").astype(np.int64)
    zero = np.zeros(size)
    moments = Moments(n, zero, count, numbers("expected"), numbers("variance"), numbers("third"))
    terms = _terms(found.column("terms"), query.weighted)
    low, high = (sum_intervals if query.weighted else count_intervals)(moments, terms)
    out |= {"count": _rounded(count), "expected": _rounded(moments.mean), "low": _rounded(low), "high": _rounded(high)}
    out["no_probability"] = found.column("no_probability").cast(pa.int64())
    out["tagged"] = _rounded(tagged)
    out |= _shares("share", count, tagged)
    if "growth" in found.column_names:
        out["growth"] = _rounded(found.column("growth").to_numpy(zero_copy_only=False))
    if query.firms:
        out["firms"], out["new_firms"] = found.column("firms"), found.column("new_firms")
    if query.amount:
        amount = numbers("amount")
        moments = Moments(
            numbers("amount_n").astype(np.int64), numbers("amount_least"), numbers("amount_most"), numbers("amount_expected"),
            numbers("amount_variance"), numbers("amount_third"),
        )  # fmt: skip
        low, high = sum_intervals(moments, _terms(found.column("amount_terms"), True))
        out["currency"] = pa.array([query.amount[1] or None] * size, pa.string())
        out["with_amount"] = found.column("with_amount").cast(pa.int64())
        out |= {"amount": _rounded(amount), "amount_expected": _rounded(moments.mean)}
        out |= {"amount_low": _rounded(low), "amount_high": _rounded(high)}
        out |= _shares("amount_share", amount, numbers("amount_tagged"))
        if "amount_growth" in found.column_names:
            out["amount_growth"] = _rounded(found.column("amount_growth").to_numpy(zero_copy_only=False))
    return pa.table(out)


def _terms(column: pa.ChunkedArray, weighted: bool) -> Terms:
    """The lists of small cells as flat arrays."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], column.type)
    cells = np.flatnonzero(lists.is_valid().to_numpy(zero_copy_only=False)).astype(np.int64)
    lengths = pc.list_value_length(lists.drop_null()).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = pc.list_flatten(lists)
    if not weighted:
        return Terms(cells, lengths, flat.to_numpy(zero_copy_only=False).astype(np.float64))
    p, w = (pc.struct_field(flat, name).to_numpy(zero_copy_only=False).astype(np.float64) for name in ("p", "w"))
    return Terms(cells, lengths, p, w)


def _shares(name: str, part: Any, whole: Any) -> dict[str, pa.Array]:
    import numpy as np

    return {name: _rounded(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))}


def _rounded(values: Any) -> pa.Array:
    """Without the last digits, in which sums differ by the order of adding up; what is no number is NULL."""
    import numpy as np
    import pyarrow as pa

    rounded = np.round(np.asarray(values, dtype=np.float64), 6) + 0.0
    return pa.array(rounded, pa.float64(), from_pandas=True)
