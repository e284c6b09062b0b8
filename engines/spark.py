"""Spark: ``tag(df)`` adds the columns in the workers, each of which loads the model once.

techtags and PyArrow must be installed where the workers run, in the same version; a worker that has another model than the
driver stops the job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .loading import Settings, need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame


def tag(
    df: DataFrame,
    text: str | Sequence[str] = "description",
    label: str | Sequence[str] | None = None,
    *,
    model: str | None = None,
    profile: str = "balanced",
    evidence: bool = True,
    scheme: str | None = None,
    mapping: str | None = None,
    lang: str = "en",
    as_text: bool = False,
) -> DataFrame:
    """A Spark data frame with the columns of ``techtags tag`` appended; lazy, as all of Spark.

    Args:
        df: the table; null texts count as empty.
        text: the column, or columns, with descriptions.
        label: the column, or columns, with the source's own labels (one of them may be an array of strings).
        model: ``fast`` (the default) or ``accurate``, or a folder, which must be at that path for the driver and the workers.
        profile, evidence: as in `Tagger`.
        scheme: id of the scheme that labels come from, or an SSSOM file.
        mapping: an SSSOM file of your own for labels.
        lang: language of ``tt_names``.
        as_text: all new columns as strings, as the command line writes them; otherwise tags, scores and the like are arrays.

    Raises:
        ImportError: PySpark or PyArrow is not installed here.
        ValueError: a column is not there, is there twice, or holds no text; the frame already has such columns; or a setting
            names what is not there.
    """
    need("pyspark", "spark")
    need("pyarrow", "spark")
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import StructType

    from .arrow import names, schema, taken

    texts, labels = (_found(df, names(given)) for given in (text, label))
    if not texts:
        raise ValueError("no column with descriptions is named")
    _check_types(df, texts, labels)
    for wrong in (taken(df.columns), _twice(df.columns)):
        if wrong:
            raise ValueError(wrong)
    settings = Settings(model, profile, evidence, scheme, mapping)
    # Here too: what is wrong with a setting is said before the job starts, and the workers can tell whether they have the same.
    worker = _worker(settings, texts, labels, settings.made_of(), lang, as_text)
    new = from_arrow_schema(schema(as_text=as_text))
    return df.mapInArrow(worker, StructType([*df.schema.fields, *new.fields]))


def _worker(
    settings: Settings, text: list[str], label: list[str], made_of: str, lang: str, as_text: bool
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # Found by name in the worker: what travels is this small function, never a model.
        from techtags.engines.spark import run

        return run(batches, settings, text, label, made_of, lang=lang, as_text=as_text)

    return work


def run(
    batches: Iterator[pa.RecordBatch], settings: Settings, text: list[str], label: list[str], made_of: str, **options: Any
) -> Iterator[pa.RecordBatch]:
    """What a worker does: `batches` with the new columns.

    Raises:
        RuntimeError: this worker has another model, taxonomy, mapping or version of techtags than the driver.
    """
    import pyarrow as pa

    from .arrow import schema, tag_columns

    tagger = settings.tagger()
    mine = settings.made_of()
    if mine != made_of:
        raise RuntimeError(f"this worker has {mine}, the driver {made_of}; give both the same techtags and files")
    new = schema(as_text=options["as_text"])
    for batch in batches:
        fields = pa.schema([*batch.schema, *new])
        low = 0
        # The new columns come in slices; the old ones are cut alike, not copied.
        for part in tag_columns(tagger, batch, text, label, **options).to_batches():
            old = batch.slice(low, part.num_rows)
            low += part.num_rows
            yield pa.RecordBatch.from_arrays([*old.columns, *part.columns], schema=fields)


def _found(df: DataFrame, wanted: list[str]) -> list[str]:
    """The columns as the frame spells them: Spark's names do not mind case unless it is told so."""
    from .arrow import missing

    exact = {name: name for name in df.columns}
    folded: dict[str, str] = {}
    if df.sparkSession.conf.get("spark.sql.caseSensitive", "false") != "true":
        folded = {name.lower(): name for name in df.columns}
    found = [exact.get(name) or folded.get(name.lower(), name) for name in wanted]
    wrong = missing(df.columns, found, ()) if found else ""
    if wrong:
        raise ValueError(wrong)
    return found


def _twice(columns: list[str]) -> str:
    twice = next((name for name in columns if columns.count(name) > 1), None)
    return f"several columns are called {twice!r}; rename all but one" if twice is not None else ""


def _check_types(df: DataFrame, texts: list[str], labels: list[str]) -> None:
    """Arrow would find it too, but only in the middle of the job."""
    from pyspark.sql.types import ArrayType, CharType, NullType, StringType, VarcharType

    plain = (StringType, VarcharType, CharType, NullType)
    for name in (*texts, *labels):
        kind = next(field.dataType for field in df.schema.fields if field.name == name)
        inner = kind.elementType if isinstance(kind, ArrayType) and labels == [name] else kind
        if not isinstance(inner, plain):
            raise ValueError(f"column {name!r} is of type {kind.simpleString()}, not text; cast it to string, or name another")
