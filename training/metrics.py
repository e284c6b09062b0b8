"""How good taggings are.  Every figure that the project states is computed here.

*Leaf* figures compare the very sets of tags that annotators gave; *closure* figures add all ancestors to both sides; *domain*
figures compare only the domains.  F1 is micro-averaged (over all decisions) unless it is called macro (mean over tags).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..taxonomy import Taxonomy

# Titles of the figures in tables, and where they stand in what `figures` returns.
FIGURES = (
    ("leaf F1", "leaf.f1"),
    ("prec.", "leaf.precision"),
    ("recall", "leaf.recall"),
    ("macro", "leaf_macro_f1"),
    ("closure", "closure.f1"),
    ("domain", "domain.f1"),
    ("primary", "primary_accuracy"),
    ("none P", "none.precision"),
    ("none R", "none.recall"),
    ("ECE", "calibration.ece"),
    ("cov@95", "domain_coverage_at_95"),
)
BINS = 10
LEAST_ROWS = 3  # a tag with fewer gold rows does not count in macro-F1


def f1(tp: float, predicted: float, gold: float) -> float:
    """2PR/(P+R) from counts; 1 where there is nothing to find and nothing was said."""
    return 2 * tp / (predicted + gold) if predicted + gold else 1.0


def micro(predicted: Sequence[set[str]], gold: Sequence[set[str]]) -> dict[str, float]:
    """Micro-averaged precision, recall and F1 of sets of tags."""
    tp = sum(len(p & g) for p, g in zip(predicted, gold, strict=True))
    n_predicted, n_gold = sum(map(len, predicted)), sum(map(len, gold))
    return {
        "precision": tp / n_predicted if n_predicted else 1.0,
        "recall": tp / n_gold if n_gold else 1.0,
        "f1": f1(tp, n_predicted, n_gold),
    }


def macro_f1(predicted: Sequence[set[str]], gold: Sequence[set[str]]) -> float:
    """Mean F1 over the tags that at least `LEAST_ROWS` gold rows carry."""
    tags = {t for g in gold for t in g}
    values = []
    for tag in tags:
        n_gold = sum(tag in g for g in gold)
        if n_gold >= LEAST_ROWS:
            tp = sum(tag in g and tag in p for p, g in zip(predicted, gold, strict=True))
            values.append(f1(tp, sum(tag in p for p in predicted), n_gold))
    return float(np.mean(values)) if values else float("nan")


def calibration(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Expected calibration error in `BINS` equal bins (Guo et al., 2017), and the bins for a reliability diagram.

    Args:
        probability: (n,) stated.
        right: (n,) whether the statement held.
    """
    bins = []
    error = 0.0
    at = np.minimum((probability * BINS).astype(int), BINS - 1)
    for b in range(BINS):
        here = at == b
        if here.any():
            stated, held = float(probability[here].mean()), float(right[here].mean())
            error += abs(stated - held) * int(here.sum()) / len(probability)
            bins.append({"low": b / BINS, "n": int(here.sum()), "stated": stated, "held": held})
    return {"ece": error if len(probability) else float("nan"), "bins": bins, "n": len(probability)}


def coverage_at(confidence: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """Largest share of rows, surest first, of which at least `precision` are right."""
    if not len(confidence):
        return float("nan")
    order = np.argsort(-confidence, kind="stable")
    held = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(held >= precision)
    return float((good[-1] + 1) / len(order)) if len(good) else 0.0


def figures(
    predicted: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    taxonomy: Taxonomy,
    closure: NDArray[np.float32] | None = None,
    order: Sequence[str] = (),
) -> dict[str, Any]:
    """All figures for one set of rows.

    Args:
        predicted, gold: tags of each row, the primary one first; empty for none.
        taxonomy: for ancestors.
        closure: (n, tags) stated probabilities that each tag or one below it applies; without it, no calibration.
        order: ids of its columns.
    """
    leaf_p, leaf_g = [set(p) for p in predicted], [set(g) for g in gold]
    full_p, full_g = [taxonomy.closure(p) for p in predicted], [taxonomy.closure(g) for g in gold]
    tops = {d.id for d in taxonomy.domains}
    dom_p, dom_g = [p & tops for p in full_p], [g & tops for g in full_g]
    some = [i for i, g in enumerate(gold) if g]
    none = [i for i, g in enumerate(gold) if not g]
    said_none = [i for i, p in enumerate(predicted) if not p]
    out: dict[str, Any] = {
        "rows": len(gold),
        "leaf": micro(leaf_p, leaf_g),
        "leaf_macro_f1": macro_f1(leaf_p, leaf_g),
        "closure": micro(full_p, full_g),
        "domain": micro(dom_p, dom_g),
        "primary_accuracy": float(np.mean([bool(predicted[i]) and predicted[i][0] == gold[i][0] for i in some]))
        if some
        else float("nan"),
        "none": {
            "rows": len(none),
            "precision": sum(not gold[i] for i in said_none) / len(said_none) if said_none else 1.0,
            "recall": sum(not predicted[i] for i in none) / len(none) if none else float("nan"),
        },
    }
    if closure is not None:
        out["calibration"] = calibration(*stated(predicted, full_g, closure, order))
        likely_i, likely_t = np.nonzero(closure >= 0.05)
        held = np.array(
            [order[t] in full_g[i] for i, t in zip(likely_i.tolist(), likely_t.tolist(), strict=True)], dtype=np.bool_
        )
        out["calibration_candidates"] = calibration(closure[likely_i, likely_t].astype(np.float64), held)
        out["domain_coverage_at_95"] = coverage_at(*surest_domain(full_g, closure, taxonomy, order), 0.95)
    return out


def stated(
    predicted: Sequence[Sequence[str]], gold: Sequence[set[str]], closure: NDArray[np.float32], order: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The probability stated for each tag given, row after row, and whether it applies.

    Args:
        predicted: tags of each row.
        gold: tags of each row with all ancestors.
        closure: (n, tags) stated probabilities.
        order: ids of its columns.
    """
    column = {t: i for i, t in enumerate(order)}
    pairs = [(float(closure[i, column[t]]), t in gold[i]) for i, p in enumerate(predicted) for t in p]
    return np.array([s for s, _ in pairs], dtype=np.float64), np.array([r for _, r in pairs], dtype=np.bool_)


def surest_domain(
    gold: Sequence[set[str]], closure: NDArray[np.float32], taxonomy: Taxonomy, order: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The probability of each row's likeliest domain, and whether it applies; arguments as for `stated`."""
    column = {t: i for i, t in enumerate(order)}
    top = np.array([column[d.id] for d in taxonomy.domains])
    best = top[closure[:, top].argmax(axis=1)]
    right = np.array([order[t] in gold[i] for i, t in enumerate(best.tolist())], dtype=np.bool_)
    return closure[np.arange(len(closure)), best].astype(np.float64), right
