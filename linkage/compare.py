"""Two tables, or two selections of records, over the same standard: which technologies stand in one and not in the other.

For each tag both sides have a share: the expected number of records about it among the side's tagged records.  Intervals of
shares (Wilson) treat the records as a sample of those that might have been there, and hold what the tags' probabilities leave
open too: a record that is about the tag with probability p is a draw of chance p, and a draw of draws is binomial again.  The
ratio of the shares has the interval of a relative risk (Katz, with 0.5 added, Walter 1975).

The specialisation index is Balassa's revealed technology advantage: the share of a tag in A over its share in A and B together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import LinkError
from .selection import Selection
from .trends import COUNTINGS, counts

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from .selection import Linked

    Floats = NDArray[np.float64]

LEAST_EXPECTED = 5.0  # with fewer records than this expected on a side, were the shares alike, nothing can be said
Z = 1.959964
# What a record of each kind says of a technology.
VERBS = {
    "investment": "funded",
    "grant": "granted",
    "patent": "patented",
    "policy": "named by policy",
    "firm": "pursued by firms",
}
FINDINGS = ("a_only", "more_in_a", "both", "more_in_b", "b_only", "too_few")


def side(linked: Linked, given: str, common: Selection | None = None) -> tuple[str, Selection]:
    """The name and the selection of a side: ``patents``, ``patent``, ``patents,country=CN,from=2015,to=2020``.

    Args:
        linked: an open database.
        given: the name of a table or a kind, then filters; a table comes before a kind of its name.
        common: filters of both sides.

    Raises:
        LinkError: there is no such table or kind, or a filter cannot be read.
    """
    from dataclasses import replace

    name, *filters = (part.strip() for part in given.split(","))
    base = common or Selection()
    countries: list[str] = []
    if name in linked.tables:
        base = replace(base, tables=(name,), kinds=())
    elif name in linked.tables.values():
        base = replace(base, kinds=(name,))
    else:
        tables = ", ".join(f"{t} ({k})" for t, k in linked.tables.items())
        raise LinkError(f"{linked.name} has no table or kind {name!r}; it has the tables {tables}")
    for one in filters:
        key, _, value = (part.strip() for part in one.partition("="))
        if key not in ("country", "from", "to") or not value:
            raise LinkError(f"cannot read the filter {one!r} of {given!r}; write country=CN, from=2015 or to=2020")
        if key == "country":
            countries.append(value)
            base = replace(base, countries=tuple(countries))
            continue
        if not value.lstrip("-").isdigit():
            raise LinkError(f"{one!r} of {given!r}: a year is needed")
        base = replace(base, first=int(value)) if key == "from" else replace(base, last=int(value))
    return given, linked.resolve(base)


def verb(linked: Linked, selection: Selection, name: str) -> str:
    """What a record of a side says: ``funded``, ``patented``, ...; ``in NAME`` where its tables are of several kinds."""
    kinds = {linked.tables[t] for t in selection.tables} or set(selection.kinds) or set(linked.tables.values())
    return VERBS.get(next(iter(kinds)), f"in {name}") if len(kinds) == 1 else f"in {name}"


def compare(
    linked: Linked, a: Selection, b: Selection, *, level: int | None = None, ancestors: bool = True, counting: str = "full"
) -> pa.Table:
    """Set two selections side by side, tag by tag.

    Args:
        linked: an open database.
        a, b: the sides.  They may overlap, but then intervals are too wide and findings too careful.
        level, ancestors, counting: as for `counts`.

    Returns:
        A row a tag that either side has, in the order of the tree: for each side `count_`, `expected_`, `tagged_`, `share_`
        and its 95% interval; `log2_ratio` of the shares (A over B; 1 is twice as much) and its interval; `specialisation_a`
        and `specialisation_b` (1 is as in both together); `records_needed` (how many records the side without any, or else
        the smaller one, would have if the shares were alike) and `finding`, one of `FINDINGS`:

        - ``too_few``: fewer than 5 records needed; nothing is said.
        - ``a_only``, ``b_only``: the other side has no record, and should have had some by its size.
        - ``more_in_a``, ``more_in_b``: the interval of the ratio leaves out 1.
        - ``both``: it does not; no difference is shown.

    Raises:
        LinkError: as for `counts`; or a side has no tagged record.
    """
    import numpy as np
    import pyarrow as pa

    if counting not in COUNTINGS:
        raise LinkError(f"no counting is called {counting!r}; choose from {', '.join(COUNTINGS)}")
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    tagged = {}
    for name, selection in (("a", a), ("b", b)):
        tagged[name] = _tagged(linked, selection)
        if not tagged[name]:
            raise LinkError(f"{name.upper()} has no tagged record ({selection.describe() or 'everything'})")
        table = counts(linked, ("tag",), selection=selection, level=level, ancestors=ancestors, counting=counting)
        for row in table.to_pylist():
            rows.setdefault(row["tag"], {})[name] = row
    tags = [linked.tags[t] for t in linked.tags if t in rows]

    def column(which: str, name: str) -> Floats:
        return np.array([rows[t.id].get(which, {}).get(name, 0.0) for t in tags], dtype=float)

    out: dict[str, Any] = {
        "tag": pa.array([t.id for t in tags], pa.string()),
        "label_en": pa.array([t.label_en for t in tags], pa.string()),
        "label_zh": pa.array([t.label_zh for t in tags], pa.string()),
        "tag_level": pa.array([t.level for t in tags], pa.int32()),
        "no_finer": pa.array([next(iter(rows[t.id].values()))["no_finer"] for t in tags], pa.bool_()),
        "counting": pa.array([counting] * len(tags), pa.string()),
        "rollup": pa.array([next(iter(rows[t.id].values()))["rollup"] for t in tags], pa.string()),
    }
    count = {s: column(s, "count") for s in "ab"}
    expected = {s: column(s, "expected") for s in "ab"}
    share = {s: expected[s] / tagged[s] for s in "ab"}
    for s in "ab":
        low, high = wilson(expected[s], tagged[s])
        out |= {f"count_{s}": count[s], f"expected_{s}": expected[s], f"tagged_{s}": np.full(len(tags), float(tagged[s]))}
        out |= {f"share_{s}": share[s], f"share_{s}_low": low, f"share_{s}_high": high}
    ratio, low, high = log2_ratio(expected["a"], tagged["a"], expected["b"], tagged["b"])
    pooled = (expected["a"] + expected["b"]) / (tagged["a"] + tagged["b"])
    # Where one side has none, that is the side which should have had some: nothing in 1,000 says more than nothing in 10.
    lacking = np.where(count["b"] == 0, tagged["b"], np.where(count["a"] == 0, tagged["a"], min(tagged.values())))
    needed = pooled * lacking
    out |= {"log2_ratio": ratio, "log2_ratio_low": low, "log2_ratio_high": high}
    for s in "ab":
        out[f"specialisation_{s}"] = np.divide(share[s], pooled, out=np.full(len(tags), np.nan), where=pooled > 0)
    out["records_needed"] = needed
    finding = np.select(
        [needed < LEAST_EXPECTED, count["b"] == 0, count["a"] == 0, low > 0, high < 0],
        ["too_few", "a_only", "b_only", "more_in_a", "more_in_b"],
        "both",
    )
    out["finding"] = pa.array(finding.tolist(), pa.string())
    return pa.table(
        {
            k: v if isinstance(v, pa.Array) else pa.array(np.round(v, 6) + 0.0, pa.float64(), from_pandas=True)
            for k, v in out.items()
        }
    )


def wilson(successes: Floats, n: float) -> tuple[Floats, Floats]:
    """The 95% interval of shares, successes of n (Wilson 1927); successes need not be whole."""
    import numpy as np

    p = successes / n
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    reach = Z * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return np.where(successes <= 0, 0.0, np.maximum(centre - reach, 0.0)), np.where(p >= 1, 1.0, np.minimum(centre + reach, 1.0))


def log2_ratio(a: Floats, n_a: float, b: Floats, n_b: float) -> tuple[Floats, Floats, Floats]:
    """The logarithm to base 2 of the ratio of two shares, and the ends of its 95% interval; 0.5 is added to each number."""
    import numpy as np

    a, b = a + 0.5, b + 0.5
    n_a, n_b = n_a + 0.5, n_b + 0.5
    ratio = np.log(a / n_a) - np.log(b / n_b)
    error = np.sqrt(np.maximum(1 / a - 1 / n_a + 1 / b - 1 / n_b, 0.0))
    return ratio / np.log(2), (ratio - Z * error) / np.log(2), (ratio + Z * error) / np.log(2)


def in_words(finding: str, verb_a: str, verb_b: str) -> str:
    """A finding as a reader says it: ``funded, not patented``."""
    return {
        "a_only": f"{verb_a}, not {verb_b}",
        "b_only": f"{verb_b}, not {verb_a}",
        "more_in_a": f"more {verb_a} than {verb_b}",
        "more_in_b": f"more {verb_b} than {verb_a}",
        "both": f"{verb_a} and {verb_b}",
        "too_few": "too few to say",
    }[finding]


def _tagged(linked: Linked, selection: Selection) -> int:
    """How many records of a selection have a tag, whatever tag."""
    from .counting import conditions

    linked.prepare()
    where, values = conditions(selection)
    found = linked.rows(
        f"SELECT count(*) FROM records AS r WHERE {where} AND record_id IN (SELECT record_id FROM tagged)", values
    )
    return int(found[0][0])
