"""What `techtags tag` does, step by step."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from techtags.classifier import COLUMNS, LONG_COLUMNS, Model, Tagger, Tagging, join_texts
from techtags.classifier.beside import COARSE_DESIGNATION, CONFLICT, UNSUPPORTED
from techtags.classifier.columns import cells, long_cells
from techtags.tables import Table, TableWriter, format_of, inputs_of, open_writer

from ._folders import each_into
from ._guess import guess_text_column
from ._review import mapping_of, scheme_of
from ._tables import (
    KINDS,
    Appender,
    delimiter_for,
    delimiter_of,
    form_for_output,
    is_ragged,
    kept_columns,
    open_input,
    safe,
    say,
)
from ._words import number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from techtags.tables import Row
    from techtags.taxonomy import Taxonomy

# Rows that are tagged at once, and characters of them: cells may be long.
BATCH, BATCH_TEXT = 1024, 16 << 20
FLAGS = (CONFLICT, COARSE_DESIGNATION, UNSUPPORTED)


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
    sheet: str | None = None
    raw: bool = False


@dataclass(slots=True)
class Done:
    """What has been done so far.

    Attributes:
        rows_in, rows_out: rows read, and rows whose result was written.
        counts: statuses, flags, and what is odd about rows.
    """

    rows_in: int = 0
    rows_out: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def run(job: Job) -> None:
    """Tag a table.

    Raises:
        click.UsageError: a column that is asked for is not there, or none can be guessed.
        TableError: the table cannot be read or written.
        ModelError: the model cannot be used.
    """
    delimiter = delimiter_of(job.delimiter)
    done, start = Done(), time.monotonic()
    tagger = functools.cache(lambda: _tagger(job))

    def one(job: Job) -> None:
        table = open_input(job.input, job.from_, job.encoding, delimiter, job.sheet)
        try:
            _run(job, table, tagger, done)
        finally:
            table.close()

    with _stoppable():
        paths = inputs_of(job.input, job.from_)
        if paths and (job.output.endswith(("/", os.sep)) or Path(job.output).is_dir()):
            form = job.to if job.layout != "jsonl" else "jsonl"
            for path, place in each_into(job.input, paths, job.output, form):
                one(replace(job, input=str(path), output=str(place)))
        else:
            one(job)
    _report(done, time.monotonic() - start)


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


def _run(job: Job, table: Table, tagger_of: Callable[[], Tagger], done: Done) -> None:
    layout, form = _shape(job, table)
    text = [_column(table, name) for name in job.text] or [_guess(table)]
    label = list(dict.fromkeys(_column(table, name) for name in job.label))
    identity = _column(table, job.id) if job.id else None
    if layout == "wide":
        kept_columns(table, COLUMNS, job.overwrite)  # refused before the model is read
    tagger = tagger_of()
    encoding = _out_encoding(job, table, form, tagger)
    with open_writer(job.output, form, encoding=encoding, delimiter=delimiter_for(form, table), newline=table.newline) as writer:
        layouts = {"wide": _Wide, "long": _Long, "jsonl": _Results}
        output = layouts[layout](writer, job, table, tagger.taxonomy, identity)
        number = 0
        with _progress(table) as advance:
            for rows in _batches(table.rows):
                done.rows_in += len(rows)
                ragged = [is_ragged(row, table) for row in rows]
                # A row with too many cells cannot be trusted to have its text where the header says.
                texts = join_texts([["" if odd else r.cells[i] for r, odd in zip(rows, ragged, strict=True)] for i in text])
                labels = [[] if odd else [r.cells[i] for i in label] for r, odd in zip(rows, ragged, strict=True)]
                for row, odd, tagging in zip(rows, ragged, tagger.tag(texts, labels if label else None), strict=True):
                    number += 1
                    done.counts[tagging.status] += 1
                    done.counts.update(tagging.flags)
                    done.counts["ragged"] += odd
                    done.counts["short"] += row.missing > 0
                    if odd and done.counts["ragged"] <= 3:
                        _warn_ragged(row, table)
                    output.write(row, tagging, number)
                    done.rows_out += 1
                advance()
    say(table.notes)
    say(writer.notes)


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
    return layout, form_for_output(job.output, job.to, table)


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


def _out_encoding(job: Job, table: Table, form: str, tagger: Tagger) -> str:
    """That of the input, for a delimited file, if it can write the labels."""
    if form not in ("csv", "tsv") or job.output == "-":
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
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(map(len, row.cells))
        if len(batch) >= BATCH or size > BATCH_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Output:
    """Rows in one of the layouts; making one writes the header."""

    def __init__(self, writer: TableWriter, job: Job, table: Table, taxonomy: Taxonomy, identity: int | None) -> None:
        self.writer, self.job, self.table, self.taxonomy, self.identity = writer, job, table, taxonomy, identity
        self.begin()

    def begin(self) -> None:
        """Write the column names, where the layout has any."""

    def write(self, row: Row, tagging: Tagging, number: int) -> None:
        """Write the result of row `number`."""
        raise NotImplementedError


class _Wide(_Output):
    """The row as it was, and the columns of its tagging."""

    def begin(self) -> None:
        self.appender = Appender(self.writer, self.table, COLUMNS, self.job.overwrite, self.job.raw)

    def write(self, row: Row, tagging: Tagging, number: int) -> None:
        self.appender.write(row, cells(tagging, self.taxonomy, self.job.lang))


class _Long(_Output):
    """A row a tag."""

    def begin(self) -> None:
        if self.identity is None:
            self.names = ["tt_row", *LONG_COLUMNS]
            self.writer.header(self.names, KINDS)
        else:
            self.writer.begin(self.table, [self.identity], LONG_COLUMNS, KINDS)

    def write(self, row: Row, tagging: Tagging, number: int) -> None:
        for one in long_cells(tagging, self.taxonomy, self.job.lang):
            added = safe(one, self.writer, self.job.raw)
            if self.identity is None:
                self.writer.row(self.names, [str(number), *added])
            else:
                self.writer.append(row, added, surplus=False)


class _Results(_Output):
    """A full result a line."""

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


def _report(done: Done, seconds: float) -> None:
    """What was done, on standard error: rows in and out, the share of each status, and how fast."""
    counts, n = done.counts, done.rows_in
    parts = [f"{counts[s]} {s} ({counts[s] / n:.1%})" for s in ("tagged", "coarse", "none", "unreadable") if counts[s]]
    rate = f"; {n / max(seconds, 1e-9):,.0f} rows a second" if n else ""
    click.echo(
        f"{number_of(n, 'row')} in, {number_of(done.rows_out, 'row')} out" + (f": {', '.join(parts)}" if parts else "") + rate,
        err=True,
    )
    if any(counts[f] for f in FLAGS):
        click.echo("labels: " + ", ".join(f"{counts[f]} {f}" for f in FLAGS if counts[f]), err=True)
    if counts["ragged"] > 3:
        click.echo(f"{counts['ragged']} rows in all have too many cells and were tagged unreadable", err=True)
    if counts["short"]:
        have = "1 row has" if counts["short"] == 1 else f"{counts['short']} rows have"
        click.echo(f"{have} too few cells; the missing ones were taken for empty", err=True)
