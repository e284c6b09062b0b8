"""What runs in the environment of techtags, one step a process, so that its memory and seconds are its own.

    python -m peers.own_worker train WORK STAGE [--jobs N]             # the linear baseline
    python -m peers.own_worker apply WORK STAGE SYSTEM ROWS... [--speed FILE]

SYSTEM is ``svc`` (ancestors added), ``svc-exact`` (the very tags), ``names``, ``fast`` or ``accurate``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .measuring import peak_memory, speed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MODELS = ("fast", "accurate")
STAGES = ("part", "full")


def train(work: Path, stage: str, jobs: int) -> None:
    """Fit both linear baselines: a tag without tags below it has the same rows in both, and is fitted once."""
    from techtags import Taxonomy
    from techtags.training.rows import targets

    from .linear import Linear
    from .linear import train as fit

    start, clock = time.process_time(), time.perf_counter()
    taxonomy = Taxonomy.load()
    order = [tag.id for tag in taxonomy.active]
    raw = [row for name in (("base",) if stage == "part" else ("base", "calibrate", "choose")) for row in _read(work, name)]
    ids = dict(zip(_order(work), order, strict=True))
    rows: Any = [{"tags": [ids[s] for s in r["subjects"]]} for r in raw]
    inner = [i for i, tag in enumerate(taxonomy.active) if tag.children]
    with_ancestors = targets(rows, taxonomy, order, closure=True)
    very = targets(rows, taxonomy, order, closure=False)
    made = fit([r["text"] for r in raw], np.hstack([with_ancestors, very[:, inner]]), jobs)
    n = len(order)
    Linear(made.vectorizer, made.weights[:, :n].copy(), made.intercepts[:n]).save(work / stage / "svc")
    weights, intercepts = made.weights[:, :n].copy(), made.intercepts[:n].copy()
    weights[:, inner], intercepts[inner] = made.weights[:, n:], made.intercepts[n:]
    Linear(made.vectorizer, weights, intercepts).save(work / stage / "svc-exact")
    # Most of the work is done by other processes, whose seconds are only known by the clock.
    spent = {"cpu_s": time.process_time() - start, "wall_s": time.perf_counter() - clock}
    _report(work, stage, "svc-train", {**spent, "rows": len(rows), "jobs": jobs, "peak_mb": peak_memory()})


def scorer(work: Path, stage: str, system: str) -> Callable[[Sequence[str]], Any]:
    """What gives scores (n, tags), or with ours the tags of each text."""
    if system in MODELS:
        from techtags import Tagger

        tagger = Tagger.load(system, evidence=False, candidates=0)
        return lambda texts: [result.ids for result in tagger.tag(texts)]
    if system == "names":
        return _names()
    from .linear import Linear

    return Linear.load(work / stage / system).scores


def _names() -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """How many different names of each tag stand in a text; of tags with equally many, what stands first is best."""
    from techtags import Taxonomy
    from techtags.classifier.aliases import AliasIndex
    from techtags.classifier.text import tokenize

    taxonomy = Taxonomy.load()
    index = AliasIndex(taxonomy, [tag.id for tag in taxonomy.active])

    def score(texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = tokenize(texts)
        hits = index.find(tokens)
        counted: NDArray[np.float32] = index.counts(hits, len(texts))[0].toarray()
        place = hits.first - np.searchsorted(tokens.doc, hits.doc)
        earliest = np.full(counted.shape, np.inf, dtype=np.float32)
        np.minimum.at(earliest, (hits.doc, index.tags_of(hits)), place.astype(np.float32))
        return counted + np.float32(0.5) / (1 + earliest)

    return score


def apply(work: Path, stage: str, system: str, names: Sequence[str], timed: str | None) -> None:
    """Write what a system gives for rows, and how fast."""
    start = time.process_time()
    give = scorer(work, stage, system)
    made: dict[str, Any] = {"load_cpu_s": time.process_time() - start}
    if timed:
        made["speed"] = speed(give, [row["text"] for row in _read(work, timed)])
    results = {name: give([row["text"] for row in _read(work, name)]) for name in names}
    made["peak_mb"] = peak_memory()
    folder = work / "scores"
    folder.mkdir(exist_ok=True)
    for name, found in results.items():
        if system in MODELS:
            made.setdefault("given", {})[name] = found
        else:
            np.savez_compressed(folder / f"{stage}-{system}-{name}.npz", scores=found)
    if system in MODELS:
        from techtags.classifier.model import Model

        made["model"] = Model.load(system).identity
    _report(work, stage, system, made)


def _read(work: Path, name: str) -> list[dict[str, Any]]:
    with (work / "rows" / f"{name}.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _order(work: Path) -> list[str]:
    order: list[str] = json.loads((work / "order.json").read_text(encoding="utf-8"))
    return order


def _report(work: Path, stage: str, system: str, made: dict[str, Any]) -> None:
    (work / f"{stage}-{system}.json").write_text(json.dumps(made, indent=1, ensure_ascii=False), encoding="utf-8")


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    one = steps.add_parser("train")
    one.add_argument("work", type=Path)
    one.add_argument("stage", choices=STAGES)
    one.add_argument("--jobs", type=int, default=1)
    one = steps.add_parser("apply")
    one.add_argument("work", type=Path)
    one.add_argument("stage", choices=STAGES)
    one.add_argument("system")
    one.add_argument("rows", nargs="+")
    one.add_argument("--speed")
    given = parser.parse_args()
    if given.step == "train":
        train(given.work, given.stage, given.jobs)
    else:
        apply(given.work, given.stage, given.system, given.rows, given.speed)


if __name__ == "__main__":
    main()
