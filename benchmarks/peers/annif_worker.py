"""What runs in the environment of Annif, where techtags is not installed: one step a process.

    python -m peers.annif_worker segment IN OUT           # JSON list of texts
    python -m peers.annif_worker prepare WORK
    python -m peers.annif_worker train WORK STAGE KIND
    python -m peers.annif_worker apply WORK STAGE KIND ROWS... [--speed FILE]

WORK holds what `peers.annif_side` put there.  Annif is called through its own classes, in batches as
large as those of its own commands.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .measuring import peak_memory, speed
from .segmentation import jieba_cut, segmented

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STAGES = ("part", "full")
Row = dict[str, Any]


def segment(source: Path, target: Path) -> None:
    """Put spaces between the words of Chinese texts."""
    cut = jieba_cut()
    texts = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(json.dumps([segmented(t, cut) for t in texts], ensure_ascii=False), encoding="utf-8")


def train_punkt(texts: Sequence[str], folder: Path) -> None:
    """A Punkt model (Kiss and Strunk, 2006) of these texts, where NLTK looks for the one that it would download.

    Args:
        texts: English ones; sentences of the segmented Chinese ones end at the same marks.
        folder: of NLTK's data (``NLTK_DATA``).
    """
    from nltk.tokenize.punkt import PunktTrainer, save_punkt_params

    trainer = PunktTrainer()
    trainer.INCLUDE_ALL_COLLOCS = True
    trainer.train("\n".join(texts), finalize=True)
    place = folder / "tokenizers" / "punkt_tab" / "english"
    place.mkdir(parents=True, exist_ok=True)
    save_punkt_params(trainer.get_params(), dir=str(place))


def prepare(work: Path) -> None:
    """Punkt, and the vocabulary in the data folders of both stages."""
    rows = [row for name in ("base", "calibrate", "choose") for row in read(work / "rows" / f"{name}.jsonl")]
    train_punkt([row["words"] for row in rows if row["lang"] == "en"], work / "nltk_data")
    from importlib.metadata import version

    import annif.project  # noqa: F401  (annif.vocab cannot be the first that is imported)
    from annif.vocab import VocabFileSKOS

    (work / "annif-version.txt").write_text(version("annif"), encoding="utf-8")
    for stage in STAGES:
        vocabulary = registry(work, stage).get_vocab("tags")
        vocabulary.load_vocabulary(VocabFileSKOS(str(work / "vocabulary.jsonld")), force=True)


def read(path: Path) -> list[Row]:
    """The rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def registry(work: Path, stage: str) -> Any:
    """Annif's projects, with the data of a stage."""
    from annif.registry import AnnifRegistry

    logging.getLogger("annif").setLevel(logging.WARNING)
    return AnnifRegistry(str(work / "projects.cfg"), str(work / stage), False)


def corpus(rows: Sequence[Row], subjects: Any) -> Any:
    """Rows as a corpus of Annif; the words of each are in ``words``, its tags' IRIs in ``subjects``."""
    from annif.corpus.types import Document, DocumentCorpus, SubjectSet

    class Rows(DocumentCorpus):  # type: ignore[misc]
        @property
        def documents(self) -> Iterator[Any]:
            for row in rows:
                yield Document(row["words"], SubjectSet([subjects.by_uri(uri) for uri in row.get("subjects", ())]))

    return Rows()


def train(work: Path, stage: str, kind: str) -> None:
    """Train the projects of a kind: on the base rows, or on all; PAV on those set aside for calibration."""
    names = ["calibrate"] if kind == "pav" else ["base"] if stage == "part" else ["base", "calibrate", "choose"]
    rows = [row for name in names for row in read(work / "rows" / f"{name}.jsonl")]
    projects = registry(work, stage)
    start = time.process_time()
    for language, project in by_language(projects, kind).items():
        # MLLM bags trees by NumPy's own generator.
        random.seed(0)
        np.random.seed(0)
        mine = [row for row in rows if language in ("mul", row["lang"])]
        project.train(corpus(mine, project.subjects), jobs=1)
    report(work, stage, f"{kind}-train", {"cpu_s": time.process_time() - start, "rows": len(rows), "peak_mb": peak_memory()})


def by_language(projects: Any, kind: str) -> dict[str, Any]:
    """The projects of a kind, by the ``-en``, ``-zh`` or ``-mul`` that their names end in."""
    found = {name.rpartition("-")[2]: p for name, p in projects.get_projects().items() if name.rpartition("-")[0] == kind}
    if not found:
        raise SystemExit(f"no project of kind {kind}")
    return found


def apply(work: Path, stage: str, kind: str, names: Sequence[str], timed: str | None) -> None:
    """Write the scores of every tag for rows, and how fast they came."""
    start = time.process_time()
    projects = by_language(registry(work, stage), kind)
    for project in projects.values():
        project.initialize()
    cut = jieba_cut()
    order = json.loads((work / "order.json").read_text(encoding="utf-8"))
    load = time.process_time() - start

    def suggest(rows: Sequence[Row]) -> np.ndarray:
        """(rows, tags) scores."""
        out = np.zeros((len(rows), len(order)), dtype=np.float32)
        for language, project in projects.items():
            at = [i for i, row in enumerate(rows) if language in ("mul", row["lang"])]
            column = [project.subjects.by_uri(uri) for uri in order]
            mine = [{"words": segmented(rows[i]["text"], cut) if rows[i]["lang"] == "zh" else rows[i]["text"]} for i in at]
            batches = corpus(mine, project.subjects).doc_batches
            parts = [project.suggest(batch).array.toarray()[:, column] for batch in batches]
            if parts:
                out[at] = np.concatenate(parts)
        return out

    made: dict[str, Any] = {"load_cpu_s": load}
    if timed:
        made["speed"] = speed(suggest, read(work / "rows" / f"{timed}.jsonl"))
    scores = {name: suggest(read(work / "rows" / f"{name}.jsonl")) for name in names}
    made["peak_mb"] = peak_memory()
    folder = work / "scores"
    folder.mkdir(exist_ok=True)
    for name, values in scores.items():
        np.savez_compressed(folder / f"{stage}-{kind}-{name}.npz", scores=values)
    report(work, stage, kind, made)


def report(work: Path, stage: str, kind: str, made: dict[str, Any]) -> None:
    """Keep what was measured."""
    (work / f"{stage}-{kind}.json").write_text(json.dumps(made, indent=1), encoding="utf-8")


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    one = steps.add_parser("segment")
    one.add_argument("source", type=Path)
    one.add_argument("target", type=Path)
    steps.add_parser("prepare").add_argument("work", type=Path)
    for name in ("train", "apply"):
        one = steps.add_parser(name)
        one.add_argument("work", type=Path)
        one.add_argument("stage", choices=STAGES)
        one.add_argument("kind")
        if name == "apply":
            one.add_argument("rows", nargs="+")
            one.add_argument("--speed")
    given = parser.parse_args()
    if given.step == "segment":
        segment(given.source, given.target)
    elif given.step == "prepare":
        prepare(given.work)
    elif given.step == "train":
        train(given.work, given.stage, given.kind)
    else:
        apply(given.work, given.stage, given.kind, given.rows, given.speed)


if __name__ == "__main__":
    main()
