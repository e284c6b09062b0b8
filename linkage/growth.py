"""Which tags grow, and which rise together.

Growth is the slope of a straight line through the logarithms of the yearly counts (or shares), fitted by least squares with the
counts as weights; 0.5 is added to each count so that a year without records has a logarithm.  The interval is the usual one of
a regression, with the spread of the years about the line as the error: it holds for growth that is steady.

Tags that rise together are looked for in two ways that fail differently: do their shares change in the same years (the
correlation of yearly changes of the logarithms of shares), and do they stand in the same records (co-occurrence)?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .counting import conditions
from .selection import Selection

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from .selection import Linked

    Floats = NDArray[np.float64]

LEAST_RECORDS, LEAST_YEARS = 10, 4  # below these no growth is given
LEAST_A_YEAR, LEAST_CHANGES = 5, 5  # below these no correlation is
INCOMPLETE = 0.5  # a last year with less than this part of the year before is perhaps not over


@dataclass(frozen=True, slots=True)
class Series:
    """Yearly counts of tags.

    Attributes:
        tags: ids.
        years: without gaps.
        counts, expected, low, high: of shape (tags, years).
        tagged: tagged records of each year.
    """

    tags: list[str]
    years: list[int]
    counts: Floats
    expected: Floats
    low: Floats
    high: Floats
    tagged: Floats


def series(table: pa.Table, value: str = "count") -> Series:
    """The yearly counts of a table that `counts` made by tag and year, without the records that have no year.

    Args:
        table: by tag and year alone.
        value: ``count`` or ``amount``.
    """
    import numpy as np

    head = "" if value == "count" else "amount_"
    rows = [r for r in table.to_pylist() if r["year"] is not None]
    tags = list(dict.fromkeys(r["tag"] for r in rows))
    years = sorted({r["year"] for r in rows})
    at_tag, at_year = {t: i for i, t in enumerate(tags)}, {y: i for i, y in enumerate(years)}
    count, expected, low, high = (np.zeros((len(tags), len(years))) for _ in range(4))
    grids = {value: count, f"{head}expected": expected, f"{head}low": low, f"{head}high": high}
    tagged = np.zeros(len(years))
    for r in rows:
        for name, grid in grids.items():
            grid[at_tag[r["tag"]], at_year[r["year"]]] = r[name] or 0
        tagged[at_year[r["year"]]] = r["tagged"]
    return Series(tags, years, count, expected, low, high, tagged)


def incomplete_year(found: Series) -> int | None:
    """The last year, if it holds so much less than the one before that it is perhaps not over."""
    if len(found.years) < 3 or found.tagged[-1] >= INCOMPLETE * found.tagged[-2]:
        return None
    return found.years[-1]


def growth(linked: Linked, table: pa.Table) -> pa.Table:
    """Yearly growth of each tag over the years of a table.

    Args:
        linked: an open database.
        table: what `counts` made by tag and year.

    Returns:
        A row a tag: its count in records that have a year, its share of all tagged ones, the yearly growth of its count and of
        its share with their intervals (0.1 is 10% a year).  Growth is empty for counts below 10, or fewer than 4 years with
        tagged records.
    """
    import numpy as np
    import pyarrow as pa

    found = series(table)
    known = found.tagged > 0
    years = np.asarray(found.years, dtype=float)[known]
    totals = found.tagged[known]
    out: dict[str, list[Any]] = {name: [] for name in (
        "tag", "count", "expected", "share", "first_year", "last_year", "growth", "growth_low", "growth_high", "share_growth",
        "share_growth_low", "share_growth_high",
    )}  # fmt: skip
    for i, tag in enumerate(found.tags):
        n = found.counts[i][known]
        seen = years[n > 0]
        enough = n.sum() >= LEAST_RECORDS and len(years) >= LEAST_YEARS
        slopes = [_slope(years, np.log(y), n + 0.5) if enough else None for y in (n + 0.5, (n + 0.5) / (totals + 0.5))]
        out["tag"].append(tag)
        out["count"].append(round(float(n.sum()), 6))
        out["expected"].append(round(float(found.expected[i][known].sum()), 6))
        out["share"].append(round(float(n.sum() / totals.sum()), 6))
        out["first_year"].append(int(seen[0]) if len(seen) else None)
        out["last_year"].append(int(seen[-1]) if len(seen) else None)
        for name, slope in zip(("growth", "share_growth"), slopes, strict=True):
            for end, value in zip(("", "_low", "_high"), slope or (None, None, None), strict=True):
                out[name + end].append(None if value is None else round(float(np.expm1(value)), 6))
    info = [linked.tags[t] for t in found.tags]
    no_finer = dict(zip(*(table.column(c).to_pylist() for c in ("tag", "no_finer")), strict=True))
    names = {
        "tag": pa.array(out.pop("tag"), pa.string()),
        "label_en": pa.array([t.label_en for t in info], pa.string()),
        "label_zh": pa.array([t.label_zh for t in info], pa.string()),
        "tag_level": pa.array([t.level for t in info], pa.int32()),
        "no_finer": pa.array([no_finer[t.id] for t in info], pa.bool_()),
        "counting": pa.array([_only(table, "counting")] * len(info), pa.string()),
        "rollup": pa.array([_only(table, "rollup")] * len(info), pa.string()),
    }
    whole = ("first_year", "last_year")
    return pa.table({**names, **{k: pa.array(v, pa.int32() if k in whole else pa.float64()) for k, v in out.items()}})


def _only(table: pa.Table, name: str) -> str:
    """The one value of a column."""
    return table.column(name)[0].as_py() if table.num_rows else ""


def _slope(x: Floats, y: Floats, weights: Floats) -> tuple[float, float, float]:
    """The slope of the weighted least-squares line and the ends of its 95% interval."""
    import numpy as np
    from scipy.special import stdtrit

    w = weights / weights.sum()
    x, y = x - w @ x, y - w @ y
    spread = w @ (x * x)
    slope = float(w @ (x * y) / spread)
    free = len(x) - 2
    error = float(np.sqrt(w @ (y - slope * x) ** 2 / (free * spread)))
    reach = float(stdtrit(free, 0.975)) * error
    return slope, slope - reach, slope + reach


def together(linked: Linked, table: pa.Table, selection: Selection | None = None) -> pa.Table:
    """Pairs of tags whose shares change in the same years, or that stand in the same records; none with a tag above it.

    Args:
        linked: an open database.
        table: what `counts` made by tag and year.
        selection: that it was made with.

    Returns:
        A row a pair of tags with at least 5 records a year on average, the likeliest to rise together first: `correlation` of
        the yearly changes of the logarithms of their shares with its 95% interval (Fisher's z), over how many `changes`; both
        tags' `share_growth`; `both_rise` (both intervals of growth lie above 0); `records_together`, how many would be by chance
        (`expected_together`) and their ratio `lift`.  Correlations need 5 changes between years with tagged records.
    """
    import numpy as np
    import pyarrow as pa

    selection = linked.resolve(selection or Selection())
    grown = {r["tag"]: r for r in growth(linked, table).to_pylist()}
    found = series(table)
    known = found.tagged > 0
    pairs_known = known[1:] & known[:-1]  # changes between years of which something is known
    changes = int(pairs_known.sum())
    often = [i for i in range(len(found.tags)) if found.counts[i].sum() >= LEAST_A_YEAR * max(int(known.sum()), 1)]
    rows: list[dict[str, Any]] = []
    if changes >= LEAST_CHANGES and len(often) > 1:
        shares = np.log((found.counts[often] + 0.5) / (found.tagged + 0.5))
        steps = np.diff(shares, axis=1)[:, pairs_known]
        steady = steps.std(axis=1) < 1e-12
        with np.errstate(invalid="ignore", divide="ignore"):
            correlations = np.corrcoef(steps)
        together_in = _records_together(linked, selection, _only(table, "rollup"))
        single = {found.tags[i]: together_in.get((found.tags[i],) * 2, 0) for i in often}
        whole = together_in.get(("", ""), 0)
        for a in range(len(often)):
            for b in range(a + 1, len(often)):
                one, two = found.tags[often[a]], found.tags[often[b]]
                if steady[a] or steady[b] or one in _above(linked, two) or two in _above(linked, one):
                    continue
                r = float(np.clip(correlations[a, b], -1, 1))
                low, high = _fisher(r, changes)
                both = together_in.get((one, two), 0)
                chance = single[one] * single[two] / whole if whole else 0.0
                rows.append(
                    {
                        "tag_a": one, "label_a_en": linked.tags[one].label_en, "label_a_zh": linked.tags[one].label_zh,
                        "tag_b": two, "label_b_en": linked.tags[two].label_en, "label_b_zh": linked.tags[two].label_zh,
                        "correlation": round(r, 6), "correlation_low": round(low, 6), "correlation_high": round(high, 6),
                        "changes": changes,
                        "share_growth_a": grown[one]["share_growth"], "share_growth_b": grown[two]["share_growth"],
                        "both_rise": (grown[one]["share_growth_low"] or 0) > 0 and (grown[two]["share_growth_low"] or 0) > 0,
                        "records_together": both, "expected_together": round(chance, 6),
                        "lift": round(both / chance, 6) if chance else None,
                    }
                )  # fmt: skip
    rows.sort(key=lambda row: (not row["both_rise"], -row["correlation_low"], row["tag_a"], row["tag_b"]))
    return pa.Table.from_pylist(rows, schema=_pairs())


def _pairs() -> pa.Schema:
    import pyarrow as pa

    text, number, whole = pa.string(), pa.float64(), pa.int64()
    return pa.schema(
        [
            ("tag_a", text), ("label_a_en", text), ("label_a_zh", text),
            ("tag_b", text), ("label_b_en", text), ("label_b_zh", text),
            ("correlation", number), ("correlation_low", number), ("correlation_high", number), ("changes", whole),
            ("share_growth_a", number), ("share_growth_b", number), ("both_rise", pa.bool_()), ("records_together", whole),
            ("expected_together", number), ("lift", number),
        ]
    )  # fmt: skip


def _above(linked: Linked, tag: str) -> set[str]:
    out = set()
    parent = linked.tags[tag].parent
    while parent:
        out.add(parent)
        parent = linked.tags[parent].parent
    return out


def _fisher(r: float, n: int) -> tuple[float, float]:
    """The 95% interval of a correlation of n pairs."""
    import numpy as np

    if abs(r) >= 1 - 1e-12:
        return r, r
    reach = 1.959964 / np.sqrt(n - 3)
    z = np.arctanh(r)
    return float(np.tanh(z - reach)), float(np.tanh(z + reach))


def _records_together(linked: Linked, selection: Selection, rollup: str) -> dict[tuple[str, str], int]:
    """How many records with a year have both of two tags; ("", "") is all tagged records with a year."""
    linked.prepare()
    linked.targets(selection, rollup)
    where, values = conditions(selection)
    dated = f"JOIN records AS r ON r.record_id = o.record_id WHERE r.year IS NOT NULL AND {where}"
    rows = linked.rows(
        f"WITH hits AS (SELECT DISTINCT o.record_id, target FROM own AS o JOIN targets USING (tag) {dated}) "
        "SELECT a.target, b.target, count(*) FROM hits AS a JOIN hits AS b ON a.record_id = b.record_id AND a.target <= b.target "
        "GROUP BY ALL",
        values,
    )
    info = list(linked.tags)
    out = {pair: n for a, b, n in rows for pair in ((info[a], info[b]), (info[b], info[a]))}
    out["", ""] = linked.rows(f"SELECT count(*) FROM tagged AS o {dated}", values)[0][0]
    return out
