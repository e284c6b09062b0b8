"""Lay the package out as one tree of links, for tools that do not read `package_dir` (mypy, import-linter).

python tests/linked.py DIRECTORY
"""

from __future__ import annotations

import configparser
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def link(target: Path) -> Path:
    """Make `target/techtags`, whose files are links to the checkout's."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    folders = dict(line.split(" = ") for line in config["options"]["package_dir"].strip().splitlines())
    packages = config["options"]["packages"].split()
    for package in packages:
        head = max((p for p in folders if package == p or package.startswith(p + ".")), key=len)
        source = ROOT / folders[head] / package[len(head) :].strip(".").replace(".", "/")
        place = target / package.replace(".", "/")
        place.mkdir(parents=True, exist_ok=True)
        for file in source.iterdir():
            if file.suffix in (".py", ".typed"):
                (place / file.name).unlink(missing_ok=True)
                (place / file.name).symlink_to(file)
    return target


if __name__ == "__main__":
    link(Path(sys.argv[1]))
