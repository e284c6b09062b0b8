"""What the commands that read a database of linked data sets have in common: filters, and tables and pictures out."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

from techtags.tables import TableError, neutralise, open_file, open_writer

from ._picture import check_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from techtags.linkage.selection import Linked, Selection

    Decorator = Callable[[Callable[..., None]], Callable[..., None]]

FORMS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".parquet": "parquet"}
MOST_PRINTED = 40

_FILTERS = (
    click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only this tag and those below it. Repeatable."),
    click.option("--within", multiple=True, metavar="COLLECTION", help="Only the tags of this collection. Repeatable."),
    click.option("--country", "countries", multiple=True, metavar="CODE", help="Only records from here (CN, US). Repeatable."),
    click.option("--from", "first", type=int, metavar="YEAR", help="The first year."),
    click.option("--to", "last", type=int, metavar="YEAR", help="The last year."),
    click.option("--level", type=click.IntRange(1), metavar="N", help="Roll tags up to this level of the tree; 1 is domains."),
    click.option(
        "--ancestors/--no-ancestors", default=True, show_default=True, help="Without --level: count for the tags above, too."
    ),
    click.option(
        "--counting", type=click.Choice(["full", "fractional"]), default="full", show_default=True,
        help="full: once for each tag; fractional: weight 1, shared among the record's tags.",
    ),
    click.option("-o", "--output", metavar="FILE", help="Write the whole table: .csv, .tsv, .jsonl or .parquet; - prints CSV."),
    click.option("--picture", metavar="FILE", help="Draw it, .png or .svg."),
)  # fmt: skip


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that counts."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Out:
    """Where results go.

    Attributes:
        table, picture: file names, or None.
    """

    table: str | None
    picture: str | None

    def check(self) -> None:
        """Refuse what cannot be written, before any work is done.

        Raises:
            click.UsageError: a name has an ending that is not known, or two outputs are one file.
            click.ClickException: what an output needs is not installed.
        """
        if self.table and self.table != "-" and PurePath(self.table).suffix.lower() not in FORMS:
            raise click.UsageError(f"-o {self.table}: name a file that ends in {', '.join(FORMS)}")
        if self.picture:
            check_picture(self.picture)
        if importlib.util.find_spec("pyarrow") is None:
            raise click.ClickException("this needs PyArrow, which the extra `linkage` brings: pip install 'techtags[linkage]'")

    def write(self, table: pa.Table) -> None:
        """Write the whole table, if that is asked for."""
        if self.table:
            write_table(table, self.table)

    def draw(self, figure: Any) -> None:
        """Write the picture."""
        from techtags.linkage.pictures import save

        assert self.picture is not None
        content = save(figure, self.picture)
        with open_file(self.picture) as file:
            file.buffer.write(content)


def check_apart(outputs: dict[str, str | None]) -> None:
    """Refuse two outputs in one file.

    Raises:
        click.UsageError: two options name the same.
    """
    seen: dict[str, str] = {}
    for option, name in outputs.items():
        if name and name in seen:
            raise click.UsageError(f"{seen[name]} and {option} both name {name}")
        if name:
            seen[name] = option


def write_table(table: pa.Table, name: str) -> None:
    """Write a table in the format that the ending of its name says; what a spreadsheet would calculate is neutralised in CSV.

    Raises:
        TableError: the place cannot be written to.
    """
    form = "csv" if name == "-" else FORMS[PurePath(name).suffix.lower()]
    if form == "parquet":
        import pyarrow.parquet as pq

        with open_file(name) as file:
            pq.write_table(table, file.buffer)
        return
    columns = table.column_names
    with open_writer(name, form, delimiter="\t" if form == "tsv" else ",") as writer:
        writer.header(columns)
        for batch in table.to_batches(max_chunksize=50_000):
            for row in batch.to_pylist():
                if form == "jsonl":
                    writer.object(row)
                else:
                    writer.row(columns, [_cell(row[c]) for c in columns])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return neutralise(value) if isinstance(value, str) else str(value)


def warn(linked: Linked, selection: Selection) -> None:
    """Say on stderr what must be known of the collections that are used."""
    for line in linked.warnings(selection):
        click.secho(line, err=True, fg="yellow")


def warn_of_fonts(table: pa.Table, lang: str) -> None:
    """Say on stderr if Chinese cannot be drawn."""
    from techtags.linkage.pictures import font_warning

    names = [f"label_{lang}", "firm", "table"]
    texts = [t for n in names if n in table.column_names for t in table.column(n).to_pylist() if t]
    line = font_warning(texts)
    if line:
        click.secho(line, err=True, fg="yellow")


def show(head: Sequence[str], rows: list[list[str]], right: Sequence[str], more: int) -> None:
    """Print the first rows of a table, and say how many there are beside them."""
    from ._printing import print_table

    print_table(head, rows, {"tag": 34, "tag a": 30, "tag b": 30, "firm": 40, "name": 34}, right)
    if more:
        click.echo(f"... and {more:,} more rows: -o FILE.csv writes them all", err=True)


__all__ = ["MOST_PRINTED", "Out", "TableError", "check_apart", "filters", "show", "warn", "warn_of_fonts", "write_table"]
