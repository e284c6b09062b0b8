"""Project files: what they may say, and where a wrong one is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from techtags.linkage import LinkError
from techtags.linkage.project import Party, Project, read_project

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
[project]
name = "Storage, 2015 to 2025"
database = "out/storage.duckdb"
currency = "USD"
profile = "recall"
[rates]
CNY = 0.14
EUR = { 2020 = 1.14, 2021 = 1.18 }
[firms]
links = "firm-links.csv"
threshold = 0.9
doubt = 0.4
[[table]]
name = "deals"
kind = "investment"
path = "deals.csv"
date_format = "%d/%m/%Y"
decimal = ","
amount_unit = 10000
scheme = "gics"
[table.columns]
id = "deal_id"
text = ["description", "products"]
label = "sector"
date = ["closed", "announced"]
amount = "amount"
currency = "ccy"
rate = "fx"
firm = { column = "company", also = "english" }
firm_id = [ { column = "uscc", scheme = "uscc" }, { column = "lei", scheme = "lei" } ]
country = "country"
parent = "owner"
roles = [ { column = "investors", role = "investor", split = ";" }, { column = "founder", role = "founder", person = true } ]
[table.fixed]
country = "中国"
year = 2018
[[table]]
name = "policies"
kind = "policy"
path = "policies/*.jsonl"
sheet = 2
"""
SMALL = """
[project]
name = "Small"
database = "small.duckdb"
[[table]]
name = "deals"
kind = "investment"
path = "deals.csv"
[table.columns]
text = "description"
"""


def project(folder: Path, text: str) -> Project:
    place = folder / "project.toml"
    place.write_text(text, encoding="utf-8")
    return read_project(place)


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    found = project(tmp_path, WHOLE)
    assert (found.name, found.database) == ("Storage, 2015 to 2025", tmp_path / "out" / "storage.duckdb")
    assert (found.currency, found.profile, found.threshold, found.doubt) == ("USD", "recall", 0.9, 0.4)
    assert found.rates == {"CNY": 0.14, "EUR": {2020: 1.14, 2021: 1.18}}
    assert found.links == tmp_path / "firm-links.csv"
    deals, policies = found.tables
    assert deals.place == tmp_path / "deals.csv"
    assert (deals.text, deals.label, deals.date) == (("description", "products"), ("sector",), ("closed", "announced"))
    assert (deals.amount, deals.currency, deals.rate, deals.amount_unit, deals.decimal) == ("amount", "ccy", "fx", 10000, ",")
    assert deals.firm_ids == (("uscc", "uscc"), ("lei", "lei"))
    assert deals.parties == (
        Party("company", "subject", also=("english",)),
        Party("owner", "parent"),
        Party("investors", "investor", split=";"),
        Party("founder", "founder", person=True),
    )
    assert deals.fixed == {"country": "CN", "year": 2018}
    assert (policies.sheet, policies.parties) == ("2", ())


def test_the_least_that_must_be_said(tmp_path: Path) -> None:
    found = project(tmp_path, SMALL)
    assert (found.currency, found.rates, found.model, found.profile) == (None, {}, None, "balanced")
    assert (found.links, found.threshold, found.doubt) == (None, 0.95, 0.5)


def test_a_mark_before_the_text_is_forgiven(tmp_path: Path) -> None:
    assert project(tmp_path, "\ufeff" + SMALL).name == "Small"


def test_settings_change_with_what_decides_and_with_nothing_else(tmp_path: Path) -> None:
    first = project(tmp_path, WHOLE)
    elsewhere = project(tmp_path, WHOLE.replace('path = "deals.csv"', 'path = "moved/deals.csv"'))
    rates = project(tmp_path, WHOLE.replace("CNY = 0.14", "CNY = 0.15"))
    # Amounts depend on the rates; a table that has none does not.
    assert first.settings(first.tables[0]) == elsewhere.settings(elsewhere.tables[0])
    assert first.settings(first.tables[0]) != rates.settings(rates.tables[0])
    assert first.settings(first.tables[1]) == rates.settings(rates.tables[1])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('amount = "amount"', 'amuont = "amount"', 'table "deals", columns: there is no key \'amuont\'; did you mean amount?'),
        ('scheme = "uscc" }', 'schema = "uscc" }', "columns.firm_id[0]: there is no key 'schema'; did you mean scheme?"),
        ('role = "investor"', 'roll = "investor"', "columns.roles[0]: there is no key 'roll'; did you mean role?"),
        ("[rates]", "[rate]", "there is no key 'rate'; did you mean rates?"),
        ('[[table]]\nname = "policies"', '[[tables]]\nname = "policies"', "there is no key 'tables'; did you mean table?"),
        ("[project]", "[project]\ncolour = 1", "project: there is no key 'colour'; there are name, database, currency"),
        ('kind = "investment"', 'kind = "deal"', "'deal' is not one of ['investment', 'firm'"),
        ('path = "deals.csv"\n', "", "table \"deals\": 'path' is missing"),
        ('name = "deals"', 'name = "policies"', "two tables are called 'policies'"),
        ("CNY = 0.14", "RMB = 0.14", "RMB is no ISO 4217 code of a currency; write CNY"),
        ("CNY = 0.14", "QQQ = 0.14", "QQQ is no ISO 4217 code"),
        ("CNY = 0.14", "cny = 0.14", "rates: 'cny' is no ISO 4217 code"),
        ("CNY = 0.14", "USD = 1", "[rates] has USD, which is the project's own currency"),
        ("CNY = 0.14", "CNY = 0", "rates.CNY: 0 is less than or equal to the minimum of 0"),
        ("2020 = 1.14", '2020 = "a"', "rates.EUR.2020: 'a' is not of type 'number'"),
        ("2020 = 1.14", "20 = 1.14", "rates.EUR: '20' does not match"),
        ('currency = "USD"\n', "", "[rates] needs the currency that amounts become"),
        ('role = "founder"', 'role = "parent"', "the role 'parent' has a key of its own; say parent = 'founder'"),
        ('country = "中国"', 'country = "Zhejiang"', "table \"deals\", fixed.country: 'Zhejiang' is no country"),
        ('"out/storage.duckdb"', '"deals.csv"', "database would overwrite table 'deals'"),
        ('"out/storage.duckdb"', '"project.toml"', "database would overwrite the project file"),
        ('"out/storage.duckdb"', '"firm-links.csv"', "database would overwrite links of [firms]"),
        ("%d/%m/%Y", "%d/%m", "names no year"),
        ("%d/%m/%Y", "%Q/%Y", "'%Q/%Y' cannot be used"),
        ("%d/%m/%Y", "dd.mm.yyyy", "date_format: 'dd.mm.yyyy' names no year"),
        ('also = "english"', 'also = "english", split = ";"', "give also or split, not both"),
        ('split = ";"', 'split = ";", id = "ids"', "'id' needs 'scheme'"),
        ("threshold = 0.9", "threshold = 95", "firms.threshold: 95 is greater than the maximum of 1"),
        ("doubt = 0.4", "doubt = 0.95", "doubt in [firms] is above threshold"),
        ('firm_id = [', "firm_id = 5 # [", "columns.firm_id: 5 is not of type 'object', 'array'"),
        ('profile = "recall"', 'profile = "best"', "project.profile: 'best' is not one of"),
        ("year = 2018", 'year = "2018"', "fixed.year: '2018' is not of type 'integer'"),
        ('name = "Storage', 'name = Storage', "is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in WHOLE
    with pytest.raises(LinkError) as caught:
        project(tmp_path, WHOLE.replace(old, new))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "project.toml"))
    assert "\n" not in str(caught.value)


def test_tables_are_a_list(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"write \[\[table\]\]"):
        project(tmp_path, SMALL.replace("[[table]]", "[table]"))


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="there is no file"):
        read_project(tmp_path / "nothing.toml")
    with pytest.raises(LinkError, match="is a directory"):
        read_project(tmp_path)
    (tmp_path / "gbk.toml").write_bytes('name = "储能"'.encode("gb18030"))
    with pytest.raises(LinkError, match="is not UTF-8"):
        read_project(tmp_path / "gbk.toml")
