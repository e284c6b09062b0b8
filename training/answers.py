"""What a model says of annotated rows, for all profiles from one reading; and of single texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..classifier.decision import choose
from ..classifier.model import PROFILES
from ..classifier.rank import Probabilities
from ..classifier.readable import unreadable
from ..classifier.tagger import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..classifier import Model
    from ..taxonomy import Taxonomy
    from .rows import Row

BATCH = 64


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says of annotated rows.

    Attributes:
        rows: n annotated rows.
        taxonomy: of their tags.
        order: ids of the columns of `closure`.
        predicted: by profile, the tags given to each row, the primary one first.
        closure: (n, tags) stated probabilities that each tag or one below it applies.
    """

    rows: Sequence[Row]
    taxonomy: Taxonomy
    order: tuple[str, ...]
    predicted: Mapping[str, Sequence[Sequence[str]]]
    closure: NDArray[np.float32]

    @property
    def gold(self) -> list[list[str]]:
        """The tags that annotators gave."""
        return [row["tags"] for row in self.rows]

    def of(self, chosen: Sequence[int]) -> Answers:
        """Those of some of the rows."""
        predicted = {profile: [given[i] for i in chosen] for profile, given in self.predicted.items()}
        return Answers([self.rows[i] for i in chosen], self.taxonomy, self.order, predicted, self.closure[list(chosen)])

    def by_language(self) -> dict[str, Answers]:
        """Those of each language, in alphabetical order."""
        return {
            lang: self.of([i for i, row in enumerate(self.rows) if row["lang"] == lang])
            for lang in sorted({row["lang"] for row in self.rows})
        }


def answer(model: Model, rows: Sequence[Row], tell: Callable[[int], None] = lambda done: None) -> Answers:
    """What a model says of rows, by their texts alone.

    The tags are those that `Tagger.tag` gives, which would read the texts anew for every profile.

    Args:
        model: what to ask.
        rows: annotated rows of its taxonomy.
        tell: is told how many rows have been read.
    """
    texts = [row["text"] for row in rows]
    made = _read(model, texts, tell)
    predicted = {profile: _decide(model, made, texts, profile) for profile in PROFILES}
    return Answers(rows, model.taxonomy, tuple(model.tags), predicted, made.closure)


def tags_of(model: Model, texts: Sequence[str], profile: str = "balanced") -> list[list[str]]:
    """The tags of each text, the primary one first."""
    return _decide(model, _read(model, texts, lambda done: None), texts, profile)


def _read(model: Model, texts: Sequence[str], tell: Callable[[int], None]) -> Probabilities:
    parts = []
    for low in range(0, len(texts), BATCH):
        # What cannot be read is not, as in `Tagger`.
        batch = ["" if unreadable(t) else t[:LONGEST] for t in texts[low : low + BATCH]]
        parts.append(model.score(batch).probabilities)
        tell(low + len(batch))
    if not parts:
        none = np.zeros((0, len(model.tags)), dtype=np.float32)
        return Probabilities(none, none, none)
    return Probabilities(*(np.concatenate([getattr(p, kind) for p in parts]) for kind in ("exact", "closure", "primary")))


def _decide(model: Model, made: Probabilities, texts: Sequence[str], profile: str) -> list[list[str]]:
    at = PROFILES.index(profile)
    given = choose(made, model.thresholds[at], model.backoffs[at], model.layout)
    return [[] if unreadable(text) else [model.tags[tag] for tag, _ in tags] for text, tags in zip(texts, given, strict=True)]
