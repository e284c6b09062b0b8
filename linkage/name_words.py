"""The words that firms' names are made of: legal forms, ranks, places, lines of business (`name_words.tsv`).

Written by hand.  `cleanco` was tried for the legal forms: it knows none in Chinese, and takes words such as "private", "as" or
"nl" off the end of names that they belong to.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files

Words = tuple[str, ...]


@cache
def _lists() -> dict[str, list[tuple[str, list[str]]]]:
    text = (files(__package__) / "name_words.tsv").read_text(encoding="utf-8")
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for row in csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE):
        found.setdefault(row["list"], []).append((row["meaning"], [word for word in row["words"].split("|") if word]))
    return found


@cache
def meanings(name: str) -> dict[str, str]:
    """What each word of a list stands for; itself where the list gives no meaning.

    Raises:
        KeyError: there is no such list.
    """
    found: dict[str, str] = {}
    for meaning, words in _lists()[name]:
        found |= {word: meaning or word for word in words}
        if name in ("generic", "specific"):
            found[meaning] = meaning
    return found


@cache
def phrases(name: str) -> dict[Words, str]:
    """As `meanings`, the words of each entry taken apart."""
    return {tuple(word.split()): meaning for word, meaning in meanings(name).items()}


@cache
def longest_first(name: str) -> Words:
    """The words of a list, the longest first."""
    return tuple(sorted(meanings(name), key=lambda word: (-len(word), word)))


@cache
def pinyin() -> frozenset[str]:
    """The syllables that Mandarin is written with (and a few that it lacks)."""
    alone = "a ai an ang ao e ei en er o ou"
    return frozenset([i + f for i in meanings("pinyin_initial") for f in meanings("pinyin_final")] + alone.split())
