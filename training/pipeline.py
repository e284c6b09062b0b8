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

from ..classifier.decision import choose
from ..classifier.folder import FORMAT, save
from ..classifier.fusion import view
from ..classifier.model import PROFILES, Model
from ..classifier.rank import Layout, Probabilities
from ..classifier.tagger import Tagger
from .fuse import learn, rescale
from .material import Material, gather
from .metrics import figures
from .rows import DataError, Row
from .stack import fit_closure, fit_exact
from .stages import DEFAULTS, first_stage, out_of_fold, through_int8
from .thresholds import BETA, choose_backoffs, per_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..classifier.fusion import Fusion, LabelView
    from ..taxonomy import Taxonomy


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
    predictions: Path | None = None,
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
        predictions: where to keep what the folds' models said of the rows that they had not seen (see `write_predictions`).
        say: is told how far it has got.

    Returns:
        the manifest.

    Raises:
        DataError: a file cannot be used.
    """
    settings = {**DEFAULTS, **(settings or {})}
    material = gather(data, taxonomy, seed)
    layout, rows, every = material.layout, material.rows, material.every
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot write to {out}: {error.strerror}") from None
    say(f"{len(rows)} annotated rows, {len(every) - len(rows)} of the taxonomy's own words, {layout.n_tags} tags")
    seen, made = out_of_fold(material, settings, jobs=jobs, seed=seed, say=say)
    # Thresholds and figures are for texts as they come, so annotated rows alone decide them.
    annotated = material.annotated
    real, gold = made[annotated], material.exact[annotated]
    if predictions is not None:
        write_predictions(predictions, rows, real, seen.chinese[annotated])
    thresholds, backoffs = decision(real, gold, layout)
    measured = measure(real, rows, taxonomy, layout, thresholds[0], backoffs[0])
    say(f"cross-validated leaf F1 {measured['leaf']['f1']:.3f}, domain F1 {measured['domain']['f1']:.3f}")

    exact_network = fit_exact(seen, material.exact, material.primary, material.prior, layout, seed % 2**31)
    # The closure network must see exact probabilities as uncertain as it will meet them: those of the folds.
    closure_network = fit_closure(seen, made.exact, material.closure, layout, seed % 2**31)
    featurizer, weights, intercepts = first_stage(material, np.ones(len(every), dtype=bool), settings, jobs, seed)
    say("first stage on all rows: done")
    narrow, scales = through_int8(weights)
    arrays: dict[str, NDArray[Any]] = {
        "keys": featurizer.table.keys,
        "idf": featurizer.idf.astype(np.float16),
        "weights": narrow,
        "scales": scales,
        "intercepts": intercepts,
        "prior": material.prior,
        "thresholds": thresholds,
        "backoffs": backoffs,
        **exact_network.arrays("exact_"),
        **closure_network.arrays("closure_"),
    }
    whole_numbers = {"context": bool(settings["context"]), **{key: int(settings[key]) for key in ("longest_word", "longest_han")}}
    manifest = describe_model(
        material, name, version, seed, "techtags train", ("numpy", "scipy", "scikit-learn"), {**settings, **whole_numbers}
    )
    manifest["figures"] = {"cross_validated": rounded(measured)}
    # Labels are read with the model itself, which was trained on texts and has not seen them.
    model = Model(taxonomy, manifest, arrays)
    arrays.update(learn_labels(model, material, np.arange(len(rows)), real, manifest["figures"], "cross_validated", say))
    return save(out, taxonomy, manifest, arrays)


def describe_model(
    material: Material, name: str, version: str, seed: int, command: str, libraries: Sequence[str], settings: dict[str, Any]
) -> dict[str, Any]:
    """The manifest of a new model, figures and hashes aside."""
    return {
        "format": FORMAT,
        "name": name,
        "version": version,
        "created": date.today().isoformat(),
        "package_version": __version__,
        "taxonomy": {"version": material.taxonomy.version, "sha256": material.taxonomy.sha256},
        "tags": list(material.layout.order),
        "files": {},
        "training": {
            "command": command,
            "seed": seed,
            "data": material.files,
            "rows": {"annotated": len(material.rows), "written": len(material.every) - len(material.rows)},
            "libraries": {"python": platform.python_version(), **{lib: library_version(lib) for lib in libraries}},
        },
        "settings": settings,
        "figures": {},
    }


def learn_labels(
    model: Model,
    material: Material,
    at: NDArray[np.int64],
    made: Probabilities,
    figures_: dict[str, Any],
    how: str,
    say: Callable[[str], None],
    from_: Fusion | None = None,
) -> dict[str, NDArray[Any]]:
    """What labels add, as arrays of the model.

    Args:
        model: reads the labels.
        material: the rows.
        at: (m,) the annotated rows that `made` is of.
        made: probabilities by text, from models that had not seen the rows.
        figures_: what was measured is put here.
        how: it was measured.
        say: is told.
        from_: what another model learned about labels, to start from.
    """
    rows = [material.rows[i] for i in at.tolist()]
    layout = material.layout
    gold = (material.exact[at], material.primary[at], material.closure[at])
    views = _views(model, rows)

    def decide(found: Probabilities, y: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return decision(found, y, layout)

    if from_ is not None:
        fusion, with_labels = rescale(from_, made, views, gold, layout, decide)
    else:
        fusion, with_labels = learn(made, views, gold, [r["source"] for r in rows], material.fold[at], layout, decide)
    if fusion is None:
        return {}
    says = np.flatnonzero([v.says_something for v in views])
    chosen = [rows[i] for i in says.tolist()]
    alone = measure(made[says], chosen, material.taxonomy, layout, model.thresholds[0], model.backoffs[0])
    both = measure(with_labels[says], chosen, material.taxonomy, layout, fusion.thresholds[0], fusion.backoffs[0])
    figures_[f"{how}_rows_with_labels"] = {"text": rounded(alone), "text and label": rounded(both)}
    say(f"with labels: leaf F1 {alone['leaf']['f1']:.3f} by text, {both['leaf']['f1']:.3f} by text and label")
    return fusion.arrays()


def write_predictions(path: Path, rows: Sequence[Row], made: Probabilities, chinese: NDArray[np.float32]) -> None:
    """Keep probabilities by row id (NumPy arrays, compressed), so that another model can be stacked on them later."""
    kinds = {kind: getattr(made, kind).astype(np.float16) for kind in ("exact", "closure", "primary")}
    with path.open("wb") as file:
        np.savez_compressed(file, ids=np.array([r["id"] for r in rows]), chinese=chinese, **kinds)


def _views(model: Model, rows: Sequence[Row]) -> list[LabelView]:
    """What the label of each row says."""
    tagger = Tagger(model, evidence=False)
    position = {t: i for i, t in enumerate(model.tags)}
    return [
        view([d] if r["label"] else [], position)
        for r, d in zip(rows, tagger.labels.match_all([r["label"] for r in rows]), strict=True)
    ]


def decision(made: Probabilities, exact: NDArray[np.int64], layout: Layout) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Thresholds and back-off thresholds, (profiles, tags) each."""
    thresholds = np.stack([per_tag(made.exact, exact, BETA[p]) for p in PROFILES])
    backoffs = [choose_backoffs(made, t, exact, layout, p) for t, p in zip(thresholds, PROFILES, strict=True)]
    return thresholds, np.stack(backoffs)


def measure(
    made: Probabilities,
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    layout: Layout,
    thresholds: NDArray[np.float32],
    backoffs: NDArray[np.float32],
) -> dict[str, Any]:
    """All figures of what would be given."""
    predicted = [[layout.order[t] for t, _ in tags] for tags in choose(made, thresholds, backoffs, layout)]
    return figures(predicted, [r["tags"] for r in rows], taxonomy, made.closure, layout.order)


def rounded(value: Any) -> Any:
    """Figures as a manifest keeps them: four decimals, and null for what is not a number."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
