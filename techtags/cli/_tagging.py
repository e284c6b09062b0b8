"""What `techtags tag` does, step by step."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from techtags.classifier import COLUMNS, LONG_COLUMNS, Model, Tagger, Tagging, join_texts
from techtags.classifier.columns import cells, long_cells
from techtags.tables import Table, TableError, TableWriter, format_of, neutralise, open_table, open_writer

from ._guess import guess_text_column
from ._review import mapping_of, scheme_of
from ._tables import delimiter_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from techtags.tables.reading import Row
    from techtags.taxonomy import Taxonomy

BATCH = 1024
FLAGS = ("label_conflict", "designation-is-coarse", "label_unsupported")


@dataclass(frozen=True, slots=True)
class Job:
    """The options of the command, as it documents them."""

    input: str
    output: str
    text: tuple[str, ...]
    label: tuple[str, ...]
    scheme: str | None
    mapping: Path | None
    id: str | None
    layout: str | None
    lang: str
    profile: str
    evidence: bool
    from_: str | None
    to: str | None
    encoding: str | None
    delimiter: str | None
    overwrite: bool
    model: Path | None


def run(job: Job) -> None:
    """Tag a table.

    Raises:
        click.UsageError: a column that is asked for is not there, or none can be guessed.
        TableError: the table cannot be read or written.
        ModelError: the model cannot be used.
    """
    delimiter = delimiter_of(job.delimiter)
    with _stoppable():
        table = open_table(job.input, format_of(job.input, job.from_), job.encoding, delimiter)
        try:
            _run(job, table)
        finally:
            table.close()


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Turn the signal that stops a process into an exception, so that what was begun beside the output is taken away."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # A signal that is ignored (nohup) stays ignored.
    before = [(s, signal.signal(s, stop)) for s in signals if signal.getsignal(s) is not signal.SIG_IGN]
    try:
        yield
    finally:
        for s, handler in before:
            signal.signal(s, handler)


def _run(job: Job, table: Table) -> None:
    layout, form = _shape(job, table)
    text = [_column(table, name) for name in job.text] or [_guess(table)]
    label = list(dict.fromkeys(_column(table, name) for name in job.label))
    identity = _column(table, job.id) if job.id else None
    keep = _kept_columns(job, table, layout)
    tagger = _tagger(job)
    counts: Counter[str] = Counter()
    out_encoding = _out_encoding(job, table, form, tagger)
    delimiter = "\t" if form == "tsv" else table.delimiter if table.form == form and table.delimiter else ","
    with open_writer(job.output, form, encoding=out_encoding, delimiter=delimiter, newline=table.newline) as writer:
        layouts = {"wide": _Wide, "long": _Long, "jsonl": _Results}
        output = layouts[layout](writer, job, table, tagger.taxonomy, keep, identity)
        number = 0
        with _progress(table) as advance:
            for rows in _batches(table.rows):
                ragged = [len(row.cells) > len(table.header) for row in rows]
                # A row with too many cells cannot be trusted to have its text where the header says.
                texts = join_texts([["" if odd else r.cells[i] for r, odd in zip(rows, ragged, strict=True)] for i in text])
                labels = [[] if odd else [r.cells[i] for i in label] for r, odd in zip(rows, ragged, strict=True)]
                for row, odd, tagging in zip(rows, ragged, tagger.tag(texts, labels if label else None), strict=True):
                    number += 1
                    counts[tagging.status] += 1
                    counts.update(tagging.flags)
                    counts["ragged"] += odd
                    counts["short"] += row.missing > 0
                    if odd and counts["ragged"] <= 3:
                        _warn_ragged(row, table)
                    output.write(row, tagging, number)
                advance()
    _report(counts, number, table)


def _tagger(job: Job) -> Tagger:
    """The tagger, with the crosswalks for labels."""
    if job.mapping and job.output != "-" and os.path.realpath(job.output) == os.path.realpath(job.mapping):
        raise click.UsageError(f"-o would overwrite --mapping: {job.output}; name another file")
    if (job.scheme or job.mapping) and not job.label:
        raise click.UsageError("--scheme and --mapping are for labels; say --label COLUMN too")
    model = Model.load(job.model)
    scheme = scheme_of(job.scheme, model.taxonomy)
    mapping = mapping_of(job.mapping, model.taxonomy)
    return Tagger(model, profile=job.profile, evidence=job.evidence, scheme=scheme, mapping=mapping)


def _shape(job: Job, table: Table) -> tuple[str, str]:
    """The layout, and the format of the output."""
    layout = job.layout or "wide"
    if layout == "jsonl":
        if job.to not in (None, "jsonl") or (job.output != "-" and format_of(job.output, job.to, "--to") != "jsonl"):
            raise click.UsageError("--layout jsonl writes JSON lines; name the output .jsonl")
        return layout, "jsonl"
    if job.output == "-":
        return layout, job.to or table.form
    return layout, format_of(job.output, job.to, "--to")


def _column(table: Table, name: str) -> int:
    """Where the column called `name` stands; surrounding space and case are forgiven."""
    if name in table.header:
        if table.header.count(name) > 1:
            raise click.UsageError(f"{table.name} has {table.header.count(name)} columns called {name!r}; rename all but one")
        return table.header.index(name)
    stripped = [h.strip().lower() for h in table.header]
    if stripped.count(name.strip().lower()) == 1:
        return stripped.index(name.strip().lower())
    raise click.UsageError(f"{table.name} has no column {name!r}; it has {_listed(table.header)}")


def _guess(table: Table) -> int:
    at = guess_text_column(table.header)
    if at is None:
        raise click.UsageError(
            f"cannot tell which column holds the descriptions; say --text COLUMN, one of {_listed(table.header)}"
        )
    click.echo(f"reading descriptions from column {table.header[at]!r} (say --text to choose another)", err=True)
    return at


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(h) for h in header[:40])
    return shown + (f" and {len(header) - 40} more" if len(header) > 40 else "")


def _kept_columns(job: Job, table: Table, layout: str) -> list[int]:
    """Which columns of the input go into the output."""
    taken = [i for i, name in enumerate(table.header) if name in COLUMNS] if layout == "wide" else []
    if taken and not job.overwrite:
        names = ", ".join(table.header[i] for i in taken)
        raise TableError(f"{table.name} already has {names}; say --overwrite to replace them")
    return [i for i in range(len(table.header)) if i not in taken]


def _out_encoding(job: Job, table: Table, form: str, tagger: Tagger) -> str:
    """That of the input, for a delimited file, if it can write the labels."""
    if form == "jsonl" or job.output == "-":
        return "utf-8"
    try:
        "".join(tag.labels[job.lang] for tag in tagger.taxonomy.tags).encode(table.encoding)
    except UnicodeEncodeError:
        click.echo(f"{table.encoding} cannot write the labels; the output is UTF-8", err=True)
        return "utf-8"
    return table.encoding


def _warn_ragged(row: Row, table: Table) -> None:
    click.echo(
        f"{table.name}, line {row.line}: {len(row.cells)} cells where the header has {len(table.header)}; "
        "kept as it is and tagged unreadable (is a quote or delimiter missing?)",
        err=True,
    )


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch


class _Output:
    """Rows in one of the layouts; making one writes the header."""

    def __init__(
        self, writer: TableWriter, job: Job, table: Table, taxonomy: Taxonomy, keep: list[int], identity: int | None
    ) -> None:
        self.writer, self.job, self.table, self.taxonomy = writer, job, table, taxonomy
        self.keep, self.identity = keep, identity
        self.names = self.header()
        if self.names:
            writer.header(self.names)

    def header(self) -> list[str]:
        """The column names; none where the layout has no columns."""
        raise NotImplementedError

    def write(self, row: Row, tagging: Tagging, number: int) -> None:
        """Write the result of row `number`."""
        raise NotImplementedError


class _Wide(_Output):
    """The row as it was, and the columns of its tagging."""

    def header(self) -> list[str]:
        return [*(self.table.header[i] for i in self.keep), *COLUMNS]

    def write(self, row: Row, tagging: Tagging, number: int) -> None:
        added = [neutralise(c) for c in cells(tagging, self.taxonomy, self.job.lang)]
        if row.value is not None and self.writer.form == "jsonl":
            # From JSONL to JSONL the object keeps its values, types and all.
            kept = {k: v for k, v in row.value.items() if k not in COLUMNS}
            if len(kept) < len(row.value) and not self.job.overwrite:
                taken = ", ".join(k for k in row.value if k in COLUMNS)
                raise TableError(f"{self.table.name}, line {row.line}: already has {taken}; say --overwrite to replace them")
            self.writer.object({**kept, **dict(zip(COLUMNS, added, strict=True))})
            return
        # The columns of a delimited output stand by now: a JSON key that comes late has no place.
        late = ", ".join(repr(k) for k in row.value or () if k not in self.table.header)
        if late:
            raise TableError(
                f"{self.table.name}, line {row.line}: {late} did not stand in the first lines; "
                "write to a .jsonl file, which keeps it"
            )
        surplus = row.cells[len(self.table.header) :]
        self.writer.row(self.names, [*(row.cells[i] for i in self.keep), *added, *surplus])


class _Long(_Output):
    """A row a tag."""

    def header(self) -> list[str]:
        return [self.table.header[self.identity] if self.identity is not None else "tt_row", *LONG_COLUMNS]

    def write(self, row: Row, tagging: Tagging, number: int) -> None:
        key = row.cells[self.identity] if self.identity is not None else str(number)
        for one in long_cells(tagging, self.taxonomy, self.job.lang):
            self.writer.row(self.names, [key, *map(neutralise, one)])


class _Results(_Output):
    """A full result a line."""

    def header(self) -> list[str]:
        return []

    def write(self, row: Row, tagging: Tagging, number: int) -> None:
        record = {"record": row.cells[self.identity]} if self.identity is not None else {}
        self.writer.object({"row": number, **record, **tagging.to_dict()})


class _progress:
    """A bar on stderr while a table is read, where stderr is a terminal."""

    def __init__(self, table: Table) -> None:
        self._table = table
        shown = sys.stderr.isatty() and table.size is not None
        self._bar: Any = click.progressbar(length=table.size, file=sys.stderr, label="tagging") if shown else None
        self._at = 0

    def __enter__(self) -> Any:
        if self._bar:
            self._bar.__enter__()
        return self._advance

    def _advance(self) -> None:
        if self._bar:
            now = min(self._table.position(), self._table.size or 0)
            self._bar.update(now - self._at)
            self._at = now

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.__exit__(None, None, None)


def _report(counts: Counter[str], number: int, table: Table) -> None:
    parts = [f"{counts[s]} {s}" for s in ("tagged", "coarse", "none", "unreadable") if counts[s]]
    rows = f"{number} row{'' if number == 1 else 's'}"
    click.echo(f"{rows} in, {rows} out" + (f": {', '.join(parts)}" if parts else ""), err=True)
    if any(counts[f] for f in FLAGS):
        click.echo("labels: " + ", ".join(f"{counts[f]} {f}" for f in FLAGS if counts[f]), err=True)
    if counts["ragged"] > 3:
        click.echo(f"{counts['ragged']} rows in all have too many cells and were tagged unreadable", err=True)
    if counts["short"]:
        have = "1 row has" if counts["short"] == 1 else f"{counts['short']} rows have"
        click.echo(f"{have} too few cells; the missing ones were taken for empty", err=True)
