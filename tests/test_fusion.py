"""Text and label together: what is learned, and the rules beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags import Crosswalk, CrosswalkError, Tagger, Taxonomy
from techtags.classifier.beside import COARSE_DESIGNATION, CONFLICT, UNSUPPORTED, beside
from techtags.classifier.fusion import FEATURES, Fusion, LabelView, fuse, pairs, view
from techtags.classifier.labels import Designation, Placement
from techtags.classifier.rank import FLOOR, Layout, Probabilities
from techtags.classifier.result import Assignment
from techtags.taxonomy import Mapping
from techtags.training.fuse import LEAST_ROWS, learn, learn_lift

TAXONOMY = Taxonomy.load()
ORDER = [t.id for t in TAXONOMY.active]
AT = {t: i for i, t in enumerate(ORDER)}
LAYOUT = Layout(TAXONOMY, ORDER)
N = len(ORDER)
NO_LIFT = np.zeros((N, N), dtype=np.float32)


def probabilities(**given: float) -> Probabilities:
    exact = np.full((1, N), FLOOR, dtype=np.float32)
    for tag, p in given.items():
        exact[0, AT[tag.replace("_", "-")]] = p
    closure = exact.copy()
    for i in range(N - 1, -1, -1):
        for a in LAYOUT.ancestors[i]:
            closure[0, a] = max(closure[0, a], closure[0, i])
    return Probabilities(exact, closure, exact.copy())


def seen(**given: object) -> LabelView:
    base = {"named": {}, "spans": frozenset(), "hints": frozenset(), "denied": False, "n_parts": 1, "n_known": 1}
    return LabelView(**{**base, **given})  # type: ignore[arg-type]


def feature(name: str, made: Probabilities, label: LabelView, tag: str) -> float:
    found = pairs(made, [label], NO_LIFT, LAYOUT)
    row = np.flatnonzero(found.tag == AT[tag])
    assert len(row) == 1
    return float(found.features[row[0], FEATURES.index(name)])


def placed(text: str, *tags: str, relation: str = "exact", found: str = "curated", hints: tuple[str, ...] = ()) -> Designation:
    status = "coarse" if relation == "narrow" else "placed" if tags else "none"
    placement = Placement(text, found, tags, relation if tags else "", 1.0, "made-up", hints)
    return Designation(text, status, tags, (placement,))


# What the features see


def test_features_tell_how_a_tag_stands_to_what_is_named() -> None:
    made = probabilities(photovoltaics=0.5, solar_energy=0.3, energy=0.3, wind_power=0.3, fintech=0.3)
    label = seen(named={AT["solar-energy"]: 0.9})
    assert feature("named", made, label, "solar-energy") == pytest.approx(0.9)
    assert feature("below what is named", made, label, "photovoltaics") == pytest.approx(0.9)
    assert feature("above what is named", made, label, "energy") == pytest.approx(0.9)
    assert feature("beside what is named", made, label, "wind-power") == pytest.approx(0.9)
    assert feature("outside what is named", made, label, "fintech") == 1
    assert feature("outside what is named", made, label, "wind-power") == 0


def test_features_of_sets_and_hints() -> None:
    made = probabilities(video_games=0.4, photovoltaics=0.4, fintech=0.3)
    spans = seen(spans=frozenset({AT["digital-services"], AT["communications"]}))
    assert feature("among the domains", made, spans, "video-games") == 1
    assert feature("outside the domains", made, spans, "photovoltaics") == 1
    hints = seen(hints=frozenset({AT["fintech"]}))
    assert feature("hinted", made, hints, "fintech") == 1
    assert feature("near a hint", made, hints, "video-games") == 1
    assert feature("away from all hints", made, hints, "photovoltaics") == 1
    assert feature("label names no technology", made, seen(denied=True), "fintech") == 1


def test_view_of_designations() -> None:
    both = view([placed("TMT", "digital-services", "communications", relation="narrow"), placed("PV", "photovoltaics")], AT)
    assert both.spans == {AT["digital-services"], AT["communications"]}
    assert both.named == {AT["photovoltaics"]: 1.0}
    assert not both.denied
    none = view([placed("Real estate")], AT)
    assert none.denied and none.says_something
    unknown = view([Designation("Xyzzy", "unplaced", (), (Placement("Xyzzy", ""),))], AT)
    assert not unknown.says_something


# Fusing


def weights(**given: float) -> np.ndarray:
    out = np.zeros((3, len(FEATURES)), dtype=np.float32)
    for name, value in given.items():
        out[:, FEATURES.index(name.replace("_", " "))] = value
    return out


def test_no_weights_change_nothing() -> None:
    made = probabilities(photovoltaics=0.5, fintech=0.2)
    out = fuse(made, [seen(named={AT["photovoltaics"]: 1.0})], weights(), NO_LIFT, LAYOUT)
    np.testing.assert_allclose(out.exact, made.exact, rtol=1e-4)


def test_a_label_supports_and_limits() -> None:
    made = probabilities(photovoltaics=0.3, fintech=0.3)
    out = fuse(made, [seen(named={AT["photovoltaics"]: 1.0})], weights(named=2, outside_what_is_named=-2), NO_LIFT, LAYOUT)
    assert out.exact[0, AT["photovoltaics"]] > 0.6
    assert out.exact[0, AT["fintech"]] < 0.1
    # What is above rises with it.
    assert out.closure[0, AT["energy"]] >= out.exact[0, AT["photovoltaics"]]


def test_a_label_never_raises_what_the_text_does_not_know() -> None:
    made = probabilities(photovoltaics=0.3)
    out = fuse(made, [seen(named={AT["fintech"]: 1.0})], weights(named=9), NO_LIFT, LAYOUT)
    assert out.exact[0, AT["fintech"]] == pytest.approx(FLOOR)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(ORDER), st.floats(0.001, 0.999)), max_size=6),
    st.lists(st.sampled_from(ORDER), max_size=4),
    st.lists(st.floats(-3, 3), min_size=len(FEATURES), max_size=len(FEATURES)),
)
def test_fused_probabilities_are_probabilities_and_nest(
    given: list[tuple[str, float]], named: list[str], weight: list[float]
) -> None:
    made = probabilities(**{t.replace("-", "_"): p for t, p in given})
    label = seen(named={AT[t]: 1.0 for t in named}, denied=not named)
    out = fuse(made, [label], np.array([weight] * 3, dtype=np.float32), NO_LIFT, LAYOUT)
    for values in (out.exact, out.closure, out.primary):
        assert ((values >= 0) & (values <= 1)).all()
    for i, above in enumerate(LAYOUT.ancestors):
        assert all(out.closure[0, a] >= out.closure[0, i] for a in above)
        assert out.closure[0, i] >= out.exact[0, i]


def test_arrays_round_trip() -> None:
    fusion = Fusion(weights(named=1), NO_LIFT, np.full((3, N), 0.3, np.float32), np.full((3, N), 0.6, np.float32))
    again = Fusion.from_arrays(fusion.arrays())
    assert again is not None
    np.testing.assert_array_equal(again.weights, fusion.weights)
    assert Fusion.from_arrays({}) is None


# Learning


def test_lift_is_learned_and_shrunk() -> None:
    gold = np.zeros((100, N), dtype=np.int64)
    gold[:50, AT["photovoltaics"]] = 1
    views = [seen(named={AT["energy"]: 1.0}) if i < 50 else seen(named={AT["software"]: 1.0}) for i in range(100)]
    lift = learn_lift(views, gold, LAYOUT)
    assert lift[AT["energy"], AT["photovoltaics"]] > 0.2
    assert lift[AT["software"], AT["photovoltaics"]] < -0.2
    assert lift[AT["fintech"], AT["photovoltaics"]] == pytest.approx(0)
    assert lift[AT["energy"], AT["photovoltaics"]] < np.log(2)  # shrunk: without the prior it would be log(1 / 0.5)


def test_learning_finds_that_labels_help() -> None:
    rng = np.random.default_rng(0)
    n = 2 * LEAST_ROWS
    true = rng.choice([AT["photovoltaics"], AT["fintech"]], n)
    exact = np.full((n, N), FLOOR, dtype=np.float32)
    exact[:, [AT["photovoltaics"], AT["fintech"]]] = 0.5  # the text cannot tell
    made = Probabilities(exact, exact.copy(), exact.copy())
    gold = np.zeros((n, N), dtype=np.int64)
    gold[np.arange(n), true] = 1
    views = [seen(named={int(t): 1.0}) for t in true]
    fold = np.arange(n) % 5
    flat = (np.full((3, N), 0.5, np.float32), np.full((3, N), 2.0, np.float32))
    fusion, together = learn(made, views, (gold, gold, gold), ["made-up"] * n, fold, LAYOUT, lambda *_: flat)
    assert fusion is not None
    assert (together.exact[np.arange(n), true] > 0.8).all()
    none, same = learn(made[fold == 0], views[:1] * 80, (gold[:80],) * 3, ["x"] * 80, fold[:80], LAYOUT, lambda *_: flat)
    assert none is None  # too few rows to learn from
    np.testing.assert_array_equal(same.exact, exact[:80])


# The rules


def text_tag(tag: str, p: float = 0.9) -> Assignment:
    return Assignment(tag, p)


def together(tags: list[str], designations: list[Designation], *, speaks: bool = True, p: float = 0.5, readable: bool = True):  # type: ignore[no-untyped-def]
    return beside(tuple(map(text_tag, tags)), designations, TAXONOMY, readable=readable, speaks=speaks, probability=lambda _: p)


def basis(found) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    return [(t.id, t.basis) for t in found.tags]


def test_text_and_label_agree() -> None:
    assert basis(together(["photovoltaics"], [placed("PV", "photovoltaics")])) == [("photovoltaics", "both")]
    coarser = together(["photovoltaics"], [placed("New energy", "energy", relation="close")])
    assert basis(coarser) == [("photovoltaics", "both")]
    assert coarser.flags == (COARSE_DESIGNATION,) and coarser.label_tags == ("energy",)


def test_a_hint_supports() -> None:
    assert basis(together(["fintech"], [placed("Financials", hints=("fintech",))])) == [("fintech", "both")]


def test_a_finer_label_refines_the_text() -> None:
    assert basis(together(["semiconductors"], [placed("Lithography", "lithography")])) == [("lithography", "both")]


def test_a_coarse_label_never_invents_a_leaf() -> None:
    found = together([], [placed("TMT", "digital-services", "communications", relation="narrow")], readable=False, speaks=False)
    assert basis(found) == [("digital-services", "label"), ("communications", "label")]
    assert found.flags == (COARSE_DESIGNATION,)


def test_a_contradiction_yields_both_and_is_flagged() -> None:
    found = together(["photovoltaics"], [placed("Fintech", "fintech")])
    assert basis(found) == [("photovoltaics", "text"), ("fintech", "label")]
    assert found.flags == (CONFLICT,)
    # Many labels in a cell are weak evidence each: flagged, kept apart, not added.
    many = together(["photovoltaics"], [placed("Fintech", "fintech"), placed("Web3", "blockchain")])
    assert basis(many) == [("photovoltaics", "text")]
    assert many.flags == (CONFLICT,) and many.label_tags == ("fintech", "blockchain")


def test_a_set_that_contradicts_is_flagged_and_not_added() -> None:
    found = together(["photovoltaics"], [placed("TMT", "digital-services", "communications", relation="narrow")])
    assert basis(found) == [("photovoltaics", "text")]
    assert found.flags == (COARSE_DESIGNATION, CONFLICT)


def test_a_silent_text_takes_the_label_unless_it_speaks_against() -> None:
    assert basis(together([], [placed("Fintech", "fintech")], p=0.3)) == [("fintech", "label")]
    against = together([], [placed("Fintech", "fintech")], p=0.01)
    assert against.tags == () and against.flags == (UNSUPPORTED,) and against.label_tags == ("fintech",)
    short = together([], [placed("Fintech", "fintech")], p=0.01, speaks=False)
    assert basis(short) == [("fintech", "label")] and short.flags == ()
    guessed = together([], [placed("Fintechy", "fintech", found="learned")], p=0.3)
    assert guessed.tags == () and guessed.flags == (UNSUPPORTED,)
    assert basis(together([], [placed("Fintechy", "fintech", found="learned")], readable=False, speaks=False)) == [
        ("fintech", "label")
    ]


def test_a_set_is_given_whole_or_not_at_all() -> None:
    tmt = placed("TMT", "digital-services", "communications", relation="narrow")
    some = beside((), [tmt], TAXONOMY, readable=True, speaks=True, probability=lambda t: 0.5 if t == "communications" else 0.01)
    assert some.tags == () and UNSUPPORTED in some.flags


def test_the_same_label_twice_says_the_same() -> None:
    once = together(["gene-editing"], [placed("Solar", "solar-energy")])
    twice = together(["gene-editing"], [placed("Solar", "solar-energy"), placed("Solar energy", "solar-energy")])
    assert basis(once) == basis(twice) == [("gene-editing", "text"), ("solar-energy", "label")]


def test_a_label_without_technology_adds_nothing() -> None:
    found = together(["photovoltaics"], [placed("Real estate")])
    assert basis(found) == [("photovoltaics", "text")]
    assert found.flags == ()


# Through the tagger


def test_tagger_uses_both() -> None:
    tagger = Tagger.load()
    alone, both, only = tagger.tag(["光伏组件", "光伏组件", ""], [[], ["光伏"], ["TMT"]])
    assert [t.basis for t in alone.tags] == ["text"]
    assert both.tags[0].basis == "both" and both.label_tags == ("photovoltaics",)
    assert only.status == "coarse" and {t.basis for t in only.tags} == {"label"}
    assert "designation-is-coarse" in only.flags


@pytest.mark.parametrize("text", ["N/A", "TBD", "无", "暂无简介", "Confidential", "Acme Ltd", "Series A financing round"])
def test_a_text_that_says_nothing_does_not_speak_against_its_label(text: str) -> None:
    (result,) = Tagger.load().tag([text], [["Lithium-ion batteries"]])
    assert [(t.id, t.basis) for t in result.tags] == [("lithium-ion-batteries", "label")]
    assert result.flags == ()


def test_a_label_never_empties_a_text() -> None:
    tagger = Tagger.load()
    text = "Sells warehouse robots with lithium batteries to retailers and services them"
    alone = tagger.tag([text])[0]
    (both,) = tagger.tag([text], [["quantum analytics; laser design"]])
    assert alone.tags and both.tags


def test_labels_of_the_wrong_kind_are_refused() -> None:
    tagger = Tagger.load()
    for wrong, said in (([[3]], "int"), ([None], "list of labels"), (["Solar"], "list of labels")):
        with pytest.raises(TypeError, match=said):
            tagger.tag(["a"], wrong)  # type: ignore[arg-type]
    with pytest.raises(CrosswalkError, match="no-such"):
        Tagger(tagger.model, mapping=Crosswalk("mine", {}, [Mapping("x", "x", "exact", "no-such")]))
    assert Tagger(tagger.model, scheme="naics-2022").tag([""], [["334413"]])[0].ids == ["semiconductors"]


def test_labels_of_no_meaning_change_nothing() -> None:
    tagger = Tagger.load()
    texts = ["A maker of perovskite solar modules", "连锁火锅餐厅"]
    plain = tagger.tag(texts)
    labelled = tagger.tag(texts, [["Zzyzx 77"], [""]])
    assert [(r.status, r.tags) for r in plain] == [(r.status, r.tags) for r in labelled]
