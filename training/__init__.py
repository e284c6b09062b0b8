"""Making and measuring models: annotated rows in, a model folder out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .evaluate import evaluate, evaluate_labels
from .rows import DataError, Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ..taxonomy import Taxonomy

__all__ = ["DataError", "MissingExtra", "Row", "evaluate", "evaluate_labels", "read_rows", "train", "train_accurate"]


class MissingExtra(ImportError, ValueError):
    """A package that only training needs is not installed; the message says how to get it."""


def train(
    data: Sequence[Path], taxonomy: Taxonomy, out: Path, *, say: Callable[[str], None] = lambda line: None, **options: Any
) -> dict[str, Any]:
    """Train a model; see `techtags.training.pipeline.train`.

    Raises:
        MissingExtra: scikit-learn is not installed.
        DataError: a file cannot be used.
    """
    _need_sklearn()
    from .pipeline import train as run

    return run(data, taxonomy, out, say=say, **options)


def train_accurate(
    data: Sequence[Path],
    taxonomy: Taxonomy,
    out: Path,
    *,
    encoder: str,
    work: Path,
    recipe: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Fine-tune an encoder beside a linear model; see `techtags.training.accurate.train_accurate`.

    Args:
        data, taxonomy, out, work, options: as there.
        encoder: folder, or name on a hub, of a pretrained encoder.
        recipe: the other fields of `techtags.training.finetune.Recipe`.

    Raises:
        MissingExtra: scikit-learn is not installed.
        DataError: a file cannot be used, or another package is missing.
    """
    _need_sklearn()
    from .accurate import train_accurate as run
    from .finetune import Recipe

    made = Recipe(encoder=encoder, seed=int(options.get("seed", 0)), **(recipe or {}))
    return run(data, taxonomy, out, recipe=made, work=work, **options)


def _need_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise MissingExtra('training needs scikit-learn: pip install "techtags[train]"') from None
