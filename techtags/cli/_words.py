"""Small things that several commands say in the same way."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path


def number_of(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def write_figures(file: Path, figures: dict[str, Any]) -> None:
    """Write figures as JSON; the file takes its name only when it is whole."""
    with click.open_file(str(file), "w", encoding="utf-8", atomic=True) as out:
        out.write(json.dumps(_finite(figures), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    """`value` with null where there is no figure (a share of no rows), since JSON has no NaN."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
