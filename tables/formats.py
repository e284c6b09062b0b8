"""Which format a file has, by its name."""

from __future__ import annotations

from pathlib import PurePath

from .errors import TableError

FORMATS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def format_of(name: str, given: str | None = None, option: str = "--from") -> str:
    """``csv``, ``tsv`` or ``jsonl`` for a file name; standard streams (``-``) are CSV unless `given` says otherwise.

    Args:
        name: the file.
        given: what the user says, if anything.
        option: with which to say it, for the message.

    Raises:
        TableError: the name has an ending that is not known.
    """
    if given:
        return given
    if name == "-":
        return "csv"
    suffix = PurePath(name).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    if suffix == "":
        return "csv"
    known = ", ".join(FORMATS)
    raise TableError(f"{name}: cannot tell the format from {suffix!r}; known endings are {known} (or say {option} csv)")
