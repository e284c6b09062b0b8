"""Libraries that only some formats need, imported where they are used."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import TableError

# Which extra of setup.cfg brings a library, and what it is needed for.
_EXTRAS = {
    "openpyxl": ("excel", "Excel files"),
    "pandas": ("stata", "Stata files"),
    "pyarrow": ("parquet", "Parquet files"),
    "zstandard": ("zstd", "files packed with zstd"),
}


def need(module: str) -> Any:
    """The module, imported.

    Raises:
        TableError: it is not installed; the message names the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        extra, what = _EXTRAS[module.split(".")[0]]
        raise TableError(f'{what} need {module.split(".")[0]}: pip install "techtags[{extra}]"') from None
