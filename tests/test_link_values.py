"""Dates, amounts, currencies and countries as tables have them; what is doubtful is not guessed."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags.linkage.codes import country_code, currency_code
from techtags.linkage.values import (
    Ambiguous,
    Amount,
    Unread,
    When,
    missing,
    parse_amount,
    parse_country,
    parse_currency,
    parse_date,
    unit_in_name,
)

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
# Ways to write a day that can be told without being told how.
PLAIN_DAYS = (
    "{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0:%Y%m%d}", "{0.year}-{0.month}-{0.day}", "{0.year}/{0.month}/{0.day}",
    "{0.year}年{0.month}月{0.day}日", "{0.year} 年 {0.month} 月 {0.day} 号", "{0:%Y-%m-%d}T23:59:59Z", "{0:%Y-%m-%d} 00:00:00",
    "{0:%Y-%m-%dT%H:%M:%S.000000+08:00}", "{0.year}/{0.month}/{0.day} 0:00", "{0.day} {month} {0.year}",
    "{month} {0.day}, {0.year}", "{0.day}-{mon}-{0.year}", "{mon}. {0.day} {0.year}",
    "{0.day}th {month} {0.year}", "{0.year}-{mon}-{0.day:02}", "  {0:%Y-%m-%d}\t",
)  # fmt: skip
PLAIN_MONTHS = (
    "{0:%Y-%m}", "{0:%Y/%m}", "{0:%Y.%m}", "{0:%Y%m}", "{0.year}-{0.month}", "{0.year}年{0.month}月", "{month} {0.year}",
    "{mon} {0.year}", "{mon}-{0.year}", "{0.year} {month}",
)  # fmt: skip


def written(form: str, day: date) -> str:
    return form.format(day, month=calendar.month_name[day.month], mon=calendar.month_abbr[day.month])


@given(DAYS, st.sampled_from(PLAIN_DAYS))
def test_a_day_reads_back(day: date, form: str) -> None:
    assert parse_date(written(form, day)) == When(day.year, day)


@given(DAYS, st.sampled_from(PLAIN_MONTHS))
def test_a_month_gives_its_year_and_no_day(day: date, form: str) -> None:
    assert parse_date(written(form, day)) == When(day.year, None)


@given(DAYS, st.sampled_from("/-."))
def test_day_and_month_are_not_guessed(day: date, between: str) -> None:
    for first, second, way in (
        (day.day, day.month, f"%d{between}%m{between}%Y"),
        (day.month, day.day, f"%m{between}%d{between}%Y"),
    ):
        text = f"{first:02}{between}{second:02}{between}{day.year}"
        if day.day <= 12 and day.day != day.month:
            with pytest.raises(Ambiguous, match="date_format = "):
                parse_date(text)
        else:
            assert parse_date(text) == When(day.year, day)
        assert parse_date(text, (way,)) == When(day.year, day)


@pytest.mark.parametrize(
    "text",
    [
        "2019",
        "2019年",
        "2019 年度",
        "2019.0",
        "２０１９",
        "2019Q3",
        "2019-Q1",
        "Q3 2019",
        "2019年第三季度",
        "2019年上半年",
        "2019年3月份",
    ],
)
def test_years_alone(text: str) -> None:
    assert parse_date(text) == When(2019, None)


@pytest.mark.parametrize(
    "text",
    [
        "43529",
        "3/5/19",
        "2019-02-30",
        "2019-13",
        "20191301",
        "0000-00-00",
        "soon",
        "mayor 2019",
        "2019-03-05 to 2019-04-05",
        "FY19",
        "99",
        "2019,3",
    ],
)
def test_no_date(text: str) -> None:
    with pytest.raises(Unread):
        parse_date(text)


def test_serial_numbers_of_a_spreadsheet_only_where_said() -> None:
    # Day 43529 of the 1900 system is 5 March 2019.
    assert parse_date("43529", ("excel",)) == When(2019, date(2019, 3, 5))
    assert parse_date("43529.75", ("excel",)) == When(2019, date(2019, 3, 5))
    with pytest.raises(Unread):
        parse_date("2019-03-05", ("excel",))
    assert parse_date("2019-03-05", ("excel", "%Y-%m-%d")) == When(2019, date(2019, 3, 5))


def test_a_format_without_a_day() -> None:
    assert parse_date("03/2019", ("%m/%Y",)) == When(2019, None)


@pytest.mark.parametrize(
    "text", ["", " ", "-", "—", "n/a", "N/A", "null", "None", "NaN", "未披露", "暂无", "不详", "undisclosed"]
)
def test_missing_is_not_unread(text: str) -> None:
    assert missing(text)
    assert parse_date(text) is parse_amount(text) is parse_currency(text) is parse_country(text) is None


@settings(deadline=None)  # the first call reads the lists of codes
@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for parse in (parse_date, parse_amount, parse_currency, parse_country):
        try:
            parse(text)
        except (Unread, Ambiguous) as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1250000", 1_250_000, None),
        ("1,250,000", 1_250_000, None),
        ("1 250 000.50", 1_250_000.5, None),
        ("1'250'000", 1_250_000, None),
        ("12,50,000", 1_250_000, None),  # Indian grouping
        ("1.25e6", 1_250_000, None),
        (".5", 0.5, None),
        ("0", 0, None),
        ("-5", -5, None),
        ("(1,200)", -1200, None),
        ("US$ 3.5m", 3_500_000, "USD"),
        ("$3.5M", 3_500_000, "$"),
        ("$3.5m USD", 3_500_000, "USD"),
        ("USD 3.5 million", 3_500_000, "USD"),
        ("3.3 million US dollars", 3_300_000, "USD"),
        ("300 MUSD", 300_000_000, "USD"),
        ("€1.2bn", 1_200_000_000, "EUR"),
        ("2k", 2000, None),
        ("5 MXN", 5, "MXN"),  # no million
        ("300 KRW", 300, "KRW"),  # no thousand
        ("1.5 crore", 15_000_000, None),
        ("3000万", 30_000_000, None),
        ("3000万元", 30_000_000, "CNY"),
        ("３０００万元", 30_000_000, "CNY"),
        ("3000萬圓", 30_000_000, "CNY"),
        ("约3000万人民币", 30_000_000, "CNY"),
        ("人民币500万元整", 5_000_000, "CNY"),
        ("RMB 30 million", 30_000_000, "CNY"),
        ("￥3000万", 30_000_000, "¥"),
        ("1亿2000万美元", 120_000_000, "USD"),
        ("1.2亿港元", 120_000_000, "HKD"),
        ("5億元新台幣", 500_000_000, "TWD"),
        ("3千万日元", 30_000_000, "JPY"),
    ],
)
def test_amounts(text: str, value: float, currency: str | None) -> None:
    found = parse_amount(text)
    assert found is not None
    assert (found.value, found.currency) == (value, currency)


@pytest.mark.parametrize(
    "text",
    [
        "数千万元",
        "近亿元",
        "1-2 million",
        "over $5m",
        ">5m",
        "100%",
        "1,5",
        "1,2,3",
        "1万2",
        "1.2.3",
        "US$3m HKD",
        "abc",
        "3 apples",
        "(5",
        "1e999",
        "3000万万亿",
    ],
)
def test_no_amount(text: str) -> None:
    with pytest.raises(Unread):
        parse_amount(text)


def test_a_comma_before_the_fraction_is_asked_for() -> None:
    with pytest.raises(Unread, match='say decimal = ","'):
        parse_amount("1,5")
    assert parse_amount("1,5", ",") == Amount(1.5)
    assert parse_amount("1.234.567,89", ",") == Amount(1_234_567.89)


@given(
    st.integers(0, 10**12),
    st.sampled_from([("", 1), ("万", 10**4), ("亿", 10**8), (" million", 10**6), ("k", 1000)]),
    st.booleans(),
)
def test_whole_amounts_are_exact(number: int, unit: tuple[str, int], grouped: bool) -> None:
    found = parse_amount(f"{number:,}{unit[0]}" if grouped else f"{number}{unit[0]}")
    assert found == Amount(float(number * unit[1]), None, unit[1] != 1)


@given(st.decimals(0, 10**9, places=2))
def test_both_ways_to_write_a_fraction_agree(number: object) -> None:
    english = f"{number:,}"
    other = english.translate(str.maketrans(",.", ".,"))
    assert parse_amount(english) == parse_amount(other, ",") == Amount(float(str(number)))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("RMB", "CNY"),
        ("cny", "CNY"),
        ("人民币", "CNY"),
        ("元", "CNY"),
        ("US Dollars", "USD"),
        ("美元", "USD"),
        ("Euro", "EUR"),
        ("€", "EUR"),
        ("HK$", "HKD"),
        ("港币", "HKD"),
        ("Pound Sterling", "GBP"),
        ("日元", "JPY"),
        ("新臺幣", "TWD"),
        ("韩元", "KRW"),
        ("Danish Krone", "DKK"),
        ("瑞士法郎", "CHF"),
    ],
)
def test_currencies(name: str, code: str) -> None:
    assert parse_currency(name) == code


@pytest.mark.parametrize("name", ["$", "dollars", "¥", "￥", "credits", "UDS"])
def test_no_sure_currency(name: str) -> None:
    with pytest.raises(Unread, match="ISO 4217"):
        parse_currency(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("China", "CN"),
        ("P.R. China", "CN"),
        ("中国", "CN"),
        ("CHN", "CN"),
        ("cn", "CN"),
        ("USA", "US"),
        ("U.S.", "US"),
        ("The United States", "US"),
        ("美國", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("英国", "GB"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("韩国", "KR"),
        ("Hong Kong SAR", "HK"),
        ("中国香港", "HK"),
        ("Taiwan", "TW"),
        ("台灣", "TW"),
        ("中国台湾", "TW"),
        ("Macau", "MO"),
        ("Viet Nam", "VN"),
        ("Vietnam", "VN"),
        ("Côte d'Ivoire", "CI"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("The Netherlands", "NL"),
        ("俄罗斯", "RU"),
        ("Russian Federation", "RU"),
        ("Czech Republic", "CZ"),
        ("阿联酋", "AE"),
        ("EU", "EU"),
        ("欧盟", "EU"),
        ("NAM", "NA"),
        ("Namibia", "NA"),
    ],
)
def test_countries(name: str, code: str) -> None:
    assert parse_country(name) == code


@pytest.mark.parametrize("name", ["NA", "Zhejiang", "浙江", "US; CN", "Europe", "ZZ"])
def test_no_country(name: str) -> None:
    with pytest.raises(Unread):
        parse_country(name)


def test_every_code_of_the_lists_is_its_own() -> None:
    import pycountry

    assert [c.alpha_2 for c in pycountry.countries if country_code(c.alpha_2) != c.alpha_2] == []
    assert [c.alpha_3 for c in pycountry.countries if country_code(c.alpha_3) != c.alpha_2] == []
    assert [c.name for c in pycountry.countries if country_code(c.name) != c.alpha_2] == []
    assert [c.alpha_3 for c in pycountry.currencies if currency_code(c.alpha_3) != c.alpha_3] == []


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("金额（万元）", "万元"),
        ("融资额(亿美元)", "亿美元"),
        ("amount_usd_million", "million"),
        ("Amount ($000s)", "000s"),
        ("Amount (USD m)", "USD m"),
        ("投资额(百万)", "百万"),
        ("amount", None),
        ("金额", None),
        ("comma", None),
        ("万科投资", None),
        ("Amount (USD)", None),
    ],
)
def test_units_in_the_name_of_a_column(column: str, unit: str | None) -> None:
    assert unit_in_name(column) == unit
