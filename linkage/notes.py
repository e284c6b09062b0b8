"""What could not be read in a table, counted, with the first lines of each kind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

EXAMPLES = 3


@dataclass(slots=True)
class Notes:
    """Problems of one table that lose a value and no more.

    Attributes:
        counts: rows by what they lack, such as ``date``.
        examples: the first messages of each kind.
    """

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, message: str) -> None:
        """Count one problem."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        shown = self.examples.setdefault(kind, [])
        if len(shown) < EXAMPLES:
            shown.append(message)

    def to_json(self) -> str:
        """As JSON, sorted."""
        both = {kind: {"rows": n, "examples": self.examples[kind]} for kind, n in sorted(self.counts.items())}
        return json.dumps(both, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Notes:
        """What `to_json` gave."""
        both = json.loads(text)
        return cls({kind: both[kind]["rows"] for kind in both}, {kind: both[kind]["examples"] for kind in both})
