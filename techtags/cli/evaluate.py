"""`techtags evaluate`: how good a model is on annotated rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from ._options import MODEL
from ._options import profile as profile_option
from ._words import write_figures


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), metavar="FILE", help="JSONL of annotated rows.")
@MODEL
@profile_option()
@click.option("--with-labels", is_flag=True, help="Show too what the source's own labels add, on rows that have one.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write all figures as JSON.")
def evaluate(data: Path, model: Path | None, profile: str, with_labels: bool, json_file: Path | None) -> None:
    """Measure a model on annotated rows (JSONL with text and tags, the primary tag first).

    Leaf figures compare the very sets of tags; closure figures add ancestors to both sides; domain figures compare domains;
    macro is the mean F1 over tags with 3 or more rows. Primary is the share of rows with technology whose first tag is right.
    none P and R are precision and recall of "no technology". ECE is the expected calibration error of the tags given; cov@95
    the share of rows, surest first, of which 95% have the right domain first.
    """
    from techtags.classifier import Tagger
    from techtags.training import evaluate as measure
    from techtags.training import evaluate_labels, read_rows
    from techtags.training.metrics import FIGURES

    tagger = Tagger.load(model, profile=profile, evidence=False, candidates=0)
    rows = read_rows(data, tagger.taxonomy)
    report = measure(tagger, rows)
    report["data"] = str(data)
    made = report["model"]
    click.echo(f"model {made['name']} {made['version']}, taxonomy {report['taxonomy']}, profile {profile}, {data}")
    click.echo(f"{'':<24}" + "".join(f"{title:>8}" for title in ("rows", *(t for t, _ in FIGURES))))
    click.echo(_line("all", report["all"]))
    for title, key in (("by language", "by_language"), ("by source", "by_source"), ("by kind", "by_kind")):
        click.echo(title)
        for name, group in report[key].items():
            click.echo(_line("  " + name, group))
    if with_labels:
        report["with_labels"] = evaluate_labels(tagger, rows)
        _show_labels(report["with_labels"])
    if json_file:
        write_figures(json_file, report)


def _show_labels(found: dict[str, Any]) -> None:
    counts = found["rows"]
    click.echo(
        f"\nwith labels: {counts['with a label']} rows have one; it says something in {counts['whose label says something']}"
    )
    click.echo("(annotators read the text alone: tags that only the label gives are judged in the last line alone)")
    for name in ("text", "text and label", "all tags"):
        click.echo(_line("  " + name, found[name]))
    click.echo(f"{'leaf F1 by source':<24}{'rows':>8}{'text':>8}{'both':>8}{'change':>8}")
    for name, one in found["by_source"].items():
        text, both = one["text"], one["text and label"]
        click.echo(f"  {name:<22}{one['rows']:>8}{text:>8.3f}{both:>8.3f}{both - text:>+8.3f}")
    click.echo("flags: " + (", ".join(f"{n} {flag}" for flag, n in sorted(found["flags"].items())) or "none"))


def _line(name: str, group: dict[str, Any]) -> str:
    from techtags.training.metrics import FIGURES

    cells = []
    for path in ("rows", *(p for _, p in FIGURES)):
        value: Any = group
        for step in path.split("."):
            value = value.get(step, math.nan) if isinstance(value, dict) else math.nan
        cells.append(f"{value:>8}" if isinstance(value, int) else f"{value:>8.3f}" if value == value else f"{'-':>8}")
    return f"{name:<24}" + "".join(cells)
