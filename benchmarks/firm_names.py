"""Whose tags change when the names of well-known firms in a text are replaced by "the company": a name alone must decide nothing.

    python benchmarks/firm_names.py --data ../shared/data/annotated/dev.jsonl [--model fast --model accurate]
    python benchmarks/firm_names.py --pool ../shared/data/pool --every 50

The changes are listed by row id.  The pool has many more rows that name a firm; its rows have no tags of ours, and need none
here.  The names lie in training/annotations/firm-names.tsv.
"""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from techtags.classifier import Model
from techtags.training import Row, read_rows
from techtags.training.answers import tags_of
from techtags.training.firm_names import firm_names, firms, without_names

if TYPE_CHECKING:
    from techtags import Taxonomy

AIM = 0.02


def pool_rows(folder: Path, every: int) -> list[Row]:
    """Every so manieth row of the pool, if it names a firm."""
    out: list[Row] = []
    for lang in ("en", "zh"):
        with gzip.open(folder / f"{lang}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in itertools.islice(file, 0, None, every):
                raw = json.loads(line)
                text = str(raw["text"])
                if without_names(text, lang) != text:
                    out.append(
                        Row(
                            id=str(raw["id"]), text=text, tags=[], lang=lang, source=str(raw["source"]), kind=str(raw["kind"]),
                            group="", label="", use="train",
                        )
                    )  # fmt: skip
    return out


def rows_of(data: Path | None, pool: Path | None, every: int, taxonomy: Taxonomy) -> list[Row]:
    """The rows to try."""
    if (data is None) == (pool is None):
        raise click.UsageError("give either --data or --pool")
    return read_rows(data, taxonomy) if data else pool_rows(pool, every) if pool else []


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="JSONL of annotated rows.")
@click.option("--pool", type=click.Path(path_type=Path), help="Folder of en.jsonl.gz and zh.jsonl.gz.")
@click.option("--every", default=50, show_default=True, type=click.IntRange(1), help="Read every so manieth row of the pool.")
@click.option(
    "--model", "models", multiple=True, type=click.Path(path_type=Path), help="fast (the default), accurate, or a folder."
)
@click.option("--profile", default="balanced", show_default=True)
def main(data: Path | None, pool: Path | None, every: int, models: tuple[Path, ...], profile: str) -> None:
    """Take out the names of firms."""
    click.echo(f"{len(firms())} firms")
    for path in models or (Path("fast"),):
        model = Model.load(path)
        rows = rows_of(data, pool, every, model.taxonomy)
        found = firm_names(model, rows, tags_of(model, [row["text"] for row in rows], profile), profile)
        share = "-" if found["share"] is None else f"{found['share']:.1%}"
        click.echo(
            f"{model.identity}: {found['naming']} of {len(rows)} rows name one; tags of {len(found['changed'])} change: {share}"
        )
        for lang, (changed, of) in found["by_language"].items():
            click.echo(f"  {lang}: {changed} of {of}")
        for row_id, one in found["changed"].items():
            click.echo(f"  {row_id} ({one['lang']}): {', '.join(one['before']) or 'none'} -> {', '.join(one['after']) or 'none'}")
        if found["reordered"]:
            click.echo(f"  another first tag only: {', '.join(found['reordered'])}")
        click.echo(f"  aim: at most {AIM:.0%}")


if __name__ == "__main__":
    main()
