"""Chinese for tools that know words by the spaces between them.

Standard library only: the environment of Annif imports this file too, where techtags is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Punkt ends sentences at these, and not at the Chinese ones.
STOPS = str.maketrans({"。": ".", "！": "!", "？": "?", "；": ".", "，": ",", "：": ":"})


def segmented(text: str, cut: Callable[[str], Iterable[str]]) -> str:
    """The words of a text with one space between them, sentences ended as Western ones are.

    Args:
        text: in Chinese, or mixed.
        cut: splits a text into words that together are the text, as `jieba.cut` does.
    """
    return " ".join(word for word in (piece.strip() for piece in cut(text.translate(STOPS))) if word)


def jieba_cut() -> Callable[[str], Iterable[str]]:
    """`jieba.cut`, its dictionary loaded."""
    import jieba

    jieba.setLogLevel(60)
    jieba.initialize()
    cut: Callable[[str], Iterable[str]] = jieba.cut
    return cut
