"""What a tagging is: a status, tags with their evidence, and what was considered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

TAGGED, COARSE, NONE, UNREADABLE = "tagged", "coarse", "none", "unreadable"
STATUSES = (TAGGED, COARSE, NONE, UNREADABLE)


@dataclass(frozen=True, slots=True)
class Span:
    """Words of the text that spoke for a tag.

    Attributes:
        start, end: offsets into the text, in code points.
        text: the words.
        weight: their share of all that spoke for the tag, 0 to 1.
    """

    start: int
    end: int
    text: str
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {"start": self.start, "end": self.end, "text": self.text, "weight": round(self.weight, 4)}


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """A designation of the source's label that names the tag (or a tag above it, or hints at it).

    Attributes:
        label: the source's label, verbatim.
        matched: the part of it that matched.
        relation: from that part to the taxonomy: ``exact``, ``close``, ``broad``, ``narrow`` (a set of domains); empty for
            a hint.
        found: ``mapping``, ``code``, ``curated``, ``alias``, ``head`` or ``learned``.
        source: the crosswalk and the code or name that decided.
    """

    label: str
    matched: str
    relation: str = ""
    found: str = ""
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "label": self.label, "matched": self.matched, "relation": self.relation, "found": self.found, "source": self.source,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assignment:
    """One tag of a record.

    Attributes:
        id: the tag.
        probability: calibrated probability that an annotator would give this tag or one below it; None where only the
            source's label says so.
        basis: ``text``, ``label`` or ``both``.
        backed_off_from: the finer tag that was likeliest but not sure enough, or None.
        evidence: heaviest first.
    """

    id: str
    probability: float | None
    basis: str = "text"
    backed_off_from: str | None = None
    evidence: tuple[Span | LabelMatch, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "id": self.id,
            "probability": None if self.probability is None else round(self.probability, 4),
            "basis": self.basis,
            "backed_off_from": self.backed_off_from,
            "evidence": [e.to_dict() for e in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tag that was considered and not given.

    Attributes:
        id: the tag.
        probability: calibrated probability that an annotator would give this very tag (not one below it).
        threshold: what it would have needed.
    """

    id: str
    probability: float
    threshold: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {"id": self.id, "probability": round(self.probability, 4), "threshold": round(self.threshold, 4)}


@dataclass(frozen=True, slots=True)
class Versions:
    """What made a result.

    Attributes:
        taxonomy, model, package: their versions.
    """

    taxonomy: str
    model: str
    package: str

    def __str__(self) -> str:
        return f"taxonomy {self.taxonomy}; model {self.model}; techtags {self.package}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stretch of the text that names technology without claiming it, and so speaks for no tag.

    Attributes:
        start, end: character offsets in the text.
        kind: ``negated``, ``ended`` (sold, closed), ``other`` (someone else's), ``boast`` or ``excluded``.
        cue: the name of the cue that says so, in `classifier/data/context.tsv`.
    """

    start: int
    end: int
    kind: str
    cue: str


@dataclass(frozen=True, slots=True)
class Tagging:
    """The result for one record.

    Attributes:
        status: ``tagged``; ``coarse`` when nothing finer than a domain could be said; ``none``; ``unreadable``.
        tags: in order, the primary one first; ancestors are implied and not listed.
        candidates: considered and not given, likeliest first.
        source_labels: the source's own labels, verbatim.
        versions: what made the result.
        label_tags: ids of the tags that the labels stand for, whatever the text says.
        flags: ``label_conflict``, ``designation-is-coarse``, ``label_unsupported``; see `techtags.classifier.beside`.
        left_out: what the text names and does not claim, where evidence was asked for.

    Raises:
        ValueError: status and tags contradict each other.
    """

    status: str
    tags: tuple[Assignment, ...]
    candidates: tuple[Candidate, ...]
    source_labels: tuple[str, ...]
    versions: Versions
    label_tags: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"unknown status {self.status!r}")
        if bool(self.tags) != (self.status in (TAGGED, COARSE)):
            raise ValueError(f"status {self.status!r} with {len(self.tags)} tags")

    @property
    def ids(self) -> list[str]:
        """Ids of the tags, primary first."""
        return [t.id for t in self.tags]

    @property
    def primary(self) -> str | None:
        """Id of the first tag, or None."""
        return self.tags[0].id if self.tags else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON data that follows the `tagging` schema."""
        return {
            "status": self.status,
            "tags": [t.to_dict() for t in self.tags],
            "candidates": [c.to_dict() for c in self.candidates],
            "source_labels": list(self.source_labels),
            "label_tags": list(self.label_tags),
            "flags": list(self.flags),
            "left_out": [asdict(one) for one in self.left_out],
            "versions": {
                "taxonomy": self.versions.taxonomy,
                "model": self.versions.model,
                "package": self.versions.package,
            },
        }
