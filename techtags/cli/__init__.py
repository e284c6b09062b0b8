"""The command line: one thin module a command, each loaded only when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from .._version import __version__

# Each command and what it is for, so that --help need not import them all; a command stands in the module of its name.
COMMANDS = {
    "tag": "Tag the rows of a table.",
    "harmonise": "Place the labels of a table that has no text.",
    "explain": "Show why a text gets its tags.",
    "taxonomy": "Read, search, check, compare and export the standard.",
    "crosswalk": "Look up what codes and names of other schemes mean.",
    "link": "Connect tables: one database of records, tags and firms.",
    "trends": "Counts, amounts and growth by technology, year, country and firm.",
    "compare": "Set two linked tables side by side.",
    "evaluate": "Measure a model on annotated rows.",
    "evaluate-designations": "Measure how well labels are placed.",
    "card": "Write a model card: figures, failures and limits of a model.",
    "train": "Train a model on annotated rows.",
    "info": "Show versions and hashes.",
}


class _Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(importlib.import_module(f"{__name__}.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what users did wrong becomes one line on stderr and exit status 1."""
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            if isinstance(error, BrokenPipeError) or not _is_ours(error):
                raise  # a reader that has gone is no error; click ends quietly
            raise click.ClickException(_one_line(error)) from None
        except RuntimeError as error:
            if str(error) != "Query interrupted":
                raise
            raise KeyboardInterrupt from None  # which is what DuckDB makes of Ctrl-C


def _is_ours(error: BaseException) -> bool:
    """Whether an error is one that our code raises with a message for users."""
    if isinstance(error, OSError):
        return bool(error.filename or error.strerror)
    return type(error).__module__.split(".")[0] == "techtags"


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="techtags")
def cli() -> None:
    """Technology tags for descriptions in English and Chinese.

    \b
    techtags tag companies.csv -o tagged.csv     tag a table
    techtags explain "固态电池电解质的研发"        see why a text gets its tags
    techtags taxonomy show lithography           read the standard
    """


def main() -> None:
    """Entry point of the `techtags` command."""
    # Windows and old terminals may not speak UTF-8; replacing beats failing.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    cli()
