"""How codes of outside schemes are written, and which codes stand above a code.

People write the same code in many ways (``H01M 10/0525``, ``H01M0010052500``, ``C3825``, ``38.25``, ``8507.60``).  A grammar
brings them into the one form that the crosswalk uses and names the coarser codes that hold it, nearest first, so that the
longest prefix that a crosswalk knows decides.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PATENT = re.compile(r"([A-HY])(?:(\d{2})(?:([A-Z])(?:[ -]*(\d{1,4})(?:/(\d{1,6}))?)?)?)?", re.ASCII)
# IPC as databases store it: four digits of main group, six of subgroup, filled with zeros.
_PATENT_FILLED = re.compile(r"([A-HY]\d{2}[A-Z])(\d{4})(\d{6})", re.ASCII)
_VERSION = re.compile(r"\(\d{4}(\.\d\d)?\)?$", re.ASCII)  # what follows may have lost its bracket with the wrapping
_WRAPPING = "[]()'\" \t\r\n\u2018\u2019\u201c\u201d"
_SPACE = re.compile(r"\s")
# What a spreadsheet makes of a code that it takes for a number.
_FLOAT = re.compile(r"(?<=\d\d)\.0$", re.ASCII)

# First division of each section: facts of the classifications.
_ISIC = "A01 B05 C10 D35 E36 F41 G45 H49 I55 J58 K64 L68 M69 N77 O84 P85 Q86 R90 S94 T97 U99"
_GBT = "A01 B06 C13 D44 E47 F51 G53 H61 I63 J66 K70 L71 M73 N76 O80 P83 Q84 R86 S91 T97"
_NAICS_RANGES = {"31": "31-33", "32": "31-33", "33": "31-33", "44": "44-45", "45": "44-45", "48": "48-49", "49": "48-49"}


def chain(scheme: str, text: str) -> tuple[str, ...]:
    """The code in `text` as `scheme` writes it, followed by the codes above it, nearest first.

    Args:
        scheme: id of a crosswalk; one that is not known here has codes without levels.
        text: what a table holds.

    Returns:
        an empty tuple where `text` is no code of the scheme.
    """
    return _GRAMMARS.get(scheme, _plain)(_bare(text))


def has_grammar(scheme: str) -> bool:
    """Whether the scheme has codes whose form is known, rather than names alone."""
    return scheme in _GRAMMARS


def looks_like_patent_class(text: str) -> bool:
    """Whether `text` can only be a code of CPC or IPC, at the level of a subclass or below."""
    code = _bare(text)
    return len(code) >= 4 and len(_patent(code)) > 2


def _bare(text: str) -> str:
    """Full width made half width, without spaces, quotes and brackets around."""
    if not text.isascii():
        text = _SPACE.sub(" ", unicodedata.normalize("NFKC", text))
    bare = text.strip(_WRAPPING)
    if not ("(" in bare or ")" in bare or "[" in bare or "]" in bare):
        return bare
    for left, right in ("()", "[]"):
        # A bracket that opens within a name closes it: Software (B2B).
        if bare.count(left) > bare.count(right):
            bare += right
        elif bare.count(left) < bare.count(right):
            bare = left + bare
    return bare


def _digits_of(text: str) -> str:
    """A code that is written in digits, without the points and spaces in it; empty if it has other characters."""
    code = _FLOAT.sub("", text).replace(".", "").replace(" ", "")
    return code if code.isascii() and code.isdigit() else ""


def _plain(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _tidied(text: str) -> str:
    """A patent code without what databases write around and into it."""
    code = _VERSION.sub("", "".join(text.upper().split()))
    if code.startswith(("CPC", "IPC")):
        code = code[3:].lstrip(":-")
    filled = _PATENT_FILLED.fullmatch(code)
    if filled is None:
        return code
    # The subgroup's digits stand first, zeros fill the rest: 052500 is 0525; two digits at least.
    return f"{filled[1]}{int(filled[2])}/{filled[3].rstrip('0').ljust(2, '0')}"


def _patent(text: str) -> tuple[str, ...]:
    # Most codes are written as they should be.
    found = _PATENT.fullmatch(text) or _PATENT.fullmatch(_tidied(text))
    if not found:
        return ()
    section, number, letter, group, sub = found.groups()
    above = _down_to_group(section, number, letter, group)
    if not sub or not sub.strip("0"):
        return above
    # Subgroups nest by their leading digits: 10/0525 lies in 10/052, and that in 10/05.
    code = f"{above[0]}/{sub}"
    return (code, *[code[:n] for n in range(-1, 1 - len(sub), -1)], *above)


@lru_cache(maxsize=1 << 14)
def _down_to_group(section: str, number: str | None, letter: str | None, group: str | None) -> tuple[str, ...]:
    out = [section]
    if number:
        out.append(section + number)
    if letter:
        out.append(out[-1] + letter)
    if group:
        out.append(f"{out[-1]}{int(group)}")
    return tuple(reversed(out))


def _pairs(longest: int, cut: int = 0) -> Callable[[str], tuple[str, ...]]:
    """Codes of digits alone, two more at each level, up to `longest` digits; national ones, up to `cut`, are cut to that.

    An odd number of digits is no code: most such have lost the zero at their front, and would be taken for another code.
    """

    def grammar(text: str) -> tuple[str, ...]:
        code = _digits_of(text)
        if not code or len(code) % 2 or len(code) > max(longest, cut):
            return ()
        return tuple(code[:n] for n in range(min(len(code), longest), 0, -2))

    return grammar


def _sectioned(divisions: str, *, dotted: bool) -> Callable[[str], tuple[str, ...]]:
    """Codes whose first two digits belong to a lettered section, which may stand before them."""
    letters = [part[0] for part in divisions.split()]
    first = [int(part[1:]) for part in divisions.split()]

    def grammar(text: str) -> tuple[str, ...]:
        first_letter = text[:1].upper()
        letter = first_letter if first_letter in letters else ""
        rest = text[len(letter) :]
        if letter and not rest:
            return (letter,)
        digits = _digits_of(rest)
        if not 2 <= len(digits) <= 4 or int(digits[:2]) < first[0]:
            return ()
        section = letters[bisect_right(first, int(digits[:2])) - 1]
        if letter and letter != section:
            return ()
        parts = [digits[:n] for n in range(len(digits), 1, -1)]
        if dotted:
            parts = [p if len(p) == 2 else f"{p[:2]}.{p[2:]}" for p in parts]
        return (*parts, section)

    return grammar


def _naics(text: str) -> tuple[str, ...]:
    code = text.replace(" ", "").replace("\u2013", "-")
    if code in _NAICS_RANGES.values():
        return (code,)
    code = _digits_of(code)
    if not 2 <= len(code) <= 6:
        return ()
    parts = [code[:n] for n in range(len(code), 2, -1)]
    return (*parts, _NAICS_RANGES.get(code[:2], code[:2]))


_GICS_LEVELS = _pairs(8)
_HS_LEVELS = _pairs(6, cut=12)
_ROMAN = re.compile(r"X{0,2}(?:IX|IV|V?I{0,3})(?<=.)")


def _hs(text: str) -> tuple[str, ...]:
    """Sections are written in Roman numerals; what they hold cannot be seen from the codes."""
    section = text.upper()
    return (section,) if _ROMAN.fullmatch(section) else _HS_LEVELS(text)


def _gics(text: str) -> tuple[str, ...]:
    return _GICS_LEVELS(text.upper().removeprefix("GICS").strip(": "))


_DEEPEST = 6  # levels of any scheme; a cell of a million points is no code


def _dotted(text: str) -> tuple[str, ...]:
    """Codes such as 1.2.3, and names, which have nothing above them."""
    parts = text.split(".")
    if len(parts) > _DEEPEST or not all(p.isascii() and p.isdigit() for p in parts):
        return _plain(text)
    return tuple(".".join(parts[:n]) for n in range(len(parts), 0, -1))


_ARXIV_ARCHIVE = re.compile(r"[a-z][a-z-]*[a-z]")
_ARXIV_CATEGORY = re.compile(r"[A-Za-z][A-Za-z-]*[A-Za-z]")
_SHENWAN = re.compile(r"(\d{6})(?:\.0|\.SI)?", re.ASCII | re.IGNORECASE)
_OPENALEX = re.compile(r"(?:.*/)?[Tt]?(\d{5})", re.ASCII)


def _arxiv(text: str) -> tuple[str, ...]:
    archive, _, category = text.partition(".")
    archive = archive.lower()
    if not _ARXIV_ARCHIVE.fullmatch(archive):
        return ()
    if not category:
        return (archive,)
    if not _ARXIV_CATEGORY.fullmatch(category):
        return ()
    # cs.LG, but cond-mat.mes-hall.
    return (f"{archive}.{category.upper() if len(category) == 2 else category.lower()}", archive)


def _openalex(text: str) -> tuple[str, ...]:
    found = _OPENALEX.fullmatch(text)
    return (f"T{found[1]}",) if found else _plain(text)


def _shenwan(text: str) -> tuple[str, ...]:
    found = _SHENWAN.fullmatch(text)
    return (found[1],) if found else _plain(text)


_GRAMMARS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "cpc": _patent,
    "ipc": _patent,
    "naics-2022": _naics,
    "isic-4": _sectioned(_ISIC, dotted=False),
    "nace-2": _sectioned(_ISIC, dotted=True),
    "gbt-4754-2017": _sectioned(_GBT, dotted=False),
    "hs-2022": _hs,
    "anzsrc-for-2020": _pairs(6),
    "gics": _gics,
    "sei-2018": _dotted,
    "arxiv": _arxiv,
    "openalex": _openalex,
    "shenwan-2021": _shenwan,
}
