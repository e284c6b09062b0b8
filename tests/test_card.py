"""The model card: its figures by hand on tiny worlds, its page on made-up models, and what it must not say."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from commands import techtags
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import load, make_release, write

from techtags import Tagger, Taxonomy
from techtags.classifier import PROFILES, Model
from techtags.training import DataError, evaluate, read_rows, train
from techtags.training.answers import Answers, answer
from techtags.training.bootstrap import difference, resample
from techtags.training.card_words import About, read_about, rows_for_a_trend
from techtags.training.confusion import by_tag, confusion
from techtags.training.contrast import judge, read_cases
from techtags.training.firm_names import firm_names, firms, without_names
from techtags.training.metrics import figures
from techtags.training.reliability import chance, reliability, risk_coverage, wilson
from techtags.training.rows import Row, language

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
TREE = load(make_release())
ORDER = tuple(tag.id for tag in TREE.active)

WORDS = {
    "lathes": ("spindle chuck turning cutter", "主轴卡盘车削刀架"),
    "lasers": ("beam cavity diode pulse", "光束谐振腔脉冲"),
    "lanterns": ("wick oil glass handle", "灯芯灯油玻璃罩"),
    "": ("hotel office letting canteen", "酒店食堂出租"),
}
ABOUT = {
    "sampling": "Drawn by lot.",
    "licence": "Ours alone.",
    "sources": {"made": {"what": "Invented | rows", "licence": "none needed"}},
    "failures": ["It cannot read verse."],
}
CASES = [
    {"id": "name-1", "kind": "firm-name", "lang": "en", "text": "Beam and Diode, solicitors", "must": [], "must_not": ["lasers"]},
    {"id": "none-1", "kind": "boast", "lang": "en", "text": "hotel office letting", "none": True},
    {"id": "must-1", "kind": "ban", "lang": "zh", "text": "禁止出口谐振腔脉冲光束", "must": ["lamps"], "must_not": []},
]


def row(i: int, text: str, tags: Sequence[str], **more: str) -> Row:
    base = {"id": f"row-{i}", "lang": language(text), "source": "made", "kind": "made", "group": "", "label": "", "use": "train"}
    return Row(**{**base, **more}, text=text, tags=list(tags))  # type: ignore[typeddict-item]


def world(n: int, seed: int) -> list[Row]:
    """Rows that each hold a word of their own."""
    rng = random.Random(seed)
    out = []
    for i in range(n):
        tag = list(WORDS)[i % len(WORDS)]
        en, zh = WORDS[tag]
        if i // len(WORDS) % 2:
            text = " ".join(
                [f"Own{seed}x{i:03d}", *rng.sample(en.split(), 3), "by Huawei Technologies Co., Ltd." if i % 3 == 0 else ""]
            )
        else:
            text = zh[: rng.randrange(4, len(zh) + 1)] + chr(0x5000 + 500 * seed + i) * 2
        out.append(row(i, text, [tag] if tag else [], kind="made" if i % 5 else "other"))
    return out


def answers(
    gold: Sequence[Sequence[str]], said: Sequence[Sequence[str]], closure: Sequence[dict[str, float]], **more: Any
) -> Answers:
    """What a model that was never trained would say."""
    table = np.zeros((len(gold), len(ORDER)), dtype=np.float32)
    for i, known in enumerate(closure):
        for tag, p in known.items():
            table[i, ORDER.index(tag)] = p
    groups = more.get("groups", [""] * len(gold))
    langs = more.get("langs", ["en"] * len(gold))
    rows = [row(i, "x", tags, group=groups[i], lang=langs[i]) for i, tags in enumerate(gold)]
    return Answers(rows, TREE, ORDER, {profile: [list(s) for s in said] for profile in PROFILES}, table)


TINY = answers(
    [["lathes"], ["lasers", "lathes"], ["lanterns"], []],
    [["lathes"], ["lanterns", "lathes"], ["lamps"], ["lasers"]],
    [
        {"machines": 0.9, "lathes": 0.9},
        {"lamps": 0.8, "lanterns": 0.6, "machines": 0.75, "lathes": 0.75},
        {"lamps": 0.6},
        {"lamps": 0.5, "lasers": 0.3},
    ],
    langs=["en", "zh", "en", "zh"],
)


class TestByHand:
    """Figures of four rows."""

    def test_main_figures(self) -> None:
        found = {name: sampled.value for name, sampled in resample(TINY, "balanced", times=50).items()}
        # Given 5 tags, true 4, right 2; with ancestors given 8 (lathes machines, lanterns lamps lathes machines, lamps, lasers
        # lamps: 9), true 2 + 4 + 2 = 8, right 2 + 3 + 1 = 6.
        assert found["leaf precision"] == pytest.approx(2 / 5)
        assert found["leaf recall"] == pytest.approx(2 / 4)
        assert found["leaf F1"] == pytest.approx(2 * 2 / 9)
        assert found["closure F1"] == pytest.approx(2 * 6 / 17)
        # Domains: given machines, lamps + machines, lamps, lamps; true machines, lamps + machines, lamps: right 4.
        assert found["domain F1"] == pytest.approx(2 * 4 / 9)
        assert found["primary tag right"] == pytest.approx(1 / 3)
        assert found["rows without technology that get a tag"] == 1.0
        # Surest first: 0.9 right, 0.8 right, 0.6 right, 0.5 wrong: three of four at 95%.
        assert found["rows covered at 95% precision of the domain"] == pytest.approx(3 / 4)
        # English: given lathes, lamps, true lathes, lanterns: 2*1/4.  Chinese: given 3, true 2, right 1: 2*1/5.
        assert found["leaf F1, English less Chinese"] == pytest.approx(0.5 - 0.4)

    def test_they_are_those_of_the_metrics(self) -> None:
        rng = random.Random(3)
        some = ["lathes", "lasers", "lanterns", "micro-lathes"]
        gold = [rng.sample(some, rng.randrange(3)) for _ in range(60)]
        said = [g if rng.random() < 0.6 else rng.sample(some, rng.randrange(3)) for g in gold]
        made = answers(gold, said, [{t: rng.random() for t in ORDER} for _ in gold])
        metric = figures(said, gold, TREE, made.closure, ORDER)
        found = resample(made, "recall", times=200)
        wanted = {
            "leaf F1": metric["leaf"]["f1"],
            "leaf macro-F1": metric["leaf_macro_f1"],
            "closure F1": metric["closure"]["f1"],
            "domain F1": metric["domain"]["f1"],
            "primary tag right": metric["primary_accuracy"],
            "rows without technology that get a tag": 1 - metric["none"]["recall"],
            "rows covered at 95% precision of the domain": metric["domain_coverage_at_95"],
        }
        for name, value in wanted.items():
            assert found[name].value == pytest.approx(value), name
        for name, sampled in found.items():
            low, high = sampled.interval()
            assert low <= sampled.value <= high, name
            assert low < high or sampled.value == low, name

    def test_intervals_are_those_of_the_draws(self) -> None:
        # 36 of 100 rows right: the bootstrap is the binomial distribution, sd 0.048.
        made = answers([["lathes"]] * 100, [["lathes"]] * 36 + [["lasers"]] * 64, [{}] * 100)
        low, high = resample(made, "balanced")["leaf precision"].interval()
        assert low == pytest.approx(0.36 - 1.96 * 0.048, abs=0.011)
        assert high == pytest.approx(0.36 + 1.96 * 0.048, abs=0.011)
        # The same in ten groups of ten equal rows is worth ten rows: sd 0.15.
        groups = [f"g{i // 10}" for i in range(100)]
        few = answers([["lathes"]] * 100, [["lathes"]] * 40 + [["lasers"]] * 60, [{}] * 100, groups=groups)
        low, high = resample(few, "balanced")["leaf precision"].interval()
        assert low == pytest.approx(0.1, abs=0.01) and high == pytest.approx(0.7, abs=0.01)

    def test_models_are_compared_on_the_same_draws(self) -> None:
        one = answers([["lathes"]] * 40, [["lathes"]] * 20 + [["lasers"]] * 20, [{}] * 40)
        better = answers([["lathes"]] * 40, [["lathes"]] * 22 + [["lasers"]] * 18, [{}] * 40)
        same = difference(resample(one, "balanced"), resample(one, "balanced"))
        assert all(d["low"] == d["value"] == d["high"] == d["higher"] == 0 for n, d in same.items() if n == "leaf F1")
        found = difference(resample(one, "balanced"), resample(better, "balanced"))["leaf F1"]
        assert found["value"] == pytest.approx(2 / 40)
        # Two rows in 40 decide, and one of them or neither is drawn often enough; it is never worse.
        assert found["low"] == 0 and found["higher"] == pytest.approx(1 - (38 / 40) ** 40, abs=0.03)

    def test_calibration_error_by_chance(self) -> None:
        # One statement of 0.5 is off by 0.5 either way; two are off by 0.5, 0, 0 or 0.5.
        assert chance(np.array([0.5]), 0.5) == {"mean": 0.5, "high": 0.5, "as_high": 1.0}
        two = chance(np.array([0.5, 0.5]), 0.5)
        assert two["mean"] == pytest.approx(0.25, abs=0.02) and two["as_high"] == pytest.approx(0.5, abs=0.04)
        # Statements of 0.1 and 0.9 are in bins of their own: off by 0.1 with 0.9, by 0.9 with 0.1, each half of the error.
        assert chance(np.array([0.9, 0.1]), 0.0)["mean"] == pytest.approx(2 * 0.1 * 0.9, abs=0.02)
        assert chance(np.array([1.0] * 9), 0.2) == {"mean": 0.0, "high": 0.0, "as_high": 0.0}
        assert np.isnan(chance(np.zeros(0), 0.0)["mean"])

    def test_reliability(self) -> None:
        found = reliability(TINY, "precision")
        # Given: lathes 0.9 right, lanterns 0.6 wrong, lathes 0.75 right, lamps 0.6 right, lasers 0.3 wrong.
        bins = {round(b["stated"], 3): (b["n"], b["held"]) for b in found["bins"]}
        assert bins == {0.3: (1, 0.0), 0.6: (2, 0.5), 0.75: (1, 1.0), 0.9: (1, 1.0)}
        assert found["ece"] == pytest.approx((0.3 + 2 * 0.1 + 0.25 + 0.1) / 5)
        assert all(b["low_held"] <= b["held"] <= b["high_held"] for b in found["bins"])

    def test_wilson(self) -> None:
        assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
        assert wilson(1.0, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)

    def test_risk_and_coverage(self) -> None:
        found = risk_coverage(TINY, "balanced")
        assert found["domain"]["coverage"] == [0.25, 0.5, 0.75, 1.0]
        assert found["domain"]["risk"] == pytest.approx([0, 0, 0, 0.25])
        # First tags: lathes 0.9 right; lanterns 0.6 wrong and lamps 0.6 right (equally sure, so in order); lasers 0.3 wrong.
        assert found["first tag"]["risk"] == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
        assert found["domain"]["covered"] == {"0.98": 0.75, "0.95": 0.75, "0.9": 0.75, "0.8": 0.75}

    def test_confusion(self) -> None:
        found = confusion(TINY.predicted["balanced"], TINY.gold, TREE)
        # lasers missed, its sibling lanterns given; lanterns missed, the broader lamps given; lasers for nothing.
        assert found["kinds"] == {"sibling": 1, "broader": 1, "finer": 0, "domain": 0, "elsewhere": 0, "nothing": 0}
        assert found["pairs"]["sibling"] == [["lasers", "lanterns", 1]]
        assert found["pairs"]["broader"] == [["lanterns", "lamps", 1]]
        assert found["missed"] == 2 and found["extra"] == 1
        more = confusion(
            [["micro-lathes"], ["lasers", "lathes"], [], ["lathes"]],
            [["lathes"], ["micro-lathes", "lanterns"], ["lathes"], ["lasers"]],
            TREE,
        )
        assert more["kinds"] == {"sibling": 1, "broader": 1, "finer": 1, "domain": 0, "elsewhere": 1, "nothing": 1}
        assert more["pairs"]["elsewhere"] == [["lasers", "lathes", 1]] and more["domains"] == [["lamps", "machines", 1]]
        # Domains are nobody's siblings.
        assert confusion([["lamps"]], [["machines"]], TREE)["kinds"]["elsewhere"] == 1

    def test_by_tag(self) -> None:
        found = by_tag(TINY.predicted, TINY.gold, TREE)
        assert set(found) == set(ORDER)
        assert found["lathes"]["exact"]["balanced"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "given": 2}
        assert found["lasers"]["exact"]["recall"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "given": 1}
        assert found["micro-lathes"]["exact"]["recall"] == {"precision": None, "recall": None, "f1": None, "given": 0}
        lamps = found["lamps"]["with_below"]
        assert lamps["rows"] == 2
        assert lamps["balanced"] == {"precision": pytest.approx(2 / 3), "recall": 1.0, "f1": pytest.approx(4 / 5), "given": 3}
        assert "with_below" not in found["lasers"]

    def test_rows_for_a_trend(self) -> None:
        # 1.96^2 * 0.5 / (0.5 * 0.04) = 96.04
        assert rows_for_a_trend(0.5) == 97
        assert rows_for_a_trend(1.0) == 1
        assert rows_for_a_trend(0.0) is None and rows_for_a_trend(float("nan")) is None

    def test_contrast(self, tmp_path: Path) -> None:
        cases = read_cases(jsonl(tmp_path / "cases.jsonl", CASES), TREE)
        found = judge(cases, [["lasers"], [], ["lanterns"]], TREE)
        assert found["groups"]["all"] == {"all": [2, 3]}
        assert found["groups"]["asks"] == {"forbids a tag": [0, 1], "asks for none": [1, 1], "asks for a tag": [1, 1]}
        assert found["failing"] == {"firm-name": ["name-1"]}


def jsonl(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


class TestFirmNames:
    def test_the_list(self) -> None:
        assert len(firms()) >= 150
        names = [name for firm in firms() for name in (*firm.en, *firm.zh)]
        assert len(names) == len(set(names))
        assert all(firm.en for firm in firms())
        assert sum(bool(firm.zh) for firm in firms()) >= 150
        assert all(len(name) > 1 for name in names)

    @pytest.mark.parametrize(
        ("text", "lang", "wanted"),
        [
            ("Chips for Huawei Technologies Co., Ltd. and Intel.", "en", "Chips for the company and the company."),
            ("Huawei's phones", "en", "The company's phones"),
            ("It was sold. The Boeing Company bought it", "en", "It was sold. The company bought it"),
            ("向华为技术有限公司供应芯片", "zh", "向该公司供应芯片"),
            ("宁德时代新能源科技股份有限公司", "zh", "该公司"),
            ("为NVIDIA和英特尔供货", "zh", "为该公司和该公司供货"),
            ("与中国石化集团合作", "zh", "与该公司合作"),
        ],
    )
    def test_names_go(self, text: str, lang: str, wanted: str) -> None:
        assert without_names(text, lang) == wanted

    @pytest.mark.parametrize(
        "text",
        [
            "A 3 Tesla magnet",
            "7特斯拉磁共振",
            "Haber-Bosch ammonia",
            "Amazon rainforest",
            "Stanford",
            "Fords",
            "a ford",
            "北京东城区",
            "西安进行",
            "完美团队",
            "数百度的高温",
            "上海信息产业",
            "增强生态",
            "小米和玉米",
            "其中石油占比",
            "数字化浪潮",
            "北京东方园林",
        ],
    )
    def test_other_words_stay(self, text: str) -> None:
        assert without_names(text, language(text)) == text

    @given(
        st.text(max_size=30)
        | st.lists(st.sampled_from(["Intel", "华为", "和", " and ", "3 ", "Corp.", "集团"]), max_size=6).map("".join)
    )
    @settings(deadline=None, max_examples=60)
    def test_nothing_is_left_to_replace(self, text: str) -> None:
        once = without_names(text, "en")
        assert without_names(once, "en") == once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    release = write(make_release("0.9.1"), folder / "release.json")  # no release that ships
    taxonomy = Taxonomy.load(release)
    jsonl(folder / "train.jsonl", [{**r, "year": "2019", "unsure": r["id"] == "row-1"} for r in world(120, 1)])
    jsonl(folder / "less.jsonl", world(64, 3))
    jsonl(folder / "test.jsonl", world(48, 2))
    jsonl(folder / "cases.jsonl", CASES)
    (folder / "about.yaml").write_text(json.dumps(ABOUT), encoding="utf-8")  # JSON is YAML
    train([folder / "train.jsonl"], taxonomy, folder / "one", name="one", jobs=1)
    train([folder / "less.jsonl"], taxonomy, folder / "two", name="two", jobs=1)
    done = techtags(*arguments(folder), "-o", folder / "card.md", "--json", folder / "card.json")
    assert done.code == 0, done.err
    return folder


def arguments(folder: Path) -> list[str | Path]:
    return [
        "card",
        "--data",
        folder / "test.jsonl",
        "--model",
        folder / "one",
        "--model",
        folder / "two",
        "--train",
        folder / "train.jsonl",
        "--contrast",
        folder / "cases.jsonl",
        "--about",
        folder / "about.yaml",
    ]


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "card.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def facts(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return found


SECTIONS = (
    "# Model card: one 1 and two 1",
    "## What it is",
    "## What it is for",
    "## What it must not be used for",
    "## Data",
    "### By language and kind of text",
    "### By source",
    "### How the rows measured on were drawn",
    "### How the rows were annotated",
    "### Agreement",
    "### Dates",
    "## Training",
    "## Figures",
    "### Main figures",
    "### two 1 beside one 1",
    "### one 1: by language, source, kind and length of text",
    "## Calibration",
    "## Risk and coverage",
    "## Confusion between tags",
    "## Known failures",
    "### Words that mislead",
    "### Names of firms",
    "### Others",
    "## Cost",
    "## Tag by tag",
    "### Unmeasured",
)


def test_every_section_is_there(text: str) -> None:
    headings = [line for line in text.split("\n") if line.startswith("#")]
    assert [s for s in SECTIONS if s not in headings] == []
    # Each says something: no heading is followed by one of its own level.
    parts = [p.strip() for p in text.split("\n## ")]
    assert all("\n" in p for p in parts)
    assert "Drawn by lot." in text and "It cannot read verse." in text and "Invented \\| rows" in text
    assert "Nothing was said of this" in text  # of agreement
    assert "nan" not in text.lower().replace("nanda", "")


def test_pictures_are_there(folder: Path, text: str) -> None:
    for name in ("reliability", "risk-coverage"):
        assert f"](pictures/card-{name}.svg)" in text
        assert (folder / "pictures" / f"card-{name}.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_no_text_of_a_row_is_said(folder: Path, text: str) -> None:
    everything = text + (folder / "card.json").read_text(encoding="utf-8")
    everything += "".join(p.read_text(encoding="utf-8") for p in (folder / "pictures").iterdir())
    for name in ("train.jsonl", "test.jsonl"):
        for r in read_rows(folder / name, Taxonomy.load(folder / "release.json")):
            own = r["text"].split()[0] if r["lang"] == "en" else r["text"][-2:]
            assert own not in everything
    assert not any(case["text"] in everything for case in CASES)


def test_tags_are_called_as_the_standard_calls_them(text: str, facts: dict[str, Any]) -> None:
    rows = facts["models"][0]["by_tag"]["lasers"]["exact"]["rows"]
    assert rows == 12
    assert f"| `lasers` | Lasers | 激光器 | {rows} | " in text
    assert "- `micro-lathes` Micro lathes 微型车床: 0 rows" in text
    assert "old-lathes" not in text  # deprecated


def test_figures_are_those_of_evaluate(folder: Path, facts: dict[str, Any], text: str) -> None:
    rows = read_rows(folder / "test.jsonl", Taxonomy.load(folder / "release.json"))
    for at, name in enumerate(("one", "two")):
        for profile in PROFILES:
            tagger = Tagger.load(folder / name, profile=profile)
            said = evaluate(tagger, rows)
            found = facts["models"][at]["figures"][profile]
            for key in ("leaf", "closure", "domain", "primary_accuracy", "none", "domain_coverage_at_95"):
                assert found["all"][key] == pytest.approx(said["all"][key], nan_ok=True), (name, profile, key)
            assert found["all"]["calibration"]["ece"] == pytest.approx(said["all"]["calibration"]["ece"], abs=1e-5)
            assert set(found["by_language"]) == set(said["by_language"]) == {"en", "zh"}
    main = next(line for line in text.split("\n") if line.startswith("| leaf F1 |"))
    for model in facts["models"]:
        assert f"{model['figures']['balanced']['all']['leaf']['f1']:.3f} (" in main


def test_answers_are_those_of_the_tagger(folder: Path) -> None:
    model = Model.load(folder / "two")
    rows = [*world(30, 4), row(90, "", []), row(91, "12345 !!", []), row(92, "光" * 30_000, [])]
    found = answer(model, rows)
    for profile in PROFILES:
        tagger = Tagger(model, profile=profile)
        assert found.predicted[profile] == [r.ids for r in tagger.tag([r["text"] for r in rows])]
    np.testing.assert_allclose(found.closure[:30], Tagger(model).predict_proba([r["text"] for r in rows[:30]]), atol=1e-6)


def test_intervals_hold_what_is_estimated(facts: dict[str, Any]) -> None:
    for model in facts["models"]:
        for found in model["intervals"].values():
            for name, one in found.items():
                assert one["value"] is None or one["low"] <= one["value"] <= one["high"], name
    for by_profile in facts["differences"].values():
        for profile, found in by_profile.items():
            leaf = [m["figures"][profile]["all"]["leaf"]["f1"] for m in facts["models"]]
            assert found["leaf F1"]["value"] == pytest.approx(leaf[1] - leaf[0])


def test_data_is_described(facts: dict[str, Any], text: str) -> None:
    data, trained = facts["data"], facts["trained_on"][0]
    assert data["rows"] == 48 and data["without_technology"] == 12 and data["by_language"] == {"en": 24, "zh": 24}
    assert data["years"] is None and data["unsure"] is None
    assert trained["years"] == {"rows": 120, "low": 2019, "middle": 2019, "high": 2019} and trained["unsure"] == 1
    assert "| language: English | 24 | 60 |" in text
    assert "| made | Invented \\| rows | English, Chinese | made, other | none needed | 48 | 120 |" in text


def test_names_of_firms_are_tried(folder: Path, facts: dict[str, Any]) -> None:
    naming = [r for r in world(48, 2) if "Huawei" in r["text"]]
    model = Model.load(folder / "one")
    rows = read_rows(folder / "test.jsonl", model.taxonomy)
    tagger = Tagger(model)
    given_ = [r.ids for r in tagger.tag([r["text"] for r in rows])]
    found = firm_names(model, rows, given_)
    assert found["naming"] == len(naming) == facts["models"][0]["firm_names"]["naming"] > 3
    assert found["share"] == len(found["changed"]) / found["naming"]
    # Told that the rows had other tags before, all that name a firm have changed.
    wrong = firm_names(model, rows, [["machines", "lamps"]] * len(rows))
    assert set(wrong["changed"]) == {r["id"] for r in naming} and wrong["share"] == 1.0
    assert wrong["by_language"] == {"en": [len(naming), len(naming)]}


def test_the_card_is_the_same_again(folder: Path, tmp_path: Path) -> None:
    done = techtags(*arguments(folder), "-o", tmp_path / "card.md")
    assert done.code == 0, done.err
    assert (tmp_path / "card.md").read_bytes() == (folder / "card.md").read_bytes()
    for name in ("card-reliability.svg", "card-risk-coverage.svg"):
        assert (tmp_path / "pictures" / name).read_bytes() == (folder / "pictures" / name).read_bytes()


def test_one_model_and_nothing_said(folder: Path, tmp_path: Path) -> None:
    done = techtags("card", "--data", folder / "test.jsonl", "--model", folder / "one", "-o", tmp_path / "new")
    assert done.code == 0, done.err
    text = (tmp_path / "new" / "model-card.md").read_text(encoding="utf-8")
    assert text.startswith("# Model card: one 1\n") and "beside" not in text.split("## Figures")[1].split("## Calibration")[0]
    assert "No contrast set was tried" in text and "Nothing was said of what the sources are" in text


def test_rows_of_the_training_are_no_test(folder: Path, tmp_path: Path) -> None:
    done = techtags("card", "--data", folder / "train.jsonl", "--model", folder / "one", "-o", tmp_path / "card.md")
    assert done.code == 0, done.err
    assert "trained on these very rows" in (tmp_path / "card.md").read_text(encoding="utf-8")


def wrong(folder: Path, tmp_path: Path, *more: str | Path) -> str:
    data: list[str | Path] = [
        "card",
        "--data",
        folder / "test.jsonl",
        "--model",
        folder / "one",
        "-o",
        tmp_path / "out" / "card.md",
    ]
    done = techtags(*data, *more)
    assert done.code == 1 and done.err.startswith("Error: ") and done.err.count("\n") == 1, done.err
    assert not (tmp_path / "out").exists()
    return done.err


def test_what_is_wrong_is_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no model of this card was trained on this file" in wrong(folder, tmp_path, "--train", folder / "test.jsonl")
    assert "No such file" in wrong(folder, tmp_path, "--train", tmp_path / "no.jsonl")
    assert "one taxonomy" in wrong(folder, tmp_path, "--model", "fast")
    assert "No such file" in wrong(folder, tmp_path, "--about", tmp_path / "no.yaml")
    case = jsonl(tmp_path / "cases.jsonl", [{**CASES[0], "must": ["warp-drives"]}])
    assert "line 1: 'warp-drives' is no tag of taxonomy 0.9.1" in wrong(folder, tmp_path, "--contrast", case)
    assert techtags(*arguments(folder), "-o", "-").code == 2
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "matplotlib" else real(name, *a))
    assert "pip install 'techtags[plots]'" in wrong(folder, tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("models: [1]", "models must be a text"),
        ("dates: 2026-11-22", "dates must be a text"),
        ("author: me", "unknown field 'author'; there are models,"),
        ("failures: none", "failures must be a list of texts"),
        ("sources: {a: b}", "'a' does not"),
        ("sources: {a: {what: 3}}", "what and licence of source a must be texts"),
        ("- a", "need fields"),
        ("a: [", "line 1: not YAML"),
    ],
)
def test_bad_words_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "about.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_about(path)
    assert message in str(caught.value)


@given(st.binary(max_size=40) | st.text(alphabet="models:sources {}[]-\n'\"&*!x1", max_size=40).map(str.encode))
@settings(deadline=None, max_examples=80)
def test_any_words_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    try:
        assert isinstance(read_about(path), About)
    except DataError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no cases"),
        ("{", "line 1: not JSON"),
        ('{"id": "a"}', "line 1: need an object"),
        ('{"id": "a", "kind": "k", "lang": "en", "text": "t"}', "line 1: a case must ask for something"),
        ('{"id": "a", "kind": "k", "lang": "en", "text": "t", "must": "x"}', "line 1: must must be a list"),
    ],
)
def test_bad_cases_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_cases(path, TREE)


def test_the_card_is_of_the_models_that_ship() -> None:
    text = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    shipped = ["fast", *(["accurate"] if (ROOT / "classifier" / "data" / "accurate").is_dir() else [])]
    for name in shipped:
        folder = ROOT / "classifier" / "data" / ("model" if name == "fast" else name)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert f"({manifest['files']['arrays.npz'][:16]}" in text.replace("`", ""), f"run `make card`: {name} has changed since"
    about = read_about(ROOT / "docs" / "model-card.yaml")
    for field in (about.annotation, about.agreement, about.dates, about.sampling):
        assert field in text, "run `make card`: docs/model-card.yaml has changed since"
