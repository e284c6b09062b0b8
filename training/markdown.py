"""Markdown that is generated: tables, and text that cannot break them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    """Text that cannot break a table or be taken for markup."""
    return re.sub(r"([\\|*_<>\[\]`#~])", r"\\\1", " ".join(str(text).split()))


def code(text: object) -> str:
    """Text as code, in a table too."""
    return "`" + " ".join(str(text).split()).replace("`", "'").replace("|", "\\|") + "`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table.

    Args:
        head: titles of the columns.
        rows: their cells, as Markdown.
        left: how many columns, from the left, are words; the others are numbers and end at the right.
    """
    rule = ["---" if i < left else "--:" for i in range(len(head))]
    lines = [" | ".join(head), "|".join(rule), *(" | ".join(row) for row in rows)]
    return "\n".join("|" + line + "|" if i == 1 else "| " + line + " |" for i, line in enumerate(lines))


def number(value: float | None, digits: int = 3) -> str:
    """A figure; a dash where there is none."""
    return "-" if value is None or value != value else f"{value:.{digits}f}"


def count(n: int) -> str:
    """``12,345``."""
    return f"{n:,}"


def share(part: int, of: int) -> str:
    """``3 of 12 (25.0%)``."""
    return f"{part:,} of {of:,}" + (f" ({part / of:.1%})" if of else "")
