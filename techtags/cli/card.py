"""`techtags card`: a model card, with figures on annotated rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from ._words import write_figures

if TYPE_CHECKING:
    from techtags.training.card_facts import Subject

NAME, FOLDER = "model-card.md", "pictures"


@click.command()
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), metavar="FILE", help="JSONL of annotated rows to measure on."
)
@click.option(
    "--model", "models", multiple=True, type=click.Path(path_type=Path), metavar="fast|accurate|FOLDER",
    help="Which model; repeatable, and the others are compared with the first. fast if not given.",
)  # fmt: skip
@click.option(
    "--train", "train", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="JSONL of rows that the models were trained on, to be described. Repeatable.",
)  # fmt: skip
@click.option("--contrast", type=click.Path(path_type=Path), metavar="FILE", help="JSONL of cases whose words mislead.")
@click.option("--about", type=click.Path(path_type=Path), metavar="FILE", help="YAML: what only you know of the data and models.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write all figures as JSON.")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER",
    help="The card (Markdown); its pictures go to the folder pictures beside it.",
)  # fmt: skip
def card(
    data: Path,
    models: tuple[Path, ...],
    train: tuple[Path, ...],
    contrast: Path | None,
    about: Path | None,
    json_file: Path | None,
    output: Path,
) -> None:
    """Write a model card: what a model is, how good it is on annotated rows, where it fails, what it must not be used for.

    It has figures with intervals for every profile, by language, source, kind and length of text and by tag, reliability
    diagrams, risk-coverage curves, what is confused with what, and what the model's manifest says of its making. No text of any
    row is in it.

    --about is a YAML file of texts, all optional: models, sampling, annotation, agreement, dates, licence, speed; sources (for
    each: what, licence); failures (a list).

    \b
    techtags card --data rows.jsonl -o model-card.md
    techtags card --data rows.jsonl --model my-model --about about.yaml -o my-model/

    Needs the plots extra: pip install "techtags[plots]".
    """
    from techtags.classifier import Model
    from techtags.training import read_rows
    from techtags.training.card import page
    from techtags.training.card_facts import DEFAULT, describe_data, measure, read_training_data
    from techtags.training.card_pictures import check_pictures, draw
    from techtags.training.card_words import About, read_about
    from techtags.training.contrast import read_cases

    file = output / NAME if output.is_dir() or not output.suffix else output
    if str(output) == "-":
        raise click.UsageError("-o -: a card has pictures beside it; name a file or a folder")
    check_pictures()
    said = read_about(about) if about else About()
    subjects = [_subject(Model.load(path), path) for path in models or (Path("fast"),)]
    taxonomy = subjects[0].model.taxonomy
    rows = read_rows(data, taxonomy)
    cases = read_cases(contrast, taxonomy) if contrast else None
    trained_on = read_training_data(train, subjects, taxonomy)
    described = describe_data(data, rows)
    if sys.stderr.isatty():
        bar: Any
        with click.progressbar(length=len(rows) * len(subjects), file=sys.stderr, label="reading") as bar:
            facts = measure(subjects, rows, cases, lambda done: bar.update(done - bar.pos))
    else:
        facts = measure(subjects, rows, cases)

    pictures = draw(facts, DEFAULT)
    addresses = {name: f"{FOLDER}/{quote(file.stem)}-{name}.svg" for name in pictures}
    text = page(facts, described, trained_on, said, taxonomy, addresses, "techtags card")
    (file.parent / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, drawn in pictures.items():
        with click.open_file(str(file.parent / FOLDER / f"{file.stem}-{name}.svg"), "wb", atomic=True) as out:
            out.write(drawn)
    with click.open_file(str(file), "wb", atomic=True) as out:
        out.write(text.encode())
    if json_file:
        write_figures(json_file, {"data": described, "trained_on": trained_on, **facts})
    leaf = ", ".join(f"{m['name']} {m['figures'][DEFAULT]['all']['leaf']['f1']:.3f}" for m in facts["models"])
    click.echo(f"{file}: {len(rows)} rows, leaf F1 {leaf}")


def _subject(model: Any, path: Path) -> Subject:
    from techtags.classifier.folder import base_folder, model_folder
    from techtags.training.card_facts import Subject

    folder = model_folder(path)
    size = in_all = _size(folder)
    if "base" in model.manifest:
        base = base_folder(folder, model.manifest)
        if not base.is_relative_to(folder):
            in_all += _size(base)
    return Subject(model, size, in_all)


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
