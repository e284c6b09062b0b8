"""The files of a table: which they are, their hash, and their rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ..tables import format_of, inputs_of, open_table
from ..taxonomy.search import nearest
from .errors import LinkError

if TYPE_CHECKING:
    from pathlib import Path

    from ..tables import Table
    from .project import TableSpec


def files_of(spec: TableSpec) -> list[Path]:
    """The files of a table, by name: itself, those of a folder that are tables, or those that a pattern fits.

    Raises:
        LinkError: it is not there.
        TableError: a folder or pattern holds no table, or tables of several formats.
    """
    found = inputs_of(str(spec.place), spec.format)
    if found is None:
        if not spec.place.is_file():
            raise LinkError(f"table {spec.name!r}: there is no file {spec.place}")
        return [spec.place]
    return found


def hash_of(files: list[Path]) -> str:
    """SHA-256 of a file's bytes; of several, of their hashes in order.

    Raises:
        LinkError: a file cannot be read.
    """
    hashes = []
    for path in files:
        found = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    found.update(block)
        except OSError as error:
            raise LinkError(f"cannot read {path}: {error.strerror}") from None
        hashes.append(found.hexdigest())
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def open_source(path: Path, spec: TableSpec) -> Table:
    """Open one file of a table as its section says.

    Raises:
        TableError: it cannot be read.
    """
    return open_table(str(path), format_of(str(path), spec.format), spec.encoding, spec.delimiter, spec.sheet)


def position(table: Table, name: str, key: str, spec: TableSpec) -> int:
    """Where the column called `name` stands; surrounding space and case are forgiven.

    Args:
        table: an open table.
        name: the column.
        key: what the project calls it for, such as ``columns.date``, for the message.
        spec: the table's section.

    Raises:
        LinkError: there is none, or there are several.
    """
    plain = [h.strip().lower() for h in table.header]
    at = [i for i, h in enumerate(table.header) if h == name] or [i for i, h in enumerate(plain) if h == name.strip().lower()]
    if len(at) == 1:
        return at[0]
    if at:
        raise LinkError(f"{table.name} has {len(at)} columns called {name!r}; rename all but one")
    hint = nearest(name, table.header)
    listed = ", ".join(map(repr, table.header[:30])) + (f" and {len(table.header) - 30} more" if len(table.header) > 30 else "")
    raise LinkError(f"{table.name} has no column {name!r} (table {spec.name!r}, {key}){hint}; it has {listed}")
