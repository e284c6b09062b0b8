"""Figures of the test of designations, and what the shipped program reaches on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from commands import techtags

from techtags import Tagger
from techtags.classifier.labels import DesignationMatcher
from techtags.training import DataError
from techtags.training.designations import FILE, Gold, figures, judge, read_designations, report

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "half\tsource\tlang\tdesignation\ttags\talso\n"
# Worked out by hand: what the program gives for these plain names is their own tag.
MADE_UP = (
    HEADER
    + "choose\ts1\ten\tRobotics\trobotics\t\n"  # right
    + "choose\ts1\ten\tPhotovoltaics\tenergy\t\n"  # finer; the domain is right
    + "test\ts2\tzh\t半导体\tfintech\tnone\n"  # wrong; `none` needs no domain, so the coarse tag counts as found
    + "test\ts2\ten\tReal Estate\t\tconstruction-technology\n"  # right: none
    + "test\ts2\ten\tLithography\tphotovoltaics\tlithography | semiconductors;lithography\n"  # right by `also`
    + "test\ts3\ten\tFintech\tsemiconductors;fintech\t\n"  # a domain is missing
)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(evidence=False, candidates=0)


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    file = tmp_path / "gold.tsv"
    file.write_text(MADE_UP, encoding="utf-8")
    return file


def test_figures_by_hand(tagger: Tagger, made_up: Path) -> None:
    taxonomy = tagger.taxonomy
    judged = judge(read_designations(made_up, taxonomy), DesignationMatcher(taxonomy, tagger), taxonomy)
    assert [j.right for j in judged] == [True, False, False, True, True, False]
    assert [j.finer for j in judged] == [False, True, False, False, False, False]
    assert [j.coarse for j in judged] == [True, True, True, None, True, False]
    found = report(judged)
    assert (found["all"]["designations"], found["all"]["distinct"]) == (6, 6)
    assert [found["all"][key] for key in ("right", "finer", "coarse_recall")] == pytest.approx([3 / 6, 1 / 6, 4 / 5])
    assert found["by_half"]["choose"]["right"] == pytest.approx(1 / 2)
    assert found["by_half"]["test"]["right"] == pytest.approx(2 / 4)
    assert found["by_half"]["test"]["coarse_recall"] == pytest.approx(2 / 3)
    assert found["by_language"]["zh"]["designations"] == 1
    assert set(found["by_source"]) == {"s1", "s2", "s3"}
    assert sum(group["designations"] for group in found["by_way"].values()) == 6


def test_no_designations_give_no_figures() -> None:
    assert figures([])["right"] != figures([])["right"]


def test_reading(tagger: Tagger, made_up: Path) -> None:
    assert [g.designation for g in read_designations(made_up, tagger.taxonomy, "choose")] == ["Robotics", "Photovoltaics"]
    last = read_designations(made_up, tagger.taxonomy)[4]
    assert last == Gold(
        "test", "s2", "en", "Lithography", frozenset({"photovoltaics"}),
        (frozenset({"lithography"}), frozenset({"semiconductors", "lithography"})),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEADER, "no designations"),
        ("half\tsource\n", "line 1: no column lang"),
        (HEADER + "dev\ts\ten\tAI\t\t\n", "line 2: half is 'dev'"),
        (HEADER + "test\ts\ten\tAI\tartificial-inteligence\t\n", "line 2: there is no tag 'artificial-inteligence'"),
        (HEADER + "test\ts\ten\tAI\t\tnone | nothing\n", "line 2: there is no tag 'nothing'"),
        (HEADER + "test\ts\ten\t \t\t\n", "line 2: designation is empty"),
        (HEADER + "test\ts\ten\tAI\t\t\tmore\n", "line 2: 7 cells under 6 columns"),
    ],
)
def test_bad_files_get_one_clear_line(tagger: Tagger, tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "bad.tsv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        read_designations(file, tagger.taxonomy)
    done = techtags("evaluate-designations", "--data", file)
    assert done.code == 1
    assert done.err.startswith("Error: ") and says in done.err and done.err.count("\n") == 1


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    done = techtags("evaluate-designations", "--data", tmp_path / "none.tsv")
    assert (done.code, "cannot read" in done.err) == (1, True)
    file = tmp_path / "latin.tsv"
    file.write_bytes(HEADER.encode() + b"test\ts\ten\tCaf\xe9\t\t\n")
    assert "not UTF-8" in techtags("evaluate-designations", "--data", file).err
    assert techtags("evaluate-designations", "--half", "both").code == 2


def test_command(made_up: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    done = techtags("evaluate-designations", "--data", made_up, "--mistakes", "--json", out)
    assert done.code == 0
    line = next(row for row in done.text.splitlines() if row.startswith("all"))
    assert line.split() == ["all", "6", "0.500", "0.167", "0.800"]
    mistakes = [row for row in done.text.splitlines() if "wanted" in row]
    assert len(mistakes) == 3
    assert "s1\tPhotovoltaics\twanted energy\tgiven photovoltaics" in mistakes[0]
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["all"]["right"] == 0.5
    assert written["data"] == str(made_up)
    only = techtags("evaluate-designations", "--data", made_up, "--half", "choose", "--json", out)
    assert next(row for row in only.text.splitlines() if row.startswith("all")).split()[1] == "2"
    assert "wanted" not in only.text


def test_shares_of_nothing_are_null(tmp_path: Path) -> None:
    file, out = tmp_path / "gold.tsv", tmp_path / "figures.json"
    file.write_text(HEADER + "test\ts\ten\tReal Estate\t\t\n", encoding="utf-8")
    assert techtags("evaluate-designations", "--data", file, "--json", out).code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["all"]["coarse_recall"] is None


def test_halves_share_no_source(tagger: Tagger) -> None:
    gold = read_designations(FILE, tagger.taxonomy)
    by_half = {half: {g.source for g in gold if g.half == half} for half in ("choose", "test")}
    assert not by_half["choose"] & by_half["test"]
    assert len({g.designation for g in gold}) >= 300
    assert all(sum(g.lang == lang and g.half == "test" for g in gold) >= 100 for lang in ("en", "zh"))


def test_floors_on_the_test_half(tagger: Tagger) -> None:
    taxonomy = tagger.taxonomy
    gold = read_designations(FILE, taxonomy, "test")
    found = figures(judge(gold, DesignationMatcher(taxonomy, tagger), taxonomy))
    assert found["right"] >= 0.84
    assert found["finer"] <= 0.01
    assert found["coarse_recall"] >= 0.90
