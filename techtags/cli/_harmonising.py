"""What `techtags harmonise` does, step by step."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from techtags.classifier import Tagger
from techtags.classifier.labels import COARSE_SET, NO_TECHNOLOGY, PLACED, UNPLACED, Designation, DesignationMatcher
from techtags.tables import Table, TableWriter, open_file, open_writer

from ._picture import check_picture, draw
from ._report import as_data, as_text, count
from ._review import mapping_of, open_parts, review, scheme_of
from ._tables import KINDS, Appender, delimiter_for, delimiter_of, form_for_output, is_ragged, open_input, safe, say
from ._tagging import _batches, _column, _progress, _stoppable, _warn_ragged
from ._words import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from techtags.taxonomy import Taxonomy

    from ._report import Counted

COLUMNS = ("tt_status", "tt_tags", "tt_names", "tt_relation", "tt_found", "tt_sure", "tt_source", "tt_hints")
UNREADABLE = "unreadable"  # the status of a row with too many cells, as `techtags tag` has it


@dataclass(frozen=True, slots=True)
class Job:
    """The options of the command, as it documents them."""

    input: str
    label: tuple[str, ...]
    scheme: str | None
    output: str
    rows: str | None
    review: str | None
    mapping: Path | None
    review_below: float
    report: bool
    report_file: str | None
    picture: str | None
    lang: str
    from_: str | None
    to: str | None
    encoding: str | None
    delimiter: str | None
    overwrite: bool
    model: Path | None
    sheet: str | None = None
    raw: bool = False


@dataclass(slots=True)
class _Seen:
    """What a table held.

    Attributes:
        cells: each distinct designation, and in how many rows it stands.
        rows: the labels that rows have, and how many rows have these.
        placed: what each designation, and each combination in a row, stands for.
        empty, ragged, short: rows without a label, with too many cells, with too few.
    """

    cells: Counter[str] = field(default_factory=Counter)
    rows: Counter[tuple[str, ...]] = field(default_factory=Counter)
    placed: dict[tuple[str, ...], Designation] = field(default_factory=dict)
    empty: int = 0
    ragged: int = 0
    short: int = 0


def run(job: Job) -> None:
    """Place the labels of a table.

    Raises:
        click.UsageError: options contradict each other, or a column that is asked for is not there.
        TableError: the table cannot be read or written.
        CrosswalkError: there is no such scheme, or the mapping is wrong.
        ModelError: the model cannot be used.
    """
    delimiter = delimiter_of(job.delimiter)
    _check(job)
    with _stoppable():
        table = open_input(job.input, job.from_, job.encoding, delimiter, job.sheet)
        try:
            _run(job, table)
        finally:
            table.close()


def _check(job: Job) -> None:
    """Refuse outputs that would destroy one another, or what was given."""
    outputs = {
        "-o": job.output, "--rows": job.rows, "--review": job.review, "--report-file": job.report_file, "--picture": job.picture,
    }  # fmt: skip
    # The rows hold all that the input holds; nothing else does.
    taken = {_place(job.input): "INPUT"} if job.input != "-" else {}
    if job.mapping:
        taken[_place(job.mapping)] = "--mapping"
    for option, name in outputs.items():
        if name is None or (option == "--rows" and taken.get(_place(name)) == "INPUT"):
            continue
        if name == "-" and option not in ("-o", "--rows"):
            raise click.UsageError(f"{option} needs a file name")
        if Path(name).exists() and not Path(name).is_file():
            continue  # a device may be named twice; a folder is refused when it is opened
        if _place(name) in taken:
            raise click.UsageError(f"{option} would overwrite {taken[_place(name)]}: {name}; name another file")
        taken[_place(name)] = option
    if job.report_file and PurePath(job.report_file).suffix.lower() not in (".md", ".json"):
        raise click.UsageError(f"--report-file {job.report_file}: name a file that ends in .md or .json")
    if job.picture:
        check_picture(job.picture)


def _place(name: str | Path) -> str:
    return "-" if name == "-" else os.path.realpath(name)


def _run(job: Job, table: Table) -> None:
    columns = list(dict.fromkeys(_column(table, name) for name in job.label))
    forms = {name: form_for_output(name, job.to, table) for name in (job.output, job.rows) if name}
    tagger = Tagger.load(job.model, evidence=False)
    taxonomy = tagger.taxonomy
    matcher = DesignationMatcher(
        taxonomy, tagger, scheme=scheme_of(job.scheme, taxonomy), mapping=mapping_of(job.mapping, taxonomy)
    )
    encoding = _out_encoding(job, table, list(forms))
    opened: list[TableWriter] = []
    with contextlib.ExitStack() as files:

        def writer(name: str) -> TableWriter:
            code = "utf-8" if name == "-" else encoding
            made = open_writer(
                name, forms[name], encoding=code, delimiter=delimiter_for(forms[name], table), newline=table.newline
            )
            opened.append(files.enter_context(made))
            return opened[-1]

        rows = Appender(writer(job.rows), table, COLUMNS, job.overwrite, job.raw) if job.rows else None
        texts = {n: files.enter_context(open_file(n)) for n in (job.review, job.report_file, job.picture) if n}
        # Standard output comes last: whoever reads it may go away before its end, and the files are to be whole.
        designations = writer(job.output) if job.output != "-" else None
        seen = _read(table, columns, matcher, taxonomy, job.lang, rows)
        by_row = [(seen.placed[key], n) for key, n in seen.rows.items()]
        counted = count((seen.placed[(c,)] for c in seen.cells), by_row, seen.empty, seen.ragged, taxonomy)
        about = {"table": table.name, "columns": [table.header[c] for c in columns], "made with": str(tagger.versions)}
        if job.review:
            open_ = open_parts(by_row, job.review_below)
            texts[job.review].write(review(open_, taxonomy, job.lang))
        if job.report_file:
            as_json = PurePath(job.report_file).suffix.lower() == ".json"
            data = json.dumps(as_data(counted, about), ensure_ascii=False, indent=2) + "\n"
            texts[job.report_file].write(data if as_json else as_text(counted, about))
        if job.picture:
            texts[job.picture].buffer.write(draw(counted, job.picture))
        if designations:
            _write(designations, seen, taxonomy, job)
    if job.output == "-":
        with contextlib.ExitStack() as files:
            _write(writer("-"), seen, taxonomy, job)
    if job.report:
        click.echo(as_text(counted, about), err="-" in forms)
    for notes in (table.notes, *(one.notes for one in opened)):
        say(notes)
    _summary(seen, counted)
    if job.review:
        click.echo(f"{number_of(len(open_), 'designation')} to review in {job.review}", err=True)


def _out_encoding(job: Job, table: Table, outputs: Sequence[str]) -> str:
    """That of the input, for a delimited file, if it can write whatever a crosswalk or the taxonomy says."""
    if table.encoding.startswith(("utf", "gb18030")):
        return table.encoding
    if any(name != "-" for name in outputs):
        click.echo(f"{table.encoding} cannot write every name; the output is UTF-8", err=True)
    return "utf-8"


def _read(
    table: Table, columns: Sequence[int], matcher: DesignationMatcher, taxonomy: Taxonomy, lang: str, rows: Appender | None
) -> _Seen:
    """Read the whole table, place what its labels say and write the rows, if they are asked for."""
    seen = _Seen()
    with _progress(table) as advance:
        for batch in _batches(table.rows):
            ragged = [is_ragged(row, table) for row in batch]
            # A row with too many cells cannot be trusted to have its label where the header says.
            keys = [
                () if odd else tuple(dict.fromkeys(row.cells[c] for c in columns if row.cells[c].strip()))
                for row, odd in zip(batch, ragged, strict=True)
            ]
            new = list(dict.fromkeys(cell for key in keys for cell in key if (cell,) not in seen.placed))
            seen.placed.update(((d.text,), d) for d in matcher.match_all(new))
            for row, odd, key in zip(batch, ragged, keys, strict=True):
                seen.short += row.missing > 0
                if odd:
                    seen.ragged += 1
                    if seen.ragged <= 3:
                        _warn_ragged(row, table)
                elif not key:
                    seen.empty += 1
                else:
                    seen.cells.update(key)
                    seen.rows[key] += 1
                    if key not in seen.placed:
                        seen.placed[key] = combined([seen.placed[(cell,)] for cell in key], taxonomy)
                if rows:
                    nothing = [UNREADABLE if odd else "", *[""] * (len(COLUMNS) - 1)]
                    rows.write(row, cells_of(seen.placed[key], taxonomy, lang) if key else nothing)
            advance()
    return seen


def combined(designations: Sequence[Designation], taxonomy: Taxonomy) -> Designation:
    """What the labels of several columns of a row stand for together; the finer one counts where one holds the other."""
    placements = tuple(p for d in designations for p in d.placements)
    tags = tuple(taxonomy.most_specific(t for d in designations for t in d.tags))
    if tags:
        kept = [p for p in placements if set(p.tags) & set(tags)]
        status = COARSE_SET if all(p.relation == "narrow" for p in kept) else PLACED
    else:
        status = NO_TECHNOLOGY if any(p.found for p in placements) else UNPLACED
    return Designation("; ".join(d.text for d in designations), status, tags, placements)


def cells_of(designation: Designation, taxonomy: Taxonomy, lang: str) -> list[str]:
    """The cells of `COLUMNS`."""
    sources = dict.fromkeys(p.source for p in designation.placements if p.source)
    return [
        designation.status,
        ";".join(designation.tags),
        ";".join(taxonomy[t].labels[lang] for t in designation.tags),
        designation.relation,
        designation.found,
        f"{designation.sure:.3f}" if designation.found else "",
        "; ".join(sources),
        ";".join(designation.hints),
    ]


def _write(writer: TableWriter, seen: _Seen, taxonomy: Taxonomy, job: Job) -> None:
    """Each distinct designation, most frequent first; equally frequent ones as they came."""
    names = ("designation", "rows", *COLUMNS)
    writer.header(names, KINDS)
    for text, n in seen.cells.most_common():
        shown, *cells = safe([text, *cells_of(seen.placed[(text,)], taxonomy, job.lang)], writer, job.raw)
        writer.row(names, [shown, n, *cells])


def _summary(seen: _Seen, counted: Counted) -> None:
    found = Counter(seen.placed[(cell,)].status for cell in seen.cells)
    parts = ", ".join(f"{found[s]} {s}" for s in (PLACED, COARSE_SET, NO_TECHNOLOGY, UNPLACED) if found[s])
    line = f"{number_of(counted.n_rows, 'row')}, {number_of(counted.n_designations, 'designation')}"
    click.echo(line + (f": {parts}" if parts else ""), err=True)
    if seen.empty:
        click.echo(f"{number_of(seen.empty, 'row')} without a label", err=True)
    if seen.ragged > 3:
        click.echo(f"{seen.ragged} rows in all have too many cells and were not placed", err=True)
    if seen.short:
        have = "has" if seen.short == 1 else "have"
        click.echo(f"{number_of(seen.short, 'row')} {have} too few cells; the missing ones were taken for empty", err=True)
