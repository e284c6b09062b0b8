"""`techtags explain`: why a text gets its tags."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._options import MODEL, labels
from ._options import profile as profile_option

if TYPE_CHECKING:
    from techtags.classifier import Tagging
    from techtags.taxonomy import Taxonomy


@click.command()
@click.argument("text")
@click.option("--label", "source_labels", multiple=True, help="A label that the source gives; may be given several times.")
@labels("Language of names.")
@profile_option()
@MODEL
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def explain(text: str, source_labels: tuple[str, ...], lang: str, profile: str, model: Path | None, as_json: bool) -> None:
    """Show the tags of TEXT (- for standard input), where they stand in the tree, the words that spoke for each, and what
    was considered and why it lost."""
    from techtags.classifier import Tagger
    from techtags.tables.encoding import ESCAPE, detect_encoding

    if text == "-":
        raw = sys.stdin.buffer.read()
        text = raw.decode(detect_encoding(raw), ESCAPE)
    tagger = Tagger.load(model, profile=profile, candidates=5)
    result = tagger.tag([text], [source_labels])[0]
    if as_json:
        click.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
        return
    _show(text, result, tagger.taxonomy, lang)


def _show(text: str, result: Tagging, taxonomy: Taxonomy, lang: str) -> None:
    from techtags.classifier import LabelMatch, Span
    from techtags.classifier.beside import COARSE_DESIGNATION, CONFLICT, UNSUPPORTED

    click.echo(f"{_marked(text, result)}\n")
    if not result.tags:
        why = {"none": "no tag was probable enough", "unreadable": "the text is empty or garbled"}[result.status]
        click.echo(f"{result.status}: {why}")
    for number, tag in enumerate(result.tags, start=1):
        path = " > ".join(t.labels[lang] for t in taxonomy[tag.id].path)
        sure = "" if tag.probability is None else f"  p={tag.probability:.2f}"
        click.echo(f"{number}. {click.style(tag.id, bold=True)}  {path}{sure}  ({tag.basis})")
        if tag.backed_off_from:
            click.echo(f"   backed off from {tag.backed_off_from}, which was not sure enough")
        for one in tag.evidence:
            if isinstance(one, Span):
                click.echo(f"   {one.weight:4.0%}  {' '.join(one.text.split())}")
            elif isinstance(one, LabelMatch):
                how = f" ({', '.join(filter(None, (one.relation, one.found, one.source)))})" if one.found else ""
                click.echo(f"   label {one.label!r} says {one.matched!r}{how}")
    if result.label_tags:
        click.echo(f"\nthe label stands for: {', '.join(result.label_tags)}")
    meanings = {
        CONFLICT: "text and label have no domain in common",
        COARSE_DESIGNATION: "the label names nothing finer than a domain",
        UNSUPPORTED: "the text does not support the label, whose tags were not all given",
    }
    for flag in result.flags:
        click.echo(f"{flag}: {meanings[flag]}")
    for stretch in result.left_out:
        click.echo(f"left out: {' '.join(text[stretch.start : stretch.end].split())}  ({_LEFT_OUT[stretch.kind]})")
    if result.candidates:
        click.echo("\nconsidered:")
    for candidate in result.candidates:
        path = " > ".join(t.labels[lang] for t in taxonomy[candidate.id].path)
        why = _why(candidate.id, candidate.probability, candidate.threshold, result, taxonomy)
        click.echo(f"   {candidate.id}  {path}  p={candidate.probability:.2f}: {why}")
    click.echo(f"\n{result.versions}")


_LEFT_OUT = {
    "negated": "the text denies it",
    "ended": "the text says that it was given up",
    "other": "the text says that it is someone else's",
    "boast": "a figure of speech",
    "excluded": "the text excepts it",
}


def _why(tag_id: str, probability: float, threshold: float, result: Tagging, taxonomy: Taxonomy) -> str:
    given = {t.id for t in result.tags}
    if any(tag_id in taxonomy.ancestor_ids(g) for g in given):
        return "a finer tag was given"
    if probability < threshold:
        return f"below its threshold of {threshold:.2f}"
    return "others came first"


def _marked(text: str, result: Tagging) -> str:
    """The text with the evidence of all tags in brackets (bold on a terminal)."""
    from techtags.classifier import Span

    inside = bytearray(len(text))
    for tag in result.tags:
        for one in tag.evidence:
            if isinstance(one, Span):
                inside[one.start : one.end] = b"\x01" * (one.end - one.start)
    out, at = [], 0
    while at < len(text):
        end = at
        while end < len(text) and inside[end] == inside[at]:
            end += 1
        part = text[at:end]
        out.append(click.style(f"[{part}]", bold=True) if inside[at] else part)
        at = end
    return "".join(out)
