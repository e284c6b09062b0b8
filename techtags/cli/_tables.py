"""What commands that read a table and write one with more columns have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from techtags.tables import Table, TableError, TableWriter, neutralise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from techtags.tables.reading import Row


def delimiter_of(given: str | None) -> str | None:
    """The character that `--delimiter` names.

    Raises:
        click.UsageError: it is none that can stand between cells.
    """
    delimiter = {"\\t": "\t", "tab": "\t"}.get(given or "", given)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise click.UsageError(f"--delimiter must be one character that is no quote or line end, not {given!r}")
    return delimiter


def delimiter_for(form: str, table: Table) -> str:
    """What stands between the cells of an output in `form` that is made from `table`."""
    if form == "tsv":
        return "\t"
    return table.delimiter if table.form == form and table.delimiter else ","


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

    def __init__(self, writer: TableWriter, table: Table, added: Sequence[str], overwrite: bool) -> None:
        self._writer, self._table, self._added, self._overwrite = writer, table, added, overwrite
        self._keep = kept_columns(table, added, overwrite)
        self._names = [*(table.header[i] for i in self._keep), *added]
        writer.header(self._names)

    def write(self, row: Row, cells: Sequence[str]) -> None:
        """Write `row` and the cells of its new columns.

        Raises:
            TableError: a JSON object has keys that the output has no column for, or that it may not lose.
        """
        added = [neutralise(c) for c in cells]
        header = self._table.header
        if row.value is not None and self._writer.form == "jsonl":
            # From JSONL to JSONL the object keeps its values, types and all.
            kept = {k: v for k, v in row.value.items() if k not in self._added}
            if len(kept) < len(row.value) and not self._overwrite:
                taken = ", ".join(k for k in row.value if k in self._added)
                raise TableError(f"{self._table.name}, line {row.line}: already has {taken}; say --overwrite to replace them")
            self._writer.object({**kept, **dict(zip(self._added, added, strict=True))})
            return
        # The columns of a delimited output stand by now: a JSON key that comes late has no place.
        late = ", ".join(repr(k) for k in row.value or () if k not in header)
        if late:
            raise TableError(
                f"{self._table.name}, line {row.line}: {late} did not stand in the first lines; "
                "write to a .jsonl file, which keeps it"
            )
        self._writer.row(self._names, [*(row.cells[i] for i in self._keep), *added, *row.cells[len(header) :]])
