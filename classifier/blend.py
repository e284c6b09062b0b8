"""Two opinions of a text made one: the linear model's probabilities and the encoder's.

Logits are added with weights that were learned on rows that neither had seen (stacking: Wolpert, 1992), apart for the exact tag,
the tag with all below it, and the primary tag, and with a correction for the share of Chinese, so that both languages are
calibrated.  A handful of numbers: more of them fitted the rows better and other rows worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .rank import Probabilities, logistic, logit, raise_ancestors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .rank import Layout

INPUTS = ("one", "linear", "encoder", "Chinese", "Chinese, linear", "Chinese, encoder")
KINDS = ("exact", "closure", "primary")


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of the sum, (3, 6): exact, closure and primary; as `INPUTS` names them."""

    weights: NDArray[np.float32]

    def __call__(
        self, linear: Probabilities, encoder: Probabilities, chinese: NDArray[np.float32], layout: Layout
    ) -> Probabilities:
        """Probabilities in the light of both.

        Args:
            linear, encoder: of the same n texts.
            chinese: (n,) share of Chinese characters among the tokens.
            layout: of the tags.
        """
        exact, closure, primary = (
            logistic(inputs(getattr(linear, kind), getattr(encoder, kind), chinese) @ weights)
            for kind, weights in zip(KINDS, self.weights, strict=True)
        )
        leaf = np.setdiff1d(np.arange(layout.n_tags), layout.internal)
        closure[:, leaf] = exact[:, leaf]
        raise_ancestors(closure, layout)
        return Probabilities(exact, closure, primary)


def inputs(linear: NDArray[np.float32], encoder: NDArray[np.float32], chinese: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the sum is over, (n, tags, 6)."""
    a, b = logit(linear), logit(encoder)
    share = np.broadcast_to(chinese[:, None], a.shape)
    return np.stack([np.ones_like(a), a, b, share, share * a, share * b], axis=2).astype(np.float32)


def read_outputs(logits: NDArray[np.float32], primary: NDArray[np.float32], layout: Layout) -> Probabilities:
    """The encoder's logits as probabilities of tags.

    Args:
        logits: (n, outputs) as `Layout` orders them.
        primary: (n, tags + 1), of which exactly one is right; the last one is none.
        layout: of the outputs.
    """
    exact = logistic(logits[:, : layout.n_tags])
    closure = exact.copy()
    closure[:, layout.internal] = logistic(logits[:, layout.n_tags : layout.n_tags + len(layout.internal)])
    first = np.exp(primary - primary.max(axis=1, keepdims=True))
    first /= first.sum(axis=1, keepdims=True)
    return Probabilities(exact, closure, first[:, : layout.n_tags].astype(np.float32))
