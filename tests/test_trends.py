"""Counts, amounts, growth and coverage over small worlds whose right answers are worked out by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from commands import records as read
from commands import techtags
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import COLLECTIONS, TREE, Record, above, build, in_memory

from techtags.linkage import LinkError
from techtags.linkage.coverage import coverage
from techtags.linkage.growth import growth, incomplete_year, series, together
from techtags.linkage.selection import Linked, Selection
from techtags.linkage.trends import counts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRMS = {1: "甲光伏有限公司", 2: "Borealis Wind", 3: "=Evil()"}


def found(linked: Linked, by: Sequence[str] = ("tag",), what: str = "count", **how: Any) -> dict[Any, Any]:
    """One column of counts by the dimensions' values."""
    names = {"firm": "firm_id"}
    rows = counts(linked, by, **how).to_pylist()
    keys = [tuple(r[names.get(d, d)] for d in by) for r in rows]
    assert len(set(keys)) == len(keys)
    return {k[0] if len(k) == 1 else k: r[what] for k, r in zip(keys, rows, strict=True)}


NESTED = [
    Record(["photovoltaics", "wind"]),  # two below one domain
    Record(["photovoltaics", "solar", "solar-heat"]),  # solar is implied by both
    Record(["energy"]),  # nothing finer
    Record(["databases", "robotics"]),
    Record([]),
]


def test_nesting_is_never_counted_twice() -> None:
    linked = in_memory(NESTED)
    assert found(linked) == {
        "energy": 3, "solar": 2, "photovoltaics": 2, "solar-heat": 1, "wind": 1, "software": 1, "databases": 1, "robotics": 1,
    }  # fmt: skip
    assert found(linked, level=1) == {"energy": 3, "software": 1, "robotics": 1}
    # At level 2 the record of which nothing finer is known stays with its domain; robotics has nothing below it.
    assert found(linked, level=2) == {"energy": 1, "solar": 2, "wind": 1, "databases": 1, "robotics": 1}
    assert found(linked, level=2, what="no_finer") == {
        "energy": True, "solar": False, "wind": False, "databases": False, "robotics": False,
    }  # fmt: skip
    own = {"energy": 1, "photovoltaics": 2, "solar-heat": 1, "wind": 1, "databases": 1, "robotics": 1}
    assert found(linked, ancestors=False) == own == found(linked, level=3)
    assert found(linked, what="share", level=1) == {"energy": 0.75, "software": 0.25, "robotics": 0.25}
    assert counts(linked, ()).to_pylist()[0]["count"] == 4


def test_fractional_shares_add_up() -> None:
    linked = in_memory(NESTED)
    assert found(linked, counting="fractional", level=1) == {"energy": 3, "software": 0.5, "robotics": 0.5}
    assert found(linked, counting="fractional", ancestors=False) == {
        "energy": 1, "photovoltaics": 1, "solar-heat": 0.5, "wind": 0.5, "databases": 0.5, "robotics": 0.5,
    }  # fmt: skip
    assert found(linked, counting="fractional")["solar"] == 1.5
    assert found(linked, counting="fractional", what="records")["solar"] == 2
    table = counts(linked, counting="fractional", level=2)
    assert set(table.column("counting").to_pylist()) == {"fractional"} and set(table.column("rollup").to_pylist()) == {"level-2"}


def test_chosen_tags_and_collections() -> None:
    linked = in_memory(NESTED)
    assert found(linked, selection=Selection(tags=("太阳能", "Wind Power"))) == {"solar": 2, "wind": 1}
    assert found(linked, selection=Selection(tags=("energy",)), level=2) == {"energy": 1, "solar": 2, "wind": 1}
    assert found(linked, selection=Selection(tags=("photovoltaics",)), level=1) == {"energy": 2}
    # made-up-plan names wind and databases: the record that is only known to be of energy is not in it.
    plan = Selection(within=("made-up-plan",))
    assert found(linked, selection=plan, level=1) == {"energy": 1, "software": 1}
    assert found(linked, selection=plan, level=1, counting="fractional") == {"energy": 0.5, "software": 0.5}
    assert found(linked, ("year",), selection=Selection(within=("sunny-list",))) == {2020: 2}
    # The share stays one of all tagged records.
    assert found(linked, selection=plan, level=1, what="share") == {"energy": 0.25, "software": 0.25}
    # What stands above its tags is no line of a collection, though a level asked for is.
    assert set(found(linked, selection=plan)) == {"wind", "databases"}
    both = Selection(within=("made-up-plan", "sunny-list"), tags=("energy",))
    assert found(linked, selection=both, level=2) == {"solar": 2, "wind": 1}


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(tags=("photovoltaik",)), "photovoltaics"),
        (Selection(tags=("wind pwoer",)), "wind"),
        (Selection(within=("sunny",)), "sunny-list"),
        (Selection(kinds=("patents",)), "investment"),
        (Selection(tables=("deal",)), "deals"),
        (Selection(countries=("XX",)), "CN"),
        (Selection(first=2020, last=2010), "wrong order"),
    ],
)
def test_what_is_not_there_is_an_error_that_helps(selection: Selection, words: str) -> None:
    linked = in_memory([Record(["wind"], country="CN")])
    with pytest.raises(LinkError, match=words):
        counts(linked, selection=selection)


def test_other_requests_that_cannot_be_met() -> None:
    linked = in_memory([Record(["wind"])])
    for how in (
        {"by": ("planet",)},
        {"by": ("tag", "tag")},
        {"level": 4},
        {"counting": "double"},
        {"by": ("firm",)},
        {"amounts": True},
    ):
        with pytest.raises(LinkError):
            counts(linked, **how)


def test_missing_years_are_rows_and_undated_records_are_kept() -> None:
    linked = in_memory(
        [
            Record(["wind"], 2015),
            Record(["wind"], 2015),
            Record(["databases"], 2017),
            Record(["wind"], 2018),
            Record(["wind"], None),
        ]
    )
    yearly = found(linked, ("tag", "year"), level=2)
    wind = {2015: 2, 2016: 0, 2017: 0, 2018: 1, None: 1}
    assert {y: n for (t, y), n in yearly.items() if t == "wind"} == wind
    shares = found(linked, ("tag", "year"), "share", level=2)
    # In 2016 nothing is known of any tag: no share, and no growth from or to it.
    assert [shares["wind", y] for y in (2015, 2016, 2017, 2018, None)] == [1, None, 0, 1, 1]
    steps = found(linked, ("tag", "year"), "growth", level=2)
    assert [steps["wind", y] for y in (2015, 2016, 2017, 2018, None)] == [None] * 5
    assert steps["databases", 2018] == -1
    # Years that are asked for leave out what has none.
    late = found(linked, ("tag", "year"), level=2, selection=Selection(first=2017))
    assert late == {("wind", 2017): 0, ("wind", 2018): 1, ("databases", 2017): 1, ("databases", 2018): 0}


def test_growth_on_the_year_before() -> None:
    linked = in_memory([Record(["wind"], y) for y in (2019, 2019, 2020, 2020, 2020)])
    assert found(linked, ("tag", "year"), "growth", level=2) == {("wind", 2019): None, ("wind", 2020): 0.5}


def test_probabilities_become_expected_counts_and_intervals() -> None:
    linked = in_memory(
        [
            Record({"photovoltaics": 0.5, "solar-heat": 0.6}),  # solar: 1 - 0.5 * 0.4 = 0.8
            Record({"solar": 0.9}),
            Record({"solar": None}),  # a label said so
        ]
    )
    row = {r["tag"]: r for r in counts(linked, ("tag",)).to_pylist()}["solar"]
    assert (row["count"], row["expected"], row["no_probability"]) == (3, 2.7, 1)
    # 1 is certain; both others are wrong with chance 0.2 * 0.1 = 0.02, which may be left out: so 2 to 3.
    assert (row["low"], row["high"]) == (2, 3)
    row = {r["tag"]: r for r in counts(linked, ("tag",), counting="fractional").to_pylist()}["solar"]
    assert row["expected"] == pytest.approx(0.25 + 0.3 + 0.9 + 1)
    # 1 + 0.9's 1 + halves with 0.5 and 0.6: chances of 1.5 or less: 0.1 * (0.2 + 0.5) = 0.07 > 0.025 > chance of 1, 0.02.
    assert (row["low"], row["high"]) == (1.5, 3)


def test_amounts() -> None:
    worth = [
        Record(["photovoltaics", "wind"], amount=100, currency="USD", common=100),
        Record({"wind": 0.5}, amount=700, currency="CNY", common=98),
        Record(["wind"]),  # no amount
    ]
    linked = in_memory(worth, provenance={"currency": "USD"})
    row = {r["tag"]: r for r in counts(linked, ("tag",), amounts=True).to_pylist()}
    assert row["wind"]["amount"] == 198 and row["energy"]["amount"] == 198 and row["photovoltaics"]["amount"] == 100
    assert (row["wind"]["amount_expected"], row["wind"]["amount_low"], row["wind"]["amount_high"]) == (149, 100, 198)
    assert (row["wind"]["with_amount"], row["wind"]["count"], row["wind"]["currency"]) == (2, 3, "USD")
    assert row["photovoltaics"]["amount_share"] == round(100 / 198, 6)
    shared = found(linked, what="amount", amounts=True, counting="fractional", level=2)
    assert shared == {"solar": 50, "wind": 148}


def test_currencies_are_not_mixed() -> None:
    mixed = [Record(["wind"], amount=100, currency="USD"), Record(["wind"], amount=700, currency="CNY")]
    with pytest.raises(LinkError, match=r"CNY \(1 records\).*USD \(1 records\).*\[rates\].*--currency"):
        counts(in_memory(mixed), amounts=True)
    assert found(in_memory(mixed), what="amount", amounts=True, selection=Selection(currency="cny"))["wind"] == 700
    with pytest.raises(LinkError, match="no amounts in EUR; found: CNY, USD"):
        counts(in_memory(mixed), amounts=True, selection=Selection(currency="EUR"))
    # One currency needs no rate; nor do two tables of which one is chosen.
    assert found(in_memory(mixed[:1]), what="amount", amounts=True)["wind"] == 100
    tables = [mixed[0], Record(["wind"], amount=700, currency="CNY", table="more")]
    linked = in_memory(tables, kinds={"deals": "investment", "more": "grant"})
    assert found(linked, what="amount", amounts=True, selection=Selection(tables=("more",)))["wind"] == 700
    # With a rate for some and not for others, those without are named.
    half = [Record(["wind"], amount=1, currency="USD", common=1), Record(["wind"], amount=7, currency="CNY")]
    with pytest.raises(LinkError, match=r"without a rate to USD: CNY \(1 records\);"):
        counts(in_memory(half, provenance={"currency": "USD"}), amounts=True)


def test_firms_and_new_entrants() -> None:
    linked = in_memory(
        [
            Record(["photovoltaics"], 2018, firms=[1]),
            Record(["wind"], 2019, firms=[1, 2]),
            Record(["solar"], 2020, firms=[1, 2]),
            Record(["wind"], 2020, firms=[1], roles={"investor": [3]}),
            Record(["wind"], None, firms=[3]),
        ],
        firms=FIRMS,
    )
    new = found(linked, ("tag", "year"), "new_firms", firms=True)
    assert {k: n for k, n in new.items() if n} == {
        ("energy", 2018): 1, ("energy", 2019): 1, ("solar", 2018): 1, ("solar", 2020): 1, ("photovoltaics", 2018): 1,
        ("wind", 2019): 2,
    }  # fmt: skip
    firms = found(linked, ("tag", "year"), "firms", firms=True)
    assert (firms["energy", 2020], firms["wind", 2020], firms["wind", None]) == (2, 1, 1)
    # First records are looked for in all years, not only those that are shown.
    late = Selection(first=2019)
    assert found(linked, ("tag", "year"), "new_firms", firms=True, selection=late)["energy", 2019] == 1
    assert found(linked, ("tag",), "new_firms", firms=True, selection=late) == {"energy": 1, "solar": 1, "wind": 2}
    assert found(linked, ("tag",), "new_firms", firms=True)["wind"] is None
    # By firm; fractional counting shares a record among its firms.
    assert found(linked, ("firm",)) == {1: 4, 2: 2, 3: 1}
    assert found(linked, ("firm",), counting="fractional") == {1: 3, 2: 1, 3: 1}
    assert found(linked, ("firm",), "firm")[1] == "甲光伏有限公司"
    assert found(linked, ("firm",), selection=Selection(role="investor", tags=("wind",))) == {3: 1, None: 2}
    with pytest.raises(LinkError, match="investor, subject"):
        found(linked, ("firm",), selection=Selection(role="owner"))


def test_tables_kinds_and_countries() -> None:
    linked = in_memory(
        [Record(["wind"], country="CN"), Record(["wind"], table="patents"), Record(["robotics"], table="patents", country="US")],
        kinds={"deals": "investment", "patents": "patent"},
    )
    assert found(linked, ("country", "kind")) == {("CN", "investment"): 1, ("US", "patent"): 1, (None, "patent"): 1}
    assert found(linked, ("table", "tag"), "share", level=2) == {
        ("deals", "wind"): 1, ("patents", "wind"): 0.5, ("patents", "robotics"): 0.5,
    }  # fmt: skip
    assert found(linked, selection=Selection(kinds=("patent",), countries=("us",))) == {"robotics": 1}


TAGS = st.dictionaries(
    st.sampled_from(list(TREE)), st.one_of(st.none(), st.floats(0.3, 1).map(lambda p: round(p, 2))), max_size=4
)
RECORDS = st.lists(
    st.builds(
        Record, tags=TAGS, year=st.one_of(st.none(), st.integers(2018, 2021)), country=st.sampled_from(["CN", "US", None]),
        firms=st.lists(st.sampled_from([1, 2, 3]), max_size=2, unique=True),
    ),
    max_size=25,
)  # fmt: skip


def own(record: Record) -> list[str]:
    """The most specific tags."""
    return [t for t in record.tags if not any(t in list(above(o))[1:] for o in record.tags)]


@settings(max_examples=12, deadline=None)
@given(
    RECORDS,
    st.sampled_from([{"level": 1}, {"level": 2}, {"level": 3}, {"ancestors": False}]),
    st.sampled_from([("tag",), ("tag", "year"), ("tag", "country"), ("year",), (), ("tag", "firm")]),
)
def test_any_world(world: list[Record], how: dict[str, Any], by: tuple[str, ...]) -> None:
    linked = in_memory(world, firms=FIRMS)
    tagged = sum(bool(r.tags) for r in world)
    full = found(linked)
    # Against counting record by record.
    plain = {t: sum(any(t in above(o) for o in r.tags) for r in world) for t in TREE}
    assert full == {t: n for t, n in plain.items() if n}
    # Full counting never shrinks on the way up.
    for tag, n in full.items():
        assert all(full[a] >= n for a in above(tag))
    # Fractional counts add up at every level, and by any other thing beside the tag.
    if linked.has_firms or "firm" not in by:
        total = sum(counts(linked, by, counting="fractional", **how).column("count").to_pylist())
        assert math.isclose(total, tagged, abs_tol=1e-4)
    fractional = found(linked, counting="fractional")
    shares = {t: sum(sum(t in above(o) for o in own(r)) / len(own(r)) for r in world if r.tags) for t in TREE}
    assert fractional == pytest.approx({t: n for t, n in shares.items() if n}, abs=1e-5)
    # Inside and outside a collection together are all.
    inside = found(linked, counting="fractional", level=1, selection=Selection(within=("made-up-plan",)))
    members = [t for t in TREE if set(above(t)) & set(COLLECTIONS["made-up-plan"])]
    assert sum(inside.values()) == pytest.approx(
        sum(sum(o in members for o in own(r)) / len(own(r)) for r in world if r.tags), abs=1e-5
    )
    for row in counts(linked, ("tag", "year")).to_pylist():
        assert 0 <= row["low"] <= row["high"] <= row["count"] and row["low"] - 1 <= row["expected"] <= row["count"] + 1e-6


def test_growth_of_steady_series() -> None:
    # Wind doubles each year: 1, 2, 4, 8, 16; databases stay at 16. Half a record is added to each count.
    world = [Record(["wind"], 2016 + i) for i in range(5) for _ in range(2**i)]
    world += [Record(["databases"], 2016 + i) for i in range(5) for _ in range(16)] + [Record(["robotics"], 2020)]
    linked = in_memory(world)
    rows = {r["tag"]: r for r in growth(linked, counts(linked, level=2)).to_pylist()}
    assert 0.85 < rows["wind"]["growth"] < 1.0 and rows["wind"]["growth_low"] > 0.6
    assert rows["databases"]["growth"] == 0
    assert rows["databases"]["share_growth"] < 0 < rows["wind"]["share_growth"] < rows["wind"]["growth"]
    assert rows["robotics"]["growth"] is None  # one record
    assert (rows["wind"]["first_year"], rows["wind"]["last_year"], rows["wind"]["count"]) == (2016, 2020, 31)


def test_growth_is_the_weighted_line_through_the_logarithms() -> None:
    import numpy as np

    yearly = [5, 9, 6, 14, 12]
    linked = in_memory([Record(["wind"], 2016 + i) for i, n in enumerate(yearly) for _ in range(n)])
    row = growth(linked, counts(linked, level=2)).to_pylist()[0]
    n = np.array(yearly) + 0.5
    slope = np.polyfit(np.arange(5), np.log(n), 1, w=np.sqrt(n))[0]
    assert row["growth"] == pytest.approx(np.expm1(slope), abs=1e-6)
    assert row["growth_low"] < row["growth"] < row["growth_high"]


def test_a_last_year_that_is_not_over() -> None:
    world = [Record(["wind"], y) for y in (2017, 2018, 2019) for _ in range(10)]
    assert incomplete_year(series(counts(in_memory(world)))) is None
    assert incomplete_year(series(counts(in_memory([*world, *[Record(["wind"], 2020)] * 4])))) == 2020
    assert incomplete_year(series(counts(in_memory([*world, *[Record(["wind"], 2020)] * 5])))) is None


def test_rising_together() -> None:
    # Solar and wind rise and fall alike, robotics the other way; databases are many and steady.
    ups = [6, 12, 9, 18, 14, 27, 22]
    downs = [20, 11, 14, 8, 9, 5, 6]
    world = []
    for i, (up, down) in enumerate(zip(ups, downs, strict=True)):
        world += [Record(["photovoltaics", "wind"], 2014 + i) for _ in range(4)]
        world += [Record([t], 2014 + i) for t in ("photovoltaics", "wind") for _ in range(up - 4)]
        world += [Record(["robotics"], 2014 + i) for _ in range(down)] + [Record(["databases"], 2014 + i) for _ in range(40)]
        world += [Record(["solar-heat"], 2014 + i)]
    linked = in_memory(world)
    table = counts(linked, level=2)
    rows = together(linked, table).to_pylist()
    first = rows[0]
    assert {first["tag_a"], first["tag_b"]} == {"solar", "wind"} and first["both_rise"]
    assert first["correlation"] > 0.95 and first["correlation_low"] > 0.6 and first["changes"] == 6
    solar, wind, both, whole = sum(ups) + 7, sum(ups), 28, len(world)
    assert first["records_together"] == both
    assert first["expected_together"] == pytest.approx(solar * wind / whole, abs=1e-5)
    assert first["lift"] == pytest.approx(both * whole / (solar * wind), abs=1e-5)
    pair = next(r for r in rows if {r["tag_a"], r["tag_b"]} == {"wind", "robotics"})
    assert pair["correlation"] < -0.8 and not pair["both_rise"]
    # With all tags, none is paired with one above it; and rare ones (solar-heat) are left out.
    every = {frozenset((r["tag_a"], r["tag_b"])) for r in together(linked, counts(linked)).to_pylist()}
    assert frozenset(("energy", "solar")) not in every and frozenset(("photovoltaics", "wind")) in every
    assert not any("solar-heat" in pair for pair in every)
    # Four years are too few for a correlation.
    short = Selection(first=2017)
    assert together(linked, counts(linked, level=2, selection=short), short).num_rows == 0


def test_coverage() -> None:
    world = [
        Record(["photovoltaics", "energy"], 2020, country="CN", firms=[1]),
        Record({"energy": 0.6}, 2020, status="coarse"),
        Record([], 2020),
        Record([], None, status="unreadable"),
        Record({"wind": 0.8, "databases": None}, 2021, table="patents", amount=3.0, currency="USD"),
    ]
    linked = in_memory(world, kinds={"deals": "investment", "patents": "patent", "empty": "grant"}, firms=FIRMS)
    rows = {(r["table"], r["year"]): r for r in coverage(linked).to_pylist()}
    assert list(rows) == [("deals", 2020), ("deals", None), ("patents", 2021)]
    row = rows["deals", 2020]
    assert [row[n] for n in ("rows", "tagged", "coarse", "none", "unreadable")] == [3, 1, 1, 1, 0]
    assert [row[n] for n in ("level_1", "level_2", "level_3")] == [1, 0, 1]
    assert (row["covered"], row["mean_probability"]) == (round(2 / 3, 6), 0.8)
    assert rows["patents", 2021]["mean_probability"] == 0.8
    whole = coverage(linked, ()).to_pylist()[0]
    assert (whole["rows"], whole["covered"], whole["with_year"], whole["with_firm"]) == (5, 0.6, 0.8, 0.2)
    with pytest.raises(LinkError, match="choose from table"):
        coverage(linked, ("tag",))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = [Record(["photovoltaics"], y, firms=[1, 3], country="CN") for y in range(2015, 2021) for _ in range(y - 2010)]
    world += [Record({"wind": 0.7, "databases": 0.4}, y, firms=[2], amount=5.0, currency="USD") for y in range(2015, 2021)]
    return build(tmp_path_factory.mktemp("trends") / "world.duckdb", world, firms=FIRMS, provenance={"name": "A world"})


def test_command_prints_a_table(database: Path) -> None:
    done = techtags("trends", database, "--by", "tag", "--level", "2", "--labels", "zh")
    assert done.code == 0, done.err
    assert done.text.splitlines()[0].split()[:3] == ["tag", "count", "expected"]
    assert [line.split()[:2] for line in done.text.splitlines()[1:]] == [["太阳能", "45"], ["风电", "6"], ["数据库", "6"]]
    assert "full counting" in done.err
    for what in ("growth", "coverage"):
        done = techtags("trends", database, "--show", what)
        assert done.code == 0 and done.text
    assert "too few records or years" in techtags("trends", database, "--show", "together").err


def test_command_writes_tables(database: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    done = techtags("trends", database, "--by", "firm", "-o", tmp_path / "t.csv", "--firms")
    assert (done.code, done.out) == (0, b""), done.err
    rows = read((tmp_path / "t.csv").read_text(encoding="utf-8"))
    assert {r["firm"]: r["count"] for r in rows} == {"甲光伏有限公司": "45", "'=Evil()": "45", "Borealis Wind": "6"}
    assert techtags("trends", database, "--within", "sunny-list", "--from", "2018", "-o", tmp_path / "t.parquet").code == 0
    table = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert {r["year"]: r["count"] for r in table if r["tag"] == "solar"} == {2018: 8, 2019: 9, 2020: 10}
    done = techtags("trends", database, "--by", "", "-o", "-")
    assert read(done.text)[0]["count"] == "51"
    # The same twice.
    for name in ("a.csv", "b.csv"):
        assert techtags("trends", database, "-o", tmp_path / name).code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--tag", "photovoltaik"], 1, "did you mean photovoltaics"),
        (["--within", "sunny"], 1, "did you mean sunny-list"),
        (["--by", "planet"], 1, "choose from tag, year"),
        (["--level", "9"], 1, "levels 1 to 3"),
        (["--currency", "EUR"], 1, "no amounts in EUR"),
        (["-o", "x.docx"], 2, ".parquet"),
        (["--picture", "x.gif"], 2, ".png"),
        (["--report", "x.pdf"], 2, ".html"),
        (["-o", "same.svg", "--picture", "same.svg"], 2, "name a file"),
        (["--show", "growth", "--by", "tag"], 2, "by tag and year"),
        (["--by", "tag,country", "--picture", "x.png"], 1, "a picture shows one thing"),
    ],
)
def test_command_errors_are_one_line(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = techtags("trends", database, *options)
    assert done.code == code and words in done.err, done.err
    assert len([line for line in done.err.splitlines() if line.startswith("Error")]) == 1
    assert list(tmp_path.iterdir()) == []


def test_command_refuses_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.duckdb").write_text("not a database", encoding="utf-8")
    for name, words in (("a.duckdb", "no DuckDB database"), ("b.duckdb", "there is no database")):
        done = techtags("trends", tmp_path / name)
        assert done.code == 1 and words in done.err and "Traceback" not in done.err


def test_unverified_collections_are_said_to_be(tmp_path: Path) -> None:
    from techtags.linkage import store
    from techtags.taxonomy import Taxonomy

    unread = next(c for c in Taxonomy.load().collections.values() if c.warning and c.tag_ids)
    with store.replacing(tmp_path / "w.duckdb") as connection:
        store.load_taxonomy(connection, Taxonomy.load())
        store.insert(connection, "provenance", {"key": ["schema"], "value": [store.SCHEMA_VERSION]})
    done = techtags("trends", tmp_path / "w.duckdb", "--within", unread.id)
    assert done.code == 0 and "unverified" in done.err and "no record fits" in done.err
    # Aliases and slips of the pen are taken as techtags taxonomy search takes them.
    for name, words in (
        ("半导休", "semiconductors"),
        ("lithograhpy", "lithography"),
        ("nothing like it", "techtags taxonomy search"),
    ):
        done = techtags("trends", tmp_path / "w.duckdb", "--tag", name)
        assert done.code == 1 and words in done.err
    assert techtags("trends", tmp_path / "w.duckdb", "--tag", "光刻机").code == 0
