"""Text and label together, the rules: what a label adds to the tags that the text was given, and what is flagged.

1. A tag of the text that the label names, or names more coarsely, or hints at, stands on both.
2. A finer tag that the label names below a tag of the text takes its place, on both.
3. Where there is no text, the record is tagged as its label says.  A text in which nothing is sure gets the tags that its label
   names surely; one that is long enough to say what the label does not, only those that it does not speak against.  A set of
   domains is given whole or not at all.  What is not given is flagged ``label_unsupported``.
4. A text that contradicts its label (none of their tags share a domain) yields both where the label names one
   tag, and the row is flagged ``label_conflict`` in any case.
5. A label that names nothing finer than a domain, or a set of domains, is flagged ``designation-is-coarse``; it never gives more
   than those domains.

What the label stands for is reported beside the tags in every case, so nothing that it says is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .labels import HEAD, LEARNED
from .result import Assignment, LabelMatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..taxonomy import Taxonomy
    from .labels import Designation, Placement

CONFLICT, COARSE_DESIGNATION, UNSUPPORTED = "label_conflict", "designation-is-coarse", "label_unsupported"
# The least probability by text and label of a tag that only the label names; below, the text speaks against it.
LEAST_ALONE = 0.1
# Words (Chinese characters count as words) that a text must have to speak against a label.
LEAST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Together:
    """Tags and flags of one record."""

    tags: tuple[Assignment, ...]
    flags: tuple[str, ...]
    label_tags: tuple[str, ...]


def beside(
    tags: tuple[Assignment, ...],
    designations: Sequence[Designation],
    taxonomy: Taxonomy,
    *,
    readable: bool,
    speaks: bool,
    probability: Callable[[str], float],
) -> Together:
    """What text and label give together.

    Args:
        tags: what the text was given, in the light of the label.
        designations: what the record's labels stand for.
        taxonomy: of the tags.
        readable: whether there is a text at all.
        speaks: whether there is a text that is long enough to say what the label does not.
        probability: of a tag (or one below it), by text and label.
    """
    named = _named(designations)
    label_tags = tuple(taxonomy.most_specific(named))
    coarse = bool(label_tags) and all(taxonomy[t].level == 1 for t in label_tags)
    flags = [COARSE_DESIGNATION] if coarse else []
    hints = {h: (d.text, p) for d in designations for p in d.placements for h in p.hints}
    if not tags:
        # What the model read out of a short label is good enough to support a text, not to speak in its place.
        sure = [t for t in label_tags if (not readable or _sure(named[t][1])) and (not speaks or probability(t) >= LEAST_ALONE)]
        # A set of domains is given whole or not at all: none of them is sure alone.
        sure = [t for t in sure if named[t][1].relation != "narrow" or set(named[t][1].tags) & set(label_tags) <= set(sure)]
        if readable and len(sure) < len(label_tags):
            flags.append(UNSUPPORTED)
        return Together(tuple(_alone(t, named[t]) for t in sure), tuple(flags), label_tags)
    out: dict[str, Assignment] = {}
    for given in tags:
        coarser = [t for t in named if t == given.id or t in taxonomy.ancestor_ids(given.id)]
        finer = [t for t in label_tags if given.id in taxonomy.ancestor_ids(t) and _sure(named[t][1])]
        if finer and len(label_tags) <= 2:
            for t in finer:
                # How probable the finer tag is the text does not say.
                out[t] = Assignment(t, None, "both", None, (*given.evidence, _match(named[t])))
        elif coarser:
            matches = dict.fromkeys(_match(named[t]) for t in coarser)
            out[given.id] = replace(given, basis="both", evidence=(*given.evidence, *matches))
        elif given.id in hints:
            out[given.id] = replace(given, basis="both", evidence=(*given.evidence, _match(hints[given.id])))
        else:
            out[given.id] = given
    said = {taxonomy[t].domain.id for t in (*label_tags, *hints)}
    if not said & {taxonomy[t.id].domain.id for t in tags} and any(_sure(named[t][1]) for t in label_tags):
        flags.append(CONFLICT)
        # One label of many is weak evidence, and a set of domains says of none that it applies.
        if len(label_tags) == 1 and named[label_tags[0]][1].relation != "narrow":
            out.update({t: _alone(t, named[t]) for t in label_tags})
    return Together(tuple(out[t] for t in taxonomy.most_specific(out)), tuple(flags), label_tags)


def _named(designations: Sequence[Designation]) -> dict[str, tuple[str, Placement]]:
    """The tags that the designations stand for, each with the label and the part that says so."""
    out: dict[str, tuple[str, Placement]] = {}
    for designation in designations:
        for placement in designation.placements:
            for tag in placement.tags:
                out.setdefault(tag, (designation.text, placement))
    return out


def _sure(placement: Placement) -> bool:
    return placement.found not in (HEAD, LEARNED)


def _match(found: tuple[str, Placement]) -> LabelMatch:
    label, placement = found
    return LabelMatch(label, placement.part, placement.relation, placement.found, placement.source)


def _alone(tag_id: str, found: tuple[str, Placement]) -> Assignment:
    return Assignment(tag_id, None, "label", None, (_match(found),))
