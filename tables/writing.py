"""Writing tables: beside the target first and renamed at the end, so that an interrupted run leaves no half file."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from .encoding import ESCAPE
from .errors import TableError
from .formats import TEXT_FORMS, packing_of
from .line_writing import DelimitedWriter, LineWriter
from .streams import pack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .rows import Row, Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutralise(cell: str) -> str:
    """`cell`, made harmless where a spreadsheet would take it for a formula (OWASP: an apostrophe before it)."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


class TableWriter(Protocol):
    """What `open_writer` gives.  A table is begun with `header` or `begin`, and then gets rows by `row` or `append`.

    Attributes:
        form: one of `techtags.tables.FORMS`.
        spreadsheet: whether programs that compute formulas open what is written.
        notes: what a user should know of how it was written, in lines; complete when the file is.
    """

    form: str
    spreadsheet: bool
    notes: list[str]

    def header(self, names: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table of our own; `kinds` says by name which columns are ``int``, ``float``, ``bool`` or ``date``."""

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        """Write a row of it; cells beyond the names (of a ragged row) are kept where the format can."""

    def begin(self, table: Table, keep: Sequence[int], added: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table that is `table` with columns appended.

        Args:
            table: whose rows will be given to `append`.
            keep: positions of its columns that stay.
            added: names of the new columns.
            kinds: of these, as in `header`.
        """

    def append(self, row: Row, added: Sequence[str], *, surplus: bool = True) -> None:
        """Write a row of it, its values and their types as they came, and the cells of the new columns.

        With `surplus` the cells that a row has beyond the header are written too, or refused where they have no place.
        """

    def object(self, value: dict[str, Any]) -> None:
        """Write an object as a JSON line."""

    def finish(self) -> None:
        """Write what is held; `open_writer` does it."""

    def close(self) -> None:
        """Give back what is held, written or not; `open_writer` does it."""


@contextlib.contextmanager
def open_writer(
    name: str, form: str, *, encoding: str = "utf-8", delimiter: str = ",", newline: str = "\n"
) -> Iterator[TableWriter]:
    """Open a table for writing; it takes its name only when the block ends without an exception.

    Args:
        name: a path, or ``-`` for standard output; text formats are packed where it ends in ``.gz`` or ``.zst``.
        form: one of `techtags.tables.FORMS`.
        encoding: of delimited tables; the others are UTF-8.
        delimiter, newline: of delimited tables.

    Raises:
        TableError: the place cannot be written to, or a library is missing.
    """
    encoding = encoding if form in ("csv", "tsv") else "utf-8"
    try:
        with open_file(name, encoding) as file:
            if form not in TEXT_FORMS:
                writer = _typed(form, file.buffer)
                try:
                    yield writer
                    writer.finish()
                finally:
                    writer.close()
                return
            with _packed(file, packing_of(name), encoding) as out:
                yield LineWriter(out) if form == "jsonl" else DelimitedWriter(out, delimiter, newline)
    except UnicodeEncodeError as error:
        shown = "standard output" if name == "-" else name
        char = error.object[error.start]
        raise TableError(f"cannot write {char!r} to {shown} in {encoding}; write it to a .jsonl file, which is UTF-8") from None


def _typed(form: str, file: BinaryIO) -> TableWriter:
    if form == "parquet":
        from .parquet_writing import ParquetWriter

        return ParquetWriter(file)
    if form == "xlsx":
        from .excel_writing import ExcelWriter

        return ExcelWriter(file)
    from .stata_writing import StataWriter

    return StataWriter(file)


@contextlib.contextmanager
def _packed(file: TextIO, how: str, encoding: str) -> Iterator[TextIO]:
    """`file`, or a text stream that packs what it writes into it."""
    if not how:
        yield file
        return
    stream = pack(file.buffer, how)
    text = io.TextIOWrapper(stream, encoding, errors=ESCAPE, newline="")
    yield text
    text.flush()
    text.detach()
    stream.close()


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
