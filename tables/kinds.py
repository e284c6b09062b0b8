"""Kinds of values in typed tables: what a column holds, values as text and as JSON."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import TableError

BOOL, INT, FLOAT, DATE, DATETIME, TIME, DURATION, DECIMAL, JSON, TEXT = (
    "bool", "int", "float", "date", "datetime", "time", "duration", "decimal", "json", "text",
)  # fmt: skip
# Whole numbers beyond this are not exact as doubles.
EXACT = 2**53
BROKEN = "cells whose bytes could not be read: {}; the output holds UTF-8 alone, and U+FFFD stands in their place"


class Missing(float):
    """A missing value as a Stata file has it: the number that stands for ``.`` or ``.a`` to ``.z``."""


def kind_of(value: object) -> str | None:
    """The kind of a value; None for a missing one."""
    if value is None or isinstance(value, Missing):
        return None
    if isinstance(value, str):
        return TEXT
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return FLOAT
    if isinstance(value, datetime.datetime):
        return DATETIME
    for type_, kind in (
        (datetime.date, DATE),
        (datetime.time, TIME),
        (datetime.timedelta, DURATION),
        (decimal.Decimal, DECIMAL),
        (list, JSON),
        (dict, JSON),
    ):
        if isinstance(value, type_):
            return kind
    return TEXT


def as_text(value: object) -> str:
    """A value as a cell of a text table: empty if missing, dates as ISO 8601 has them, lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else {"inf": "inf", "-inf": "-inf"}.get(str(value), "NaN")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return _bytes(value)
    if isinstance(value, Mapping | Sequence):
        return json.dumps(as_json(value), ensure_ascii=False)
    return str(value)


def as_json(value: object) -> Any:
    """A value as JSON holds it: numbers that JSON cannot say exactly, and dates, as text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else as_text(value)
    if isinstance(value, Mapping):
        return {as_text(k): as_json(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [as_json(v) for v in value]
    return as_text(value)


def from_text(cell: str, kind: str) -> Any:
    """A cell that we add as the value of its kind; an empty one is missing.

    Raises:
        TableError: it is no such value.
    """
    if not cell:
        return None
    if kind == TEXT:
        return cell
    try:
        return {INT: int, FLOAT: float, BOOL: {"true": True, "false": False}.__getitem__, DATE: datetime.date.fromisoformat}[
            kind
        ](cell)  # type: ignore[operator]
    except (ValueError, KeyError):
        raise TableError(f"{cell!r} is no {kind}") from None


def storable(text: str) -> str:
    """`text` with U+FFFD in place of bytes that could not be decoded, for formats that hold UTF-8 alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def _bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
