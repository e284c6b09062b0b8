"""Annif: its environment, its projects, and the steps that are run there (`peers.annif_worker`)."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from .decisions import best_leaf_f1
from .material import TRAINING, write_rows
from .vocabulary import skos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from .material import Material

PACKAGES = ("annif[omikuji]~=1.4.3", "jieba~=0.42.1")
BASES = ("tfidf", "mllm", "omikuji")
KINDS = (*BASES, "ensemble", "pav")
LAYOUTS = {"per-language": ("en", "zh"), "multilingual": ("mul",)}
ANALYZERS = {"en": "snowball(english)", "zh": "simple(token_min_length=1)", "mul": "snowball(english,token_min_length=2)"}
LIMIT = 30  # suggestions that each project gives; ten are looked at
# Bonsai (Khandagale, Xiao and Babbar, 2020), with the settings of the National Library of Finland's own projects.
OMIKUJI = {"cluster_balanced": "False", "cluster_k": "100", "max_depth": "3", "min_df": "2", "ngram": "2"}
STEP = 10  # weights of the ensemble are tenths
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


def environment(folder: Path) -> Path:
    """The Python of Annif's own environment, which is made if it is not there."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    mark = folder / "installed.txt"
    if mark.exists() and mark.read_text() == "\n".join(PACKAGES):
        return python
    click.echo(f"installing {', '.join(PACKAGES)} into {folder}", err=True)
    venv.create(folder, with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    if subprocess.run(command, check=False).returncode:
        raise click.ClickException(f"cannot install {', '.join(PACKAGES)} into {folder}; see what pip says above")
    mark.write_text("\n".join(PACKAGES))
    return python


def run_step(python: Path | str, module: str, work: Path, *arguments: str | Path) -> None:
    """Run one step in a process of its own, on one thread, its output kept in ``log.txt``.

    Raises:
        click.ClickException: it failed.
    """
    paths = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    own = {
        "PYTHONPATH": os.pathsep.join(p for p in paths if p),
        "PYTHONHASHSEED": "0",  # the order in which rdflib gives concepts
        "NLTK_DATA": str((work / "nltk_data").resolve()),
        "HF_HUB_OFFLINE": "1",
        **dict.fromkeys(THREADS, "1"),
    }
    command = [str(python), "-m", f"peers.{module}", *map(str, arguments)]
    work.mkdir(parents=True, exist_ok=True)
    with (work / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        code = subprocess.run(command, env={**os.environ, **own}, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        last = (work / "log.txt").read_text(encoding="utf-8").strip().splitlines()[-1]
        raise click.ClickException(f"{module} {' '.join(map(str, arguments))} failed ({last}); see {work / 'log.txt'}")


def configure(work: Path, layout: str, weights: dict[str, Sequence[float]] | None = None) -> None:
    """Write Annif's ``projects.cfg``.

    Args:
        work: its folder.
        layout: of `LAYOUTS`.
        weights: of `BASES` in the ensemble, by language; equal ones if not given.
    """
    sections = []
    for language in LAYOUTS[layout]:
        equal = [1.0] * len(BASES)
        given = (weights or {}).get(language, equal)
        common = {"language": "en" if language == "mul" else language, "vocab": f"tags({language})", "limit": str(LIMIT)}
        text = {"analyzer": ANALYZERS[language]}
        settings: dict[str, dict[str, str]] = {
            "tfidf": {"backend": "tfidf", **text},
            "mllm": {"backend": "mllm", **text, "language": language},
            "omikuji": {"backend": "omikuji", **text, **OMIKUJI},
            "ensemble": {"backend": "ensemble", "sources": _sources(language, given)},
            "pav": {"backend": "pav", "sources": _sources(language, equal)},
        }
        for kind, own in settings.items():
            lines = [f"{name}={value}" for name, value in {"name": f"{kind} {language}", **common, **own}.items()]
            sections.append("\n".join([f"[{kind}-{language}]", *lines]))
    (work / "projects.cfg").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _sources(language: str, weights: Sequence[float]) -> str:
    return ",".join(f"{kind}-{language}:{weight:g}" for kind, weight in zip(BASES, weights, strict=True) if weight > 0)


def segment(python: Path, material: Material, layout: str) -> None:
    """Words of the training rows and of the vocabulary set apart; Annif's own preparation."""
    work, taxonomy = material.work, material.taxonomy
    labels = [t for tag in taxonomy.active for t in (tag.labels["zh"], *tag.aliases["zh"])]
    texts = [row["text"] for name in TRAINING for row in material.rows[name] if row["lang"] == "zh"]
    source, target = work / "to-segment.json", work / "segmented.json"
    source.write_text(json.dumps(labels + texts, ensure_ascii=False), encoding="utf-8")
    run_step(python, "annif_worker", work, "segment", source, target)
    words = json.loads(target.read_text(encoding="utf-8"))
    known = dict(zip(labels + texts, words, strict=True))
    for name in TRAINING:
        rows = material.rows[name]
        words = [known[row["text"]] if row["lang"] == "zh" else row["text"] for row in rows]
        write_rows(work / "rows" / f"{name}.jsonl", rows, taxonomy, words)
    languages = {"en": "mul", "zh": "mul"} if layout == "multilingual" else {"en": "en", "zh": "zh"}
    (work / "vocabulary.jsonld").write_text(skos(taxonomy, known.__getitem__, languages), encoding="utf-8")
    for stage in ("part", "full"):
        shutil.rmtree(work / stage / "vocabs", ignore_errors=True)
        shutil.rmtree(work / stage / "projects", ignore_errors=True)
    configure(work, layout)
    run_step(python, "annif_worker", work, "prepare", work)


def scores(work: Path, stage: str, system: str, name: str) -> NDArray[np.float32]:
    """(rows, tags) scores that a step has written."""
    with np.load(work / "scores" / f"{stage}-{system}-{name}.npz") as file:
        found: NDArray[np.float32] = file["scores"]
    return found


def ensemble(parts: Sequence[NDArray[np.float32]], weights: Sequence[float]) -> NDArray[np.float32]:
    """What Annif's ensemble gives: the weighted mean of the scores of its sources."""
    total = sum(part * weight for part, weight in zip(parts, weights, strict=True))
    mean: NDArray[np.float32] = np.asarray(total / sum(weights), dtype=np.float32)
    return mean


def choose_weights(material: Material, layout: str) -> dict[str, tuple[float, ...]]:
    """The weights of the ensemble's sources that give the best leaf F1 on the rows set aside for calibration, by language.

    All splits into tenths are tried; Annif's own search draws some at random, for the mean of ranking scores.
    """
    rows = material.rows["calibrate"]
    parts = [scores(material.work, "part", kind, "calibrate") for kind in BASES]
    tenths = [w for w in itertools.product(range(STEP + 1), repeat=len(BASES)) if sum(w) == STEP and sum(map(bool, w)) > 1]
    gold = material.tags.matrix(material.gold("calibrate"))
    out = {}
    for language in LAYOUTS[layout]:
        at = [i for i, row in enumerate(rows) if language in ("mul", row["lang"])]
        values = [best_leaf_f1(ensemble([part[at] for part in parts], weights), gold[at]) for weights in tenths]
        out[language] = tuple(w / STEP for w in tenths[int(np.argmax(values))])
    (material.work / "weights.json").write_text(json.dumps(out), encoding="utf-8")
    return out


def train(python: Path, material: Material, layout: str, kind: str) -> None:
    """Train the projects of a kind, and those that they draw on, twice.

    First on the base rows, to calibrate and to choose by what they had not seen, then on all rows.  Steps that an earlier or an
    interrupted run has done are not done again.
    """
    kept = material.work / "annif-steps.json"
    said = [material.identity, layout]
    done = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
    if done[:2] != said:
        done = said
    for text, step in _steps(python, material, layout, kind):
        if text not in done[2:]:
            click.echo(text, err=True)
            step()
            done = [*done, text]
            kept.write_text(json.dumps(done), encoding="utf-8")


def _steps(python: Path, material: Material, layout: str, kind: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """What must be done for a kind, in order, with a line that says what it is."""
    work, n = material.work, len(material.rows["base"])

    def step(*arguments: str | Path) -> Callable[[], None]:
        return lambda: run_step(python, "annif_worker", work, *arguments)

    yield "prepare", lambda: segment(python, material, layout)
    for base in BASES if kind not in BASES else (kind,):
        yield f"annif {base}: training on {n:,} rows", step("train", work, "part", base)
        yield f"annif {base}: scoring the rows set aside", step("apply", work, "part", base, "calibrate", "choose")
        yield f"annif {base}: training on all rows", step("train", work, "full", base)
    if kind not in BASES:
        yield "annif ensemble: choosing weights", lambda: configure(work, layout, choose_weights(material, layout))
    if kind == "pav":
        yield "annif pav: calibrating", step("train", work, "part", "pav")
        yield "annif pav: taking over", lambda: take_over(work, layout)
    if kind not in BASES:
        yield f"annif {kind}: scoring the rows set aside", step("apply", work, "part", kind, "choose")


def take_over(work: Path, layout: str) -> None:
    """Use the calibration with the projects that are trained on all rows.

    It was learned on rows that its sources had not seen; those that it is used with have seen more.
    """
    for language in LAYOUTS[layout]:
        target = work / "full" / "projects" / f"pav-{language}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(work / "part" / "projects" / f"pav-{language}", target)
