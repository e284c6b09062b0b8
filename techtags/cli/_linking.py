"""What `techtags link` does, step by step."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from techtags.classifier import Model, Tagger
from techtags.linkage import LinkError, store
from techtags.linkage.assign import STATUSES, Tagged
from techtags.linkage.linking import link
from techtags.linkage.project import read_project

from ._review import mapping_of, scheme_of
from ._tagging import _stoppable
from ._words import number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from techtags.linkage.linking import Outcome
    from techtags.linkage.project import Project, TableSpec

# What the notes of a table count.
_UNREAD = {
    "date": "dates not read", "amount": "amounts not read", "currency": "amounts without a sure currency",
    "rate": "amounts without a rate", "country": "countries not read", "ids": "ids that do not fit the names",
    "cells": "rows with too many cells",
}  # fmt: skip


def run(path: Path, *, fresh: bool, review: Path | None) -> None:
    """Build the database of a project, or bring it up to date, and say what it holds.

    Raises:
        click.UsageError: `review` would overwrite something of the project's.
        LinkError: see `techtags.linkage.linking.link`.
        TableError: a table cannot be read.
        CrosswalkError: a table's scheme or mapping is wrong.
        ModelError: the model cannot be used.
    """
    project = read_project(path)
    if review:
        _check_review(project, review)
    model = Model.load(project.model)
    taggers: dict[tuple[str | None, Path | None], _Rows] = {}

    def tagger_for(spec: TableSpec) -> _Rows:
        key = spec.scheme, spec.mapping
        if key not in taggers:
            taggers[key] = _Rows(model, project, spec)
        return taggers[key]

    with _stoppable():
        outcome = link(project, model.taxonomy, tagger_for, fresh=fresh, progress=_bar)
    with contextlib.closing(store.connect(project.database)) as connection:
        _say(connection, project, outcome)
        doubts = _count(connection, "firm_doubts")
        if review:
            from techtags.linkage.firm_review import write_review

            written = write_review(connection, review)
            said = f"fill it in and name it as links in [firms] of {project.path}" if written else "nothing to fill in"
            click.echo(f"{review}: {number_of(written, 'doubtful pair')}; {said}")
        elif doubts:
            click.echo(f"  look at the doubtful pairs: techtags link {project.path} --review firm-links.csv")
    click.echo(f"  go on: techtags trends {_shown(project.database)}")


def _check_review(project: Project, review: Path) -> None:
    taken = {project.path.resolve(): "the project file", project.database.resolve(): "the database"}
    taken.update({t.place.resolve(): f"table {t.name!r}" for t in project.tables})
    if project.links:
        taken[project.links.resolve()] = "links of [firms], which holds what was filled in"
    if review.resolve() in taken:
        raise click.UsageError(f"--review would overwrite {taken[review.resolve()]}: {review}; name another file")


class _Rows:
    """The tagger as `techtags.linkage` asks it."""

    def __init__(self, model: Model, project: Project, spec: TableSpec) -> None:
        scheme, mapping = spec.scheme, spec.mapping
        said = [f"profile {project.profile}"]
        if scheme:
            place = project.path.resolve().parent / scheme
            said.append(f"scheme {_hash(place) if place.is_file() else scheme}")
            scheme = str(place) if place.is_file() else scheme
        if mapping:
            if not mapping.is_file():
                raise LinkError(f"{project.path}, table {spec.name!r}, mapping: there is no file {mapping}")
            said.append(f"mapping {_hash(mapping)}")
        self._tagger = Tagger(
            model,
            profile=project.profile,
            evidence=False,
            candidates=0,
            scheme=scheme_of(scheme, model.taxonomy),
            mapping=mapping_of(mapping, model.taxonomy),
        )
        self._versions = "; ".join([str(self._tagger.versions), *said])

    @property
    def versions(self) -> str:
        """Taxonomy, model, package and options."""
        return self._versions

    def __call__(self, texts: Sequence[str], labels: Sequence[Sequence[str]]) -> list[Tagged]:
        """Tag texts with their labels."""
        some = any(labels)
        return [
            Tagged(t.status, tuple((a.id, a.probability, a.basis) for a in t.tags))
            for t in self._tagger.tag(texts, labels if some else None)
        ]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@contextlib.contextmanager
def _bar(label: str, size: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal; where the size is not known, only what is being done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    if not size:
        click.echo(label, err=True)
        yield lambda done: None
        return
    bar: Any = click.progressbar(length=size, file=sys.stderr, label=label)
    at = 0
    with bar:

        def advance(done: int) -> None:
            nonlocal at
            bar.update(min(done, size) - at)
            at = min(done, size)

        yield advance


def _say(connection: DuckDBPyConnection, project: Project, outcome: Outcome) -> None:
    """The summary: what the database holds, what was done, what could not be read."""
    tables = connection.execute("""
        SELECT table_id, tables.kind, COUNT(record_id), COUNT(*) FILTER (status = 'tagged'), COUNT(*) FILTER (status = 'coarse')
        FROM tables LEFT JOIN records USING (table_id) GROUP BY ALL ORDER BY MIN(tables.rowid)
    """).fetchall()
    records = sum(row[2] for row in tables)
    if not outcome.changed:
        click.echo(f"{_shown(project.database)}: nothing has changed since it was made")
    else:
        done = f"{len(outcome.read)} of {len(tables)} tables read, {outcome.asked} texts tagged"
        click.echo(f"{_shown(project.database)}: {done}")
    width = max(len(row[0]) for row in tables)
    for name, kind, rows, tagged, coarse in tables:
        share = f"{_share(tagged, rows)} tagged, {_share(coarse, rows)} coarsely" if rows else ""
        click.echo(f"  {name:{width}}  {kind:10}  {rows:>9,} records  {share}".rstrip())
    counts = dict(connection.execute("SELECT status, COUNT(*) FROM records GROUP BY status").fetchall())
    click.echo(f"  {records:,} records: " + (", ".join(f"{counts[s]:,} {s}" for s in STATUSES if counts.get(s)) or "none"))
    linked = connection.execute("""
        SELECT COUNT(*) FROM (
            SELECT firm_id FROM record_firms JOIN records USING (record_id) GROUP BY firm_id HAVING COUNT(DISTINCT table_id) > 1
        )
    """).fetchall()[0][0]
    named = connection.execute("SELECT COUNT(*) FROM mentions WHERE NOT person").fetchall()[0][0]
    click.echo(
        f"  firms: {_count(connection, 'firms'):,}, named {named:,} times; {linked:,} in several tables; "
        f"relations between firms: {_count(connection, 'firm_relations'):,}; "
        f"doubtful pairs: {_count(connection, 'firm_doubts'):,}"
    )
    for name, notes in outcome.notes.items():
        for kind, rows in notes.counts.items():
            click.echo(f"{name}: {_UNREAD.get(kind, kind)}: {rows:,}, such as {notes.examples[kind][0]}", err=True)

    for line in outcome.firm_problems:
        click.echo(f"firms: {line}", err=True)


def _count(connection: DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchall()[0][0])


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%"


def _shown(path: Path) -> str:
    """A path as users would type it from where they are."""
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)
