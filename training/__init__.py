"""Making and measuring models: annotated rows in, a model folder out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .evaluate import evaluate, evaluate_labels
from .rows import DataError, Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..taxonomy import Taxonomy

__all__ = ["DataError", "MissingExtra", "Row", "evaluate", "evaluate_labels", "read_rows", "train"]


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
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise MissingExtra('training needs scikit-learn: pip install "techtags[train]"') from None
    from .pipeline import train as run

    return run(data, taxonomy, out, say=say, **options)
