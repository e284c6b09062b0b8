"""Training and measuring, end to end on a made-up world, and each part by itself."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from techtags import Tagger, Taxonomy
from techtags.classifier import ModelError
from techtags.cli import cli
from techtags.training import DataError, read_rows
from techtags.training.folds import assign, clusters
from techtags.training.metrics import calibration, coverage_at, figures, micro
from techtags.training.rows import Row, for_training, language, targets

WORDS = {
    "wind-power": ("turbine rotor blade nacelle", "风机叶片塔筒"),
    "photovoltaics": ("perovskite module inverter silicon", "光伏组件逆变器"),
    "vaccines": ("vaccine antigen adjuvant dose", "疫苗抗原佐剂"),
    "machine-tools": ("lathe milling spindle cutter", "机床主轴铣削"),
    "": ("office letting hotel restaurant", "酒店餐饮租赁"),
}


def row(i: int, text: str, tags: list[str], **more: str) -> Row:
    base = {"id": str(i), "lang": language(text), "source": "made", "kind": "made", "group": "", "label": "", "use": "train"}
    return Row(**{**base, **more}, text=text, tags=tags)  # type: ignore[typeddict-item]


def world(n: int, seed: int) -> list[Row]:
    rng = random.Random(seed)
    out = []
    for i in range(n):
        tag = rng.choice(list(WORDS))
        en, zh = WORDS[tag]
        if rng.random() < 0.5:
            text = " ".join([f"w{rng.randrange(10**6)}", *rng.sample(en.split(), 3), f"v{rng.randrange(50)}"])
        else:
            text = zh[: rng.randrange(4, len(zh) + 1)] + chr(0x4E00 + rng.randrange(2000))
        out.append(row(i, text, [tag] if tag else []))
    return out


DOMAINS = ("energy", "pharmaceuticals", "advanced-manufacturing")


def small_release() -> dict[str, Any]:
    """Three domains of the real release: training on all of it takes too long for a test."""
    real = Taxonomy.load()
    nothing = {"en": "Cut out for a test.", "zh": "测试节选。"}
    tags = [t for t in real.document["tags"] if real[t["id"]].domain.id in DOMAINS]
    cut = [{**t, "related": [], "scope_note": nothing} for t in tags]
    return {**real.document, "version": "0.9.0", "tags": cut, "collections": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    for name, n, seed in (("train", 500, 1), ("test", 120, 2)):
        rows = world(n, seed)
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(r) for r in rows) + "\n", encoding="utf-8")
    (folder / "release.json").write_text(json.dumps(small_release()), encoding="utf-8")
    done = trained(folder, folder / "model")
    assert done.exit_code == 0, done.output
    return folder


def trained(folder: Path, out: Path) -> Result:
    data, release = str(folder / "train.jsonl"), str(folder / "release.json")
    return CliRunner().invoke(cli, ["train", "--data", data, "--release", release, "-o", str(out), "--name", "tiny"])


def test_a_trained_model_knows_its_world(folder: Path) -> None:
    report_file = folder / "report.json"
    arguments = ["evaluate", "--data", str(folder / "test.jsonl"), "--model", str(folder / "model"), "--json", str(report_file)]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert "by language" in done.output and "by source" in done.output
    written = report_file.read_text(encoding="utf-8")
    assert "NaN" not in written
    report = json.loads(written)
    assert report["model"]["name"] == "tiny"
    assert report["all"]["leaf"]["f1"] > 0.9
    assert report["all"]["none"]["recall"] > 0.8
    assert set(report["by_language"]) == {"en", "zh"}


def test_training_is_seeded(folder: Path, tmp_path: Path) -> None:
    assert trained(folder, tmp_path / "model").exit_code == 0
    texts = [r["text"] for r in world(40, 3)]
    one, two = Tagger.load(folder / "model").predict_proba(texts), Tagger.load(tmp_path / "model").predict_proba(texts)
    np.testing.assert_allclose(one, two, atol=1e-3)


def test_manifest_says_what_it_was_made_of(folder: Path) -> None:
    manifest = json.loads((folder / "model" / "manifest.json").read_text(encoding="utf-8"))
    release = Taxonomy.load(folder / "release.json")
    assert manifest["taxonomy"] == {"version": "0.9.0", "sha256": release.sha256}
    assert manifest["training"]["rows"]["annotated"] == 500
    assert list(manifest["training"]["data"]) == ["train.jsonl"]
    assert manifest["figures"]["cross_validated"]["rows"] == 500


def test_too_few_rows_are_refused_before_any_work(tmp_path: Path) -> None:
    for rows, message in ((world(12, 5), "12 rows to train on"), ([world(1, 6)[0]] * 80, "only 1 of 80 rows differ")):
        (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        done = CliRunner().invoke(cli, ["train", "--data", str(tmp_path / "rows.jsonl"), "-o", str(tmp_path / "m")])
        assert done.exit_code == 1 and message in done.output


def test_a_release_of_ones_own_travels_with_its_model(folder: Path) -> None:
    tagger = Tagger.load(folder / "model")
    assert tagger.taxonomy.version == "0.9.0"
    assert [d.id for d in tagger.taxonomy.domains] == sorted(DOMAINS, key=[d.id for d in Taxonomy.load().domains].index)
    with pytest.raises(ModelError, match=r"made for taxonomy 0\.9\.0, not 1\.0\.0"):
        Tagger.load(folder / "model", taxonomy=Taxonomy.load())


def test_rows_for_measuring_are_not_trained_on() -> None:
    rows = [row(0, "a", []), row(1, "b", [], use="measure"), row(2, "c", [])]
    assert [r["id"] for r in for_training(rows)] == ["0", "2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no rows"),
        ("{", "line 1: not JSON"),
        ('{"text": "a", "tags": []}\n[1]', "line 2: need an object with text"),
        ('{"text": "a", "tags": ["warp-drives"]}', "line 1: 'warp-drives' is no active tag of taxonomy 1.0.0"),
        ('{"text": 3, "tags": []}', "line 1: need an object with text"),
        ('{"text": "a", "tags": [["x"]]}', "line 1: ['x'] is no active tag"),
        ('{"text": "a", "tags": []}\n' + "[" * 100_000, "line 2: "),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message.replace("[", r"\[")):
        read_rows(path, Taxonomy.load())
    done = CliRunner().invoke(cli, ["evaluate", "--data", str(path)])
    assert done.exit_code == 1
    assert done.output.startswith("Error: ") and done.output.count("\n") == 1


def test_missing_files_are_named(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "no.jsonl", "No such file"), (tmp_path, "directory")):
        with pytest.raises(DataError, match=message):
            read_rows(path, Taxonomy.load())
    with pytest.raises(ModelError, match="no model in"):
        Tagger.load(tmp_path)


def test_folds_keep_groups_and_copies_together() -> None:
    rng = random.Random(0)
    rows = []
    for i in range(200):
        text = " ".join(f"word{rng.randrange(5000)}" for _ in range(40))
        rows.append(row(i, text, [], group=f"g{i // 4}" if i < 40 else ""))
        if i >= 180:
            rows.append(row(1000 + i, text + " and a little more", []))
    groups = clusters(rows)
    fold = assign(groups, 5, seed=3)
    where = {r["id"]: (g, f) for r, g, f in zip(rows, groups, fold, strict=True)}
    for i in range(180, 200):
        assert where[str(i)] == where[str(1000 + i)], f"row {i} and its copy are apart"
    for first in range(0, 40, 4):
        assert len({where[str(first + k)] for k in range(4)}) == 1, f"group g{first // 4} is apart"
    assert len(np.unique(groups)) == 200 - 30
    sizes = np.bincount(fold, minlength=5)
    assert sizes.max() - sizes.min() <= 6


def test_targets_hold_ancestors_only_when_asked() -> None:
    tax = Taxonomy.load()
    order = [t.id for t in tax.tags]
    rows = [row(0, "x", ["lithography"]), row(1, "y", [])]
    plain, full = targets(rows, tax, order, closure=False), targets(rows, tax, order, closure=True)
    assert plain.dtype == np.int64 and plain.sum() == 1 and plain[1].sum() == 0
    assert {order[i] for i in np.flatnonzero(full[0])} == {"lithography", "semiconductor-equipment", "semiconductors"}


class TestMetrics:
    """Against worlds whose answers are counted by hand."""

    tax = Taxonomy.load()

    def test_by_hand(self) -> None:
        gold = [["lithography", "photovoltaics"], ["energy"], [], ["vaccines"]]
        predicted = [["photovoltaics"], ["wind-power"], [], []]
        out = figures(predicted, gold, self.tax)
        # Leaf: 1 right of 2 said, 4 true.
        assert out["leaf"] == {"precision": 0.5, "recall": 0.25, "f1": pytest.approx(2 * 1 / (2 + 4))}
        # Closure: said {pv, solar, energy}, {wind, energy}; true {litho, equipment, semi, pv, solar, energy}, {energy},
        # {vaccines, biologics, pharma}: 4 right of 5 said, 10 true.
        assert out["closure"]["f1"] == pytest.approx(2 * 4 / (5 + 10))
        # Domains: said {energy}, {energy}; true {semi, energy}, {energy}, {pharma}.
        assert out["domain"]["f1"] == pytest.approx(2 * 2 / (2 + 4))
        assert out["primary_accuracy"] == 0
        assert out["none"] == {"rows": 1, "precision": 0.5, "recall": 1.0}

    def test_calibration_by_hand(self) -> None:
        out = calibration(np.array([0.95, 0.95, 0.15, 0.15]), np.array([True, False, False, False]))
        assert out["ece"] == pytest.approx(0.5 * abs(0.95 - 0.5) + 0.5 * 0.15)
        assert [(b["low"], b["n"]) for b in out["bins"]] == [(0.1, 2), (0.9, 2)]

    def test_coverage_by_hand(self) -> None:
        confidence = np.array([0.9, 0.8, 0.7, 0.6])
        assert coverage_at(confidence, np.array([True, True, False, True]), 0.95) == 0.5
        assert coverage_at(confidence, np.array([False, True, True, True]), 0.75) == 1.0
        assert coverage_at(confidence, np.array([False] * 4), 0.5) == 0.0

    @given(st.lists(st.tuples(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd"))), min_size=1))
    def test_micro_is_symmetric_and_bounded(self, pairs: list[tuple[set[str], set[str]]]) -> None:
        p, g = [a for a, _ in pairs], [b for _, b in pairs]
        one, two = micro(p, g), micro(g, p)
        assert one["f1"] == pytest.approx(two["f1"]) and one["precision"] == pytest.approx(two["recall"])
        assert 0 <= one["f1"] <= 1
        assert micro(g, g)["f1"] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A maker of pumps", "en"),
        ("水泵", "zh"),
        ("AI芯片 for IoT devices and more English words", "en"),
        ("基于LLM的应用", "zh"),
        ("", "en"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected
