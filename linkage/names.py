"""Firms' names: made comparable, and taken apart into the parts that decide whether two name one firm.

A name is a stem that is the firm's own ("Zhelin", 澄岳), the line of business (semiconductors, 光电), words that say little
(technology, 科技), a place, a rank (group, holding), a number, a branch and a legal form.  The law on Chinese names asks for
just these parts (place, stem, business, form), and English names mostly have them, in another order.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from .errors import LinkError
from .name_words import meanings

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]")
_PLAIN = {
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "ħ": "h",
    "’": "'",
    "‘": "'",
    "`": "'",
}
_PLAIN |= (
    dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("“”„«»「」『』《》", '"')
    | dict(zip("【〔〖［】〕〗］", "(((())))", strict=True))
)
_TO_PLAIN = str.maketrans(_PLAIN)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

_FORMER = (
    r"曾用名称?|原名称?|旧名|旧称|前身|"
    r"formerly(?: known)?(?: as)?|previously(?: known)?(?: as)?|former name|f/k/a|fka|f\.k\.a\.?"
)
_ALSO = (
    r"以下简称|下称|简称|又名|又称|别名|也称|"
    r"also known as|trading as|doing business as|a/k/a|aka|a\.k\.a\.?|d/b/a|dba|d\.b\.a\.?|t/a"
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_LABELLED = re.compile(rf"^\s*(?:(?P<former>{_FORMER}|原(?=.{{3}}))|(?P<also>{_ALSO}))\s*[:为是]?\s*(?P<name>.+)$")
_BEHIND = re.compile(rf"(?:^|(?<=[\s,;)]))(?:(?P<former>{_FORMER})|(?P<also>{_ALSO}))\s*[:为是]?\s*(?P<name>.+)$")
_REMARK = re.compile(
    r"""^\s*(?:已?(?:注销|吊销|更名|停业|解散|清算)(?:中|,.*)?|存续|在业|在营|开业|本部|总部|上市|非上市|publ|the\s.*|"?company"?|"group"|
    in\s(?:liquidation|administration|receivership|dissolution)|dissolved|deregistered|inactive|defunct|headquarters?|hq|parent\scompany|
    (?:[a-z]+\s?:\s?)?(?:sh|sz|bj|hk|ss|us)?[.:\s]?\d{4,6}(?:[.:\s]?(?:sh|sz|bj|hk|ss|t|tw|ks))?|
    (?:nyse|nasdaq|sse|szse|hkex|lse|tse|asx|tsx|otc\w*)\s?:\s?[\w.]+|股票代码.*|代码.*|stock\scode.*|ticker.*)\s*$""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name that stands within a name as written.

    Attributes:
        name: as it stands there.
        kind: ``former``, ``also`` (a short name, a trading name), ``acronym``, or ``spelling`` (another language, umlauts
            written out).
    """

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class FirmName:
    """A firm's name, taken apart; all parts are folded.

    Attributes:
        folded: the whole name.
        words: what is left in its order when legal form, article, brackets and remarks are gone; abbreviations written out.
        stem: the words that are the firm's own, joined; of a name that has none, all its words.
        stem_words: the same, apart and sorted.
        business: what the firm does, sorted.
        generic: words such as technology, sorted.
        place: a place, or ''.
        style: ``before`` (Shanghai X), ``inside`` (X (Shanghai)) or ''.
        rank: group, holding, international, sorted.
        numbers: of numbered firms (第三, No. 3, III), sorted.
        form: the class of its legal form, or '' where the name is written without one.
        unit: for a branch what tells it from others, else ''.
        unit_kind: ``branch``, ``subsidiary`` or ''.
        solid: the words as written, joined, without place, rank and form.
        han: whether it is written in Chinese or Japanese.
        aliases: other names that stand in brackets or behind "formerly".
    """

    folded: str
    words: tuple[str, ...] = ()
    stem: str = ""
    stem_words: tuple[str, ...] = ()
    business: tuple[str, ...] = ()
    generic: tuple[str, ...] = ()
    place: str = ""
    style: str = ""
    rank: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    form: str = ""
    unit: str = ""
    unit_kind: str = ""
    solid: str = ""
    han: bool = False
    aliases: tuple[Alias, ...] = field(default=(), compare=False)

    @property
    def full(self) -> bool:
        """Whether the name has its legal form, as a registered name has."""
        return bool(self.form)

    @property
    def family(self) -> str:
        """The forms that may stand for one another: by language and jurisdiction."""
        return meanings("family").get(self.form, self.form)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two spellings of one name."""
        form = "" if self.family in ("en", "zh") and self.form not in ("plc", "股份", "llc") else self.form
        return (
            self.stem,
            self.business,
            self.generic,
            self.place,
            self.style,
            self.rank,
            self.numbers,
            self.unit,
            form,
            self.full,
        )


def fold(name: str) -> str:
    """`name` in one width, case and script (simplified Chinese), without accents and with plain quotes, brackets and dashes.

    Folding twice changes nothing.

    Raises:
        LinkError: the name has Chinese characters and OpenCC is not installed.
    """
    text = name
    for _ in range(6):
        before = text
        text = unicodedata.normalize("NFKC", text).casefold()
        if not text.isprintable():
            text = "".join(c for c in text if c.isprintable() or c.isspace())
        text = _without_accents(text).translate(_TO_PLAIN)
        if HAN.search(text):
            text = _simplified(text)
        text = " ".join(text.split())
        if text == before:
            break
    return text


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    for char in unicodedata.normalize("NFD", text):
        # The marks of Japanese kana and of Indian scripts make other letters; accents do not.
        if unicodedata.category(char) == "Mn" and 0x300 <= ord(char) <= 0x36F:
            continue
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


@cache
def _converter() -> Any:
    try:
        from opencc import OpenCC
    except ImportError:
        raise LinkError('Chinese names need OpenCC: pip install "techtags[linkage]"') from None
    return OpenCC("t2s")


@lru_cache(maxsize=1 << 16)
def _simplified(text: str) -> str:
    converted: str = _converter().convert(text)
    return converted


def normalise(name: str) -> str:
    """A name as one string to compare: folded, without legal form, article, remarks and other names, abbreviations written out.

    Places, ranks, lines of business and numbers stay.  Normalising twice changes nothing; the result is empty only where
    `name` has no visible character.
    """
    text = fold(name)
    for _ in range(12):
        parsed = parse(text)
        once = ("" if parsed.han else " ").join(parsed.words) or text
        if once == text:
            break
        text = once
    return text


@lru_cache(maxsize=1 << 17)
def parse(name: str) -> FirmName:
    """Take a name apart.

    Raises:
        LinkError: as `fold`.
    """
    from . import han_names, latin_names

    folded = fold(name)
    main, aliases, inside = _split(folded)
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    if re.search("[äöü]", lowered) and not HAN.search(folded):
        aliases.append(Alias(lowered.translate(_UMLAUTS), "spelling"))
    take_apart = han_names.take_apart if HAN.search(main) else latin_names.take_apart
    parts = take_apart(main, inside)
    if not parts.get("stem"):
        bare = re.sub(r"[\W_]+", "", main) or folded
        parts |= {"stem": bare, "stem_words": (bare,), "solid": bare, "words": (folded,)}
    return FirmName(folded=folded, aliases=tuple(aliases), han=take_apart is han_names.take_apart, **parts)


def _split(folded: str) -> tuple[str, list[Alias], list[str]]:
    """The name itself, other names in it, and what stands in brackets that belongs to it."""
    aliases: list[Alias] = []
    inside: list[str] = []

    def bracket(found: re.Match[str]) -> str:
        content = found[1].strip()
        before = folded[: found.start()]
        if not content or not before.strip() or _REMARK.match(content):
            return " "
        if labelled := _LABELLED.match(content):
            _add(aliases, labelled)
            return " "
        if HAN.search(before) and not HAN.search(content) and _has_form(content):
            aliases.append(Alias(content, "spelling"))
            return " "
        if not HAN.search(before) and HAN.search(content):
            aliases.append(Alias(content, "spelling"))
            return " "
        if not HAN.search(before) and _is_acronym(content, before):
            aliases.append(Alias(content, "acronym"))
            return " "
        inside.append(content)
        return f" \x00{len(inside) - 1}\x00 "

    main = _BRACKETS.sub(bracket, folded)
    if (behind := _BEHIND.search(main)) and main[: behind.start()].strip(" ,;"):
        _add(aliases, behind)
        main = main[: behind.start()]
    main = main.strip(" ,;.。、:")
    main, other = _two_languages(main)
    if other:
        aliases.append(Alias(other, "spelling"))
    return main or folded, aliases, inside


def _add(aliases: list[Alias], found: re.Match[str]) -> None:
    kind = "former" if found["former"] else "also"
    for name in re.split(r"[、;]", found["name"]):
        cleaned = name.strip(" \"'.,()")
        if cleaned and cleaned not in ("company", "the company", "公司", "本公司"):
            aliases.append(Alias(cleaned, kind))


def _has_form(text: str) -> bool:
    from .latin_names import has_form

    return has_form(text)


def _is_acronym(content: str, before: str) -> bool:
    """Whether `content` is made of first letters of the words before it, in their order."""
    letters = re.sub(r"[^a-z]", "", content)
    if not 2 <= len(letters) <= 8 or " " in content.strip():
        return False
    initials = iter(re.sub(r"[^a-z ]", "", before.replace("-", " ")).split())
    return all(any(word.startswith(letter) for word in initials) for letter in letters)


def _two_languages(text: str) -> tuple[str, str]:
    """Divide a cell that holds a name in Chinese and again in English."""
    found = re.match(r"^(?P<han>.*[\u3400-\u9fff])[\s/|,;·-]*(?P<latin>[a-z][^\u3400-\u9fff]*)$", text) or re.match(
        r"^(?P<latin>[a-z][^\u3400-\u9fff]*?)[\s/|,;·-]*(?P<han>[\u3400-\u9fff].*)$", text
    )
    if found and "\x00" not in found["latin"] and _has_form(found["latin"]) and len(HAN.findall(found["han"])) >= 4:
        return found["han"].strip(), found["latin"].strip()
    return text, ""
