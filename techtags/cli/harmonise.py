"""`techtags harmonise`: the labels of a table in, what they stand for in the standard out."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import DELIMITER, ENCODING, FROM, MODEL, RAW, SHEET, TO, labels


@click.command()
@click.argument("input_", metavar="INPUT")
@click.option("--label", "label", multiple=True, required=True, metavar="COLUMN", help="Column with labels or codes. Repeatable.")
@click.option(
    "--scheme", metavar="NAME", help="Where the labels come from: an id of `techtags crosswalk list`, or an SSSOM file."
)
@click.option(
    "-o", "--output", default="-", show_default=True, metavar="FILE",
    help="Where each distinct designation goes; - is standard output.",
)  # fmt: skip
@click.option("--rows", metavar="FILE", help="Also write INPUT with what its labels stand for appended to every row.")
@click.option("--review", metavar="FILE", help="Also write what could not be placed, as an SSSOM table to fill in.")
@click.option(
    "--mapping", type=click.Path(path_type=Path), metavar="FILE", help="A filled review table; it comes before everything."
)
@click.option(
    "--review-below", type=click.FloatRange(0, 1), default=0.9, show_default=True, metavar="SURE",
    help="What the model placed, less sure than this, is reviewed too.",
)  # fmt: skip
@click.option(
    "--report", is_flag=True, help="Print what was kept and lost (on standard error where a table goes to standard output)."
)
@click.option("--report-file", metavar="FILE", help="Write the report, .md or .json.")
@click.option("--picture", metavar="FILE", help="Draw the report, .png or .svg; needs techtags[plots].")
@labels("Language of tt_names.")
@FROM
@TO
@SHEET
@ENCODING
@DELIMITER
@RAW
@click.option("--overwrite", is_flag=True, help="Replace tt_ columns that INPUT already has (with --rows).")
@MODEL
def harmonise(
    input_: str, label: tuple[str, ...], scheme: str | None, output: str, rows: str | None, review: str | None,
    mapping: Path | None, review_below: float, report: bool, report_file: str | None, picture: str | None, lang: str,
    from_: str | None, to: str | None, sheet: str | None, encoding: str | None, delimiter: str | None, raw: bool,
    overwrite: bool, model: Path | None,
) -> None:  # fmt: skip
    """Place the labels of INPUT, a table, folder or pattern as for `techtags tag`, in the standard, never finer than they are.

    The output has each distinct designation once, most frequent first: designation (as it was written), rows, tt_status
    (placed; coarse: a set of domains; none: no technology; unplaced), tt_tags, tt_names, tt_relation (exact, close, broad: the
    tag is broader, narrow), tt_found (mapping, code, curated, alias, head, learned), tt_sure, tt_source and tt_hints.

    What could not be placed goes to --review; fill in its predicate_id and object_id and give it back with --mapping.
    """
    from ._harmonising import Job, run

    run(
        Job(
            input=input_, label=label, scheme=scheme, output=output, rows=rows, review=review, mapping=mapping,
            review_below=review_below, report=report, report_file=report_file, picture=picture, lang=lang, from_=from_, to=to,
            encoding=encoding, delimiter=delimiter, overwrite=overwrite, model=model, sheet=sheet, raw=raw,
        )
    )  # fmt: skip
