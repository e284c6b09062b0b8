"""CSV, TSV and their kin: rows of cells with a delimiter between them."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING

from .errors import TableError
from .rows import Row, Table

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Sequence

DELIMITERS = ",;\t|"
# Taken only where the rows bear it out: in a header they may be part of a name.
UNUSUAL = "\x01\x1f^~:¦§¬"
NO_DELIMITER = "\x1e"  # the record separator, for tables of one column: commas there are text
# A cell longer than this is taken for a quote that was never closed.
LONGEST_CELL = 64 << 20
# Rows that are looked at to find an unusual delimiter.
_AHEAD = 20


def open_delimited(name: str, form: str, text: io.TextIOWrapper, encoding: str, delimiter: str | None) -> Table:
    """A table of cells; `name` stands for it in messages.

    Raises:
        TableError: it is empty, or its header is inside quotes that are not closed.
    """
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
    if not delimiter and form == "tsv":
        delimiter = "\t"
    elif not delimiter:
        delimiter = _delimiter("".join(lines))
        unusual = [c for c in UNUSUAL if _outside("".join(lines)).count(c) > _outside("".join(lines)).count(delimiter or "\0")]
        if unusual:
            ahead = list(itertools.islice(text, _AHEAD))
            delimiter = _borne_out(unusual, lines, ahead) or delimiter
            lines += ahead
    source = _Lines(itertools.chain(lines, text))
    reader = csv.reader(source, delimiter=delimiter or NO_DELIMITER)

    def record() -> list[str] | None:
        start = before + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            at = f"{name}, line {before + reader.line_num}"
            if "NUL" in str(error):  # Python 3.10 does not read these
                raise TableError(f"{at}: a NUL byte, which needs Python 3.11 or later; take it out") from None
            raise TableError(f"{at}: {error}; is a quote left open?") from None
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


def _outside(line: str) -> str:
    """What stands outside quotes; an odd quote is an inch mark or the like, and encloses nothing."""
    return line if line.count('"') % 2 else "".join(line.split('"')[0::2])


def _delimiter(line: str) -> str:
    """The delimiter that stands most often in a header outside quotes; none for a table of one column."""
    outside = _outside(line)
    best = max(DELIMITERS, key=outside.count)
    return best if outside.count(best) else ""


def _borne_out(unusual: Sequence[str], header: Sequence[str], ahead: Sequence[str]) -> str:
    """The unusual delimiter that cuts the rows after a header into as many cells as the header; none if none does."""
    for delimiter in sorted(unusual, key=lambda c: -_outside("".join(header)).count(c)):
        try:
            first, *rows = [row for row in csv.reader([*header, *ahead], delimiter=delimiter) if row]
        except csv.Error:
            continue
        # The last row may be cut where we stopped looking.
        rows = rows[:-1] if len(ahead) == _AHEAD and len(rows) > 1 else rows
        if rows and all(len(row) == len(first) for row in rows):
            return delimiter
    return ""
