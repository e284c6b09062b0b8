"""Reading tables: rows of strings, in order, none lost.

A row of a delimited table may have too few cells (the missing ones are taken for empty) or too many, which it keeps.
Bytes that the encoding cannot read come in as lone surrogates and go out as they came (`techtags.tables.encoding`).
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .encoding import ESCAPE, SAMPLE, check_encoding, detect_encoding, sniff, with_mark
from .errors import TableError

DELIMITERS = ",;\t|"
NO_DELIMITER = "\x1f"  # the unit separator, for tables of one column: commas there are text
# A cell longer than this is taken for a quote that was never closed.
LONGEST_CELL = 64 << 20


@dataclass(slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: as many as the header has, or more in a ragged row; missing ones are empty.
        line: where the row ends in the file, for messages.
        missing: how many cells the row lacked.
        value: for JSONL the object itself, else None.
    """

    cells: list[str]
    line: int
    missing: int = 0
    value: dict[str, object] | None = None


@dataclass(slots=True)
class Table:
    """An open table.

    Attributes:
        name: for messages.
        form: ``csv``, ``tsv`` or ``jsonl``.
        header: the column names; for JSONL those of the first object.
        rows: iterator over `Row`s.
        encoding: the one in use.
        delimiter: between cells; empty for JSONL.
        newline: how the table ends its lines.
        size: bytes in all, or None where that cannot be known.
        position: how many bytes have been read.
        close: closes the file.
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


class _Peeked(io.RawIOBase):
    """A stream whose first bytes have been read already, and that counts what it gives."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        if self._head:
            n = min(len(buffer), len(self._head))
            buffer[:n] = self._head[:n]
            self._head = self._head[n:]
        else:
            data = self._rest.read(len(buffer))
            n = len(data)
            buffer[:n] = data
        self.given += n
        return n


def open_table(name: str, form: str, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """Open a table for reading.

    Args:
        name: a path, or ``-`` for standard input.
        form: ``csv``, ``tsv`` or ``jsonl``.
        encoding: found if not given.
        delimiter: between cells; found if not given.

    Raises:
        TableError: there is no such file, it is empty, or it has no header.
    """
    if encoding:
        encoding = check_encoding(encoding)
    raw, size, encoding = _open_bytes(name, encoding)
    shown = "standard input" if name == "-" else name
    text = io.TextIOWrapper(io.BufferedReader(raw, 1 << 18), encoding, errors=ESCAPE, newline="")
    try:
        table = (_jsonl if form == "jsonl" else _delimited)(shown, form, text, encoding, delimiter)
    except BaseException:
        text.close()
        raise
    table.size = size
    table.position = lambda: raw.given
    table.close = text.close
    return table


def _open_bytes(name: str, encoding: str | None) -> tuple[_Peeked, int | None, str]:
    if name == "-":
        stream = sys.stdin.buffer
        return _stream(stream, encoding)
    path = Path(name)
    try:
        if path.is_dir():
            raise TableError(f"{name} is a directory; give a file")
        file = path.open("rb")
    except FileNotFoundError:
        raise TableError(f"there is no file {name}") from None
    except OSError as error:
        raise TableError(f"cannot read {name}: {error.strerror}") from None
    try:
        if not file.seekable():  # such as <(zcat table.csv.gz)
            return _stream(file, encoding)
        encoding = with_mark(encoding, file.peek(4)) if encoding else sniff(file)
        return _Peeked(b"", file), os.path.getsize(name), encoding
    except OSError as error:
        file.close()
        raise TableError(f"cannot read {name}: {error.strerror}") from None


def _stream(stream: BinaryIO, encoding: str | None) -> tuple[_Peeked, None, str]:
    """A stream that can be read once: its encoding is told by its first part alone."""
    head = stream.read(SAMPLE)
    encoding = with_mark(encoding, head) if encoding else detect_encoding(head, whole=len(head) < SAMPLE)
    return _Peeked(head, stream), None, encoding


def _delimited(name: str, form: str, text: io.TextIOWrapper, encoding: str, delimiter: str | None) -> Table:
    csv.field_size_limit(LONGEST_CELL)
    first = text.readline()
    before = 0  # empty lines before the header
    while first and not first.strip("\r\n\ufeff"):
        first = text.readline()
        before += 1
    if not first:
        raise TableError(f"{name} is empty; a table needs a header line")
    # The header may itself hold quoted line ends; what is read here to see the delimiters is read again below.
    lines = [first]
    while sum(line.count('"') for line in lines) % 2 and len(lines) < 50 and (more := text.readline()):
        lines.append(more)
    delimiter = delimiter or ("\t" if form == "tsv" else _delimiter("".join(lines)))
    source = _Lines(itertools.chain(lines, text))
    reader = csv.reader(source, delimiter=delimiter or NO_DELIMITER)

    def record() -> list[str] | None:
        start = before + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TableError(f"{name}, line {before + reader.line_num}: {error}; is a quote left open?") from None
        if cells is not None and source.ended:
            # The reader asked for more to end this row: the file ends inside quotes.
            raise TableError(f"{name}: a quote that opens in the row at line {start} is never closed")
        raw = source.take()
        if cells is not None and before + reader.line_num > start:
            # A row over several lines: were it not for a stray quote, would these be several rows?
            try:
                next(csv.reader(iter(raw), delimiter=delimiter or NO_DELIMITER, strict=True), None)
            except csv.Error:
                raise TableError(
                    f"{name}: a quote that opens in the row at line {start} runs over line ends and closes inside a cell; "
                    "double the quotes inside quoted cells, or remove the stray one"
                ) from None
        return cells

    header = record() or []
    newline = next(end for end in ("\r\n", "\r", "\n", "") if source.last.endswith(end)) or "\n"

    def rows() -> Iterator[Row]:
        width = len(header)
        while (cells := record()) is not None:
            if not cells and width > 1:
                continue  # an empty line is no row; in a table of one column it is an empty cell
            missing = max(0, width - len(cells))
            yield Row(cells + [""] * missing, before + reader.line_num, missing)

    return Table(name, form, header, rows(), encoding, delimiter or ",", newline, None, lambda: 0)


class _Lines:
    """Lines for the csv module, which knows neither what the last one was nor that there are no more.

    Attributes:
        last: the line given last.
        ended: whether a line was asked for when there were no more.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.last = ""
        self.ended = False
        self._taken: list[str] = []

    def take(self) -> list[str]:
        """The lines given since the last call."""
        taken, self._taken = self._taken, []
        return taken

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.last = line
        self._taken.append(line)
        return line


def _delimiter(line: str) -> str:
    """The delimiter that stands most often in a header outside quotes; none for a table of one column."""
    # An odd quote is an inch mark or the like, and encloses nothing.
    outside = line if line.count('"') % 2 else "".join(line.split('"')[0::2])
    best = max(DELIMITERS, key=outside.count)
    return best if outside.count(best) else ""


def _jsonl(name: str, form: str, text: io.TextIOWrapper, encoding: str, delimiter: str | None) -> Table:
    def objects() -> Iterator[tuple[int, dict[str, object]]]:
        for number, line in enumerate(text, start=1):
            line = line.strip("\ufeff \t\r\n")
            if not line:
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                why = error.msg if isinstance(error, json.JSONDecodeError) else "too deep, or a number too long"
                raise TableError(f"{name}, line {number}: not JSON ({why}); each line must be one object") from None
            if not isinstance(value, dict):
                raise TableError(f'{name}, line {number}: not an object; each line must be like {{"text": "..."}}')
            yield number, value

    stream = objects()
    first = next(stream, None)
    if first is None:
        raise TableError(f"{name} is empty; give one JSON object a line")
    # The first objects tell the columns; a key that comes later still travels in `Row.value`.
    head = [first, *itertools.islice(stream, 999)]
    header = list(dict.fromkeys(key for _, value in head for key in value))

    def rows() -> Iterator[Row]:
        for number, value in itertools.chain(head, stream):
            yield Row([_cell(value.get(column)) for column in header], number, 0, value)

    return Table(name, form, header, rows(), encoding, "", "\n", None, lambda: 0)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
