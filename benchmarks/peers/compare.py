"""Figures of all systems on the same rows, and how far ours differs from each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from techtags.classifier.folder import MANIFEST, model_folder
from techtags.training.metrics import LEAST_ROWS, figures

from . import annif_side, paired
from .decisions import FIGURES, Outcome, Rule, best_rules, lists, of_lists, outcome
from .own_worker import MODELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .material import Material

OURS = "fast"


def identity(system: str, material: Material, layout: str) -> list[str]:
    """What a result depends on; another one is not mixed with it."""
    own = []
    if system in MODELS:
        manifest = json.loads((model_folder(system) / MANIFEST).read_text(encoding="utf-8"))
        own = [json.dumps(manifest["files"], sort_keys=True)]
    return [material.identity, *([layout] if system in annif_side.KINDS else own)]


def stated(predicted: Sequence[Sequence[str]], material: Material) -> dict[str, float]:
    """The figures by `techtags.training.metrics`."""
    made = figures(predicted, material.gold("dev"), material.taxonomy)
    return {
        "leaf": made["leaf"]["f1"],
        "macro": made["leaf_macro_f1"],
        "closure": made["closure"]["f1"],
        "domain": made["domain"]["f1"],
        "primary": made["primary_accuracy"],
        "none": made["none"]["recall"],
        "precision": made["leaf"]["precision"],
        "recall": made["leaf"]["recall"],
    }


def result(system: str, material: Material) -> dict[str, Any]:
    """What a system reaches on ``dev``, by its own decisions or by rules chosen for it, and what was measured of it."""
    measured = json.loads((material.work / f"full-{system}.json").read_text(encoding="utf-8"))
    trained = material.work / f"full-{'svc' if system.startswith('svc') else system}-train.json"
    if trained.exists():
        kept = json.loads(trained.read_text(encoding="utf-8"))
        measured["train_s"] = kept.get("wall_s", kept["cpu_s"])
    if system in MODELS:
        given = measured.pop("given")["dev"]
        return {"given": given, "chosen": stated(given, material), "measured": measured}
    tags, gold = material.tags, material.gold("dev")
    choose, on_dev = _choose_scores(system, material), annif_side.scores(material.work, "full", system, "dev")
    rule = best_rules(choose, material.gold("choose"), tags, LEAST_ROWS, ("leaf",))["leaf"]
    rules = best_rules(on_dev, gold, tags, LEAST_ROWS, also=(rule,))
    at = {name: stated(lists(outcome(on_dev, gold, r, tags), on_dev), material)[name] for name, r in rules.items()}
    return {
        "rule": [rule.threshold, rule.limit],
        "rules": {name: [r.threshold, r.limit] for name, r in rules.items()},
        "chosen": stated(lists(outcome(on_dev, gold, rule, tags), on_dev), material),
        "best": at,
        "measured": measured,
    }


def _choose_scores(system: str, material: Material) -> Any:
    """Scores of rows that the system was not trained on."""
    # The names learn nothing: they are no better on the rows of any part.
    return annif_side.scores(material.work, "full" if system == "names" else "part", system, "choose")


def outcomes(system: str, found: dict[str, Any], material: Material) -> dict[str, Outcome]:
    """For each figure, what the system gives at the rule that is best for it."""
    gold, tags = material.gold("dev"), material.tags
    if system in MODELS:
        return dict.fromkeys(FIGURES, of_lists(found["given"], gold, tags))
    scores = annif_side.scores(material.work, "full", system, "dev")
    return {name: outcome(scores, gold, Rule(*rule), tags) for name, rule in found["rules"].items()}


def table(found: dict[str, dict[str, Any]], titles: dict[str, str], material: Material, command: str) -> dict[str, Any]:
    """All that `peers.report` writes."""
    ours = outcomes(OURS, found[OURS], material)
    groups = [row["group"] for row in material.rows["dev"]]
    systems = {}
    for system, one in found.items():
        theirs = outcomes(system, one, material)
        apart = {}
        if system != OURS:
            for name in FIGURES:
                d = paired.differences(ours[name], theirs[name], groups, least_rows=LEAST_ROWS, wanted=(name,))[name]
                apart[name] = [d.value, d.low, d.high]
        systems[system] = {
            "title": titles[system],
            "chosen": one["chosen"],
            "best": one.get("best", one["chosen"]),
            "difference": apart,
            "measured": one["measured"],
            "rule": one.get("rule"),
        }
    n_training = sum(len(rows) for name, rows in material.rows.items() if name != "dev")
    speed_rows = found[OURS]["measured"]["speed"]["texts"]
    return {
        "systems": systems,
        "ours": OURS,
        "command": command,
        "draws": paired.DRAWS,
        "rows": {"train": n_training, "dev": len(material.rows["dev"]), "speed": speed_rows},
        "notes": notes(material, n_training, found),
    }


def notes(material: Material, n_training: int, found: dict[str, dict[str, Any]]) -> list[str]:
    """What a reader must know beside the numbers."""
    version = annif_version(material.work)
    lines = [
        f"Trained on the same {n_training:,} rows of `train`, measured on the same {len(material.rows['dev'])} rows of `dev`"
        f"{f', Annif {version}' if version else ''}. Ours decides by its own thresholds, chosen by cross-validation on `train`."
        " What is fair and unfair to whom is said in `benchmarks/peers/README.md`."
    ]
    models = [found[name]["measured"]["model"] for name in MODELS if name in found]
    lines.append("Ours: " + ", ".join(models) + ".")
    weights = material.work / "weights.json"
    if weights.exists() and "ensemble" in found:
        kept = json.loads(weights.read_text(encoding="utf-8"))
        said = "; ".join(
            f"{lang}: " + ", ".join(f"{k} {w:g}" for k, w in zip(annif_side.BASES, ws, strict=True)) for lang, ws in kept.items()
        )
        lines.append(f"Weights of Annif's ensemble, chosen on rows that its parts had not seen: {said}.")
    return lines


def annif_version(work: Path) -> str:
    """As the steps have noted it; empty where Annif has not run."""
    kept = work / "annif-version.txt"
    return kept.read_text(encoding="utf-8").strip() if kept.exists() else ""
