"""`techtags train`: make a model from annotated rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import encoder_options


@click.command()
@click.option(
    "--data", "data", multiple=True, required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="JSONL of annotated rows (text, tags); may be given several times.",
)  # fmt: skip
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder for the model.")
@click.option("--release", metavar="VERSION|FILE", help="Release of the taxonomy; the latest by default.")
@click.option("--name", help="Name of the model; by default fast, or accurate with an encoder.")
@click.option("--model-version", default="1", show_default=True, help="Version of the model.")
@click.option("--seed", default=20261121, show_default=True)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option(
    "--predictions", type=click.Path(path_type=Path), metavar="FILE",
    help="Keep what the linear model's folds say of each row (.npz); --backend transformers reads it instead of making it again.",
)  # fmt: skip
@click.option(
    "--backend", type=click.Choice(["linear", "transformers"]), default="linear", show_default=True,
    help="A linear model; or a pretrained encoder, fine-tuned, beside a linear model.",
)  # fmt: skip
@encoder_options
def train(
    data: tuple[Path, ...], output: Path, release: str | None, name: str | None, model_version: str, seed: int, jobs: int,
    predictions: Path | None, backend: str, encoder: str | None, base: Path | None, work: Path | None, **recipe: Any,
) -> None:  # fmt: skip
    """Train a model on annotated rows.

    Needs the train extra: pip install "techtags[train]". An encoder needs more:
    pip install torch==2.13.0 "techtags[transformers]". Its training leaves
    checkpoints, and the same command goes on from the last one.
    """
    from techtags.taxonomy import Taxonomy
    from techtags.training import train as run
    from techtags.training import train_accurate

    taxonomy = Taxonomy.load(release)
    options: dict[str, Any] = {
        "name": name or ("fast" if backend == "linear" else "accurate"), "version": model_version, "seed": seed, "jobs": jobs,
        "predictions": predictions, "say": lambda line: click.echo(line, err=True),
    }  # fmt: skip
    if backend == "linear":
        if encoder is not None or base is not None:
            raise click.UsageError("--encoder and --base go with --backend transformers")
        manifest = run(data, taxonomy, output, **options)
    else:
        if encoder is None:
            raise click.UsageError("--backend transformers needs --encoder: a folder, or a name on a hub")
        work = work or output.with_name(output.name + ".work")
        manifest = train_accurate(data, taxonomy, output, encoder=encoder, base=base, work=work, recipe=recipe, **options)
    size = sum(p.stat().st_size for p in output.rglob("*") if p.is_file())
    click.echo(f"{output}: model {manifest['name']} {manifest['version']}, {size / 1e6:.1f} MB")
