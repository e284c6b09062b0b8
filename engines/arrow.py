"""Texts as Arrow arrays in, the columns of ``techtags tag`` as Arrow arrays out: what all engines are adapters of."""

from __future__ import annotations

import contextlib
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..classifier import COLUMNS, join_texts
from ..classifier.columns import cells, evidence, score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..classifier import Tagger, Tagging
    from ..taxonomy import Taxonomy

SLICE = 16_384  # rows: equal texts among them are tagged once
AT_ONCE = 2_048  # distinct texts whose results are held as objects

_LISTS = ("tt_tags", "tt_names", "tt_scores", "tt_basis", "tt_evidence", "tt_label_tags", "tt_flags")
# A tagger remembers labels that it has seen, and the setting of the threads below is one for the whole process.
_TAGGING = threading.Lock()


def schema(*, as_text: bool = False) -> pa.Schema:
    """The columns that `tag_batch` gives.

    Args:
        as_text: all as strings, lists joined as the command line joins them.
    """
    kinds: dict[str, pa.DataType] = dict.fromkeys(COLUMNS, pa.string())
    if not as_text:
        kinds.update(dict.fromkeys(_LISTS, pa.list_(pa.string())))
        kinds["tt_scores"] = pa.list_(pa.float64())
    return pa.schema(list(kinds.items()))


def tag_batch(
    tagger: Tagger,
    texts: pa.Array | pa.ChunkedArray,
    labels: pa.Array | pa.ChunkedArray | None = None,
    *,
    lang: str = "en",
    as_text: bool = False,
) -> pa.RecordBatch:
    """Tag a batch of texts.

    Args:
        tagger: the tagger; its profile and whether it gives evidence hold.
        texts: strings, plain or as a dictionary; null counts as empty, and is tagged ``unreadable``.
        labels: the source's own labels, a string or a list of strings a row; null where there is none.
        lang: ``en`` or ``zh``: language of ``tt_names``.
        as_text: give what the command line writes, all strings.  Otherwise ``tt_primary`` is null where there is no tag;
            ``tt_tags``, ``tt_names``, ``tt_basis``, ``tt_scores`` and ``tt_evidence`` are lists with one element a tag
            (a score is null where only the label gives the tag, rounded to three decimals as on the command line; evidence
            is null where there is none); ``tt_label_tags`` and ``tt_flags`` are lists.

    Returns:
        as many rows as there are texts, in order, with the columns of `schema`.  Equal rows are tagged once.  Everything is
        held at once: for more than some ten thousand rows use `tag_array`.

    Raises:
        TypeError: `texts` or `labels` hold no strings.
        ValueError: `texts` and `labels` are not equally long, or `lang` is unknown.
    """
    if lang not in ("en", "zh"):
        raise ValueError(f"lang is {lang!r}; it must be en or zh")
    rows = [text or "" for text in strings(texts, "the text").to_pylist()]
    given = _labels(labels, len(rows))
    index: dict[tuple[str, tuple[str, ...]], int] = {}
    take = [index.setdefault(pair, len(index)) for pair in zip(rows, given or [()] * len(rows), strict=True)]
    distinct = list(index)
    parts = []
    with _TAGGING, _one_thread():
        for low in range(0, len(distinct), AT_ONCE):
            some = distinct[low : low + AT_ONCE]
            taggings = tagger.tag([text for text, _ in some], [pair[1] for pair in some] if given is not None else None)
            parts.append(_batch(taggings, tagger.taxonomy, lang, as_text))
    made = pa.Table.from_batches(parts, schema(as_text=as_text))
    if len(distinct) < len(rows):
        made = made.take(pa.array(take, pa.int64()))
    columns = [c.combine_chunks() if c.num_chunks != 1 else c.chunk(0) for c in made.columns]
    return pa.RecordBatch.from_arrays(columns, schema=made.schema)


def tag_array(
    tagger: Tagger,
    texts: pa.Array | pa.ChunkedArray,
    labels: pa.Array | pa.ChunkedArray | None = None,
    *,
    lang: str = "en",
    as_text: bool = False,
) -> pa.Table:
    """`tag_batch` slice by slice, for arrays of any length."""
    batches = [
        tag_batch(
            tagger, texts.slice(low, SLICE), labels.slice(low, SLICE) if labels is not None else None, lang=lang, as_text=as_text
        )
        for low in range(0, len(texts), SLICE)
    ]
    return pa.Table.from_batches(batches, schema(as_text=as_text))


def tag_columns(
    tagger: Tagger, table: pa.Table | pa.RecordBatch, text: Sequence[str], label: Sequence[str] = (), **options: Any
) -> pa.Table:
    """The new columns of a table whose descriptions, or labels, may stand in several columns.

    Args:
        tagger: the tagger.
        table: has the columns.
        text, label: names of columns; several texts are read as one.
        options: of `tag_batch`.

    Raises:
        TypeError: a column holds no strings; the message names it.
    """
    texts = [strings(table.column(name), f"column {name!r}") for name in text]
    joined = texts[0]
    if len(texts) > 1:
        joined = pa.array(join_texts([[cell or "" for cell in column.to_pylist()] for column in texts]), pa.large_string())
    labels: pa.Array | None = None
    if len(label) == 1:
        labels = table.column(label[0])
        if not _is_list(labels.type):
            labels = strings(labels, f"column {label[0]!r}")
    elif label:
        columns = [strings(table.column(name), f"column {name!r}").to_pylist() for name in label]
        labels = pa.array([list(row) for row in zip(*columns, strict=True)], pa.list_(pa.string()))
    return tag_array(tagger, joined, labels, **options)


def strings(values: pa.Array | pa.ChunkedArray, what: str) -> pa.Array | pa.ChunkedArray:
    """`values`, if they are strings (a dictionary of strings is decoded, and a column of nulls is one of strings).

    Raises:
        TypeError: they are not; the message begins with `what`.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        values = values.cast(kind)
    if pa.types.is_null(kind):
        return values.cast(pa.string())
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise TypeError(f"{what} is of type {kind}, not text; cast it to text, or name another column")
    return values


def names(given: str | Sequence[str] | None) -> list[str]:
    """Names of columns as a list, each once."""
    if given is None:
        return []
    return [given] if isinstance(given, str) else list(dict.fromkeys(given))


def missing(columns: Sequence[str], text: Sequence[str], label: Sequence[str]) -> str:
    """What is wrong with the columns that are asked for, in one line; empty if nothing is."""
    if not text:
        return "no column with descriptions is named"
    shown = ", ".join(map(repr, columns[:40])) + (f" and {len(columns) - 40} more" if len(columns) > 40 else "")
    for name in (*text, *label):
        if name not in columns:
            return f"no column {name!r}; there are {shown}"
    return ""


def taken(columns: Sequence[str]) -> str:
    """What is wrong if some of the new columns are there already, in one line; empty if none is."""
    there = [c for c in columns if c in COLUMNS]
    return f"the table already has {', '.join(there)}; drop them first" if there else ""


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_list_view(kind))


def _labels(labels: pa.Array | pa.ChunkedArray | None, n: int) -> list[tuple[str, ...]] | None:
    if labels is None:
        return None
    if len(labels) != n:
        raise ValueError(f"{n} texts and {len(labels)} labels; give one a text")
    if _is_list(labels.type):
        inner = labels.type.value_type
        if not (pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner)):
            raise TypeError(f"the label is a list of {inner}, not of text; cast it to text, or name another column")
        return [tuple(cell or "" for cell in row or ()) for row in labels.to_pylist()]
    return [(cell or "",) for cell in strings(labels, "the label").to_pylist()]


def _batch(taggings: Sequence[Tagging], taxonomy: Taxonomy, lang: str, as_text: bool) -> pa.RecordBatch:
    rows: list[list[Any]] = [cells(t, taxonomy, lang) if as_text else _values(t, taxonomy, lang) for t in taggings]
    columns = zip(*rows, strict=True)
    fields = schema(as_text=as_text)
    return pa.RecordBatch.from_arrays([pa.array(c, f.type) for c, f in zip(columns, fields, strict=True)], schema=fields)


def _values(tagging: Tagging, taxonomy: Taxonomy, lang: str) -> list[Any]:
    """The cells of a row with their types, in the order of `COLUMNS`."""
    tags = tagging.tags
    return [
        tagging.status,
        tagging.primary,
        tagging.ids,
        [taxonomy[t.id].labels[lang] for t in tags],
        [float(score(t)) if t.probability is not None else None for t in tags],
        [t.basis for t in tags],
        [evidence(t) if t.evidence else None for t in tags],
        list(tagging.label_tags),
        list(tagging.flags),
        str(tagging.versions),
    ]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Matrix products in one thread: engines run workers of their own, and a batch's products are small."""
    pools = _thread_pools()
    if pools is None:
        yield
    else:
        with pools.limit(limits=1, user_api="blas"):
            yield


@lru_cache(maxsize=1)
def _thread_pools() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    import numpy  # noqa: F401  # its library of matrix products must be loaded to be found
    import scipy.sparse  # noqa: F401

    return ThreadpoolController()
