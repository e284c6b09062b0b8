"""Tables to one database: small worlds whose right answers are worked out by hand."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commands import techtags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from techtags.linkage import LinkError, store
from techtags.linkage.assign import Tagged
from techtags.linkage.linking import Outcome, link
from techtags.linkage.project import read_project
from techtags.tables import TableError
from techtags.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from techtags.linkage.project import TableSpec

TAXONOMY = Taxonomy.load()
HEAD = """
[project]
name = "World"
database = "world.duckdb"
"""


class Words:
    """Tags a text by the words that it holds; counts what it is asked."""

    versions = "words 1"

    def __init__(self, fail_at: str | None = None) -> None:
        self.asked: list[str] = []
        self.labels: list[list[str]] = []
        self.fail_at = fail_at

    def __call__(self, texts: Sequence[str], labels: Sequence[Sequence[str]]) -> list[Tagged]:
        self.asked += texts
        self.labels += [list(given) for given in labels]
        if self.fail_at is not None and any(self.fail_at in text for text in texts):
            raise RuntimeError("the tagger breaks")
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Tagged:
        tags = [
            (tag, score, "text")
            for word, tag, score in (("solar", "photovoltaics", 0.9), ("wind", "wind-power", 0.8), ("energy", "energy", None))
            if word in text
        ]
        if not text:
            return Tagged("unreadable")
        return Tagged(("coarse" if tags[0][0] == "energy" else "tagged") if tags else "none", tuple(tags))


def build(folder: Path, *, tagger: Words | None = None, fresh: bool = False, name: str = "project.toml") -> tuple[Outcome, Words]:
    words = tagger or Words()

    def tagger_for(spec: TableSpec) -> Words:
        return words

    return link(read_project(folder / name), TAXONOMY, tagger_for, fresh=fresh), words


def world(folder: Path, sections: str, head: str = HEAD, **tables: str) -> None:
    """Write a project and its tables; a table called `deals` becomes deals.csv."""
    (folder / "project.toml").write_text(head + sections, encoding="utf-8")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text.lstrip("\n"), encoding="utf-8")


def table(name: str, columns: str = 'text = "text"', kind: str = "investment", more: str = "", fixed: str = "") -> str:
    fixed = f"[table.fixed]\n{fixed}\n" if fixed else ""
    return f'[[table]]\nname = "{name}"\nkind = "{kind}"\npath = "{name}.csv"\n{more}\n[table.columns]\n{columns}\n{fixed}'


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = store.connect(folder / "world.duckdb")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def contents(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    connection = store.connect(folder / "world.duckdb")
    try:
        return store.contents(connection)
    finally:
        connection.close()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


MONEY = 'text = "text"\nid = "id"\ndate = "date"\namount = "amount"\ncurrency = "ccy"'
DEALS = """
id,text,date,amount,ccy
a,solar modules,2019-03-05,"1,000,000",USD
b,wind and solar,2019年3月,300万,CNY
c,a restaurant,2020,,USD
d,,n/a,5,EUR
"""


def test_records_and_tags_by_hand(tmp_path: Path) -> None:
    world(tmp_path, table("deals", MONEY), deals=DEALS)
    outcome, words = build(tmp_path)
    assert (outcome.changed, outcome.read, outcome.asked) == (True, ("deals",), 4)
    assert words.asked == ["solar modules", "wind and solar", "a restaurant", ""]
    found = rows(tmp_path, "SELECT record_id, row, source_id, text, date, year, amount, currency, status FROM records ORDER BY 1")
    assert found == [
        (1, 1, "a", "solar modules", date(2019, 3, 5), 2019, 1e6, "USD", "tagged"),
        (2, 2, "b", "wind and solar", None, 2019, 3e6, "CNY", "tagged"),  # a month is no day
        (3, 3, "c", "a restaurant", None, 2020, None, None, "none"),  # a currency without an amount says nothing
        (4, 4, "d", None, None, None, 5.0, "EUR", "unreadable"),
    ]
    assert rows(tmp_path, "SELECT * FROM assignments ORDER BY 1, 3") == [
        (1, "photovoltaics", 1, 0.9, "text"),
        (2, "photovoltaics", 1, 0.9, "text"),
        (2, "wind-power", 2, 0.8, "text"),
    ]
    (row,) = rows(tmp_path, "SELECT table_id, kind, path, rows, tagged_with FROM tables")
    assert row == ("deals", "investment", "deals.csv", 4, "words 1")


def test_views_count_each_tag_once_and_each_record_whole(tmp_path: Path) -> None:
    world(tmp_path, table("deals"), deals="text\nsolar\nwind and solar\nnothing\n")
    build(tmp_path)
    energy = TAXONOMY["photovoltaics"].ancestors[-1].id
    assert energy == TAXONOMY["wind-power"].ancestors[-1].id
    # By hand: record 1 has one tag, whole; record 2 has two, half each, both below energy.
    found = dict(rows(tmp_path, "SELECT ancestor, SUM(share) FROM record_tags GROUP BY 1"))
    assert (found["photovoltaics"], found["wind-power"], found[energy]) == (1.5, 0.5, 2.0)
    full = dict(rows(tmp_path, "SELECT ancestor, COUNT(DISTINCT record_id) FROM record_tags GROUP BY 1"))
    assert (full["photovoltaics"], full["wind-power"], full[energy]) == (2, 1, 2)


def test_the_standard_is_there_whole(tmp_path: Path) -> None:
    world(tmp_path, table("deals"), deals="text\nsolar\n")
    build(tmp_path)
    assert rows(tmp_path, "SELECT COUNT(*) FROM tags") == [(len(TAXONOMY),)]
    line = rows(tmp_path, "SELECT ancestor FROM tag_closure WHERE tag = 'lithography' ORDER BY distance")
    assert [a for (a,) in line] == ["lithography", *TAXONOMY.ancestor_ids("lithography")]
    collection = TAXONOMY.collection("made-in-china-2025")
    below = {t for t in TAXONOMY if set(collection.tag_ids) & {t, *TAXONOMY.ancestor_ids(t)}}
    assert {t for (t,) in rows(tmp_path, "SELECT tag FROM collection_tags WHERE collection = 'made-in-china-2025'")} == below
    assert len(below) > len(collection.tag_ids)


def test_the_schema_is_plain_sql(tmp_path: Path) -> None:
    import sqlite3

    world(tmp_path, table("deals"), deals="text\nsolar\nwind and solar\n")
    build(tmp_path)
    with sqlite3.connect(":memory:") as other:
        other.executescript(Path(store.__file__).with_name("schema.sql").read_text(encoding="utf-8"))
        for name in store.TABLES:
            for row in rows(tmp_path, f"SELECT * FROM {name}"):
                other.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        query = "SELECT record_id, tag, ancestor, score, share FROM record_tags ORDER BY 1, 2, 3"
        assert other.execute(query).fetchall() == rows(tmp_path, query)


# Rerunning


def test_nothing_changed_leaves_the_file_alone(tmp_path: Path) -> None:
    world(tmp_path, table("deals", MONEY), deals=DEALS)
    build(tmp_path)
    before = digest(tmp_path / "world.duckdb")
    outcome, words = build(tmp_path)
    assert (outcome.changed, outcome.read, words.asked) == (False, (), [])
    assert digest(tmp_path / "world.duckdb") == before


def test_only_the_changed_table_is_read_and_only_new_texts_are_tagged(tmp_path: Path) -> None:
    sections = table("deals", MONEY) + table("patents", kind="patent")
    world(tmp_path, sections, deals=DEALS, patents="text\nsolar cells\nwind blades\n")
    build(tmp_path)
    world(tmp_path, sections, deals=DEALS + "e,wind mills,2021,1,USD\n")
    outcome, words = build(tmp_path)
    assert (outcome.read, words.asked) == (("deals",), ["wind mills"])
    after = contents(tmp_path)
    assert [r[:3] for r in after["records"]][-2:] == [(6, "patents", 1), (7, "patents", 2)]  # ids count on
    build(tmp_path, fresh=True)
    assert contents(tmp_path) == after


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.replace('amount = "amount"\n', ""),
        lambda s: s + table("more"),
        lambda s: table("patents", kind="patent") + table("deals", MONEY),
        lambda s: table("patents", kind="patent"),
        lambda s: s.replace('kind = "patent"', 'kind = "grant"'),
        lambda s: s.replace('date = "date"', 'date = "date"\nfirm = "id"'),
    ],
    ids=["column", "added", "order", "removed", "kind", "firms"],
)
def test_a_changed_project_gives_what_a_fresh_build_gives(tmp_path: Path, change: Any) -> None:
    sections = table("deals", MONEY) + table("patents", kind="patent")
    world(tmp_path, sections, deals=DEALS, patents="text\nsolar cells\nwind blades\n", more="text\nsolar\n")
    build(tmp_path)
    world(tmp_path, change(sections))
    outcome, words = build(tmp_path)
    assert outcome.changed
    assert "wind blades" not in words.asked  # what was tagged stays tagged
    after = contents(tmp_path)
    build(tmp_path, fresh=True)
    assert contents(tmp_path) == after


def test_another_tagger_tags_again(tmp_path: Path) -> None:
    world(tmp_path, table("deals"), deals="text\nsolar\n")
    build(tmp_path)
    other = Words()
    other.versions = "words 2"
    outcome, _ = build(tmp_path, tagger=other)
    assert (outcome.read, other.asked) == (("deals",), ["solar"])
    assert rows(tmp_path, "SELECT tagged_with FROM tables") == [("words 2",)]


CELLS = st.sampled_from(["solar", "wind", "wind and solar", "cheese", ""])
TABLES = st.dictionaries(st.sampled_from(["one", "two", "three"]), st.lists(CELLS, max_size=4), min_size=1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TABLES, min_size=2, max_size=3))
def test_any_history_gives_what_a_fresh_build_gives(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, list[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    for state in history:
        files = {name: "text,no\n" + "".join(f'"{c}",{i}\n' for i, c in enumerate(cells)) for name, cells in state.items()}
        world(folder, "".join(table(name) for name in state), **files)
        build(folder)
    after = contents(folder)
    build(folder, fresh=True)
    assert contents(folder) == after


# Crashes


@pytest.mark.parametrize("fresh", [False, True])
def test_a_crash_leaves_the_old_file_whole(tmp_path: Path, fresh: bool) -> None:
    sections = table("deals") + table("patents", kind="patent")
    world(tmp_path, sections, deals="text\nsolar\n", patents="text\nwind\n")
    build(tmp_path)
    before = digest(tmp_path / "world.duckdb")
    world(tmp_path, sections, patents="text\nwind\nbroken wind\n")
    with pytest.raises(RuntimeError, match="breaks"):
        build(tmp_path, tagger=Words(fail_at="broken"), fresh=fresh)
    assert digest(tmp_path / "world.duckdb") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deals.csv", "patents.csv", "project.toml", "world.duckdb"]
    assert rows(tmp_path, "SELECT COUNT(*) FROM records") == [(2,)]


def test_a_first_run_that_fails_leaves_no_file(tmp_path: Path) -> None:
    world(tmp_path, table("deals"), deals="text\nbroken\n")
    with pytest.raises(RuntimeError):
        build(tmp_path, tagger=Words(fail_at="broken"))
    assert not (tmp_path / "world.duckdb").exists()


KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_link import Words, build
class Killed(Words):
    def __call__(self, texts, labels):
        os.kill(os.getpid(), 9)
build(Path({folder!r}), tagger=Killed())
"""


def test_a_killed_run_leaves_the_old_file_and_the_next_one_works(tmp_path: Path) -> None:
    world(tmp_path, table("deals"), deals="text\nsolar\n")
    build(tmp_path)
    before = digest(tmp_path / "world.duckdb")
    world(tmp_path, table("deals"), deals="text\nsolar\nwind\n")
    tests = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", KILLED.format(tests=tests, folder=str(tmp_path))], check=False, timeout=120)
    assert done.returncode == -9
    assert digest(tmp_path / "world.duckdb") == before
    assert (tmp_path / ".world.duckdb.part").exists()
    build(tmp_path)
    assert not (tmp_path / ".world.duckdb.part").exists()
    assert rows(tmp_path, "SELECT COUNT(*) FROM records") == [(2,)]


HOLDING = """
import duckdb, sys
connection = duckdb.connect({path!r})
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [("world.duckdb", "is open for writing in another program"), (".world.duckdb.part", "is being built by another")],
)
def test_a_file_in_use_is_left_alone(tmp_path: Path, name: str, message: str) -> None:
    world(tmp_path, table("deals"), deals="text\nsolar\n")
    build(tmp_path)
    command = [sys.executable, "-c", HOLDING.format(path=str(tmp_path / name))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(LinkError, match=message):
            build(tmp_path, fresh=True)
        holder.communicate()
    assert rows(tmp_path, "SELECT COUNT(*) FROM records") == [(1,)]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_file_that_is_not_ours_is_not_replaced(tmp_path: Path, fresh: bool) -> None:
    import duckdb

    world(tmp_path, table("deals"), deals="text\nsolar\n")
    with duckdb.connect(str(tmp_path / "world.duckdb")) as connection:
        connection.execute("CREATE TABLE theses (title TEXT)")
    before = digest(tmp_path / "world.duckdb")
    with pytest.raises(LinkError, match="is no database that techtags link has made"):
        build(tmp_path, fresh=fresh)
    assert digest(tmp_path / "world.duckdb") == before
    (tmp_path / "world.duckdb").write_text("chapter one")
    with pytest.raises(LinkError, match="is no DuckDB database"):
        build(tmp_path, fresh=fresh)
    assert (tmp_path / "world.duckdb").read_text() == "chapter one"


def test_another_schema_is_built_again(tmp_path: Path) -> None:
    import duckdb

    world(tmp_path, table("deals"), deals="text\nsolar\n")
    build(tmp_path)
    with duckdb.connect(str(tmp_path / "world.duckdb")) as connection:
        connection.execute("UPDATE provenance SET value = '0' WHERE key = 'schema'")
    with pytest.raises(LinkError, match="--fresh"):
        rows(tmp_path, "SELECT 1")
    assert build(tmp_path)[0].read == ("deals",)
    assert rows(tmp_path, "SELECT COUNT(*) FROM records") == [(1,)]


# Money

TWO = "text,date,amount,ccy,fx\nsolar,2020,100,USD,\nwind,2021,1000,CNY,0.15\nwind,2020,1000,CNY,0.14\n"
PRICED = 'text = "text"\ndate = "date"\namount = "amount"\ncurrency = "ccy"'
DOLLARS = HEAD + 'currency = "USD"\n'


def amounts(folder: Path) -> list[tuple[Any, ...]]:
    return rows(folder, "SELECT amount, currency, amount_common FROM records ORDER BY record_id")


def test_currencies_are_not_mixed(tmp_path: Path) -> None:
    world(tmp_path, table("deals", PRICED), DOLLARS, deals=TWO)
    with pytest.raises(LinkError) as caught:
        build(tmp_path)
    assert "table 'deals' has amounts in CNY (2 rows, first " in str(caught.value)
    assert "deals.csv, line 3) and the project is in USD: give [rates] CNY, or a rate column" in str(caught.value)
    assert not (tmp_path / "world.duckdb").exists()


def test_without_a_currency_of_the_project_amounts_stay_in_their_own(tmp_path: Path) -> None:
    world(tmp_path, table("deals", PRICED), deals=TWO)
    build(tmp_path)
    assert amounts(tmp_path) == [(100, "USD", None), (1000, "CNY", None), (1000, "CNY", None)]


@pytest.mark.parametrize(
    ("rates", "column", "expected"),
    [
        ("[rates]\nCNY = 0.14\n", "", [100, 140, 140]),
        ("[rates]\nCNY = { 2020 = 0.1, 2021 = 0.2 }\n", "", [100, 200, 100]),
        ("", '\nrate = "fx"', [100, 150, 140]),
        ("[rates]\nCNY = 0.5\n", '\nrate = "fx"', [100, 150, 140]),  # the row's own rate comes first
    ],
)
def test_rates(tmp_path: Path, rates: str, column: str, expected: list[float]) -> None:
    world(tmp_path, table("deals", PRICED + column), DOLLARS + rates, deals=TWO)
    build(tmp_path)
    assert [row[2] for row in amounts(tmp_path)] == expected


def test_rates_that_lack_a_year(tmp_path: Path) -> None:
    world(tmp_path, table("deals", PRICED), DOLLARS + "[rates]\nCNY = { 2020 = 0.1 }\n", deals=TWO)
    with pytest.raises(LinkError, match=r"years for which \[rates\] says nothing \(CNY: 2021\)"):
        build(tmp_path)


def test_a_row_without_a_rate_is_told(tmp_path: Path) -> None:
    world(tmp_path, table("deals", PRICED + '\nrate = "fx"'), DOLLARS, deals=TWO.replace("0.15", ""))
    outcome, _ = build(tmp_path)
    assert outcome.notes["deals"].counts == {"rate": 1}
    assert outcome.notes["deals"].examples["rate"][0].endswith("deals.csv, line 3: an amount in CNY without a rate")
    assert [row[2] for row in amounts(tmp_path)] == [100, None, 140]


def test_currencies_of_cells_columns_and_tables(tmp_path: Path) -> None:
    cells = ["$5", "$5m", "5", "€5", "5万元", "¥5", "3 apples"]
    own = ["HKD", "", "", "", "", "CNY", ""]
    text = "text,amount,ccy\n" + "".join(f"solar,{a},{c}\n" for a, c in zip(cells, own, strict=True))
    world(tmp_path, table("deals", 'text = "text"\namount = "amount"\ncurrency = "ccy"', fixed='currency = "USD"'), deals=text)
    outcome, _ = build(tmp_path)
    assert [row[:2] for row in amounts(tmp_path)] == [
        (5, "HKD"), (5e6, "USD"), (5, "USD"), (5, "EUR"), (5e4, "CNY"), (5, "CNY"), (None, None),
    ]  # fmt: skip
    assert outcome.notes["deals"].counts == {"amount": 1}


def test_an_amount_that_contradicts_its_currency_is_not_taken(tmp_path: Path) -> None:
    world(tmp_path, table("deals", PRICED), deals="text,date,amount,ccy\nsolar,2020,€5,USD\nsolar,2020,5,UDS\n")
    outcome, _ = build(tmp_path)
    assert amounts(tmp_path) == [(None, None, None), (None, None, None)]
    assert outcome.notes["deals"].counts == {"currency": 2}


def test_a_bare_dollar_is_asked_about(tmp_path: Path) -> None:
    world(tmp_path, table("deals", 'text = "text"\namount = "amount"'), deals="text,amount\nsolar,$5\n")
    with pytest.raises(LinkError, match=r"deals.csv, line 2: the amount is in '\$', which several currencies are called"):
        build(tmp_path)


def test_amounts_without_any_currency(tmp_path: Path) -> None:
    world(tmp_path, table("deals", 'text = "text"\namount = "amount"'), DOLLARS, deals="text,amount\nsolar,5\n")
    with pytest.raises(LinkError, match=r"says no currency; give a currency column, or \[table.fixed\] currency = 'USD'"):
        build(tmp_path)


def test_a_column_in_ten_thousands(tmp_path: Path) -> None:
    columns = 'text = "text"\namount = "金额（万元）"'
    world(tmp_path, table("deals", columns), deals="text,金额（万元）\nsolar,250\nsolar,3000万\n")
    with pytest.raises(LinkError, match="speaks of 万元; say amount_unit"):
        build(tmp_path)
    world(tmp_path, table("deals", columns, more="amount_unit = 10000", fixed='currency = "CNY"'))
    build(tmp_path)
    # A cell that names a unit of its own means it.
    assert [row[:2] for row in amounts(tmp_path)] == [(2_500_000, "CNY"), (30_000_000, "CNY")]


# Dates and other cells


def test_dates_that_cannot_be_told_name_file_line_and_column(tmp_path: Path) -> None:
    world(tmp_path, table("deals", 'text = "text"\ndate = "closed"'), deals="text,closed\nsolar,2019-01-02\nwind,03/05/2019\n")
    with pytest.raises(LinkError, match=r"deals.csv, line 3, column 'closed': '03/05/2019' has day and month"):
        build(tmp_path)
    world(tmp_path, table("deals", 'text = "text"\ndate = "closed"', more='date_format = ["%Y-%m-%d", "%d/%m/%Y"]'))
    build(tmp_path)
    assert rows(tmp_path, "SELECT date FROM records ORDER BY record_id") == [(date(2019, 1, 2),), (date(2019, 5, 3),)]


def test_the_first_filled_date_counts(tmp_path: Path) -> None:
    text = "text,closed,announced\nsolar,,2019-01-02\nsolar,2020,2019\nsolar,soon,2018\nsolar,,\n"
    world(tmp_path, table("deals", 'text = "text"\ndate = ["closed", "announced"]', fixed="year = 2015"), deals=text)
    outcome, _ = build(tmp_path)
    assert rows(tmp_path, "SELECT year FROM records ORDER BY record_id") == [(2019,), (2020,), (2018,), (2015,)]
    assert outcome.notes["deals"].counts == {"date": 1}


def test_a_column_without_one_date_is_the_wrong_column(tmp_path: Path) -> None:
    text = "text,closed\n" + "solar,north\n" * 5
    world(tmp_path, table("deals", 'text = "text"\ndate = "closed"'), deals=text)
    with pytest.raises(LinkError, match=r"no date of 5 could be read: .*deals.csv, line 2: 'north' is no date"):
        build(tmp_path)


def test_countries_and_what_holds_for_all_rows(tmp_path: Path) -> None:
    text = "text,place\nsolar,韩国\nsolar,\nsolar,Atlantis\n"
    world(tmp_path, table("deals", 'text = "text"\ncountry = "place"', fixed='country = "Denmark"'), deals=text)
    outcome, _ = build(tmp_path)
    assert rows(tmp_path, "SELECT country FROM records ORDER BY record_id") == [("KR",), ("DK",), ("DK",)]
    assert outcome.notes["deals"].counts == {"country": 1}


def test_ragged_short_and_empty(tmp_path: Path) -> None:
    sections = table("deals", 'text = "text"\nid = "id"\nfirm = "firm"') + table("empty") + table("last")
    world(
        tmp_path,
        sections,
        deals="id,text,firm\n1,solar\n2,solar, and wind,Arvid Solar AB\n3,wind,\n\n4,wind,Nordlys Kraft AS\n",
        empty="text\n",
        last="text,x\nsolar,1\n",
    )
    outcome, _ = build(tmp_path)
    # By hand: a short row ends in empty cells; a row with too many gives nothing; an empty line is no row.
    assert rows(tmp_path, "SELECT record_id, table_id, row, source_id, status FROM records ORDER BY 1") == [
        (1, "deals", 1, "1", "tagged"),
        (2, "deals", 2, None, "unreadable"),
        (3, "deals", 3, "3", "tagged"),
        (4, "deals", 4, "4", "tagged"),
        (5, "last", 1, None, "tagged"),
    ]
    assert rows(tmp_path, "SELECT record_id, name FROM mentions") == [(4, "Nordlys Kraft AS")]
    assert outcome.notes["deals"].counts == {"cells": 1}
    assert rows(tmp_path, "SELECT table_id, rows FROM tables ORDER BY rowid") == [("deals", 4), ("empty", 0), ("last", 1)]
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(TableError, match="is empty"):
        build(tmp_path)


def test_bytes_that_no_encoding_reads(tmp_path: Path) -> None:
    world(tmp_path, table("deals", more='encoding = "utf-8"'))
    (tmp_path / "deals.csv").write_bytes(b"text,n\nsolar \xff\xfe,1\nwind\x00y,2\n")
    build(tmp_path)
    assert [t for (t,) in rows(tmp_path, "SELECT text FROM records ORDER BY record_id")] == ["solar \ufffd\ufffd", "wind\ufffdy"]


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    world(tmp_path, table("deals", 'text = "txet"'), deals="text,n\nsolar,1\n")
    with pytest.raises(
        LinkError, match=r"no column 'txet' \(table 'deals', columns.text\); did you mean text\?; it has 'text', 'n'"
    ):
        build(tmp_path)
    world(tmp_path, table("deals", 'text = " TEXT"'))
    build(tmp_path)  # case and space are forgiven
    world(tmp_path, table("deals"), deals="text,text\na,b\n")
    with pytest.raises(LinkError, match="2 columns called 'text'"):
        build(tmp_path)


def test_several_texts_and_labels(tmp_path: Path) -> None:
    columns = 'text = ["title", "text"]\nlabel = ["sector", "class"]'
    text = "title,text,sector,class\nsolar,modules,Energy | Power,H02S\n,wind,Energy,\nsolar,modules,Energy | Power,H02S\n"
    world(tmp_path, table("deals", columns), deals=text)
    _, words = build(tmp_path)
    # Equal rows are tagged once; labels are told apart by what is put between them.
    assert words.asked == ["solar\nmodules", "wind"]
    assert words.labels == [["Energy|Power", "H02S"], ["Energy"]]
    assert rows(tmp_path, "SELECT label, status FROM records ORDER BY record_id") == [
        ("Energy|Power | H02S", "tagged"),
        ("Energy", "tagged"),
        ("Energy|Power | H02S", "tagged"),
    ]
    world(tmp_path, table("deals", 'label = "sector"'))
    _, words = build(tmp_path)
    assert (words.asked, words.labels) == (["", ""], [["Energy | Power"], ["Energy"]])


def test_one_label_that_looks_like_two_is_tagged_for_itself(tmp_path: Path) -> None:
    one = table("one", 'label = "sector"')
    two = table("two", 'label = ["sector", "class"]')
    world(tmp_path, one, one="sector,n\nSolar | Wind,1\n", two="sector,class\nSolar,Wind\n")
    build(tmp_path)
    world(tmp_path, one + two)
    _, words = build(tmp_path)
    assert words.labels == [["Solar", "Wind"]]


def test_a_table_with_nothing_to_tag(tmp_path: Path) -> None:
    world(tmp_path, table("firms", 'firm = "name"', kind="firm"), firms="name\nArvid Solar AB\n")
    _, words = build(tmp_path)
    assert words.asked == []
    assert rows(tmp_path, "SELECT text, status, tagged_with FROM records JOIN tables USING (table_id)") == [
        (None, "unreadable", "")
    ]


@pytest.mark.parametrize("path", ["parts", "parts/?.csv", "pa*/[ab].csv"])
def test_a_folder_or_a_pattern_is_one_table(tmp_path: Path, path: str) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.csv").write_text("n,text\n3,wind\n")
    (tmp_path / "parts" / "a.csv").write_text("text,n\nsolar,1\nwind,2\n")
    (tmp_path / "parts" / "_notes.csv").write_text("hidden")
    world(tmp_path, table("deals", 'text = "text"\nid = "n"').replace('path = "deals.csv"', f'path = "{path}"'))
    build(tmp_path)
    assert rows(tmp_path, "SELECT row, source_id, text FROM records ORDER BY 1") == [
        (1, "1", "solar"),
        (2, "2", "wind"),
        (3, "3", "wind"),
    ]
    (tmp_path / "parts" / "b.csv").write_text("n,text\n3,solar\n")
    assert build(tmp_path)[0].read == ("deals",)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    world(tmp_path, table("deals"))
    with pytest.raises(LinkError, match="table 'deals': there is no file"):
        build(tmp_path)
    world(tmp_path, table("deals").replace("deals.csv", "deals-*.csv"))
    with pytest.raises(TableError, match="there is no file"):
        build(tmp_path)


# Firms and people


def mentions(folder: Path) -> list[tuple[Any, ...]]:
    return rows(folder, "SELECT record_id, role, name, scheme, given_id, country, person FROM mentions ORDER BY mention_id")


def test_mentions_by_hand(tmp_path: Path) -> None:
    columns = """
        firm = "firm"
        firm_id = [ { column = "uscc", scheme = "uscc" }, { column = "lei", scheme = "lei" } ]
        country = "place"
        parent = "owner"
        roles = [
            { column = "investors", role = "investor", split = ";", id = "ids", scheme = "fund", country = "home" },
            { column = "founder", role = "founder", person = true },
        ]
    """
    text = (
        "firm,uscc,lei,place,owner,investors,ids,home,founder\n"
        "Arvid Solar AB,,L1,Sweden,Arvid Group,Tern Capital；Tern Capital; 未披露,T1,UK,Ada Lind\n"
        ",U1,L2,,,Tern Capital;Gull Capital,T1,,-\n"
    )
    world(tmp_path, table("deals", columns), deals=text)
    outcome, _ = build(tmp_path)
    assert mentions(tmp_path) == [
        (1, "subject", "Arvid Solar AB", "lei", "L1", "SE", False),
        (1, "parent", "Arvid Group", None, None, None, False),
        (1, "investor", "Tern Capital", "fund", "T1", "GB", False),
        (1, "founder", "Ada Lind", None, None, None, True),
        (2, "subject", None, "uscc", "U1", None, False),  # the first id that is filled; no name
        (2, "investor", "Tern Capital", None, None, None, False),  # two names and one id: whose it is cannot be told
        (2, "investor", "Gull Capital", None, None, None, False),
    ]
    assert outcome.notes["deals"].counts == {"ids": 1}


def test_other_names_of_a_firm_need_an_id(tmp_path: Path) -> None:
    columns = 'firm = { column = "zh", also = ["en", "short"], id = "id", scheme = "x" }'
    text = "zh,en,short,id\n北屿光伏,Beiyu Solar,Beiyu Solar,1\n北屿光伏,Beiyu Solar,,\n,Beiyu Solar,BYS,\n"
    world(tmp_path, table("deals", columns), deals=text)
    build(tmp_path)
    assert [(r[0], r[2], r[4]) for r in mentions(tmp_path)] == [
        (1, "北屿光伏", "1"),
        (1, "Beiyu Solar", "1"),
        (2, "北屿光伏", None),
        (3, "Beiyu Solar", None),
    ]


def test_the_country_of_a_patent_is_not_its_owner_s(tmp_path: Path) -> None:
    columns = 'text = "text"\nfirm = { column = "firm", split = ";" }\ncountry = "office"'
    world(tmp_path, table("patents", columns, kind="patent"), patents="text,firm,office\nsolar,Arvid Solar AB;Tern Oy,US\n")
    build(tmp_path)
    assert [(r[2], r[5]) for r in mentions(tmp_path)] == [("Arvid Solar AB", None), ("Tern Oy", None)]
    assert rows(tmp_path, "SELECT country FROM records") == [("US",)]


def test_lists_of_names_in_json(tmp_path: Path) -> None:
    world(tmp_path, table("deals", 'firm = "firms"').replace("deals.csv", "deals.jsonl"))
    lines = [{"firms": ["Arvid Solar AB", "Tern Oy"]}, {"firms": "Gull [Nordic] Ltd"}, {"firms": None}]
    (tmp_path / "deals.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    build(tmp_path)
    assert [(r[0], r[2]) for r in mentions(tmp_path)] == [(1, "Arvid Solar AB"), (1, "Tern Oy"), (2, "Gull [Nordic] Ltd")]


def test_firms_are_found_across_tables(tmp_path: Path) -> None:
    sections = table("deals", 'text = "text"\nfirm = "firm"') + table("patents", 'text = "text"\nfirm = "owner"', kind="patent")
    patents = "text,owner\nwind,ARVID SOLAR AB\nwind,Tern Marine Oy\n"
    world(tmp_path, sections, deals="text,firm\nsolar,Arvid Solar AB\nsolar,Gull Bakery Ltd\n", patents=patents)
    build(tmp_path)
    found = rows(tmp_path, "SELECT firm_id, STRING_AGG(record_id, ',' ORDER BY record_id) FROM record_firms GROUP BY 1")
    assert sorted(where for _, where in found) == ["1,3", "2", "4"]


# Tables that were tagged before

TAGGED = "text,tt_status,tt_primary,tt_tags,tt_scores,tt_basis,tt_version\n"


def test_tags_that_a_table_came_with(tmp_path: Path) -> None:
    text = TAGGED + (
        "a,tagged,photovoltaics,photovoltaics;wind-power,0.9;,both;label,v1\n"
        "b,none,,,,,v1\n"
        "c,coarse,energy,energy,,,v1\n"
        "d,tagged,photovoltaics,energy;photovoltaics,0.95;0.9,text;text,v2\n"
    )
    world(tmp_path, table("deals"), deals=text)
    _, words = build(tmp_path)
    assert words.asked == []
    assert rows(tmp_path, "SELECT record_id, tag, rank, score, basis FROM assignments ORDER BY 1, 3") == [
        (1, "photovoltaics", 1, 0.9, "both"),
        (1, "wind-power", 2, None, "label"),
        (3, "energy", 1, None, "review"),  # neither scores nor basis: set by hand
        (4, "photovoltaics", 1, 0.9, "text"),  # what it implies is not said twice
    ]
    assert rows(tmp_path, "SELECT tagged_with FROM tables") == [("v1 | v2",)]
    assert build(tmp_path)[0].changed is False


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "a,tagged,x,photovoltaic,0.9,text,v",
            r"line 2: tt_tags has 'photovoltaic', which release .* has not; did you mean photovoltaics",
        ),
        ("a,maybe,,,,,v", "tt_status is 'maybe'"),
        ("a,tagged,,,,,v", "tt_status is tagged and tt_tags has none"),
        ("a,none,,photovoltaics,,,v", "tt_status is none and tt_tags has 1"),
        ("a,tagged,,photovoltaics;wind-power,0.9,,v", "2 in tt_tags and 1 in tt_scores"),
        ("a,tagged,,photovoltaics,9,text,v", "scores are probabilities"),
        ("a,tagged,,photovoltaics,0.9,guess,v", "tt_basis has 'guess'"),
    ],
)
def test_tags_that_cannot_be_taken(tmp_path: Path, row: str, message: str) -> None:
    world(tmp_path, table("deals"), deals=TAGGED + row + "\n")
    with pytest.raises(LinkError, match=message):
        build(tmp_path)


def test_the_long_layout_is_refused(tmp_path: Path) -> None:
    world(tmp_path, table("deals"), deals="text,tt_row,tt_tag\na,1,energy\n")
    with pytest.raises(LinkError, match="long layout"):
        build(tmp_path)


# The command


def test_the_command_tags_as_techtags_tag_does(tmp_path: Path) -> None:
    text = "text,sector\nA maker of perovskite solar modules,Energy\n海上风电安装船,\nA chain of bakeries,Food\n"
    world(tmp_path, table("deals", 'text = "text"\nlabel = "sector"'), deals=text)
    done = techtags("link", tmp_path / "project.toml")
    assert done.code == 0, done.err
    assert "3 records: 2 tagged" in done.text
    ours = rows(tmp_path, "SELECT row, tag, rank, ROUND(score, 3), basis FROM assignments JOIN records USING (record_id)")
    assert techtags("tag", tmp_path / "deals.csv", "--text", "text", "--label", "sector", "-o", tmp_path / "tagged.csv").code == 0
    world(tmp_path, table("tagged"))
    assert techtags("link", tmp_path / "project.toml").code == 0
    theirs = rows(tmp_path, "SELECT row, tag, rank, score, basis FROM assignments JOIN records USING (record_id)")
    assert sorted(ours, key=str) == sorted(theirs, key=str)
    assert len(ours) >= 2


def test_the_command_says_what_it_did_and_what_it_could_not_read(tmp_path: Path) -> None:
    world(tmp_path, table("deals", MONEY), deals=DEALS.replace("n/a", "soon"))
    done = techtags("link", tmp_path / "project.toml")
    assert done.code == 0, done.err
    assert "1 of 1 tables read, 4 texts tagged" in done.text
    assert "deals: dates not read: 1, such as" in done.err
    assert "line 5: 'soon' is no date" in done.err
    again = techtags("link", tmp_path / "project.toml")
    assert "nothing has changed" in again.text
    assert again.err == done.err
    assert techtags("link", tmp_path / "project.toml", "--fresh").text == done.text


def test_the_command_fails_in_one_line(tmp_path: Path) -> None:
    world(tmp_path, table("deals", 'txt = "text"'), deals="text\nsolar\n")
    done = techtags("link", tmp_path / "project.toml")
    assert (done.code, done.text) == (1, "")
    assert done.err.strip().endswith("table \"deals\", columns: there is no key 'txt'; did you mean text?")
    assert done.err.count("\n") == 1


def test_a_review_does_not_overwrite(tmp_path: Path) -> None:
    head = HEAD + '[firms]\nlinks = "links.csv"\n'
    world(tmp_path, table("deals"), head, deals="text\nsolar\n", links="left_name,right_name,same\n")
    for name in ("links.csv", "deals.csv", "project.toml", "world.duckdb"):
        done = techtags("link", tmp_path / "project.toml", "--review", tmp_path / name)
        assert (done.code, "--review would overwrite" in done.err) == (2, True)


def test_the_example_of_the_demo(tmp_path: Path) -> None:
    import shutil

    example = Path(__file__).parent.parent / "examples" / "demo-link"
    for file in example.iterdir():
        if file.suffix != ".duckdb":
            shutil.copy(file, tmp_path)
    done = techtags("link", tmp_path / "project.toml")
    assert (done.code, done.err) == (0, "")
    assert "4 of 4 tables read" in done.text
    connection = store.connect(tmp_path / "demo.duckdb")
    try:
        # Every deal has a year, and every disclosed amount is in dollars: 50 rows, two of them undisclosed.
        found = connection.execute(
            "SELECT COUNT(year), COUNT(amount), COUNT(amount_common) FROM records WHERE table_id = 'investments'"
        ).fetchall()
        assert found == [(50, 48, 48)]
        branch = connection.execute(
            "SELECT relation FROM firm_relations JOIN firms ON firm_id = from_firm WHERE name = '澄川储能科技有限公司深圳分公司'"
        ).fetchall()
        assert branch == [("branch_of",)]
    finally:
        connection.close()
