"""Make the tables of this example from the pool of public texts.

    python examples/pool/prepare.py [--pool DIR] [--out DIR] [--most N]

Reads `en.jsonl.gz` and `zh.jsonl.gz`, one object a line with id, source, lang, group, year, text and label.  Writes one table a
source, with the columns id, text, label and year, into a folder that git ignores: the texts belong to others.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from techtags.tables import TableError
from techtags.tables.writing import open_writer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
POOL = ROOT.parent / "shared/data/pool"
OUT = ROOT / "build/pool"
FILES = ("en.jsonl.gz", "zh.jsonl.gz")
COLUMNS = ("id", "text", "label", "year")
# Two texts of one source and year are one record if so many of their letters agree from the start on.  At 400, 1 in 70 of the
# copies of sbir differs anywhere after them, and at 200 one in 50.
SAME = 400

_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_PATENT_CLASS = re.compile(r"[A-HY]\d\d[A-Z]")
_GICS = re.compile(r"GICS \d{2,8}")
_ABSTRACT = re.compile(r"\babstract\b", re.IGNORECASE)
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Source:
    """One source of the pool, which becomes one table.

    Attributes:
        name: in the pool.
        lang: where each record is there in two languages, which one is taken.
        label: what of the pool's label is kept; all if not given.
    """

    name: str
    lang: str = ""
    label: re.Pattern[str] | None = None


SOURCES = (
    Source("sbir"),
    Source("sbir-cet"),
    Source("nsf"),
    Source("a-share", lang="zh", label=_GICS),  # the boards beside it say little of what a firm does
    Source("cn-patent-titles", label=_PATENT_CLASS),
    Source("cn-patents"),
    Source("eu-calls"),
    Source("iea-policies"),
)


class PoolError(Exception):
    """What is wrong with the pool, in one line."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a packed JSONL file.

    Raises:
        PoolError: it cannot be read, or a line is not an object with id, source and text.
    """
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                row = json.loads(line)
                if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("id", "source", "text")):
                    raise PoolError(f"{path}, line {number}: is no row of the pool (an object with id, source and text)")
                yield row
    except (OSError, EOFError) as error:
        raise PoolError(f"cannot read {path}: {error}") from None
    except ValueError as error:
        raise PoolError(f"{path}, line {number + 1}: {error}") from None


def start(text: str) -> str:
    """The letters that a text starts with, by which copies are known.  Copies in sbir have the word "Abstract" put in."""
    return _NO_LETTER.sub("", _ABSTRACT.sub("", text[: 3 * SAME])).casefold()[:SAME]


def year(value: object) -> str:
    """The year that is written, or nothing where it is cut or is none ("3-01", "fied")."""
    text = str(value or "").removesuffix(".0")
    return text if _YEAR.fullmatch(text) else ""


def prepare(pool: Path, out: Path, most: int | None = None) -> list[str]:
    """Write the tables; what was done, a line a table.

    Args:
        pool: folder with `FILES`.
        out: folder for the tables; made if it is not there.
        most: rows a table; of more, those with the lowest SHA-256 of their id are taken, always the same ones.

    Raises:
        PoolError: the pool is not there, cannot be read, or has no rows of a source.
        TableError: a table cannot be written.
    """
    missing = [name for name in FILES if not (pool / name).is_file()]
    if missing:
        raise PoolError(f"there is no {missing[0]} in {pool}; name the folder of the pool with --pool")
    of = {source.name: source for source in SOURCES}
    kept: dict[str, list[tuple[str, ...]]] = {source.name: [] for source in SOURCES}
    read = dict.fromkeys(kept, 0)
    seen: set[tuple[str, str, str]] = set()
    for name in FILES:
        for row in rows(pool / name):
            source = of.get(row["source"])
            if source is None or (source.lang and row.get("lang") != source.lang):
                continue
            read[source.name] += 1
            when = year(row.get("year"))
            key = (source.name, when, start(row["text"]))
            if key in seen:
                continue
            seen.add(key)
            label = str(row.get("label") or "")
            if source.label is not None:
                label = ";".join(dict.fromkeys(source.label.findall(label)))
            kept[source.name].append((row["id"], row["text"], label, when))
    empty = [name for name, found in kept.items() if not found]
    if empty:
        raise PoolError(f"{pool} has no rows of {', '.join(empty)}")
    out.mkdir(parents=True, exist_ok=True)
    return [_write(out / f"{name}.csv", found, read[name], most) for name, found in kept.items()]


def _write(path: Path, found: list[tuple[str, ...]], read: int, most: int | None) -> str:
    taken = found
    if most is not None and len(found) > most:
        lowest = set(sorted(range(len(found)), key=lambda i: hashlib.sha256(found[i][0].encode()).digest())[:most])
        taken = [row for i, row in enumerate(found) if i in lowest]
    with open_writer(str(path), "csv") as writer:
        writer.header(COLUMNS)
        for row in taken:
            writer.row(COLUMNS, row)
    years = sorted({row[3] for row in taken} - {""})
    undated = sum(not row[3] for row in taken)
    return (
        f"{path.stem:<18} {len(taken):>6} rows  {read - len(found)} copies left out"
        + (f", {len(found) - len(taken)} not drawn" if len(taken) < len(found) else "")
        + (f"; {years[0]} to {years[-1]}" if years else "; no years")
        + (f", {undated} without" if years and undated else "")
    )


def main() -> int:
    """Run as a program; the exit status."""
    parser = argparse.ArgumentParser(description="Make the tables of examples/pool from the pool of public texts.")
    parser.add_argument("--pool", type=Path, default=POOL, help=f"folder with {' and '.join(FILES)} (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=OUT, help="folder for the tables (default: %(default)s, where project.toml looks for them)"
    )
    parser.add_argument("--most", type=int, help="rows a table; of more, a sample that is always the same is drawn")
    given = parser.parse_args()
    if given.most is not None and given.most < 1:
        parser.error("--most is below 1")
    try:
        print("\n".join(prepare(given.pool, given.out, given.most)))
    except (PoolError, TableError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
