"""Measuring a tagger on annotated rows: all figures, by language, by source and by kind of text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..classifier.fusion import view
from .metrics import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..classifier import Tagger
    from ..taxonomy import Taxonomy
    from .rows import Row

LEAST_GROUP = 10  # rows; smaller groups say nothing
LEAST_LABELLED = 3  # rows of a source, where text and label are compared with text alone


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
    return {
        "model": {"name": tagger.model.manifest["name"], "version": tagger.model.version},
        "taxonomy": tagger.taxonomy.version,
        "profile": tagger.profile,
        **figures_by_group(predicted, tagger.predict_proba(texts), rows, tagger.taxonomy, tagger.tags),
    }


def figures_by_group(
    predicted: Sequence[Sequence[str]],
    closure: NDArray[np.float32],
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    order: Sequence[str],
) -> dict[str, Any]:
    """``all``, and the same figures under ``by_language``, ``by_source`` and ``by_kind``.

    Args:
        predicted: tags given to each row, the primary one first.
        closure: (n, tags) stated probabilities that each tag or one below it applies.
        rows: the annotated rows.
        taxonomy: of the tags.
        order: ids of the columns of `closure`.
    """

    def on(chosen: Sequence[int]) -> dict[str, Any]:
        gold = [rows[i]["tags"] for i in chosen]
        return figures([predicted[i] for i in chosen], gold, taxonomy, closure[list(chosen)], order)

    def groups(key: Callable[[Row], str]) -> dict[str, Any]:
        members: dict[str, list[int]] = {}
        for i, row in enumerate(rows):
            members.setdefault(key(row), []).append(i)
        return {name: on(at) for name, at in sorted(members.items()) if len(at) >= LEAST_GROUP}

    return {
        "all": on(range(len(rows))),
        "by_language": groups(lambda row: row["lang"]),
        "by_source": groups(lambda row: row["source"]),
        "by_kind": groups(lambda row: row["kind"]),
    }


def evaluate_labels(tagger: Tagger, rows: Sequence[Row]) -> dict[str, Any]:
    """What the source's own labels add, on the rows that have one.

    Annotators read the text alone, so the gold does not know what only a label says.  Tags that stand on the label alone are
    therefore counted apart: the figures ``text and label`` are of the tags that the text supports, in the light of the label;
    ``all tags`` are of everything that is given.

    Args:
        tagger: what to measure, with its profile.
        rows: annotated rows of the tagger's taxonomy.

    Returns:
        ``rows`` (how many have a label, and whose label says something), the three sets of figures, ``by_source`` (leaf F1 by
        text, and by text and label), and how many rows carry each flag.
    """
    chosen = [row for row in rows if row["label"].strip()]
    texts = [row["text"] for row in chosen]
    gold = [row["tags"] for row in chosen]
    alone = [result.ids for result in tagger.tag(texts)]
    results = tagger.tag(texts, [[row["label"]] for row in chosen])
    supported = [[t.id for t in result.tags if t.basis != "label"] for result in results]
    everything = [result.ids for result in results]
    views = [view(tagger.labels.match_all([row["label"]]), {t: i for i, t in enumerate(tagger.tags)}) for row in chosen]

    def on(predicted: list[list[str]], at: Sequence[int]) -> dict[str, Any]:
        return figures([predicted[i] for i in at], [gold[i] for i in at], tagger.taxonomy)

    members: dict[str, list[int]] = {}
    for i, row in enumerate(chosen):
        members.setdefault(row["source"], []).append(i)
    whole = range(len(chosen))
    return {
        "rows": {"with a label": len(chosen), "whose label says something": sum(v.says_something for v in views)},
        "text": on(alone, whole),
        "text and label": on(supported, whole),
        "all tags": on(everything, whole),
        "by_source": {
            name: {"rows": len(at), "text": on(alone, at)["leaf"]["f1"], "text and label": on(supported, at)["leaf"]["f1"]}
            for name, at in sorted(members.items())
            if len(at) >= LEAST_LABELLED
        },
        "flags": dict(Counter(flag for result in results for flag in result.flags)),
    }
