"""How many cases of the contrast set pass: words with an everyday sense, names of firms, what was sold off, what others do,
boasts, bans, negation, and pairs that differ in a few words.

    python benchmarks/contrast.py [--cases tests/contrast/cases.jsonl] [--model DIR] [--failures]

A tagger that never says anything passes about half of the cases, so the share is shown by what a case asks for too.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from techtags import Tagger, Taxonomy


def passes(case: dict[str, Any], given: list[str], taxonomy: Taxonomy) -> bool:
    """Whether the tags given satisfy a case (see tests/contrast/README.md)."""
    closure = taxonomy.closure(given)
    if case.get("none"):
        return not given
    return all(tag in closure for tag in case.get("must", ())) and not any(tag in closure for tag in case.get("must_not", ()))


@click.command()
@click.option("--cases", default="tests/contrast/cases.jsonl", show_default=True, type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model; the shipped one if not given.")
@click.option("--failures", is_flag=True, help="List the cases that fail.")
def main(cases: Path, model: Path | None, failures: bool) -> None:
    """Run the contrast set."""
    tagger = Tagger.load(model, evidence=False, candidates=0)
    rows = [json.loads(line) for line in cases.read_text(encoding="utf-8").splitlines() if line.strip()]
    results = [result.ids for result in tagger.tag([row["text"] for row in rows])]
    good = [passes(row, given, tagger.taxonomy) for row, given in zip(rows, results, strict=True)]
    groups: dict[str, Counter[bool]] = {}
    for row, ok in zip(rows, good, strict=True):
        asks = "asks for none" if row.get("none") else "asks for a tag" if row.get("must") else "forbids a tag"
        for name in ("all", row["lang"], asks, row["kind"]):
            groups.setdefault(name, Counter())[ok] += 1
    for name, count in groups.items():
        total = count[True] + count[False]
        click.echo(f"{name:<16}{count[True]:>5} of {total:<5}{count[True] / total:.3f}")
    if failures:
        for row, given, ok in zip(rows, results, good, strict=True):
            if not ok:
                wanted = "none" if row.get("none") else f"must {row.get('must')} must not {row.get('must_not')}"
                click.echo(f"{row['id']}: gave {given or 'none'}, {wanted}\n    {row['text']}")


if __name__ == "__main__":
    main()
