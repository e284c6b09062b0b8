"""Stretches of a text that name a technology without claiming it: what is denied, given up, someone else's, or a boast.

The method is that of ConText (Harkema, Dowling, Thornblade and Chapman, 2009), which widens NegEx (Chapman, Bridewell, Hanbury,
Cooper and Buchanan, 2001) from negation to time and to whose the thing is: a *cue* opens a *scope*, which runs forward or
backward to a word or a mark that ends it.  Clinical texts allow cues such as "no"; descriptions of firms, grants and patents do
not ("no-code", "without catalysts", "current batteries do not last"), so a cue here is a verb of doing business that is
denied or ended, with the one who does it for a subject, or a phrase that says whose the thing is.  A ban is no denial: what
is banned is regulated, and so is what the text is about.

Cues are found by the hashes of their first words, as aliases are; only texts that hold one are looked at further.  The cues are
data, in ``data/context.tsv``; its columns are described there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from .features import PhraseTable
from .text import Tokens, fold_text, phrases_at, whole_phrases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

NEGATED, ENDED, OTHER, BOAST, EXCLUDED = KINDS = ("negated", "ended", "other", "boast", "excluded")
DIRECTIONS = ("forward", "inside", "backward")
SUBJECTS = ("subject", "firm", "noun")
LANGUAGES = ("en", "zh")
LONGEST_TRIGGER = 6  # tokens
# How far before the sentence of a cue the one who acts may be named, in characters.
NEARBY = 250
# No scope is longer than this; a cue whose scope finds no end is read wrongly.
LONGEST_SCOPE = {"en": 220, "zh": 70}
# A scope over a list goes on past a comma, where the list is closed by "or", "nor" or "and".
MOST_ITEMS, LONGEST_ITEM = 8, 60


class ContextError(ValueError):
    """The table of cues is wrong; the message says in which line."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One line of the table of cues.

    Attributes:
        name: of the cue, for explanations.
        kind: what a text in its scope is; one of `KINDS`.
        lang: language.
        direction: whether its scope is what follows the pattern, the pattern's group ``scope``, or that of `before`.
        triggers: phrases with which the pattern begins.
        pattern: regular expression on the folded text, matched where a trigger stands.
        before: regular expression that must match the end of what stands before the trigger in its sentence.
        needs: ``subject`` (one who does business must be the grammatical subject), ``firm`` ("it" must besides stand for a named
            one), ``noun`` (the subject must be a word such as "company", or "we"), or a regular expression that must be found
            in the sentence or shortly before it; empty for nothing.
        unless: regular expression that must not be found from the trigger to the end of the scope.
        unless_sentence: regular expression that must not be found in the sentence.
    """

    name: str
    kind: str
    lang: str
    direction: str
    triggers: tuple[str, ...]
    pattern: str
    before: str
    needs: str
    unless: str
    unless_sentence: str


@dataclass(frozen=True, slots=True)
class Scopes:
    """Stretches of the texts of a batch that are left out of the features: parallel arrays, by text and place.

    Attributes:
        doc: (n,) which text.
        start, end: (n,) character offsets in it.
        cue: (n,) which of `cues` opened the scope.
        cues: the cues.
    """

    doc: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    cue: NDArray[np.int64]
    cues: tuple[Cue, ...] = field(repr=False)

    def of(self, doc: int) -> list[tuple[int, int, str, str]]:
        """The scopes of one text as (start, end, kind, name of the cue); scopes of different cues may overlap."""
        low, high = np.searchsorted(self.doc, [doc, doc + 1]).tolist()
        named = [self.cues[c] for c in self.cue[low:high].tolist()]
        places = zip(self.start[low:high].tolist(), self.end[low:high].tolist(), named, strict=True)
        return [(start, end, cue.kind, cue.name) for start, end, cue in places]

    def covered(self, tokens: Tokens) -> NDArray[np.bool_]:
        """(n,) for each token of the batch, whether it stands in a scope."""
        out = np.zeros(len(tokens.hashes), dtype=bool)
        bounds = np.searchsorted(tokens.doc, np.stack([self.doc, self.doc + 1]))
        for low, high, start, end in zip(*bounds.tolist(), self.start.tolist(), self.end.tolist(), strict=True):
            first = low + int(np.searchsorted(tokens.start[low:high], start))
            out[first : low + int(np.searchsorted(tokens.end[low:high], end, side="right"))] = True
        return out

    def leave_out(self, tokens: Tokens) -> Tokens:
        """The tokens that stand in no scope; no phrase runs across what was left out, and places stay those in the texts."""
        if not len(self.doc):
            return tokens
        keep = ~self.covered(tokens)
        joined = tokens.joined.copy()
        joined[:-1] &= keep[1:]
        return Tokens(
            tokens.doc[keep], tokens.start[keep], tokens.end[keep], tokens.hashes[keep], tokens.han[keep], joined[keep],
            tokens.n_docs,
        )  # fmt: skip


# Marks that may end a sentence in folded text (full-width marks are folded to ASCII).  A full stop does so at the end, or before
# a space or a Chinese character; not after an abbreviation, as in "Co., Ltd. makes", and not in "3.5".
_MARK = re.compile(r"[.!?。\n]")
_ABBREVIATED = re.compile(r"\b(?:ltd|inc|co|corp|bros|no|vs|e\.g|i\.e|u\.s|dr|mr|st)$")
_NEW_SENTENCE = re.compile(r"\s+(?:the|it|its|we|our|in|this|they|he|she) ")
# Where a table of cues says nothing of it (lists `stop_en`, `stop_zh` and `next_clause`).
_STOP = r"[,;:()]"
_OTHERS = r"\b(?:other|another|many|most|every|each|no|any|some|few|if (?:a|the|your)|your|typical) {actor} ?$"
_NAMED = re.compile(r"\{([a-z_]+)\}")
_LIST_END = re.compile(r"(?:^|\s)(?:and|or|nor)\b")


class ContextFinder:
    """Finds scopes in batches of texts.

    Args:
        cues: the cues, in the order in which they are numbered.
        words: lists of words that patterns name in braces.
    """

    def __init__(self, cues: Sequence[Cue], words: dict[str, str]) -> None:
        self.cues = tuple(cues)
        self._words = words
        self._compiled: dict[str, re.Pattern[str]] = {}
        triggers = list(dict.fromkeys(t for cue in self.cues for t in cue.triggers))
        hashes, lengths = whole_phrases(triggers, LONGEST_TRIGGER)
        for trigger, length in zip(triggers, lengths.tolist(), strict=True):
            if not length:
                raise ContextError(f"the trigger {trigger!r} is no phrase of 1 to {LONGEST_TRIGGER} words or characters")
        keys = np.unique(hashes)
        self._table = PhraseTable(keys)
        at = {t: int(k) for t, k in zip(triggers, np.searchsorted(keys, hashes), strict=True)}
        self._by_trigger: list[list[int]] = [[] for _ in keys]
        for i, cue in enumerate(self.cues):
            for key in dict.fromkeys(at[t] for t in cue.triggers):
                self._by_trigger[key].append(i)
        heads, _ = whole_phrases([_first_token(t) for t in triggers], 1)
        self._heads = PhraseTable(np.unique(heads))
        self._stops = {lang: self._re(words.get(f"stop_{lang}", _STOP)) for lang in LANGUAGES}
        self._next_clause = self._re(words.get("next_clause", "(?!)"))

    def find(self, texts: Sequence[str], tokens: Tokens) -> Scopes:
        """The scopes of a batch.

        Args:
            texts: the texts.
            tokens: of the texts.
        """
        at, trigger = self._triggered(tokens)
        found: list[tuple[int, int, int, int]] = []
        docs = tokens.doc[at]
        first = np.flatnonzero(np.diff(docs, prepend=-1))
        starts, ends = first.tolist(), np.append(first[1:], len(at)).tolist()[: len(first)]
        places, keys = tokens.start[at].tolist(), trigger.tolist()
        held = docs[first].tolist()
        for doc, folded, low, high in zip(held, _folded(texts, held), starts, ends, strict=True):
            page = _Page(texts[doc], folded)
            for k in range(low, high):
                for i in self._by_trigger[keys[k]]:
                    span = self._scope(self.cues[i], page, places[k])
                    if span is not None:
                        found.append((doc, *span, i))
        found.sort()
        columns = np.array(found, dtype=np.int64).reshape(-1, 4).T
        return Scopes(columns[0], columns[1], columns[2], columns[3], self.cues)

    def _triggered(self, tokens: Tokens) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where triggers stand: their first tokens, in order, and which they are."""
        candidates = np.flatnonzero(self._heads.find(tokens.hashes) >= 0)
        at, which = [], []
        for hashes, first in phrases_at(tokens, candidates, LONGEST_TRIGGER):
            ids = self._table.find(hashes)
            known = ids >= 0
            at.append(first[known])
            which.append(ids[known].astype(np.int64))
        firsts, triggers = np.concatenate(at), np.concatenate(which)
        order = np.argsort(firsts, kind="stable")
        return firsts[order], triggers[order]

    def _scope(self, cue: Cue, page: _Page, at: int) -> tuple[int, int] | None:
        """The scope that a cue opens where one of its triggers stands, as character offsets."""
        text = page.folded
        match = self._re(cue.pattern).match(text, at)
        if not match:
            return None
        low, high = page.sentence(at)
        if match.end() > high:
            return None
        start = end = -1
        if cue.before:
            head = self._re(f"(?:{cue.before})$").search(text, low, at)
            if not head:
                return None
            if cue.direction == "backward":
                start, end = head.span("scope")
        if cue.direction == "inside":
            start, end = match.span("scope")
        elif cue.direction == "forward":
            start = match.end()
            end = self._forward(cue.lang, text, start, high)
        if end <= start or end - start > LONGEST_SCOPE[cue.lang]:
            return None
        if cue.unless and self._re(cue.unless).search(text, start, max(end, match.end())):
            return None
        if cue.unless_sentence and self._re(cue.unless_sentence).search(text, low, high):
            return None
        if cue.needs and not self._has(cue.needs, page, low, at, high):
            return None
        return start, end

    def _forward(self, lang: str, text: str, start: int, high: int) -> int:
        """Where a scope that begins at `start` ends: at the first mark or word that ends it, lists taken whole."""
        stop = self._stops[lang].search(text, start, high)
        end = stop.start() if stop else high
        if lang == "en" and stop and stop.group() == ",":
            items, place = [], end
            for _ in range(MOST_ITEMS):
                if place >= high or text[place] != "," or self._next_clause.match(text, place + 1, high):
                    break
                nearest = self._stops[lang].search(text, place + 1, high)
                place, item = (nearest.start() if nearest else high), place + 1
                if place - item > LONGEST_ITEM:
                    break
                items.append(place)
                if _LIST_END.search(text, item, place):
                    return items[-1]
        return end

    def _has(self, needs: str, page: _Page, low: int, at: int, high: int) -> bool:
        """Whether what a cue needs is there."""
        text = page.folded
        if needs not in SUBJECTS:
            return bool(self._re(needs).search(text, max(0, low - NEARBY), high))
        head = text[low:at]
        auxiliary = self._re(r"(?:\b(?:is|are|was|were|has|have|had|having|after|been|and|or|but|{adverb}),? )+$").search(head)
        elided = bool(auxiliary and re.search(r"\b(?:and|or|but)\b", auxiliary.group()))
        stop = low + (auxiliary.start() if auxiliary else len(head))
        if self._re(r"\b(?:{actor}|we|our team)(?: \([^()]*\)|, [^,]{1,60},)? ?$").search(text, low, stop):
            # "Most companies" and "every firm" are others.
            return not self._re(_OTHERS).search(text, low, stop)
        if needs == "noun":
            return False
        shown = re.sub(r",[^,]{1,60},$", "", page.text[low:stop].rstrip())
        last = shown.rsplit(maxsplit=1)[-1] if shown else ""
        if last[:1].isupper() and not last.isupper():
            # "Batteries do not", at the beginning of a sentence, is no name; a word in capitals is as often a device.
            return last != shown or text.startswith(("does", "did", "has", "is", "was"), at)
        if last.lower() == "it" and needs == "subject":
            return True
        if last.lower() in ("that", "which", "who"):
            return bool(self._re(r"\b{actor},? \w+ ?$").search(text, low, stop))
        if elided or last.lower() in ("", "it", "they"):
            # The one who acts is named earlier in the sentence, or, for a pronoun or none at all, nearby.
            near = (low, stop) if elided and last else (max(0, low - NEARBY), at if shown else high)
            return bool(self._re(r"\b{actor}\b").search(text, *near))
        return False

    def _re(self, pattern: str) -> re.Pattern[str]:
        # Compiled when it is first wanted: most runs want few of them.
        if pattern not in self._compiled:
            self._compiled[pattern] = re.compile(expand(pattern, self._words))
        return self._compiled[pattern]


class _Page:
    """One text, folded, with the bounds of its sentences."""

    def __init__(self, text: str, folded: str) -> None:
        self.text, self.folded = text, folded
        self._ends: list[int] | None = None

    def sentence(self, at: int) -> tuple[int, int]:
        """Bounds of the sentence in which a place lies; the mark at its end is outside."""
        if self._ends is None:
            self._ends = [m.start() for m in _MARK.finditer(self.folded) if self._is_end(m.start())]
        ends = self._ends
        before, after = bisect_right(ends, at) - 1, bisect_left(ends, at)
        low = ends[before] + 1 if before >= 0 else 0
        while low < at and self.folded[low] in " \t\"'”":
            low += 1
        return low, ends[after] if after < len(ends) else len(self.folded)

    def _is_end(self, at: int) -> bool:
        text = self.folded
        if text[at] != ".":
            return True
        following = text[at + 1 : at + 2]
        if following.isascii() and following.strip(" \t\"')]"):
            # "activities.The projects" and "鱼.本文", but not "3.5" and "Web3.0".
            glued = self.text[at - 2 : at].islower() and self.text[at + 1].isupper() and self.text[at + 2 : at + 3].islower()
            return glued or not (text[at - 1 : at].isascii() or following.isdigit())
        return not _ABBREVIATED.search(text, max(0, at - 5), at) or bool(_NEW_SENTENCE.match(text, at + 1))


def _folded(texts: Sequence[str], docs: Sequence[int]) -> Iterator[str]:
    """The folded forms of some texts, folded together."""
    whole = fold_text("".join(texts[d] for d in docs))
    place = 0
    for doc in docs:
        yield whole[place : place + len(texts[doc])]
        place += len(texts[doc])


def _first_token(phrase: str) -> str:
    """The first word or Chinese character of a phrase."""
    word = phrase.split()[0]
    return word if word.isascii() else word[0]


def expand(pattern: str, words: dict[str, str]) -> str:
    """A pattern with the lists of words that it names in braces put in.

    Raises:
        ContextError: there is no such list.
    """
    for _ in range(3):  # lists may name lists
        unknown = [name for name in _NAMED.findall(pattern) if name not in words]
        if unknown:
            raise ContextError(f"no list of words is called {unknown[0]}: {pattern}")
        wider = _NAMED.sub(lambda m: f"(?:{words[m[1]]})", pattern)
        if wider == pattern:
            break
        pattern = wider
    return pattern


def read_cues(text: str) -> tuple[list[Cue], dict[str, str]]:
    """The cues and the lists of words of a table of cues.

    Raises:
        ContextError: a line is wrong.
    """
    cues: list[Cue] = []
    words: dict[str, str] = {}
    names: set[str] = set()
    lines = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip() and not line.startswith("#")]
    for n, line in lines[1:]:  # the first line that is no comment names the columns
        name, *columns = line.split("\t")
        if len(columns) < 5:
            raise ContextError(f"line {n}: {name} has too few columns")
        kind, lang, direction, triggers, pattern, *more = columns
        if name in names:
            raise ContextError(f"line {n}: {name} stands twice")
        names.add(name)
        if kind == "words":
            words[name] = pattern
            continue
        before, needs, unless, unless_sentence = (more + [""] * 4)[:4]
        if kind not in KINDS or lang not in LANGUAGES or direction not in DIRECTIONS or not triggers or len(more) > 4:
            raise ContextError(f"line {n}: {name}: an unknown kind, language or direction, no trigger, or too many columns")
        given = tuple(triggers.split("|"))
        cues.append(Cue(name, kind, lang, direction, given, pattern, before, needs, unless, unless_sentence))
    return cues, words


@lru_cache(maxsize=1)
def default_finder() -> ContextFinder:
    """The finder with the cues that are shipped."""
    table = (files(__package__) / "data" / "context.tsv").read_text(encoding="utf-8")
    return ContextFinder(*read_cues(table))
