"""`techtags trends`: counts and amounts by tag, year, country and firm."""

from __future__ import annotations

from pathlib import Path

import click

from ._linked import filters
from ._options import labels


@click.command()
@click.argument("database", type=click.Path(path_type=Path))
@click.option("--by", metavar="NAMES", help="Some of tag, year, country, firm, table, kind, with commas; tag,year if not given.")
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Only records of this table. Repeatable.")
@click.option(
    "--kind", "kinds", multiple=True, metavar="KIND", help="Only tables of this kind: investment, patent, ... Repeatable."
)
@filters
@click.option("--amounts", is_flag=True, help="Add up amounts, too.")
@click.option("--currency", metavar="CODE", help="Only amounts in this currency, in its own units.")
@click.option("--firms", is_flag=True, help="Count firms, too, and those that are new.")
@click.option(
    "--role", default="subject", show_default=True, metavar="ROLE", help="Which firms of a record: subject, investor, ..."
)
@click.option(
    "--show",
    "what",
    type=click.Choice(["counts", "growth", "together", "coverage"]),
    default="counts",
    show_default=True,
    help="growth: of each tag a year; together: pairs of tags that rise together; coverage: how much was tagged.",
)
@click.option("--style", type=click.Choice(["lines", "heatmap"]), default="lines", show_default=True, help="Of the picture.")
@click.option("--report", "report_file", metavar="FILE", help="Write a report of it all as one HTML file.")
@click.option("--title", default="", help="Of the picture and the report.")
@labels("Language of names on the screen and in pictures.")
def trends(
    database: Path, by: str | None, tables: tuple[str, ...], kinds: tuple[str, ...], tags: tuple[str, ...],
    within: tuple[str, ...], countries: tuple[str, ...], first: int | None, last: int | None, level: int | None,
    ancestors: bool, counting: str,
    output: str | None, picture: str | None, amounts: bool, currency: str | None, firms: bool, role: str, what: str,
    style: str, report_file: str | None, title: str, lang: str,
) -> None:  # fmt: skip
    """Count the records of DATABASE, which techtags link has made, by tag and year or otherwise.

    A record counts for its tags and, unless --level or --no-ancestors is given, for all above them. Beside each count stands
    what of it is expected to be right, by the tags' probabilities, with a 95% interval (docs/trends.md).

    \b
    techtags trends pool.duckdb --level 1 --picture domains.png
    techtags trends pool.duckdb --tag photovoltaics --tag wind-power --kind patent -o wanted.csv
    techtags trends pool.duckdb --within made-in-china-2025 --country CN --amounts --report plan.html
    """
    from ._trends import Job, run

    run(
        Job(
            database=database, by=by, tables=tables, kinds=kinds, tags=tags, within=within, countries=countries, first=first,
            last=last, level=level, ancestors=ancestors, counting=counting, output=output, picture=picture, amounts=amounts,
            currency=currency, firms=firms, role=role, what=what, style=style, report=report_file, title=title, lang=lang,
        )
    )  # fmt: skip
