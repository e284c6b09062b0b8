"""What commands that read a table and write one with more columns have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from techtags.tables import Table, TableError, TableWriter, format_of, inputs_of, neutralise, open_table, open_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from techtags.tables import Row

# Columns of ours that hold numbers, for formats that know types.
KINDS = {"tt_row": "int", "tt_rank": "int", "tt_score": "float", "tt_sure": "float", "rows": "int"}


def delimiter_of(given: str | None) -> str | None:
    """The character that `--delimiter` names.

    Raises:
        click.UsageError: it is none that can stand between cells.
    """
    delimiter = {"\\t": "\t", "tab": "\t"}.get(given or "", given)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise click.UsageError(f"--delimiter must be one character that is no quote or line end, not {given!r}")
    return delimiter


def open_input(name: str, form: str | None, encoding: str | None, delimiter: str | None, sheet: str | None) -> Table:
    """The table that a command is to read: a file, standard input, or all files of a folder or a pattern as one.

    Raises:
        TableError: it cannot be read.
    """
    paths = inputs_of(name, form)
    if paths:
        table = open_tables(paths, format_of(str(paths[0]), form), encoding, delimiter, sheet)
    else:
        table = open_table(name, format_of(name, form), encoding, delimiter, sheet)
    say(table.notes)
    return table


def say(notes: list[str]) -> None:
    """Tell the user what was noted, once."""
    for note in notes:
        click.echo(note, err=True)
    notes.clear()


def form_for_output(name: str, to: str | None, table: Table) -> str:
    """The format of an output that is made from `table`; standard output is text unless `--to` says otherwise.

    Raises:
        TableError: the name has an ending that is not known.
    """
    if name != "-":
        return format_of(name, to, "--to")
    return to or (table.form if table.form in ("csv", "tsv", "jsonl") else "csv")


def delimiter_for(form: str, table: Table) -> str:
    """What stands between the cells of an output in `form` that is made from `table`."""
    if form == "tsv":
        return "\t"
    return table.delimiter if table.form == form and table.delimiter else ","


def is_ragged(row: Row, table: Table) -> bool:
    """Whether a row has cells that no column is for, so that its text may stand in another than the header says.

    In a workbook a cell beside the table moves nothing.
    """
    return len(row.cells) > len(table.header) and row.typed is None


def safe(cells: Iterable[str], writer: TableWriter, raw: bool) -> list[str]:
    """Cells that we add, made harmless where a spreadsheet will open them."""
    return [neutralise(c) for c in cells] if writer.spreadsheet and not raw else list(cells)


def kept_columns(table: Table, added: Sequence[str], overwrite: bool) -> list[int]:
    """Positions of the columns that stay beside those that are appended.

    Raises:
        TableError: the table has such columns already, and may not lose them.
    """
    taken = [i for i, name in enumerate(table.header) if name in added]
    if taken and not overwrite:
        names = ", ".join(table.header[i] for i in taken)
        raise TableError(f"{table.name} already has {names}; say --overwrite to replace them")
    return [i for i in range(len(table.header)) if i not in taken]


class Appender:
    """Writes each row of a table as it was, with columns appended; making one writes the header.

    Raises:
        TableError: the table has such columns already, and may not lose them.
    """

    def __init__(self, writer: TableWriter, table: Table, added: Sequence[str], overwrite: bool, raw: bool = False) -> None:
        self._writer, self._table, self._added, self._overwrite, self._raw = writer, table, added, overwrite, raw
        writer.begin(table, kept_columns(table, added, overwrite), added, KINDS)

    def write(self, row: Row, cells: Sequence[str]) -> None:
        """Write `row` and the cells of its new columns.

        Raises:
            TableError: a JSON object has keys that the output has no column for, or that it may not lose.
        """
        if row.value is not None:
            self._check(row, row.value)
        self._writer.append(row, safe(cells, self._writer, self._raw))

    def _check(self, row: Row, value: Mapping[str, object]) -> None:
        where = f"{self._table.name}, line {row.line}"
        if self._writer.form == "jsonl":
            taken = ", ".join(k for k in value if k in self._added)
            if taken and not self._overwrite:
                raise TableError(f"{where}: already has {taken}; say --overwrite to replace them")
            return
        # The columns of a delimited output stand by now: a JSON key that comes late has no place.
        late = ", ".join(repr(k) for k in value if k not in self._table.header)
        if late:
            raise TableError(f"{where}: {late} did not stand in the first lines; write to a .jsonl file, which keeps it")
