"""The rows that all systems are trained and measured on, as files that both environments read."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from techtags.training.folds import assign, clusters
from techtags.training.rows import DataError, for_training, language, read_rows, sha256

from .decisions import Tags
from .vocabulary import iri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from techtags import Taxonomy
    from techtags.training import Row

FOLDS = 20
CALIBRATE, CHOOSE = (0, 1, 2), (3, 4)  # folds: 15% to calibrate on, 10% to choose thresholds on
TRAINING = ("base", "calibrate", "choose")


@dataclass(frozen=True)
class Material:
    """What a run works with.

    Attributes:
        taxonomy, tags: the release, and its tags as columns.
        work: folder of everything that is kept.
        rows: by the names of `TRAINING`, and ``dev``.
        identity: of the data, the split and the sample; results of another are not mixed in.
    """

    taxonomy: Taxonomy
    tags: Tags
    work: Path
    rows: dict[str, list[Row]]
    identity: str

    def gold(self, name: str) -> list[list[str]]:
        """The tags of a set of rows."""
        return [row["tags"] for row in self.rows[name]]


def gather(data: Path, pool: Path, work: Path, taxonomy: Taxonomy, *, sample: int, speed_texts: int, seed: int) -> Material:
    """Read, split and write the rows.

    Groups and near copies stay on one side of the split.

    Args:
        data: folder with ``train.jsonl`` and ``dev.jsonl``.
        pool: folder with the texts to measure speed on.
        work: folder to write to.
        taxonomy: the release.
        sample: train on so many rows, drawn at random; 0 for all.
        speed_texts: number of texts to measure speed on.
        seed: of the split and the sample.

    Raises:
        DataError: a file cannot be used.
    """
    files = [data / "train.jsonl", data / "dev.jsonl"]
    train, dev = (read_rows(path, taxonomy) for path in files)
    train = for_training(train)
    if 0 < sample < len(train):
        chosen = np.random.default_rng(seed).choice(len(train), sample, replace=False)
        train = [train[i] for i in np.sort(chosen)]
    fold = assign(clusters(train), FOLDS, seed)
    part = np.where(np.isin(fold, CALIBRATE), "calibrate", np.where(np.isin(fold, CHOOSE), "choose", "base"))
    rows = {name: [row for row, at in zip(train, part, strict=True) if at == name] for name in TRAINING}
    rows["dev"] = dev
    said = json.dumps([*map(sha256, files), taxonomy.version, sample, speed_texts, seed])
    made = Material(taxonomy, Tags(taxonomy), work, rows, hashlib.sha256(said.encode()).hexdigest()[:12])
    mark = work / "rows" / "identity.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != made.identity:
        mark.parent.mkdir(parents=True, exist_ok=True)
        for name, found in rows.items():
            write_rows(mark.with_name(f"{name}.jsonl"), found, taxonomy)
        try:
            texts = speed_sample(pool, speed_texts)
        except OSError as error:
            raise DataError(f"cannot read the texts to measure speed on: {error.filename}: {error.strerror}") from None
        write_json_lines(mark.with_name("speed.jsonl"), [{"text": text, "lang": language(text)} for text in texts])
        (work / "order.json").write_text(json.dumps([iri(taxonomy, t) for t in made.tags.order]), encoding="utf-8")
        mark.write_text(made.identity, encoding="utf-8")
    return made


def write_rows(path: Path, rows: Sequence[Row], taxonomy: Taxonomy, words: Sequence[str] | None = None) -> None:
    """Rows for Annif: text, language, IRIs of the tags, and the text with spaces between its words if they are known."""
    out: list[dict[str, Any]] = []
    for i, row in enumerate(rows):
        subjects = [iri(taxonomy, t) for t in row["tags"]]
        out.append({"text": row["text"], "lang": row["lang"], "subjects": subjects})
        if words is not None:
            out[-1]["words"] = words[i]
    write_json_lines(path, out)


def write_json_lines(path: Path, rows: Sequence[Any]) -> None:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def speed_sample(pool: Path, n: int) -> list[str]:
    """Texts of 60 words or 110 characters, half of them Chinese, those of `benchmarks/speed.py` spread evenly; all different."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    try:
        from speed import pool_texts
    finally:
        sys.path.pop(0)
    texts = list(dict.fromkeys(pool_texts(pool)))
    step = max(1, len(texts) // n)
    return texts[: step * n : step]
