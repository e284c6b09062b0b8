"""The second stage: networks that turn the margins of the first into probabilities."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ..classifier.rank import Layout, Network, Seen, candidates, closure_candidates

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fit_network(x: NDArray[np.float32], y: NDArray[np.int64], hidden: tuple[int, ...], seed: int, members: int = 3) -> Network:
    """Train a network (scikit-learn's MLPClassifier), several from different seeds put side by side.

    Args:
        x: (n, f) inputs.
        y: (n,) or (n, outputs) of 0 and 1.
        hidden: sizes of the hidden layers.
        seed: of the first member.
        members: how many; their logits are averaged, which is one network of `members` times the width.
    """
    from concurrent.futures import ThreadPoolExecutor

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = ((x - mean) / scale).astype(np.float32)

    def one(k: int) -> MLPClassifier:
        return MLPClassifier(
            hidden, early_stopping=True, validation_fraction=0.08, n_iter_no_change=4, max_iter=30,
            batch_size=min(512, len(z) // 2),
            alpha=1e-4, random_state=seed + k,
        ).fit(z, y)  # fmt: skip

    # Several threads inside one matrix product add up in an order that changes from run to run; whole networks do not.
    with threadpool_limits(1), ThreadPoolExecutor(members) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = list(pool.map(one, range(members)))
    return Network(mean, scale, *_side_by_side([(n.coefs_, n.intercepts_) for n in fitted]))


def _side_by_side(
    nets: list[tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]],
) -> tuple[tuple[NDArray[np.float32], ...], tuple[NDArray[np.float32], ...]]:
    """One network whose logits are the mean of the members' logits."""
    layers = len(nets[0][0])
    weights, biases = [], []
    for i in range(layers):
        blocks = [np.asarray(coefs[i]) for coefs, _ in nets]
        if i == 0:
            weight = np.concatenate(blocks, axis=1)
            bias = np.concatenate([b[i] for _, b in nets])
        elif i < layers - 1:
            weight = np.zeros((sum(b.shape[0] for b in blocks), sum(b.shape[1] for b in blocks)))
            row = column = 0
            for block in blocks:
                weight[row : row + block.shape[0], column : column + block.shape[1]] = block
                row, column = row + block.shape[0], column + block.shape[1]
            bias = np.concatenate([b[i] for _, b in nets])
        else:
            weight = np.concatenate(blocks, axis=0) / len(nets)
            bias = np.mean([b[i] for _, b in nets], axis=0)
        weights.append(weight.astype(np.float32))
        biases.append(bias.astype(np.float32))
    return tuple(weights), tuple(biases)


def fit_exact(
    seen: Seen, exact: NDArray[np.int64], primary: NDArray[np.int64], prior: NDArray[np.float32], layout: Layout, seed: int
) -> Network:
    """The network for "this very tag is given" and "it is the primary one".

    Args:
        seen: rows that the first stage had not been trained on.
        exact, primary: (n, tags) of 0 and 1.
        prior: (tags,) logarithms of the tags' shares.
        layout: of the outputs.
        seed: for the networks.
    """
    found = candidates(seen, prior, layout)
    target = np.stack([exact[found.doc, found.tag], primary[found.doc, found.tag]], axis=1)
    return fit_network(found.inputs, target, (40, 20), seed)


def fit_closure(seen: Seen, exact: NDArray[np.float32], closure: NDArray[np.int64], layout: Layout, seed: int) -> Network:
    """The network for "this tag or one below it is given", for tags with children.

    Args:
        seen: as in `fit_exact`.
        exact: (n, tags) probabilities of the exact tags, from networks that had not seen the rows either.
        closure: (n, tags) of 0 and 1.
        layout: of the outputs.
        seed: for the networks.
    """
    found = closure_candidates(seen, exact, layout)
    return fit_network(found.inputs, closure[found.doc, found.tag], (24, 12), seed)
