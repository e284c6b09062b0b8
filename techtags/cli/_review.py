"""The table of what could not be placed, which users fill in, and the way back of what they filled in."""

from __future__ import annotations

import csv
import io
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from techtags.classifier.labels import LEARNED, Placement
from techtags.tables import neutralise
from techtags.taxonomy import Crosswalk, CrosswalkError, check_crosswalk, crosswalks, normal
from techtags.taxonomy.crosswalks import SUFFIX
from techtags.taxonomy.sssom import CURATED, LITERAL, PREFIX, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from techtags.classifier.labels import Designation
    from techtags.taxonomy import Taxonomy

COLUMNS = ("subject_label", "rows", "predicate_id", "object_id", "object_label", "mapping_justification", "comment")


@dataclass(frozen=True, slots=True)
class Open:
    """A part of designations that someone has to look at.

    Attributes:
        placement: what is known of it.
        rows: how many rows have it.
    """

    placement: Placement
    rows: int


def open_parts(rows: Iterable[tuple[Designation, int]], below: float) -> list[Open]:
    """What could not be placed, and what the model placed less sure than `below`; most frequent first.

    Args:
        rows: what rows with one set of labels say, and how many such rows there are.
        below: 0 to 1.
    """
    counts: dict[str, int] = {}
    first: dict[str, Placement] = {}
    for designation, n in rows:
        # A crosswalk knows a name by its normal form: what has the same one is one line.
        unsure = {normal(p.part): p for p in designation.placements if not p.found or (p.found == LEARNED and p.sure < below)}
        for name, placement in unsure.items():
            counts[name] = counts.get(name, 0) + n
            first.setdefault(name, placement)
    return [Open(first[name], n) for name, n in sorted(counts.items(), key=lambda item: -item[1])]


def review(parts: Iterable[Open], taxonomy: Taxonomy, lang: str) -> str:
    """An SSSOM table without predicates and objects, for someone to fill in."""
    body = io.StringIO()
    out = csv.writer(body, delimiter="\t", lineterminator="\n")
    out.writerow(COLUMNS)
    subjects = []
    for one in parts:
        # Bytes that could not be decoded cannot stand in a file that is UTF-8.
        subject = one.placement.part.encode("utf-8", "replace").decode()
        subjects.append(subject)
        out.writerow([neutralise(subject), one.rows, "", "", "", CURATED, _suggestion(one.placement, taxonomy, lang)])
    # No commas and no double quotes: a spreadsheet would put quotes around the line.
    head = [
        f"mapping_set_id: urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, chr(10).join(subjects))}",
        "mapping_set_title: Designations that were not placed",
        "license: https://w3id.org/sssom/license/unspecified",
        f"subject_type: {LITERAL}",
        f"object_source: {taxonomy.namespace}",
        f"object_source_version: '{taxonomy.version}'",
        "curie_map:",
        f"  {PREFIX} {taxonomy.namespace}",
        "extension_definitions:",
        "- slot_name: rows",
        "  property: https://w3id.org/techtags/terms/rows",
        # Comments of YAML, for who fills it in.
        "# Fill in predicate_id and object_id and give the table to techtags harmonise --mapping.",
        "# predicate_id is skos:exactMatch or skos:closeMatch or skos:broadMatch (the tag is broader) or skos:narrowMatch (one",
        "# of several domains that the designation spans). Repeat the row for each tag. skos:relatedMatch is only a hint.",
        "# object_id is techtags:ID as techtags taxonomy search finds it. Where nothing fits it is sssom:NoTermFound",
        "# and predicate_id is skos:broadMatch.",
    ]
    return "".join(f"#{line}\n" for line in head) + body.getvalue()


def _suggestion(placement: Placement, taxonomy: Taxonomy, lang: str) -> str:
    hints = "; ".join(f"{PREFIX}{t} ({taxonomy[t].labels[lang]})" for t in placement.hints if t in taxonomy)
    learned = ""
    if placement.found == LEARNED:
        learned = "; ".join(f"{PREFIX}{t} ({taxonomy[t].labels[lang]}, sure {placement.sure:.2f})" for t in placement.tags)
    told = [f"the model says {learned}" if learned else "", f"perhaps {hints}" if hints else ""]
    return "; ".join(t for t in told if t)


def scheme_of(name: str | None, taxonomy: Taxonomy) -> Crosswalk | None:
    """The crosswalk that `--scheme` names: an id, or an SSSOM file.

    Raises:
        CrosswalkError: there is none, or it says what cannot be.
    """
    if name is None:
        return None
    scheme = Crosswalk.load(name)
    return scheme if name in crosswalks() else checked(scheme, name, taxonomy)


def mapping_of(path: Path | None, taxonomy: Taxonomy) -> Crosswalk | None:
    """The crosswalk that `--mapping` names; says on standard error how many of its lines are not filled in yet.

    Raises:
        CrosswalkError: it cannot be read, or says what cannot be.
    """
    if path is None:
        return None
    mapping, n_open = read_mapping(path, taxonomy)
    if n_open:
        rows = "1 row is" if n_open == 1 else f"{n_open} rows are"
        click.echo(f"{path}: {rows} not filled in yet and skipped", err=True)
    return mapping


def read_mapping(path: Path, taxonomy: Taxonomy) -> tuple[Crosswalk, int]:
    """The filled lines of a review table, or any crosswalk, and how many lines are not filled in yet.

    Raises:
        CrosswalkError: it cannot be read, or says what cannot be.
    """
    metadata, lines = read(path, partial=True)
    filled = [replace(m, code=_as_it_was(m.code), label=_as_it_was(m.label)) for m in lines if m.relation]
    crosswalk = Crosswalk(path.name.removesuffix(SUFFIX), metadata, filled)
    return checked(crosswalk, str(path), taxonomy), len(lines) - len(filled)


def checked(crosswalk: Crosswalk, name: str, taxonomy: Taxonomy) -> Crosswalk:
    """`crosswalk`, if what it says can be; `name` stands for it in messages.

    Raises:
        CrosswalkError: it names tags that are not there, or contradicts itself.
    """
    # Who made the set, and under which licence, matters to those who publish it.
    metadata: Mapping[str, object] = {"mapping_set_id": "-", "license": "-", **crosswalk.metadata}
    problems = check_crosswalk(Crosswalk(crosswalk.scheme, dict(metadata), crosswalk.mappings), taxonomy)
    if problems:
        more = f" (and {len(problems) - 1} more: techtags crosswalk validate {name})" if len(problems) > 1 else ""
        raise CrosswalkError(f"{name}: {problems[0]}{more}")
    return crosswalk


def _as_it_was(cell: str) -> str:
    """A designation without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell[:1] == "'" and neutralise(cell[1:]) == cell else cell
