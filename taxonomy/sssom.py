"""Reading and writing crosswalk sets: the TSV form of SSSOM.

SSSOM (Simple Standard for Sharing Ontological Mappings, https://mapping-commons.github.io/sssom/) keeps one mapping a line, below
a block of metadata whose lines begin with ``#``.  Read is what crosswalks need of it: a subject (a code, as a CURIE, or, where a
scheme has no codes, its name: ``subject_type: rdfs literal``), a SKOS predicate, and a tag (``techtags:ID``) or
``sssom:NoTermFound``.  Columns that are not known are ignored.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from .model import TaxonomyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as MappingType
    from pathlib import Path

NO_TERM = "sssom:NoTermFound"
PREFIX = "techtags:"
LITERAL = "rdfs literal"
CURATED = "semapv:ManualMappingCuration"
CHAINED = "semapv:MappingChaining"
RELATIONS = ("exact", "close", "broad", "narrow", "related")
# What a CURIE may hold as it is; the rest of a name that stands for a code is percent-encoded.
_SAFE = "/-._~"
_PADDING = re.compile(r"\t+$|,{2,}$")
COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification", "confidence", "comment",
)  # fmt: skip


class CrosswalkError(TaxonomyError):
    """Something is wrong with a crosswalk, or with what was asked of one; the message is one line for the user.

    Attributes:
        problems: a line each, where a file has several problems; else the message alone.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (message,)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line of a crosswalk.

    Attributes:
        code: the code of the outside scheme, without its prefix; its name, where the scheme has no codes.
        label: the name that the scheme gives to the code; may be empty.
        relation: ``exact``, ``close``, ``broad`` (the tag is broader), ``narrow`` (the tag is narrower) or ``related``.
        tag: id of the tag; None where nothing in the taxonomy fits (``sssom:NoTermFound``).
        justification: how it was made, as a term of SEMAPV.
        confidence: from 0 to 1, or None where none is stated.
        comment: why, where it needs saying.
    """

    code: str
    label: str
    relation: str
    tag: str | None
    justification: str = CURATED
    confidence: float | None = None
    comment: str = ""


def read(path: Path, *, partial: bool = False) -> tuple[dict[str, Any], list[Mapping]]:
    """The metadata and the mappings of a file.

    Args:
        path: of the file.
        partial: whether a line may have neither predicate nor object yet (a review table that is being filled in); it comes
            with an empty relation and no tag.

    Raises:
        CrosswalkError: it cannot be read, or is no crosswalk; the message names the line.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CrosswalkError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CrosswalkError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    return parse(text, str(path), partial=partial)


def parse(text: str, name: str, *, partial: bool = False) -> tuple[dict[str, Any], list[Mapping]]:
    """Like `read`, for text; `name` stands for it in messages."""
    # Not splitlines: a cell may hold a vertical tab or another character that Python takes for the end of a line.
    lines = text.replace("\r\n", "\n").split("\n")
    n_head = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    metadata = _metadata(lines[:n_head], name)
    return metadata, _mappings(lines[n_head:], n_head, metadata, name, partial)


def _metadata(lines: list[str], name: str) -> dict[str, Any]:
    import yaml

    try:
        # A spreadsheet fills lines up with empty cells.
        found = yaml.load("\n".join(_PADDING.sub("", line[1:]) for line in lines), Loader=_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
        raise CrosswalkError(f"{name}{where}: the lines that begin with # are not YAML ({why})") from None
    except RecursionError:
        raise CrosswalkError(f"{name}: the lines that begin with # are nested too deeply") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise CrosswalkError(f"{name}: the lines that begin with # must be 'key: value' lines")
    return {str(key): value for key, value in found.items()}


def _loader() -> Any:
    """YAML without types of its own: 1.10 stays a version and 2024-02 a date as it was written."""
    import yaml

    return yaml.BaseLoader


def _mappings(lines: list[str], before: int, metadata: MappingType[str, Any], name: str, partial: bool) -> list[Mapping]:
    delimiter = "," if lines and "\t" not in lines[0] and "," in lines[0] else "\t"
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for needed in ("predicate_id", "object_id"):
            if needed not in header:
                raise CrosswalkError(f"{name}, line {before + 1}: no column {needed}; a crosswalk is an SSSOM TSV file")
        if "subject_id" not in header and "subject_label" not in header:
            raise CrosswalkError(f"{name}, line {before + 1}: neither a column subject_id nor subject_label")
        out, wrong = [], []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
                try:
                    out.append(_mapping(row, metadata, f"{name}, line {before + reader.line_num}", partial))
                except CrosswalkError as error:
                    wrong.append(str(error))
    except csv.Error as error:
        raise CrosswalkError(f"{name}, line {before + reader.line_num}: {error}") from None
    if wrong:
        more = f" (and {len(wrong) - 1} more: see techtags crosswalk validate)" if wrong[1:] else ""
        raise CrosswalkError(wrong[0] + more, wrong)
    return out


def _mapping(row: MappingType[str, str], metadata: MappingType[str, Any], where: str, partial: bool) -> Mapping:
    def slot(column: str) -> str:
        # Some slots may be stated once, in the metadata, for every mapping.
        stated = metadata.get(column)
        return row.get(column) or (stated if isinstance(stated, str) else "")

    literal = slot("subject_type") == LITERAL
    label = row.get("subject_label", "")
    code = label if literal or not row.get("subject_id") else unquote(row["subject_id"].partition(":")[2])
    if not code:
        raise CrosswalkError(f"{where}: no subject (subject_id is a prefix, a colon and a code: cpc:H01M10/0525)")
    if partial and not row.get("predicate_id") and not row.get("object_id"):
        return Mapping(code, label, "", None, slot("mapping_justification") or CURATED, None, row.get("comment", ""))
    predicate = slot("predicate_id")
    relation = predicate.removeprefix("skos:").removesuffix("Match")
    if predicate != f"skos:{relation}Match" or relation not in RELATIONS:
        known = ", ".join(f"skos:{r}Match" for r in RELATIONS)
        raise CrosswalkError(f"{where}: unknown predicate {predicate!r}; there are {known}")
    if slot("predicate_modifier"):
        raise CrosswalkError(f"{where}: predicate_modifier says what a subject is not, which cannot be used; remove the line")
    target = row.get("object_id", "")
    if target != NO_TERM and (not target.startswith(PREFIX) or target == PREFIX):
        raise CrosswalkError(f"{where}: object_id {target!r} is neither {PREFIX}ID nor {NO_TERM}")
    return Mapping(
        code,
        label,
        relation,
        None if target == NO_TERM else target.removeprefix(PREFIX),
        slot("mapping_justification") or CURATED,
        _confidence(row.get("confidence", ""), where),
        row.get("comment", ""),
    )


def _confidence(cell: str, where: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise CrosswalkError(f"{where}: confidence {cell!r} is not a number from 0 to 1")
    return value


def dump(metadata: MappingType[str, Any], mappings: Iterable[Mapping], labels: MappingType[str, str], prefix: str = "") -> str:
    """The one written form of a crosswalk.

    Args:
        metadata: of the set; with ``subject_type: rdfs literal`` its subjects are names.
        mappings: in the order in which they are to stand.
        labels: English labels of the tags by id.
        prefix: of its codes, as `curie_map` has it.
    """
    import yaml

    literal = metadata.get("subject_type") == LITERAL
    head = yaml.safe_dump(dict(metadata), allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=False)
    rows = [tuple(c for c in COLUMNS if not (literal and c == "subject_id"))]
    for m in mappings:
        cells = {
            "subject_id": f"{prefix}:{quote(' '.join(m.code.split()), safe=_SAFE)}",
            "subject_label": m.code if literal else m.label,
            "predicate_id": f"skos:{m.relation}Match",
            "object_id": NO_TERM if m.tag is None else PREFIX + m.tag,
            "object_label": "" if m.tag is None else labels.get(m.tag, ""),
            "mapping_justification": m.justification,
            "confidence": "" if m.confidence is None else f"{m.confidence:g}",
            "comment": m.comment,
        }
        # One line a mapping: a line break in a cell would be read, but not by every tool.
        rows.append(tuple(" ".join(cells[c].split()) for c in rows[0]))
    body = io.StringIO()
    csv.writer(body, delimiter="\t", lineterminator="\n").writerows(rows)
    return "".join(f"#{line}\n" for line in head.rstrip("\n").split("\n")) + body.getvalue()
