"""One table to records and mentions: what its cells say, row by row."""

from __future__ import annotations

import json
import unicodedata
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from . import store
from .assign import UNREADABLE, Given
from .errors import LinkError
from .money import Money
from .notes import Notes
from .project import PARENT, SUBJECT
from .sources import open_source, position
from .values import Ambiguous, Unread, missing, parse_country, parse_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ..tables import Table
    from ..taxonomy import Taxonomy
    from .project import Party, Project, TableSpec
    from .values import When

    # Called with what is being done and its size, or None; gives a function that is told how much is done.
    Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]

BATCH = 20_000  # rows are handed to the database so many at a time
BETWEEN = " | "  # stands between several labels of a row
# Of so many filled cells at least one must be readable, or the column is not what the project takes it for.
ENOUGH = 5
_RECORD = (
    "record_id", "table_id", "row", "source_id", "kind", "text", "label", "date", "year", "amount", "currency", "amount_common",
    "country", "status",
)  # fmt: skip
_MENTION = ("mention_id", "record_id", "role", "name", "scheme", "given_id", "country", "person")
_ASSIGNMENT = ("record_id", "tag", "rank", "score", "basis")
# Where the country of a row need not be that of the firm that it names.
_COUNTRY_OF_ELSE = ("patent", "policy")


def silent(label: str, size: int | None) -> AbstractContextManager[Callable[[int], None]]:
    """A progress that nobody sees."""
    return nullcontext(lambda done: None)


@dataclass(slots=True)
class Loaded:
    """What reading a table gave.

    Attributes:
        rows, mentions: how many.
        notes: what could not be read.
        versions: what its tags were made with, where it came with tags; else None.
    """

    rows: int = 0
    mentions: int = 0
    notes: Notes = field(default_factory=Notes)
    versions: set[str] | None = None


def load(
    connection: DuckDBPyConnection,
    project: Project,
    spec: TableSpec,
    files: Sequence[Path],
    taxonomy: Taxonomy,
    *,
    first_record: int,
    first_mention: int,
    progress: Progress = silent,
) -> Loaded:
    """Read a table into the temporary table `incoming`, `mentions`, and, where it has tags already, `assignments`.

    `incoming` has the columns of `records`; a row that is still to be tagged has no status.

    Args:
        connection: a database with our schema.
        project, spec: the project and the table's section of it.
        files: of the table, in order; their rows are numbered through.
        taxonomy: which tags there are.
        first_record, first_mention: the ids to begin with.
        progress: is told how far reading has come.

    Raises:
        TableError: a file cannot be read.
        LinkError: a column is not there, or a cell cannot be taken as it stands; the message names file, line and column.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE incoming AS SELECT * FROM records LIMIT 0")
    loaded = Loaded()
    money = Money(project, spec, loaded.notes)
    filled: dict[str, int] = {}
    kind: bool | None = None
    for path in files:
        table = open_source(path, spec)
        try:
            reader = _Reader(table, spec, money, loaded.notes, taxonomy, filled)
            if kind is not None and (reader.given is not None) != kind:
                raise LinkError(f"table {spec.name!r}: {table.name} has tags and other files of it have none; tag all or none")
            kind = reader.given is not None
            with progress(f"reading {spec.name}", table.size) as advance:
                _take(connection, reader, loaded, first_record, first_mention, advance)
        finally:
            table.close()
        if reader.given is not None:
            loaded.versions = (loaded.versions or set()) | reader.given.versions
    money.finish(f"table {spec.name!r}")
    for column in ("date", "amount"):
        if filled.get(column, 0) >= ENOUGH and loaded.notes.counts.get(column) == filled[column]:
            raise LinkError(
                f"table {spec.name!r}: no {column} of {filled[column]} could be read: {loaded.notes.examples[column][0]}"
            )
    return loaded


def _take(
    connection: DuckDBPyConnection,
    reader: _Reader,
    loaded: Loaded,
    first_record: int,
    first_mention: int,
    advance: Callable[[int], None],
) -> None:
    records: list[tuple[Any, ...]] = []
    mentions: list[tuple[Any, ...]] = []
    assignments: list[tuple[Any, ...]] = []

    def flush() -> None:
        for table, into, names, rows in (
            ("records", "incoming", _RECORD, records),
            ("mentions", None, _MENTION, mentions),
            ("assignments", None, _ASSIGNMENT, assignments),
        ):
            if rows:
                store.insert(connection, table, dict(zip(names, zip(*rows, strict=True), strict=True)), into=into)
                rows.clear()

    for record, parties, tags in reader.rows():
        identity = first_record + loaded.rows
        loaded.rows += 1
        records.append((identity, reader.spec.name, loaded.rows, *record))
        for party in parties:
            mentions.append((first_mention + loaded.mentions, identity, *party))
            loaded.mentions += 1
        assignments += [(identity, tag, rank, score, basis) for rank, (tag, score, basis) in enumerate(tags, start=1)]
        if len(records) >= BATCH:
            flush()
            advance(reader.table.position())
    flush()
    advance(reader.table.position())


class _Reader:
    """Rows of one file as records, mentions and tags.

    Attributes:
        spec: the table's section.
        given: reads the tags that the file came with; None if it has none.
    """

    def __init__(
        self, table: Table, spec: TableSpec, money: Money, notes: Notes, taxonomy: Taxonomy, filled: dict[str, int]
    ) -> None:
        self.table, self.spec, self.money, self.notes, self.filled = table, spec, money, notes, filled
        self.given = Given.of(table.header, table.name, taxonomy)
        self.text = self._all(spec.text, "text")
        self.label = self._all(spec.label, "label")
        self.date = self._all(spec.date, "date")
        self.one = {
            key: self._one(getattr(spec, key), key) for key in ("id", "amount", "currency", "rate", "country")
        }  # None for what the table has no column for
        self.firm_ids = [(position(table, column, "columns.firm_id", spec), scheme) for column, scheme in spec.firm_ids]
        self.parties = [
            (
                party,
                self._one(party.column or None, _key(party)),
                self._all(party.also, _key(party)),
                self._one(party.id, _key(party)),
                self._one(party.country, _key(party)),
            )
            for party in spec.parties
        ]
        if spec.amount:
            money.check_column(table.name)

    def _all(self, columns: Sequence[str], key: str) -> list[int]:
        return [position(self.table, column, f"columns.{key}", self.spec) for column in columns]

    def _one(self, column: str | None, key: str) -> int | None:
        return None if column is None else position(self.table, column, f"columns.{key}", self.spec)

    def rows(self) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]], list[tuple[str, float | None, str]]]]:
        """For each row the columns of its record from `source_id` on, its mentions without their ids, and its tags."""
        width = len(self.table.header)
        for row in self.table.rows:
            where = f"{self.table.name}, line {row.line}"
            if len(row.cells) > width:
                # A row with too many cells cannot be trusted to have anything where the header says.
                self.notes.add("cells", f"{where}: {len(row.cells)} cells where the header has {width}; nothing is taken from it")
                yield (None, self.spec.kind, *[None] * 8, UNREADABLE), [], []
                continue
            status, tags = self.given.read(row.cells, where) if self.given is not None else (None, [])
            country = self._country(self._cell(row.cells, "country"), where) or self.spec.fixed.get("country")
            when = self._when(row.cells, where)
            yield (
                (
                    self._cell(row.cells, "id").strip() or None,
                    self.spec.kind,
                    # As techtags tag joins the cells of several columns.
                    "\n".join(row.cells[i] for i in self.text if row.cells[i].strip()) or None,
                    self._labels(row.cells),
                    when.day if when else None,
                    when.year if when else self.spec.fixed.get("year"),
                    *self._amount(row.cells, when.year if when else self.spec.fixed.get("year"), where),
                    country,
                    status or (None if self.text or self.label or "label" in self.spec.fixed else UNREADABLE),
                ),
                self._mentions(row.cells, country, where),
                tags,
            )

    def _cell(self, cells: Sequence[str], key: str) -> str:
        at = self.one[key]
        return "" if at is None else cells[at]

    def _labels(self, cells: Sequence[str]) -> str | None:
        labels = [cells[i].strip() for i in self.label if cells[i].strip()]
        if not labels:
            return self.spec.fixed.get("label")
        # Several are told apart again by what stands between them, which must then not stand in one.
        return labels[0] if len(self.label) == 1 else BETWEEN.join(label.replace(BETWEEN, "|") for label in labels)

    def _when(self, cells: Sequence[str], where: str) -> When | None:
        for i in self.date:
            if not cells[i].strip():
                continue
            try:
                found = _date(cells[i], self.spec.date_formats)
            except Ambiguous as error:
                raise LinkError(f"{where}, column {self.table.header[i]!r}: {error}") from None
            except Unread as error:
                self._fill("date")
                self.notes.add("date", f"{where}: {error}")
                continue
            if found is not None:
                self._fill("date")
                return found
        return None

    def _amount(self, cells: Sequence[str], year: int | None, where: str) -> tuple[float | None, str | None, float | None]:
        cell = self._cell(cells, "amount")
        if missing(cell):
            return None, None, None
        self._fill("amount")
        return self.money.read(cell, self._cell(cells, "currency"), self._cell(cells, "rate"), year, where)

    def _fill(self, column: str) -> None:
        self.filled[column] = self.filled.get(column, 0) + 1

    def _country(self, cell: str, where: str) -> str | None:
        if not cell.strip():
            return None
        try:
            return _country(cell)
        except Unread as error:
            self.notes.add("country", f"{where}: {error}")
            return None

    def _mentions(self, cells: Sequence[str], country: str | None, where: str) -> list[tuple[Any, ...]]:
        out: list[tuple[Any, ...]] = []
        for party, column, also, ids, countries in self.parties:
            names = _names(cells[column], party.split) if column is not None else []
            others = [name for i in also for name in _names(cells[i], None)]
            given, scheme = (_names(cells[ids], party.split) if ids is not None else []), party.scheme
            home = self._country(cells[countries], where) if countries is not None else None
            if party.role == SUBJECT:
                if countries is None and self.spec.kind not in _COUNTRY_OF_ELSE:
                    home = country
                if not names and not others:
                    names = _names(self.spec.fixed.get("firm", ""), None)
                if not given:
                    given, scheme = next(
                        (([cells[i].strip()], s) for i, s in self.firm_ids if not missing(cells[i])), (given, scheme)
                    )
            if given and len(given) != max(1, len(names)):
                self.notes.add("ids", f"{where}: names of {len(names)} firms and {len(given)} ids ({party.role})")
                given = []
            said: list[tuple[str | None, str | None]]
            if given and len(names) <= 1:
                # The id says that all these names are one firm's.
                said = [(name, given[0]) for name in _distinct([*names, *others])] or [(None, given[0])]
            elif given:
                said = list(zip(names, given, strict=True))
            else:
                said = [(name, None) for name in names or others[:1]]
            out += [(party.role, name, scheme if identity else None, identity, home, party.person) for name, identity in said]
        return out


def _key(party: Party) -> str:
    return {SUBJECT: "firm", PARENT: "parent"}.get(party.role, "roles")


@lru_cache(maxsize=1 << 16)
def _date(cell: str, formats: tuple[str, ...]) -> When | None:
    return parse_date(cell, formats)


@lru_cache(maxsize=1 << 12)
def _country(cell: str) -> str | None:
    return parse_country(cell)


def _names(cell: str, split: str | None) -> list[str]:
    """The names in a cell, once each; a list, as JSON and Parquet have them, is read as one."""
    parts = [cell]
    if cell.lstrip().startswith("["):
        try:
            listed = json.loads(cell)
        except ValueError:
            listed = None
        if isinstance(listed, list) and all(isinstance(part, str) for part in listed):
            return _distinct(listed)
    if split:
        # A full-width semicolon is a semicolon.
        parts = (cell.replace(_wide(split), split) if _wide(split) else cell).split(split)
    return _distinct(parts)


def _distinct(parts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(p.split()) for p in parts if not missing(p)))


@lru_cache(maxsize=64)
def _wide(mark: str) -> str:
    """The full-width form of a mark, if it has one."""
    wide = chr(ord(mark) + 0xFEE0) if len(mark) == 1 and "!" <= mark <= "~" else ""
    return wide if wide and unicodedata.normalize("NFKC", wide) == mark else ""
