"""A tagging as the cells of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .result import LabelMatch

if TYPE_CHECKING:
    from ..taxonomy import Taxonomy
    from .result import Assignment, Tagging

COLUMNS = (
    "tt_status", "tt_primary", "tt_tags", "tt_names", "tt_scores", "tt_basis", "tt_evidence", "tt_label_tags", "tt_flags",
    "tt_version",
)  # fmt: skip
LONG_COLUMNS = (
    "tt_status", "tt_rank", "tt_tag", "tt_name", "tt_score", "tt_basis", "tt_evidence", "tt_label_tags", "tt_flags",
    "tt_version",
)  # fmt: skip


def cells(tagging: Tagging, taxonomy: Taxonomy, lang: str = "en") -> list[str]:
    """The cells of the wide layout, in the order of `COLUMNS`; lists are joined with ``;``."""
    tags = tagging.tags
    return [
        tagging.status,
        tagging.primary or "",
        ";".join(t.id for t in tags),
        ";".join(taxonomy[t.id].labels[lang] for t in tags),
        ";".join(score(t) for t in tags),
        ";".join(t.basis for t in tags),
        "; ".join(f"{t.id}: {evidence(t)}" for t in tags if t.evidence),
        ";".join(tagging.label_tags),
        ";".join(tagging.flags),
        str(tagging.versions),
    ]


def long_cells(tagging: Tagging, taxonomy: Taxonomy, lang: str = "en") -> list[list[str]]:
    """The cells of the long layout, one row a tag; one row with an empty tag where there is none."""
    if not tagging.tags:
        return [
            [tagging.status, "", "", "", "", "", "", ";".join(tagging.label_tags), ";".join(tagging.flags), str(tagging.versions)]
        ]
    return [
        [
            tagging.status, str(i), t.id, taxonomy[t.id].labels[lang], score(t), t.basis, evidence(t),
            ";".join(tagging.label_tags), ";".join(tagging.flags), str(tagging.versions),
        ]
        for i, t in enumerate(tagging.tags, start=1)
    ]  # fmt: skip


def score(tag: Assignment) -> str:
    """The probability with three decimals; empty where there is none."""
    return "" if tag.probability is None else f"{tag.probability:.3f}"


def evidence(tag: Assignment) -> str:
    """The words that spoke for a tag, heaviest first, joined with ``|``."""
    words = [f"label {e.matched}" if isinstance(e, LabelMatch) else " ".join(e.text.split()) for e in tag.evidence]
    return " | ".join(dict.fromkeys(words))
