"""What a model card states, as figures: everything that `card` writes down is computed here."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..classifier.model import PROFILES
from ..classifier.text import tokenize
from .answers import Answers, answer, tags_of
from .bootstrap import Sampled, difference, resample
from .confusion import by_tag, confusion
from .contrast import judge
from .evaluate import LEAST_GROUP, figures_by_group
from .firm_names import firm_names, firms
from .metrics import figures
from .reliability import reliability, risk_coverage
from .rows import DataError, Row, for_training, read_rows, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..classifier import Model
    from ..taxonomy import Taxonomy
    from .contrast import Case

DEFAULT = "balanced"
# Words, or Chinese characters; a text shorter than the first bound hardly says anything.
LENGTHS = (10, 30, 60, 120)
_SHARES = {"low": 0.05, "middle": 0.5, "high": 0.95}
_YEAR = re.compile(r"((?:18|19|20)\d\d)(?:\.0)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Subject:
    """A model that a card is made of.

    Attributes:
        model: the model.
        size: bytes of its own files.
        size_in_all: with the linear model that it stands on, if that lies elsewhere.
    """

    model: Model
    size: int
    size_in_all: int


def describe_data(path: Path, rows: Sequence[Row]) -> dict[str, Any]:
    """What annotated rows are, without saying any of them.

    Args:
        path: the file that they were read from.
        rows: all of its rows.
    """
    sources: dict[str, Counter[str]] = {}
    for row in rows:
        source = sources.setdefault(row["source"], Counter())
        source[row["lang"]] += 1
        source["rows"] += 1
        source["trained on"] += row["use"] == "train"
    years, unsure = _extras(path)
    return {
        "file": path.name,
        "sha256": sha256(path),
        "rows": len(rows),
        "for_training": len(for_training(rows)),
        "without_technology": sum(not row["tags"] for row in rows),
        "tags_a_row": {str(n): k for n, k in sorted(Counter(len(row["tags"]) for row in rows).items())},
        "by_language": dict(sorted(Counter(row["lang"] for row in rows).items())),
        "by_kind": dict(sorted(Counter(row["kind"] for row in rows).items())),
        "by_source": {name: dict(count) for name, count in sorted(sources.items())},
        "kinds_of_source": {s: sorted({row["kind"] for row in rows if row["source"] == s}) for s in sorted(sources)},
        "years": years,
        "unsure": unsure,
        "tags_with_rows": len({tag for row in rows for tag in row["tags"]}),
    }


def _extras(path: Path) -> tuple[dict[str, int] | None, int | None]:
    """How many rows state a year, and the years that 5%, half and 95% of them reach; how many are marked unsure."""
    years, unsure, marked = [], 0, False
    with path.open(encoding="utf-8-sig") as file:
        for line in file:
            if line.strip():
                raw = json.loads(line)
                found = _YEAR.fullmatch(str(raw.get("year", "")).strip())
                if found:
                    years.append(int(found[1]))
                marked = marked or "unsure" in raw
                unsure += raw.get("unsure") is True
    years.sort()
    at = {name: years[int(share * (len(years) - 1))] for name, share in _SHARES.items()} if years else None
    return {"rows": len(years), **at} if at else None, unsure if marked else None


def read_training_data(paths: Sequence[Path], subjects: Sequence[Subject], taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """Describe the files that models were trained on.

    Raises:
        DataError: a file cannot be used, or no model was trained on it.
    """
    known = {digest for subject in subjects for digest in subject.model.manifest["training"]["data"].values()}
    for path in paths:
        if path.exists() and sha256(path) not in known:
            raise DataError(f"{path}: no model of this card was trained on this file (its hash is in no manifest)")
    return [describe_data(path, read_rows(path, taxonomy)) for path in paths]


def measure(
    subjects: Sequence[Subject],
    rows: Sequence[Row],
    cases: Sequence[Case] | None = None,
    tell: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Measure models on annotated rows.

    Args:
        subjects: models of one taxonomy.
        rows: annotated rows of it.
        cases: a contrast set, if there is one.
        tell: is told how many texts of the rows, of all models, have been read.

    Returns:
        ``models`` (in order: what each is and its figures) and ``differences`` (of each from the first).

    Raises:
        DataError: the models are of different taxonomies.
    """
    taxonomy = subjects[0].model.taxonomy
    for subject in subjects:
        if subject.model.taxonomy.document != taxonomy.document:
            raise DataError(
                f"{subject.model.identity} is for taxonomy {subject.model.taxonomy.version}, {subjects[0].model.identity} for "
                f"{taxonomy.version}; a card is about models of one taxonomy"
            )
    names = _names(subjects)
    measured, sampled = [], []
    for k, (name, subject) in enumerate(zip(names, subjects, strict=True)):
        answers = answer(subject.model, rows, lambda done, k=k: tell(k * len(rows) + done))  # type: ignore[misc]
        draws = {profile: resample(answers, profile) for profile in PROFILES}
        sampled.append(draws)
        measured.append(
            {"name": name, **_about(subject), **figures_of(answers, draws), **_failures(subject.model, answers, cases)}
        )
    return {
        "taxonomy": {"version": taxonomy.version, "tags": len(taxonomy.active), "domains": len(taxonomy.domains)},
        "rows": len(rows),
        "firms": len(firms()),
        "models": measured,
        "differences": {
            names[k]: {profile: difference(sampled[0][profile], sampled[k][profile]) for profile in PROFILES}
            for k in range(1, len(subjects))
        },
    }


def figures_of(answers: Answers, draws: dict[str, dict[str, Sampled]]) -> dict[str, Any]:
    """All figures of one model but for its failures.

    Args:
        answers: what it says of the rows.
        draws: by profile, what `resample` returned.
    """
    languages = answers.by_language()
    of_rows = {
        profile: {
            **figures_by_group(given, answers.closure, answers.rows, answers.taxonomy, answers.order),
            "by_length": _by_length(answers, profile),
        }
        for profile, given in answers.predicted.items()
    }
    return {
        "figures": of_rows,
        "intervals": {profile: {name: s.as_figures() for name, s in found.items()} for profile, found in draws.items()},
        "reliability": {
            profile: {
                "all": reliability(answers, profile),
                **{lang: reliability(some, profile) for lang, some in languages.items()},
            }
            for profile in answers.predicted
        },
        "risk_coverage": {
            "all": risk_coverage(answers, DEFAULT),
            **{lang: risk_coverage(some, DEFAULT) for lang, some in languages.items()},
        },
        "confusion": confusion(answers.predicted[DEFAULT], answers.gold, answers.taxonomy),
        "by_tag": by_tag(answers.predicted, answers.gold, answers.taxonomy),
    }


def _by_length(answers: Answers, profile: str) -> dict[str, Any]:
    """Figures by the number of words, or of Chinese characters."""
    texts = [row["text"] for row in answers.rows]
    n_tokens = np.bincount(tokenize(texts).doc, minlength=len(texts))
    out = {}
    for low, high in zip((0, *LENGTHS), (*LENGTHS, math.inf), strict=True):
        at = np.flatnonzero((n_tokens >= low) & (n_tokens < high)).tolist()
        name = f"under {high}" if not low else f"{low} or more" if high == math.inf else f"{low} to {high - 1}"
        if len(at) >= LEAST_GROUP:
            some = answers.of(at)
            out[name] = figures(some.predicted[profile], some.gold, some.taxonomy, some.closure, some.order)
    return out


def _failures(model: Model, answers: Answers, cases: Sequence[Case] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"firm_names": firm_names(model, answers.rows, answers.predicted[DEFAULT], DEFAULT)}
    if cases is not None:
        found["contrast"] = judge(cases, tags_of(model, [case["text"] for case in cases]), model.taxonomy)
    return found


def _about(subject: Subject) -> dict[str, Any]:
    """What the manifest says, in the order of a reader's questions."""
    model, manifest = subject.model, subject.model.manifest
    return {
        "identity": model.identity,
        "created": manifest["created"],
        "package_version": manifest["package_version"],
        "taxonomy": manifest["taxonomy"],
        "encoder": model.encoder is not None,
        "files": manifest["files"],
        "base": manifest.get("base"),
        "training": manifest["training"],
        "settings": manifest["settings"],
        "when_made": manifest["figures"],
        "size": subject.size,
        "size_in_all": subject.size_in_all,
    }


def _names(subjects: Sequence[Subject]) -> list[str]:
    """Name and version of each; the identity too where two would be called the same."""
    plain = [f"{s.model.manifest['name']} {s.model.version}" for s in subjects]
    return [s.model.identity if plain.count(name) > 1 else name for name, s in zip(plain, subjects, strict=True)]
