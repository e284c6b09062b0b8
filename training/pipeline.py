"""From annotated rows to a model folder: fold by fold first, so that the second stage and the thresholds learn from
predictions for rows that the first stage had not seen, then once on all rows."""

from __future__ import annotations

import math
import platform
from datetime import date
from importlib.metadata import version as library_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from techtags._version import __version__

from ..classifier.aliases import AliasIndex
from ..classifier.decision import choose
from ..classifier.fusion import view
from ..classifier.model import FORMAT, PROFILES, Model, describe, save
from ..classifier.rank import Layout, Probabilities, Seen, probabilities
from ..classifier.tagger import Tagger
from ..classifier.text import tokenize
from .folds import assign, clusters
from .fuse import learn
from .linear import fit, make_featurizer
from .metrics import figures
from .rows import DataError, Row, for_training, read_rows, sha256, targets, written_rows
from .stack import fit_closure, fit_exact
from .thresholds import BETA, choose_backoffs, per_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..classifier.features import Featurizer
    from ..classifier.fusion import LabelView
    from ..taxonomy import Taxonomy

DEFAULTS: dict[str, float] = {"longest_word": 2, "longest_han": 4, "min_df": 3, "alias_weight": 0.4, "c": 1.0}
FOLDS = 5
LEAST_ROWS = 50


def see(featurizer: Featurizer, texts: Sequence[str], weights: Any, intercepts: Any, n_tags: int) -> Seen:
    """What a fitted first stage says of texts."""
    parts = []
    for low in range(0, len(texts), 2048):
        tokens = tokenize(texts[low : low + 2048])
        matrix = featurizer.transform_tokens(tokens)
        parts.append(describe(tokens, matrix, matrix @ weights + intercepts, n_tags))
    return _stack(parts)


def _stack(parts: list[Seen]) -> Seen:
    return Seen(*(np.concatenate([getattr(p, name) for p in parts]) for name in Seen.__slots__))


def train(
    data: Sequence[Path],
    taxonomy: Taxonomy,
    out: Path,
    *,
    name: str = "fast",
    version: str = "1",
    seed: int = 20261121,
    jobs: int = 2,
    settings: dict[str, float] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train a model and write it.

    Args:
        data: JSONL files of annotated rows; rows whose `use` is ``measure`` are left out.
        taxonomy: the release to train for.
        out: folder to write.
        name, version: of the model.
        seed: everything random follows from it.
        jobs: processes.
        settings: overrides of `DEFAULTS`.
        say: is told how far it has got.

    Returns:
        the manifest.

    Raises:
        DataError: a file cannot be used.
    """
    settings = {**DEFAULTS, **(settings or {})}
    order = [t.id for t in taxonomy.active]
    layout = Layout(taxonomy, order)
    aliases = AliasIndex(taxonomy, order)
    rows = for_training([r for path in data for r in read_rows(path, taxonomy)])
    if len(rows) < LEAST_ROWS:
        raise DataError(f"{len(rows)} rows to train on (those for measuring aside); at least {LEAST_ROWS} are needed")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot write to {out}: {error.strerror}") from None
    written = written_rows(taxonomy)
    say(f"{len(rows)} annotated rows, {len(written)} of the taxonomy's own words, {len(order)} tags")
    every = [*rows, *written]
    annotated = np.arange(len(every)) < len(rows)
    exact = targets(every, taxonomy, order, closure=False)
    closure = targets(every, taxonomy, order, closure=True)
    primary = np.zeros_like(exact)
    for i, row in enumerate(every):
        if row["tags"]:
            primary[i, order.index(row["tags"][0])] = 1
    prior = np.log((exact[annotated].sum(axis=0) + 1) / (len(rows) + len(order))).astype(np.float32)
    groups = clusters(rows)
    if len(np.unique(groups)) < LEAST_ROWS:
        raise DataError(f"only {len(np.unique(groups))} of {len(rows)} rows differ; at least {LEAST_ROWS} must")
    # Written rows are folded too: the second stage learns from them how much short and coarse texts can say.
    fold = np.concatenate([assign(groups, FOLDS, seed), assign(np.arange(len(written)), FOLDS, seed)])

    def stage(kept: NDArray[np.bool_]) -> tuple[Featurizer, NDArray[np.float32], NDArray[np.float32]]:
        texts = [row["text"] for row, keep in zip(every, kept, strict=True) if keep]
        featurizer = make_featurizer(texts, aliases, settings)
        any_technology = exact.any(axis=1, keepdims=True).astype(np.int64)
        y = np.concatenate([exact, closure[:, layout.internal], any_technology], axis=1)[kept]
        return featurizer, *fit(featurizer.transform(texts), y, c=settings["c"], jobs=jobs, seed=seed % 2**31)

    parts: list[tuple[NDArray[np.int64], Seen]] = []
    for k in range(FOLDS):
        test = np.flatnonzero(fold == k)
        featurizer, weights, intercepts = stage(fold != k)
        narrow, scales = _through_int8(weights)
        parts.append((test, see(featurizer, [every[i]["text"] for i in test], narrow * scales, intercepts, len(order))))
        say(f"fold {k + 1} of {FOLDS}: first stage done")
    back = np.argsort(np.concatenate([t for t, _ in parts]))
    seen = _stack([s for _, s in parts])[back]

    made = _second_stage_by_fold(seen, exact, primary, closure, prior, layout, fold, seed)
    say("second stage by fold: done")
    # Thresholds and figures are for texts as they come, so annotated rows alone decide them.
    real, gold = made[annotated], exact[annotated]
    thresholds, backoffs = _thresholds(real, gold, layout)
    measured = _figures(real, rows, taxonomy, layout, thresholds[0], backoffs[0])
    say(f"cross-validated leaf F1 {measured['leaf']['f1']:.3f}, domain F1 {measured['domain']['f1']:.3f}")

    exact_network = fit_exact(seen, exact, primary, prior, layout, seed % 2**31)
    # The closure network must see exact probabilities as uncertain as it will meet them: those of the folds.
    closure_network = fit_closure(seen, made.exact, closure, layout, seed % 2**31)
    featurizer, weights, intercepts = stage(np.ones(len(every), dtype=bool))
    say("first stage on all rows: done")
    narrow, scales = _through_int8(weights)
    arrays = {
        "keys": featurizer.table.keys,
        "idf": featurizer.idf.astype(np.float16),
        "weights": narrow,
        "scales": scales,
        "intercepts": intercepts,
        "prior": prior,
        "thresholds": thresholds,
        "backoffs": backoffs,
        **exact_network.arrays("exact_"),
        **closure_network.arrays("closure_"),
    }
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "created": date.today().isoformat(),
        "package_version": __version__,
        "taxonomy": {"version": taxonomy.version, "sha256": taxonomy.sha256},
        "tags": order,
        "files": {},
        "training": {
            "command": "techtags train",
            "seed": seed,
            "data": {path.name: sha256(path) for path in data},
            "rows": {"annotated": len(rows), "written": len(written)},
            "libraries": {
                "python": platform.python_version(),
                **{lib: library_version(lib) for lib in ("numpy", "scipy", "scikit-learn")},
            },
        },
        "settings": {**settings, "longest_word": int(settings["longest_word"]), "longest_han": int(settings["longest_han"])},
        "figures": {"cross_validated": _rounded(measured)},
    }
    # Labels are read with the model itself, which was trained on texts and has not seen them.
    views = _views(Model(taxonomy, manifest, arrays), rows)
    n = len(rows)
    fusion, with_labels = learn(
        real, views, (gold, primary[:n], closure[:n]), [r["source"] for r in rows], fold[:n], layout,
        lambda found, y: _thresholds(found, y, layout),
    )  # fmt: skip
    if fusion is not None:
        arrays.update(fusion.arrays())
        says = np.flatnonzero([v.says_something for v in views])
        chosen = [rows[i] for i in says.tolist()]
        alone = _figures(real[says], chosen, taxonomy, layout, thresholds[0], backoffs[0])
        both = _figures(with_labels[says], chosen, taxonomy, layout, fusion.thresholds[0], fusion.backoffs[0])
        manifest["figures"]["cross_validated_rows_with_labels"] = {"text": _rounded(alone), "text and label": _rounded(both)}
        say(f"with labels: leaf F1 {alone['leaf']['f1']:.3f} by text, {both['leaf']['f1']:.3f} by text and label")
    return save(out, taxonomy, manifest, arrays)


def _views(model: Model, rows: Sequence[Row]) -> list[LabelView]:
    """What the label of each row says."""
    tagger = Tagger(model, evidence=False)
    position = {t: i for i, t in enumerate(model.tags)}
    return [
        view([d] if r["label"] else [], position)
        for r, d in zip(rows, tagger.labels.match_all([r["label"] for r in rows]), strict=True)
    ]


def _through_int8(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
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


def _thresholds(made: Probabilities, exact: NDArray[np.int64], layout: Layout) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Thresholds and back-off thresholds, (profiles, tags) each."""
    thresholds = np.stack([per_tag(made.exact, exact, BETA[p]) for p in PROFILES])
    backoffs = [choose_backoffs(made, t, exact, layout, p) for t, p in zip(thresholds, PROFILES, strict=True)]
    return thresholds, np.stack(backoffs)


def _figures(
    made: Probabilities,
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    layout: Layout,
    thresholds: NDArray[np.float32],
    backoffs: NDArray[np.float32],
) -> dict[str, Any]:
    predicted = [[layout.order[t] for t, _ in tags] for tags in choose(made, thresholds, backoffs, layout)]
    return figures(predicted, [r["tags"] for r in rows], taxonomy, made.closure, layout.order)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
