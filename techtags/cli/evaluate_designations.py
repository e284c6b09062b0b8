"""`techtags evaluate-designations`: how well labels such as "Semiconductors & Related" are placed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import MODEL
from ._words import write_figures

if TYPE_CHECKING:
    from techtags.training.designations import Judged

COLUMNS = (("n", "designations"), ("right", "right"), ("finer", "finer"), ("coarse recall", "coarse_recall"))


@click.command("evaluate-designations")
@click.option("--data", type=click.Path(path_type=Path), metavar="FILE", help="Judged designations (default: those shipped).")
@click.option("--half", type=click.Choice(["choose", "test", "all"]), default="all", show_default=True, help="Which half.")
@MODEL
@click.option("--mistakes", is_flag=True, help="List what is not right.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write all figures as JSON.")
def evaluate_designations(data: Path | None, half: str, model: Path | None, mistakes: bool, json_file: Path | None) -> None:
    """Measure how well designations are placed (TSV with half, source, lang, designation, tags and also).

    Right is the share whose set of tags is an accepted one: the right tags at the right level. Finer is the share that got a tag
    below an accepted one. Coarse recall is, among designations with technology, the share whose domains were all given.

    The half `choose` was looked at while the lists were made; only `test` says how well new designations are placed.
    """
    from techtags.classifier import Tagger
    from techtags.classifier.labels import DesignationMatcher
    from techtags.training import designations as test

    tagger = Tagger.load(model, evidence=False, candidates=0)
    taxonomy = tagger.taxonomy
    gold = test.read_designations(data or test.FILE, taxonomy, half)
    judged = test.judge(gold, DesignationMatcher(taxonomy, tagger), taxonomy)
    made = tagger.model
    figures = {
        "model": {"name": made.manifest["name"], "version": made.version},
        "taxonomy": taxonomy.version,
        "data": str(data or test.FILE.name),
        **test.report(judged),
    }
    click.echo(f"model {made.manifest['name']} {made.version}, taxonomy {taxonomy.version}, {figures['data']}")
    click.echo(f"{'':<28}" + "".join(f"{title:>15}" for title, _ in COLUMNS))
    click.echo(_line("all", figures["all"]))
    for title in ("by_half", "by_language", "by_source", "by_way"):
        click.echo(title.replace("_", " "))
        for name, group in figures[title].items():
            click.echo(_line("  " + name, group))
    if mistakes:
        for one in judged:
            if not one.right:
                click.echo(_mistake(one))
    if json_file:
        write_figures(json_file, figures)


def _line(name: str, group: dict[str, Any]) -> str:
    cells = []
    for _, key in COLUMNS:
        value = group[key]
        cells.append(f"{value:>15}" if isinstance(value, int) else f"{value:>15.3f}" if value == value else f"{'-':>15}")
    return f"{name:<28}" + "".join(cells)


def _mistake(one: Judged) -> str:
    wanted = " | ".join(";".join(sorted(answer)) or "none" for answer in one.gold.accepted)
    given = ";".join(one.given.tags) or "none"
    return f"{one.gold.source}\t{one.gold.designation}\twanted {wanted}\tgiven {given}\t{one.given.found or 'not placed'}"
