"""DuckDB: functions for SQL, called with whole vectors.

    SELECT tt_primary(description) FROM 'firms.parquet'

Each takes the description and, if there is one, the source's label.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from .loading import Settings, need

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb
    import pyarrow as pa

    from ..classifier import Tagger

RESULT = "tt_result"  # the function that gives a struct of all columns
_REMEMBERED = 8  # vectors: a query that calls several functions calls them on one vector after the other


def register(connection: duckdb.DuckDBPyConnection, tagger: Tagger | None = None, *, lang: str = "en") -> list[str]:
    """Give a DuckDB connection a function for each column of ``techtags tag``, such as ``tt_primary`` and ``tt_tags``, and
    ``tt_result``, which gives a struct of all of them.

    A call is ``tt_tags(description)`` or ``tt_tags(description, label)``, where a label is a VARCHAR or a VARCHAR[]; types are
    those of `techtags.engines.arrow.schema`.  A null text is ``unreadable``, as an empty one.  Registering again replaces them.

    Args:
        connection: the connection; its cursors have the functions too.
        tagger: the shipped model with its defaults if not given.
        lang: language of ``tt_names``.

    Returns:
        the names of the functions.

    Raises:
        ImportError: DuckDB or PyArrow is not installed.
    """
    need("duckdb", "duckdb")
    need("pyarrow", "duckdb")
    import duckdb

    from .arrow import schema

    made = _Vectors(tagger if tagger is not None else Settings().tagger(), lang)
    fields = schema()
    types = {field.name: _sql(field.type) for field in fields}
    types[RESULT] = f"STRUCT({', '.join(f'{name} {kind}' for name, kind in types.items())})"
    for name, kind in types.items():
        with contextlib.suppress(duckdb.Error):  # there was none
            connection.remove_function(name)
        connection.create_function(name, made.function(name), None, connection.type(kind), type="arrow", null_handling="special")  # type: ignore[call-overload]
    return list(types)


class _Vectors:
    """Tags vectors, and remembers the last few."""

    def __init__(self, tagger: Tagger, lang: str) -> None:
        self._tagger, self._lang = tagger, lang
        self._lock = threading.Lock()
        self._seen: list[tuple[pa.Array, pa.Array | None, pa.RecordBatch]] = []

    def function(self, name: str) -> Callable[..., Any]:
        """The function `name` of SQL."""

        def call(*vectors: Any) -> Any:
            made = self._tag(name, *vectors)
            return made.to_struct_array() if name == RESULT else made.column(name)

        return call

    def _tag(self, name: str, *vectors: Any) -> pa.RecordBatch:
        from .arrow import strings, tag_batch

        if not 1 <= len(vectors) <= 2:
            raise TypeError(f"{name} takes a description and, if there is one, a label; {len(vectors)} were given")
        texts = strings(vectors[0], f"the description given to {name}")
        labels = vectors[1] if len(vectors) == 2 else None
        with self._lock:
            seen = list(self._seen)
        for before, said, made in seen:
            if before.equals(texts) and (said is labels or (said is not None and labels is not None and said.equals(labels))):
                return made
        made = tag_batch(self._tagger, texts, labels, lang=self._lang)
        with self._lock:
            self._seen = [*self._seen[1 - _REMEMBERED :], (texts, labels, made)]
        return made


def _sql(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return _sql(kind.value_type) + "[]"
    return "DOUBLE" if pa.types.is_float64(kind) else "VARCHAR"
