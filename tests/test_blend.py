"""Two opinions made one, and what an encoder's outputs mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from techtags import Taxonomy
from techtags.classifier.blend import KINDS, Blend, read_outputs
from techtags.classifier.rank import Layout, Probabilities

TAXONOMY = Taxonomy.load()
LAYOUT = Layout(TAXONOMY, [t.id for t in TAXONOMY.active])
LINEAR = np.array([0, 1, 0, 0, 0, 0], dtype=np.float32)
ENCODER = np.array([0, 0, 1, 0, 0, 0], dtype=np.float32)


def some(seed: int, n: int = 3) -> Probabilities:
    rng = np.random.default_rng(seed)
    exact, closure, primary = rng.uniform(0.01, 0.99, (3, n, LAYOUT.n_tags)).astype(np.float32)
    leaf = np.setdiff1d(np.arange(LAYOUT.n_tags), LAYOUT.internal)
    closure[:, leaf] = exact[:, leaf]
    return Probabilities(exact, closure, primary)


def test_all_the_weight_on_one_gives_that_one() -> None:
    a, b, chinese = some(1), some(2), np.zeros(3, dtype=np.float32)
    for weights, wanted in ((LINEAR, a), (ENCODER, b)):
        made = Blend(np.stack([weights] * 3))(a, b, chinese, LAYOUT)
        np.testing.assert_allclose(made.exact, wanted.exact, atol=1e-5)
        np.testing.assert_allclose(made.primary, wanted.primary, atol=1e-5)
        assert (made.closure >= wanted.closure - 1e-5).all()


def test_logits_are_added() -> None:
    a, b = some(1), some(2)
    made = Blend(np.tile(np.array([0.5, 1, 1, 0, 0, 0], dtype=np.float32), (3, 1)))(a, b, np.zeros(3, dtype=np.float32), LAYOUT)
    p, q = float(a.exact[0, 0]), float(b.exact[0, 0])
    odds = np.exp(0.5) * p / (1 - p) * q / (1 - q)
    assert made.exact[0, 0] == pytest.approx(odds / (1 + odds), abs=1e-4)


def test_chinese_has_its_own_correction() -> None:
    a, b = some(1), some(2)
    made = Blend(np.tile(np.array([0, 1, 0, -1, 0, 0], dtype=np.float32), (3, 1)))(
        a, b, np.array([0, 1, 0.5], dtype=np.float32), LAYOUT
    )
    assert made.exact[0, 0] == pytest.approx(float(a.exact[0, 0]), abs=1e-4)
    assert (made.exact[1:] < a.exact[1:]).all()


@given(st.integers(0, 2**16), st.floats(-2, 2), st.floats(0, 2), st.floats(0, 2))
def test_no_tag_is_less_probable_than_one_below_it(seed: int, one: float, linear: float, encoder: float) -> None:
    weights = np.tile(np.array([one, linear, encoder, 0, 0, 0], dtype=np.float32), (3, 1))
    made = Blend(weights)(some(seed, 1), some(seed + 1, 1), np.zeros(1, dtype=np.float32), LAYOUT)
    for tag, above in enumerate(LAYOUT.ancestors):
        for ancestor in above:
            assert made.closure[0, ancestor] >= made.closure[0, tag]
    assert all(np.isfinite(getattr(made, kind)).all() for kind in KINDS)


def test_the_encoder_s_columns_are_those_of_the_layout() -> None:
    n, k = LAYOUT.n_tags, len(LAYOUT.internal)
    logits = np.full((1, LAYOUT.n_outputs), -5, dtype=np.float32)
    leaf = int(np.setdiff1d(np.arange(n), LAYOUT.internal)[0])
    logits[0, leaf] = 3
    logits[0, n] = 4  # the closure of the first tag with children
    primary = np.zeros((1, n + 1), dtype=np.float32)
    primary[0, -1] = 20  # none
    made = read_outputs(logits, primary, LAYOUT)
    assert made.exact[0, leaf] == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-5)
    assert made.closure[0, leaf] == made.exact[0, leaf]
    assert made.closure[0, LAYOUT.internal[0]] == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-5)
    assert made.primary.shape == (1, n)
    assert made.primary.max() < 1e-3
    assert k + n + 1 == LAYOUT.n_outputs
