"""Which format a file has, by its name, and how it is packed."""

from __future__ import annotations

from pathlib import PurePath

from .errors import TableError

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".dta": "dta",
}
# Formats that can be packed, since they are text; the others are packed in themselves.
TEXT_FORMS = ("csv", "tsv", "jsonl")
FORMS = (*TEXT_FORMS, "parquet", "xlsx", "dta")
PACKED = {".gz": "gzip", ".zst": "zstd"}
# Formats that are known and not read, and what to do with them.
_REFUSED = {
    ".xls": "the Excel format of before 2007 is not read",
    ".xlsb": "binary Excel workbooks are not read",
    ".ods": "OpenDocument spreadsheets are not read",
}


def format_of(name: str, given: str | None = None, option: str = "--from") -> str:
    """The form of a table, one of `FORMS`, for a file name; standard streams (``-``) are CSV unless `given` says otherwise.

    Args:
        name: the file; ``.gz`` and ``.zst`` after the ending of a text format say how it is packed.
        given: what the user says, if anything.
        option: with which to say it, for the message.

    Raises:
        TableError: the name has an ending that is not known, or a format that cannot be packed so.
    """
    path = PurePath(name)
    packed = path.suffix.lower() in PACKED
    if packed:
        path = path.with_suffix("")
    suffix = path.suffix.lower()
    if given:
        form = given
    elif name == "-" or suffix == "":
        form = "csv"
    elif suffix in _REFUSED:
        raise TableError(f"{name}: {_REFUSED[suffix]}; save it as .xlsx or .csv")
    elif suffix == ".xlsm" and option == "--to":
        raise TableError(f"{name}: macros cannot be written; name the output .xlsx")
    elif suffix in FORMATS:
        form = FORMATS[suffix]
    else:
        known = ", ".join(FORMATS)
        raise TableError(f"{name}: cannot tell the format from {suffix!r}; known endings are {known} (or say {option} csv)")
    if packed and form not in TEXT_FORMS:
        raise TableError(f"{name}: {form} is packed in itself; leave out {PurePath(name).suffix}")
    return form


def packing_of(name: str) -> str:
    """``gzip``, ``zstd`` or nothing, by the ending of a file name."""
    return PACKED.get(PurePath(name).suffix.lower(), "")
