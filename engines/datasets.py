"""Hugging Face datasets: ``tag(dataset)``, with Arrow types and in several processes.

`Tagger.map_batch` is the plain way: ``dataset.map(tagger.map_batch, batched=True)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .loading import Settings, need

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

BATCH = 4_096


@dataclass(frozen=True, slots=True)
class Mapper:
    """What `datasets` calls with each batch.

    It holds words only, no model: `datasets` hashes it to know whether it has done this work before, and sends it to its
    processes.

    Attributes:
        settings: of the tagger.
        made_of: of the settings; since it is hashed too, old results are not taken for those of a new model or mapping.
        text, label: names of columns.
        lang, as_text: as in `tag_batch`.
    """

    settings: Settings
    made_of: str
    text: tuple[str, ...]
    label: tuple[str, ...]
    lang: str
    as_text: bool

    def __call__(self, table: pa.Table) -> pa.Table:
        """The batch with the new columns."""
        import pyarrow as pa

        from .arrow import tag_columns

        made = tag_columns(self.settings.tagger(), table, self.text, self.label, lang=self.lang, as_text=self.as_text)
        return pa.table([*table.columns, *made.columns], names=[*table.column_names, *made.column_names])


def tag(
    dataset: Any,
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
    num_proc: int | None = None,
) -> Any:
    """A dataset with the columns of ``techtags tag``.

    Args:
        dataset: a `Dataset`, an `IterableDataset`, or a dictionary of them (by split).
        text: the column, or columns, with descriptions; None counts as empty.
        label: the column, or columns, with the source's own labels (one of them may be a list of strings).
        model, profile, evidence, scheme, mapping, lang, as_text: as in `techtags.engines.spark.tag`.
        num_proc: processes, for a `Dataset`; each loads the model once.

    Returns:
        as it was given; lazy where that is.

    Raises:
        ImportError: `datasets` is not installed.
        ValueError: a column is not there or holds no text, or the dataset already has such columns.
        TypeError: `dataset` is none.
    """
    library = need("datasets", "datasets")
    from .arrow import missing, names, schema, taken

    options = {
        "model": model, "profile": profile, "evidence": evidence, "scheme": scheme, "mapping": mapping,
        "lang": lang, "as_text": as_text, "num_proc": num_proc,
    }  # fmt: skip
    if isinstance(dataset, dict):
        return type(dataset)({split: tag(part, text, label, **options) for split, part in dataset.items()})  # type: ignore[arg-type]
    if not isinstance(dataset, (library.Dataset, library.IterableDataset)):
        raise TypeError(f"expected a Hugging Face dataset, not {type(dataset).__name__}")
    streamed = isinstance(dataset, library.IterableDataset)
    known = dataset.features if dataset.features is not None else dataset._resolve_features().features
    texts, labels = names(text), names(label)
    columns = list(known)
    wrong = missing(columns, texts, labels) or taken(columns) or _wrong_type(known, texts, labels)
    if wrong:
        raise ValueError(wrong)
    settings = Settings(model, profile, evidence, scheme, mapping)
    mapper = Mapper(settings, settings.made_of(), tuple(texts), tuple(labels), lang, as_text)
    features = library.Features({**known, **library.Features.from_arrow_schema(schema(as_text=as_text))})
    more: dict[str, Any] = {} if streamed else {"num_proc": num_proc, "desc": "tagging"}
    before = None if streamed else dataset.format
    made = dataset.with_format("arrow").map(mapper, batched=True, batch_size=BATCH, features=features, **more)
    if before is None or before["type"] is None:
        return made.with_format(None)
    return made.with_format(before["type"], columns=None, **before["format_kwargs"])


def _wrong_type(features: Any, text: list[str], label: list[str]) -> str:
    """What is wrong with the types of the columns, in one line; empty if nothing is."""
    from .arrow import strings

    for name, field in zip(features, features.arrow_schema, strict=True):
        if name in (*text, *label):
            kind = getattr(field.type, "value_type", None) if label == [name] and name not in text else None
            import pyarrow as pa

            try:
                strings(pa.array([], kind or field.type), f"column {name!r}")
            except TypeError as error:
                return str(error)
    return ""
