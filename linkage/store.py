"""The database: a DuckDB file that is built aside and takes its name when it is whole."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import LinkError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from ..taxonomy import Taxonomy

SCHEMA_VERSION = "1"
TABLES = (
    "tables", "records", "assignments", "tags", "tag_closure", "collection_tags", "mentions", "firms", "firm_ids",
    "firm_mentions", "firm_relations", "firm_doubts", "provenance",
)  # fmt: skip
_BROKEN = re.compile("[\ud800-\udfff\x00]")
_NO_NUMBER = -(2**62)  # stands for NULL on the way in


class OtherSchema(LinkError):
    """A database of ours that another version made, with another schema."""


def connect(path: str | os.PathLike[str]) -> DuckDBPyConnection:
    """Open the database at `path` for reading.

    Raises:
        LinkError: DuckDB is not installed; there is no such file; it is no database that `techtags link` made, or one of
            another version of the schema; another program has it open for writing.
    """
    place = Path(path)
    if not place.exists():
        raise LinkError(f"there is no database {place}; make it with: techtags link PROJECT.toml")
    connection = _open(place, read_only=True)
    try:
        check(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection


def check(connection: DuckDBPyConnection, name: str | os.PathLike[str]) -> None:
    """Refuse a database that is not ours, or has another schema.

    Raises:
        LinkError: it is not; the message calls it `name`.
        OtherSchema: it is ours, with another schema.
    """
    try:
        found = connection.execute("SELECT value FROM provenance WHERE key = 'schema'").fetchall()
    except _duckdb().Error:
        found = []
    if not found:
        raise LinkError(f"{name} is no database that techtags link has made")
    if found[0][0] != SCHEMA_VERSION:
        raise OtherSchema(
            f"{name} has schema {found[0][0]} and this is {SCHEMA_VERSION}; make it again: techtags link PROJECT.toml --fresh"
        )


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[DuckDBPyConnection]:
    """An empty database with our schema; it takes the name `path` when the block ends without an exception.

    Until then whatever stands at `path` stays as it is.  What an interrupted run left aside is taken away.

    Raises:
        LinkError: DuckDB is not installed; the place cannot be written to; what stands there is no database of ours, or another
            program has it open for writing; the same database is being built already.
    """
    place = Path(path).resolve()  # behind a link the file is replaced, not the link
    if place.is_dir():
        raise LinkError(f"{path} is a directory; give a file name")
    if place.exists():
        # Refuses what is not ours to replace, and what another program is writing to.
        with contextlib.suppress(OtherSchema):
            connect(place).close()
    # One fixed name: DuckDB's lock on it holds off a second run.
    part = place.with_name(f".{place.name}.part")
    if part.exists():
        _clear(part, path)
    connection = _open(part, read_only=False)
    done = False
    try:
        connection.execute(_schema())
        yield connection
        connection.execute("CHECKPOINT")
        connection.close()
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        # A log that someone left beside the old file must not be played back into the new one.
        _log(place).unlink(missing_ok=True)
        part.replace(place)
        done = True
    except OSError as error:
        raise LinkError(f"cannot write {path}: {error.strerror}") from None
    finally:
        if not done:
            with contextlib.suppress(Exception):
                connection.close()
            with contextlib.suppress(OSError):
                _remove(part)


def _clear(part: Path, path: str | os.PathLike[str]) -> None:
    try:
        _duckdb().connect(str(part)).close()
    except _duckdb().Error as error:
        if "lock" in str(error).lower():
            raise LinkError(f"{path} is being built by another techtags link; wait for it to end") from None
    _remove(part)


def _remove(part: Path) -> None:
    """Take away a half-built database with what DuckDB keeps beside it."""
    for left in (part, _log(part)):
        left.unlink(missing_ok=True)
    shutil.rmtree(part.with_name(part.name + ".tmp"), ignore_errors=True)


def _log(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _open(path: Path, *, read_only: bool) -> DuckDBPyConnection:
    duckdb = _duckdb()
    if not path.parent.is_dir():
        raise LinkError(f"cannot write {path}: there is no folder {path.parent}")
    try:
        connection: DuckDBPyConnection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        reason = str(error)
        if "lock" in reason.lower():
            raise LinkError(f"{path} is open for writing in another program; close it there") from None
        if read_only and "not a valid DuckDB" in reason:
            raise LinkError(f"{path} is no DuckDB database") from None
        raise LinkError(f"cannot open {path}: {reason.splitlines()[0]}") from None
    return connection


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise LinkError('this needs DuckDB: pip install "techtags[linkage]"') from None
    return duckdb


@cache
def _schema() -> str:
    return (files(__package__) / "schema.sql").read_text(encoding="utf-8")


@cache
def _types() -> dict[str, dict[str, str]]:
    """The columns of each table and their types, as the schema declares them."""
    with _duckdb().connect() as connection:
        connection.execute(_schema())
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY table_name, ordinal_position"
        ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found


def insert(connection: DuckDBPyConnection, table: str, columns: Mapping[str, Sequence[Any]], *, into: str | None = None) -> None:
    """Append rows to a table.

    Args:
        connection: a database with our schema.
        table: one of `TABLES`.
        columns: values by column, all of one length; None is NULL; dates are `datetime.date`s or ISO 8601 strings.  Columns that
            are not named are NULL.
        into: a temporary table with the same columns, to append to instead.

    Raises:
        KeyError: there is no such table or column.
        ValueError: columns are of different lengths.
    """
    import numpy as np

    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of {table} have different lengths")
    if not lengths or lengths == {0}:
        return
    types = _types()[table]
    frame: dict[str, Any] = {}
    wanted: list[str] = []
    for name, values in columns.items():
        kind = types[name]
        key = f"_{name}"
        if kind in ("BIGINT", "INTEGER"):
            frame[key] = np.array([_NO_NUMBER if v is None else v for v in values], dtype=np.int64)
            wanted.append(f"NULLIF({key}, {_NO_NUMBER})")
        elif kind == "BOOLEAN":
            frame[key] = np.array([-1 if v is None else int(v) for v in values], dtype=np.int8)
            wanted.append(f"CAST(NULLIF({key}, -1) AS BOOLEAN)")
        elif kind == "DOUBLE":
            frame[key] = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
            wanted.append(f"CASE WHEN isnan({key}) THEN NULL ELSE {key} END")
        else:
            frame[key] = np.array([None if v is None else _plain(v) for v in values], dtype=object)
            wanted.append(f"CAST({key} AS {kind})")
    names = ", ".join(columns)
    connection.register("_incoming", frame)
    try:
        # Strings are strings: DuckDB is not to guess from a sample.
        connection.execute("SET GLOBAL pandas_analyze_sample = 0")
        connection.execute(f"INSERT INTO {into or table} ({names}) SELECT {', '.join(wanted)} FROM _incoming")
    finally:
        connection.execute("RESET GLOBAL pandas_analyze_sample")
        connection.unregister("_incoming")


def _plain(value: Any) -> str:
    """A string that every engine takes: no lone surrogates (bytes that a table's encoding could not read) and no NUL."""
    text = str(value)
    return _BROKEN.sub("\ufffd", text) if _BROKEN.search(text) else text


def load_taxonomy(connection: DuckDBPyConnection, taxonomy: Taxonomy) -> None:
    """Fill `tags`, `tag_closure` and `collection_tags`."""
    tags = taxonomy.tags
    above = {tag.id: (tag.id, *taxonomy.ancestor_ids(tag.id)) for tag in tags}
    insert(
        connection,
        "tags",
        {
            "tag": [t.id for t in tags],
            "label_en": [t.labels["en"] for t in tags],
            "label_zh": [t.labels["zh"] for t in tags],
            "level": [t.level for t in tags],
            "domain": [above[t.id][-1] for t in tags],
            "parent": [t.parent_id for t in tags],
        },
    )
    closure = [(tag, ancestor, distance) for tag, line in above.items() for distance, ancestor in enumerate(line)]
    insert(connection, "tag_closure", dict(zip(("tag", "ancestor", "distance"), zip(*closure, strict=True), strict=True)))
    below: dict[str, list[str]] = {}
    for tag, ancestor, _ in closure:
        below.setdefault(ancestor, []).append(tag)
    members = [
        (collection.id, tag)
        for collection in taxonomy.collections.values()
        for tag in sorted({lower for member in collection.tag_ids for lower in below[member]})
    ]
    if members:
        insert(connection, "collection_tags", dict(zip(("collection", "tag"), zip(*members, strict=True), strict=True)))


def contents(connection: DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, sorted: two databases with the same contents are the same to every query.

    When it was made (`created` in `provenance`) is left out.
    """
    found = {table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in TABLES}
    found["provenance"] = [row for row in found["provenance"] if row[0] != "created"]
    return found
