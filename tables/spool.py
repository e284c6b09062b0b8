"""Rows kept on the disk until all have been seen, for formats whose columns have one type each, said beforehand."""

from __future__ import annotations

import datetime
import decimal
import json
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .kinds import (
    BOOL,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    EXACT,
    FLOAT,
    INT,
    JSON,
    TEXT,
    TIME,
    Missing,
    as_json,
    as_text,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(slots=True)
class Seen:
    """What a column holds.

    Attributes:
        kind: of all its values; None where all are missing.
        low, high: of its whole numbers.
        width: bytes in UTF-8 of its longest value as text.
        fine: whether a time of day is finer than a millisecond.
        zoned: whether a time has a zone.
    """

    kind: str | None = None
    low: int = 0
    high: int = 0
    width: int = 0
    fine: bool = False
    zoned: bool = False

    def add(self, value: object) -> None:
        """Take one value into account."""
        kind = kind_of(value)
        if kind is None:
            return
        if kind == INT:
            assert isinstance(value, int)
            self.low, self.high = min(self.low, value), max(self.high, value)
        elif isinstance(value, datetime.datetime | datetime.time):
            self.fine = self.fine or bool(value.microsecond % 1000)
            zoned = value.tzinfo is not None
            if kind == self.kind and zoned != self.zoned:
                kind = TEXT  # with and without a zone are not comparable
            self.zoned = self.zoned or zoned
        self.kind = kind if self.kind is None else _together(self.kind, kind)
        self.width = max(self.width, len(as_text(value).encode("utf-8", "surrogatepass")))

    def settled(self) -> str:
        """The kind that can hold all values exactly; text where no other can."""
        if self.kind == FLOAT and max(-self.low, self.high) > EXACT:
            return TEXT
        if self.zoned:
            return TEXT
        if self.kind == INT and not -(2**63) <= self.low <= self.high < 2**63:
            return TEXT
        return self.kind or TEXT


def _together(one: str, other: str) -> str:
    if one == other:
        return one
    if {one, other} == {INT, FLOAT}:
        return FLOAT
    if {one, other} == {DATE, DATETIME}:
        return DATETIME
    return TEXT


class Spool:
    """Rows of values, on the disk.

    Attributes:
        seen: what each column holds so far.
        rows: how many.
    """

    def __init__(self, width: int) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="\n")  # noqa: SIM115
        self.seen = [Seen() for _ in range(width)]
        self.rows = 0

    def add(self, values: Sequence[Any]) -> None:
        """Keep a row."""
        for seen, value in zip(self.seen, values, strict=True):
            seen.add(value)
        self._file.write(json.dumps([_plain(v) for v in values], ensure_ascii=False) + "\n")
        self.rows += 1

    def __iter__(self) -> Iterator[list[Any]]:
        """The rows again, each value as it came."""
        self._file.seek(0)
        for line in self._file:
            yield [_back(v) for v in json.loads(line)]

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()


def _plain(value: Any) -> Any:
    """A value as JSON, from which `_back` makes it again."""
    if isinstance(value, Missing):
        return ["missing", float(value)]
    kind = kind_of(value)
    if kind in (None, BOOL, INT, FLOAT):
        return value
    if kind == TEXT:
        return as_text(value)
    if kind == DURATION:
        return [kind, [value.days, value.seconds, value.microseconds]]
    if kind == JSON:
        return [kind, as_json(value)]
    return [kind, str(value) if kind == DECIMAL else value.isoformat()]


def _back(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    kind, inner = value
    if kind == DURATION:
        return datetime.timedelta(*inner)
    if kind == JSON:
        return inner
    if kind == "missing":
        return Missing(inner)
    made: dict[str, Callable[[str], Any]] = {
        DECIMAL: decimal.Decimal,
        DATE: datetime.date.fromisoformat,
        DATETIME: datetime.datetime.fromisoformat,
        TIME: datetime.time.fromisoformat,
    }
    return made[kind](inner)
