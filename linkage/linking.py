"""`link`: from a project to its database, doing again only what has changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from importlib import metadata
from typing import TYPE_CHECKING

from techtags._version import __version__

from . import store
from .assign import assign, has_tags
from .errors import LinkError
from .load import BETWEEN, load, silent
from .notes import Notes
from .sources import files_of, hash_of, open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ..taxonomy import Taxonomy
    from .assign import RowTagger
    from .load import Progress
    from .project import Project, TableSpec

_FIRM_TABLES = ("firms", "firm_ids", "firm_mentions", "firm_relations", "firm_doubts")
_FIRM_NOTES = "firm_notes"
_NOTES = "notes "  # before a table's name: the key of its notes in provenance


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `link` did.

    Attributes:
        changed: whether the database was built; if nothing had changed it was left alone.
        read: names of the tables that were read; the others were taken over from the earlier database.
        asked: how many texts the tagger was asked for.
        notes: what could not be read, by table.
        firm_problems: ids of firms and lines of the review table that could not be used, a line each.
    """

    changed: bool
    read: tuple[str, ...] = ()
    asked: int = 0
    notes: dict[str, Notes] = field(default_factory=dict)
    firm_problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Plan:
    """One table: its files, and whether it stands in the earlier database as it is.

    Attributes:
        tagger: what tags it; None if it came with tags or has nothing to tag.
        tagged_with: what `tables` says of it; None if only its rows tell.
    """

    spec: TableSpec
    files: list[Path]
    sha256: str
    settings: str
    tagger: RowTagger | None
    tagged_with: str | None
    keep: bool = False


def link(
    project: Project,
    taxonomy: Taxonomy,
    tagger_for: Callable[[TableSpec], RowTagger],
    *,
    fresh: bool = False,
    progress: Progress = silent,
) -> Outcome:
    """Build the project's database, or bring it up to date.

    Tables whose files, settings and tagger are those of the earlier database are taken over from it; texts that it has tagged by
    the same versions are not tagged again.  The result is that of a fresh build.  Until it is whole the earlier file stays.

    Args:
        project: see `techtags.linkage.project.read_project`.
        taxonomy: the standard whose tags are given.
        tagger_for: what tags a table that came without tags; called for those only.
        fresh: do everything again.
        progress: called with what is being done and its size; gives a function that is told how much is done.

    Raises:
        LinkError: a library, a file or a column is missing; a table cannot be taken as it stands; the database is not ours, or is
            in use.
        TableError: a table is not there, or cannot be read.
    """
    plans = [_plan(project, spec, tagger_for) for spec in project.tables]
    about = _about(project, taxonomy)
    known = not fresh and _compare(project.database, plans, about)
    if known and all(plan.keep for plan in plans) and known == "same":
        with contextlib.closing(store.connect(project.database)) as connection:
            return Outcome(False, notes=_notes_of(connection), firm_problems=_firm_problems(connection, "main"))
    with store.replacing(project.database) as connection:
        if known:
            place = str(project.database.resolve()).replace("'", "''")
            connection.execute(f"ATTACH '{place}' AS old (READ_ONLY)")
        store.load_taxonomy(connection, taxonomy)
        outcome = _fill(connection, project, taxonomy, plans, progress, known=bool(known))
        problems = _take_firms(connection, about) if known else None
        if known:
            connection.execute("DETACH old")
        if problems is None:
            problems = _resolve(connection, project, progress)
        about["created"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
        about[_FIRM_NOTES] = json.dumps(problems, ensure_ascii=False)
        about.update({_NOTES + name: notes.to_json() for name, notes in outcome.notes.items()})
        store.insert(connection, "provenance", {"key": list(about), "value": list(about.values())})
    return replace(outcome, firm_problems=problems)


def _plan(project: Project, spec: TableSpec, tagger_for: Callable[[TableSpec], RowTagger]) -> _Plan:
    files = files_of(spec)
    with contextlib.closing(open_source(files[0], spec)) as table:
        came_with_tags = has_tags(table.header)
    to_tag = not came_with_tags and bool(spec.text or spec.label or "label" in spec.fixed)
    tagger = tagger_for(spec) if to_tag else None
    with_ = None if came_with_tags else ""
    if tagger:
        # 'a | b' is two labels where there are several columns of them, and one where there is one.
        with_ = tagger.versions + ("; several labels" if len(spec.label) > 1 else "")
    return _Plan(spec, files, hash_of(files), project.settings(spec), tagger, with_)


def _about(project: Project, taxonomy: Taxonomy) -> dict[str, str]:
    """What the database holds of how it was made, but for when, and what could not be read."""
    about = {
        "schema": store.SCHEMA_VERSION,
        "name": project.name,
        "project": project.path.name,
        "project_sha256": project.sha256,
        "currency": project.currency or "",
        "techtags": __version__,
        "taxonomy": taxonomy.version,
        "taxonomy_sha256": taxonomy.sha256,
        "options": json.dumps(
            {
                "profile": project.profile,
                "threshold": project.threshold,
                "doubt": project.doubt,
                "backend": project.backend,
                "rates": project.rates,
            }
        ),
        "firm_links_sha256": "",
    }
    if project.links is not None:
        if not project.links.is_file():
            raise LinkError(f"links of [firms]: there is no file {project.links}; techtags link --review writes one to fill in")
        about["firm_links_sha256"] = hashlib.sha256(project.links.read_bytes()).hexdigest()
    for library in ("duckdb", "splink"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            about[library] = metadata.version(library)
    return about


def _compare(database: Path, plans: list[_Plan], about: dict[str, str]) -> str:
    """How the earlier database compares: empty if none can be used, ``same`` if nothing but tables may differ, else ``other``.

    Marks the plans whose tables stand in it as they are.

    Raises:
        LinkError: what stands there is not ours, or is in use.
    """
    if not database.exists():
        return ""
    try:
        connection = store.connect(database)
    except store.OtherSchema:
        return ""
    with contextlib.closing(connection):
        earlier = dict(connection.execute("SELECT key, value FROM provenance").fetchall())
        if any(earlier.get(key) != about[key] for key in ("techtags", "taxonomy_sha256")):
            return ""  # another version may read cells in another way
        rows = connection.execute(
            "SELECT table_id, kind, sha256, settings, tagged_with, path FROM tables ORDER BY ROWID"
        ).fetchall()
    stood = {row[0]: row[1:5] for row in rows}
    for plan in plans:
        found = stood.get(plan.spec.name)
        plan.keep = found is not None and found[:3] == (plan.spec.kind, plan.sha256, plan.settings)
        plan.keep = plan.keep and plan.tagged_with in (None, found[3])  # type: ignore[index]
    same_tables = [(row[0], row[5]) for row in rows] == [(plan.spec.name, plan.spec.path) for plan in plans]
    return "same" if same_tables and all(earlier.get(key) == value for key, value in about.items()) else "other"


def _fill(
    connection: DuckDBPyConnection, project: Project, taxonomy: Taxonomy, plans: list[_Plan], progress: Progress, *, known: bool
) -> Outcome:
    records, mentions, asked = 0, 0, 0
    read: list[str] = []
    notes: dict[str, Notes] = {}
    for plan in plans:
        spec = plan.spec
        if plan.keep:
            rows, found, tagged_with, notes[spec.name] = _take_table(connection, spec.name, records, mentions)
        else:
            loaded = load(
                connection, project, spec, plan.files, taxonomy,
                first_record=records + 1, first_mention=mentions + 1, progress=progress,
            )  # fmt: skip
            between = BETWEEN if len(spec.label) > 1 else None
            earlier = plan.tagged_with if known else None
            asked += assign(connection, plan.tagger, between, progress, name=spec.name, earlier=earlier)
            rows, found, notes[spec.name] = loaded.rows, loaded.mentions, loaded.notes
            tagged_with = plan.tagged_with if plan.tagged_with is not None else " | ".join(sorted(loaded.versions or ()))
            read.append(spec.name)
        store.insert(
            connection,
            "tables",
            {
                "table_id": [spec.name], "kind": [spec.kind], "path": [spec.path], "sha256": [plan.sha256], "rows": [rows],
                "settings": [plan.settings], "tagged_with": [tagged_with],
            },
        )  # fmt: skip
        records, mentions = records + rows, mentions + found
    return Outcome(True, tuple(read), asked, notes)


def _take_table(connection: DuckDBPyConnection, name: str, records: int, mentions: int) -> tuple[int, int, str, Notes]:
    """Copy a table from `old`, its ids counted on from here; gives its rows, its mentions, its versions and its notes."""
    rows, tagged_with = connection.execute("SELECT rows, tagged_with FROM old.tables WHERE table_id = ?", [name]).fetchall()[0]
    low, high = connection.execute(
        "SELECT COALESCE(MIN(record_id), 1), COALESCE(MAX(record_id), 0) FROM old.records WHERE table_id = ?", [name]
    ).fetchall()[0]
    within = f"WHERE record_id BETWEEN {low} AND {high}"
    first, found = connection.execute(f"SELECT COALESCE(MIN(mention_id), 1), COUNT(*) FROM old.mentions {within}").fetchall()[0]
    shift = f"record_id + {records + 1 - low} AS record_id"
    for table, changes, order in (
        ("records", shift, "record_id"),
        ("assignments", shift, "record_id, rank"),
        ("mentions", f"{shift}, mention_id + {mentions + 1 - first} AS mention_id", "mention_id"),
    ):
        connection.execute(f"INSERT INTO {table} SELECT * REPLACE ({changes}) FROM old.{table} {within} ORDER BY {order}")
    said = connection.execute("SELECT value FROM old.provenance WHERE key = ?", [_NOTES + name]).fetchall()
    return rows, found, tagged_with, Notes.from_json(said[0][0]) if said else Notes()


def _take_firms(connection: DuckDBPyConnection, about: dict[str, str]) -> tuple[str, ...] | None:
    """Take the firms over from `old`, if all that they were found from is the same.

    Returns:
        the problems that were found with them; None if they must be found again.
    """
    earlier = dict(connection.execute("SELECT key, value FROM old.provenance").fetchall())
    if any(earlier.get(key) != about.get(key) for key in ("options", "firm_links_sha256", "duckdb", "splink")):
        return None
    for table, columns in (("mentions", "*"), ("tables", "table_id, kind, settings")):
        for left, right in (("main", "old"), ("old", "main")):
            differ = connection.execute(
                f"SELECT 1 FROM (SELECT {columns} FROM {left}.{table} EXCEPT SELECT {columns} FROM {right}.{table}) LIMIT 1"
            ).fetchall()
            if differ:
                return None
    for table in _FIRM_TABLES:
        connection.execute(f"INSERT INTO {table} SELECT * FROM old.{table}")
    return _firm_problems(connection, "old")


def _firm_problems(connection: DuckDBPyConnection, where: str) -> tuple[str, ...]:
    said = connection.execute(f"SELECT value FROM {where}.provenance WHERE key = ?", [_FIRM_NOTES]).fetchall()
    return tuple(json.loads(said[0][0])) if said else ()


def _resolve(connection: DuckDBPyConnection, project: Project, progress: Progress) -> tuple[str, ...]:
    from .firms import resolve

    with progress("finding firms", None):
        found = resolve(
            connection, threshold=project.threshold, doubt=project.doubt, links=project.links, backend=project.backend
        )
    return found.problems


def _notes_of(connection: DuckDBPyConnection) -> dict[str, Notes]:
    rows = connection.execute(
        "SELECT table_id, value FROM tables JOIN provenance ON key = ? || table_id ORDER BY tables.rowid", [_NOTES]
    ).fetchall()
    return {name: Notes.from_json(value) for name, value in rows}
