"""The accurate model: a fine-tuned encoder beside a linear model, blended on rows that neither has seen.

One tenth of the annotated rows, by whole groups, is held out from the encoder.  For these rows the linear model's probabilities
come from its folds.  On them, and through the very graph that is shipped (8-bit weights and all), the weights of the blend, the
thresholds and what labels add are learned.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from ..classifier.blend import KINDS, Blend, inputs, read_outputs
from ..classifier.encoder import GRAPH, TOKENIZER, Encoder, EncoderError
from ..classifier.folder import model_folder, save, save_base
from ..classifier.model import Model
from ..classifier.rank import Probabilities
from .export import to_onnx
from .finetune import Examples, Recipe, fine_tune, sample
from .folds import assign
from .material import gather
from .pipeline import decision, describe_model, learn_labels, measure, rounded, write_predictions
from .rows import DataError, Row
from .stages import DEFAULTS, out_of_fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..classifier.rank import Layout
    from ..taxonomy import Taxonomy
    from .material import Material

PARTS, SEED_OF_PARTS = 10, 7
SAMPLE = 64  # texts on which the effect of 8-bit weights is measured
LEAST_LIKELY = 0.01  # pairs of text and tag that both think less likely than this teach the blend nothing
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "transformers", "tokenizers", "onnx", "onnxruntime")


def train_accurate(
    data: Sequence[Path],
    taxonomy: Taxonomy,
    out: Path,
    *,
    recipe: Recipe,
    work: Path,
    base: Path | None = None,
    predictions: Path | None = None,
    name: str = "accurate",
    version: str = "1",
    seed: int = 20261121,
    jobs: int = 2,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train an accurate model and write it.

    Args:
        data: JSONL files of annotated rows, those that the linear model was trained on.
        taxonomy: the release to train for.
        out: folder to write.
        recipe: how to fine-tune the encoder.
        work: folder for checkpoints, to go on from.
        base: folder of the linear model; the shipped one by default.
        predictions: what its folds said of the rows, if `train` kept that; made again (and kept there) otherwise.
        name, version: of the model.
        seed: of the folds; that of the linear model.
        jobs: processes.
        say: is told how far it has got.

    Returns:
        the manifest.

    Raises:
        DataError: a file cannot be used, or the extra is missing.
        ModelError: the linear model cannot be used.
    """
    linear = Model.load(base, taxonomy)
    material = gather(data, taxonomy, seed)
    layout = material.layout
    if linear.encoder is not None:
        raise DataError(f"{base} is not a linear model; give --base the folder of one that techtags train made")
    part = assign(material.groups, PARTS, SEED_OF_PARTS)
    kept, held = np.flatnonzero(part != 0), np.flatnonzero(part == 0)
    say(f"{len(kept)} annotated rows to learn from, {len(held)} held out")
    mine, chinese = _linear(material, held, predictions, jobs, seed, say)

    n = len(material.rows)
    chosen = np.concatenate([kept, np.arange(n, len(material.every))])
    weight = np.where(chosen < n, 1.0, recipe.written).astype(np.float32)
    network = fine_tune(recipe, examples(material, chosen, weight), work, say=say)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(work / TOKENIZER, out / TOKENIZER)
    document = (out / TOKENIZER).read_text(encoding="utf-8")
    some = [material.rows[i]["text"] for i in kept[:: max(1, len(kept) // SAMPLE)].tolist()][:SAMPLE]
    spared = to_onnx(network, out / GRAPH, *sample(document, recipe, some))
    say(f"graph written; 16-bit weights are kept in {', '.join(spared)}")
    how = {"prefix": recipe.prefix, "longest": recipe.longest}
    try:
        encoder = Encoder(out, how)
    except EncoderError as error:
        raise DataError(str(error)) from None
    say(f"encoder written; reading the {len(held)} rows held out")
    rows = [material.rows[i] for i in held.tolist()]
    theirs = _read(encoder, [r["text"] for r in rows], layout)

    gold = (material.exact[held], material.closure[held], material.primary[held])
    blend = fit_blend(mine, theirs, chinese, gold)
    # Weights this few hardly fit their rows, and are measured by folds all the same.
    made = _by_fold(mine, theirs, chinese, gold, material.fold[held], layout)
    thresholds, backoffs = decision(made, gold[0], layout)
    arrays: dict[str, NDArray[Any]] = {"blend": blend.weights, "thresholds": thresholds, "backoffs": backoffs}
    settings = {**linear.manifest["settings"], "encoder": {**how, "recipe": {**_told(recipe)}}}
    manifest = describe_model(material, name, version, seed, "techtags train --backend transformers", LIBRARIES, settings)
    manifest["base"] = save_base(out, linear.manifest, model_folder(base))
    for kind, found in (("held_out", made), ("held_out_linear", mine), ("held_out_encoder", theirs)):
        th, back = (thresholds, backoffs) if found is made else decision(found, gold[0], layout)
        measured = measure(found, rows, taxonomy, layout, th[0], back[0])
        manifest["figures"][kind] = rounded(measured)
        say(f"{kind}: leaf F1 {measured['leaf']['f1']:.3f}, domain F1 {measured['domain']['f1']:.3f}")
    model = Model(taxonomy, manifest, {**linear.arrays, **arrays}, encoder)
    arrays.update(learn_labels(model, material, held, made, manifest["figures"], "held_out", say, linear.fusion))
    return save(out, taxonomy, manifest, arrays, beside=(GRAPH, TOKENIZER))


def examples(material: Material, chosen: NDArray[np.int64], weight: NDArray[np.float32]) -> Examples:
    """What an encoder is fitted to: some of the rows."""
    exact, closure = material.exact[chosen], material.closure[chosen][:, material.layout.internal]
    some = exact.any(axis=1, keepdims=True)
    outputs = np.concatenate([exact, closure, some], axis=1).astype(np.float32)
    first = material.primary[chosen]
    primary = np.where(first.any(axis=1), first.argmax(axis=1), material.layout.n_tags).astype(np.int64)
    return Examples([material.every[i]["text"] for i in chosen.tolist()], outputs, primary, weight, material.layout.n_tags + 1)


def fit_blend(
    linear: Probabilities,
    encoder: Probabilities,
    chinese: NDArray[np.float32],
    gold: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> Blend:
    """Logistic regression on the logits of both.

    Args:
        linear, encoder: (n, tags) each, of rows that neither had seen.
        chinese: (n,) share of Chinese.
        gold: (n, tags) of 0 and 1: exact, closure, primary.
    """
    from sklearn.linear_model import LogisticRegression

    weights = []
    for kind, y in zip(KINDS, gold, strict=True):
        a, b = getattr(linear, kind), getattr(encoder, kind)
        likely = np.nonzero(np.maximum(a, b) > LEAST_LIKELY)
        x = inputs(a, b, chinese)[likely]
        fitted = LogisticRegression(C=100.0, fit_intercept=False, max_iter=1000).fit(x, y[likely])
        weights.append(fitted.coef_[0])
    return Blend(np.array(weights, dtype=np.float32))


def _by_fold(
    linear: Probabilities,
    encoder: Probabilities,
    chinese: NDArray[np.float32],
    gold: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    fold: NDArray[np.int64],
    layout: Layout,
) -> Probabilities:
    """Blended probabilities of each row by weights fitted on the other folds."""
    out = {kind: np.zeros_like(linear.exact) for kind in KINDS}
    for k in np.unique(fold):
        test, other = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        if not len(other):
            other = test
        exact, closure, primary = gold
        blend = fit_blend(linear[other], encoder[other], chinese[other], (exact[other], closure[other], primary[other]))
        made = blend(linear[test], encoder[test], chinese[test], layout)
        for kind in KINDS:
            out[kind][test] = getattr(made, kind)
    return Probabilities(out["exact"], out["closure"], out["primary"])


def _linear(
    material: Material, held: NDArray[np.int64], path: Path | None, jobs: int, seed: int, say: Callable[[str], None]
) -> tuple[Probabilities, NDArray[np.float32]]:
    """What the linear model's folds say of the rows held out, and their shares of Chinese."""
    if path is not None and path.exists():
        found, chinese = read_predictions(path, material.rows)
    else:
        seen, made = out_of_fold(material, dict(DEFAULTS), jobs=jobs, seed=seed, say=say)
        found, chinese = made[material.annotated], seen.chinese[material.annotated]
        if path is not None:
            write_predictions(path, material.rows, found, chinese)
    return found[held], chinese[held]


def read_predictions(path: Path, rows: Sequence[Row]) -> tuple[Probabilities, NDArray[np.float32]]:
    """What `write_predictions` kept, for the same rows in the same order.

    Raises:
        DataError: they are of other rows, or the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            ids = data["ids"].tolist()
            kinds = [data[kind].astype(np.float32) for kind in KINDS]
            chinese = data["chinese"].astype(np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"cannot read predictions from {path}: {error}") from None
    if ids != [r["id"] for r in rows]:
        raise DataError(f"{path} holds predictions for other rows; delete it, and they are made again")
    return Probabilities(*kinds), chinese


def _read(encoder: Encoder, texts: Sequence[str], layout: Layout, batch: int = 512) -> Probabilities:
    parts = [read_outputs(*encoder(texts[i : i + batch]), layout) for i in range(0, len(texts), batch)]
    return Probabilities(*(np.concatenate([getattr(p, kind) for p in parts]) for kind in KINDS))


def _told(recipe: Recipe) -> dict[str, Any]:
    from dataclasses import asdict
    from pathlib import Path

    # Of a folder the name says enough; where it lay on this machine is nobody's business.
    return {**asdict(recipe), "encoder": Path(recipe.encoder).name}
