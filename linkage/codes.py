"""ISO codes of countries and currencies, by the names that tables use: English and Chinese, long and short.

Names come from pycountry (the ISO 3166-1 and 4217 lists and their translations); what people write and ISO does not is added
here.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from functools import cache
from typing import Any

from .errors import LinkError

_COUNTRIES = {
    "AE": "uae 阿联酋", "BA": "bosnia 波黑", "BO": "玻利维亚", "BN": "文莱", "CD": "drcongo 刚果金 刚果民主共和国",
    "CG": "刚果布", "CI": "ivorycoast",
    "CN": "prc prchina mainlandchina chinamainland chinaprc 中国大陆 中国内地 中华人民共和国 中國大陸 大陆",
    "CZ": "czechrepublic", "EU": "europeanunion 欧盟 歐盟 欧洲联盟", "FK": "falklandislands",
    "GB": "uk greatbritain britain england scotland wales northernireland 联合王国 英格兰",
    "GR": "el", "HK": "hongkong hongkongsar hongkongchina hongkongsarchina 中国香港 香港特别行政区 中国香港特别行政区 中國香港",
    "IR": "iran", "KP": "dprk northkorea 北韩", "KR": "korea southkorea republicofkorea 南韩 大韩民国", "LA": "laos",
    "MD": "moldova", "MK": "macedonia", "MM": "burma",
    "MO": "macau macao macaosar macauchina macaochina 中国澳门 澳门特别行政区 中国澳门特别行政区 中國澳門",
    "PS": "palestine", "RU": "russia 俄国 俄罗斯联邦", "SA": "沙特", "SG": "星加坡", "SY": "syria", "SZ": "swaziland",
    "TR": "turkey turkiye", "TW": "taiwan taiwanchina taiwanroc chinesetaipei 台湾 台灣 臺灣 中国台湾 中國台灣 台湾省 台湾地区",
    "US": "usa unitedstates unitedstatesofamerica america 美利坚合众国", "AU": "澳洲", "NZ": "纽西兰", "VA": "vatican",
    "VN": "vietnam", "XK": "kosovo 科索沃",
}  # fmt: skip
_CURRENCIES = {
    "CNY": "rmb cnh yuan renminbi chineseyuan yuanrenminbi rmb¥ cny¥ cn¥ 人民币 人民幣 元 元人民币 人民币元 圆 人民币¥ ¥人民币",
    "USD": "us$ usd$ $us u$s usdollar usdollars dollarsus americandollars 美元 美金 元美元",
    "HKD": "hk$ hkd$ hongkongdollar hongkongdollars 港元 港币 港幣 港纸",
    "TWD": "ntd nt$ ntdollar ntdollars 新台币 新臺幣 台币 臺幣 新台幣",
    "MOP": "mop$ 澳门元 澳门币", "SGD": "s$ sg$ singaporedollars 新加坡元 新币 坡币", "AUD": "a$ au$ australiandollars 澳元 澳币",
    "CAD": "c$ ca$ canadiandollars 加元 加币", "NZD": "nz$ 新西兰元 纽元",
    "JPY": "jp¥ jpy¥ yen japaneseyen 日元 日圆 日币 円", "EUR": "€ eur€ euro euros 欧元",
    "GBP": "£ gbp£ stg ukpound britishpound britishpounds poundssterling poundsterling sterling 英镑",
    "KRW": "₩ won koreanwon southkoreanwon 韩元 韩圆 韩币", "INR": "₹ rs inr₹ indianrupee indianrupees rupees 印度卢比 卢比",
    "CHF": "sfr swissfranc swissfrancs 瑞士法郎 瑞郎", "RUB": "₽ rouble ruble russianroubles 卢布 俄罗斯卢布", "VND": "₫",
    "ILS": "₪ nis shekel 新谢克尔", "THB": "฿ baht 泰铢", "BRL": "r$", "SEK": "swedishkrona 瑞典克朗", "NOK": "挪威克朗",
    "DKK": "丹麦克朗", "AED": "dirham 迪拉姆", "SAR": "沙特里亚尔", "MYR": "rm ringgit 林吉特 马币",
}  # fmt: skip
# What several currencies are called; which one is meant must be said elsewhere.
DOLLAR, YUAN_OR_YEN = "$", "¥"
SHARED = {
    DOLLAR: ("USD", "HKD", "TWD", "SGD", "AUD", "CAD", "NZD", "MOP", "MXN", "BRL", "CLP", "COP", "ARS"),
    YUAN_OR_YEN: ("CNY", "JPY"),
}
_SHARED_NAMES = {"$": DOLLAR, "dollar": DOLLAR, "dollars": DOLLAR, "¥": YUAN_OR_YEN}
_NOISE = re.compile(r"[\s.,'’‘`\-_/()·&]+")


def _key(name: str) -> str:
    """A name without case, width, accents, points and spaces; `the` and `of` before it go too."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _NOISE.sub("", plain.removeprefix("the "))


def _pycountry() -> Any:
    try:
        import pycountry
    except ImportError:
        raise LinkError('reading countries and currencies needs pycountry: pip install "techtags[linkage]"') from None
    return pycountry


def _translations(domain: str) -> list[gettext.NullTranslations]:
    folder = _pycountry().LOCALES_DIR
    return [gettext.translation(domain, folder, languages=[lang], fallback=True) for lang in ("zh_CN", "zh_TW", "zh_HK")]


@cache
def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    chinese = _translations("iso3166-1")
    for country in _pycountry().countries:
        names = [getattr(country, kind, "") for kind in ("name", "common_name", "official_name")]
        names += [t.gettext(name) for t in chinese for name in names if name]
        for name in (*names, country.alpha_2, country.alpha_3):
            if name:
                found.setdefault(_key(name), country.alpha_2)
    found["eu"] = "EU"
    found.update({name: code for code, names in _COUNTRIES.items() for name in map(_key, names.split())})
    return found


@cache
def _currencies() -> dict[str, str]:
    found: dict[str, str] = {}
    chinese = _translations("iso4217")
    for currency in _pycountry().currencies:
        for name in (currency.alpha_3, currency.name, *(t.gettext(currency.name) for t in chinese)):
            found.setdefault(_key(name), currency.alpha_3)
    found.update({name: code for code, names in _CURRENCIES.items() for name in map(_key, names.split())})
    return found


def country_code(name: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country, or None if it is not known.

    Besides the ISO list there are ``EU`` (reserved in it for the European Union) and ``XK`` (what is used for Kosovo).

    Raises:
        LinkError: pycountry is not installed.
    """
    return _countries().get(_key(name))


def currency_code(name: str) -> str | None:
    """The ISO 4217 code of a currency; one of `SHARED` where several are called so; None if it is not known.

    Raises:
        LinkError: pycountry is not installed.
    """
    key = _key(name)
    return _SHARED_NAMES.get(key) or _currencies().get(key)
