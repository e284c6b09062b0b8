"""Properties of the decision, whatever the probabilities."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags import Taxonomy
from techtags.classifier.decision import MOST_TAGS, choose
from techtags.classifier.rank import FLOOR, Layout, Network, Probabilities, Seen, probabilities
from techtags.training.thresholds import GRID, NEVER, per_tag

TAX = Taxonomy.load()
ORDER = [t.id for t in TAX.tags]
LAYOUT = Layout(TAX, ORDER)
N = len(ORDER)


def made(likely: dict[int, float], domains: dict[int, float]) -> Probabilities:
    """Probabilities of one text: some exact ones, some raised closures; closures respect the tree."""
    exact = np.full((1, N), FLOOR, dtype=np.float32)
    for tag, p in likely.items():
        exact[0, tag] = p
    closure = exact.copy()
    for tag, p in domains.items():
        closure[0, tag] = max(closure[0, tag], p)
    for tag in range(N - 1, -1, -1):
        for above in LAYOUT.ancestors[tag]:
            closure[0, above] = max(closure[0, above], closure[0, tag])
    return Probabilities(exact, closure, exact.copy())


PROBABILITY = st.floats(0.001, 0.999)
TAGS = st.dictionaries(st.integers(0, N - 1), PROBABILITY, max_size=12)
THRESHOLDS = np.full(N, 0.3, dtype=np.float32)
BACKOFFS = np.where(np.isin(np.arange(N), LAYOUT.internal), 0.7, NEVER).astype(np.float32)


@settings(max_examples=200, deadline=None)
@given(TAGS, TAGS)
def test_what_is_given_is_sure_and_not_implied(likely: dict[int, float], raised: dict[int, float]) -> None:
    p = made(likely, {t: v for t, v in raised.items() if t in LAYOUT.internal})
    given_tags = choose(p, THRESHOLDS, BACKOFFS, LAYOUT)[0]
    tags = [t for t, _ in given_tags]
    assert len(tags) == len(set(tags)) <= MOST_TAGS
    assert TAX.most_specific([ORDER[t] for t in tags]) == [ORDER[t] for t in tags]
    for tag, finer in given_tags:
        if finer is None:
            assert p.exact[0, tag] >= 0.3
        else:
            assert p.closure[0, tag] >= np.float32(0.7)
            assert tag in LAYOUT.ancestors[finer]
            same = [t for t in tags if LAYOUT.domain[t] == LAYOUT.domain[tag]]
            assert same == [tag], "a parent is given only where its whole domain has nothing surer"


@settings(max_examples=100, deadline=None)
@given(TAGS)
def test_nothing_sure_gives_nothing(likely: dict[int, float]) -> None:
    weak = {t: v * 0.29 for t, v in likely.items()}
    assert choose(made(weak, {}), THRESHOLDS, BACKOFFS, LAYOUT) == [[]]


def test_backs_off_to_the_deepest_sure_parent() -> None:
    at = ORDER.index
    p = made({at("lithography"): 0.25}, {at("semiconductor-equipment"): 0.8, at("semiconductors"): 0.9})
    assert choose(p, THRESHOLDS, BACKOFFS, LAYOUT) == [[(at("semiconductor-equipment"), at("lithography"))]]
    p = made({at("lithography"): 0.25, at("chip-design"): 0.2}, {at("semiconductors"): 0.9})
    assert choose(p, THRESHOLDS, BACKOFFS, LAYOUT)[0][0][0] == at("semiconductors")


def test_the_primary_one_comes_first() -> None:
    at = ORDER.index
    p = made({at("photovoltaics"): 0.9, at("wind-power"): 0.8}, {})
    p.primary[0, at("wind-power")] = 0.95
    assert [t for t, _ in choose(p, THRESHOLDS, BACKOFFS, LAYOUT)[0]] == [at("wind-power"), at("photovoltaics")]


def test_more_than_the_most_are_cut() -> None:
    leaves = [i for i in range(N) if not LAYOUT.descendants[i]][:20]
    assert len(choose(made(dict.fromkeys(leaves, 0.9), {}), THRESHOLDS, BACKOFFS, LAYOUT)[0]) == MOST_TAGS


def test_probabilities_respect_the_tree_whatever_the_networks_say() -> None:
    rng = np.random.default_rng(0)
    n = 30
    seen = Seen(
        rng.normal(-0.8, 0.5, (n, LAYOUT.n_outputs)).astype(np.float32),
        (rng.random((n, N)) > 0.98).astype(np.float32),
        (rng.random((n, N)) > 0.98).astype(np.float32),
        rng.integers(0, 100, n).astype(np.float32),
        rng.random(n).astype(np.float32),
    )

    def network(inputs: int, outputs: int) -> Network:
        weights = (rng.normal(size=(inputs, 5)).astype(np.float32), rng.normal(size=(5, outputs)).astype(np.float32))
        return Network(np.zeros(inputs, np.float32), np.ones(inputs, np.float32), weights, (np.zeros(5), np.zeros(outputs)))  # type: ignore[arg-type]

    out = probabilities(seen, network(19, 2), network(14, 1), np.zeros(N, np.float32), LAYOUT)
    for tag in range(N):
        for above in LAYOUT.ancestors[tag]:
            assert (out.closure[:, above] >= out.closure[:, tag]).all()
    assert (out.closure >= out.exact - 1e-6)[:, [i for i in range(N) if not LAYOUT.descendants[i]]].all()


def test_network_survives_its_arrays() -> None:
    rng = np.random.default_rng(1)
    weights = tuple(rng.normal(size=s).astype(np.float32) for s in ((4, 6), (6, 3), (3, 2)))
    biases = tuple(rng.normal(size=s).astype(np.float32) for s in (6, 3, 2))
    net = Network(np.ones(4, np.float32), np.full(4, 2, np.float32), weights, biases)
    x = rng.normal(size=(10, 4)).astype(np.float32)
    again = Network.from_arrays(net.arrays("a_"), "a_")
    np.testing.assert_array_equal(net(x), again(x))
    assert net(x).shape == (10, 2) and ((net(x) > 0) & (net(x) < 1)).all()


def test_thresholds_of_tags_follow_their_rows() -> None:
    rng = np.random.default_rng(2)
    exact = rng.random((4000, 3)).astype(np.float32)
    # Tag 0: right above 0.5; tag 1: right above 0.25; tag 2: hardly any rows.
    gold = np.stack([exact[:, 0] > 0.5, exact[:, 1] > 0.25, exact[:, 2] > 0.999], axis=1).astype(np.int64)
    found = per_tag(exact, gold, 1.0)
    assert abs(found[0] - 0.5) < 0.06 and abs(found[1] - 0.25) < 0.06
    common = per_tag(exact, gold, 1.0)[2]
    assert GRID[0] < common < GRID[-1]
    assert (per_tag(exact, gold, 0.5) >= per_tag(exact, gold, 2.0) - 1e-6).all()
