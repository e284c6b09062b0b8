"""What changed between two releases, as readers of vocabularies ask for it, and what version the changes demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .model import LANGUAGES
from .store import version_key

if TYPE_CHECKING:
    from .model import Tag, Taxonomy

BUMPS = ("none", "patch", "minor", "major")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one tag or collection.

    Attributes:
        id: the tag or collection.
        kind: ``added``, ``removed``, ``deprecated``, ``revived``, ``moved``, ``relabelled``, ``redefined``, ``aliases``,
            ``words`` (examples, related, marks) or ``collection``.
        detail: what it was and what it is, one line.
        bump: the part of the version number that the change demands.
    """

    id: str
    kind: str
    detail: str
    bump: str


@dataclass(frozen=True, slots=True)
class Diff:
    """The changes from one release to another.

    Attributes:
        old, new: the versions.
        changes: by kind, then in the order of the release.
    """

    old: str
    new: str
    changes: tuple[Change, ...] = field(default_factory=tuple)

    @property
    def demands(self) -> str:
        """The largest bump that a change demands: ``none``, ``patch``, ``minor`` or ``major``."""
        return max((c.bump for c in self.changes), key=BUMPS.index, default="none")

    @property
    def given(self) -> str:
        """The bump that the two version numbers state."""
        old, new = version_key(self.old), version_key(self.new)
        for name, position in (("major", 0), ("minor", 1), ("patch", 2)):
            if old[position] != new[position]:
                return name
        return "none"

    @property
    def understated(self) -> bool:
        """Whether the version number moves less than the changes demand, or backwards."""
        forward = version_key(self.new) >= version_key(self.old)
        return not forward or BUMPS.index(self.given) < BUMPS.index(self.demands)

    def to_dict(self) -> dict[str, Any]:
        """The diff as JSON data."""
        return {
            "old": self.old,
            "new": self.new,
            "demands": self.demands,
            "given": self.given,
            "changes": [{"id": c.id, "kind": c.kind, "detail": c.detail, "bump": c.bump} for c in self.changes],
        }


def diff(old: Taxonomy, new: Taxonomy) -> Diff:
    """All changes from `old` to `new`.

    A removal, a new parent, a new definition or scope, and a deprecation (or another replacement for a deprecated tag)
    change what results mean: major.  A new tag or a revived one: minor.  Labels, aliases, examples and collections are
    words: patch.
    """
    changes: list[Change] = []
    for tag_id in old:
        if tag_id not in new:
            changes.append(Change(tag_id, "removed", "ids must stay: deprecate it instead", "major"))
    for tag_id in new:
        if tag_id not in old:
            changes.append(Change(tag_id, "added", f"under {new[tag_id].parent_id or 'the top'}", "minor"))
        else:
            changes += _changes(old[tag_id], new[tag_id])
    for name in sorted({*old.collections, *new.collections}):
        a, b = old.collections.get(name), new.collections.get(name)
        if a != b:
            changes.append(Change(name, "collection", "added" if a is None else "removed" if b is None else "changed", "patch"))
    order = ("removed", "deprecated", "revived", "added", "moved", "redefined", "relabelled", "aliases", "words", "collection")
    changes.sort(key=lambda c: order.index(c.kind))
    return Diff(old.version, new.version, tuple(changes))


def _changes(a: Tag, b: Tag) -> list[Change]:
    out = []
    if a.status != b.status:
        if b.deprecation:
            by = ", ".join(b.deprecation.replaced_by) or "nothing"
            out.append(Change(b.id, "deprecated", f"replaced by {by}: {b.deprecation.reason['en']}", "major"))
        else:
            out.append(Change(b.id, "revived", "active again", "minor"))
    elif a.deprecation and b.deprecation and a.deprecation != b.deprecation:
        was, now = a.deprecation, b.deprecation
        if (was.replaced_by, was.replacement_kind) != (now.replaced_by, now.replacement_kind):
            old_by, new_by = (f"{', '.join(d.replaced_by) or 'nothing'} ({d.replacement_kind})" for d in (was, now))
            out.append(Change(b.id, "deprecated", f"replaced by {old_by} -> {new_by}", "major"))
        else:
            out.append(Change(b.id, "words", "reason or date of the deprecation", "patch"))
    if a.parent_id != b.parent_id:
        out.append(Change(b.id, "moved", f"from {a.parent_id or 'the top'} to {b.parent_id or 'the top'}", "major"))
    for lang in LANGUAGES:
        if a.labels[lang] != b.labels[lang]:
            out.append(Change(b.id, "relabelled", f"{lang}: {a.labels[lang]} -> {b.labels[lang]}", "patch"))
        if a.definitions[lang] != b.definitions[lang]:
            out.append(Change(b.id, "redefined", f"{lang} definition: {b.definitions[lang]}", "major"))
        if a.scope_notes[lang] != b.scope_notes[lang]:
            out.append(Change(b.id, "redefined", f"{lang} scope note: {b.scope_notes[lang]}", "major"))
        lost, got = set(a.aliases[lang]) - set(b.aliases[lang]), set(b.aliases[lang]) - set(a.aliases[lang])
        if lost or got:
            words = [f"-{w}" for w in sorted(lost)] + [f"+{w}" for w in sorted(got)]
            out.append(Change(b.id, "aliases", f"{lang}: {' '.join(words)}", "patch"))
    if (a.examples, a.related_ids, a.ambiguous) != (b.examples, b.related_ids, b.ambiguous):
        out.append(Change(b.id, "words", "examples, related tags or ambiguity marks", "patch"))
    return out
