"""The source's own labels: what each designation stands for, how that was found, and how sure it is.

A designation is looked up, in this order, in the user's own mapping, in the scheme that the user names, as a code that can be
nothing else, among the curated free-text designations, among the names of the taxonomy, and among the names of the shipped
schemes.  Where the whole is not known its parts are; where they are not either, the name at its end (``commercial drones``)
is, if the models agree that the short text is about that; and last what the model of texts and the reader of names (`names`)
say of it together.  Nothing here is meant to be finer than what the designation says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from ..taxonomy import Crosswalk, CrosswalkError, crosswalks
from ..taxonomy.codes import chain, has_grammar, looks_like_patent_class
from .names import shipped
from .splitting import either, firm_list, labels_of, listed, plain, steps, variants

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..taxonomy import Resolution, Taxonomy
    from .names import Names

FREE_TEXT = "designations"  # the crosswalk of free-text designations
PLACED, COARSE_SET, NO_TECHNOLOGY, UNPLACED = "placed", "coarse", "none", "unplaced"
MAPPING, CODE, CURATED, ALIAS, HEAD, LEARNED = "mapping", "code", "curated", "alias", "head", "learned"

# Names of these schemes stand in tables without the scheme's being named; codes, and lists whose names mean something only
# inside the list ("Air", "Materials"), are asked for with --scheme.
NAMED = (
    "sei-2018", "sei-2016", "sei-2010", "made-in-china-2025", "fyp14", "fyp15", "new-infrastructure", "future-industries-2024",
    "sti-2030", "crunchbase-groups", "yc", "techstars", "pitchbook-verticals", "itjuzi", "zero2ipo", "shenwan-2021", "gics",
    "iea-policies", "gbt-4754-2017", "isic-4", "nace-2", "naics-2022", "openalex", "arxiv", "anzsrc-for-2020",
)  # fmt: skip

LEAST_HINT = 0.2
MOST_REMEMBERED = 100_000  # distinct cells

_NUMBERED = re.compile(r"\d{3}")
# What a model of names cannot read: what is left out, and what is not said.
_NEGATED = re.compile(
    r"^n/?a$|\b(?:not|without|except|excluding|excl|unclassified|unknown|unspecified|null|none|undisclosed|tbd)\b|"
    r"不含|除外|未分类|未知|未披露|不详|^无$",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(?:department|ministry|agency|administration|universit(?:y|ies)|institutes?|council|foundation|commission|bureau|office|"
    r"navy|army|air force|centers?|centres?|association|academy|laborator(?:y|ies)|college)\b|"
    r"(?:部|局|委员会|大学|学院|研究院|研究所|科学院|基金会?|协会|项目)$",
    re.IGNORECASE,
)

# How often a placement found so is right, measured on that half.
SURENESS = {MAPPING: 1.0, CODE: 0.99, CURATED: 0.97, ALIAS: 0.95, HEAD: 0.85}


@dataclass(frozen=True, slots=True)
class Floors:
    """What must be reached for a tag to be given.

    Attributes:
        head: by a tag that a name at the end of the designation has.
        domain: by a domain, which is the least that can be said.
        word: by a domain, if the designation is one word.
        finer: by a tag below a domain.
        more: by a tag of another domain beside the best one.
        part: by a tag that a part of the designation names ("drones & robotics").
        shortened: by a tag of the designation without a word like "software" or "new" at its ends.
        nothing: by any tag, for it to count more than that the designation without such a word names no technology.
    """

    head: float
    domain: float
    word: float
    finer: float
    more: float
    part: float
    shortened: float
    nothing: float


# Chosen on names that are held out from lists and models, and on the half of the designations' test that is there for choosing
# (`techtags evaluate-designations --half choose`).
BY_TEXT = Floors(
    head=0.3, domain=0.65, word=0.85, finer=0.85, more=2.0, part=0, shortened=0, nothing=0.85
)  # probabilities of short texts are poor: one tag at most
BY_NAMES = Floors(head=0.3, domain=0.5, word=0.55, finer=0.55, more=0.75, part=0.3, shortened=0.2, nothing=0.5)


class Reader(Protocol):
    """What reads short texts: closure probabilities (n, tags) and the order of their columns."""

    def predict_proba(self, texts: Iterable[str]) -> Any:
        """(n_texts, n_tags)."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Ids of the columns."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What one part of a designation stands for.

    Attributes:
        part: the part, as it was written.
        found: ``mapping``, ``code``, ``curated``, ``alias``, ``head``, ``learned``; empty if it was not placed.
        tags: ids; empty where the part names no technology of the standard, or is not known.
        relation: from the part to the tags: ``exact``, ``close``, ``broad``, ``narrow`` (a set of domains); empty without tags.
        sure: estimated probability that the placement is right, 0 to 1.
        source: the crosswalk and the code or name that decided, or ``techtags`` for a name of the taxonomy.
        hints: tags that the part may be about; they support what a text says.
    """

    part: str
    found: str
    tags: tuple[str, ...] = ()
    relation: str = ""
    sure: float = 0.0
    source: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Designation:
    """What a designation, with all its parts, stands for.

    Attributes:
        text: verbatim.
        status: ``placed``; ``coarse``, if it stands for a set of tags of which no single one is sure; ``none``, if it is known
            and names no technology; ``unplaced``.
        tags: ids.
        placements: its parts.
    """

    text: str
    status: str
    tags: tuple[str, ...]
    placements: tuple[Placement, ...]

    @property
    def relation(self) -> str:
        """The loosest relation among the parts that have tags; empty without any."""
        found = {p.relation for p in self.placements if p.tags}
        return next((r for r in ("narrow", "broad", "close", "exact") if r in found), "")

    @property
    def found(self) -> str:
        """How its parts were found, the least direct way first named; empty if none was."""
        ways = {p.found for p in self.placements if p.found}
        return next((w for w in (LEARNED, HEAD, ALIAS, CURATED, CODE, MAPPING) if w in ways), "")

    @property
    def sure(self) -> float:
        """Probability that all placed parts are placed right."""
        out = 1.0
        for p in self.placements:
            out *= p.sure if p.found else 1.0
        return out if self.found else 0.0

    @property
    def hints(self) -> tuple[str, ...]:
        """Tags that it may be about beside those that it stands for."""
        return tuple(dict.fromkeys(h for p in self.placements for h in p.hints if h not in self.tags))

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "designation": self.text, "status": self.status, "tags": list(self.tags), "relation": self.relation,
            "found": self.found, "sure": round(self.sure, 4), "hints": list(self.hints),
        }  # fmt: skip


class DesignationMatcher:
    """Places designations in the taxonomy.

    Args:
        taxonomy: the release whose tags are given.
        reader: a model that reads short texts; without one, nothing is placed by `head` or `learned`.
        scheme: the crosswalk that the labels come from, or its id, if that is known.
        mapping: the user's own crosswalk, which comes before everything.

    Raises:
        CrosswalkError: there is no such scheme, or a crosswalk names tags that are not in the release.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        reader: Reader | None = None,
        *,
        scheme: Crosswalk | str | None = None,
        mapping: Crosswalk | None = None,
    ) -> None:
        self._taxonomy = taxonomy
        self._reader = reader
        self._scheme = Crosswalk.load(scheme) if isinstance(scheme, str) else scheme
        for own in (self._scheme, mapping):
            strange = next((m for m in own.mappings if m.tag is not None and m.tag not in taxonomy), None) if own else None
            if own and strange:
                raise CrosswalkError(f"{own.scheme}: {strange.code}: there is no tag {strange.tag!r} in {taxonomy.version}")
        self._mapping = mapping
        self._seen: dict[str, Designation] = {}
        self._parts: dict[str, Placement | None] = {}
        self._read: dict[str, NDArray[np.float32]] = {}

    def match(self, cell: str) -> Designation:
        """What a cell stands for."""
        return self.match_all([cell])[0]

    def match_all(self, cells: Sequence[str]) -> list[Designation]:
        """What each cell stands for; the model reads all short texts that it is asked about at once."""
        if len(self._seen) > MOST_REMEMBERED:
            self._seen, self._parts, self._read = {}, {}, {}  # memory stays bounded whatever a table holds
        new = [c for c in dict.fromkeys(cells) if c not in self._seen]
        if new and self._reader is not None:
            wanted = [p for p in self._unknown(new) if p not in self._read]
            if wanted:
                self._read.update(zip(wanted, self._probabilities(self._reader, wanted), strict=True))
        for cell in new:
            self._seen[cell] = self._place(cell)
        return [self._seen[c] for c in cells]

    def _probabilities(self, reader: Reader, parts: list[str]) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = reader.predict_proba(parts)
        return rows if self._names is None else self._names.weigh(parts, rows, self._taxonomy)

    @cached_property
    def _names(self) -> Names | None:
        """The reader of names, if it knows the same tags as the reader of texts."""
        names = shipped()
        return names if names and names.tags == self._tags else None

    def _unknown(self, cells: Iterable[str]) -> list[str]:
        """The labels in the cells, and their parts, of which no list knows the whole."""
        parts = (p for cell in cells for label in labels_of(cell) for p in self._asked(label))
        return [p for p in dict.fromkeys(parts) if _readable(p)]

    def _asked(self, label: str) -> Iterable[str]:
        if self._known(label) is None:
            yield label
            for divide in (firm_list, steps, listed, either):
                parts = divide(label)
                if len(parts) > 1:
                    for part in parts:
                        yield from self._asked(part)
                    return

    def _place(self, cell: str) -> Designation:
        placements = [self._known_here(p) for label in labels_of(cell) for p in self._label(label)]
        if not placements and cell.strip():
            placements = [Placement(cell.strip(), "")]
        named = [t for p in placements for t in p.tags]
        # A list that names a class and its child means the child; a set of domains is refined by a finer part beside it.
        tags = tuple(t for t in self._taxonomy.most_specific(named) if t in self._taxonomy)
        if tags:
            kept = [p for p in placements if set(p.tags) & set(tags)]
            status = COARSE_SET if all(p.relation == "narrow" for p in kept) else PLACED
        else:
            status = NO_TECHNOLOGY if any(p.found for p in placements) else UNPLACED
        return Designation(cell, status, tags, tuple(placements))

    def _known_here(self, placement: Placement) -> Placement:
        """Without hints that a taxonomy of the user's own does not have."""
        if all(h in self._taxonomy for h in placement.hints):
            return placement
        return replace(placement, hints=tuple(h for h in placement.hints if h in self._taxonomy))

    def _label(self, label: str) -> list[Placement]:
        whole = self._known(label) or self._shortened(label)
        if whole:
            return [whole]
        for divide in (firm_list, steps, listed):
            parts = divide(label)
            if len(parts) > 1:
                return [p for part in parts for p in self._label(part)]
        parts = either(label)
        if len(parts) > 1:
            return self._either(label, parts)
        return [self._guessed(label)]

    def _either(self, label: str, parts: list[str]) -> list[Placement]:
        """One name for several things ("drones & robotics"): the class, where one holds the other; else each that is named."""
        found = [self._known(part) or self._shortened(part) for part in parts]
        placed = [p for p in found if p is not None]
        if not placed:
            return [self._guessed(label)]
        # Of a part that no list knows the models may know the domain, which the whole must not lose.
        placed += [p for p in (self._guessed(part) for part, f in zip(parts, found, strict=True) if f is None) if p.found]
        said = list(dict.fromkeys(self._supported(label, t) for p in placed for t in p.tags))
        widest = tuple(t for t in said if not set(self._taxonomy.ancestor_ids(t)) & set(said))
        tags = [t for p in placed for t in p.tags]
        hints = tuple(t for t in dict.fromkeys([*(h for p in placed for h in p.hints), *tags]) if t not in widest)
        first = placed[0]
        sure = min(p.sure for p in placed)
        if not widest:
            return [Placement(label, first.found, (), "", sure, first.source, hints)]
        one = len(widest) == 1 and all(found) and all(p.tags for p in placed)
        relation = ("close" if len(said) == 1 else "broad") if one else "narrow"
        if len(widest) == 1 and not one:
            # What is beside the known name may lie outside its tag; the name itself was said.
            relation = "broad"
        sources = "; ".join(dict.fromkeys(p.source for p in placed))
        return [Placement(label, first.found, widest, relation, sure, sources, hints)]

    def _supported(self, label: str, tag: str) -> str:
        """The tag that a part of a label names, or the one above it that the models find possible for the whole."""
        above = self._taxonomy.ancestor_ids(tag)
        low = self._floors.part
        return next((t for t in (tag, *above) if self._probability(label, t) >= low), above[-1] if above else tag)

    def _shortened(self, part: str) -> Placement | None:
        """What is known of a designation without words at its ends that may matter, if the models agree."""
        row = self._read.get(part)
        for variant in variants(plain(part)):
            placed = self._name(part, variant)
            if placed is None:
                continue
            if placed.tags and min(self._probability(part, t) for t in placed.tags) < self._floors.shortened:
                continue
            if not placed.tags and row is not None and row.max() >= self._floors.nothing:
                continue
            return replace(placed, relation="broad" if placed.relation == "exact" else placed.relation)
        return None

    @cached_property
    def _position(self) -> dict[str, int]:
        return {t: i for i, t in enumerate(self._tags)}

    @cached_property
    def _tags(self) -> tuple[str, ...]:
        return tuple(self._reader.tags) if self._reader else ()

    def _probability(self, part: str, tag: str) -> float:
        """What the models give a tag; 1 where none has read the part, or none knows the tag."""
        row, at = self._read.get(part), self._position.get(tag)
        return 1.0 if row is None or at is None else float(row[at])

    @property
    def _floors(self) -> Floors:
        return BY_TEXT if self._names is None else BY_NAMES

    def _known(self, part: str) -> Placement | None:
        if part not in self._parts:
            self._parts[part] = self._look_up(part)
        return self._parts[part]

    def _look_up(self, part: str) -> Placement | None:
        if self._mapping is not None:
            found = self._mapping.lookup(part)
            if found.status != "unknown":
                return _placement(part, found, MAPPING)
        if self._scheme is not None:
            found = self._scheme.lookup(part)
            if found.status != "unknown":
                return _placement(part, found, CURATED if found.found == "label" or self._scheme.by_name else CODE)
        coded = _coded(part)
        if coded is not None and all(t in self._taxonomy for t in coded.tags):
            return _placement(part, coded, CODE)
        form = plain(part)
        for i, variant in enumerate(variants(form, loose=False)):
            placed = self._name(part, variant)
            if placed:
                # With words left out the designation is at most as wide as what is left.
                return replace(placed, relation="broad" if placed.relation == "exact" else placed.relation) if i else placed
        return None

    def _name(self, part: str, form: str) -> Placement | None:
        free = self._free_text
        if free is not None and form in free:
            return replace(free[form], part=part)
        ids = self._aliases.get(form, ())
        if len(ids) == 1:
            return Placement(part, ALIAS, ids, "exact", SURENESS[ALIAS], "techtags")
        if len(ids) > 1:
            common = self._common(ids)
            if common:
                return Placement(part, ALIAS, (common,), "broad", SURENESS[ALIAS], "techtags", ids)
        named = self._schemes.get(form)
        return replace(named, part=part) if named else None

    def _common(self, ids: Sequence[str]) -> str | None:
        lines = [[*reversed(self._taxonomy.ancestor_ids(t)), t] for t in ids]
        shared = None
        for level in zip(*lines, strict=False):
            if len(set(level)) > 1:
                break
            shared = level[0]
        return shared

    @cached_property
    def _aliases(self) -> dict[str, tuple[str, ...]]:
        # A whole designation leaves a homonym less room than running text does, so names that need context count here too.
        out: dict[str, tuple[str, ...]] = {}
        for name, ids in self._taxonomy.names.items():
            out.setdefault(plain(name), ids)
        for name in list(out):
            if name[-1:] == "s" and name[-2:-1].isalpha() and len(name) > 3 and name.isascii():
                out.setdefault(name[:-1], out[name])
        return out

    @cached_property
    def _free_text(self) -> dict[str, Placement] | None:
        if FREE_TEXT not in crosswalks():
            return None
        return _by_name(Crosswalk.load(FREE_TEXT), self._taxonomy)

    @cached_property
    def _schemes(self) -> dict[str, Placement]:
        """Names of the shipped schemes on whose tags all schemes agree that have the name."""
        out: dict[str, Placement] = {}
        apart: set[str] = set()
        for scheme in NAMED:
            if scheme in crosswalks():
                for name, placement in _by_name(Crosswalk.load(scheme), self._taxonomy).items():
                    if name in out and set(out[name].tags) != set(placement.tags):
                        apart.add(name)
                    out.setdefault(name, placement)
        # Where they differ, the tags that all lines share a domain with are not worked out: it is left to the other ways.
        return {name: p for name, p in out.items() if name not in apart}

    def _guessed(self, part: str) -> Placement:
        """What a name at the end of the part, or the model, says of it."""
        row = self._read.get(part)
        if row is None:
            return Placement(part, "")
        floors = self._floors
        likely = tuple(self._tags[i] for i in row.argsort(kind="stable")[::-1][:3] if row[i] >= LEAST_HINT)
        if _ORGANISATION.search(part):
            return Placement(part, "", hints=likely)  # who gives the money does not say what for
        domain = floors.word if _one_word(part) else floors.domain
        p = {self._tags[i]: float(row[i]) for i in (row >= min(domain, floors.finer)).nonzero()[0]}
        tags = self._best({t: v for t, v in p.items() if v >= (floors.finer if self._taxonomy[t].parent_id else domain)})
        if tags:
            return Placement(part, LEARNED, tags, "broad", min(p[t] for t in tags), "model")
        head = self._head(plain(part))
        if head and all(self._probability(part, t) >= floors.head for t in head.tags):
            return replace(head, part=part)
        return Placement(part, "", hints=likely)

    def _best(self, p: dict[str, float]) -> tuple[str, ...]:
        """The deepest of the tags, and those of other domains that are as good as said."""
        out: dict[str, str] = {}
        for t in sorted(p, key=lambda t: (-self._taxonomy[t].level, -p[t])):
            domain = self._taxonomy[t].domain.id
            if not out or (domain not in out and p[t] >= self._floors.more):
                out[domain] = t
        return tuple(out.values())

    def _head(self, form: str) -> Placement | None:
        """The longest name at the end of a designation: what a noun phrase is, in both languages, stands last."""
        pieces = form.split(" ")
        ends = [" ".join(pieces[i:]) for i in range(1, len(pieces))]
        if not form.isascii():
            ends += [form[i:] for i in range(1, len(form) - 1)]
        for end in sorted(dict.fromkeys(ends), key=lambda e: -len(e)):
            if len(end) < 2 or (end.isascii() and len(end) < 4):
                continue
            found = self._name(form, end)
            if found and found.tags and found.relation != "narrow":
                return Placement(form, HEAD, found.tags, "broad", SURENESS[HEAD], found.source, found.hints)
        return None


def _readable(part: str) -> bool:
    # Long numbers are codes, and codes are not read.
    return len(part) > 1 and any(c.isalpha() for c in part) and not _NUMBERED.search(part) and not _NEGATED.search(part)


def _one_word(part: str) -> bool:
    """Whether a name is so short that much may be meant: one English word, two Chinese characters."""
    form = plain(part)
    return " " not in form if form.isascii() else len(form) < 3


def _coded(part: str) -> Resolution | None:
    """What a code says that needs no scheme to be named: patent classes, and GICS with its name before it."""
    if looks_like_patent_class(part) and "cpc" in crosswalks():
        decided = Crosswalk.load("cpc").lookup(part)
        # F35 is no class: what only its section's letter decides is another name (F35A).
        return decided if len(decided.code or "") > 1 else None
    scheme, _, code = part.strip().replace(":", " ").partition(" ")
    name = {
        "gics": "gics",
        "cpc": "cpc",
        "ipc": "ipc",
        "naics": "naics-2022",
        "isic": "isic-4",
        "nace": "nace-2",
        "hs": "hs-2022",
    }
    target = name.get(scheme.casefold())
    if target in crosswalks() and has_grammar(str(target)) and chain(str(target), code) and any(c.isdigit() for c in code):
        found = Crosswalk.load(str(target)).lookup(code)
        return found if found.status != "unknown" else None
    return None


def _by_name(crosswalk: Crosswalk, taxonomy: Taxonomy) -> dict[str, Placement]:
    out: dict[str, Placement] = {}
    for name in crosswalk.names:
        found = crosswalk.lookup(name)
        if all(t in taxonomy for t in found.tags):
            out.setdefault(plain(name), _placement(name, found, CURATED))
    return out


def _placement(part: str, found: Resolution, way: str) -> Placement:
    relations = {m.relation for m in found.mappings}
    relation = next((r for r in ("narrow", "broad", "close", "exact") if r in relations), "")
    stated = [m.confidence for m in found.mappings if m.confidence is not None]
    sure = min(stated) if stated else SURENESS[way]
    hints = tuple(m.tag for m in found.hints if m.tag)
    return Placement(part, way, found.tags, relation, sure, f"{found.scheme}:{found.code}", hints)
