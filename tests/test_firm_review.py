"""The table of doubtful pairs, out, filled in, and in again."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from firm_world import Mention, World, world

from techtags.linkage import LinkError
from techtags.linkage.firm_review import COLUMNS, read_review, write_review

if TYPE_CHECKING:
    from pathlib import Path

DOUBTFUL = [Mention("Wexcombe Technologies Ltd", "GB"), Mention("Wexcombe Ltd", "GB"), Mention("Quellmoor Energy Ltd", "GB")]


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _filled(path: Path, same: str) -> Path:
    """The review table of the doubtful world, its one row answered."""
    assert write_review(world(*DOUBTFUL).connection, path) == 1
    row = _table(path)[0]
    return _write(path, {**row, "same": same})


def _pair(left: str, right: str, same: str, **more: str) -> dict[str, str]:
    return {"left_name": left, "right_name": right, "same": same, **more}


def _resolved(path: Path, *mentions: Mention | str) -> World:
    return world(*(mentions or DOUBTFUL), links=path)


def test_a_row_for_each_doubt(tmp_path: Path) -> None:
    w = world(*DOUBTFUL)
    path = tmp_path / "review.csv"
    assert write_review(w.connection, path) == 1
    (row,) = _table(path)
    assert tuple(row) == COLUMNS
    assert {row["left_name"], row["right_name"]} == {"Wexcombe Technologies Ltd", "Wexcombe Ltd"}
    assert (row["left_country"], row["right_country"], row["same"]) == ("GB", "GB", "")
    assert 0.5 <= float(row["probability"]) < 0.95
    assert "general words in one only (technology)" in row["why"]


def test_an_empty_answer_changes_nothing(tmp_path: Path) -> None:
    assert _resolved(_filled(tmp_path / "r.csv", "")).contents() == world(*DOUBTFUL).contents()


def test_yes_joins(tmp_path: Path) -> None:
    w = _resolved(_filled(tmp_path / "r.csv", "yes"))
    assert w.groups == {frozenset({"Wexcombe Technologies Ltd", "Wexcombe Ltd"}), frozenset({"Quellmoor Energy Ltd"})}
    assert w.how == ["review", "review", "alone"]
    assert w.doubts == set()


def test_no_ends_the_doubt(tmp_path: Path) -> None:
    w = _resolved(_filled(tmp_path / "r.csv", "No "))
    assert len(w.groups) == 3
    assert w.doubts == set()


@pytest.mark.parametrize(
    ("answer", "relation"),
    [
        ("branch", ("Wexcombe Technologies Ltd", "branch_of", "Wexcombe Ltd")),
        ("subsidiary", ("Wexcombe Technologies Ltd", "subsidiary_of", "Wexcombe Ltd")),
        ("parent", ("Wexcombe Ltd", "subsidiary_of", "Wexcombe Technologies Ltd")),
        ("母公司", ("Wexcombe Ltd", "subsidiary_of", "Wexcombe Technologies Ltd")),
    ],
)
def test_relations(tmp_path: Path, answer: str, relation: tuple[str, str, str]) -> None:
    path = _write(tmp_path / "r.csv", _pair("Wexcombe Technologies Ltd", "Wexcombe Ltd", answer))
    w = _resolved(path)
    assert len(w.groups) == 3
    assert w.relations == {(*relation, "review")}
    assert w.doubts == set()


def test_no_takes_a_wrong_merge_apart(tmp_path: Path) -> None:
    names = ("Corvane Dynamics Inc", "Corvane Dynamics, Incorporated")
    assert len(world(*names).groups) == 1
    w = _resolved(_write(tmp_path / "r.csv", _pair(*names, "no")), *names)
    assert len(w.groups) == 2


def test_yes_joins_names_that_nothing_else_would(tmp_path: Path) -> None:
    names = ("Alcantor plc", "澄岳光电有限公司")
    assert len(_resolved(_write(tmp_path / "r.csv", _pair(*names, "是")), *names).groups) == 1


def test_ids_and_countries_tell_firms_of_one_name_apart(tmp_path: Path) -> None:
    firms = [
        Mention("Summit Ltd", "US", "cik:1"),
        Mention("Summit Ltd", "US", "cik:2"),
        Mention("Alcantor plc"),
        Mention("Summit Ltd", "GB"),
    ]
    one = _write(tmp_path / "one.csv", _pair("Summit Ltd", "Alcantor plc", "yes", left_ids="cik:2"))
    of = _resolved(one, *firms).firm_of
    assert of[1] == of[2] and len(set(of)) == 3
    two = _write(tmp_path / "two.csv", _pair("Summit Ltd", "Alcantor plc", "yes", left_country="gb"))
    of = _resolved(two, *firms).firm_of
    assert of[3] == of[2] and len(set(of)) == 3


def test_a_name_that_looks_like_a_formula_comes_back(tmp_path: Path) -> None:
    names = (Mention("=Wexcombe Technologies Ltd", "GB"), Mention("Wexcombe Ltd", "GB"))
    path = tmp_path / "r.csv"
    assert write_review(world(*names).connection, path) == 1
    assert "'=Wexcombe" in path.read_text(encoding="utf-8-sig")
    (row,) = _table(path)
    assert len(_resolved(_write(path, {**row, "same": "yes"}), *names).groups) == 1


def test_rows_that_fit_nothing_are_reported(tmp_path: Path) -> None:
    w = _resolved(_write(tmp_path / "r.csv", _pair("Wexcombe Ltd", "Gone Ltd", "yes")))
    assert w.counts.unused == 1
    assert w.counts.problems == (f"{tmp_path / 'r.csv'}, line 2: no table names 'Gone Ltd'; the row is not used",)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [_pair("Wexcombe Ltd", "Alcantor", "perhaps")],
            "line 2: same is 'perhaps'; it may be yes, no, branch, subsidiary or parent, or empty",
        ),
        ([_pair("Wexcombe Ltd", "", "yes")], "line 2: right_name is empty"),
        (
            [_pair("Wexcombe Ltd", "Alcantor", "yes", left_ids="7")],
            "line 2: '7' is no id; write scheme:id, with ; between several",
        ),
        ([_pair("Wexcombe Ltd", "WEXCOMBE LTD", "no")], "line 2: both sides are one name without ids that tell them apart"),
        (
            [
                _pair("Wexcombe Ltd", "Quellmoor Energy Ltd", "yes"),
                _pair("Wexcombe Technologies Ltd", "Quellmoor Energy Ltd", "yes"),
                _pair("Wexcombe Technologies Ltd", "Wexcombe Ltd", "no"),
            ],
            "line 4 keeps apart what yes joins (line 2)",
        ),
    ],
)
def test_errors_are_one_line_with_the_row(tmp_path: Path, rows: list[dict[str, str]], said: str) -> None:
    with pytest.raises(LinkError) as error:
        _resolved(_write(tmp_path / "r.csv", *rows))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_yes_cannot_join_two_ids_of_one_scheme(tmp_path: Path) -> None:
    path = _write(tmp_path / "r.csv", _pair("Summit Ltd", "Alcantor plc", "yes"))
    with pytest.raises(LinkError, match=r"line 2: yes would join two ids of one scheme, cik 1 and cik 2"):
        _resolved(path, Mention("Summit Ltd", id="cik:1"), Mention("Alcantor plc", id="cik:2"))


def test_a_table_without_a_needed_column(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("left_name,right_name\nA,B\n", encoding="utf-8")
    with pytest.raises(LinkError, match="has no column 'same'; it needs left_name, right_name, same"):
        read_review(path)


def test_there_is_no_such_table(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"none\.csv"):
        read_review(tmp_path / "none.csv")


def test_a_surplus_cell_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("left_name,right_name,same\nA, Inc,B,yes\n", encoding="utf-8")
    with pytest.raises(LinkError, match="line 2: 4 cells where the header has 3"):
        read_review(path)


@pytest.mark.parametrize("name", ["r.tsv", "r.jsonl", "r.xlsx"])
def test_other_formats(tmp_path: Path, name: str) -> None:
    if name.endswith("xlsx"):
        pytest.importorskip("openpyxl")
    path = tmp_path / name
    assert write_review(world(*DOUBTFUL).connection, path) == 1
    assert read_review(path) == ()
