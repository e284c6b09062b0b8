"""Search finds tags by what people type."""

from __future__ import annotations

import pytest
from made_up import find, load, make_release

from techtags.taxonomy import Taxonomy, search

TAX = Taxonomy.load("1.0.0")


def _ids(text: str, limit: int = 10) -> list[str]:
    return [hit.tag.id for hit in search(TAX, text, limit)]


@pytest.mark.parametrize(
    ("text", "tag_id", "kind"),
    [
        ("光刻", "lithography", "label"),
        ("lithography", "lithography", "label"),
        ("LITHOGRAPHY", "lithography", "label"),
        ("EUV", "lithography", "alias"),
        ("ＥＵＶ", "lithography", "alias"),
        ("euv ", "lithography", "alias"),
        ("ｐｈｏｔｏｖｏｌｔａｉｃｓ", "photovoltaics", None),
        ("photo-voltaic", "photovoltaics", "alias"),
        ("photovoltiac", "photovoltaics", "alias"),
        ("semiconducter", "semiconductors", "alias"),
        ("semi conductors", "semiconductors", "label"),
        ("quantum computng", "quantum-computing", "label"),
        ("computing quantum", "quantum-computing", "label"),
        ("光刻機", "lithography", None),
        ("固态电池", "next-generation-batteries", "alias"),
        ("semiconductor-equipment", "semiconductor-equipment", None),
    ],
)
def test_best_hit(text: str, tag_id: str, kind: str | None) -> None:
    hits = search(TAX, text)
    assert hits[0].tag.id == tag_id, _ids(text)
    assert kind in (None, hits[0].kind)
    assert 70 < hits[0].score <= 100


@pytest.mark.parametrize("text", ["", "   ", "qzxv wkjh", "!!!", "囍囍囍囍", "asdfgh"])
def test_nonsense_finds_nothing(text: str) -> None:
    assert search(TAX, text) == []


def test_every_label_and_id_finds_its_own_tag_first() -> None:
    odd = []
    for tag in TAX.active:
        for name in (*tag.labels.values(), tag.id):
            first = _ids(name, 1)
            if first != [tag.id]:
                odd.append(f"{tag.id}: {name!r} finds {first} first")
    assert not odd, "\n".join(odd)


def test_limit_and_order() -> None:
    hits = search(TAX, "电池", 5)
    assert len(hits) == 5
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert len({h.tag.id for h in hits}) == 5
    assert search(TAX, "电池", 2) == hits[:2]


def test_exact_before_beginning_before_part() -> None:
    document = make_release()
    find(document, "lanterns")["aliases"]["en"] += ["Lasers inside"]
    find(document, "micro-lathes")["aliases"]["en"] += ["tools beside lasers"]
    hits = search(load(document), "lasers")
    assert [h.tag.id for h in hits] == ["lasers", "lanterns", "micro-lathes"]
    assert hits[0].score == 100


def test_id_alone() -> None:
    document = make_release()
    find(document, "lanterns")["id"] = "carried-lights"
    hit = search(load(document), "carried lights")[0]
    assert (hit.tag.id, hit.kind, hit.score) == ("carried-lights", "id", 99)


@pytest.mark.parametrize(
    ("definition", "query"),
    [
        ({"en": "Lights burning whale oil.", "zh": "灯。"}, "Whale Oil"),
        ({"en": "Lights.", "zh": "以鲸油点燃的灯。"}, "鲸油"),
        ({"en": "Lights.", "zh": "采用OLED材料的灯。"}, "oled"),
    ],
)
def test_words_of_a_definition_alone(definition: dict[str, str], query: str) -> None:
    document = make_release()
    find(document, "lanterns")["definition"] = definition
    hits = search(load(document), query)
    assert [(h.tag.id, h.kind) for h in hits] == [("lanterns", "definition")]
    assert hits[0].matched in definition.values()


def test_parts_of_words_do_not_count() -> None:
    document = make_release()
    find(document, "lanterns")["definition"]["en"] = "Lights for carriages."
    assert search(load(document), "age") == []
    assert search(load(document), "carriage") == []


def test_latin_words_inside_chinese_names() -> None:
    document = make_release()
    find(document, "lanterns")["aliases"]["zh"].append("小型OLED照明")
    assert [h.tag.id for h in search(load(document), "OLED")] == ["lanterns"]


def test_deprecated_tags_are_left_out() -> None:
    tax = load(make_release())
    assert "old-lathes" not in [h.tag.id for h in search(tax, "treadle lathes")]
    assert "old-lathes" not in [h.tag.id for h in search(tax, "old-lathes")]


@pytest.mark.parametrize(
    ("typed", "tag_id"), [("光克机", "lithography"), ("人智工能", "artificial-intelligence"), ("工业机气人", "industrial-robots")]
)
def test_typos_in_chinese(typed: str, tag_id: str) -> None:
    assert tag_id in [hit.tag.id for hit in search(Taxonomy.load(), typed)]
