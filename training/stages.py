"""Fitting both stages, and what they say of rows that they had not seen: the rows are folded, and each fold is read by stages
that were fitted on the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..classifier.aliases import AliasIndex
from ..classifier.model import describe
from ..classifier.rank import Layout, Probabilities, Seen, probabilities
from .linear import fit, make_featurizer
from .material import FOLDS, Material
from .stack import fit_closure, fit_exact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..classifier.features import Featurizer

DEFAULTS: dict[str, float] = {"longest_word": 2, "longest_han": 4, "min_df": 3, "alias_weight": 0.4, "c": 1.0, "context": 1.0}


def see(featurizer: Featurizer, texts: Sequence[str], weights: Any, intercepts: Any, n_tags: int) -> Seen:
    """What a fitted first stage says of texts."""
    parts = []
    for low in range(0, len(texts), 2048):
        tokens, _ = featurizer.read(texts[low : low + 2048])
        matrix = featurizer.transform_tokens(tokens)
        parts.append(describe(tokens, matrix, matrix @ weights + intercepts, n_tags))
    return _stack(parts)


def _stack(parts: list[Seen]) -> Seen:
    return Seen(*(np.concatenate([getattr(p, name) for p in parts]) for name in Seen.__slots__))


def first_stage(
    material: Material, kept: NDArray[np.bool_], settings: dict[str, float], jobs: int, seed: int
) -> tuple[Featurizer, NDArray[np.float32], NDArray[np.float32]]:
    """The linear machines fitted on some of the rows: featurizer, weights and intercepts."""
    texts = [row["text"] for row, keep in zip(material.every, kept, strict=True) if keep]
    aliases = AliasIndex(material.taxonomy, material.layout.order)
    featurizer = make_featurizer(texts, aliases, settings)
    any_technology = material.exact.any(axis=1, keepdims=True).astype(np.int64)
    y = np.concatenate([material.exact, material.closure[:, material.layout.internal], any_technology], axis=1)[kept]
    return featurizer, *fit(featurizer.transform(texts), y, c=settings["c"], jobs=jobs, seed=seed % 2**31)


def out_of_fold(
    material: Material, settings: dict[str, float], *, jobs: int, seed: int, say: Callable[[str], None] = lambda line: None
) -> tuple[Seen, Probabilities]:
    """What first stages, and what second stages, say of rows that they had not seen, for all rows in order."""
    parts: list[tuple[NDArray[np.int64], Seen]] = []
    fold, layout = material.fold, material.layout
    for k in range(FOLDS):
        test = np.flatnonzero(fold == k)
        featurizer, weights, intercepts = first_stage(material, fold != k, settings, jobs, seed)
        narrow, scales = through_int8(weights)
        texts = [material.every[i]["text"] for i in test]
        parts.append((test, see(featurizer, texts, narrow * scales, intercepts, layout.n_tags)))
        say(f"fold {k + 1} of {FOLDS}: first stage done")
    back = np.argsort(np.concatenate([t for t, _ in parts]))
    seen = _stack([s for _, s in parts])[back]
    made = _second_stage_by_fold(
        seen, material.exact, material.primary, material.closure, material.prior, layout, fold, seed
    )  # fmt: skip
    say("second stage by fold: done")
    return seen, made


def through_int8(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Weights as int8 with one scale a column; the few that are larger than the scale's reach are cut."""
    scales = np.maximum(np.quantile(np.abs(weights), 0.99995, axis=0), 1e-6).astype(np.float32) / 127
    return np.clip(np.round(weights / scales), -127, 127).astype(np.int8), scales


def _second_stage_by_fold(
    seen: Seen,
    exact: NDArray[np.int64],
    primary: NDArray[np.int64],
    closure: NDArray[np.int64],
    prior: NDArray[np.float32],
    layout: Layout,
    fold: NDArray[np.int64],
    seed: int,
) -> Probabilities:
    """Probabilities for each row from second stages that had not seen it."""
    made = np.zeros((3, *exact.shape), dtype=np.float32)
    for k in range(FOLDS):
        other, test = fold != k, fold == k
        network = fit_exact(seen[other], exact[other], primary[other], prior, layout, seed % 2**31)
        # Exact probabilities of the training rows come from the same network: it is small, and hardly overfits.
        mine = probabilities(seen[other], network, None, prior, layout).exact
        wide = fit_closure(seen[other], mine, closure[other], layout, seed % 2**31)
        part = probabilities(seen[test], network, wide, prior, layout)
        made[0, test], made[1, test], made[2, test] = part.exact, part.closure, part.primary
    return Probabilities(*made)
