"""Designations are placed at the level that they support, whatever way they are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags import Crosswalk, Tagger, Taxonomy
from techtags.classifier import labels
from techtags.classifier.labels import DesignationMatcher
from techtags.classifier.names import Names, shipped
from techtags.taxonomy import sssom

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(evidence=False, candidates=0)


@pytest.fixture(scope="module")
def matcher(tagger: Tagger) -> DesignationMatcher:
    return DesignationMatcher(tagger.taxonomy, tagger)


class Certain:
    """A reader that is sure of one tag (and of those above it) whatever it reads; its tags are not in the order that the reader
    of names has, which therefore has no say."""

    def __init__(self, taxonomy: Taxonomy, tag: str, p: float = 0.99) -> None:
        self.tags = tuple(t.id for t in taxonomy.active)[::-1]
        self._sure = [self.tags.index(t) for t in (tag, *taxonomy.ancestor_ids(tag))]
        self._p = p

    def predict_proba(self, texts: Iterable[str]) -> NDArray[np.float32]:
        p = np.zeros((len(list(texts)), len(self.tags)), dtype=np.float32)
        p[:, self._sure] = self._p
        return p


def user_mapping(folder: Path, lines: str) -> Crosswalk:
    file = folder / "mine.sssom.tsv"
    head = "#subject_type: rdfs literal\nsubject_id\tsubject_label\tpredicate_id\tobject_id\n"
    file.write_text(head + lines, encoding="utf-8")
    return Crosswalk.load(file)


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("Semiconductors & Related", {"semiconductors"}),
        ("A.I.", {"artificial-intelligence"}),
        ("Ａ．Ｉ．", {"artificial-intelligence"}),
        ("新能源 汽车", {"electric-vehicles"}),
        ("新能源汽車", {"electric-vehicles"}),
        ("半導體", {"semiconductors"}),
        ("ＲＯＢＯＴＩＣＳ", {"robotics"}),
        ("光伏概念股", {"photovoltaics"}),
        ("['Robotics', 'Photovoltaics']", {"robotics", "photovoltaics"}),
        ("Robotics; Photovoltaics", {"robotics", "photovoltaics"}),
        ("Energy > Photovoltaics", {"photovoltaics"}),
    ],
)
def test_placed(matcher: DesignationMatcher, cell: str, tags: set[str]) -> None:
    found = matcher.match(cell)
    assert set(found.tags) == tags
    assert found.text == cell
    assert found.status == "placed"


@pytest.mark.parametrize(
    ("cell", "domains"),
    [
        ("生物医药/医疗健康", {"pharmaceuticals", "health-technology"}),
        ("IT/互联网", {"software", "digital-services"}),
        ("Hardware & IoT", {"electronics-and-photonics"}),
        ("TMT", {"digital-services", "communications"}),
    ],
)
def test_names_of_several_things_keep_their_domains(
    matcher: DesignationMatcher, tagger: Tagger, cell: str, domains: set[str]
) -> None:
    found = matcher.match(cell)
    given_ = {tagger.taxonomy[t].domain.id for t in found.tags}
    assert found.tags
    assert given_ & domains


@pytest.mark.parametrize("cell", ["Real Estate", "房地产", "Consumer Goods", "real estate; banking", "Restaurants"])
def test_no_technology_stays_none(matcher: DesignationMatcher, cell: str) -> None:
    found = matcher.match(cell)
    assert (found.status, found.tags, found.relation) == ("none", (), "")


def test_what_a_word_like_tech_adds_is_not_dropped(matcher: DesignationMatcher, tagger: Tagger) -> None:
    assert matcher.match("Real Estate").status == "none"
    taxonomy = tagger.taxonomy
    sure = DesignationMatcher(taxonomy, Certain(taxonomy, "construction-technology"))
    assert sure.match("Real Estate Platforms").tags == ("construction-technology",)
    unsure = DesignationMatcher(taxonomy, Certain(taxonomy, "construction-technology", 0.01))
    assert unsure.match("Real Estate Platforms").status == "none"


def test_a_domain_never_gives_a_finer_tag(matcher: DesignationMatcher, tagger: Tagger) -> None:
    taxonomy = tagger.taxonomy
    cells = [tag.labels[lang] for tag in taxonomy.active if tag.level == 1 for lang in ("en", "zh")]
    cells += [c + " industry" if c.isascii() else c + "产业" for c in cells]
    for found in matcher.match_all(cells):
        assert found.tags
        assert {taxonomy[t].level for t in found.tags} == {1}, found


def test_every_label_of_the_taxonomy_is_placed_at_itself_or_above(matcher: DesignationMatcher, tagger: Tagger) -> None:
    taxonomy = tagger.taxonomy
    tags = [tag for tag in taxonomy.active for _ in ("en", "zh")]
    found = matcher.match_all([tag.labels[lang] for tag in taxonomy.active for lang in ("en", "zh")])
    finer = [d for tag, d in zip(tags, found, strict=True) if any(tag.id in taxonomy.ancestor_ids(t) for t in d.tags)]
    assert not finer
    assert sum(tag.id in d.tags for tag, d in zip(tags, found, strict=True)) >= 0.97 * len(tags)


def test_users_mapping_comes_first(tagger: Tagger, tmp_path: Path) -> None:
    lines = f"\tRobotics\tskos:exactMatch\ttechtags:fintech\n\tPhotovoltaics\tskos:broadMatch\t{sssom.NO_TERM}\n"
    mine = DesignationMatcher(tagger.taxonomy, tagger, mapping=user_mapping(tmp_path, lines))
    assert mine.match("robotics").tags == ("fintech",)
    assert mine.match("robotics").found == "mapping"
    assert mine.match("Photovoltaics").status == "none"
    assert mine.match("Robotics; semiconductors").tags == ("fintech", "semiconductors")


def test_scheme_decides_what_its_codes_mean(tagger: Tagger) -> None:
    by_scheme = DesignationMatcher(tagger.taxonomy, tagger, scheme=Crosswalk.load("cpc"))
    assert by_scheme.match("H01M 10/0525").tags == ("lithium-ion-batteries",)
    assert by_scheme.match("H01M 10/0525").found == "code"


def test_a_class_and_its_child_mean_the_child(matcher: DesignationMatcher) -> None:
    assert matcher.match("Semiconductors; Lithography").tags == ("lithography",)


def test_unknown_designations_are_read_by_the_models(tagger: Tagger) -> None:
    taxonomy = tagger.taxonomy
    cell = "Qwxz Vbnm Trewq"
    assert DesignationMatcher(taxonomy).match(cell).status == "unplaced"
    found = DesignationMatcher(taxonomy, Certain(taxonomy, "photovoltaics")).match(cell)
    assert (found.tags, found.found, found.relation) == (("photovoltaics",), "learned", "broad")
    # Less sure, only the domain is said; unsure, nothing is, and it stays a hint.
    domain = taxonomy["photovoltaics"].domain.id
    assert DesignationMatcher(taxonomy, Certain(taxonomy, "photovoltaics", 0.7)).match(cell).tags == (domain,)
    hinted = DesignationMatcher(taxonomy, Certain(taxonomy, "photovoltaics", 0.5)).match(cell)
    assert hinted.tags == ()
    assert "photovoltaics" in hinted.hints


def test_givers_of_money_are_no_technology(tagger: Tagger) -> None:
    sure = DesignationMatcher(tagger.taxonomy, Certain(tagger.taxonomy, "photovoltaics"))
    assert sure.match("Department of Qwxz").tags == ()


def test_without_a_reader_of_names_designations_are_still_read(
    tagger: Tagger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert Names.load(tmp_path / "names.npz") is None
    monkeypatch.setattr(labels, "shipped", lambda: None)
    bare = DesignationMatcher(tagger.taxonomy, tagger)
    assert "photovoltaics" in bare.match("makers of perovskite solar cells and modules qwxz").tags
    assert bare.match("Semiconductors & Related").tags == ("semiconductors",)


def test_names_say_more_of_short_strings_than_texts_do(tagger: Tagger) -> None:
    names = shipped()
    assert names is not None
    assert names.tags == tuple(tagger.tags)
    for cell, tag in (
        ("roboticz startups", "robotics"),
        ("biotechs & labs", "biotechnology"),
        ("新半导体公司们", "semiconductors"),
    ):
        scores = names.scores([cell])[0]
        assert names.tags[int(scores[:-1].argmax())] == tag
    assert names.scores(["real estate brokerage offices"])[0].argmax() == len(names.tags)
    assert names.scores([]).shape == (0, len(names.tags) + 1)


def test_names_survive_writing(tmp_path: Path, tagger: Tagger) -> None:
    names = shipped()
    assert names is not None
    for file in ("a.npz", "b.npz"):
        names.save(tmp_path / file)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = Names.load(tmp_path / "a.npz")
    assert again is not None
    cells = ["drone maker", "无人机", "", "\ud800", "x" * 5000]
    assert np.array_equal(again.scores(cells), names.scores(cells))
    # What is said of one does not depend on what else is asked.
    text = tagger.predict_proba(["drone maker"] * 300)
    together = names.weigh(["drone maker"] * 300, text, tagger.taxonomy)
    assert np.allclose(together, names.weigh(["drone maker"], text[:1], tagger.taxonomy), atol=1e-6)
    assert ((together >= 0) & (together <= 1)).all()


@given(st.lists(st.text(max_size=40), max_size=4))
@settings(max_examples=60, deadline=None)
def test_nothing_raises_and_order_does_not_matter(cells: list[str]) -> None:
    tagger = _tagger()
    matcher = DesignationMatcher(tagger.taxonomy, tagger)
    found = matcher.match_all(cells)
    assert [d.text for d in found] == cells
    assert all(d.status in ("placed", "coarse", "none", "unplaced") and 0 <= d.sure <= 1 for d in found)
    assert all(bool(d.tags) == (d.status in ("placed", "coarse")) for d in found)
    backwards = DesignationMatcher(tagger.taxonomy, tagger).match_all(cells[::-1])[::-1]
    assert [d.tags for d in backwards] == [d.tags for d in found]


_LOADED: list[Tagger] = []


def _tagger() -> Tagger:
    if not _LOADED:
        _LOADED.append(Tagger.load(evidence=False, candidates=0))
    return _LOADED[0]


def test_learning_names(tagger: Tagger) -> None:
    from techtags.training import names as learning

    taxonomy = tagger.taxonomy
    tags = tuple(tagger.tags)
    y = learning.targets([frozenset({"photovoltaics"}), frozenset()], tags, taxonomy)
    assert {tags[i] for i in y[0, :-1].nonzero()[0]} == {"photovoltaics", *taxonomy.ancestor_ids("photovoltaics")}
    assert y[:, -1].tolist() == [0, 1]
    # Near variants share a fold, so that no score is measured on what it has as good as seen.
    assert learning.fold_of("solar panels") == learning.fold_of("panel solar") == learning.fold_of("solar panel")
    meant, free = learning.learned_names(taxonomy)
    assert meant["photovoltaics"] == {"photovoltaics"}
    assert free <= set(meant)
    assert not free & {"photovoltaics"}


def test_a_taxonomy_of_ones_own_gets_no_tags_that_it_lacks() -> None:
    document = json.loads(json.dumps(Taxonomy.load().document))
    document["tags"] = [t for t in document["tags"] if t["id"] == "software"]
    document["collections"] = []
    own = Taxonomy(document)
    matcher = DesignationMatcher(own)
    for cell in ("H01M10/0525", "GICS 45301020", "TMT", "Photovoltaics", "Software", "Healthcare; H04L9/32"):
        found = matcher.match(cell)
        assert set(found.tags) | set(found.hints) <= {"software"}, cell
    assert matcher.match("Software").tags == ("software",)
