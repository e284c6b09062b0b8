"""Polars: importing this module gives data frames and lazy frames ``frame.techtags.tag("description")``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .loading import Settings, need

need("polars", "polars")
need("pyarrow", "polars")
import polars as pl  # noqa: E402

from .arrow import missing, names, schema, tag_columns, taken  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..classifier import Tagger


class _Tagging:
    """What both accessors do."""

    def __init__(self, frame: pl.LazyFrame) -> None:
        self._frame = frame

    def tag(
        self,
        text: str | Sequence[str],
        label: str | Sequence[str] | None,
        tagger: Tagger | None,
        lang: str,
        as_text: bool,
    ) -> pl.LazyFrame:
        texts, labels = names(text), names(label)
        columns = self._frame.collect_schema()
        wrong = missing(columns.names(), texts, labels)
        if wrong:
            raise pl.exceptions.ColumnNotFoundError(wrong)
        wrong = taken(columns.names())
        if wrong:
            raise pl.exceptions.DuplicateError(wrong)
        for name in (*texts, *labels):
            kind = columns[name]
            inner = kind.inner if isinstance(kind, pl.List) and labels == [name] else kind
            if not isinstance(inner, (pl.String, pl.Categorical, pl.Enum, pl.Null)):
                raise pl.exceptions.SchemaError(
                    f"column {name!r} is of type {kind}, not text; cast it to String, or name another"
                )
        with_tagger = tagger if tagger is not None else Settings().tagger()

        def work(rows: pl.Series) -> pl.Series:
            table = rows.struct.unnest().to_arrow()
            made = tag_columns(with_tagger, table, texts, labels, lang=lang, as_text=as_text)
            return pl.DataFrame(pl.from_arrow(made, schema=dict(kinds))).to_struct(rows.name)

        kinds = pl.DataFrame(pl.from_arrow(schema(as_text=as_text).empty_table())).schema
        # An elementwise expression, and not a function of the frame: filters and projections of what comes after are still
        # pushed down before it, and the streaming engine feeds it piece by piece.
        made = pl.struct(list(dict.fromkeys([*texts, *labels]))).map_batches(
            work, return_dtype=pl.Struct(kinds), is_elementwise=True
        )
        return self._frame.with_columns(made.struct.unnest())


@pl.api.register_lazyframe_namespace("techtags")
class LazyFrameTagging:
    """``lazy.techtags``: tagging as part of a lazy query."""

    def __init__(self, frame: pl.LazyFrame) -> None:
        self._frame = frame

    def tag(
        self,
        text: str | Sequence[str] = "description",
        label: str | Sequence[str] | None = None,
        *,
        tagger: Tagger | None = None,
        lang: str = "en",
        as_text: bool = False,
    ) -> pl.LazyFrame:
        """The lazy frame with the columns of ``techtags tag``; nothing is tagged before it is collected.

        Args:
            text: the column, or columns, with descriptions; null counts as empty.
            label: the column, or columns, with the source's own labels (one of them may be a list of strings).
            tagger: the shipped model with its defaults if not given.
            lang: language of ``tt_names``.
            as_text: all new columns as strings, as the command line writes them.

        Raises:
            polars.exceptions.ColumnNotFoundError: a column is not there.
            polars.exceptions.DuplicateError: the frame already has such columns.
            polars.exceptions.SchemaError: a column holds no text.
        """
        return _Tagging(self._frame).tag(text, label, tagger, lang, as_text)


@pl.api.register_dataframe_namespace("techtags")
class DataFrameTagging:
    """``frame.techtags``: tagging a data frame."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def tag(
        self,
        text: str | Sequence[str] = "description",
        label: str | Sequence[str] | None = None,
        *,
        tagger: Tagger | None = None,
        lang: str = "en",
        as_text: bool = False,
    ) -> pl.DataFrame:
        """The data frame with the columns of ``techtags tag``; arguments and errors as for a lazy frame."""
        made: Any = _Tagging(self._frame.lazy()).tag(text, label, tagger, lang, as_text).collect()
        return made  # type: ignore[no-any-return]
