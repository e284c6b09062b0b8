"""`Tagger`: texts in, taggings out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from techtags._version import __version__

from .beside import LEAST_WORDS, beside
from .decision import Choice, decide
from .evidence import Explainer
from .fusion import fuse, view
from .labels import DesignationMatcher
from .model import PROFILES, Model
from .rank import Probabilities
from .readable import unreadable
from .result import COARSE, NONE, TAGGED, UNREADABLE, Assignment, Candidate, LeftOut, Tagging, Versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from ..taxonomy import Crosswalk, Taxonomy
    from .labels import Designation

BATCH = 1024
MOST_CHARACTERS = 400_000  # of a batch: its memory grows with them
LONGEST = 20_000  # characters; what comes after does not change what a text is about


class Tagger:
    """Applies the standard to texts.

    >>> from techtags import Tagger
    >>> Tagger.load().tag(["A maker of perovskite solar modules"])[0].primary
    'photovoltaics'

    Args:
        model: the trained model.
        profile: ``balanced``, ``precision`` or ``recall``: which of the model's thresholds apply.
        evidence: whether results say which words spoke for each tag.
        candidates: how many tags that were considered and not given to report.
        scheme: the crosswalk of the scheme that labels come from, or its id, if it is known.
        mapping: a crosswalk of the user's own for labels, which comes before everything.

    Raises:
        ValueError: an unknown profile.
    """

    def __init__(
        self,
        model: Model,
        *,
        profile: str = "balanced",
        evidence: bool = True,
        candidates: int = 3,
        scheme: Crosswalk | str | None = None,
        mapping: Crosswalk | None = None,
    ) -> None:
        if profile not in PROFILES:
            raise ValueError(f"unknown profile {profile!r}; there are {', '.join(PROFILES)}")
        self.model = model
        self.profile = profile
        self.evidence = evidence
        self.n_candidates = candidates
        self.versions = Versions(model.taxonomy.version, model.identity, __version__)
        self.labels = DesignationMatcher(model.taxonomy, self, scheme=scheme, mapping=mapping)
        self._position = {t: i for i, t in enumerate(model.tags)}

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        *,
        taxonomy: Taxonomy | None = None,
        profile: str = "balanced",
        evidence: bool = True,
        candidates: int = 3,
        scheme: Crosswalk | str | None = None,
        mapping: Crosswalk | None = None,
    ) -> Tagger:
        """A tagger with the model in the folder `path`, by default the one that comes with the package.

        Raises:
            ModelError: the model is missing, damaged, or made for another release of the taxonomy.
        """
        made = Model.load(path, taxonomy)
        return cls(made, profile=profile, evidence=evidence, candidates=candidates, scheme=scheme, mapping=mapping)

    @property
    def taxonomy(self) -> Taxonomy:
        """The release whose tags are given."""
        return self.model.taxonomy

    @property
    def tags(self) -> tuple[str, ...]:
        """Ids of all tags, in the order of the columns of `predict_proba`."""
        return self.model.tags

    def tag(self, texts: Iterable[str], labels: Sequence[Sequence[str]] | None = None) -> list[Tagging]:
        """Tag texts.

        Args:
            texts: descriptions in English, Chinese or both; None counts as empty.
            labels: for each text the source's own labels, if there are any.

        Returns:
            one `Tagging` a text, in order.

        Raises:
            TypeError: `texts`, or the labels of a text, are one string, or a text is no string.
            ValueError: there are not as many labels as texts.
        """
        texts = _strings(texts)
        if labels is not None and len(labels) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(labels)} lists of labels; give one list a text")
        for i, given in enumerate(labels or ()):
            if isinstance(given, str) or given is None:
                what = "None" if given is None else "one string"
                raise TypeError(f"labels of text {i} are {what}; give a list of labels a text")
            for label in given:
                if label is not None and not isinstance(label, str):
                    raise TypeError(f"a label of text {i} is {type(label).__name__}, not a string")
        out: list[Tagging] = []
        for low, high in _batches(texts):
            out += self._batch(texts[low:high], labels[low:high] if labels is not None else [()] * (high - low))
        return out

    def predict_proba(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """Calibrated probabilities that each tag, or one below it, applies.

        Returns:
            (n_texts, n_tags), columns in the order of `tags`.
        """
        texts = _strings(texts)
        parts = [self.model.score(_cut(texts[low:high])).probabilities.closure for low, high in _batches(texts)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.tags)), dtype=np.float32)

    def tag_frame(
        self, frame: pd.DataFrame, text: str | Sequence[str], label: str | Sequence[str] = (), *, lang: str = "en"
    ) -> pd.DataFrame:
        """A copy of a pandas data frame with the columns that `techtags tag` appends.

        Args:
            frame: the table; missing texts count as empty.
            text: the column, or columns, with descriptions.
            label: the column, or columns, with the source's own labels.
            lang: language of `tt_names`.

        Raises:
            KeyError: a column is not there.
            ValueError: the frame already has such columns, or several called as one that is asked for.
        """
        from .columns import COLUMNS, cells

        text_columns = list(text) if isinstance(text, (list, tuple)) else [text]
        label_columns = list(label) if isinstance(label, (list, tuple)) else [label]
        for column in (*text_columns, *label_columns):
            if column not in frame.columns:
                raise KeyError(f"no column {column!r}; there are {', '.join(map(str, frame.columns))}")
            if list(frame.columns).count(column) > 1:
                raise ValueError(f"several columns are called {column!r}; rename all but one")
        taken = [c for c in COLUMNS if c in frame.columns]
        if taken:
            raise ValueError(f"the frame already has {', '.join(taken)}; drop them first")
        texts = join_texts([[_value(v) for v in frame[c]] for c in text_columns])
        labels = [list(row) for row in zip(*([_value(v) for v in frame[c]] for c in label_columns), strict=True)]
        taggings = self.tag(texts, labels or None)
        rows = [cells(t, self.taxonomy, lang) for t in taggings]
        return frame.assign(**{c: [row[i] for row in rows] for i, c in enumerate(COLUMNS)})

    def map_batch(
        self,
        batch: Mapping[str, Any],
        text: str | Sequence[str] = "description",
        label: str | Sequence[str] = (),
        *,
        lang: str = "en",
    ) -> dict[str, list[str]]:
        """The columns that `techtags tag` appends to a batch of columns.

        It is what `map` of Hugging Face datasets calls: ``dataset.map(tagger.map_batch, batched=True)``, other columns than
        `description` with ``fn_kwargs={"text": "about"}``.

        Args:
            batch: columns by name, equally long; None counts as empty.
            text: the column, or columns, with descriptions.
            label: the column, or columns, with the source's own labels.
            lang: language of `tt_names`.

        Raises:
            KeyError: a column is not there.
            TypeError: a column holds something that is not text.
            ValueError: the batch already has such columns.
        """
        from .columns import COLUMNS, cells

        text_columns, label_columns = ([given] if isinstance(given, str) else list(given) for given in (text, label))
        taken = [c for c in COLUMNS if c in batch]
        if taken:
            raise ValueError(f"the batch already has {', '.join(taken)}; drop them first")
        columns: dict[str, list[str]] = {}
        for column in (*text_columns, *label_columns):
            if column not in batch:
                raise KeyError(f"no column {column!r}; there are {', '.join(map(str, batch))}")
            strange = next((v for v in batch[column] if _value(v) and not isinstance(v, str)), None)
            if strange is not None:
                raise TypeError(f"column {column!r} holds {type(strange).__name__}, not text; name another column")
            columns[column] = [_value(v) for v in batch[column]]
        texts = join_texts([columns[c] for c in text_columns])
        labels = [list(row) for row in zip(*(columns[c] for c in label_columns), strict=True)]
        rows = [cells(t, self.taxonomy, lang) for t in self.tag(texts, labels or None)]
        return {c: [row[i] for row in rows] for i, c in enumerate(COLUMNS)}

    def _batch(self, texts: Sequence[str], labels: Sequence[Sequence[str]]) -> Iterator[Tagging]:
        # Equal texts are read once, equal pairs of text and labels tagged once.
        index: dict[str, int] = {}
        for text in texts:
            index.setdefault(text, len(index))
        distinct = list(index)
        readable = [not unreadable(t) for t in distinct]
        shown = _cut([t if ok else "" for t, ok in zip(distinct, readable, strict=True)])
        scores = self.model.score(shown)
        pairs = [(index[t], tuple(x for x in given if x and x.strip())) for t, given in zip(texts, labels, strict=True)]
        made: dict[tuple[int, tuple[str, ...]], Tagging | None] = dict.fromkeys(pairs)
        designations = self._designations([given for _, given in made])
        doc = np.fromiter((at for at, _ in made), dtype=np.int64, count=len(made))
        by_row = scores.probabilities
        if len(made) != len(distinct):  # texts that stand with several labels
            by_row = by_row[doc]
        # A text of a few words says too little to speak against a label.
        speaks = (np.bincount(scores.tokens.doc, minlength=len(shown)) >= LEAST_WORDS)[doc]
        fused, choices = self._choose(by_row, designations, speaks)
        explainer = Explainer(shown, scores, self.model) if self.evidence else None
        for row, (at, given) in enumerate(made):
            tags = self._assignments(choices[row], fused.closure[row], explainer, at) if readable[at] else ()
            label_tags: tuple[str, ...] = ()
            flags: tuple[str, ...] = ()
            if designations[row]:
                closure = fused.closure[row]
                together = beside(
                    tags, designations[row], self.taxonomy, readable=readable[at],
                    speaks=bool(speaks[row]),
                    probability=lambda t, closure=closure: float(closure[self._position[t]]),  # type: ignore[misc]
                )  # fmt: skip
                tags, label_tags, flags = together.tags, together.label_tags, together.flags
            found = scores.scopes.of(at) if self.evidence and scores.scopes is not None else ()
            left_out = tuple(LeftOut(*one) for one in found)
            made[at, given] = self._tagging(tags, choices[row], readable[at], given, label_tags, flags, left_out)
        for pair in pairs:
            result = made[pair]
            assert result is not None
            yield result

    def _designations(self, labels: Sequence[tuple[str, ...]]) -> list[list[Designation]]:
        """What the labels of each row stand for."""
        cells = [cell for given in labels for cell in given]
        found = iter(self.labels.match_all(cells) if cells else ())
        return [[next(found) for _ in given] for given in labels]

    def _choose(
        self, made: Probabilities, designations: Sequence[list[Designation]], speaks: NDArray[np.bool_]
    ) -> tuple[Probabilities, list[Choice]]:
        """Probabilities in the light of the labels, and what is decided by them."""
        model, at = self.model, PROFILES.index(self.profile)
        choices = decide(made, model.thresholds[at], model.backoffs[at], model.layout, self.n_candidates)
        fusion = model.fusion
        views = {i: view(found, self._position) for i, found in enumerate(designations) if found}
        rows = np.array([i for i, v in views.items() if v.says_something], dtype=np.int64)
        if fusion is None or not len(rows):
            return made, choices
        part = fuse(made[rows], [views[i] for i in rows.tolist()], fusion.weights, fusion.lift, model.layout)
        whole = Probabilities(made.exact.copy(), made.closure.copy(), made.primary.copy())
        whole.exact[rows], whole.closure[rows], whole.primary[rows] = part.exact, part.closure, part.primary
        decided = decide(part, fusion.thresholds[at], fusion.backoffs[at], model.layout, self.n_candidates)
        for i, choice in zip(rows.tolist(), decided, strict=True):
            if choice.given or not choices[i].given or not speaks[i]:
                choices[i] = choice
            else:
                # A label does not silence a text: what contradicts it stays, and is flagged.
                for now, before in ((whole.exact, made.exact), (whole.closure, made.closure), (whole.primary, made.primary)):
                    now[i] = before[i]
        return whole, choices

    def _assignments(
        self, choice: Choice, closure: NDArray[np.float32], explainer: Explainer | None, doc: int
    ) -> tuple[Assignment, ...]:
        out = []
        for tag, finer in choice.given:
            column = int(self.model.layout.closure_column[tag]) if finer is not None else tag
            spans = explainer.spans(doc, column, tag) if explainer else ()
            backed_off_from = self.tags[finer] if finer is not None else None
            out.append(Assignment(self.tags[tag], float(closure[tag]), "text", backed_off_from, spans))
        return tuple(out)

    def _tagging(
        self,
        tags: tuple[Assignment, ...],
        choice: Choice,
        readable: bool,
        labels: tuple[str, ...],
        label_tags: tuple[str, ...],
        flags: tuple[str, ...],
        left_out: tuple[LeftOut, ...],
    ) -> Tagging:
        if not tags:
            status = NONE if readable else UNREADABLE
        else:
            status = COARSE if all(self.taxonomy[t.id].level == 1 for t in tags) else TAGGED
        given = {t.id for t in tags}
        considered = (Candidate(self.tags[t], p, need) for t, p, need in choice.considered) if readable else ()
        candidates = tuple(c for c in considered if c.id not in given)
        return Tagging(status, tags, candidates, labels, self.versions, label_tags, flags, left_out)


def join_texts(columns: Sequence[Sequence[str]]) -> list[str]:
    """One text a row, from the cells of several columns; empty cells are left out."""
    return ["\n".join(cell for cell in row if cell.strip()) for row in zip(*columns, strict=True)]


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        missing = bool(value != value)  # NaN is not equal to itself
    except TypeError:
        missing = True  # pandas.NA is neither equal nor unequal
    return "" if missing else str(value)


def _strings(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("give a list of texts, not one string")
    out = ["" if t is None else t for t in texts]
    for i, text in enumerate(out):
        if not isinstance(text, str):
            raise TypeError(f"text {i} is {type(text).__name__}, not a string")
    return out


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Bounds of runs of texts that are worked on at once: so many texts, and so many characters, at most."""
    low = size = 0
    for at, text in enumerate(texts):
        size += min(len(text), LONGEST)
        if at > low and (at - low >= BATCH or size > MOST_CHARACTERS):
            yield low, at
            low, size = at, min(len(text), LONGEST)
    if low < len(texts):
        yield low, len(texts)


def _cut(texts: Sequence[str]) -> list[str]:
    return [t if len(t) <= LONGEST else t[:LONGEST] for t in texts]
