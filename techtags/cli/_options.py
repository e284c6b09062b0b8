"""Options that several commands have; written once so that they cannot come to differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., None]], Callable[..., None]]

MODEL = click.option("--model", type=click.Path(path_type=Path), metavar="FOLDER", help="A model other than the shipped one.")


def labels(help_: str) -> Decorator:
    """`--labels`, the language of names; what they are names of differs."""
    return click.option("--labels", "lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help=help_)


def profile(help_: str | None = None) -> Decorator:
    """`--profile`.  The names are the classifier's PROFILES, written out: importing them costs NumPy, and --help must not."""
    names = click.Choice(["balanced", "precision", "recall"])
    return click.option("--profile", type=names, default="balanced", show_default=True, help=help_)
