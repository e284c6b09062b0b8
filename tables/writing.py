"""Writing tables: beside the target first and renamed at the end, so that an interrupted run leaves no half file."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TextIO

from .encoding import ESCAPE
from .errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutralise(cell: str) -> str:
    """`cell`, made harmless where a spreadsheet would take it for a formula (OWASP: an apostrophe before it)."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


# Where a JSON object keeps the cells of a ragged row that no column is for.
SURPLUS = "tt_surplus"


class TableWriter(Protocol):
    """What `open_writer` gives.

    Attributes:
        form: ``csv``, ``tsv`` or ``jsonl``.
    """

    form: str

    def header(self, names: Sequence[str]) -> None:
        """Write the column names; JSONL has none."""

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        """Write a row; cells beyond the names (of a ragged row) are kept where the format can."""

    def object(self, value: dict[str, Any]) -> None:
        """Write an object as a JSON line."""


class _Delimited:
    form = "csv"

    def __init__(self, file: IO[str], delimiter: str, newline: str) -> None:
        self._file, self._newline = file, newline
        # Given both characters as the line's end, every Python quotes cells that hold either.
        self._writer = csv.writer(self, delimiter=delimiter, lineterminator="\r\n")

    def write(self, line: str) -> None:
        """Take a line from the csv module and end it as the table's lines end."""
        self._file.write(line[:-2] + self._newline)

    def header(self, names: Sequence[str]) -> None:
        self._writer.writerow(names)

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        self._writer.writerow(cells)

    def object(self, value: dict[str, Any]) -> None:
        raise TableError("objects go to JSONL; name the output .jsonl")


class _Lines:
    form = "jsonl"

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def header(self, names: Sequence[str]) -> None:
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise TableError(f"two columns are called {twice!r}, and a JSON object has room for one; rename one, or write CSV")

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        value: dict[str, Any] = dict(zip(names, cells, strict=False))
        if len(cells) > len(names):
            value[SURPLUS] = list(cells[len(names) :])
        self.object(value)

    def object(self, value: dict[str, Any]) -> None:
        # Lone surrogates (bytes that could not be decoded) are written as JSON escapes, which any reader takes.
        line = json.dumps(value, ensure_ascii=False)
        if any("\ud800" <= c <= "\udfff" for c in line):
            line = json.dumps(value, ensure_ascii=True)
        self._file.write(line + "\n")


@contextlib.contextmanager
def open_writer(
    name: str, form: str, *, encoding: str = "utf-8", delimiter: str = ",", newline: str = "\n"
) -> Iterator[TableWriter]:
    """Open a table for writing; it takes its name only when the block ends without an exception.

    Args:
        name: a path, or ``-`` for standard output.
        form: ``csv``, ``tsv`` or ``jsonl``.
        encoding: JSONL is always UTF-8.
        delimiter, newline: of delimited tables.

    Raises:
        TableError: the place cannot be written to.
    """
    encoding = "utf-8" if form == "jsonl" else encoding
    try:
        with open_file(name, encoding) as file:
            yield _Lines(file) if form == "jsonl" else _Delimited(file, delimiter, newline)
    except UnicodeEncodeError as error:
        shown = "standard output" if name == "-" else name
        char = error.object[error.start]
        raise TableError(f"cannot write {char!r} to {shown} in {encoding}; write it to a .jsonl file, which is UTF-8") from None


@contextlib.contextmanager
def open_file(name: str, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Open a file for writing; it takes its name only when the block ends without an exception.

    Args:
        name: a path, or ``-`` for standard output.
        encoding: of text; bytes go to the ``buffer`` of what is yielded.

    Raises:
        TableError: the place cannot be written to.
    """
    if name == "-":
        stream = io.TextIOWrapper(sys.stdout.buffer, encoding, errors=ESCAPE, newline="")
        try:
            yield stream
            stream.flush()
        except BrokenPipeError:
            # The reader has gone (head, less): stop quietly, and keep Python from complaining at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None
        finally:
            with contextlib.suppress(OSError):
                stream.detach()
        return
    path = Path(name)
    if path.is_dir():
        raise TableError(f"{name} is a directory; give a file name")
    if path.exists() and not path.is_file():
        # A pipe or a device (/dev/null) is written to, not replaced.
        with open(path, "w", encoding=encoding, errors=ESCAPE, newline="") as file:
            yield file
        return
    path = path.resolve()  # behind a link the file is replaced, not the link
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise TableError(f"cannot write to {path.parent}: {error.strerror}") from None
    done = False
    try:
        with open(descriptor, "w", encoding=encoding, errors=ESCAPE, newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only the owner can read; give what the user's umask would.
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask)
        Path(temporary).replace(path)
        done = True
    except OSError as error:
        raise TableError(f"cannot write {name}: {error.strerror}") from None
    finally:
        if not done:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
