"""Reading tables: rows of strings, in order, none lost.

A row of a delimited table may have too few cells (the missing ones are taken for empty) or too many, which it keeps.
Bytes that the encoding cannot read come in as lone surrogates and go out as they came (`techtags.tables.encoding`).
Formats that know types give the values beside the strings (`Row.typed`).
"""

from __future__ import annotations

import io

from .delimited import open_delimited
from .encoding import ESCAPE, check_encoding
from .errors import TableError
from .jsonl import open_jsonl
from .rows import Row, Table
from .streams import open_text, shown_name

__all__ = ["Row", "Table", "open_table"]


def open_table(
    name: str, form: str, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """Open a table for reading.

    Args:
        name: a path, or ``-`` for standard input.
        form: one of `techtags.tables.FORMS`.
        encoding: of a text format, or of a Stata file older than version 118; found if not given.
        delimiter: between cells; found if not given.
        sheet: of an Excel workbook, by name or number (the first is 1); the first if not given.

    Raises:
        TableError: there is no such file, it is empty, it has no header, it is in another format, or a library is missing.
    """
    if encoding:
        encoding = check_encoding(encoding)
    if sheet is not None and form != "xlsx":
        raise TableError(f"{shown_name(name)} has no sheets; only Excel workbooks have")
    if form == "parquet":
        from .parquet import open_parquet

        return open_parquet(name)
    if form == "xlsx":
        from .excel import open_excel

        return open_excel(name, sheet)
    if form == "dta":
        from .stata import open_stata

        return open_stata(name, encoding)
    raw, size, position, found = open_text(name, encoding)
    shown = shown_name(name)
    text = io.TextIOWrapper(io.BufferedReader(raw, 1 << 18), found, errors=ESCAPE, newline="")
    try:
        table = open_jsonl(shown, text, found) if form == "jsonl" else open_delimited(shown, form, text, found, delimiter)
    except BaseException:
        text.close()
        raise
    if encoding is None and not found.startswith("utf"):
        table.notes.append(f"reading {shown} as {found} (say --encoding to choose another)")
    table.size = size
    table.position = position
    table.close = text.close
    return table
