"""What cells say: dates, amounts of money, currencies and countries as people write them in English and Chinese.

Nothing is guessed: what may mean two things is an error, and what cannot be read is told apart from what is missing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from .codes import SHARED, country_code, currency_code
from .errors import LinkError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Unread(LinkError):
    """A cell that holds something which cannot be read."""


class Ambiguous(LinkError):
    """A cell that may mean two things; the message says how to say which."""


@dataclass(frozen=True, slots=True)
class When:
    """A date as exact as its source.

    Attributes:
        year: 1000 to 2999.
        day: the calendar day; None where only the year, or the month, is given.
    """

    year: int
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money.

    Attributes:
        value: in units of the currency.
        currency: what the cell itself says: an ISO 4217 code, one of `techtags.linkage.codes.SHARED`, or None.
        with_unit: whether the cell itself names a unit such as 万 or million.
    """

    value: float
    currency: str | None = None
    with_unit: bool = False


_MISSING = frozenset(
    (
        "", "-", "--", "---", "—", "——", "–", "/", "\\", "?", ".", "*", "n/a", "#n/a", "na", "n.a.", "nan", "nat", "none", "null",
        "nil", "\\n", "tbd", "unknown", "undisclosed", "not disclosed", "not available", "not applicable", "confidential",
        "无", "無", "暂无", "未知", "未披露", "未公布", "未公开", "未透露", "不详", "不公开", "保密", "空",
    )
)  # fmt: skip
_FOLD = str.maketrans("萬億圓幣歐鎊韓臺國號季", "万亿圆币欧镑韩台国号季")


def _plain(text: str) -> str:
    """Full-width forms made narrow, spaces made one, traditional forms of the signs that matter here made simple."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_FOLD)
    return " ".join(text.split())


def missing(text: str) -> bool:
    """Whether a cell says nothing: it is empty, or holds a word for that such as ``n/a`` or 未披露."""
    return _plain(text).casefold() in _MISSING


# Dates

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {m: i for i, m in enumerate(_MONTH_NAMES, start=1)}
_MONTH = (
    r"(?P<m>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
_YEAR = r"([12]\d{3})"
_TIME = r"(?:(?:T|\s*)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
_YMD = (
    re.compile(rf"{_YEAR} ?([-/.]) ?(\d{{1,2}}) ?\2 ?(\d{{1,2}}){_TIME}", re.I),
    re.compile(rf"{_YEAR} ?(年) ?(\d{{1,2}}) ?月 ?(\d{{1,2}}) ?[日号]?{_TIME}", re.I),
    re.compile(rf"{_YEAR}()(\d{{2}})(\d{{2}})(?:T\d{{6}}Z?)?{_TIME}", re.I),
)
_YM = re.compile(rf"{_YEAR}(?: ?[-/.] ?(\d{{1,2}})| ?年 ?(\d{{1,2}}) ?月份?|(\d{{2}}))")
_Y = re.compile(rf"{_YEAR}(?: ?年度?|\.0)?")
_PART = re.compile(
    rf"(?:{_YEAR} ?(?:-|年)? ?(?:q[1-4]|h[12]|第?[一二三四1-4]季度?|[上下]半年|[春夏秋冬]季?|[初底末])"
    rf"|(?:q[1-4]|h[12]) ?[-/]? ?{_YEAR})",
    re.I,
)
_WEEKDAY = r"(?:[a-z]{3,9},? )?"
_NAMED_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_NAMED_YEAR = r"(?P<y>[12]\d{3})"
_NAMED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_WEEKDAY}{_NAMED_DAY}[ \-./]*{_MONTH}[ ,\-./]*{_NAMED_YEAR}{_TIME}",
        rf"{_WEEKDAY}{_MONTH} ?{_NAMED_DAY}(?:, ?| ){_NAMED_YEAR}{_TIME}",
        rf"{_NAMED_YEAR}[ \-./]{_MONTH}[ \-./]{_NAMED_DAY}{_TIME}",
        rf"{_MONTH}[ ,\-./]*{_NAMED_YEAR}",
        rf"{_NAMED_YEAR}[ \-./]{_MONTH}",
    )
)
_DAY_OR_MONTH = re.compile(rf"(\d{{1,2}}) ?([-/.]) ?(\d{{1,2}}) ?\2 ?{_YEAR}{_TIME}", re.I)
EXCEL = "excel"  # a date format: the serial numbers of a spreadsheet, day 1 being 1900-01-01
_EXCEL_DAY_0 = date(1899, 12, 30)


def parse_date(text: str, formats: Sequence[str] = ()) -> When | None:
    """The date that a cell holds; None if it is missing.

    Args:
        text: such as ``2019-03-05``, ``2019/3``, ``20190305``, ``2019年3月``, ``5 March 2019``, ``2019``.
        formats: how dates are written, for `datetime.strptime`, or ``excel``; if given, no other way is read.

    Raises:
        Ambiguous: day and month may be either way round (``03/05/2019``).
        Unread: it is no date.
    """
    if missing(text):
        return None
    plain = _plain(text)
    if formats:
        return _by_format(plain, formats)
    for pattern in _YMD:
        if m := pattern.fullmatch(plain):
            return _day(plain, m[1], m[3], m[4])
    if m := _Y.fullmatch(plain):
        return When(int(m[1]))
    if m := _YM.fullmatch(plain):
        return _month(plain, m[1], m[2] or m[3] or m[4])
    if m := _PART.fullmatch(plain):
        return When(int(m[1] or m[2]))
    for pattern in _NAMED:
        if m := pattern.fullmatch(plain):
            month, found = _MONTHS[m["m"][:3].lower()], m.groupdict()
            return _day(plain, m["y"], month, found["d"]) if found.get("d") else When(int(m["y"]))
    if m := _DAY_OR_MONTH.fullmatch(plain):
        first, second, between = int(m[1]), int(m[3]), m[2]
        if first <= 12 and second <= 12 and first != second:
            ways = " or ".join(f'date_format = "{between.join(way)}"' for way in (("%d", "%m", "%Y"), ("%m", "%d", "%Y")))
            raise Ambiguous(f"{text.strip()!r} has day and month in an order that cannot be told; say {ways} for this table")
        return _day(plain, m[4], *((first, second) if second > 12 else (second, first)))
    raise Unread(f"{_short(text)} is no date that can be read")


def _by_format(plain: str, formats: Sequence[str]) -> When:
    for way in formats:
        if way == EXCEL:
            if re.fullmatch(r"\d{1,6}(\.\d+)?", plain):
                found = _EXCEL_DAY_0 + timedelta(days=int(float(plain)))
                return When(found.year, found)
            continue
        try:
            at = datetime.strptime(plain, way)
        except ValueError:
            continue
        whole = any(f in way for f in ("%d", "%j", "%x", "%c", "%D", "%F"))
        return When(at.year, at.date() if whole else None)
    raise Unread(f"{_short(plain)} is not written as date_format says ({', '.join(formats)})")


def _day(text: str, year: str, month: str | int, day: str | int) -> When:
    try:
        return When(int(year), date(int(year), int(month), int(day)))
    except ValueError:
        raise Unread(f"{_short(text)} is no day of the calendar") from None


def _month(text: str, year: str, month: str) -> When:
    if not 1 <= int(month) <= 12:
        raise Unread(f"{_short(text)} is no month of the calendar")
    return When(int(year))


# Amounts

_UNITS = {
    "": 1.0, "k": 1e3, "thousand": 1e3, "thousands": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mln": 1e6, "mio": 1e6, "million": 1e6,
    "millions": 1e6, "b": 1e9, "bn": 1e9, "bln": 1e9, "billion": 1e9, "billions": 1e9, "tn": 1e12, "trn": 1e12, "trillion": 1e12,
    "lakh": 1e5, "lakhs": 1e5, "crore": 1e7, "crores": 1e7, "cr": 1e7,
    "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9, "百亿": 1e10, "千亿": 1e11, "万亿": 1e12,
}  # fmt: skip
_CHINESE_UNIT = "|".join(sorted((u for u in _UNITS if u and not u.isascii()), key=len, reverse=True))
_LATIN_UNIT = sorted((u for u in _UNITS if u.isascii()), key=len, reverse=True)
_ABOUT = re.compile(r"^(?:约为?|大约|approximately|approx\.?|about|around|circa|ca\.|~|≈)\s*", re.I)
_SIMPLE = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?|[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,6})?")
_DIGIT = re.compile(r"\d|\.(?=\d)")
# A column of such a name holds numbers in a larger unit, and reading them as they stand would be wrong by powers of ten.
_UNIT_IN_NAME = re.compile(
    rf"(?:{_CHINESE_UNIT})\s*(?:元|美元?|人民币?|港[元币]?|欧元?|日元?|英镑?|圆|[)\]])|\b(?:thousands?|millions?|billions?|mn|mm|bn|mln|'?000s?)\b"
    r"|[(\[][^()]{0,8}\b[mkb][)\]]",
    re.I,
)


def unit_in_name(column: str) -> str | None:
    """The unit that a column's name speaks of, such as 万元 or million; None if it speaks of none."""
    found = _UNIT_IN_NAME.search(_plain(column.replace("_", " ")))
    return found[0].strip("()[] ") if found else None


def parse_amount(text: str, decimal: str = ".") -> Amount | None:
    """The amount that a cell holds; None if it is missing.

    Args:
        text: such as ``1,250,000``, ``US$ 3.5m``, ``3000万元``, ``1亿2000万美元``, ``(1 200)``.
        decimal: what stands before the fraction, ``.`` or ``,``; the other one groups digits.

    Raises:
        Unread: it is no amount, or a range or a bound of one.
    """
    if decimal == "." and _SIMPLE.fullmatch(text):  # as most cells are
        return Amount(float(text.replace(",", "")))
    if missing(text):
        return None
    plain = _ABOUT.sub("", _plain(text)).replace("−", "-")
    digits = list(_DIGIT.finditer(plain))
    if not digits:
        raise _no_amount(text)
    before, body, after = plain[: digits[0].start()], plain[digits[0].start() : digits[-1].end()], plain[digits[-1].end() :]
    negative = "-" in before or ("(" in before and ")" in after)
    if ("(" in before) != (")" in after):
        raise _no_amount(text)
    first = _currency(re.sub(r"[-+(]", "", before, count=2), text)
    unit, last = _unit_and_currency(after.replace(")", ""), text)
    value = _sum(body, unit, decimal, text)
    with_unit = unit != 1 or any(u in body for u in "千万亿")
    return Amount(-value if negative else value, _one_currency(first, last, text), with_unit)


def _unit_and_currency(after: str, text: str) -> tuple[float, str | None]:
    rest = after.strip()
    if not rest:
        return 1.0, None
    if m := re.match(rf"\s*({_CHINESE_UNIT})(.*)", rest):
        return _UNITS[m[1]], _currency(m[2], text)
    for unit in _LATIN_UNIT:
        if rest.casefold().startswith(unit):
            name = rest[len(unit) :].strip(" .整")
            # The m of MXN is no million: what follows a unit must itself be a currency, or nothing.
            if not name or currency_code(name):
                return _UNITS[unit], currency_code(name) if name else None
    raise _no_amount(text)


def _currency(name: str, text: str) -> str | None:
    name = name.strip(" :整")
    if not name:
        return None
    found = currency_code(name) or currency_code(name.removeprefix("元"))  # as in 5亿元新台币
    if found is None:
        raise _no_amount(text)
    return found


def _one_currency(first: str | None, last: str | None, text: str) -> str | None:
    if first is None or last is None or first == last:
        return first or last
    for shared, exact in ((first, last), (last, first)):
        if exact in SHARED.get(shared, ()):
            return exact
    raise Unread(f"{_short(text)} names two currencies")


def _sum(body: str, unit: float, decimal: str, text: str) -> float:
    """1亿2000(万) is 1亿 and 2000万: numbers with units of their own, each smaller than the one before."""
    parts = re.split(rf"({_CHINESE_UNIT})", body)
    units = [*(_UNITS[u] for u in parts[1::2]), unit]
    numbers = [_number(n.strip(), decimal, text) for n in parts[0::2]]
    if len(units) > 1 and (unit == 1 or any(b >= a for a, b in pairwise(units))):
        raise _no_amount(text)
    # Via repr of short decimals: 3.3 million is 3300000, not 3299999.9999999995.
    total = float(sum(round(n * u, 6) for n, u in zip(numbers, units, strict=True)))
    if total in (float("inf"), float("-inf")):
        raise _no_amount(text)
    return total


def _number(text: str, decimal: str, whole: str) -> float:
    group = "," if decimal == "." else "."
    point, mark = re.escape(decimal), re.escape(group)
    grouped = rf"\d{{1,3}}(?:([{mark}' ])\d{{3}}(?:\1\d{{3}})*)(?:{point}\d+)?"
    indian = rf"\d{{1,2}}(?:{mark}\d{{2}})+{mark}\d{{3}}(?:{point}\d+)?"
    simple = rf"(?:\d+(?:{point}\d*)?|{point}\d+)(?:e[+-]?\d+)?"
    if not any(re.fullmatch(p, text, re.I) for p in (grouped, indian, simple)):
        hint = (
            f'; if {group!r} stands before the fraction, say decimal = "{group}"' if re.fullmatch(rf"\d+{mark}\d+", text) else ""
        )
        raise Unread(f"{_short(whole)} is no amount that can be read{hint}")
    return float(re.sub(rf"[{mark}' ]", "", text).replace(decimal, "."))


def _no_amount(text: str) -> Unread:
    return Unread(f"{_short(text)} is no amount that can be read")


# Codes


def parse_currency(text: str) -> str | None:
    """The ISO 4217 code of the currency that a cell names, such as ``RMB`` or 美元; None if it is missing.

    Raises:
        Unread: no currency is called so, or several are.
    """
    if missing(text):
        return None
    found = currency_code(_plain(text))
    if found is None:
        raise Unread(f"{_short(text)} is no currency that is known; give the ISO 4217 code")
    if found in SHARED:
        raise Unread(f"{_short(text)} may be any of {', '.join(SHARED[found])}; give the ISO 4217 code")
    return found


def parse_country(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of the country that a cell names, such as ``Viet Nam`` or 韩国; None if it is missing.

    Raises:
        Unread: no country is called so; or the cell says ``NA``, which may be Namibia.
    """
    if text.strip() == "NA":
        raise Unread("'NA' may be Namibia or nothing; write NAM, or leave the cell empty")
    if missing(text):
        return None
    found = country_code(_plain(text))
    if found is None:
        raise Unread(f"{_short(text)} is no country that is known; give the ISO 3166 code")
    return found


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return repr(shown if len(shown) <= 40 else shown[:39] + "…")
