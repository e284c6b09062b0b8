"""The classifier beside its peers: trained on the same rows, measured on the same rows, in one run.

    python benchmarks/peers/run.py [--data ../shared/data/annotated] [--pool ../shared/data/pool]
                                   [--only SYSTEM]... [--sample N] [--write docs/benchmarks.md]

What is done is kept in the work folder; a run that is started again goes on where it stopped.  `--only` does these systems again.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from peers import annif_side, compare, report
from peers.material import Material, gather
from techtags import Taxonomy
from techtags.training import DataError

TITLES = {
    "fast": "techtags, fast",
    "accurate": "techtags, accurate",
    "svc": "TF-IDF, LinearSVC, ancestors added",
    "svc-exact": "TF-IDF, LinearSVC, the very tags",
    "names": "names of the taxonomy alone",
    "tfidf": "Annif tf-idf",
    "mllm": "Annif MLLM",
    "omikuji": "Annif omikuji",
    "ensemble": "Annif ensemble",
    "pav": "Annif ensemble, PAV",
}
LINEAR = ("svc", "svc-exact")


def train(system: str, material: Material, python: Path, layout: str, jobs: int) -> None:
    """Train what a system needs, where that has not been done: both linear ones are trained at once."""
    if system in annif_side.KINDS:
        annif_side.train(python, material, layout, system)
    if system not in LINEAR:
        return
    for stage in ("part", "full"):
        mark = material.work / f"trained-linear-{stage}.json"
        if _read(mark) != material.identity:
            click.echo(f"linear: training, {stage}", err=True)
            annif_side.run_step(sys.executable, "own_worker", material.work, "train", material.work, stage, "--jobs", str(jobs))
            mark.write_text(json.dumps(material.identity), encoding="utf-8")
    annif_side.run_step(sys.executable, "own_worker", material.work, "apply", material.work, "part", system, "choose")


def measure(system: str, material: Material, python: Path) -> None:
    """Apply a trained system to the rows and to the texts for speed."""
    own = system not in annif_side.KINDS
    module, interpreter = ("own_worker", sys.executable) if own else ("annif_worker", str(python))
    names = ("choose", "dev") if system == "names" else ("dev",)
    click.echo(f"{system}: measuring", err=True)
    annif_side.run_step(
        interpreter, module, material.work, "apply", material.work, "full", system, *names, "--speed", "speed"
    )  # fmt: skip


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def has_accurate() -> bool:
    """Whether the accurate model and what it needs are here."""
    from techtags import Tagger
    from techtags.classifier import ModelError

    try:
        Tagger.load("accurate")
    except ModelError as error:
        click.echo(f"accurate is left out: {error}", err=True)
        return False
    return True


@click.command()
@click.option("--data", default="../shared/data/annotated", show_default=True, type=click.Path(path_type=Path))
@click.option("--pool", default="../shared/data/pool", show_default=True, type=click.Path(path_type=Path))
@click.option("--work", default="build/peers", show_default=True, type=click.Path(path_type=Path), help="Where results are kept.")
@click.option(
    "--venv",
    default="build/peers-venv",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Annif's own environment; made if missing.",
)
@click.option("--only", multiple=True, type=click.Choice(list(TITLES)), help="Do only these (again); may be repeated.")
@click.option("--sample", default=0, metavar="N", help="Train on N rows drawn at random, to try the benchmark out.")
@click.option("--speed-texts", default=2000, show_default=True, help="Texts that speed is measured on.")
@click.option(
    "--layout", default="per-language", show_default=True, type=click.Choice(list(annif_side.LAYOUTS)), help="Annif's projects."
)
@click.option("--jobs", default=1, show_default=True, help="Processes for the linear machines.")
@click.option("--seed", default=0, show_default=True)
@click.option("--fresh", is_flag=True, help="Forget what an earlier run has done.")
@click.option("--write", "page", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Page that takes the tables.")
def main(
    data: Path, pool: Path, work: Path, venv: Path, only: tuple[str, ...], sample: int, speed_texts: int, layout: str,
    jobs: int, seed: int, fresh: bool, page: Path | None,
) -> None:  # fmt: skip
    """Train and measure our models and their peers on the same rows."""
    if fresh:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    work = work.resolve()
    try:
        material = gather(data, pool, work, Taxonomy.load(), sample=sample, speed_texts=speed_texts, seed=seed)
    except DataError as error:
        raise click.ClickException(str(error)) from None
    click.echo(", ".join(f"{len(rows):,} rows {name}" for name, rows in material.rows.items()), err=True)
    wanted = only or [name for name in TITLES if name != "accurate" or has_accurate()]
    annif = any(name in annif_side.KINDS for name in wanted)
    python = annif_side.environment(venv).absolute() if annif else Path(sys.executable)
    folder = work / "results"
    folder.mkdir(exist_ok=True)
    for system in wanted:
        said = compare.identity(system, material, layout)
        if not only and (_read(folder / f"{system}.json") or {}).get("identity") == said:
            click.echo(f"{system}: kept from an earlier run", err=True)
            continue
        train(system, material, python, layout, jobs)
        measure(system, material, python)
        made = compare.result(system, material)
        (folder / f"{system}.json").write_text(json.dumps({"identity": said, **made}, indent=1), encoding="utf-8")
    found = {
        name: result
        for name in TITLES
        if (result := _read(folder / f"{name}.json")) and result["identity"] == compare.identity(name, material, layout)
    }
    if compare.OURS not in found:
        raise click.ClickException(f"without {compare.OURS} there is nothing to compare with; run it too")
    command = "python benchmarks/peers/run.py --write docs/benchmarks.md"
    table = compare.table(found, TITLES, material, command)
    (work / "table.json").write_text(json.dumps(table, indent=1, ensure_ascii=False), encoding="utf-8")
    text = report.markdown(table)
    click.echo(text)
    if page:
        try:
            report.write_between(page, text)
        except report.ReportError as error:
            raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
