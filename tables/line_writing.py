"""Writing text formats: delimited tables and JSON lines."""

from __future__ import annotations

import csv
import json
from typing import IO, TYPE_CHECKING, Any

from .errors import TableError
from .kinds import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .rows import Row, Table

# Where a JSON object keeps the cells of a ragged row that no column is for.
SURPLUS = "tt_surplus"


class DelimitedWriter:
    """Writes CSV and TSV; see `techtags.tables.writing.TableWriter`."""

    form = "csv"
    spreadsheet = True

    def __init__(self, file: IO[str], delimiter: str, newline: str) -> None:
        self._file, self._newline = file, newline
        self.notes: list[str] = []
        self._width, self._keep = 0, list[int]()
        # Given both characters as the line's end, every Python quotes cells that hold either.
        self._writer = csv.writer(self, delimiter=delimiter, lineterminator="\r\n")

    def write(self, line: str) -> None:
        """Take a line from the csv module and end it as the table's lines end."""
        self._file.write(line[:-2] + self._newline)

    def header(self, names: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Write the column names."""
        self._writer.writerow(names)

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        """Write a row."""
        self._writer.writerow(cells)

    def begin(self, table: Table, keep: Sequence[int], added: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Write the names of the columns that stay and of the new ones."""
        self._width, self._keep = len(table.header), list(keep)
        self.header([*(table.header[i] for i in keep), *added])

    def append(self, row: Row, added: Sequence[str], *, surplus: bool = True) -> None:
        """Write a row with the new cells; surplus cells come last."""
        cells = row.cells
        self._writer.writerow([*(cells[i] for i in self._keep), *added, *(cells[self._width :] if surplus else ())])

    def object(self, value: dict[str, Any]) -> None:
        """Refused: a delimited table has no objects."""
        raise TableError("objects go to JSONL; name the output .jsonl")

    def finish(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is held."""


class LineWriter:
    """Writes JSON lines; see `techtags.tables.writing.TableWriter`."""

    form = "jsonl"
    spreadsheet = False

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.notes: list[str] = []
        self._table: Table | None = None
        self._keep: list[int] = []
        self._names: list[str] = []
        self._added: list[str] = []

    def header(self, names: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Check the column names; JSON lines have no header."""
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise TableError(f"two columns are called {twice!r}, and a JSON object has room for one; rename one, or write CSV")

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        """Write a row as an object."""
        value: dict[str, Any] = dict(zip(names, cells, strict=False))
        if len(cells) > len(names):
            value[SURPLUS] = list(cells[len(names) :])
        self.object(value)

    def begin(self, table: Table, keep: Sequence[int], added: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Take note of the columns."""
        self._table, self._keep, self._added = table, list(keep), list(added)
        self._names = [table.header[i] for i in keep]
        self.header([*self._names, *added])

    def append(self, row: Row, added: Sequence[str], *, surplus: bool = True) -> None:
        """Write a row as an object: one that was a JSON object keeps all its keys and values."""
        assert self._table is not None
        width = len(self._table.header)
        if row.value is not None and surplus:
            kept = {k: v for k, v in row.value.items() if k not in self._added}
        else:
            own = self._table.values_of(row)
            kept = {
                name: own[i] if row.typed is None else as_json(own[i]) for name, i in zip(self._names, self._keep, strict=True)
            }
        value = {**kept, **dict(zip(self._added, added, strict=True))}
        if surplus and len(row.cells) > width:
            value[SURPLUS] = row.cells[width:]
        self.object(value)

    def object(self, value: dict[str, Any]) -> None:
        """Write an object."""
        # Lone surrogates (bytes that could not be decoded) are written as JSON escapes, which any reader takes.
        line = json.dumps(value, ensure_ascii=False)
        if any("\ud800" <= c <= "\udfff" for c in line):
            line = json.dumps(value, ensure_ascii=True)
        self._file.write(line + "\n")

    def finish(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is held."""
