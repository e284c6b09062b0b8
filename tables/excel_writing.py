"""Writing Excel workbooks (.xlsx) with one sheet, row by row."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import math
import re
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import TableError
from .excel import MOST_COLUMNS, MOST_ROWS, ExcelRow
from .extras import need
from .kinds import BROKEN, TEXT, as_text, from_text, storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .rows import Row, Table

# What Excel can hold in a cell, in units of UTF-16, and how many digits of a number.
LONGEST_TEXT, MOST_DIGITS = 32_767, 15
# Days before this are another day in Excel, which has a 29 February 1900.
FIRST_DAY = datetime.date(1900, 3, 1)
# Characters that XML lacks or changes are written by their number; so is what looks like one written so.
_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class ExcelWriter:
    """Writes a workbook of one sheet; see `techtags.tables.writing.TableWriter`.

    Text is always written as text: Excel computes no formula of it.
    """

    form = "xlsx"
    spreadsheet = True

    def __init__(self, file: BinaryIO) -> None:
        openpyxl = need("openpyxl")
        self._cell = need("openpyxl.cell").WriteOnlyCell
        self._file = file
        self.notes: list[str] = []
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet: Any = None
        self._table: Table | None = None
        self._keep: Sequence[int] = ()
        self._names: Sequence[str] = ()
        self._kinds: list[str] = []
        self._done = 0
        self._finished = False
        self._broken = 0

    def header(self, names: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table of our own."""
        self._kinds = [(kinds or {}).get(n, TEXT) for n in names]
        self._begin("Sheet1", names)

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        """Write a row of it."""
        self._write([from_text(c, k) if isinstance(c, str) else c for c, k in zip(cells, self._kinds, strict=True)])

    def begin(self, table: Table, keep: Sequence[int], added: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table that is `table` with columns appended."""
        self._table, self._keep = table, keep
        self._kinds = [(kinds or {}).get(n, TEXT) for n in added]
        title = table.exact if table.form == "xlsx" else "Sheet1"
        self._begin(title, [*(table.header[i] for i in keep), *added])

    def _begin(self, title: str, names: Sequence[str]) -> None:
        if len(names) > MOST_COLUMNS:
            raise TableError(f"{len(names)} columns, and Excel has room for {MOST_COLUMNS}; write CSV or Parquet")
        self._names = names
        self._sheet = self._book.create_sheet(title)
        self._write(names)

    def append(self, row: Row, added: Sequence[str], *, surplus: bool = True) -> None:
        """Write a row of it, and the cells of the new columns; surplus cells come after these."""
        assert self._table is not None
        own = self._table.values_of(row)
        formats = row.typed.formats if isinstance(row.typed, ExcelRow) else None
        width = len(self._table.header)
        new = [from_text(c, k) for c, k in zip(added, self._kinds, strict=True)]
        more = list(own[width:]) if surplus else []
        self._write(
            [*(own[i] for i in self._keep), *new, *more],
            [*(formats[i] for i in self._keep), *[""] * len(new), *formats[width:]] if formats else None,
        )

    def object(self, value: dict[str, Any]) -> None:
        """Refused: the format has no objects."""
        raise TableError("objects go to JSONL; name the output .jsonl")

    def finish(self) -> None:
        """Write the file."""
        if self._sheet is None:
            self._book.create_sheet("Sheet1")
        self._book.save(self._file)
        self._finished = True
        if self._broken:
            self.notes.append(BROKEN.format(self._broken))

    def close(self) -> None:
        """Close what openpyxl keeps open where the table was not finished."""
        if self._sheet is not None and not self._finished:
            with contextlib.suppress(Exception):
                self._sheet.close()

    def _write(self, values: Sequence[Any], formats: Sequence[str] | None = None) -> None:
        self._done += 1
        if self._done > MOST_ROWS:
            raise TableError(f"more than {MOST_ROWS - 1} rows, and Excel has room for no more; write CSV or Parquet")
        self._sheet.append([self._made(v, formats[i] if formats else None, i) for i, v in enumerate(values)])

    def _made(self, value: Any, shown: str | None, column: int) -> Any:
        """What openpyxl is to write for a value; `shown` is its number format where it comes from a workbook."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) or not _fits(value, shown is not None):
            return self._text(as_text(value), column)
        short = isinstance(value, float) and float(f"{value:.16g}") != value
        if not short and (not shown or shown == "General"):
            return value
        cell = self._cell(self._sheet, value)
        if short:
            # openpyxl writes 16 digits, and a double may need 17.
            cell.value, cell.data_type = repr(value), "n"
        if shown:
            cell.number_format = shown
        return cell

    def _text(self, text: str, column: int) -> Any:
        if not text:
            return None
        if not text.isascii():
            fit = storable(text)
            self._broken += fit != text
            text = fit
        if _units(text) > LONGEST_TEXT:
            name = self._names[column] if column < len(self._names) else "after the last"
            raise TableError(
                f"row {self._done}, column {name!r}: a text of {_units(text)} characters, and an Excel cell holds "
                f"{LONGEST_TEXT}; write CSV or Parquet"
            )
        escaped = _ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
        if escaped[0] not in "=#":
            return escaped
        # openpyxl takes these for formulas and errors.
        cell = self._cell(self._sheet, escaped)
        cell.data_type = "s"
        return cell


def _units(text: str) -> int:
    return len(text) if len(text) * 2 <= LONGEST_TEXT else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fits(value: Any, own: bool) -> bool:
    """Whether Excel holds a value exactly; `own`: it comes from a workbook, and so fits."""
    if own:
        return True
    if isinstance(value, int):
        return len(str(abs(value))) <= MOST_DIGITS
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, decimal.Decimal):
        return value.is_finite() and len(value.as_tuple().digits) <= MOST_DIGITS
    if isinstance(value, datetime.datetime):
        return value.tzinfo is None and value.date() >= FIRST_DAY and not value.microsecond % 1000
    if isinstance(value, datetime.date):
        return value >= FIRST_DAY
    if isinstance(value, datetime.time):
        return value.tzinfo is None and not value.microsecond % 1000
    return isinstance(value, datetime.timedelta)
