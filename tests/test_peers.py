"""The parts of the comparison with peers that are ours; Annif is not needed."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import load, make_release
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SKOS

from techtags import Taxonomy
from techtags.training.metrics import figures

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
try:
    from peers import annif_side, report
    from peers.decisions import FIGURES, Outcome, Rule, Tags, best_leaf_f1, best_rules, lists, of_lists, outcome
    from peers.linear import terms
    from peers.paired import differences, weights
    from peers.segmentation import segmented
    from peers.vocabulary import iri, skos
finally:
    sys.path.pop(0)

MADE_UP = load(make_release())
TAGS = Tags(MADE_UP)  # machines > lathes > micro-lathes; lamps > lasers, lanterns
M, L, MICRO, LAMPS, LASERS, LANTERNS = (
    TAGS.column[t] for t in ("machines", "lathes", "micro-lathes", "lamps", "lasers", "lanterns")
)


def scored(*rows: dict[int, float]) -> np.ndarray:
    """(n, tags) scores."""
    out = np.zeros((len(rows), len(TAGS.order)), dtype=np.float32)
    for i, row in enumerate(rows):
        for column, score in row.items():
            out[i, column] = score
    return out


# The vocabulary


def test_the_vocabulary_says_what_the_taxonomy_says() -> None:
    taxonomy = Taxonomy.load()
    graph = Graph().parse(data=skos(taxonomy, lambda text: " ".join(text)), format="json-ld")
    assert {*graph.subjects(RDF.type, SKOS.Concept)} == {URIRef(iri(taxonomy, t.id)) for t in taxonomy.active}
    assert sum(1 for _ in graph.triples((None, SKOS.broader, None))) == len(taxonomy.active) - len(taxonomy.domains)
    for tag in taxonomy.active:
        subject = URIRef(iri(taxonomy, tag.id))
        above = [str(o) for o in graph.objects(subject, SKOS.broader)]
        assert above == ([iri(taxonomy, tag.parent_id)] if tag.parent_id else [])
        labels = {(str(o), o.language) for o in graph.objects(subject, SKOS.prefLabel) if isinstance(o, Literal)}
        assert labels == {(tag.labels["en"], "en"), (" ".join(tag.labels["zh"]), "zh")}, tag.id
        for lang in ("en", "zh"):
            others = [o for o in graph.objects(subject, SKOS.altLabel) if isinstance(o, Literal) and o.language == lang]
            assert len(others) == len(set(tag.aliases[lang])), tag.id


def test_deprecated_tags_are_not_offered() -> None:
    text = skos(MADE_UP, str)
    assert "old-lathes" not in text and "micro-lathes" in text


def test_all_labels_in_one_language() -> None:
    graph = Graph().parse(data=skos(MADE_UP, str, {"en": "mul", "zh": "mul"}), format="json-ld")
    assert {o.language for o in graph.objects(None, SKOS.altLabel) if isinstance(o, Literal)} == {"mul"}


def test_projects_are_configured(tmp_path: Path) -> None:
    import configparser

    annif_side.configure(tmp_path, "per-language", {"en": (0.2, 0.0, 0.8), "zh": (0.5, 0.3, 0.2)})
    made = configparser.ConfigParser()
    made.read(tmp_path / "projects.cfg", encoding="utf-8")
    assert set(made.sections()) == {f"{kind}-{lang}" for kind in annif_side.KINDS for lang in ("en", "zh")}
    assert made["ensemble-en"]["sources"] == "tfidf-en:0.2,omikuji-en:0.8"  # what has no weight is not asked
    assert made["pav-zh"]["sources"] == "tfidf-zh:1,mllm-zh:1,omikuji-zh:1"
    assert made["mllm-zh"]["language"] == "zh" and made["mllm-zh"]["vocab"] == "tags(zh)"


# Words


@pytest.mark.parametrize(
    ("text", "pieces", "wanted"),
    [
        ("生产锂电池。", ["生产", "锂电池", "."], "生产 锂电池 ."),
        ("做AI芯片，强！", ["做", "AI", "芯片", ",", "强", "!"], "做 AI 芯片 , 强 !"),
        ("两 个  词", ["两", " ", "个", "  ", "词"], "两 个 词"),
        ("", [], ""),
    ],
)
def test_segmentation(text: str, pieces: list[str], wanted: str) -> None:
    seen = []

    def cut(given: str) -> list[str]:
        seen.append(given)
        return pieces

    assert segmented(text, cut) == wanted
    assert "".join(pieces) == seen[0]  # Chinese stops have become Western ones before the words are cut


def test_terms_of_the_linear_baseline() -> None:
    assert terms("Solar cells, Ltd") == ["solar", "cells", "solar cells", "ltd", "cells ltd"]
    assert terms("锂电池x") == ["锂", "电", "池", "锂电", "电池", "锂电池", "x"]
    assert max(map(len, terms("一二三四五六"))) == 4


# Decisions


def test_deciding_by_hand() -> None:
    scores = scored({M: 0.9, L: 0.5, LASERS: 0.3}, {LAMPS: 0.6, LANTERNS: 0.2, LASERS: 0.4}, {})
    gold = [["lathes"], ["lasers", "micro-lathes"], []]
    low = outcome(scores, gold, Rule(0.3, 10), TAGS)
    # Lathes and lasers hide machines and lamps; the best of what is left is the primary one.
    assert lists(low, scores) == [["lathes", "lasers"], ["lasers"], []]
    assert low.first.tolist() == [L, LASERS, -1] and low.first_gold.tolist() == [L, LASERS, -1]
    one = outcome(scores, gold, Rule(0.0, 1), TAGS)
    assert lists(one, scores) == [["machines"], ["lamps"], []]  # nothing scores 0
    made = {name: float(v[0]) for name, v in low.figures(np.ones((1, 3), dtype=np.float32), 1).items()}
    assert made["leaf"] == pytest.approx(2 * 2 / (3 + 3))
    # With ancestors: machines, lathes, lamps, lasers and lamps, lasers, of which 4 are among the 7 of the gold.
    assert made["closure"] == pytest.approx(2 * 4 / (6 + 7))
    assert made["domain"] == pytest.approx(2 * 2 / (3 + 3))
    assert made["macro"] == pytest.approx((1 + 2 * 1 / (2 + 1) + 0) / 3)  # lathes, lasers, micro-lathes
    assert made["primary"] == 1.0


IDS = st.lists(st.sampled_from([t.id for t in MADE_UP.active]), unique=True, max_size=3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=12))
def test_figures_are_those_of_the_project(rows: list[tuple[list[str], list[str]]]) -> None:
    """The quick figures are the ones that `techtags evaluate` states."""
    predicted, gold = [p for p, _ in rows], [g for _, g in rows]
    quick = of_lists(predicted, gold, TAGS).figures(np.ones((1, len(rows)), dtype=np.float32), 3)
    stated = figures(predicted, gold, MADE_UP)
    for name in ("leaf", "closure", "domain"):
        assert quick[name][0] == pytest.approx(stated[name]["f1"])
    for name, key in (("macro", "leaf_macro_f1"), ("primary", "primary_accuracy")):
        if stated[key] == stated[key]:  # where nothing can be said, the project says so and the quick figures say 0
            assert quick[name][0] == pytest.approx(stated[key])


def test_the_best_rule_is_found() -> None:
    # Right tags score 0.5 or more, wrong ones less; no limit alone parts them, and a limit of one loses a right one.
    scores = scored({LASERS: 0.9, LANTERNS: 0.8, L: 0.2}, {LASERS: 0.5, M: 0.4})
    gold = [["lasers", "lanterns"], ["lasers"]]
    rules = best_rules(scores, gold, TAGS, 1)
    assert set(rules) == set(FIGURES)
    assert 0.4 < rules["leaf"].threshold <= 0.5 and rules["leaf"].limit >= 2
    assert best_leaf_f1(scores, TAGS.matrix(gold)) == 1.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(IDS, IDS), min_size=2, max_size=6), st.integers(0, 99), st.floats(0.01, 0.9), st.integers(1, 6))
def test_no_rule_that_was_looked_at_is_better(
    rows: list[tuple[list[str], list[str]]], seed: int, threshold: float, limit: int
) -> None:
    gold = [g for g, _ in rows]
    scores = np.random.default_rng(seed).random((len(gold), len(TAGS.order))).astype(np.float32)
    rule = Rule(threshold, limit)
    best = best_rules(scores, gold, TAGS, 1, also=(rule,))
    every = np.ones((1, len(gold)), dtype=np.float32)
    for name in FIGURES:
        reached = outcome(scores, gold, best[name], TAGS).figures(every, 1)[name][0]
        assert reached >= outcome(scores, gold, rule, TAGS).figures(every, 1)[name][0]


def test_the_quick_search_takes_equal_scores_together() -> None:
    # All or nothing: of two tags with one score one is right.
    assert best_leaf_f1(scored({LASERS: 0.5, L: 0.5}), TAGS.matrix([["lasers"]])) == pytest.approx(2 / 3)
    assert best_leaf_f1(scored({}), TAGS.matrix([["lasers"]])) == 0.0  # what is not suggested cannot be right


# The bootstrap


def system(*right: bool) -> Outcome:
    """Rows whose only gold tag is lasers; where it is not right, lanterns are given."""
    return of_lists([["lasers"] if ok else ["lanterns"] for ok in right], [["lasers"]] * len(right), TAGS)


def test_equal_systems_do_not_differ() -> None:
    for found in differences(system(True, False, True), system(True, False, True), [""] * 3, least_rows=1).values():
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_intervals_by_hand() -> None:
    # Two rows, the second right with ours alone.  Of the four samples of two rows one holds only the first (no difference),
    # one only the second (a difference of 1), two both (1 - 1/2): the ends of the middle 95% are 0 and 1.
    found = differences(system(True, True), system(True, False), ["", ""], least_rows=1, draws=4000)["leaf"]
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)
    # In one group they are always drawn together.
    found = differences(system(True, True), system(True, False), ["a", "a"], least_rows=1, draws=100)["leaf"]
    assert (found.low, found.high) == (0.5, 0.5)


def test_the_interval_is_that_of_all_samples() -> None:
    """Four rows have 256 samples: their percentiles are those that are found by drawing."""
    ours, theirs = system(True, True, True, False), system(True, False, False, False)
    every = [sum(x) / 4 for x in product([0.0, 1.0, 1.0, 0.0], repeat=4)]  # each row's difference in right tags
    low, high = np.percentile(every, [2.5, 97.5])
    found = differences(ours, theirs, [""] * 4, least_rows=1, draws=20_000, seed=3)["leaf"]
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_samples() -> None:
    drawn = weights(["a", "", "a", "b", ""], 200, 1)
    assert drawn.shape == (200, 5)
    assert (drawn[:, 0] == drawn[:, 2]).all()
    assert (drawn[:, [0, 1, 3, 4]].sum(axis=1) == 4).all()  # as many groups as there are
    assert (weights(["a", "", "a", "b", ""], 200, 1) == drawn).all()
    assert (weights(["a", "", "a", "b", ""], 200, 2) != drawn).any()


# The page


def made_table() -> report.Table:
    """A table of two systems."""

    def one(title: str, value: float, rate: float) -> report.Table:
        stated = {**dict.fromkeys(FIGURES, value), "none": 0.5}
        measured = {"speed": {"cpu_rate": rate, "wall_rate": rate / 2}, "peak_mb": 100.0, "load_cpu_s": 1.0}
        return {
            "title": title,
            "chosen": stated,
            "best": stated,
            "difference": {name: [0.1, -0.05, 0.25] for name in FIGURES},
            "measured": measured,
        }

    return {
        "systems": {"fast": one("Ours", 0.7, 6000.0), "other": one("Theirs", 0.6, 150.0)},
        "ours": "fast",
        "command": "python x",
        "draws": 2000,
        "rows": {"speed": 2000},
        "notes": ["A note."],
    }


def test_the_tables() -> None:
    text = report.markdown(made_table())
    assert "| Theirs | 0.600 | 0.600 | 0.600 | 0.600 | 0.600 | 0.500 |" in text
    assert "| Theirs | +0.100 [-0.050, +0.250] |" in text
    assert "| Theirs | 150 | 75 | 40.0 times | 100 | 1.0 |  |" in text
    assert "| Ours | 6,000 | 3,000 |  | 100 |" in text


def test_writing_twice_is_writing_once(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Figures\n\nBefore.\n", encoding="utf-8")
    report.write_between(page, "| one |")
    once = page.read_text(encoding="utf-8")
    assert once.startswith(f"# Figures\n\nBefore.\n\n{report.HEADING}\n\n{report.BEGIN}\n\n| one |\n\n{report.END}\n")
    report.write_between(page, "| one |")
    assert page.read_text(encoding="utf-8") == once
    page.write_text(once + "\n## After\n", encoding="utf-8")
    report.write_between(page, "| two |\n")
    assert page.read_text(encoding="utf-8") == once.replace("one", "two") + "\n## After\n"
    assert [p.name for p in tmp_path.iterdir()] == ["page.md"]


@pytest.mark.parametrize("text", [report.BEGIN, report.END, f"{report.END}{report.BEGIN}", f"{report.BEGIN}{report.END}" * 2])
def test_broken_marks_are_left_alone(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(report.ReportError, match="once each"):
        report.write_between(page, "| one |")
    assert page.read_text(encoding="utf-8") == text


def test_a_page_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(report.ReportError, match="cannot read"):
        report.write_between(tmp_path / "none.md", "x")


def test_the_ensemble_is_a_weighted_mean() -> None:
    parts = [scored({L: 0.4}), scored({L: 0.8, LASERS: 0.4})]
    mixed = annif_side.ensemble(parts, (0.25, 0.75))
    assert mixed[0, L] == pytest.approx(0.7) and mixed[0, LASERS] == pytest.approx(0.3)
