"""`techtags train`: make a model from annotated rows."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--data", "data", multiple=True, required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="JSONL of annotated rows (text, tags); may be given several times.",
)  # fmt: skip
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder for the model.")
@click.option("--release", metavar="VERSION|FILE", help="Release of the taxonomy; the latest by default.")
@click.option("--name", default="fast", show_default=True, help="Name of the model.")
@click.option("--model-version", default="1", show_default=True, help="Version of the model.")
@click.option("--seed", default=20261121, show_default=True)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
def train(data: tuple[Path, ...], output: Path, release: str | None, name: str, model_version: str, seed: int, jobs: int) -> None:
    """Train a model on annotated rows.

    Needs the train extra: pip install "techtags[train]".
    """
    from techtags.taxonomy import Taxonomy
    from techtags.training import train as run

    manifest = run(
        data, Taxonomy.load(release), output, name=name, version=model_version, seed=seed, jobs=jobs,
        say=lambda line: click.echo(line, err=True),
    )  # fmt: skip
    size = sum(p.stat().st_size for p in output.iterdir())
    click.echo(f"{output}: model {manifest['name']} {manifest['version']}, {size / 1e6:.1f} MB")
