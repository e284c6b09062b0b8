"""Is the evidence what carried the decision?  Take the words shown out of the text, and see whether the tag's probability falls.

    python benchmarks/faithfulness.py --data ../shared/data/annotated/dev.jsonl

For comparison, as many characters are taken out at random places.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from techtags import Tagger
from techtags.classifier import Span
from techtags.training import read_rows


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` with spans blanked out."""
    out = list(text)
    for start, end in spans:
        out[start:end] = " " * (end - start)
    return "".join(out)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    tagger = Tagger.load()
    rows = read_rows(arguments.data, tagger.taxonomy)
    texts = [row["text"] for row in rows]
    rng = random.Random(0)
    asked: list[tuple[str, float]] = []
    shown, chance, shares = [], [], []
    for text, result in zip(texts, tagger.tag(texts), strict=True):
        for tag in result.tags:
            spans = [(s.start, s.end) for s in tag.evidence if isinstance(s, Span)]
            if not spans or tag.probability is None:
                continue
            asked.append((tag.id, tag.probability))
            shown.append(without(text, spans))
            places = [(at, at + e - s) for s, e in spans for at in [rng.randrange(max(1, len(text) - (e - s) + 1))]]
            chance.append(without(text, places))
            shares.append(sum(e - s for s, e in spans) / len(text))
    column = {t: i for i, t in enumerate(tagger.tags)}
    print(f"{len(asked)} tags with evidence; it covers {sum(shares) / len(shares):.0%} of the text on average")
    for name, changed in (("evidence removed", shown), ("as much removed at random", chance)):
        after = tagger.predict_proba(changed)
        values = [float(after[i, column[t]]) for i, (t, _) in enumerate(asked)]
        fell = sum(v < p for v, (_, p) in zip(values, asked, strict=True)) / len(asked)
        halved = sum(v < p / 2 for v, (_, p) in zip(values, asked, strict=True)) / len(asked)
        mean = sum(p - v for v, (_, p) in zip(values, asked, strict=True)) / len(asked)
        print(f"{name}: falls for {fell:.1%}, by more than half for {halved:.1%}, by {mean:.2f} on average")


if __name__ == "__main__":
    main()
