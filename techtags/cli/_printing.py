"""Tables on a terminal."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def print_table(
    head: Sequence[str], rows: Iterable[Sequence[object]], widths: dict[str, int] | None = None, right: Sequence[str] = ()
) -> None:
    """Print rows in columns.

    Args:
        head: names of the columns.
        rows: their cells.
        widths: the most that a column may take, in the width of a Latin letter.
        right: columns whose cells end at the right.
    """
    most = widths or {}
    cells = [
        tuple(head),
        *(tuple(_cut(printable(str(c)), most.get(h, 10_000)) for c, h in zip(row, head, strict=True)) for row in rows),
    ]
    room = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        shown = []
        for cell, space, name in zip(row, room, head, strict=True):
            gap = " " * (space - _width(cell))
            shown.append(gap + cell if name in right else cell + gap)
        click.echo("  ".join(shown).rstrip())


def _width(text: str) -> int:
    """Columns of a terminal; a Chinese character takes two."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, most: int) -> str:
    if _width(text) <= most:
        return text
    while _width(text) > most - 3:
        text = text[:-1]
    return text + "..."


def printable(text: str) -> str:
    """Without characters that steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
