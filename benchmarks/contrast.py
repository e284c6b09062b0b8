"""How many cases of the contrast set pass: words with an everyday sense, names of firms, what was sold off, what others do,
boasts, bans, negation, and pairs that differ in a few words.

    python benchmarks/contrast.py [--cases tests/contrast/cases.jsonl] [--model fast|accurate|FOLDER] [--failures]

A tagger that never says anything passes about half of the cases, so the share is shown by what a case asks for too.
"""

from __future__ import annotations

from pathlib import Path

import click

from techtags import Tagger
from techtags.training.contrast import judge, passes, read_cases


@click.command()
@click.option("--cases", default="tests/contrast/cases.jsonl", show_default=True, type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="fast (the default), accurate, or a folder.")
@click.option("--failures", is_flag=True, help="List the cases that fail.")
def main(cases: Path, model: Path | None, failures: bool) -> None:
    """Run the contrast set."""
    tagger = Tagger.load(model, evidence=False, candidates=0)
    rows = read_cases(cases, tagger.taxonomy)
    results = [result.ids for result in tagger.tag([row["text"] for row in rows])]
    for group in judge(rows, results, tagger.taxonomy)["groups"].values():
        for name, (passed, of) in group.items():
            click.echo(f"{name:<16}{passed:>5} of {of:<5}{passed / of:.3f}")
    if failures:
        for row, given in zip(rows, results, strict=True):
            if not passes(row, given, tagger.taxonomy):
                wanted = "none" if row["none"] else f"must {row['must']} must not {row['must_not']}"
                click.echo(f"{row['id']}: gave {given or 'none'}, {wanted}\n    {row['text']}")


if __name__ == "__main__":
    main()
