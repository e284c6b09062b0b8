"""Ids of firms: which prove that two mentions are one firm, and which cannot be right."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# GB 32100-2015: the characters of 统一社会信用代码 (no I, O, S, V, Z), valued 0 to 30.
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SCHEMES = {"统一社会信用代码": "uscc", "社会信用代码": "uscc", "信用代码": "uscc", "usci": "uscc", "uscic": "uscc"}


@dataclass(frozen=True, slots=True)
class FirmId:
    """An id as it counts.

    Attributes:
        scheme: in lower case, such as ``uscc`` or ``lei``.
        id: of USCC and LEI without spaces and in capitals; of other schemes as given, without spaces around it.
        problem: what is wrong with it, or ''.
    """

    scheme: str
    id: str
    problem: str = ""


def read_id(scheme: str | None, given: str | None) -> FirmId | None:
    """An id from its cell; None for an empty one.

    Check characters are verified of ``uscc`` (GB 32100-2015, weights are powers of 3 modulo 31) and ``lei`` (ISO 17442, which
    takes ISO 7064 MOD 97-10).  Ids of other schemes are taken as given.
    """
    text = unicodedata.normalize("NFKC", given or "").strip()
    if not text:
        return None
    kind = unicodedata.normalize("NFKC", scheme or "id").strip().casefold()
    kind = _SCHEMES.get(kind, kind) or "id"
    if kind not in ("uscc", "lei"):
        return FirmId(kind, text)
    plain = "".join(c for c in text if not c.isspace() and c not in "-‐–.").upper()
    return FirmId(kind, plain, _wrong_uscc(plain) if kind == "uscc" else _wrong_lei(plain))


def _wrong_uscc(text: str) -> str:
    if len(text) != 18:
        return f"{len(text)} characters, not 18"
    strange = next((c for c in text if c not in _USCC), "")
    if strange:
        return f"{strange!r} cannot stand in it"
    total = sum(_USCC.index(c) * pow(3, place, 31) for place, c in enumerate(text[:17]))
    return "" if _USCC[-total % 31] == text[17] else "its check character is wrong"


def _wrong_lei(text: str) -> str:
    if len(text) != 20:
        return f"{len(text)} characters, not 20"
    if not (text.isascii() and text.isalnum() and text[18:].isdecimal()):
        return "it is not 18 letters and digits and 2 check digits"
    number = int("".join(str(int(c, 36)) for c in text))
    return "" if number % 97 == 1 else "its check digits are wrong"
