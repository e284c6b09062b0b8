"""Comparing designations: one normal form for labels, aliases and what people type."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_CHINESE = re.compile("[\u3400-\u9fff]")


def normal(text: str) -> str:
    """Full width made half width, case folded, runs of space made one.

    Two designations are the same designation when their normal forms are equal.
    """
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def is_chinese(text: str) -> bool:
    """Whether `text` holds a Chinese character."""
    return _CHINESE.search(text) is not None
