"""A standard of technology tags, and a classifier that applies it to English and Chinese descriptions.

>>> from techtags import Tagger, Taxonomy
>>> tagger = Tagger.load()
>>> [result.primary for result in tagger.tag(["Fabless designer of RISC-V processors", "海上风电安装船"])]
['processors', 'wind-power']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .classifier import Assignment, Model, ModelError, Tagger, Tagging
    from .tables import TableError
    from .taxonomy import Collection, Crosswalk, CrosswalkError, Tag, Taxonomy, TaxonomyError, crosswalks

# Loaded when first used: importing techtags costs no NumPy.
_WHERE = {
    "Assignment": "classifier",
    "Collection": "taxonomy",
    "Crosswalk": "taxonomy",
    "CrosswalkError": "taxonomy",
    "Model": "classifier",
    "ModelError": "classifier",
    "TableError": "tables",
    "Tag": "taxonomy",
    "Tagger": "classifier",
    "Tagging": "classifier",
    "Taxonomy": "taxonomy",
    "TaxonomyError": "taxonomy",
    "crosswalks": "taxonomy",
}

__all__ = [
    "Assignment",
    "Collection",
    "Crosswalk",
    "CrosswalkError",
    "Model",
    "ModelError",
    "TableError",
    "Tag",
    "Tagger",
    "Tagging",
    "Taxonomy",
    "TaxonomyError",
    "__version__",
    "crosswalks",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
