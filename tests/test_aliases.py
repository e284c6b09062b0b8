"""The taxonomy's own words in texts."""

from __future__ import annotations

import copy

import pytest
from made_up_words import ORDER, ambiguous, made_up

from techtags.classifier.aliases import LONGEST, AliasIndex
from techtags.classifier.text import tokenize, whole_phrases
from techtags.schemas import problems
from techtags.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def index() -> AliasIndex:
    return AliasIndex(made_up(), ORDER)


def own(index: AliasIndex, text: str) -> dict[str, int]:
    counts, _ = index.counts(index.find(tokenize([text])), 1)
    return {ORDER[t]: int(n) for t, n in zip(counts.indices, counts.data, strict=True)}


def below(index: AliasIndex, text: str) -> dict[str, int]:
    _, counts = index.counts(index.find(tokenize([text])), 1)
    return {ORDER[t]: int(n) for t, n in zip(counts.indices, counts.data, strict=True)}


def test_the_made_up_taxonomy_is_a_release() -> None:
    assert problems(made_up().document, "release") == []


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", {}),
        ("A bakery in the old town", {}),
        ("Photovoltaics", {"solar": 1}),
        ("PHOTOVOLTAICS and photovoltaics", {"solar": 1}),
        ("a solar cell and photovoltaics", {"solar": 2}),
        ("solar-cell", {"solar": 1}),
        ("two solar cells and batteries", {"solar": 2}),
        ("solar. Cell", {}),
        ("solar energy", {"energy": 1}),
        ("RISC-V, quartz", {"processors": 1, "crystals": 1}),
        ("光伏组件", {"solar": 1}),
        ("太陽能電池", {"solar": 1}),
        ("采用石英的處理器", {"crystals": 1, "processors": 1}),
        ("我们做photovoltaics与处理器", {"solar": 1, "processors": 1}),
        ("ｐｈｏｔｏｖｏｌｔａｉｃｓ", {"solar": 1}),
    ],
)
def test_plain_names(index: AliasIndex, text: str, tags: dict[str, int]) -> None:
    assert own(index, text) == tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("solar cell recycling", {"solar-recycling": 1}),
        ("太阳能电池回收", {"solar-recycling": 1}),
        ("solar cell recycling, and a solar cell", {"solar-recycling": 1, "solar": 1}),
        ("太阳能电池。太阳能电池回收", {"solar-recycling": 1, "solar": 1}),
    ],
)
def test_the_longest_name_counts_alone(index: AliasIndex, text: str, tags: dict[str, int]) -> None:
    assert own(index, text) == tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("chip", {}),
        ("a chip on a wafer", {"processors": 1}),
        ("chips of semiconductors", {"processors": 1}),
        ("potato chips on a wafer", {}),
        ("a quartz chip", {"crystals": 2}),
        ("a quartz chip on a wafer", {"crystals": 2, "processors": 1}),
        ("a quartz chip on a wooden wafer", {"crystals": 2, "processors": 1}),
        ("a quartz chip on a wafer of wood", {"crystals": 2}),
        ("a wafer. The chip", {"processors": 1}),
        ("核", {"processors": 1}),
        ("双核", {"processors": 1}),
        ("核，核电", {}),
        ("a core chip", {"processors": 1}),  # `chip` settles `core` though `chip` itself is not settled
        ("an apple core and a chip", {}),
    ],
)
def test_homonyms_need_their_context(index: AliasIndex, text: str, tags: dict[str, int]) -> None:
    assert own(index, text) == tags


def test_context_does_not_come_from_another_text(index: AliasIndex) -> None:
    texts = ["a chip", "a wafer", "a chip on a wafer", "potato", "核", "核电"]
    counts, _ = index.counts(index.find(tokenize(texts)), len(texts))
    assert {(int(d), ORDER[t]) for d, t in zip(*counts.nonzero(), strict=True)} == {(2, "processors"), (4, "processors")}


def test_ancestors_get_the_names_below_them(index: AliasIndex) -> None:
    assert below(index, "solar cell recycling, photovoltaics, energy") == {"energy": 2, "solar": 1}
    assert below(index, "energy, computing") == {}
    assert below(index, "quartz processor") == {"computing": 2}
    assert below(index, "potato chip") == {}


def test_spans_say_where(index: AliasIndex) -> None:
    texts = ["Solar cell recycling, photovoltaics; a chip", "", "quartz chip"]
    tokens = tokenize(texts)
    hits = index.find(tokens)
    found = zip(hits.doc, index.tags_of(hits), hits.first, hits.last, strict=True)
    shown = [(d, ORDER[t], texts[d][tokens.start[a] : tokens.end[b]]) for d, t, a, b in found]
    assert shown == [
        (0, "solar-recycling", "Solar cell recycling"),
        (0, "solar", "photovoltaics"),
        (2, "crystals", "quartz"),
        (2, "crystals", "chip"),
    ]


def test_a_tag_outside_the_order_is_left_out() -> None:
    index = AliasIndex(made_up(), ("processors", "solar"))
    counts, above = index.counts(index.find(tokenize(["energy, photovoltaics, RISC-V"])), 1)
    assert counts.toarray().tolist() == [[1, 1]]
    assert above.toarray().tolist() == [[0, 0]]


def test_an_unsettled_homonym_hides_nothing_inside_it() -> None:
    document = copy.deepcopy(made_up().document)
    processors = next(t for t in document["tags"] if t["id"] == "processors")
    processors["aliases"]["en"].append("organic solar cell")
    processors["ambiguous"].append(ambiguous("organic solar cell", "en", ["wafer"], []))
    index = AliasIndex(Taxonomy(document), ORDER)
    assert own(index, "an organic solar cell") == {"solar": 1}
    assert own(index, "an organic solar cell on a wafer") == {"processors": 1}


def test_every_alias_and_word_of_context_can_be_found() -> None:
    """A name that punctuation divides, or that is too long, would never match a text."""
    for tag in Taxonomy.load().active:
        words = [a for lang in ("en", "zh") for a in tag.aliases[lang]]
        words += [w for mark in tag.ambiguous for w in (*mark.with_, *mark.not_with)]
        _, lengths = whole_phrases(words, LONGEST)
        lost = [w for w, n in zip(words, lengths, strict=True) if not n]
        assert not lost, f"{tag.id}: {lost} can never match; write them without punctuation, in at most {LONGEST} tokens"
