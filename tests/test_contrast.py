"""The contrast set: its data, and that no change of the model loses what passes today."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from techtags import Tagger, Taxonomy

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "contrast" / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
KINDS = {"homonym", "firm-name", "sold-off", "others", "boast", "ban", "negation", "minimal-pair"}
# What the fast model passes falls short of the aim of 0.85 by far: a bag of words cannot read "sold", "not" and "our clients".
FLOOR = 0.45


@pytest.fixture
def passes():  # type: ignore[no-untyped-def]
    sys.path.insert(0, str(HERE.parent / "benchmarks"))
    try:
        from contrast import passes as found
    finally:
        sys.path.pop(0)
    return found


def test_cases_are_well_formed() -> None:
    taxonomy = Taxonomy.load()
    assert len(CASES) >= 300
    assert len({c["id"] for c in CASES}) == len({c["text"] for c in CASES}) == len(CASES)
    for case in CASES:
        assert case["kind"] in KINDS and case["lang"] in ("en", "zh") and case["text"].strip()
        assert all(t in taxonomy for t in (*case["must"], *case["must_not"])), case["id"]
        assert case["must"] or case["must_not"] or case.get("none"), case["id"]
        assert not (case["must"] and case.get("none")), case["id"]
    assert min(Counter(c["lang"] for c in CASES).values()) >= 150
    assert min(Counter(c["kind"] for c in CASES).values()) >= 30


def test_pairs_are_pairs() -> None:
    pairs = Counter(c["id"][:-1] for c in CASES if c["kind"] == "minimal-pair")
    assert set(pairs.values()) == {2}


def test_what_passing_means(passes) -> None:  # type: ignore[no-untyped-def]
    taxonomy = Taxonomy.load()
    assert passes({"must": ["energy"], "must_not": []}, ["photovoltaics"], taxonomy)  # a tag below counts
    assert not passes({"must": ["photovoltaics"], "must_not": []}, ["energy"], taxonomy)
    assert not passes({"must": [], "must_not": ["energy"]}, ["photovoltaics"], taxonomy)
    assert passes({"none": True, "must": [], "must_not": []}, [], taxonomy)
    assert not passes({"none": True, "must": [], "must_not": []}, ["fintech"], taxonomy)


def test_the_shipped_model_does_not_fall_back(passes) -> None:  # type: ignore[no-untyped-def]
    tagger = Tagger.load(evidence=False, candidates=0)
    given = [result.ids for result in tagger.tag([c["text"] for c in CASES])]
    share = sum(passes(c, g, tagger.taxonomy) for c, g in zip(CASES, given, strict=True)) / len(CASES)
    assert share >= FLOOR
