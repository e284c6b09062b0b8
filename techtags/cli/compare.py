"""`techtags compare`: two tables over the same standard, tag by tag."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._linked import filters
from ._options import labels

if TYPE_CHECKING:
    from techtags.linkage.selection import Selection

_ORDER = {"a_only": 0, "more_in_a": 1, "b_only": 2, "more_in_b": 3, "both": 4, "too_few": 5}


@click.command()
@click.argument("database", type=click.Path(path_type=Path))
@click.argument("a")
@click.argument("b")
@filters
@click.option("--title", default="", help="Of the picture.")
@labels("Language of names on the screen and in pictures.")
def compare(
    database: Path, a: str, b: str, tags: tuple[str, ...], within: tuple[str, ...], countries: tuple[str, ...],
    first: int | None, last: int | None, level: int | None, ancestors: bool, counting: str, output: str | None,
    picture: str | None, title: str, lang: str,
) -> None:  # fmt: skip
    """Set A and B side by side: which technologies are funded and not patented, patented and not funded, and so on.

    A and B are tables or kinds of DATABASE (investment, grant, patent, policy, firm), with filters of their own if need be.
    Shares of the tagged records are compared, with 95% intervals; nothing is said where there are too few records.

    \b
    techtags compare pool.duckdb investment patent --level 2 --picture gap.png
    techtags compare pool.duckdb policy investment --within made-in-china-2025
    techtags compare pool.duckdb patent,country=CN,from=2015 patent,country=US,from=2015
    """
    from techtags.linkage.compare import compare as compared
    from techtags.linkage.compare import side, verb
    from techtags.linkage.selection import Linked, Selection

    from ._linked import Out, warn, warn_of_fonts

    out = Out(output, picture)
    out.check()
    common = Selection(tags=tags, within=within, countries=countries, first=first, last=last)
    with Linked.open(database) as linked:
        common = linked.resolve(common)
        warn(linked, common)
        name_a, of_a = side(linked, a, common)
        name_b, of_b = side(linked, b, common)
        if of_a == of_b:
            raise click.UsageError(f"A and B are the same records: {a} and {b}")
        verbs = verb(linked, of_a, name_a), verb(linked, of_b, name_b)
        if verbs[0] == verbs[1]:  # two sides of one kind are told apart by their names
            verbs = f"in {name_a}", f"in {name_b}"
        table = compared(linked, of_a, of_b, level=level, ancestors=ancestors, counting=counting)
        out.write(table)
        if picture:
            from techtags.linkage.pictures import draw_comparison

            warn_of_fonts(table, lang)
            out.draw(draw_comparison(table, f"A: {name_a}", f"B: {name_b}", verbs, lang=lang, title=title))
        if not output and not picture:
            _print(table.to_pylist(), verbs, lang, of_a, of_b)


def _print(rows: list[dict[str, Any]], verbs: tuple[str, str], lang: str, a: Selection, b: Selection) -> None:
    from techtags.linkage.compare import in_words
    from techtags.linkage.pictures import label

    from ._linked import MOST_PRINTED, show

    few = sum(r["finding"] == "too_few" for r in rows)
    told = [r for r in rows if r["finding"] != "too_few"]
    told.sort(key=lambda r: (_ORDER[r["finding"]], -abs(r["log2_ratio"]), r["tag"]))
    head = ("tag", "finding", "A", "share of A", "B", "share of B", "A over B", "95% interval", "specialisation of A")
    cells = []
    for r in told[:MOST_PRINTED]:
        ratio, low, high = (f"{2 ** r[n]:.2f}" for n in ("log2_ratio", "log2_ratio_low", "log2_ratio_high"))
        cells.append(
            [
                label(r, "tag", lang), in_words(r["finding"], *verbs), f"{r['count_a']:,.0f}", f"{100 * r['share_a']:.1f}%",
                f"{r['count_b']:,.0f}", f"{100 * r['share_b']:.1f}%", ratio, f"{low} to {high}", f"{r['specialisation_a']:.2f}",
            ]
        )  # fmt: skip
    if cells:
        show(head, cells, head[2:], len(told) - len(cells))
        tagged = [f"{rows[0][f'tagged_{s}']:,.0f}" for s in "ab"]
        click.echo(f"A: {a.describe()} ({tagged[0]} tagged records); B: {b.describe()} ({tagged[1]})", err=True)
    if few:
        click.echo(
            f"{few} {'tag has' if few == 1 else 'tags have'} too few records to say anything; -o FILE.csv has them", err=True
        )
