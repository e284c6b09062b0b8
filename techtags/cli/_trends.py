"""The work of `techtags trends`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

from techtags.linkage.coverage import DIMENSIONS as COVERED_BY
from techtags.linkage.coverage import coverage
from techtags.linkage.growth import growth, incomplete_year, series, together
from techtags.linkage.selection import Linked, Selection
from techtags.linkage.trends import counts
from techtags.tables import open_file

from ._linked import MOST_PRINTED, Out, check_apart, show, warn, warn_of_fonts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Job:
    """The options of the command."""

    database: Path
    by: str | None
    tables: tuple[str, ...]
    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    within: tuple[str, ...]
    countries: tuple[str, ...]
    first: int | None
    last: int | None
    level: int | None
    ancestors: bool
    counting: str
    output: str | None
    picture: str | None
    amounts: bool
    currency: str | None
    firms: bool
    role: str
    what: str
    style: str
    report: str | None
    title: str
    lang: str


def run(job: Job) -> None:
    """Count, and write what is asked for."""
    out = Out(job.output, job.picture)
    out.check()
    check_apart({"-o": job.output, "--picture": job.picture, "--report": job.report})
    if job.report and PurePath(job.report).suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"--report {job.report}: name a file that ends in .html")
    if job.picture and job.what != "counts":
        raise click.UsageError(f"--picture draws counts, not --show {job.what}")
    if job.by is not None and job.what in ("growth", "together"):
        raise click.UsageError(f"--show {job.what} is by tag and year, without --by")
    default = "table,year" if job.what == "coverage" else "tag,year"
    by = tuple(d.strip() for d in (default if job.by is None else job.by).split(",") if d.strip())
    selection = Selection(
        tags=job.tags, within=job.within, tables=job.tables, kinds=job.kinds, countries=job.countries, first=job.first,
        last=job.last, role=job.role, currency=job.currency,
    )  # fmt: skip
    with Linked.open(job.database) as linked:
        selection = linked.resolve(selection)
        warn(linked, selection)
        if job.output or job.picture or not job.report:
            table = _table(linked, job, by, selection)
            out.write(table)
            if job.picture:
                from techtags.linkage.pictures import draw

                warn_of_fonts(table, job.lang)
                out.draw(draw(table, style=job.style, lang=job.lang, title=job.title))
            if not job.output and not job.picture:
                _print(table, job)
        if job.report:
            _report(linked, job, selection)


def _table(linked: Linked, job: Job, by: tuple[str, ...], selection: Selection) -> pa.Table:
    if job.what == "coverage":
        return coverage(linked, by, selection=selection)
    amounts = job.amounts or job.currency is not None
    if job.what == "counts":
        return counts(
            linked, by, selection=selection, level=job.level, ancestors=job.ancestors, counting=job.counting, amounts=amounts,
            firms=job.firms,
        )  # fmt: skip
    table = counts(linked, ("tag", "year"), selection=selection, level=job.level, ancestors=job.ancestors, counting=job.counting)
    last = incomplete_year(series(table))
    if last is not None:
        line = f"{last} has less than half as many tagged records as the year before: perhaps it is incomplete"
        click.secho(f"{line}; --to {last - 1} leaves it out", err=True, fg="yellow")
    return growth(linked, table) if job.what == "growth" else together(linked, table, selection)


def _report(linked: Linked, job: Job, selection: Selection) -> None:
    from techtags.linkage.report import report

    assert job.report is not None
    say = _progress()
    text = report(
        linked, selection=selection, level=job.level, ancestors=job.ancestors, counting=job.counting,
        amounts=job.amounts or job.currency is not None, title=job.title, progress=say,
    )  # fmt: skip
    say("")
    with open_file(job.report) as file:
        file.write(text)


def _progress() -> Callable[[str], None]:
    """Says on a terminal what is being worked on; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda what: click.echo(f"\r\033[K{what}", err=True, nl=False)


def _number(value: Any, percent: bool = False, sign: bool = False) -> str:
    if value is None:
        return ""
    if percent:
        return f"{100 * value:{'+' if sign else ''}.1f}%"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.1f}"


def _print(table: pa.Table, job: Job) -> None:
    """Print the columns that matter most; all of them are in the file that -o writes."""
    if not table.num_rows:
        few = "too few records or years to say which tags rise together"
        click.echo(few if job.what == "together" else "no record fits", err=True)
        return
    shown = {"counts": _counts, "growth": _growth, "together": _together, "coverage": _coverage}[job.what]
    rows = table.slice(0, MOST_PRINTED).to_pylist()
    cells = [shown(row, job) for row in rows]
    text = ("tag", "tag a", "tag b", "country", "firm", "table", "kind", "both rise")
    head = list(cells[0])
    show(head, [list(c.values()) for c in cells], [h for h in head if h not in text], table.num_rows - len(rows))
    if job.what in ("counts", "growth"):
        overlap = (
            "counts of different tags overlap" if job.counting == "full" else "each record has weight 1, shared among its tags"
        )
        click.echo(f"{job.counting} counting: {overlap}", err=True)


def _name(row: dict[str, Any], job: Job) -> str:
    from techtags.linkage.pictures import label

    return label(row, "tag", job.lang)


def _counts(row: dict[str, Any], job: Job) -> dict[str, str]:
    out = {"tag": _name(row, job)} if "tag" in row else {}
    for name in ("year", "country", "firm", "table", "kind"):
        if name in row:
            out[name] = "-" if row[name] is None else str(row[name])
    out |= {"count": _number(row["count"]), "expected": _number(row["expected"])}
    out["95% interval"] = f"{_number(row['low'])} to {_number(row['high'])}"
    out["share"] = _number(row["share"], percent=True)
    if "growth" in row:
        out["growth"] = _number(row["growth"], percent=True, sign=True)
    if "firms" in row:
        out |= {"firms": _number(row["firms"]), "new firms": _number(row["new_firms"])}
    if "amount" in row:
        out |= {
            f"amount {row['currency'] or ''}".strip(): _number(row["amount"]),
            "expected amount": _number(row["amount_expected"]),
        }
        out["95% interval of it"] = f"{_number(row['amount_low'])} to {_number(row['amount_high'])}"
    return out


def _growth(row: dict[str, Any], job: Job) -> dict[str, str]:
    out = {"tag": _name(row, job), "count": _number(row["count"]), "share": _number(row["share"], percent=True)}
    for name, head in (("growth", "growth a year"), ("share_growth", "growth of share")):
        out[head] = _number(row[name], percent=True, sign=True)
        ends = [_number(row[f"{name}_{end}"], percent=True, sign=True) for end in ("low", "high")]
        out["95% interval" + (" " if name != "growth" else "")] = " to ".join(ends) if ends[0] else ""
    return out


def _together(row: dict[str, Any], job: Job) -> dict[str, str]:
    out = {f"tag {s}": row[f"label_{s}_{job.lang}"] for s in "ab"}
    out["correlation"] = f"{row['correlation']:+.2f}"
    out["95% interval"] = f"{row['correlation_low']:+.2f} to {row['correlation_high']:+.2f}"
    out["both rise"] = "yes" if row["both_rise"] else ""
    out |= {
        "records together": _number(row["records_together"]),
        "times chance": "" if row["lift"] is None else f"{row['lift']:.2f}",
    }
    return out


def _coverage(row: dict[str, Any], job: Job) -> dict[str, str]:
    out = {n: "-" if row[n] is None else str(row[n]) for n in COVERED_BY if n in row}
    out |= {n: _number(row[n]) for n in ("rows", "tagged", "coarse", "none", "unreadable")}
    out["covered"] = _number(row["covered"], percent=True)
    return out | {n.replace("_", " "): _number(row[n]) for n in row if n.startswith("level_")}
