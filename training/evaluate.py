"""Measuring a tagger on annotated rows: all figures, by language, by source and by kind of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .metrics import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..classifier import Tagger
    from .rows import Row

LEAST_GROUP = 10  # rows; smaller groups say nothing


def evaluate(tagger: Tagger, rows: Sequence[Row]) -> dict[str, Any]:
    """Figures of a tagger on rows.

    Args:
        tagger: what to measure, with its profile.
        rows: annotated rows of the tagger's taxonomy.

    Returns:
        ``all``, and the same figures under ``by_language``, ``by_source`` and ``by_kind``; and what was measured.
    """
    texts = [row["text"] for row in rows]
    predicted = [result.ids for result in tagger.tag(texts)]
    closure = tagger.predict_proba(texts)

    def on(chosen: Sequence[int]) -> dict[str, Any]:
        return figures(
            [predicted[i] for i in chosen],
            [rows[i]["tags"] for i in chosen],
            tagger.taxonomy,
            closure[list(chosen)],
            tagger.tags,
        )

    def groups(key: Callable[[Row], str]) -> dict[str, Any]:
        members: dict[str, list[int]] = {}
        for i, row in enumerate(rows):
            members.setdefault(key(row), []).append(i)
        return {name: on(at) for name, at in sorted(members.items()) if len(at) >= LEAST_GROUP}

    return {
        "model": {"name": tagger.model.manifest["name"], "version": tagger.model.version},
        "taxonomy": tagger.taxonomy.version,
        "profile": tagger.profile,
        "all": on(range(len(rows))),
        "by_language": groups(lambda row: row["lang"]),
        "by_source": groups(lambda row: row["source"]),
        "by_kind": groups(lambda row: row["kind"]),
    }
