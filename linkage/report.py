"""One HTML file that shows what a database of linked data sets holds: it opens offline and asks nothing of any other place."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from . import pictures
from .compare import compare, in_words, verb
from .coverage import coverage
from .errors import LinkError
from .growth import growth, incomplete_year, series, together
from .selection import Selection
from .trends import counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pyarrow as pa

    from .selection import Linked

MOST_PAIRS, MOST_LISTED, ENTRANT_YEARS, MOST_COMPARISONS = 25, 6, 6, 4
# Which kinds are set side by side, the most telling first.
PAIRS = (
    ("investment", "patent"), ("policy", "investment"), ("policy", "patent"), ("grant", "patent"), ("grant", "investment"),
    ("policy", "grant"), ("firm", "patent"), ("policy", "firm"), ("investment", "firm"), ("grant", "firm"),
)  # fmt: skip
_COUNTINGS = {
    "full": "Full counting: a record counts once for each tag that it has, so that counts of different tags overlap.",
    "fractional": "Fractional counting: each record has weight 1, shared equally among its most specific tags.",
}


def report(
    linked: Linked,
    *,
    selection: Selection | None = None,
    level: int | None = None,
    ancestors: bool = True,
    counting: str = "full",
    amounts: bool = False,
    title: str = "",
    progress: Callable[[str], object] = lambda _: None,
) -> str:
    """The report, as the text of an HTML file.

    Args:
        linked: an open database.
        selection, level, ancestors, counting, amounts: as for `counts`; with no level and no tags, domains and the level below
            them.
        title: the project's name by default.
        progress: called with what is being worked on.

    Raises:
        LinkError: as for `counts`, or Jinja or matplotlib is not installed.
    """
    try:
        import jinja2
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise LinkError(f'a report needs {error.name}: pip install "techtags[linkage]"') from None
    from .. import _version

    selection = linked.resolve(selection or Selection())
    progress("coverage")
    whole = coverage(linked, (), selection=selection).to_pylist()[0]
    views, entrants, pairs, incomplete = [], None, _no_pairs(linked), None
    grown: list[dict[str, Any]] = []
    for number, (name, at) in enumerate(_views(linked, selection, level, ancestors)):
        progress(f"trends: {name.lower()}")
        table = counts(
            linked,
            ("tag", "year"),
            selection=selection,
            level=at,
            ancestors=ancestors,
            counting=counting,
            amounts=amounts,
            firms=True,
        )
        found = series(table)
        if not found.years:
            continue
        grown = growth(linked, table).to_pylist()
        incomplete = incomplete_year(found)
        views.append(_view(table, grown, f"t-view-{number}", name))
        if linked.has_firms:
            entrants = _entrants(linked, table, found.years, selection, at, ancestors, counting)
        progress("tags rising together")
        pairs = _pairs(together(linked, table, selection).to_pylist())
    comparisons = _comparisons(linked, selection, level, ancestors, counting, progress)
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False
    )
    return environment.get_template("report.html").render(
        title=title or linked.provenance.get("name") or PurePath(linked.name).name,
        selection=selection.describe(),
        counting=counting,
        counting_note=_COUNTINGS[counting],
        cards=_cards(linked, whole, selection),
        warnings=_warnings(linked, selection, whole, incomplete),
        lists=_lists(grown),
        coverage=_coverage(linked, selection, ("table",)) | {"notes": _notes(linked)},
        coverage_years=_coverage(linked, selection, ("table", "year")),
        views=views,
        entrants=entrants,
        together=pairs,
        comparisons=comparisons,
        provenance=[(k, v) for k, v in linked.provenance.items() if not k.startswith("notes ") and v],
        tables=_tables(linked),
        version=_version.__version__,
    )


def _template(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _views(linked: Linked, selection: Selection, level: int | None, ancestors: bool) -> list[tuple[str, int | None]]:
    """Names and levels of the parts of the trends."""
    if level is not None:
        return [("Domains" if level == 1 else f"Tags of level {level}", level)]
    if selection.tags:
        return [("Chosen tags", None)]
    if not ancestors:
        return [("Tags as they were given", None)]
    return [("Domains", 1), *([("Technologies (level 2)", 2)] if linked.levels > 1 else [])]


def head(text: str, about: str = "", number: bool = True) -> dict[str, Any]:
    """The head of a column."""
    return {"text": text, "about": about, "number": number}


def cell(text: Any, wide: bool = False) -> dict[str, Any]:
    """A cell of text; a wide one holds several words."""
    return {"number": False, "row": None, "wide": wide, "text": "" if text is None else text}


def named(row: dict[str, Any]) -> dict[str, Any]:
    """A cell with both names of a tag."""
    return {"number": False, "row": {"no_finer": False, **row}, "wide": True, "text": ""}


def number(value: float | None, form: str = "n", sign: bool = False) -> dict[str, Any]:
    """A cell with a number: ``n`` as it is, ``%`` a share, ``r`` a ratio to two digits."""
    if value is None:
        return {"number": True, "value": "", "text": "", "class": ""}
    marked = " up" if sign and value > 0 else " down" if sign and value < 0 else ""
    return {"number": True, "value": repr(value), "text": shown(value, form, sign), "class": marked}


def shown(value: float, form: str = "n", sign: bool = False) -> str:
    """A number for readers."""
    if form == "%":
        percent = 100 * value
        digits = 0 if abs(percent) >= 99.95 else 1 if abs(percent) >= 0.95 or percent == 0 else 2
        text = f"{percent:{'+' if sign else ''},.{digits}f}%"
    elif form == "r":
        text = f"{value:{'+' if sign else ''}.2f}"
    else:
        text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.1f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _span(low: float | None, high: float | None, form: str = "n", sign: bool = False) -> dict[str, Any]:
    if low is None or high is None:
        return cell("")
    return cell(f"{shown(low, form, sign)} to {shown(high, form, sign)}") | {"number": True, "value": repr(low), "class": ""}


def _cards(linked: Linked, whole: dict[str, Any], selection: Selection) -> list[dict[str, str]]:
    from .counting import conditions

    where, values = conditions(selection)
    first, last, tables = linked.rows(
        f"SELECT min(year), max(year), count(DISTINCT table_id) FROM records AS r WHERE {where}", values
    )[0]
    tagged = whole["tagged"] + whole["coarse"]
    out = [
        {"name": "Records", "value": f"{whole['rows']:,}", "note": _count(tables, "table")},
        {"name": "With a tag", "value": shown(whole["covered"] or 0, "%"),
         "note": f"{tagged:,} records, {whole['coarse']:,} only coarsely"},
        {"name": "No technology", "value": f"{whole['none']:,}",
         "note": f"{whole['unreadable']:,} unreadable" if whole["unreadable"] else ""},
        {"name": "Years", "value": "none" if first is None else f"{first}–{last}" if first != last else str(first),
         "note": f"{shown(1 - (whole['with_year'] or 0), '%')} of records have none" if (whole["with_year"] or 0) < 1 else ""},
    ]  # fmt: skip
    if linked.has_firms:
        firms = linked.rows("SELECT count(*) FROM firms")[0][0]
        out.append({"name": "Firms", "value": f"{firms:,}", "note": "in the whole database"})
    if whole["mean_probability"] is not None:
        out.append({"name": "Mean probability", "value": f"{whole['mean_probability']:.2f}", "note": "of the tags that have one"})
    return out


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _warnings(linked: Linked, selection: Selection, whole: dict[str, Any], incomplete: int | None) -> list[str]:
    out = linked.warnings(selection)
    if incomplete is not None:
        out.append(
            f"{incomplete} holds less than half as many tagged records as the year before. "
            "It is perhaps incomplete; it is in all figures."
        )
    if whole["rows"] and (whole["covered"] or 0) < 0.5:
        out.append("Fewer than half of the records carry a tag. Trends show the part that does.")
    if len(set(linked.tables.values())) > 1 and not selection.kinds and not selection.tables:
        kinds = ", ".join(dict.fromkeys(linked.tables.values()))
        out.append(
            f"The trends below count records of several kinds together ({kinds}). "
            "Count one kind for a trend that means one thing."
        )
    return out


def _lists(grown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest tags, and those whose share surely grows or shrinks most."""
    if not grown:
        return []

    def noted(rows: Iterable[dict[str, Any]], note: Callable[[dict[str, Any]], str]) -> list[dict[str, Any]]:
        return [{**r, "note": note(r)} for r in list(rows)[:MOST_LISTED]]

    def span(r: dict[str, Any]) -> str:
        low, high = (shown(r[f"share_growth_{end}"], "%", True) for end in ("low", "high"))
        return f"{shown(r['share_growth'], '%', True)} a year ({low} to {high}), {shown(r['count'])} records"

    rising = sorted((r for r in grown if (r["share_growth_low"] or 0) > 0), key=lambda r: -r["share_growth"])
    falling = sorted(
        (r for r in grown if r["share_growth_high"] is not None and r["share_growth_high"] < 0), key=lambda r: r["share_growth"]
    )
    largest = sorted(grown, key=lambda r: -r["count"])
    none = "None whose interval leaves out 0."
    return [
        {"title": "Largest", "rows": noted(largest, lambda r: f"{shown(r['count'])}, {shown(r['share'], '%')}"), "empty": ""},
        {"title": "Growing share", "rows": noted(rising, span), "empty": none},
        {"title": "Shrinking share", "rows": noted(falling, span), "empty": none},
    ]


def _coverage(linked: Linked, selection: Selection, by: tuple[str, ...]) -> dict[str, Any]:
    levels = [f"level_{n}" for n in range(1, linked.levels + 1)]
    heads = [head("Table", number=False), head("Kind", number=False), *([head("Year")] if "year" in by else [])]
    heads += [head("Records"), head("With a tag"), head("Only coarse", "nothing finer than a domain could be said")]
    heads += [head("No technology"), head("Unreadable"), *(head(f"Finest: level {n}") for n in range(1, linked.levels + 1))]
    heads += [head("Mean probability", "of the tags that have one")]
    parts = (
        ("with_year", "With year"),
        ("with_country", "With country"),
        ("with_amount", "With amount"),
        ("with_firm", "With firm"),
    )
    if "year" not in by:
        heads += [head(text) for _, text in parts]
    rows = []
    for r in coverage(linked, by, selection=selection).to_pylist():
        row = [cell(r["table"]), cell(linked.tables[r["table"]])]
        if "year" in by:
            row.append(
                {
                    "number": True,
                    "value": "" if r["year"] is None else r["year"],
                    "text": "no year" if r["year"] is None else r["year"],
                    "class": "",
                }
            )
        row += [number(r["rows"]), number(r["covered"], "%"), number(r["coarse"]), number(r["none"]), number(r["unreadable"])]
        row += [number(r[name]) for name in levels] + [number(r["mean_probability"], "r")]
        rows.append(row + [number(r[name], "%") for name, _ in parts if "year" not in by])
    return {"heads": heads, "rows": rows}


def _notes(linked: Linked) -> list[str]:
    """What could not be read, as `techtags link` noted it."""
    out = []
    for key, value in linked.provenance.items():
        if key.startswith("notes "):
            for kind, about in json.loads(value).items():
                example = f" ({about['examples'][0]})" if about.get("examples") else ""
                out.append(
                    f"{key.removeprefix('notes ')}: {_count(about['rows'], 'row')} with {kind} that could not be read{example}"
                )
    return out


def _view(table: pa.Table, grown: list[dict[str, Any]], key: str, name: str) -> dict[str, Any]:
    """Pictures and the table of one level."""
    from markupsafe import Markup

    amounts = "amount" in table.column_names
    alt = f"{name}: {'amounts' if amounts else 'records'} by year"
    drawn = [
        {"svg": _svg(pictures.draw(table, lang="both"), f"{key}-lines", alt), "caption": f"{name} by year."},
        {"svg": _svg(pictures.draw(table, lang="both", style="heatmap"), f"{key}-heat", f"{name}: share by year"),
         "caption": f"{name}: share of each year's tagged records. Yellow is more."},
    ]  # fmt: skip
    heads = [
        head("Tag", number=False), head("Count", "as tagged, in records with a year"),
        head("Expected", "by the tags' probabilities"),
        head("Share", "of all tagged records with a year"), head("Years", number=False),
        head("Growth of the count a year"), head("95% interval", "of the growth of the count"),
        head("Growth of the share a year"), head("95% interval", "of the growth of the share"),
    ]  # fmt: skip
    rows = []
    for r in sorted(grown, key=lambda r: -r["count"]):
        years = "" if r["first_year"] is None else f"{r['first_year']}–{r['last_year']}"
        rows.append(
            [
                named(r), number(r["count"]), number(r["expected"]), number(r["share"], "%"),
                cell(Markup('<span class="years">{}</span>').format(years)), number(r["growth"], "%", True),
                _span(r["growth_low"], r["growth_high"], "%", True), number(r["share_growth"], "%", True),
                _span(r["share_growth_low"], r["share_growth_high"], "%", True),
            ]
        )  # fmt: skip
    return {
        "id": key,
        "title": name,
        "pictures": drawn,
        "heads": heads,
        "rows": rows,
        "caption": f"Counting: {table.column('counting')[0]}",
    }


def _svg(figure: Any, key: str, alt: str) -> Any:
    from markupsafe import Markup

    return Markup(pictures.inline(figure, key, alt))  # matplotlib escapes what it draws; `inline` escapes the rest


def _entrants(
    linked: Linked, table: pa.Table, years: list[int], selection: Selection, level: int | None, ancestors: bool, counting: str
) -> dict[str, Any] | None:
    """Firms by tag, and those that were new in the last years."""
    shown_years = years[-ENTRANT_YEARS:]
    new: dict[str, dict[int, int]] = {}
    for r in table.to_pylist():
        new.setdefault(r["tag"], {})[r["year"]] = r["new_firms"]
    sums = counts(
        linked, ("tag",), selection=selection, level=level, ancestors=ancestors, counting=counting, firms=True
    ).to_pylist()
    rows = [
        [named(r), number(r["firms"]), *(number(new.get(r["tag"], {}).get(y, 0)) for y in shown_years)]
        for r in sorted(sums, key=lambda r: -r["firms"])
        if r["firms"]
    ]
    if not rows:
        return None
    return {
        "heads": [head("Tag", number=False), head("Firms", "in all years"), *(head(f"New in {y}") for y in shown_years)],
        "rows": rows,
    }


def _no_pairs(linked: Linked) -> dict[str, Any]:
    return {"heads": [], "rows": [], "empty": "There are too few records or years to say which tags rise together."}


def _pairs(found: list[dict[str, Any]]) -> dict[str, Any]:
    heads = [
        head("Tag", number=False), head("Tag", number=False), head("Correlation"), head("95% interval"),
        head("Growth of shares a year", number=False),
        head("Records together"), head("Times chance", "records together over those to be expected by chance"),
    ]  # fmt: skip
    rows = [
        [
            *(named({"label_en": r[f"label_{s}_en"], "label_zh": r[f"label_{s}_zh"]}) for s in "ab"),
            number(r["correlation"], "r", True), _span(r["correlation_low"], r["correlation_high"], "r", True),
            cell(", ".join(shown(r[f"share_growth_{s}"], "%", True) for s in "ab")),
            number(r["records_together"]), number(r["lift"], "r"),
        ]
        for r in found
        if r["both_rise"]
    ]  # fmt: skip
    empty = (
        "No two tags have shares that both grow for sure."
        if found
        else "There are too few records or years to say which tags rise together."
    )
    return {"heads": heads, "rows": rows[:MOST_PAIRS], "empty": empty}


def _comparisons(
    linked: Linked, selection: Selection, level: int | None, ancestors: bool, counting: str, progress: Callable[[str], object]
) -> list[dict[str, Any]]:
    """Kinds of tables side by side."""
    kinds = set(linked.tables.values())
    if selection.kinds or selection.tables:
        kinds = set(selection.kinds) | {linked.tables[t] for t in selection.tables}
    at = level if level is not None or selection.tags else min(2, linked.levels)
    out: list[dict[str, Any]] = []
    for one, two in PAIRS:
        if len(out) == MOST_COMPARISONS or not {one, two} <= kinds:
            continue
        progress(f"{one} and {two}")
        a, b = (replace(selection, kinds=(kind,)) for kind in (one, two))
        try:
            table = compare(linked, a, b, level=at, ancestors=ancestors, counting=counting)
        except LinkError:
            continue  # one of them has nothing that is tagged
        out.append(_comparison(table, one, two, (verb(linked, a, one), verb(linked, b, two)), f"t-compare-{len(out)}"))
    return out


def _comparison(table: pa.Table, a: str, b: str, verbs: tuple[str, str], key: str) -> dict[str, Any]:
    title = f"{verbs[0].capitalize()} and {verbs[1]}: {a} (A) and {b} (B)"
    try:
        drawn = pictures.draw_comparison(table, f"A: {a}", f"B: {b}", verbs, lang="both")
        picture = {"svg": _svg(drawn, key, title), "caption": f"Shares of tagged records: {a} (A) and {b} (B)."}
    except LinkError:
        picture = None
    heads = [
        head("Tag", number=False), head("Finding", number=False), head(f"{a}: records"), head(f"{a}: share"),
        head("95% interval"),
        head(f"{b}: records"), head(f"{b}: share"), head("95% interval"), head("A over B", "ratio of the shares"),
        head("95% interval"),
        head("Specialisation of A", "share in A over share in both"),
    ]  # fmt: skip
    rows = []
    for r in table.to_pylist():
        row = [named(r), cell(in_words(r["finding"], *verbs), wide=True)]
        for s in "ab":
            row += [number(r[f"count_{s}"]), number(r[f"share_{s}"], "%"), _span(r[f"share_{s}_low"], r[f"share_{s}_high"], "%")]
        if r["finding"] == "too_few":
            row += [number(None), cell(""), number(None)]
        else:
            ratios = (2 ** r[n] for n in ("log2_ratio", "log2_ratio_low", "log2_ratio_high"))
            middle, low, high = ratios
            row += [number(middle, "r"), _span(low, high, "r"), number(r["specialisation_a"], "r")]
        rows.append(row)
    tagged = {s: int(table.column(f"tagged_{s}")[0].as_py()) if table.num_rows else 0 for s in "ab"}
    return {
        "id": key, "title": title, "picture": picture, "heads": heads, "rows": rows,
        "caption": f"Tagged records: {a} {tagged['a']:,}, {b} {tagged['b']:,}.",
    }  # fmt: skip


def _tables(linked: Linked) -> dict[str, Any]:
    rows: Sequence[tuple[Any, ...]] = linked.rows(
        "SELECT table_id, kind, path, rows, sha256, tagged_with FROM tables ORDER BY rowid"
    )
    heads = [head(t, number=t == "Rows") for t in ("Table", "Kind", "File", "Rows", "SHA-256", "Tagged with")]
    return {
        "heads": heads,
        "rows": [[cell(t), cell(k), cell(p), number(n), cell(s), cell(w, wide=True)] for t, k, p, n, s, w in rows],
    }
