"""Doubtful pairs of firms as a table to fill in, and the filled table read back."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..tables import TableError, format_of, neutralise, open_table, open_writer
from .errors import LinkError
from .firm_ids import read_id

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS = (
    "left_name", "right_name", "left_country", "right_country", "left_ids", "right_ids", "weight", "probability", "why", "same",
)  # fmt: skip
_NEEDED = ("left_name", "right_name", "same")
ANSWERS = {
    "yes": "yes", "y": "yes", "是": "yes", "no": "no", "n": "no", "否": "no",
    "branch": "branch", "分公司": "branch", "subsidiary": "subsidiary", "子公司": "subsidiary", "parent": "parent",
    "母公司": "parent",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """A firm as a review table names it: its name as written, and its country and ids where it has some."""

    name: str
    country: str = ""
    ids: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.name or "; ".join(f"{scheme}:{value}" for scheme, value in self.ids)


@dataclass(frozen=True, slots=True)
class Answer:
    """A filled row.

    Attributes:
        row: its line in the file, the header being 1.
        answer: ``yes`` or ``no``; ``branch``, ``subsidiary`` or ``parent`` for what the left firm is of the right one.
    """

    row: int
    left: Side
    right: Side
    answer: str


def write_review(connection: DuckDBPyConnection, path: str | Path) -> int:
    """Write the doubtful pairs, the likeliest first, with an empty column `same` to fill in.

    The format is by the file's ending, as everywhere (`techtags.tables.FORMATS`).

    Args:
        connection: a database that `resolve` has filled.
        path: where to; ``-`` is standard output.

    Returns:
        The number of pairs.

    Raises:
        LinkError: the place cannot be written to.
    """
    rows = connection.execute(
        """SELECT d.left_name, d.right_name, l.country, r.country, d.left_firm, d.right_firm, d.weight, d.probability, d.why
        FROM firm_doubts AS d JOIN firms AS l ON l.firm_id = d.left_firm JOIN firms AS r ON r.firm_id = d.right_firm
        ORDER BY d.weight DESC, d.left_name, d.right_name, d.left_firm, d.right_firm"""
    ).fetchall()
    ids: dict[int, list[str]] = {}
    for firm, scheme, value in connection.execute("SELECT firm_id, scheme, id FROM firm_ids ORDER BY ALL").fetchall():
        ids.setdefault(firm, []).append(f"{scheme}:{value}")
    # Spreadsheets take a CSV for their own alphabet's unless it begins with a mark.
    encoding = "utf-8" if str(path) == "-" else "utf-8-sig"
    try:
        form = format_of(str(path), option="--to")
        delimiter = "\t" if form == "tsv" else ","
        with open_writer(str(path), form, encoding=encoding, delimiter=delimiter) as writer:
            writer.header(COLUMNS)
            for left, right, left_country, right_country, left_firm, right_firm, weight, probability, why in rows:
                cells = (
                    left or "", right or "", left_country or "", right_country or "",
                    "; ".join(ids.get(left_firm, [])), "; ".join(ids.get(right_firm, [])),
                )  # fmt: skip
                numbers = (f"{weight:.2f}", f"{probability:.4f}") if weight is not None else ("", "")
                shown = [neutralise(cell) for cell in cells]
                # A weight below zero is a number and no formula.
                writer.row(COLUMNS, [*shown, *numbers, neutralise(why or ""), ""])
    except TableError as error:
        raise LinkError(str(error)) from None
    return len(rows)


def read_review(path: str | Path) -> tuple[Answer, ...]:
    """Read a review table; rows whose `same` is empty are left out.

    Only the columns `left_name`, `right_name` and `same` are needed; the countries and ids tell firms of one name apart.
    Rows may be added: any two names of the tables may be joined or told apart.

    Raises:
        LinkError: the file cannot be read or lacks a column; a row has another answer than those above, or lacks a side. The
            message names the row.
    """
    answers: list[Answer] = []
    try:
        with closing(open_table(str(path), format_of(str(path)))) as table:
            header = [name.strip().lower() for name in table.header]
            lacking = next((name for name in _NEEDED if name not in header), None)
            if lacking:
                raise LinkError(f"{path} has no column {lacking!r}; it needs {', '.join(_NEEDED)}")
            for row in table.rows:
                if len(row.cells) > len(header):
                    raise LinkError(f"{path}, line {row.line}: {len(row.cells)} cells where the header has {len(header)}")
                cells = dict(zip(header, (_plain(cell) for cell in row.cells), strict=False))
                if found := _answer(cells, row.line, str(path)):
                    answers.append(found)
    except TableError as error:
        raise LinkError(str(error)) from None
    return tuple(answers)


def _plain(cell: Any) -> str:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    text = str(cell).strip()
    return text[1:] if re.match(r"'[=+\-@\t\r]", text) else text


def _answer(cells: dict[str, str], line: int, path: str) -> Answer | None:
    given = cells.get("same", "").casefold()
    if not given:
        return None
    if given not in ANSWERS:
        raise LinkError(
            f"{path}, line {line}: same is {cells['same']!r}; it may be yes, no, branch, subsidiary or parent, or empty"
        )
    left, right = (
        Side(
            cells.get(f"{side}_name", ""),
            cells.get(f"{side}_country", ""),
            _ids(cells.get(f"{side}_ids", ""), f"{path}, line {line}"),
        )
        for side in ("left", "right")
    )
    for side, name in ((left, "left"), (right, "right")):
        if not side.name and not side.ids:
            raise LinkError(f"{path}, line {line}: {name}_name is empty")
    return Answer(line, left, right, ANSWERS[given])


def _ids(cell: str, where: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        scheme, colon, value = part.partition(":")
        identity = read_id(scheme, value) if colon else None
        if identity is None:
            raise LinkError(f"{where}: {part!r} is no id; write scheme:id, with ; between several")
        found.append((identity.scheme, identity.id))
    return tuple(found)
