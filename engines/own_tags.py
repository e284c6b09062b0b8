"""A user's own list of tags, without names, definitions or a tree, as something that a model can be trained for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ..taxonomy import Taxonomy
from ..taxonomy.source import HEADER, dump

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = "any"
VERSION = "0.0.0-own"


def ids(n: int) -> list[str]:
    """Ids that stand for the `n` tags of a list: the tags themselves may hold what ids may not."""
    return [f"tag-{i}" for i in range(1, n + 1)]


def own_tags(tags: Sequence[str]) -> Taxonomy:
    """A taxonomy of tags that stand side by side under one that is never given (`ROOT`).

    It keeps the form of a release, not its rules: a bare list has no definitions, aliases or Chinese names.
    """
    nothing: dict[str, list[str]] = {"en": [], "zh": []}

    def entry(tag_id: str, name: str, parent: str | None) -> dict[str, Any]:
        both = {"en": name, "zh": name}
        return {
            "id": tag_id, "parent": parent, "label": both, "definition": both, "scope_note": both, "aliases": nothing,
            "ambiguous": [], "examples": nothing, "related": [], "status": "active", "since": VERSION,
            "level": 1 if parent is None else 2,
        }  # fmt: skip

    document = {
        **HEADER,
        "version": VERSION,
        "released": "2026-01-01",
        "title": {"en": "A list of tags", "zh": "标签清单"},
        "tags": [
            entry(ROOT, "-", None),
            *(entry(i, " ".join(tag.split()) or "-", ROOT) for i, tag in zip(ids(len(tags)), tags, strict=True)),
        ],
        "collections": [],
    }
    return of_document(document)


def of_document(document: dict[str, Any]) -> Taxonomy:
    """The taxonomy in a document that `own_tags` made."""
    return Taxonomy(document, hashlib.sha256(dump(document).encode()).hexdigest())
