"""Folders and globs of tables: which files are meant, and several files read as one table."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import TableError
from .formats import FORMATS, PACKED, format_of
from .reading import open_table
from .rows import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .rows import Row

_PATTERN = re.compile(r"[*?\[]")


def inputs_of(name: str, form: str | None = None) -> list[Path] | None:
    """The files that a folder or a pattern (``data/*.parquet``, ``data/**/*.csv``) stands for, in order of their names.

    In a folder these are the tables in it and below it; what is hidden or begins with ``_`` (``_SUCCESS``, ``_metadata``) is
    left out, and so is ``.txt``.

    Args:
        name: what the user gave.
        form: the format that all have, if the user says so.

    Returns:
        None where `name` is neither, but a file or ``-``.

    Raises:
        TableError: there are none, or tables of several formats.
    """
    path = Path(name)
    if name == "-" or path.is_file():
        return None
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if _is_table(p.relative_to(path), form) and p.is_file())
        if not found:
            raise TableError(f"{name} is a directory without tables; give a file, or a folder of .csv or .parquet files")
    elif _PATTERN.search(name) and not path.exists():
        found = sorted(p for p in map(Path, glob.glob(name, recursive=True)) if p.is_file())  # noqa: PTH207
        if not found:
            raise TableError(f"there is no file {name}")
    else:
        return None
    forms = sorted({format_of(str(p), form) for p in found})
    if len(forms) > 1:
        raise TableError(f"{name} holds tables of several formats ({', '.join(forms)}); name one, as in '{name}/*.{forms[0]}'")
    return found


def _is_table(path: Path, form: str | None) -> bool:
    if any(part.startswith((".", "_")) for part in path.parts):
        return False
    plain = path.with_suffix("") if path.suffix.lower() in PACKED else path
    suffix = plain.suffix.lower()
    return suffix in FORMATS and suffix != ".txt" and (form is None or FORMATS[suffix] == form)


def open_tables(
    paths: Sequence[Path], form: str, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """Open several files that have the same columns as one table; all are looked at before the first row is read.

    Args:
        paths: one or more.
        form, encoding, delimiter, sheet: as for `open_table`.

    Raises:
        TableError: a file cannot be read, or its columns are not those of the first.
    """

    def opened(path: Path) -> Table:
        return open_table(str(path), form, encoding, delimiter, sheet)

    for path in paths:
        key = next((part for part in path.parts if re.fullmatch(r"[A-Za-z_]\w*=.*", part)), None)
        if key and len(paths) > 1:
            raise TableError(
                f"{path}: {key.split('=')[0]!r} stands in the names of folders, and would be lost in one table; "
                "give a folder for the output, which gets the same layout"
            )
    first = opened(paths[0])
    if len(paths) == 1:
        return first
    sizes = [first.size]
    encodings = {first.encoding}
    try:
        for path in paths[1:]:
            other = opened(path)
            try:
                _check_same(first, other)
                sizes.append(other.size)
                encodings.add(other.encoding)
            finally:
                other.close()
    except BaseException:
        first.close()
        raise
    now = first
    before = 0

    def rows() -> Iterator[Row]:
        nonlocal now, before
        yield from now.rows
        for path in paths[1:]:
            now.close()
            before += now.size or 0
            now = opened(path)
            # Messages of rows name the file that they stand in.
            whole.name = now.name
            yield from now.rows

    if len(encodings) > 1:
        first.encoding = "utf-8"
    whole = Table(
        first.name, form, first.header, rows(), first.encoding, first.delimiter, first.newline,
        None if None in sizes else sum(s or 0 for s in sizes), lambda: before + now.position(), lambda: now.close(), first.notes,
        first.exact,
    )  # fmt: skip
    return whole


def _check_same(first: Table, other: Table) -> None:
    """Refuse a table whose columns are not those of the first."""
    if first.header != other.header:
        lacks = [n for n in first.header if n not in other.header]
        more = [n for n in other.header if n not in first.header]
        what = "has its columns in another order"
        if lacks or more:
            what = f"has no column {lacks[0]!r}" if lacks else f"has a column {more[0]!r} of its own"
        raise TableError(f"{other.name} {what}, and cannot be read as one table with {first.name}")
    why = ""
    if first.form == "parquet":
        from .parquet import same_shape

        why = same_shape(first, other)
    elif first.form == "dta":
        from .stata import same_variables

        why = same_variables(first, other)
    if why:
        raise TableError(f"{other.name} and {first.name} cannot be read as one table: {why}")
