"""Crosswalks: what codes and names of outside schemes mean in the standard.

>>> from techtags import Crosswalk
>>> Crosswalk.load("cpc").lookup("H01M 10/0525").tags
('lithium-ion-batteries',)

What a mapping allows follows from its predicate.  ``exact``, ``close`` and ``broad`` (the tag is broader than the code) assign
the tag.  ``narrow`` (the tag is narrower than the code) stands for a designation that spans several domains: they are assigned
together, as a set that is marked coarse.  ``related`` is a hint, which may support what a text says and assigns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .codes import chain
from .sssom import CHAINED, LITERAL, CrosswalkError, Mapping, read
from .words import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from .model import Taxonomy

SUFFIX = ".sssom.tsv"
ASSIGNING = ("exact", "close", "broad", "narrow")
MAPPED, NO_TAG, UNKNOWN = "mapped", "none", "unknown"


class Resolution(NamedTuple):  # three times as quick to make as a frozen dataclass, of which tables need millions
    """What a crosswalk says of a code.

    Attributes:
        query: what was asked.
        scheme: id of the crosswalk.
        status: ``mapped``; ``none`` when the code is known and nothing in the taxonomy fits; ``unknown``.
        code: the code whose lines decided: that of the query or, with the longest prefix, one above it; None if unknown.
        label: the scheme's name for it.
        found: ``code``, ``prefix`` (by a code above), ``label`` (by name), or None.
        mappings: the lines that assign tags, in the order of the crosswalk.
        hints: the lines that assign nothing.
        comments: what the lines say beside, those of ``sssom:NoTermFound`` too.
    """

    query: str
    scheme: str
    status: str
    code: str | None = None
    label: str = ""
    found: str | None = None
    mappings: tuple[Mapping, ...] = ()
    hints: tuple[Mapping, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def tags(self) -> tuple[str, ...]:
        """Ids of the tags that the code assigns."""
        return tuple(m.tag for m in self.mappings if m.tag)

    @property
    def coarse(self) -> bool:
        """Whether the code stands for a set of domains, of which no single one is sure."""
        return any(m.relation == "narrow" for m in self.mappings)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "query": self.query,
            "scheme": self.scheme,
            "status": self.status,
            "code": self.code,
            "label": self.label,
            "found": self.found,
            "coarse": self.coarse,
            "tags": [{"id": m.tag, "relation": m.relation, "comment": m.comment} for m in self.mappings],
            "hints": [m.tag for m in self.hints],
            "comments": list(self.comments),
        }


class Crosswalk:
    """One scheme's codes or names and the tags that they mean; read-only.

    Args:
        scheme: its id; names the grammar of the codes.
        metadata: of the SSSOM set.
        mappings: its lines.
    """

    def __init__(self, scheme: str, metadata: dict[str, Any], mappings: Sequence[Mapping]) -> None:
        self.scheme = scheme
        self.metadata = metadata
        self.mappings = tuple(mappings)
        self._resolved: dict[str, Resolution] = {}

    @classmethod
    def load(cls, scheme: str | PathLike[str]) -> Crosswalk:
        """Load a crosswalk.

        Args:
            scheme: id of one that the package carries, or the path of an SSSOM TSV file.

        Raises:
            CrosswalkError: there is none, or the file is no crosswalk.
        """
        if isinstance(scheme, str) and scheme in crosswalks():
            return _packaged(scheme)
        path = Path(scheme)
        if isinstance(scheme, str) and not path.exists():
            raise CrosswalkError(f"{scheme!r} is neither a crosswalk ({', '.join(crosswalks())}) nor a file")
        return cls(path.name.removesuffix(SUFFIX), *read(path))

    @property
    def title(self) -> str:
        """The scheme's name."""
        return str(self.metadata.get("ext_scheme") or self.metadata.get("mapping_set_title") or self.scheme)

    @property
    def edition(self) -> str:
        """The edition of the scheme."""
        return str(self.metadata.get("subject_source_version", ""))

    @property
    def by_name(self) -> bool:
        """Whether the scheme has names and no codes."""
        return self.metadata.get("subject_type") == LITERAL

    @property
    def licence(self) -> str:
        """The licence of the crosswalk; empty if none is stated."""
        return str(self.metadata.get("license", ""))

    @property
    def verification(self) -> str:
        """Whether the scheme's list was ``read``, ``partly-read`` or transcribed (``unverified``); empty if not stated."""
        return str(self.metadata.get("ext_verification", ""))

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes or, where there are none, the names that have lines, in the order of the crosswalk."""
        return tuple(entry.code for entry in self._codes.values())

    @cached_property
    def _codes(self) -> dict[str, _Entry]:
        out: dict[str, list[Mapping]] = {}
        for mapping in self.mappings:
            out.setdefault(_key(mapping.code), []).append(mapping)
        return {key: _Entry.of(lines) for key, lines in out.items()}

    @cached_property
    def names(self) -> dict[str, str]:
        """Normal forms of the scheme's names, each with the code that it names; names of several codes are left out."""
        found: dict[str, set[str]] = {}
        for mapping in self.mappings:
            for name in {mapping.label, mapping.code} if self.by_name else {mapping.label}:
                if name:
                    found.setdefault(normal(name), set()).add(mapping.code)
        return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}

    def lookup(self, code: str) -> Resolution:
        """What a code, or a name of the scheme, means.

        The lines of the code itself decide or, where it has none, those of the nearest code above it; a name decides where the
        scheme has such a name.
        """
        found = self._resolved.get(code)
        if found is None:
            found = self._resolved[code] = self._find(code)
            if len(self._resolved) > 200_000:
                self._resolved.clear()  # whatever a table holds, memory stays bounded
        return found

    def _find(self, query: str) -> Resolution:
        for i, code in enumerate(chain(self.scheme, query)):
            entry = self._codes.get(_key(code))
            if entry is not None and (i == 0 or entry.inherited):
                return self._resolution(query, entry, "prefix" if i else "label" if self.by_name else "code")
        named = self.names.get(normal(query))
        if named is not None:
            return self._resolution(query, self._codes[_key(named)], "label")
        return Resolution(query, self.scheme, UNKNOWN)

    def _resolution(self, query: str, entry: _Entry, found: str) -> Resolution:
        status = MAPPED if entry.assigning else NO_TAG
        return Resolution(
            query, self.scheme, status, entry.code, entry.label, found, entry.assigning, entry.hints, entry.comments
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """The lines of one code, sorted by what they do; `inherited` if the codes below it inherit them."""

    code: str
    label: str
    assigning: tuple[Mapping, ...]
    hints: tuple[Mapping, ...]
    comments: tuple[str, ...]
    inherited: bool

    @classmethod
    def of(cls, lines: list[Mapping]) -> _Entry:
        return cls(
            lines[0].code,
            next((m.label for m in lines if m.label), ""),
            tuple(m for m in lines if m.relation in ASSIGNING and m.tag is not None),
            tuple(m for m in lines if m.relation == "related" and m.tag is not None),
            tuple(dict.fromkeys(m.comment for m in lines if m.comment)),
            any(m.justification != CHAINED for m in lines),
        )


def _key(code: str) -> str:
    """`normal`; faster where only case can differ, as in most codes."""
    return code.lower() if code.isascii() and code.isprintable() and " " not in code else normal(code)


def crosswalks_dir() -> Path:
    """Where the package keeps its crosswalks."""
    return Path(__file__).parent / "crosswalks"


@lru_cache(maxsize=1)
def crosswalks() -> tuple[str, ...]:
    """Ids of the crosswalks that the package carries."""
    return tuple(sorted(p.name.removesuffix(SUFFIX) for p in crosswalks_dir().glob(f"*{SUFFIX}")))


@cache
def _packaged(scheme: str) -> Crosswalk:
    return Crosswalk(scheme, *read(crosswalks_dir() / f"{scheme}{SUFFIX}"))


def check_crosswalk(crosswalk: Crosswalk, taxonomy: Taxonomy) -> list[str]:
    """What is wrong with a crosswalk, a line each: tags that do not exist, lines that contradict each other, and coarse codes
    that are fanned out to finer tags."""
    found = []
    for needed in ("mapping_set_id", "license"):
        if not crosswalk.metadata.get(needed):
            found.append(f"the metadata do not state {needed}")
    by_code: dict[str, list[Mapping]] = {}
    for m in crosswalk.mappings:
        by_code.setdefault(_key(m.code), []).append(m)
    for lines in by_code.values():
        found += [f"{lines[0].code}: {problem}" for problem in _problems(lines, taxonomy)]
    return found


def _problems(lines: list[Mapping], taxonomy: Taxonomy) -> Iterable[str]:
    known = [m for m in lines if m.tag is not None and m.tag in taxonomy]
    for m in lines:
        if m.tag is not None and m.tag not in taxonomy:
            yield f"there is no tag {m.tag!r} in release {taxonomy.version}"
        elif m.tag is not None and taxonomy[m.tag].status == "deprecated":
            yield f"{m.tag} is deprecated"
    pairs = [(m.tag, m.relation == "related") for m in lines]
    if len(set(pairs)) < len(pairs):
        yield "the same tag stands twice"
    assigned = [m for m in known if m.relation in ASSIGNING]
    if assigned and any(m.tag is None for m in lines):
        yield "a tag and NoTermFound contradict each other"
    if len({m.relation for m in assigned if m.relation in ("exact", "narrow")}) > 1 or (
        any(m.relation == "narrow" for m in assigned) and any(m.relation != "narrow" for m in assigned)
    ):
        yield "narrowMatch (a set of domains) cannot stand beside a match that assigns one tag"
    if sum(m.relation == "exact" for m in assigned) > 1:
        yield "two exact matches"
    for m in assigned:
        if m.tag and m.relation == "narrow" and taxonomy[m.tag].level > 1:
            yield f"narrowMatch to {m.tag}, which is no domain: a coarse code is never fanned out to finer tags"
        if m.tag and any(o.tag in taxonomy.ancestor_ids(m.tag) for o in assigned):
            yield f"{m.tag} stands beside a tag above it"
