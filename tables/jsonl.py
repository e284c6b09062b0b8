"""JSON lines: an object a row."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from .errors import TableError
from .kinds import as_text
from .rows import Row, Table

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator


def open_jsonl(name: str, text: io.TextIOWrapper, encoding: str) -> Table:
    """A table of JSON lines; `name` stands for it in messages.

    Raises:
        TableError: it is empty, or its first lines are no objects.
    """

    def objects() -> Iterator[tuple[int, dict[str, object]]]:
        for number, line in enumerate(text, start=1):
            line = line.strip("\ufeff \t\r\n")
            if not line:
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                why = error.msg if isinstance(error, json.JSONDecodeError) else "too deep, or a number too long"
                raise TableError(f"{name}, line {number}: not JSON ({why}); each line must be one object") from None
            if not isinstance(value, dict):
                raise TableError(f'{name}, line {number}: not an object; each line must be like {{"text": "..."}}')
            yield number, value

    stream = objects()
    first = next(stream, None)
    if first is None:
        raise TableError(f"{name} is empty; give one JSON object a line")
    # The first objects tell the columns; a key that comes later still travels in `Row.value`.
    head = [first, *itertools.islice(stream, 999)]
    header = list(dict.fromkeys(key for _, value in head for key in value))

    def rows() -> Iterator[Row]:
        for number, value in itertools.chain(head, stream):
            yield Row([as_text(value.get(column)) for column in header], number, 0, value)

    return Table(name, "jsonl", header, rows(), encoding, "", "\n", None, lambda: 0)
