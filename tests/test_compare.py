"""Two sides of one standard, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from commands import records as read
from commands import techtags
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from worlds import Record, build, in_memory

from techtags.linkage import LinkError
from techtags.linkage.compare import LEAST_EXPECTED, compare, in_words, log2_ratio, side, verb, wilson
from techtags.linkage.selection import Selection

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"deals": "investment", "patents": "patent", "plans": "policy", "abroad": "patent"}


def world() -> list[Record]:
    """Of 100 deals and 200 patents: solar in both, wind funded alone, databases patented alone, robotics rare."""
    out = []
    for table, numbers in (("deals", (20, 64, 0, 1, 15)), ("patents", (40, 0, 100, 1, 59))):
        for tag, n in zip(("photovoltaics", "wind", "databases", "robotics", "software"), numbers, strict=True):
            out += [Record([tag], 2020, table=table, country="CN") for _ in range(n)]
    return [*out, *[Record(["wind"], 2021, table="plans")] * 3, *[Record(["wind"], 2021, table="abroad", country="US")] * 60]


def test_findings() -> None:
    linked = in_memory(world(), kinds=KINDS)
    a, b = Selection(tables=("deals",)), Selection(tables=("patents",))
    rows = {r["tag"]: r for r in compare(linked, a, b, level=2).to_pylist()}
    assert {t: r["finding"] for t, r in rows.items()} == {
        "solar": "both", "wind": "a_only", "software": "more_in_b", "databases": "b_only", "robotics": "too_few",
    }  # fmt: skip
    solar = rows["solar"]
    assert (solar["count_a"], solar["tagged_a"], solar["share_a"], solar["share_b"]) == (20, 100, 0.2, 0.2)
    assert solar["specialisation_a"] == solar["specialisation_b"] == 1
    assert solar["log2_ratio_low"] < 0 < solar["log2_ratio_high"]
    # Wind: 64 of 100 and 0 of 200, so 64 of 300 in both; the index of A is 3.
    assert rows["wind"]["specialisation_a"] == 3 and rows["wind"]["specialisation_b"] == 0
    assert rows["wind"]["log2_ratio"] == pytest.approx(np.log2((64.5 / 100.5) / (0.5 / 200.5)), abs=1e-6)
    # Robotics: 2 in 300, so of the smaller side's 100 records less than one should be.
    assert rows["robotics"]["records_needed"] == pytest.approx(100 * 2 / 300, abs=1e-6)
    turned = {r["tag"]: r for r in compare(linked, b, a, level=2).to_pylist()}
    assert turned["wind"]["finding"] == "b_only" and turned["wind"]["log2_ratio"] == -rows["wind"]["log2_ratio"]


def test_shares_hold_what_probabilities_leave_open() -> None:
    sure = [Record(["wind"], table=t) for t in ("deals", "patents") for _ in range(30)]
    unsure = [Record({"wind": 0.5}, table="deals") for _ in range(30)]
    rest = [Record(["software"], table=t) for t in ("deals", "patents") for _ in range(70)]
    linked = in_memory(sure + unsure + rest, kinds=KINDS)
    row = next(
        r for r in compare(linked, Selection(tables=("deals",)), Selection(tables=("patents",))).to_pylist() if r["tag"] == "wind"
    )
    assert (row["count_a"], row["expected_a"], row["tagged_a"]) == (60, 45, 130)
    assert row["share_a"] == pytest.approx(45 / 130, abs=1e-6)
    interval = binomtest(45, 130).proportion_ci(0.95, "wilson")
    assert (row["share_a_low"], row["share_a_high"]) == pytest.approx((interval.low, interval.high), abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.data())
def test_intervals_of_shares(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = wilson(np.array([float(k)]), n)
    assert 0 <= low[0] <= k / n <= high[0] <= 1
    interval = binomtest(k, n).proportion_ci(0.95, "wilson")
    assert (low[0], high[0]) == pytest.approx((interval.low, interval.high), abs=1e-5)
    other = data.draw(st.integers(0, n))
    ratio, least, most = log2_ratio(np.array([float(k)]), n, np.array([float(other)]), n)
    assert least[0] <= ratio[0] <= most[0] and (ratio[0] > 0) == (k > other)


def test_sides() -> None:
    linked = in_memory(world(), kinds=KINDS)
    assert side(linked, "patents")[1] == Selection(tables=("patents",))
    assert side(linked, "patent")[1] == Selection(kinds=("patent",))
    name, both = side(linked, "patent, country=us ,from=2015,to=2021", Selection(within=("sunny-list",)))
    assert both == Selection(kinds=("patent",), countries=("US",), first=2015, last=2021, within=("sunny-list",))
    assert name.startswith("patent")
    assert side(linked, "patent,country=CN,country=US")[1].countries == ("CN", "US")
    assert [verb(linked, s, "x") for s in (Selection(tables=("plans",)), Selection(kinds=("patent",)), Selection())] == [
        "named by policy", "patented", "in x",
    ]  # fmt: skip
    for given_, words in (
        ("grants", "deals \\(investment\\)"),
        ("deals,colour=red", "colour=red"),
        ("deals,from=soon", "a year is needed"),
    ):
        with pytest.raises(LinkError, match=words):
            side(linked, given_)
    assert in_words("a_only", "funded", "patented") == "funded, not patented"
    assert in_words("both", "named by policy", "funded") == "named by policy and funded"


def test_a_side_without_tags_is_an_error() -> None:
    linked = in_memory([*world(), Record([], table="plans")], kinds=KINDS)
    with pytest.raises(LinkError, match="B has no tagged record"):
        compare(linked, Selection(tables=("deals",)), Selection(tables=("plans",), first=2030))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("compare") / "world.duckdb", world(), kinds=KINDS)


def test_command(database: Path, tmp_path: Path) -> None:
    done = techtags("compare", database, "investment", "patents", "--level", "2")
    assert done.code == 0, done.err
    first = done.text.splitlines()[1]
    assert first.split()[:7] == ["Wind", "power", "funded,", "not", "patented", "64", "64.0%"]
    assert "1 tag has too few records" in done.err
    out = tmp_path / "c.csv"
    assert techtags("compare", database, "deals", "patents", "--level", "2", "-o", out).code == 0
    rows = {r["tag"]: r for r in read(out.read_text(encoding="utf-8"))}
    assert rows["databases"]["finding"] == "b_only" and rows["robotics"]["finding"] == "too_few"
    # Two countries of one kind; and a collection.
    done = techtags("compare", database, "patent,country=CN", "patent,country=US", "--within", "made-up-plan", "--labels", "zh")
    assert "风电" in done.text and "not in patent,country=CN" in done.text and "光伏" not in done.text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["deals", "dreams"], 1, "plans (policy)"),
        (["deals", "deals"], 2, "same records"),
        (["deals", "patents", "--tag", "wnd"], 1, "did you mean wind"),
        (["deals", "patents", "--level", "7"], 1, "levels 1 to 3"),
        (["deals", "patents", "--picture", "x.bmp"], 2, ".svg"),
        (["robots"], 2, "Missing argument"),
    ],
)
def test_command_errors(database: Path, arguments: list[str], code: int, words: str) -> None:
    done = techtags("compare", database, *arguments)
    assert done.code == code and words in done.err and "Traceback" not in done.err, done.err


def test_few_records_say_nothing(tmp_path: Path) -> None:
    few = [Record(["wind"], table=t) for t in ("deals", "patents") for _ in range(int(LEAST_EXPECTED) - 1)]
    path = build(tmp_path / "few.duckdb", few, kinds=KINDS)
    done = techtags("compare", path, "deals", "patents")
    assert done.code == 0 and done.text == "" and "2 tags have too few records" in done.err
    done = techtags("compare", path, "deals", "patents", "--picture", tmp_path / "p.png")
    assert done.code == 1 and "too few records" in done.err and not (tmp_path / "p.png").exists()
