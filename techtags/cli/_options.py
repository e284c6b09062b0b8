"""Options that several commands have; written once so that they cannot come to differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., None]], Callable[..., None]]

MODEL = click.option(
    "--model", type=click.Path(path_type=Path), metavar="fast|accurate|FOLDER",
    help="Which model: fast (the default), accurate (slower; needs the accurate extra), or a folder.",
)  # fmt: skip


def labels(help_: str) -> Decorator:
    """`--labels`, the language of names; what they are names of differs."""
    return click.option("--labels", "lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help=help_)


def profile(help_: str | None = None) -> Decorator:
    """`--profile`.  The names are the classifier's PROFILES, written out: importing them costs NumPy, and --help must not."""
    names = click.Choice(["balanced", "precision", "recall"])
    return click.option("--profile", type=names, default="balanced", show_default=True, help=help_)


# Written out: importing the tables' module costs more than --help should.
_FORMS = click.Choice(["csv", "tsv", "jsonl", "parquet", "xlsx", "dta"])
FROM = click.option("--from", "from_", type=_FORMS, help="Format of INPUT; by its ending if not given.")
TO = click.option("--to", type=_FORMS, help="Format of the output; by its ending if not given.")
SHEET = click.option("--sheet", metavar="NAME|NUMBER", help="Sheet of an Excel workbook; the first if not given.")
ENCODING = click.option("--encoding", metavar="NAME", help="Encoding of INPUT; found if not given.")
DELIMITER = click.option("--delimiter", metavar="CHAR", help="Between cells; found if not given.")
RAW = click.option("--raw", is_flag=True, help="Leave cells that a spreadsheet would take for formulas as they are.")


# How `techtags train --backend transformers` fine-tunes; the names are those of the fields of its recipe.
_ENCODER = (
    click.option("--encoder", metavar="FOLDER|NAME", help="A pretrained encoder that the transformers library can load."),
    click.option("--base", type=click.Path(path_type=Path), metavar="FOLDER", help="The linear model; else the shipped one."),
    click.option("--work", type=click.Path(path_type=Path), metavar="FOLDER", help="Checkpoints; OUTPUT.work by default."),
    click.option("--epochs", default=3.0, show_default=True, type=click.FloatRange(0, min_open=True)),
    click.option("--batch", default=32, show_default=True, type=click.IntRange(1), help="Rows a step."),
    click.option("--learning-rate", default=1e-4, show_default=True, type=click.FloatRange(0, min_open=True)),
    click.option("--longest", default=128, show_default=True, type=click.IntRange(8), help="Pieces of a text that are read."),
    click.option("--frozen", default=0, show_default=True, type=click.IntRange(0), help="Lower layers that are not trained."),
    click.option("--prefix", default="query: ", show_default=True, help="Put before every text; E5 encoders want it."),
    click.option("--prune/--no-prune", default=True, help="Cut the vocabulary down to the pieces in use."),
)  # fmt: skip


def encoder_options(command: Callable[..., None]) -> Callable[..., None]:
    """All of them on one command."""
    for option in reversed(_ENCODER):
        command = option(command)
    return command
