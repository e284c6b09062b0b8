"""pandas: importing this module gives data frames ``frame.techtags.tag("description")``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .loading import Settings, need

need("pandas", "pandas")
need("pyarrow", "pandas")
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402

from .arrow import missing, names, schema, tag_columns, taken  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..classifier import Tagger


@pd.api.extensions.register_dataframe_accessor("techtags")
class Tagging:
    """``frame.techtags``: tagging a data frame."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def tag(
        self,
        text: str | Sequence[str] = "description",
        label: str | Sequence[str] | None = None,
        *,
        tagger: Tagger | None = None,
        lang: str = "en",
        as_text: bool = True,
    ) -> pd.DataFrame:
        """A copy of the data frame with the columns of ``techtags tag``, under the same index.

        Args:
            text: the column, or columns, with descriptions; missing values count as empty.
            label: the column, or columns, with the source's own labels (one of them may hold lists of strings).
            tagger: the shipped model with its defaults if not given.
            lang: language of ``tt_names``.
            as_text: all new columns as strings, as the command line writes them; otherwise they have Arrow types, and
                tags, scores and the like are lists (pandas itself has no column of lists).

        Raises:
            KeyError: a column is not there.
            TypeError: a column holds something that is not text; the message names the first such row.
            ValueError: the frame already has such columns, or several called as one that is asked for.
        """
        frame, texts, labels = self._frame, names(text), names(label)
        columns = list(frame.columns)
        wrong = missing(columns, texts, labels)
        if wrong:
            raise KeyError(wrong)
        twice = [c for c in (*texts, *labels) if columns.count(c) > 1]
        if twice:
            raise ValueError(f"several columns are called {twice[0]!r}; rename all but one")
        if taken(columns):
            raise ValueError(taken(columns))
        wanted = list(dict.fromkeys([*texts, *labels]))
        table = pa.table([_array(frame[c], c, lists=labels == [c]) for c in wanted], names=wanted)
        made = tag_columns(
            tagger if tagger is not None else Settings().tagger(), table, texts, labels, lang=lang, as_text=as_text
        )
        return frame.assign(**{name: _series(made, name, frame.index, as_text) for name in schema().names})


def _array(column: pd.Series, name: str, *, lists: bool) -> pa.ChunkedArray | pa.Array:
    """A column as Arrow strings (or lists of them)."""
    if isinstance(column.dtype, pd.ArrowDtype):
        return pa.chunked_array(column.array.__arrow_array__())
    cells = [_cell(value, at, name, lists) for at, value in enumerate(column.tolist())]
    return pa.array(cells, pa.list_(pa.string()) if any(isinstance(c, list) for c in cells) else pa.large_string())


def _cell(value: Any, row: int, name: str, lists: bool) -> str | list[str] | None:
    if isinstance(value, str):
        # What no decoder could read is kept in Python as half characters, which Arrow does not take; the tagger treats
        # U+FFFD like them.
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if lists and isinstance(value, (list, tuple)):
        return [c for c in (_cell(v, row, name, False) for v in value) if isinstance(c, str)]
    if value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    raise TypeError(f"column {name!r}, row {row}: {type(value).__name__}, not text; cast the column to text, or name another")


def _series(made: pa.Table, name: str, index: pd.Index, as_text: bool) -> pd.Series:
    column = made.column(name)
    if as_text:
        return pd.Series(column.to_pylist(), index=index, dtype="str")
    return pd.Series(pd.arrays.ArrowExtensionArray(column), index=index)
