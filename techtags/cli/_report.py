"""What harmonising kept of a table's labels and what it lost: counted, as text and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from techtags.classifier.labels import (
    ALIAS,
    COARSE_SET,
    CODE,
    CURATED,
    HEAD,
    LEARNED,
    MAPPING,
    NO_TECHNOLOGY,
    UNPLACED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from techtags.classifier.labels import Designation
    from techtags.taxonomy import Taxonomy

# Each aspect divides all designations, and all rows with a label, into kinds: the key in data and what people read.
LEVEL, WAY, LOSS = "level", "way", "loss"
THIRD, SECOND, DOMAIN, SET = "third", "second", "domain", "set"
WHOLE, COARSER, SPANS, PART = "whole", "coarser", "spans", "part"
ASPECTS: dict[str, tuple[str, dict[str, str]]] = {
    LEVEL: (
        "Level of the finest tag",
        {
            THIRD: "third level",
            SECOND: "second level",
            DOMAIN: "domain",
            SET: "set of domains",
            NO_TECHNOLOGY: "known, no technology",
            UNPLACED: "not placed",
        },
    ),
    WAY: (
        "How it was found (the least direct way of its parts)",
        {
            MAPPING: "mapping of the user",
            CODE: "code of a scheme",
            CURATED: "curated designation",
            ALIAS: "name in the standard",
            HEAD: "name at its end",
            LEARNED: "model",
            UNPLACED: "not placed",
        },
    ),
    LOSS: (
        "What was lost",
        {
            WHOLE: "nothing: the tags say what the words say",
            COARSER: "detail: a tag is coarser than the words",
            SPANS: "choice: only a set of domains is sure, for some words or all",
            PART: "a part that was not placed",
            NO_TECHNOLOGY: "nothing to keep: no technology",
            UNPLACED: "all but the words: not placed",
        },
    ),
}
# What rows keep beside their verbatim label.
TAG, SET_OF_DOMAINS, THAT_NONE, VERBATIM, NO_LABEL, UNREADABLE = "tag", "set", "none", "verbatim", "no_label", "unreadable"
KEPT = {
    TAG: "a tag",
    SET_OF_DOMAINS: "a set of domains",
    THAT_NONE: "that it names no technology",
    VERBATIM: "nothing but the label as it was written",
    NO_LABEL: "no label to keep",
    UNREADABLE: "too many cells, not read",
}
_LEVELS = {1: DOMAIN, 2: SECOND, 3: THIRD}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many designations and rows are of which kind.

    Attributes:
        designations: by aspect and kind; the kinds of each aspect add up to `n_designations`.
        labelled: rows with a label, likewise; they add up to `n_rows` less those without a label that was read.
        rows: all rows by what they keep; they add up to `n_rows`.
    """

    designations: Mapping[str, Mapping[str, int]]
    labelled: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, int]
    n_designations: int
    n_rows: int

    @property
    def n_labelled(self) -> int:
        """Rows with a label."""
        return self.n_rows - self.rows[NO_LABEL] - self.rows[UNREADABLE]


def count(
    designations: Iterable[Designation],
    rows: Iterable[tuple[Designation, int]],
    n_empty: int,
    n_unreadable: int,
    taxonomy: Taxonomy,
) -> Counted:
    """Count designations and rows.

    Args:
        designations: each distinct one once.
        rows: what the labels of a row say together, and how many rows have these labels.
        n_empty: rows without a label.
        n_unreadable: rows whose label was not read.
        taxonomy: of the tags.
    """
    by_designation = _empty()
    n_designations = 0
    for d in designations:
        n_designations += 1
        for aspect, kind in _kinds(d, taxonomy).items():
            by_designation[aspect][kind] += 1
    by_row = _empty()
    kept = dict.fromkeys(KEPT, 0) | {NO_LABEL: n_empty, UNREADABLE: n_unreadable}
    for d, n in rows:
        kinds = _kinds(d, taxonomy)
        for aspect, kind in kinds.items():
            by_row[aspect][kind] += n
        level = {SET: SET_OF_DOMAINS, NO_TECHNOLOGY: THAT_NONE, UNPLACED: VERBATIM}
        kept[level.get(kinds[LEVEL], TAG)] += n
    return Counted(by_designation, by_row, kept, n_designations, sum(kept.values()))


def _empty() -> dict[str, dict[str, int]]:
    return {aspect: dict.fromkeys(kinds, 0) for aspect, (_, kinds) in ASPECTS.items()}


def _kinds(d: Designation, taxonomy: Taxonomy) -> dict[str, str]:
    """The kind that a designation is of, by aspect."""
    if d.status == UNPLACED:
        return dict.fromkeys(ASPECTS, UNPLACED)
    if d.status == NO_TECHNOLOGY:
        level = NO_TECHNOLOGY
    elif d.status == COARSE_SET:
        level = SET
    else:
        level = _LEVELS[max(taxonomy[t].level for t in d.tags)]
    if not all(p.found for p in d.placements):
        loss = PART
    elif d.status == NO_TECHNOLOGY:
        loss = NO_TECHNOLOGY
    else:
        loss = {"narrow": SPANS, "broad": COARSER}.get(d.relation, WHOLE)
    return {LEVEL: level, WAY: d.found, LOSS: loss}


def as_data(counted: Counted, about: Mapping[str, Any]) -> dict[str, Any]:
    """The report as JSON data; `about` says what of."""
    return {
        **about,
        "designations": {"total": counted.n_designations, **counted.designations},
        "rows": {"total": counted.n_rows, "labelled": counted.n_labelled, "kept": counted.rows, **counted.labelled},
    }


def as_text(counted: Counted, about: Mapping[str, Any]) -> str:
    """The report as Markdown that can be read as it is."""
    out = ["# What harmonising kept and lost", ""]
    out += [f"- {key}: {', '.join(value) if isinstance(value, (list, tuple)) else value}" for key, value in about.items()]
    out.append(f"- {counted.n_designations:,} distinct designations")
    out += [f"- {counted.n_rows:,} rows, {counted.n_labelled:,} of them with a label", ""]
    kept = [(KEPT[k], [(n, counted.n_rows)]) for k, n in counted.rows.items()]
    out += _table("What rows keep", ["rows"], kept)
    for aspect, (title, kinds) in ASPECTS.items():
        lines = [
            (
                name,
                [
                    (counted.designations[aspect][kind], counted.n_designations),
                    (counted.labelled[aspect][kind], counted.n_labelled),
                ],
            )
            for kind, name in kinds.items()
        ]
        out += _table(title, ["designations", "rows"], lines)
    out += [
        "A designation with several tags counts at the finest of them. Rows with labels in several columns count by all of them",
        "together; in the last three tables, rows are those with a label.",
    ]
    return "\n".join(out) + "\n"


def _table(title: str, columns: list[str], lines: list[tuple[str, list[tuple[int, int]]]]) -> list[str]:
    wide = max(len(title), *(len(name) for name, _ in lines))
    out = [f"| {title:<{wide}} |" + "".join(f" {c:>12} |       |" for c in columns)]
    out.append(f"|{'-' * (wide + 2)}|" + "-------------:|------:|" * len(columns))
    for name, counts in lines:
        out.append(f"| {name:<{wide}} |" + "".join(f" {n:>12,} | {share(n, of):>5} |" for n, of in counts))
    return [*out, ""]


def share(n: int, of: int) -> str:
    """`n` of `of` in percent; what is not all, or not none, never looks as if it were."""
    if not n or not of:
        return "0%" if of else ""
    percent = 100 * n / of
    if n < of and percent > 99:
        return ">99%"
    return "<1%" if percent < 1 else f"{percent:.0f}%"
