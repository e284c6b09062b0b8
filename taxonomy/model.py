"""The standard as Python objects: `Taxonomy`, `Tag`, `Collection`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .words import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from os import PathLike

LANGUAGES = ("en", "zh")
MAX_LEVEL = 3


class TaxonomyError(ValueError):
    """Something is wrong with a taxonomy, or with what was asked of one; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """An alias that has another sense.

    Attributes:
        alias: the alias as it stands among the tag's aliases.
        lang: ``en`` or ``zh``.
        with_: words of which one must stand in the text too; empty when none is needed.
        not_with: words that speak for another sense.
        note: the other sense, in English.
    """

    alias: str
    lang: str
    with_: tuple[str, ...]
    not_with: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Why a tag is no longer given.

    Attributes:
        since: the release that deprecated it.
        reason: by language.
        replaced_by: ids that take its place.
        replacement_kind: ``one``, ``any_of`` (a choice), ``all_of`` (a combination) or ``none``.
    """

    since: str
    reason: Mapping[str, str]
    replaced_by: tuple[str, ...]
    replacement_kind: str


@dataclass(frozen=True, eq=False)
class Tag:
    """One concept of the taxonomy.

    Attributes:
        id: permanent mnemonic slug.
        parent_id: id of the parent; None for a domain.
        level: 1 for a domain, at most 3.
        labels, definitions, scope_notes: by language.
        aliases, examples: by language, in the order of the source.
        ambiguous: aliases that need context.
        related_ids: tags that a reader might confuse or combine with it.
        status: ``active`` or ``deprecated``.
        since: the release that brought the tag.
        deprecation: why it is deprecated, else None.
    """

    id: str
    parent_id: str | None
    level: int
    labels: Mapping[str, str]
    definitions: Mapping[str, str]
    scope_notes: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    ambiguous: tuple[Ambiguity, ...]
    examples: Mapping[str, tuple[str, ...]]
    related_ids: tuple[str, ...]
    status: str
    since: str
    deprecation: Deprecation | None
    _taxonomy: Taxonomy = field(repr=False)

    @property
    def parent(self) -> Tag | None:
        """The tag above, or None for a domain."""
        return self._taxonomy[self.parent_id] if self.parent_id else None

    @property
    def ancestors(self) -> tuple[Tag, ...]:
        """The tags above, nearest first."""
        return tuple(self._taxonomy[i] for i in self._taxonomy.ancestor_ids(self.id))

    @property
    def path(self) -> tuple[Tag, ...]:
        """The way from the domain down to this tag, itself included."""
        return (*reversed(self.ancestors), self)

    @property
    def domain(self) -> Tag:
        """The domain that the tag belongs to (itself, if it is one)."""
        return self.path[0]

    @property
    def children(self) -> tuple[Tag, ...]:
        """The tags right below, in the order of the release."""
        return tuple(self._taxonomy[i] for i in self._taxonomy.child_ids(self.id))

    @property
    def descendants(self) -> tuple[Tag, ...]:
        """All tags below, depth first."""
        return tuple(t for child in self.children for t in (child, *child.descendants))

    @property
    def related(self) -> tuple[Tag, ...]:
        """Neighbours beside the tree."""
        return tuple(self._taxonomy[i] for i in self.related_ids)

    def label(self, lang: str = "en") -> str:
        """The label in a language (``en`` or ``zh``)."""
        return self.labels[lang]

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Member:
    """An item of an outside list and the tags that it stands for.

    Attributes:
        names: the list's own name and its translation, by language.
        level: 1 for a heading.
        tag_ids: our tags; empty where nothing fits.
        relation: from the item to our tags, in the direction of SKOS (``broad``: our tag is broader).
        note: why, where it needs saying.
    """

    names: Mapping[str, str]
    level: int
    tag_ids: tuple[str, ...]
    relation: str
    note: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A dated list of technologies that somebody published.

    Attributes:
        id: slug.
        labels, descriptions, issuers: by language.
        jurisdiction: ISO 3166 alpha-2, ``EU`` or ``INT``.
        issued: date, as precise as the source.
        valid_to: date on which it ceased to hold, or None.
        superseded_by: id of the list that took its place, or None.
        kind: ``policy-list``, ``sector-vocabulary``, ``research-tracker`` or ``document``.
        verification: ``read``, ``partly-read`` or ``unverified``.
        verification_note: what was read where.
        sources: where the items come from.
        members: the items in the list's order.
    """

    id: str
    labels: Mapping[str, str]
    descriptions: Mapping[str, str]
    issuers: Mapping[str, str]
    jurisdiction: str
    issued: str
    valid_to: str | None
    superseded_by: str | None
    kind: str
    verification: str
    verification_note: str
    sources: tuple[str, ...]
    members: tuple[Member, ...]

    @property
    def tag_ids(self) -> tuple[str, ...]:
        """Every tag that an item stands for, once, in the list's order."""
        return tuple(dict.fromkeys(t for member in self.members for t in member.tag_ids))

    @property
    def warning(self) -> str:
        """What a reader must know before relying on the list; empty if every item was read in a source."""
        if self.verification == "read":
            return ""
        share = "This list is" if self.verification == "unverified" else "Part of this list is"
        return f"{share} transcribed and unverified: check it against the issuer's text. {self.verification_note}"


class Taxonomy:
    """One release of the standard: a read-only mapping from ids to tags, in the order of the release.

    Use `Taxonomy.load` to get one.
    """

    def __init__(self, document: Mapping[str, Any], sha256: str = "") -> None:
        self.document = document
        self.version: str = document["version"]
        self.released: str = document["released"]
        self.namespace: str = document["namespace"]
        self.license: str = document["license"]
        self.title: Mapping[str, str] = document["title"]
        self.sha256 = sha256
        self._tags: dict[str, Tag] = {t["id"]: _tag(t, self) for t in document["tags"]}
        self._children: dict[str | None, list[str]] = {}
        for tag in self._tags.values():
            self._children.setdefault(tag.parent_id, []).append(tag.id)
        self._ancestors: dict[str, tuple[str, ...]] = {}

    @classmethod
    def load(cls, version: str | PathLike[str] | None = None) -> Taxonomy:
        """Load a release.

        Args:
            version: such as ``"1.0.0"``, or the path of a release file; the latest release by default.

        Raises:
            TaxonomyError: there is no such release, or the file is not one.
        """
        from .store import load

        return load(version)

    @property
    def tags(self) -> tuple[Tag, ...]:
        """All tags, depth first."""
        return tuple(self._tags.values())

    @property
    def active(self) -> tuple[Tag, ...]:
        """All tags that are not deprecated."""
        return tuple(t for t in self._tags.values() if t.status == "active")

    @property
    def domains(self) -> tuple[Tag, ...]:
        """The tags at the top."""
        return tuple(self._tags[i] for i in self._children.get(None, []))

    @cached_property
    def collections(self) -> dict[str, Collection]:
        """The collections of the release, by id."""
        return {c["id"]: _collection(c) for c in self.document["collections"]}

    def collection(self, collection_id: str) -> Collection:
        """The collection called `collection_id`.

        Raises:
            TaxonomyError: there is none.
        """
        try:
            return self.collections[collection_id]
        except KeyError:
            from .search import nearest

            hint = nearest(collection_id, list(self.collections))
            raise TaxonomyError(f"no collection {collection_id!r} in release {self.version}{hint}") from None

    def child_ids(self, tag_id: str) -> tuple[str, ...]:
        """Ids of the tags right below."""
        return tuple(self._children.get(tag_id, ()))

    def ancestor_ids(self, tag_id: str) -> tuple[str, ...]:
        """Ids of the tags above, nearest first."""
        known = self._ancestors.get(tag_id)
        if known is None:
            parent = self._tags[tag_id].parent_id
            known = (parent, *self.ancestor_ids(parent)) if parent else ()
            self._ancestors[tag_id] = known
        return known

    def closure(self, tag_ids: Iterable[str]) -> set[str]:
        """The tags and all their ancestors."""
        return {i for tag_id in tag_ids for i in (tag_id, *self.ancestor_ids(tag_id))}

    def most_specific(self, tag_ids: Iterable[str]) -> list[str]:
        """The tags without those that another one implies, in the order given, once each."""
        given = list(dict.fromkeys(tag_ids))
        implied = {a for tag_id in given for a in self.ancestor_ids(tag_id)}
        return [t for t in given if t not in implied]

    def find(self, name: str) -> Tag:
        """The tag with this id, label or unambiguous alias, in either language; case, width and spacing do not matter.

        Raises:
            TaxonomyError: no tag, or several, are called so.
        """
        if name in self._tags:
            return self._tags[name]
        plain = normal(name)
        if plain in self._tags:
            return self._tags[plain]
        ids = self.names.get(plain, ())
        if len(ids) == 1:
            return self._tags[ids[0]]
        if ids:
            raise TaxonomyError(f"{name!r} may mean {' or '.join(ids)}; give the id")
        from .search import nearest

        raise TaxonomyError(f"no tag is called {name!r}{nearest(name, [*self._tags, *self.names])}")

    @cached_property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Which active tags each designation may mean: ids by the normal form of labels, and of aliases that are no label."""
        labels: dict[str, list[str]] = {}
        aliases: dict[str, list[str]] = {}
        for tag in self.active:
            for lang in LANGUAGES:
                labels.setdefault(normal(tag.labels[lang]), []).append(tag.id)
                for alias in tag.aliases[lang]:
                    aliases.setdefault(normal(alias), []).append(tag.id)
        return {name: tuple(dict.fromkeys(ids)) for name, ids in {**aliases, **labels}.items()}

    def __getitem__(self, tag_id: str) -> Tag:
        return self._tags[tag_id]

    def __contains__(self, tag_id: object) -> bool:
        return tag_id in self._tags

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)

    def __repr__(self) -> str:
        return f"<Taxonomy {self.version}: {len(self)} tags, {len(self.domains)} domains>"


def _tag(raw: Mapping[str, Any], taxonomy: Taxonomy) -> Tag:
    gone = raw.get("deprecated")
    return Tag(
        id=raw["id"],
        parent_id=raw["parent"],
        level=raw["level"],
        labels=raw["label"],
        definitions=raw["definition"],
        scope_notes=raw["scope_note"],
        aliases={lang: tuple(raw["aliases"][lang]) for lang in LANGUAGES},
        ambiguous=tuple(
            Ambiguity(a["alias"], a["lang"], tuple(a["with"]), tuple(a["not_with"]), a["note"]) for a in raw["ambiguous"]
        ),
        examples={lang: tuple(raw["examples"][lang]) for lang in LANGUAGES},
        related_ids=tuple(raw["related"]),
        status=raw["status"],
        since=raw["since"],
        deprecation=Deprecation(gone["since"], gone["reason"], tuple(gone["replaced_by"]), gone["replacement_kind"])
        if gone
        else None,
        _taxonomy=taxonomy,
    )


def _collection(raw: Mapping[str, Any]) -> Collection:
    return Collection(
        id=raw["id"],
        labels=raw["label"],
        descriptions=raw["description"],
        issuers=raw["issuer"],
        jurisdiction=raw["jurisdiction"],
        issued=raw["issued"],
        valid_to=raw["valid_to"],
        superseded_by=raw["superseded_by"],
        kind=raw["kind"],
        verification=raw["verification"],
        verification_note=raw["verification_note"],
        sources=tuple(raw["sources"]),
        members=tuple(Member(m["name"], m["level"], tuple(m["tags"]), m["relation"], m["note"]) for m in raw["members"]),
    )
