"""Reading Excel workbooks (.xlsx), row by row."""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import TableError
from .extras import need
from .kinds import as_text
from .rows import Row, Table
from .streams import HARMLESS, WORST_RATIO, open_seekable, shown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Excel itself can hold.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
# Texts of a workbook stand in one part, which has to be in memory as a whole.
_MOST_STRINGS = 2 << 30
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# A cell with a formula and no value; one that says t="str" has an empty text for value.
_UNCOMPUTED = re.compile(rb"<c ((?:(?! t=\"str\")[^>])*)>\s*<f[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_CELL = re.compile(rb'r="([A-Z]+[0-9]+)"')


class ExcelRow(list[Any]):
    """The values of a row.

    Attributes:
        formats: how Excel shows each, as its number formats have it.
    """

    __slots__ = ("formats",)

    def __init__(self, values: list[Any], formats: list[str]) -> None:
        super().__init__(values)
        self.formats = formats


def open_excel(name: str, sheet: str | None = None) -> Table:
    """Open a sheet of a workbook; `Table.exact` is its title.

    Formulas come in as the values that they had when the workbook was saved.

    Raises:
        TableError: it is no workbook, has no such sheet, unpacks to an absurd size, holds a formula without a value, or
            openpyxl is missing.
    """
    shown = shown_name(name)
    raw = open_seekable(name)
    try:
        _check(shown, raw)
        openpyxl = need("openpyxl")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of colours, validations and the like
                book = openpyxl.load_workbook(raw, read_only=True, data_only=True, keep_links=False)
        except Exception as error:
            # Whatever openpyxl stumbles over in a damaged workbook.
            raise TableError(f"{shown}: not a workbook that can be read ({type(error).__name__}: {error})") from None
        found, notes = _sheet(shown, book, sheet)
        _check_formulas(shown, raw, found)
        return _table(shown, raw, book, found, notes)
    except BaseException:
        raw.close()
        raise


def _check(shown: str, raw: BinaryIO) -> None:
    """Refuse what is no zip file, and what unpacks to an absurd size."""
    head = raw.read(8)
    raw.seek(0)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(f"{shown}: a workbook of before 2007, or one with a password; save it as .xlsx without a password")
    try:
        with zipfile.ZipFile(raw) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise TableError(f"{shown}: not an Excel workbook ({error})") from None
    raw.seek(0)
    for part in parts:
        if part.file_size > HARMLESS and part.file_size > WORST_RATIO * max(1, part.compress_size):
            raise TableError(f"{shown}: {part.filename} unpacks to more than {WORST_RATIO} times its size, as bombs do")
        if part.filename.lower().endswith("sharedstrings.xml") and part.file_size > _MOST_STRINGS:
            raise TableError(f"{shown}: more than {_MOST_STRINGS >> 30} GB of text; save it as CSV")


def _sheet(shown: str, book: Any, wanted: str | None) -> tuple[Any, list[str]]:
    """The sheet that is asked for, and what to say of it."""
    sheets = list(book.worksheets)
    if not sheets:
        raise TableError(f"{shown} has no sheets with cells")
    names = [s.title for s in sheets]
    listed = ", ".join(repr(n) for n in names[:20]) + (", ..." if names[20:] else "")
    if wanted is None:
        notes = [f"{shown}: reading sheet {names[0]!r}, of {listed} (say --sheet to choose another)"] if len(sheets) > 1 else []
        return sheets[0], notes
    if wanted in names:
        return sheets[names.index(wanted)], []
    if wanted.isdecimal() and 1 <= int(wanted) <= len(sheets):
        return sheets[int(wanted) - 1], []
    raise TableError(f"{shown} has no sheet {wanted!r}; it has {listed}")


def _check_formulas(shown: str, raw: BinaryIO, sheet: Any) -> None:
    """Refuse formulas that no program has computed: their values would be lost without a word."""
    path = getattr(sheet, "_worksheet_path", None)
    if path is None:
        return
    try:
        with zipfile.ZipFile(raw) as archive, archive.open(path) as part:
            held = b""
            while data := part.read(1 << 20):
                held += data
                if b"<f" in held:
                    match = _UNCOMPUTED.search(held)
                    if match:
                        cell = _CELL.search(match[1])
                        where = f"cell {cell[1].decode()}" if cell else "a cell"
                        raise TableError(
                            f"{shown}, sheet {sheet.title!r}: {where} holds a formula whose value no program has computed; "
                            "open the workbook in Excel or LibreOffice and save it"
                        )
                last = held.rfind(b"<c ")
                held = held[last:] if last >= 0 else held[-16:]
    except (zipfile.BadZipFile, OSError, KeyError, RuntimeError, NotImplementedError) as error:
        raise TableError(f"{shown}: damaged workbook ({error})") from None


def _table(shown: str, raw: BinaryIO, book: Any, sheet: Any, notes: list[str]) -> Table:
    size = sheet.max_row
    sheet.reset_dimensions()  # what programs write there is not always true
    shape = need("openpyxl.styles.numbers").is_datetime
    done = 0

    def read() -> Iterator[tuple[int, ExcelRow]]:
        """Rows without the empty cells at their ends."""
        nonlocal done
        try:
            for cells in sheet.iter_rows():
                done += 1
                if done > MOST_ROWS:
                    raise TableError(f"{shown}: more than {MOST_ROWS} rows, which no workbook has; it is damaged")
                values = [_value(c, shape) for c in cells]
                while values and values[-1] is None:
                    values.pop()
                if len(values) > MOST_COLUMNS:
                    raise TableError(
                        f"{shown}, row {done}: more than {MOST_COLUMNS} columns, which no workbook has; it is damaged"
                    )
                yield (
                    done,
                    ExcelRow(values, [c.number_format or "General" if c.value is not None else "" for c in cells[: len(values)]]),
                )
        except TableError:
            raise
        except Exception as error:
            raise TableError(f"{shown}, after row {done}: damaged workbook ({type(error).__name__}: {error})") from None

    stream = read()
    first = next(((n, row) for n, row in stream if row), None)
    if first is None:
        raise TableError(f"{shown}, sheet {sheet.title!r} is empty; a table needs a header row")
    header = [as_text(v) for v in first[1]]

    def rows() -> Iterator[Row]:
        width = len(header)
        empty: list[int] = []  # rows without a value: those at the end are no rows
        for number, values in stream:
            if not values:
                empty.append(number)
                continue
            for gap in empty:
                yield Row([""] * width, gap, 0, None, ExcelRow([None] * width, [""] * width))
            empty = []
            short = width - len(values)
            if short > 0:
                values.extend([None] * short)
                values.formats.extend([""] * short)
            yield Row([as_text(v) for v in values], number, 0, None, values)

    def close() -> None:
        book.close()
        raw.close()

    return Table(shown, "xlsx", header, rows(), "utf-8", "", "\n", size, lambda: done, close, notes, sheet.title)


def _value(cell: Any, shape: Any) -> Any:
    """The value of a cell: a moment at midnight whose format shows no time of day is a date."""
    value = cell.value
    if isinstance(value, str):
        return _ESCAPED.sub(_unescaped, value) if "_x" in value else value
    if isinstance(value, datetime.datetime) and value.time() == datetime.time() and shape(cell.number_format) == "date":
        return value.date()
    return value


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))
