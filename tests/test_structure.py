"""Imports between the rooms point one way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from linked import ROOT, link

LINT = Path(sys.executable).with_name("lint-imports")
CONFIG = ROOT / "pyproject.toml"


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT), "--config", str(CONFIG), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_contracts_hold(tmp_path: Path) -> None:
    done = _lint(link(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout and "BROKEN" not in done.stdout


@pytest.mark.parametrize(
    ("room", "wanted"),
    [
        ("schemas", "techtags.taxonomy"),
        ("taxonomy", "techtags.classifier"),
        ("taxonomy", "techtags.cli"),
        ("classifier", "techtags.training"),
        ("classifier", "techtags.tables"),
        ("classifier", "techtags.linkage"),
        ("linkage", "techtags.classifier"),
        ("training", "techtags.engines"),
        ("tables", "techtags.schemas"),
    ],
)
def test_contracts_can_break(tmp_path: Path, room: str, wanted: str) -> None:
    (link(tmp_path) / "techtags" / room / "wrong.py").write_text(f"import {wanted}\n", encoding="utf-8")
    done = _lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"techtags.{room}.wrong -> {wanted}" in done.stdout
