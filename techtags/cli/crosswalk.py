"""`techtags crosswalk`: what codes and names of outside schemes mean, and checks of users' own crosswalks."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from techtags.taxonomy import Crosswalk, CrosswalkError, Taxonomy, check_crosswalk, crosswalks

from ._options import labels
from ._printing import print_table, printable
from ._words import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from techtags.taxonomy import Mapping, Resolution

LANG = labels("Language of the names of tags.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
NOTHING = "nothing in the taxonomy fits"
UNFILLED = ""  # the relation of a line of a review table that nobody has filled in
_SHOWN = 5  # unknown codes that an error names
_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([\d.]+)/?")


@click.group()
def crosswalk() -> None:
    """Look up what codes and names of outside schemes mean, and check crosswalks of your own.

    SCHEME is the id of a crosswalk (techtags crosswalk list) or an SSSOM TSV file.
    """


@crosswalk.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List the crosswalks that come with techtags."""
    found = [Crosswalk.load(scheme) for scheme in crosswalks()]
    if as_json:
        _print_json(
            [
                {
                    "id": c.scheme,
                    "title": c.title,
                    "edition": c.edition,
                    "codes": len(c.codes),
                    "lines": len(c.mappings),
                    "verification": c.verification,
                    "licence": c.licence,
                }
                for c in found
            ]
        )
        return
    head = ("id", "title", "edition", "codes", "lines", "verification", "licence")
    rows = [(c.scheme, c.title, c.edition, len(c.codes), len(c.mappings), c.verification, _licence(c.licence)) for c in found]
    print_table(head, rows, widths={"title": 50, "edition": 24}, right=("codes", "lines"))


@crosswalk.command()
@click.argument("scheme")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@LANG
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a code and line.")
def lookup(scheme: str, codes: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Show what each CODE (or name; - for codes in standard input, one a line) of SCHEME means.

    \b
    techtags crosswalk lookup cpc H01M10/0525 'G06N 3/08'
    techtags crosswalk lookup designations TMT 硬科技
    """
    found, taxonomy = Crosswalk.load(scheme), Taxonomy.load()
    unknown: list[str] = []
    n_codes = 0
    for code in _asked(codes):
        n_codes += 1
        result = found.lookup(code)
        if result.status == "unknown":
            unknown.append(code)
        if as_json:
            click.echo(json.dumps(result.to_dict(), ensure_ascii=False))
        elif result.status != "unknown":
            _show_resolution(result, taxonomy, lang)
    if unknown:
        names = ", ".join(repr(printable(c)) for c in dict.fromkeys(unknown[:_SHOWN])) + (", ..." if unknown[_SHOWN:] else "")
        what = f"{names} is unknown" if n_codes == 1 else f"{len(unknown)} of {n_codes} codes are unknown: {names}"
        raise CrosswalkError(f"{found.scheme}: {what}; techtags crosswalk show {scheme} lists what is known")


def _asked(codes: Iterable[str]) -> Iterator[str]:
    for code in codes:
        if code != "-":
            yield code
            continue
        for number, raw in enumerate(sys.stdin.buffer, start=1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                raise CrosswalkError(f"standard input, line {number}: not UTF-8; save the codes as UTF-8") from None
            if line:
                yield line


def _show_resolution(result: Resolution, taxonomy: Taxonomy, lang: str) -> None:
    decided = "" if result.code == result.label else f"  {result.label}".rstrip()
    how = {"code": "found by its code", "prefix": "by the code above it", "label": "found by its name"}[result.found or "code"]
    click.echo(f"{click.style(printable(result.query), bold=True)}  =>  {result.code}{decided}   ({how})")
    if result.coarse:
        click.echo("  a coarse designation, which stands for several domains:")
    for m in result.mappings:
        click.echo(f"  {m.relation:<8} {_named(m.tag, taxonomy, lang)}")
    if not result.mappings:
        click.echo(f"  {NOTHING}")
    if result.hints:
        click.echo("  hints    " + ", ".join(_named(m.tag, taxonomy, lang) for m in result.hints))
    for comment in result.comments:
        click.echo(f"  # {printable(comment)}")


def _named(tag_id: str | None, taxonomy: Taxonomy, lang: str) -> str:
    return f"{taxonomy[tag_id].labels[lang]} [{tag_id}]" if tag_id and tag_id in taxonomy else f"[{tag_id}]"


@crosswalk.command()
@click.argument("scheme")
@click.option("--tag", "tag_id", metavar="ID", help="Only the lines to this tag.")
@LANG
@JSON
def show(scheme: str, tag_id: str | None, lang: str, as_json: bool) -> None:
    """Show the lines of the crosswalk SCHEME."""
    found, taxonomy = Crosswalk.load(scheme), Taxonomy.load()
    wanted = taxonomy.find(tag_id).id if tag_id else None
    lines = [m for m in found.mappings if wanted in (None, m.tag)]
    if as_json:
        _print_json([_line(m) for m in lines])
        return
    if not lines:
        raise CrosswalkError(f"{found.scheme} has no line to {wanted}" if wanted else f"{found.scheme} has no lines")
    rows = [
        (
            m.code,
            "" if found.by_name else m.label,
            m.relation if m.tag else "",
            _named(m.tag, taxonomy, lang) if m.tag else NOTHING,
            m.comment,
        )
        for m in lines
    ]
    print_table(("code", "name", "relation", "tag", "comment"), rows, widths={"code": 50, "name": 40, "tag": 60})


def _line(m: Mapping) -> dict[str, Any]:
    return {
        "code": m.code,
        "label": m.label,
        "relation": m.relation if m.tag else None,
        "tag": m.tag,
        "justification": m.justification,
        "confidence": m.confidence,
        "comment": m.comment,
    }


@crosswalk.command()
@click.argument("file", type=click.Path(path_type=Path))
def validate(file: Path) -> None:
    """Check FILE, a crosswalk in the TSV form of SSSOM, and report every problem."""
    from techtags.taxonomy.sssom import read

    try:
        metadata, mappings = read(file, partial=True)
    except CrosswalkError as error:
        for problem in error.problems if len(error.problems) > 1 else ():
            click.echo(problem)
        if len(error.problems) > 1:
            raise CrosswalkError(f"{file} is not a valid crosswalk: {len(error.problems)} problems") from None
        raise
    filled = [m for m in mappings if m.relation != UNFILLED]
    found = Crosswalk(file.name, metadata, filled)
    problems = check_crosswalk(found, Taxonomy.load())
    for problem in problems:
        click.echo(f"{file}: {problem}")
    if problems:
        raise CrosswalkError(f"{file} is not a valid crosswalk: {number_of(len(problems), 'problem')}")
    still = len(mappings) - len(filled)
    rest = f"; {number_of(still, 'line')} not filled in" if still else ""
    click.echo(f"{file}: valid crosswalk, {number_of(len(filled), 'line')}, {number_of(len(found.codes), 'code')}{rest}")


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _licence(stated: str) -> str:
    """The licence's short name, where it has one."""
    known = _CREATIVE_COMMONS.fullmatch(stated)
    if not known:
        return stated
    return f"CC0 {known[3]}" if known[2] == "zero" else f"CC {known[2].upper()} {known[3]}"
