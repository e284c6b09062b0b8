"""The source's own label beside the text: matched by name, kept verbatim, never made finer than it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..taxonomy.words import normal
from .result import Assignment, LabelMatch
from .text import fold_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..taxonomy import Taxonomy

_SEPARATORS = re.compile(r"[;；|、,，/\n]+| [&＆+] ")


def _plain(name: str) -> str:
    """The form in which designations are compared; traditional characters become simplified ones."""
    return normal(fold_text(name))


class LabelMatcher:
    """Finds tags by the names that sources give them.

    Args:
        taxonomy: whose labels and aliases count.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._names: dict[str, str] | None = None

    def match(self, labels: Sequence[str]) -> dict[str, LabelMatch]:
        """Tags that a label names, each with what matched, in the order of the labels.

        A label is looked up as it stands, then in the parts that separators divide it into.
        """
        if self._names is None:
            self._names = self._collect()
        out: dict[str, LabelMatch] = {}
        for label in labels:
            for part in (label, *_SEPARATORS.split(label)):
                found = self._names.get(_plain(part))
                if found:
                    out.setdefault(found, LabelMatch(label, part.strip()))
                    if part is label:
                        break
        return {t: out[t] for t in self._taxonomy.most_specific(out)}

    def _collect(self) -> dict[str, str]:
        # A whole designation leaves a homonym less room than running text does, so marked names count here too; a name
        # that two tags share says nothing.
        return {_plain(name): ids[0] for name, ids in self._taxonomy.names.items() if len(ids) == 1}


def combine(tags: tuple[Assignment, ...], matches: dict[str, LabelMatch], taxonomy: Taxonomy) -> tuple[Assignment, ...]:
    """What text and label say together.

    A tag of the text that the label names, or names more coarsely, stands on both.  A label finer than the text's tag, in
    the same line, takes its place.  Where the text gives nothing, the label's tags are given on the label alone.
    """
    if not tags:
        return tuple(Assignment(t, None, "label", None, (m,)) for t, m in matches.items())
    out: dict[str, Assignment] = {}
    for given in tags:
        coarser = [t for t in matches if t == given.id or t in taxonomy.ancestor_ids(given.id)]
        finer = [t for t in matches if given.id in taxonomy.ancestor_ids(t)]
        if coarser:
            evidence = (*given.evidence, *(matches[t] for t in coarser))
            out[given.id] = replace(given, basis="both", evidence=evidence)
        elif finer:
            for t in finer:
                evidence = (*given.evidence, matches[t])
                # How probable the finer tag is the text does not say.
                out[t] = Assignment(t, None, "both", None, evidence)
        else:
            out[given.id] = given
    kept = taxonomy.most_specific(out)
    return tuple(out[t] for t in kept)
