"""What a review of linking found: small worlds whose right answers are worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from commands import records as read
from commands import techtags
from worlds import Record, build, in_memory

from techtags.linkage import LinkError
from techtags.linkage.compare import compare, side
from techtags.linkage.selection import Selection
from techtags.linkage.trends import counts

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"deals": "investment", "patents": "patent"}


@pytest.mark.parametrize(("message", "quiet"), [("Query interrupted", True), ("something else", False)])
def test_ctrl_c_while_duckdb_works_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str, quiet: bool
) -> None:
    def interrupted(*given: object, **how: object) -> None:
        raise RuntimeError(message)  # as DuckDB does where Ctrl-C stops a query

    database = build(tmp_path / "w.duckdb", [Record(["wind"])])
    monkeypatch.setattr("techtags.linkage.selection.Linked.prepare", interrupted)
    if not quiet:
        with pytest.raises(RuntimeError, match=message):
            techtags("trends", database)
        return
    done = techtags("trends", database)
    assert done.code == 1 and done.err.strip() == "Aborted!"


def test_with_amount_counts_records_and_not_their_tags() -> None:
    # The first record is in energy twice over, and has two firms: half its weight to each tag, a quarter to each tag and firm.
    worth = [
        Record(["photovoltaics", "wind"], amount=100, currency="USD", firms=[1, 2]),
        Record(["wind"], amount=10, currency="USD", firms=[1]),
        Record(["wind"], firms=[1]),
    ]
    linked = in_memory(worth, firms={1: "Kestrel Ltd", 2: "Osprey Ltd"})
    by_tag = {r["tag"]: r for r in counts(linked, ("tag",), level=1, counting="fractional", amounts=True).to_pylist()}
    assert (by_tag["energy"]["records"], by_tag["energy"]["with_amount"], by_tag["energy"]["amount"]) == (3, 2, 110)
    by_firm = {r["firm"]: r for r in counts(linked, ("firm",), counting="fractional", amounts=True).to_pylist()}
    assert (by_firm["Kestrel Ltd"]["with_amount"], by_firm["Kestrel Ltd"]["amount"]) == (2, 60)
    assert (by_firm["Osprey Ltd"]["with_amount"], by_firm["Osprey Ltd"]["amount"]) == (1, 50)
    years = counts(linked, ("tag", "year"), level=1, counting="fractional", amounts=True).to_pylist()
    assert [(r["year"], r["with_amount"]) for r in years] == [(2020, 2)]


def test_no_growth_from_an_amount_below_zero() -> None:
    returned = [Record(["wind"], year, amount=worth, currency="USD") for year, worth in ((2019, -10), (2020, 30), (2021, 45))]
    rows = counts(in_memory(returned), ("year",), amounts=True).to_pylist()
    # 30 after -10 would come out as -400%.
    assert [r["amount_growth"] for r in rows] == [None, None, 0.5]


def test_amounts_without_a_currency_are_not_added_up_across_tables() -> None:
    unnamed = [Record(["wind"], amount=5), Record(["wind"], amount=7, table="patents"), Record(["wind"], table="patents")]
    linked = in_memory(unnamed, kinds=KINDS)
    with pytest.raises(LinkError, match=r"deals \(1 records\), patents \(1 records\); say currency in \[table.fixed\]"):
        counts(linked, ("tag",), amounts=True)
    one = counts(linked, (), amounts=True, selection=Selection(tables=("deals",))).to_pylist()[0]
    assert (one["amount"], one["currency"]) == (5, None)


def test_several_countries_of_a_side_beside_one_for_both() -> None:
    world = [Record(["wind"], country=c) for c in ("CN", "US", "DE")]
    linked = in_memory(world)
    both = Selection(countries=("CN",))
    assert side(linked, "deals,country=CN,country=US", both)[1].countries == ("CN", "US")
    assert side(linked, "deals,country=US,country=CN", both)[1].countries == ("US", "CN")
    assert side(linked, "deals", both)[1].countries == ("CN",)


def test_what_a_small_side_has_and_a_large_one_lacks_is_found(tmp_path: Path) -> None:
    # 9 of 30 deals and none of 970 patents: at equal shares, 9 / 1000, the patents would be 8.73.  Robotics: 2 and none, 1.94.
    world = [
        *[Record(["wind"])] * 9, *[Record(["robotics"])] * 2, *[Record(["software"])] * 19,
        *[Record(["software"], table="patents")] * 960, *[Record(["solar"], table="patents")] * 10,
    ]  # fmt: skip
    linked = in_memory(world, kinds=KINDS)
    sides = Selection(tables=("deals",)), Selection(tables=("patents",))
    rows = {r["tag"]: r for r in compare(linked, *sides, level=2).to_pylist()}
    assert rows["wind"]["records_needed"] == pytest.approx(9 / 1000 * 970)
    assert rows["wind"]["finding"] == "a_only"
    assert rows["robotics"]["records_needed"] == pytest.approx(1.94) and rows["robotics"]["finding"] == "too_few"
    # Solar: 10 patents, so of 30 deals 0.3 at equal shares: that there is none says nothing.
    assert rows["solar"]["records_needed"] == pytest.approx(0.3) and rows["solar"]["finding"] == "too_few"
    turned = {r["tag"]: r["finding"] for r in compare(linked, *sides[::-1], level=2).to_pylist()}
    assert (turned["wind"], turned["robotics"], turned["solar"]) == ("b_only", "too_few", "too_few")
    database = build(tmp_path / "w.duckdb", world, kinds=KINDS)
    done = techtags("compare", database, "investment", "patent", "--level", "2", "-o", "-")
    assert {r["tag"]: r["finding"] for r in read(done.text)}["wind"] == "a_only"
