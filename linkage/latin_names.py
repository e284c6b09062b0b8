"""Names in Latin letters (and others that put spaces between words), taken apart."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from .name_words import meanings, phrases, pinyin

_ROMAN = {"ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "xiii", "xiv", "xv"}
_ORDINALS = dict(
    zip(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"],
        range(1, 13),
        strict=True,
    )
)
_AREAS = {"city", "province", "municipality", "prefecture", "municipal", "provincial"}
_LONG = 8  # letters that a word needs before one wrong letter in it is taken for a slip


def tokens(text: str) -> list[str]:
    """The words of a folded text; letters between dots belong together (s.p.a.), as do letters alone (s r o)."""
    text = text.replace("'", "").replace("&", " and ").replace("+", " and ")
    text = re.sub(r"\b((?:\w\.){1,}\w)\b\.?", lambda found: found[1].replace(".", ""), text)
    text = re.sub(r"\b(\w)/(\w)\b", r"\1\2", text)
    words = [word for word in re.split(r"[\W_]+", text) if word]
    joined: list[str] = []
    alone = False
    for word in words:
        single = len(word) == 1 and word.isalpha()
        if single and alone:
            joined[-1] += word
        else:
            joined.append(word)
        alone = single
    return joined


def has_form(text: str) -> bool:
    """Whether the text ends with a legal form and has a name before it."""
    words = tokens(text)
    return _ending(words, phrases("form")) < len(words)


def _ending(words: list[str], known: dict[tuple[str, ...], str], least: int = 1) -> int:
    """Where the longest known phrase at the end begins; the number of words if there is none or nothing else is left."""
    for start in range(least, len(words)):
        if tuple(words[start:]) in known:
            return start
    return len(words)


def take_apart(text: str, inside: list[str]) -> dict[str, Any]:
    """The parts of a folded name, by the names of `FirmName`'s attributes.

    Args:
        text: the name; NUL-number-NUL stands for what a pair of brackets holds.
        inside: what they hold.
    """
    parts: dict[str, Any] = {"place": "", "style": ""}
    rank: set[str] = set()
    for number, content in enumerate(inside):
        text = text.replace(f"\x00{number}\x00", _bracket(content, parts, rank))
    words = tokens(text)
    if not words:
        return {}
    words = _branch(words, parts)
    words = _without_form(words, parts)
    kept = list(words)
    numbers, words = _numbers(words)
    words = _ranks(words, rank)
    words = _places(words, parts)
    stem, business, generic = _lines(words)
    if not stem or _is_place(stem):
        # A generic name ("China National Chemical"): all of it is the name.
        if parts["style"] == "before":
            words = [*parts["place"].split(), *words]
            parts["place"] = parts["style"] = ""
        stem, business, generic = _canonical(words) or kept, [], []
    return parts | {
        "words": tuple(_canonical(kept) or kept),
        "stem": "".join(stem),
        "stem_words": tuple(sorted(stem)),
        "business": tuple(sorted(set(business))),
        "generic": tuple(sorted(set(generic))),
        "rank": tuple(sorted(rank)),
        "numbers": tuple(sorted(numbers)),
        "solid": "".join(word for word in words if word not in meanings("joining")) or "".join(words),
    }


def _bracket(content: str, parts: dict[str, Any], rank: set[str]) -> str:
    """What stays in the name of what its brackets hold."""
    words = tokens(content)
    place = phrases("place").get(tuple(words)) or phrases("abroad").get(tuple(words))
    if place:
        parts |= {"place": place, "style": "inside"}
        return " "
    ending = _ending(words, phrases("branch"), least=0)
    if ending < len(words):
        parts |= {"unit_kind": phrases("branch")[tuple(words[ending:])], "unit": " ".join(words[:ending]) or "unnamed"}
        return " "
    if words and all(word in meanings("rank") for word in words):
        rank |= {meanings("rank")[word] for word in words}
        return " "
    if tuple(words) in phrases("form"):
        return " "
    return f" {content} "


def _branch(words: list[str], parts: dict[str, Any]) -> list[str]:
    """Take a branch's part off the end: "X Ltd Hangzhou Branch", "X Hangzhou Branch", "X Zweigniederlassung Wien"."""
    known = phrases("branch")
    ends = [(start, end) for start in range(1, len(words)) for end in (start + 2, start + 1) if tuple(words[start:end]) in known]
    for start, end in ends:
        kind = known[tuple(words[start:end])]
        before, behind = words[:start], words[end:]
        if behind and words[start] in ("branch", "office", "filial", "subsidiary"):
            continue  # Olive Branch Foods
        if behind and not (_is_place(behind) or words[start].endswith("niederlassung")):
            continue
        cut = next((at for at in range(len(before), 0, -1) if _ending(before[:at], phrases("form")) < at), 0)
        if not behind and not cut:
            cut = next((at for at in range(1, len(before)) if _is_place(before[at:])), 0)
            if not cut and end - start < 2:
                continue
        cut = cut or len(before)
        parts |= {"unit_kind": kind, "unit": " ".join(before[cut:] + behind) or "unnamed"}
        return before[:cut]
    return words


def _is_place(words: list[str]) -> bool:
    return tuple(words) in phrases("place") or tuple(words) in phrases("abroad")


def _without_form(words: list[str], parts: dict[str, Any]) -> list[str]:
    forms = phrases("form")
    form = ""
    while True:
        before = words
        end = _ending(words, forms)
        if end < len(words):
            form = form or forms[tuple(words[end:])]
            words = words[:end]
        elif len(words) > 1 and words[0] in meanings("form_before"):
            form = form or meanings("form").get(words[0], words[0])
            words = words[1:]
        elif len(words) > 1 and words[0] in meanings("article"):
            words = words[1:]
        elif not form:
            # An address behind the form: "X Co., Ltd., Beijing".
            cut = next((at for at in range(1, len(words)) if _is_place(words[at:]) and _ending(words[:at], forms) < at), 0)
            if cut:
                if not parts["place"]:
                    parts |= {"place": _place(words[cut:]), "style": "before"}
                words = words[:cut]
        if words == before:
            break
    parts["form"] = form
    return words


def _place(words: list[str]) -> str:
    return phrases("place").get(tuple(words)) or phrases("abroad").get(tuple(words), "")


def _numbers(words: list[str]) -> tuple[set[str], list[str]]:
    numbers: set[str] = set()
    kept: list[str] = []
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if word.isdecimal():
            numbers.add(str(int(word)))
        elif word in _ORDINALS:
            numbers.add(str(_ORDINALS[word]))
        elif at and (
            word in _ROMAN or (word in ("i", "v", "x") and (at == len(words) - 1 or words[at - 1] in ("fund", "phase")))
        ):
            numbers.add(word)
        elif word in ("no", "nr", "number", "phase") and (
            following.isdecimal() or following in _ROMAN or following in ("i", "v", "x")
        ):
            continue
        else:
            kept.append(word)
    return (numbers, kept) if kept else (set(), words)


def _ranks(words: list[str], rank: set[str]) -> list[str]:
    kept = [word for at, word in enumerate(words) if not at or word not in meanings("rank")]
    rank |= {meanings("rank")[word] for word in words[1:] if word in meanings("rank")}
    return kept


def _places(words: list[str], parts: dict[str, Any]) -> list[str]:
    """Take places off both ends, where a name of the firm's own is left."""
    while not parts["place"] or parts["style"] == "before":
        size = next((n for n in (2, 1) if tuple(words[:n]) in phrases("place")), 0)
        rest = words[size:]
        while size and rest and rest[0] in _AREAS:
            rest = rest[1:]
        if not size or not _own(rest):
            break
        parts |= {"place": phrases("place")[tuple(words[:size])], "style": "before"}
        words = rest
    if not parts["place"] or parts["style"] == "before":
        cut = next((at for at in (len(words) - 2, len(words) - 1) if at > 0 and _is_place(words[at:])), 0)
        if cut and _own(words[:cut]):
            parts |= {"place": _place(words[cut:]), "style": "inside"}
            words = words[:cut]
    return words


def _own(words: list[str]) -> list[str]:
    return _lines(words)[0]


def _lines(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The stem's words, those of the line of business, and those that say little."""
    stem, business, generic = [], [], []
    for word in _canonical(words):
        if word in meanings("specific"):
            business.append(word)
        elif word in meanings("generic"):
            generic.append(word)
        else:
            stem.append(word)
    return stem, business, generic


def _canonical(words: list[str]) -> list[str]:
    """The words without those that only join others, abbreviations and plurals written out, compounds put together."""
    joined: list[str] = []
    for word in words:
        if word in meanings("joining"):
            continue
        if joined and len(word) > 1 and len(joined[-1]) > 1 and _word(joined[-1] + word) in _compounds():
            joined[-1] += word
        else:
            joined.append(word)
    return [_word(word) for word in joined]


@cache
def _compounds() -> frozenset[str]:
    names = "optoelectronic microelectronic biotechnology nanotechnology biomedical bioscience biopharmaceutical hightech"
    return frozenset([*names.split(), "telecommunication", "photovoltaic", "petrochemical", "semiconductor", "hydropower"])


@lru_cache(maxsize=1 << 16)
def _word(word: str) -> str:
    """The canonical spelling of a word that the lists know, also with one slip in a long one; else the word."""
    for name in ("specific", "generic"):
        if word in meanings(name):
            return meanings(name)[word]
    if len(word) >= _LONG:
        from rapidfuzz import process
        from rapidfuzz.distance import DamerauLevenshtein

        found = process.extractOne(word, _long_words(), scorer=DamerauLevenshtein.distance, score_cutoff=1)
        if found:
            return _word(found[0])
    return word


@cache
def _long_words() -> list[str]:
    return sorted(word for name in ("specific", "generic") for word in meanings(name) if len(word) >= _LONG)


def is_pinyin(words: tuple[str, ...]) -> bool:
    """Whether each word could be Chinese in Latin letters: there one letter more or less makes another name."""
    return all(_syllables().fullmatch(word) for word in words)


@cache
def _syllables() -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(sorted(pinyin(), key=lambda s: (-len(s), s))) + ")+")
