"""`techtags tag`: a table in, the same table with tags out."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import DELIMITER, ENCODING, FROM, MODEL, RAW, SHEET, TO, labels
from ._options import profile as profile_option


@click.command()
@click.argument("input_", metavar="INPUT")
@click.option("-o", "--output", default="-", show_default=True, metavar="FILE", help="Where to write; - is standard output.")
@click.option(
    "--text", "text", multiple=True, metavar="COLUMN", help="Column with descriptions; guessed if not given. Repeatable."
)
@click.option("--label", "label", multiple=True, metavar="COLUMN", help="Column with the source's own labels. Repeatable.")
@click.option("--scheme", metavar="NAME", help="Scheme that the labels come from: see techtags crosswalk list; or an SSSOM file.")
@click.option(
    "--mapping", type=click.Path(path_type=Path), metavar="FILE", help="Your own SSSOM crosswalk for labels; comes first."
)
@click.option("--id", "id_", metavar="COLUMN", help="Column that identifies a row (kept in the long and jsonl layouts).")
@click.option(
    "--layout",
    type=click.Choice(["wide", "long", "jsonl"]),
    help="wide: columns appended (default); long: a row a tag; jsonl: a full result a line.",
)
@labels("Language of tt_names.")
@profile_option("Which thresholds apply.")
@click.option("--evidence/--no-evidence", default=True, show_default=True, help="Say which words spoke for each tag.")
@FROM
@TO
@SHEET
@ENCODING
@DELIMITER
@RAW
@click.option("--overwrite", is_flag=True, help="Replace tt_ columns that INPUT already has.")
@MODEL
def tag(
    input_: str, output: str, text: tuple[str, ...], label: tuple[str, ...], scheme: str | None, mapping: Path | None,
    id_: str | None, layout: str | None, lang: str,
    profile: str, evidence: bool, from_: str | None, to: str | None, sheet: str | None, encoding: str | None,
    delimiter: str | None, raw: bool, overwrite: bool, model: Path | None,
) -> None:  # fmt: skip
    """Tag the rows of INPUT: CSV, TSV or JSONL (packed with gzip or zstd too), Parquet, Excel or Stata, or - for standard input.

    A folder or a pattern ('data/*.parquet') stands for all its tables: they become one output, or as many in a folder.

    Every row and every value of INPUT is kept as it was. Appended are tt_status (tagged, coarse, none, unreadable), tt_primary,
    tt_tags, tt_names, tt_scores (probabilities), tt_basis (text, label, both), tt_evidence, tt_label_tags (what the source's own
    label stands for), tt_flags (label_conflict, designation-is-coarse, label_unsupported) and tt_version.
    """
    from ._tagging import Job, run

    run(
        Job(
            input=input_, output=output, text=text, label=label, scheme=scheme, mapping=mapping, id=id_, layout=layout,
            lang=lang, profile=profile, evidence=evidence, from_=from_, to=to, encoding=encoding, delimiter=delimiter,
            overwrite=overwrite, model=model, sheet=sheet, raw=raw,
        )
    )  # fmt: skip
