"""`techtags link`: the tables of a project to one database."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("project", type=click.Path(path_type=Path), metavar="PROJECT.toml")
@click.option("--fresh", is_flag=True, help="Do everything again; otherwise only what has changed.")
@click.option(
    "--review", type=click.Path(path_type=Path), metavar="FILE",
    help="Write the doubtful pairs of firms to a table that you fill in and name as links in [firms].",
)  # fmt: skip
def link(project: Path, fresh: bool, review: Path | None) -> None:
    """Connect the tables that PROJECT.toml names: one DuckDB file of records, their tags, and firms across the tables.

    Tables that techtags tag has tagged are taken as they are, others are tagged.  The database is written aside and takes its
    name when it is whole.  docs/linkage.md says how to write a project file and what the database holds.

    Needs the linkage extra: pip install "techtags[linkage]".
    """
    from ._linking import run

    run(project, fresh=fresh, review=review)
