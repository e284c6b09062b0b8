"""Chinese and Japanese names, taken apart: place, stem, business, form."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .name_words import longest_first, meanings

_NUMERAL = r"[一二三四五六七八九十百\d]+"
_NUMBERS = re.compile(rf"第({_NUMERAL})|({_NUMERAL})(?=号|期|局|院|所|航|冶|建$)")
_DIGITS = {char: value for value, char in enumerate("一二三四五六七八九", 1)}
_LONGEST = 8  # characters of a known word
_BODIES = "公司|集团|银行|厂|研究院|研究所|中心|会社|事务所|学院|大学|医院"
_DISTRICT = re.compile(r"^[\u3400-\u9fff]{1,3}?(?:高新区|开发区|新区|区|县|镇)(?=[\u3400-\u9fff]{4,})")


def take_apart(text: str, inside: list[str]) -> dict[str, Any]:
    """The parts of a folded name, by the names of `FirmName`'s attributes.

    Args:
        text: the name; NUL-number-NUL stands for what a pair of brackets holds.
        inside: what they hold.
    """
    parts: dict[str, Any] = {"place": "", "style": "", "form": ""}
    rank: set[str] = set()
    for number, content in enumerate(inside):
        text = text.replace(f"\x00{number}\x00", _bracket(re.sub(r"[\W_]+", "", content), parts, rank))
    text = re.sub(r"[\W_]+", "", text)
    if len(text) > 3 and text.endswith("等"):
        text = text[:-1]
    if not text:
        return {}
    text = _branch(text, parts)
    text = _without_form(text, parts)
    words = text
    numbers = {_value(found[1] or found[2]) for found in _NUMBERS.finditer(text)}
    text = _NUMBERS.sub("", text) or text
    text = _ranks(text, rank)
    solid = text
    text = _places(text, parts)
    stem, business, generic = _lines(text)
    if not stem or _place(stem)[0] == stem:
        # A generic name (上海电气): place and first line of business are its own.
        if parts["style"] == "before":
            parts["place"] = parts["style"] = ""
        first, *others = _in_order(text[len(stem) :]) or [""]
        stem = stem + first or solid
        business, generic = _sorted_out(others)
    return parts | {
        "words": (words,),
        "stem": stem,
        "stem_words": (stem,),
        "business": tuple(sorted(set(business))),
        "generic": tuple(sorted(set(generic))),
        "rank": tuple(sorted(rank)),
        "numbers": tuple(sorted(numbers)),
        "solid": text,
    }


def _value(numeral: str) -> str:
    if numeral.isdecimal():
        return str(int(numeral))
    if "百" in numeral or any(c.isdecimal() for c in numeral):
        return numeral
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return "".join(str(_DIGITS[c]) for c in numeral)
    return str((_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0))


def _bracket(content: str, parts: dict[str, Any], rank: set[str]) -> str:
    """What stays in the name of what its brackets hold."""
    place, rest = _place(content, certain=True)
    if not place and content in meanings("han_abroad"):
        place, rest = content, ""
    while place and rest and rest not in meanings("han_ending"):
        further, rest = _place(rest, certain=True)
        if not further:
            place = ""
        place = place and further
    if place:
        parts |= {"place": place, "style": "inside"}
        return ""
    if content in meanings("han_form"):
        parts["form"] = meanings("han_form")[content]
        return ""
    left = content
    for word in longest_first("han_rank"):
        left = left.replace(word, "")
    if content and not left:
        rank |= {meaning for word, meaning in meanings("han_rank").items() if word in content}
        return ""
    for ending in longest_first("han_branch"):
        if content.endswith(ending):
            parts |= {"unit_kind": meanings("han_branch")[ending], "unit": content[: -len(ending)] or "unnamed"}
            return ""
    return content


def _branch(text: str, parts: dict[str, Any]) -> str:
    """Take a branch's part off the end: X有限公司杭州分公司, X杭州分公司, X银行深圳分行."""
    for ending in longest_first("han_branch"):
        if not text.endswith(ending) or len(text) <= len(ending) + 1:
            continue
        before = text[: -len(ending)]
        found = re.match(rf"^(.*(?:{_BODIES}))(.{{0,12}})$", before)
        base, label = (found[1], found[2]) if found else (before, "")
        if not found:
            cut = next((at for at in range(2, len(before)) if _is_place(before[at:])), 0)
            numbered = re.search(rf"第{_NUMERAL}$", before)
            if cut:
                base, label = before[:cut], before[cut:]
            elif numbered and numbered.start() >= 2:
                base, label = before[: numbered.start()], numbered[0]
            elif ending in ("分部", "分社", "分所", "分店", "事业部", "支店"):
                continue
        parts |= {"unit_kind": meanings("han_branch")[ending], "unit": _unit(label) or "unnamed"}
        return base
    return text


def _unit(label: str) -> str:
    place, rest = _place(label, certain=True)
    return place if place and not rest else label


def _is_place(text: str) -> bool:
    place, rest = _place(text, certain=True)
    return bool(place) and not rest


def _place(text: str, *, certain: bool = False) -> tuple[str, str]:
    """The place that the text begins with and what follows it, its administrative ending left out; '' if none."""
    known = meanings("han_place")
    place = next((text[:size] for size in range(_LONGEST, 1, -1) if text[:size] in known), "")
    if not place:
        return "", text
    rest = text[len(place) :]
    ending = next((e for e in longest_first("han_ending") if rest.startswith(e)), "")
    if place in meanings("han_unsure") and not ending and not certain:
        return "", text
    return place, rest[len(ending) :]


def _places(text: str, parts: dict[str, Any]) -> str:
    """Take places off the front, where a name of the firm's own is left; the last one is the nearest."""
    while not parts["place"] or parts["style"] == "before":
        place, rest = _place(text)
        if not place or len(rest) < 2 or not _lines(rest)[0]:
            break
        if (district := _DISTRICT.match(rest)) and _lines(rest[district.end() :])[0]:
            rest = rest[district.end() :]
        parts |= {"place": place, "style": "before"}
        text = rest
    return text


def _without_form(text: str, parts: dict[str, Any]) -> str:
    again = True
    while again and text not in meanings("han_form"):
        again = False
        for form in longest_first("han_form"):
            if text.endswith(form) and len(text) > len(form):
                parts["form"] = parts["form"] or meanings("han_form")[form]
                text, again = text[: -len(form)], True
                break
        for form in longest_first("han_form_before"):
            if text.startswith(form) and len(text) > len(form):
                parts["form"] = parts["form"] or meanings("han_form")[form]
                text, again = text[len(form) :], True
    return text


def _ranks(text: str, rank: set[str]) -> str:
    for word in longest_first("han_rank"):
        left = text.replace(word, "")
        if left != text and len(left) >= 2:
            rank.add(meanings("han_rank")[word])
            text = left
    return text


@cache
def _known() -> frozenset[str]:
    return frozenset({*meanings("han_generic"), *meanings("han_specific")})


def _last(text: str, spare: int) -> str:
    """The longest known word at the end that leaves nothing or at least `spare` characters before it."""
    sizes = (size for size in range(min(_LONGEST, len(text)), 0, -1) if size == len(text) or len(text) - size >= spare)
    return next((text[-size:] for size in sizes if text[-size:] in _known()), "")


def _lines(text: str) -> tuple[str, list[str], list[str]]:
    """The stem, the words of the line of business, and those that say little; read from the end."""
    found: list[str] = []
    while word := _last(text, 2):
        found.append(word)
        text = text[: -len(word)]
    return (text, *_sorted_out(found))


def _in_order(text: str) -> list[str]:
    """The known words that the whole of `text` is made of, from the front."""
    found: list[str] = []
    while text:
        word = _last(text, 0) or text
        found.insert(0, word)
        text = text[: -len(word)]
    return found


def _sorted_out(words: list[str]) -> tuple[list[str], list[str]]:
    generic = meanings("han_generic")
    return [word for word in words if word not in generic], [word for word in words if word in generic]
