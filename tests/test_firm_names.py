"""Firms' names made comparable and taken apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from techtags.linkage.firm_ids import read_id
from techtags.linkage.names import fold, normalise, parse

WORDS = st.sampled_from(
    [
        "Zhelin",
        "Corvane",
        "The",
        "Co.",
        "Ltd",
        "Inc.",
        "(Shanghai)",
        "Shenzhen",
        "Tech",
        "Group",
        "&",
        "and",
        "GmbH",
        "S.p.A.",
        "Branch",
        "formerly",
        "f/k/a",
        "II",
        "3",
        "Optoelectronics",
        "澄岳",
        "深圳市",
        "（中国）",
        "有限公司",
        "股份",
        "光电",
        "集团",
        "分公司",
        "曾用名",
        "第三",
        "株式会社",
        "霧島",
        "등",
        "(주)",
        "Société",
        "Müller",
        "ß",
        "，",
        "-",
        "'",
        "(",
        ")",
        "\u3000",
    ]
)
MADE = st.lists(WORDS, max_size=7).map(" ".join) | st.lists(WORDS, max_size=7).map("".join)
ANY = st.text(max_size=40) | MADE


@settings(deadline=None)
@given(ANY)
@example("Co Co Ltd Ltd")
@example("有限公司")
@example("(有限公司)")
@example("深圳市分公司")
def test_normalising_twice_changes_nothing(name: str) -> None:
    once = normalise(name)
    assert normalise(once) == once


@settings(deadline=None)
@given(ANY)
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@settings(deadline=None)
@given(ANY)
def test_a_name_never_becomes_empty(name: str) -> None:
    if fold(name):
        assert normalise(name)
        assert parse(name).stem
    # Only what cannot be seen folds to nothing.
    assert fold(name) or not any(unicodedata.category(c)[0] in "LNPS" for c in name)


@settings(deadline=None)
@given(MADE)
def test_width_and_case_say_nothing(name: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in name)
    assert normalise(wide) == normalise(name)
    assert parse(wide) == parse(name)
    assert normalise(name.upper()) == normalise(name) == normalise(name.lower())


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Shenzhen Rongqu Photoelectric Co.,Ltd", "shenzhen rongqu optoelectronic"),
        ("The Marrowby Company", "marrowby"),
        ("Ridleyson & Sons Foundry Ltd.", "ridleyson sons foundry"),
        ("臺北禾霽電子股份有限公司", "台北禾霁电子"),
        ("天津隰云数据技术有限公司（已注销）", "天津隰云数据技术"),
        ("Tarnholm Genetics AB (publ)", "tarnholm genetics"),
        ("有限公司", "有限公司"),
        ("Limited", "limited"),
        ("...", "..."),
        (" \u200b ", ""),
    ],
)
def test_normalise(name: str, normal: str) -> None:
    assert normalise(name) == normal


@pytest.mark.parametrize(
    "name",
    [
        "Zentrix Photonics Inc.",
        "Zentrix Photonics, Incorporated",
        "ZENTRIX PHOTONICS CORP",
        "Zentrix Photonics S.p.A.",
        "Zentrix Photonics spa",
        "Zentrix Photonics S. r. l.",
        "Zentrix Photonics G.m.b.H. & Co. KG",
        "Zentrix Photonics Sp. z o.o.",
        "Zentrix Photonics Pty. Ltd.",
        "Zentrix Photonics (Pvt) Ltd",
        "Zentrix Photonics Sdn. Bhd.",
        "OOO “Zentrix Photonics”",
        "PT Zentrix Photonics Tbk",
        "Zentrix Photonics A/S",
        "Zentrix Photonics S.A. de C.V.",
        "Zentrix Photonics K.K.",
        "Zentrix Photonics Kabushiki Kaisha",
        "Zentrix Photonics Oyj",
        "Zentrix Photonics A.Ş.",
        "Zentrix Photonics s.r.o.",
        "Zentrix Photonics Ltda.",
        "Zentrix Photonics Zrt.",
        "Zentrix Photonics d.o.o.",
    ],
)
def test_legal_forms_of_many_countries(name: str) -> None:
    parsed = parse(name)
    assert (parsed.stem, parsed.business, parsed.full) == ("zentrix", ("photonic",), True)


def test_the_parts_of_a_chinese_name() -> None:
    name = parse("广东省深圳市南山区澄岳光电科技（集团）股份有限公司第三分公司")
    assert (name.place, name.style, name.stem, name.business, name.generic) == ("深圳", "before", "澄岳", ("光电",), ("科技",))
    assert (name.rank, name.form, name.unit, name.unit_kind) == (("group",), "股份", "第三", "branch")


def test_the_parts_of_an_english_name() -> None:
    name = parse("Shanghai No. 3 Zhelin Opto-Electronics Tech. (Group) Co., Ltd. Hangzhou Branch")
    assert (name.place, name.style, name.stem, name.business) == ("shanghai", "before", "zhelin", ("optoelectronic",))
    assert (name.generic, name.rank, name.numbers, name.form) == (("technology",), ("group",), ("3",), "ltd")
    assert (name.unit, name.unit_kind) == ("hangzhou", "branch")


@pytest.mark.parametrize(
    ("name", "place", "style"),
    [
        ("澄岳光电（上海）有限公司", "上海", "inside"),
        ("澄岳光电（江苏省苏州市）有限公司", "苏州", "inside"),
        ("Zhelin Optics (Shanghai) Co., Ltd.", "shanghai", "inside"),
        ("Zhelin Optics USA Inc.", "usa", "inside"),
        ("Zhelin Optics Co., Ltd., Beijing", "beijing", "before"),
        ("Inner Mongolia Zhelin Optics Co Ltd", "inner mongolia", "before"),
        ("大同市澄岳光电有限公司", "大同", "before"),
        ("三明澄岳光电有限公司", "", ""),
        ("三明市澄岳光电有限公司", "三明", "before"),
    ],
)
def test_places(name: str, place: str, style: str) -> None:
    assert (parse(name).place, parse(name).style) == (place, style)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("上海电气集团", "上海电气"),
        ("China National Chemical Corp", "chinanationalchemical"),
        ("Bank of Zhejiang", "bankzhejiang"),
        ("Olive Branch Foods Ltd", "olivebranch"),
        ("International Widget Co", "internationalwidget"),
        ("3 Ltd", "3"),
        ("第一", "第一"),
    ],
)
def test_a_name_of_common_words_alone_is_its_own_stem(name: str, stem: str) -> None:
    assert parse(name).stem == stem


@pytest.mark.parametrize(
    ("name", "aliases"),
    [
        ("Obelisk Inc. (formerly Darrowgate Inc.)", [("former", "darrowgate inc")]),
        ("Obelisk LLC f/k/a Darrowgate LLC", [("former", "darrowgate llc")]),
        ("Obelisk, Inc. d/b/a Cellmira", [("also", "cellmira")]),
        ("澄岳有限公司（曾用名：澄墨有限公司、澄野有限公司）", [("former", "澄墨有限公司"), ("former", "澄野有限公司")]),
        ("澄岳有限公司（简称“澄岳”）", [("also", "澄岳")]),
        ("Tessaly Orbital Robotics Ltd (TORL)", [("acronym", "torl")]),
        ("澄岳光电有限公司 Chengyue Optics Co., Ltd.", [("spelling", "chengyue optics co., ltd")]),
        ("澄岳光电有限公司(Chengyue Optics Co., Ltd.)", [("spelling", "chengyue optics co., ltd.")]),
        ("Müller Optik GmbH", [("spelling", "mueller optik gmbh")]),
        ("Zhelin (the Company) Ltd", []),
        ("澄岳股份有限公司（SZ.309901）", []),
        ("Zhelin Ltd (in liquidation)", []),
    ],
)
def test_other_names_within_a_name(name: str, aliases: list[tuple[str, str]]) -> None:
    assert [(alias.kind, alias.name) for alias in parse(name).aliases] == aliases


# Ids. The check characters were worked out by hand from the standards' formulas.


@pytest.mark.parametrize(
    ("scheme", "given", "found"),
    [
        ("uscc", "91440301MA5TT1Q17H", ("uscc", "91440301MA5TT1Q17H", "")),
        ("统一社会信用代码", " ９１４４０３０１ma5tt1q17h ", ("uscc", "91440301MA5TT1Q17H", "")),
        ("uscc", "91440301MA5TT1Q17J", ("uscc", "91440301MA5TT1Q17J", "its check character is wrong")),
        ("uscc", "91440301MA5TT1Q71H", ("uscc", "91440301MA5TT1Q71H", "its check character is wrong")),
        ("uscc", "9144030", ("uscc", "9144030", "7 characters, not 18")),
        ("uscc", "91440301MA5TTIQ17H", ("uscc", "91440301MA5TTIQ17H", "'I' cannot stand in it")),
        ("LEI", "9845 ZZTE CHTA GS00 1A53", ("lei", "9845ZZTECHTAGS001A53", "")),
        ("lei", "9845ZZTECHTAGS001A54", ("lei", "9845ZZTECHTAGS001A54", "its check digits are wrong")),
        ("lei", "9845ZZTECHTAGS010A53", ("lei", "9845ZZTECHTAGS010A53", "its check digits are wrong")),
        ("lei", "9845ZZTECHTAGS001AAA", ("lei", "9845ZZTECHTAGS001AAA", "it is not 18 letters and digits and 2 check digits")),
        ("cik", " 0000123 ", ("cik", "0000123", "")),
        (None, "7", ("id", "7", "")),
    ],
)
def test_ids(scheme: str | None, given: str, found: tuple[str, str, str]) -> None:
    read = read_id(scheme, given)
    assert read is not None
    assert (read.scheme, read.id, read.problem) == found


def test_an_empty_id_is_none() -> None:
    assert read_id("uscc", "  ") is None
    assert read_id("lei", None) is None


@settings(deadline=None)
@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 30))
def test_one_wrong_character_of_a_uscc_is_seen(body: str, place: int, by: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    right = [body + c for c in alphabet if (read := read_id("uscc", body + c)) and not read.problem]
    assert len(right) == 1
    wrong = alphabet[(alphabet.index(body[place]) + by) % 31]
    read = read_id("uscc", right[0][:place] + wrong + right[0][place + 1 :])
    assert read is not None and read.problem
