"""Running the real command, in this process or as a program of its own."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from techtags.cli import cli

if TYPE_CHECKING:
    from pathlib import Path

PHOTOVOLTAICS = "A maker of perovskite solar modules and solar cells"
WIND = "海上风电安装船，海上风力发电机组"
NOTHING = "The annual report of the board with a letter from the chairman to the shareholders"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


def techtags(*args: str | Path, stdin: bytes = b"") -> Done:
    """Run the command in this process; an exception that it lets out fails the test."""
    try:
        runner = CliRunner(mix_stderr=False)  # type: ignore[call-arg]
    except TypeError:
        runner = CliRunner()
    result = runner.invoke(cli, [str(a) for a in args], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout_bytes, result.stderr)


def program(*args: str | Path, stdin: bytes = b"", timeout: float = 60) -> Done:
    """Run the command as a program of its own."""
    command = [sys.executable, "-m", "techtags", *(str(a) for a in args)]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False)
    return Done(done.returncode, done.stdout, done.stderr.decode())


def table(text: str, delimiter: str = ",") -> list[list[str]]:
    """All rows of a delimited table, the header first."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def records(text: str) -> list[dict[str, str]]:
    """The rows of a delimited table as dictionaries."""
    header, *rows = table(text)
    return [dict(zip(header, row, strict=True)) for row in rows]


def lines(text: str) -> list[dict[str, Any]]:
    """The objects of a JSONL text."""
    return [json.loads(line) for line in text.splitlines()]
