"""The tagger through its public API, with the shipped model."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags import Tagger, Tagging, Taxonomy
from techtags.classifier import COLUMNS, Model, ModelError, Span
from techtags.classifier.tagger import LONGEST, MOST_CHARACTERS, _batches
from techtags.schemas import validate


@lru_cache(maxsize=1)
def shipped() -> Tagger:
    return Tagger.load()


@pytest.fixture
def tagger() -> Tagger:
    return shipped()


# Plain texts, each with the tag that must be its primary one.
PLAIN = [
    ("Fabless designer of RISC-V processors for servers", "processors"),
    ("Builds and operates offshore wind farms", "wind-power"),
    ("CAR-T cell therapy for solid tumours", "cell-and-gene-therapy"),
    ("A maker of lithium iron phosphate cathode powder", "battery-materials"),
    ("Export controls on immersion lithography scanners", "lithography"),
    ("研发五轴联动数控机床", "machine-tools"),
    ("固态电池电解质及全固态电池中试线", "next-generation-batteries"),
    ("公司主营光伏组件和逆变器的生产与销售", "photovoltaics"),
    ("面向工业质检的机器视觉系统", "computer-vision"),
    ("建设新能源汽车充电桩的补贴办法", "ev-charging"),
]


@pytest.mark.parametrize(("text", "tag"), PLAIN)
def test_plain_texts_get_their_tag(tagger: Tagger, text: str, tag: str) -> None:
    result = tagger.tag([text])[0]
    assert result.status == "tagged"
    assert result.primary == tag
    assert result.tags[0].probability is not None and result.tags[0].probability > 0.5


def test_traditional_and_simplified_give_the_same(tagger: Tagger) -> None:
    simple, traditional = tagger.tag(["电动汽车电池管理系统与充电设备", "電動汽車電池管理系統與充電設備"])
    assert simple.ids == traditional.ids
    assert [t.probability for t in simple.tags] == pytest.approx([t.probability for t in traditional.tags])


@pytest.mark.parametrize(
    "text", ["Owns and lets office buildings in three cities", "连锁火锅餐厅的经营与管理", "Family-run estate agency in Leeds"]
)
def test_no_technology_is_none(tagger: Tagger, text: str) -> None:
    result = tagger.tag([text])[0]
    assert result.status == "none"
    assert result.tags == ()


@pytest.mark.parametrize("text", ["", "   \n", "12345", "锟斤拷锟斤拷锟斤拷", "����", None])
def test_what_cannot_be_read_says_so(tagger: Tagger, text: str) -> None:
    assert tagger.tag([text])[0].status == "unreadable"


@pytest.mark.parametrize("text", ["A listed semiconductor company", "半导体产业基金"])
def test_coarse_text_gets_a_coarse_tag(tagger: Tagger, text: str) -> None:
    result = tagger.tag([text])[0]
    assert result.ids == ["semiconductors"]
    assert result.status == "coarse"


def test_results_do_not_depend_on_their_neighbours(tagger: Tagger) -> None:
    texts = [text for text, _ in PLAIN] + ["", "x" * 50, PLAIN[0][0]]
    together = tagger.tag(texts)
    alone = [tagger.tag([text])[0] for text in texts]
    assert [r.ids for r in together] == [r.ids for r in alone]
    for a, b in zip(together, alone, strict=True):
        assert [t.probability for t in a.tags] == pytest.approx([t.probability for t in b.tags], abs=1e-5)


def test_probabilities_have_the_promised_shape_and_respect_the_tree(tagger: Tagger) -> None:
    proba = tagger.predict_proba([text for text, _ in PLAIN])
    assert proba.shape == (len(PLAIN), len(tagger.tags)) and proba.dtype == np.float32
    assert ((proba >= 0) & (proba <= 1)).all()
    column = {t: i for i, t in enumerate(tagger.tags)}
    for tag in tagger.taxonomy.tags:
        if tag.parent_id:
            assert (proba[:, column[tag.parent_id]] >= proba[:, column[tag.id]]).all(), f"{tag.id} is likelier than its parent"
    assert tagger.predict_proba([]).shape == (0, len(tagger.tags))


def test_no_tag_stands_beside_its_ancestor_and_given_ones_are_ordered(tagger: Tagger) -> None:
    for result in tagger.tag([text for text, _ in PLAIN]):
        assert tagger.taxonomy.most_specific(result.ids) == result.ids
        assert len(set(result.ids)) == len(result.ids)
        given = set(result.ids)
        assert not any(c.id in given for c in result.candidates)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_text_gives_a_valid_result(texts: list[str]) -> None:
    results = shipped().tag(texts)
    assert len(results) == len(texts)
    for text, result in zip(texts, results, strict=True):
        validate(json.loads(json.dumps(result.to_dict())), "tagging")
        for tag in result.tags:
            for one in tag.evidence:
                if isinstance(one, Span):
                    assert text[one.start : one.end] == one.text


def test_evidence_is_in_the_text_and_names_the_point(tagger: Tagger) -> None:
    text = "𝔸 note. The firm, founded in 2011, develops perovskite solar modules in Oxford."
    tag = next(t for t in tagger.tag([text])[0].tags if t.id == "photovoltaics")
    spans = [e for e in tag.evidence if isinstance(e, Span)]
    assert spans and any("perovskite" in s.text for s in spans)
    assert [s.weight for s in spans] == sorted((s.weight for s in spans), reverse=True)
    assert all(text[s.start : s.end] == s.text and 0 < s.weight <= 1 for s in spans)


def test_taking_the_evidence_out_lowers_the_probability(tagger: Tagger) -> None:
    column = {t: i for i, t in enumerate(tagger.tags)}
    texts = [e for tag in tagger.taxonomy.tags[::4] for lang in ("en", "zh") for e in tag.examples[lang][:1]]
    asked, changed = [], []
    for text, result in zip(texts, tagger.tag(texts), strict=True):
        for tag in result.tags:
            out = list(text)
            for span in tag.evidence:
                assert isinstance(span, Span)
                out[span.start : span.end] = " " * (span.end - span.start)
            asked.append((tag.id, tag.probability))
            changed.append("".join(out))
    after = tagger.predict_proba(changed)
    fell = [after[i, column[t]] < p for i, (t, p) in enumerate(asked) if p is not None]
    assert len(fell) > 60
    assert np.mean(fell) >= 0.95, f"evidence carries the decision for only {np.mean(fell):.0%} of the tags"


def test_without_evidence_the_tags_are_the_same(tagger: Tagger) -> None:
    plain = Tagger(tagger.model, evidence=False, candidates=0)
    texts = [text for text, _ in PLAIN]
    assert [r.ids for r in plain.tag(texts)] == [r.ids for r in tagger.tag(texts)]
    assert all(t.evidence == () for r in plain.tag(texts) for t in r.tags)


def test_profiles_trade_recall_for_precision(tagger: Tagger) -> None:
    texts = [e for tag in tagger.taxonomy.tags for e in tag.examples["en"]]
    counts = {
        p: sum(len(r.tags) for r in Tagger(tagger.model, profile=p).tag(texts)) for p in ("precision", "balanced", "recall")
    }
    assert counts["precision"] < counts["balanced"] < counts["recall"]
    with pytest.raises(ValueError, match="unknown profile 'bold'"):
        Tagger(tagger.model, profile="bold")


class TestLabels:
    """The source's own label beside the text."""

    def test_label_alone(self, tagger: Tagger) -> None:
        result = tagger.tag([""], [["Semiconductors"]])[0]
        assert (result.status, result.ids, result.tags[0].basis) == ("coarse", ["semiconductors"], "label")
        assert result.tags[0].probability is None
        assert result.source_labels == ("Semiconductors",)

    def test_coarse_label_supports_and_does_not_invent(self, tagger: Tagger) -> None:
        result = tagger.tag(["五轴联动数控机床的研发"], [["先进制造"]])[0]
        assert result.primary == "machine-tools"
        assert result.tags[0].basis == "both"

    def test_unknown_label_is_kept_and_changes_nothing(self, tagger: Tagger) -> None:
        with_label, without = tagger.tag(["固态电池"], [["Deals of 2024"]])[0], tagger.tag(["固态电池"])[0]
        assert with_label.ids == without.ids and with_label.source_labels == ("Deals of 2024",)

    def test_no_technology_stays_none(self, tagger: Tagger) -> None:
        assert tagger.tag(["Lets offices"], [["Real estate"]])[0].status == "none"

    def test_a_finer_label_has_no_probability_of_its_own(self, tagger: Tagger) -> None:
        result = tagger.tag(["A listed semiconductor company"], [["Lithography"]])[0]
        assert [(t.id, t.basis, t.probability) for t in result.tags] == [("lithography", "both", None)]

    def test_traditional_characters(self, tagger: Tagger) -> None:
        assert tagger.tag([""], [["半導體"]])[0].ids == ["semiconductors"]

    def test_one_string_is_no_list(self, tagger: Tagger) -> None:
        with pytest.raises(TypeError, match="labels of text 0 are one string"):
            tagger.tag(["a"], ["Software"])  # type: ignore[list-item]

    def test_number_of_labels_must_match(self, tagger: Tagger) -> None:
        with pytest.raises(ValueError, match="2 texts and 1 lists of labels"):
            tagger.tag(["a", "b"], [[]])


class TestFrame:
    """pandas."""

    def test_columns_are_appended(self, tagger: Tagger) -> None:
        frame = pd.DataFrame({"name": ["a", "b", "c"], "about": ["海上风电场", None, "Lets offices"]}, index=[5, 6, 9])
        out = tagger.tag_frame(frame, text="about", lang="zh")
        assert list(out.columns) == ["name", "about", *COLUMNS]
        assert list(out.index) == [5, 6, 9]
        assert list(out["tt_status"]) == ["tagged", "unreadable", "none"]
        assert out["tt_names"].iloc[0] == "风电"
        assert list(frame.columns) == ["name", "about"]

    def test_missing_column_and_taken_columns(self, tagger: Tagger) -> None:
        frame = pd.DataFrame({"about": ["x"], "tt_tags": ["y"]})
        with pytest.raises(KeyError, match="no column 'text'"):
            tagger.tag_frame(frame, text="text")
        with pytest.raises(ValueError, match="already has tt_tags"):
            tagger.tag_frame(frame, text="about")

    def test_missing_values_of_every_kind(self, tagger: Tagger) -> None:
        frame = pd.DataFrame({"about": pd.array(["海上风电场", pd.NA], dtype="string"), 0: [float("nan"), 3]})
        assert list(tagger.tag_frame(frame, text="about")["tt_status"]) == ["tagged", "unreadable"]
        assert list(tagger.tag_frame(frame, text=["about", 0])["tt_status"]) == ["tagged", "unreadable"]  # type: ignore[list-item]

    def test_columns_of_one_name(self, tagger: Tagger) -> None:
        frame = pd.DataFrame([["a", "b"]], columns=["about", "about"])
        with pytest.raises(ValueError, match="several columns are called 'about'"):
            tagger.tag_frame(frame, text="about")

    def test_empty_frame(self, tagger: Tagger) -> None:
        assert list(tagger.tag_frame(pd.DataFrame({"about": []}), text="about").columns) == ["about", *COLUMNS]


def test_long_texts_are_worked_on_in_small_batches(tagger: Tagger) -> None:
    texts = ["光伏组件" * 4000, "海上风电场", "x" * 500_000, *(["锂电池正极材料" * 2000] * 60), "半导体"]
    bounds = list(_batches(texts))
    assert [low for low, _ in bounds][1:] == [high for _, high in bounds][:-1] and bounds[-1][1] == len(texts)
    assert all(sum(min(len(t), LONGEST) for t in texts[a:b]) <= MOST_CHARACTERS for a, b in bounds)
    assert len(bounds) > 1
    assert [r.primary for r in tagger.tag(texts)][:2] == ["photovoltaics", "wind-power"]


def test_a_model_says_which_it_is(tagger: Tagger) -> None:
    made = tagger.model.manifest
    assert str(tagger.versions.model) == f"{made['name']}-{made['version']}-{made['files']['arrays.npz'][:8]}"


def test_wrong_arguments_are_named(tagger: Tagger) -> None:
    with pytest.raises(TypeError, match="give a list"):
        tagger.tag("one string")
    with pytest.raises(TypeError, match="text 1 is int"):
        tagger.tag(["a", 3])  # type: ignore[list-item]


def test_a_result_cannot_contradict_itself(tagger: Tagger) -> None:
    with pytest.raises(ValueError, match="'tagged' with 0 tags"):
        Tagging("tagged", (), (), (), tagger.versions)


class TestLoading:
    """Models that must be refused."""

    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        import shutil

        import techtags.classifier

        source = Path(techtags.classifier.__file__).parent / "data" / "model"
        return Path(shutil.copytree(source, tmp_path / "model"))

    def manifest(self, folder: Path, **changes: object) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")

    def test_the_copy_itself_loads(self, copy: Path) -> None:
        assert Tagger.load(copy).tag(["海上风电场"])[0].primary == "wind-power"

    def test_another_taxonomy_version(self, copy: Path) -> None:
        tax = Taxonomy.load()
        self.manifest(copy, taxonomy={"version": "9.0.0", "sha256": tax.sha256})
        with pytest.raises(ModelError, match=r"made for taxonomy 9\.0\.0"):
            Model.load(copy)
        with pytest.raises(ModelError, match=r"made for taxonomy 9\.0\.0, not 1\.0\.0; use that release, or train"):
            Model.load(copy, tax)

    def test_another_text_of_the_release(self, copy: Path) -> None:
        self.manifest(copy, taxonomy={"version": "1.0.0", "sha256": "0" * 64})
        with pytest.raises(ModelError, match="its hash differs"):
            Model.load(copy)

    def test_damaged_arrays(self, copy: Path) -> None:
        arrays = copy / "arrays.npz"
        arrays.write_bytes(arrays.read_bytes()[:-1] + b"x")
        with pytest.raises(ModelError, match="hash differs"):
            Model.load(copy)

    def test_another_format_no_manifest_no_json(self, copy: Path, tmp_path: Path) -> None:
        self.manifest(copy, format=2)
        with pytest.raises(ModelError, match="format 2; this techtags reads format 1"):
            Model.load(copy)
        (copy / "manifest.json").write_text("{")
        with pytest.raises(ModelError, match="not JSON"):
            Model.load(copy)
        with pytest.raises(ModelError, match="no model in"):
            Model.load(tmp_path)


def test_the_shipped_model_is_small_plain_data() -> None:
    import techtags.classifier

    folder = Path(techtags.classifier.__file__).parent / "data" / "model"
    assert sum(p.stat().st_size for p in folder.iterdir()) < 25e6
    validate(json.loads((folder / "manifest.json").read_text(encoding="utf-8")), "model")
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
