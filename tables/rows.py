"""A table that is open for reading, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: text, as many as the header has, or more in a ragged row; missing ones are empty.
        line: where the row ends in the file, for messages; in Parquet and Stata files the number of the row.
        missing: how many cells the row lacked.
        value: for JSONL the object itself, else None.
        typed: for formats that know types the values behind `cells`, None where missing; None for text formats.
    """

    cells: list[str]
    line: int
    missing: int = 0
    value: dict[str, object] | None = None
    typed: Sequence[Any] | None = None


@dataclass(slots=True)
class Table:
    """An open table.

    Attributes:
        name: for messages.
        form: one of `techtags.tables.FORMS`.
        header: the column names; for JSONL those of the first objects.
        rows: iterator over `Row`s.
        encoding: the one in use.
        delimiter: between cells; empty where nothing stands between them.
        newline: how the table ends its lines.
        size: what `position` reaches at the end, or None where that cannot be known.
        position: how much has been read: bytes, or rows.
        close: closes the file.
        notes: what a user should know of how it was read, in lines.
        exact: the format's own description of columns and file, for a writer of the same format.
    """

    name: str
    form: str
    header: list[str]
    rows: Iterator[Row]
    encoding: str
    delimiter: str
    newline: str
    size: int | None
    position: Callable[[], int]
    close: Callable[[], None] = field(default=lambda: None)
    notes: list[str] = field(default_factory=list)
    exact: Any = None

    def values_of(self, row: Row) -> Sequence[Any]:
        """What a row holds, in the order of `header`: values where the format knows types, else cells."""
        if row.typed is not None:
            return row.typed
        if row.value is not None:
            return [row.value.get(name) for name in self.header]
        return row.cells

    def no_room(self, row: Row, form: str) -> str:
        """What to say of a row with more cells than the header, where the output can hold no more."""
        return (
            f"{self.name}, line {row.line}: {len(row.cells)} cells where the header has {len(self.header)}, and {form} has no "
            "place for the rest; mend the row, or write to a .csv or .jsonl file"
        )
