"""`techtags taxonomy`: read, search, check, build, compare and export the standard."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from techtags.taxonomy import Taxonomy, TaxonomyError, is_chinese

from ._options import labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from techtags.taxonomy import Collection, Tag

LANG = labels("Language.")
RELEASE = click.option("--release", metavar="VERSION|FILE", help="A release other than the latest.")


def _json_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@click.group()
def taxonomy() -> None:
    """Read, search, check, compare and export the standard."""


@taxonomy.command()
@click.argument("name")
@LANG
@RELEASE
@_json_option
def show(name: str, lang: str, release: str | None, as_json: bool) -> None:
    """Show the tag with the id, label or alias NAME, in either language."""
    tax = Taxonomy.load(release)
    tag = tax.find(name)
    if as_json:
        _print_json(next(t for t in tax.document["tags"] if t["id"] == tag.id))
        return
    other = "zh" if lang == "en" else "en"
    click.echo(click.style(tag.labels[lang], bold=True) + f"  {tag.labels[other]}  [{tag.id}]")
    click.echo("  " + " > ".join(t.labels[lang] for t in tag.path) + f"   (since {tag.since}, release {tax.version})")
    if tag.deprecation:
        gone = tag.deprecation
        by = {"one": "use ", "any_of": "use one of ", "all_of": "use all of ", "none": "no replacement"}
        text = by[gone.replacement_kind] + ", ".join(gone.replaced_by)
        click.echo(click.style(f"  deprecated since {gone.since}: {gone.reason[lang]} ({text})", fg="yellow"))
    for one in (lang, other):
        click.echo()
        _paragraph(tag.definitions[one])
        _paragraph(tag.scope_notes[one])
        _paragraph(("Also: " if one == "en" else "又称：") + ("、" if one == "zh" else ", ").join(tag.aliases[one]))
    click.echo()
    for mark in tag.ambiguous:
        needs = [f"with {', '.join(mark.with_)}"] if mark.with_ else []
        needs += [f"not with {', '.join(mark.not_with)}"] if mark.not_with else []
        _paragraph(f"{mark.alias!r} counts only {'; '.join(needs)}. {mark.note}")
    if tag.children:
        click.echo("  Below: " + ", ".join(f"{c.labels[lang]} [{c.id}]" for c in tag.children))
    if tag.related:
        click.echo("  Related: " + ", ".join(f"{r.labels[lang]} [{r.id}]" for r in tag.related))
    for example in tag.examples[lang]:
        _paragraph(f"e.g. {example}")
    lists = [c for c in tax.collections.values() if tag.id in c.tag_ids]
    if lists:
        click.echo("  Named by: " + ", ".join(c.id + _mark(c) for c in lists))


def _mark(c: Collection) -> str:
    return {"read": "", "partly-read": " (partly unverified)", "unverified": " (unverified)"}[c.verification]


def _paragraph(text: str, fg: str | None = None) -> None:
    click.secho(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False), fg=fg)


@taxonomy.command()
@click.argument("name", required=False)
@LANG
@RELEASE
def tree(name: str | None, lang: str, release: str | None) -> None:
    """Draw the tree, or the part of it below the tag NAME."""
    tax = Taxonomy.load(release)

    def draw(tag: Tag, lead: str, below: str) -> None:
        gone = "" if tag.status == "active" else "  (deprecated)"
        click.echo(f"{lead}{tag.labels[lang]}  [{tag.id}]{gone}")
        for i, child in enumerate(tag.children):
            last = i == len(tag.children) - 1
            draw(child, below + ("└── " if last else "├── "), below + ("    " if last else "│   "))

    for top in [tax.find(name)] if name else tax.domains:
        draw(top, "", "")


@taxonomy.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True)
@LANG
@RELEASE
@_json_option
def search(text: tuple[str, ...], limit: int, lang: str, release: str | None, as_json: bool) -> None:
    """Find tags by TEXT: labels, aliases and definitions in both languages, typos forgiven."""
    from techtags.taxonomy import search as find

    query = " ".join(text)
    tax = Taxonomy.load(release)
    hits = find(tax, query, limit)
    if not hits and is_chinese(query):
        # Perhaps in traditional characters; folding them costs NumPy, so only then.
        from techtags.classifier.text import fold_text

        hits = find(tax, fold_text(query), limit)
    if as_json:
        _print_json([{"id": h.tag.id, "score": round(h.score, 1), "matched": h.matched, "kind": h.kind} for h in hits])
        return
    if not hits:
        raise TaxonomyError(f"nothing in the taxonomy is like {query!r}; try another word, or the tree")
    for hit in hits:
        shown = hit.matched if len(hit.matched) < 60 else hit.matched[:57] + "..."
        path = " > ".join(t.labels[lang] for t in hit.tag.path)
        click.echo(f"{hit.tag.id:<30} {path}   ({hit.kind}: {shown})")


@taxonomy.command("list")
@LANG
@RELEASE
@click.option("--within", metavar="COLLECTION", help="Only the tags of this collection.")
@_json_option
def list_(lang: str, release: str | None, within: str | None, as_json: bool) -> None:
    """List all tags, one a line: id, parent, label (tab-separated)."""
    tax = Taxonomy.load(release)
    chosen = set(tax)
    if within:
        collection = tax.collection(within)
        chosen = set(collection.tag_ids)
        if collection.warning:
            click.secho(f"{within}: {collection.warning}", err=True, fg="yellow")
    tags = [t for t in tax.tags if t.id in chosen]
    if as_json:
        _print_json([{"id": t.id, "parent": t.parent_id, "label": dict(t.labels), "status": t.status} for t in tags])
        return
    for tag in tags:
        click.echo(f"{tag.id}\t{tag.parent_id or ''}\t{tag.labels[lang]}")


@taxonomy.command()
@click.argument("name", required=False)
@LANG
@RELEASE
@_json_option
def collections(name: str | None, lang: str, release: str | None, as_json: bool) -> None:
    """List the collections (policy lists as sets of tags), or show the one called NAME."""
    tax = Taxonomy.load(release)
    if name:
        collection = tax.collection(name)
        if as_json:
            _print_json(next(c for c in tax.document["collections"] if c["id"] == name))
        else:
            _show_collection(collection, lang)
        return
    if as_json:
        _print_json(
            [
                {"id": c.id, "label": dict(c.labels), "issued": c.issued, "verification": c.verification, "tags": len(c.tag_ids)}
                for c in tax.collections.values()
            ]
        )
        return
    for c in sorted(tax.collections.values(), key=lambda c: (c.jurisdiction, c.issued)):
        click.echo(f"{c.id:<40} {c.jurisdiction}  {c.issued:<10}  {len(c.tag_ids):>3} tags  {c.labels[lang]}{_mark(c)}")


def _show_collection(c: Collection, lang: str) -> None:
    click.echo(click.style(c.labels[lang], bold=True) + f"  [{c.id}]")
    until = f" to {c.valid_to}" if c.valid_to else ""
    click.echo(f"  {c.issuers[lang]} ({c.jurisdiction}), {c.issued}{until}")
    _paragraph(c.descriptions[lang])
    if c.superseded_by:
        click.echo(f"  Superseded by {c.superseded_by}")
    if c.warning:
        _paragraph(c.warning, fg="yellow")
    click.echo()
    for member in c.members:
        tags = ", ".join(member.tag_ids) or "-"
        note = f"   # {member.note}" if member.note else ""
        click.echo("  " * member.level + f"{member.names[lang]}  =>  {tags} ({member.relation}){note}")


@taxonomy.command()
@click.argument("file", type=click.Path(path_type=Path))
def validate(file: Path) -> None:
    """Check FILE against its schema: a release, a source file or a collection; a release also against the rules of the
    standard (those of sources and collections are checked when they are built)."""
    from techtags.schemas import problems
    from techtags.taxonomy.checks import check_release
    from techtags.taxonomy.store import read_json

    document, _ = read_json(file, "release")
    if not isinstance(document, dict):
        raise TaxonomyError(f"{file} is not a release, a source file or a collection: it holds no JSON object")
    kind = "release" if "scheme" in document else "source" if "domain" in document else "collection"
    found = [str(p) for p in problems(document, kind)]
    if not found and kind == "release":
        found = [str(b) for b in check_release(document)]
    for line in found:
        click.echo(f"{file}: {line}")
    if found:
        raise TaxonomyError(f"{file} is not a valid {kind}: {_count(len(found), 'problem')}")
    click.echo(f"{file}: valid {kind}")


@taxonomy.command("format")
@click.option("--check", is_flag=True, help="Change nothing; fail if a file is not in its formatted form.")
def format_(check: bool) -> None:
    """Bring the source files of a checkout into their formatted form."""
    from techtags.taxonomy.source import format_files

    off = format_files(write=not check)
    for path in off:
        click.echo(f"{'would format' if check else 'formatted'} {path}")
    if check and off:
        raise TaxonomyError(f"{_count(len(off), 'file')} to format; run techtags taxonomy format")


@taxonomy.command()
@click.argument("version")
@click.option("--released", metavar="DATE", help="YYYY-MM-DD; today if not given.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write; the releases folder by default.")
@click.option("--force", is_flag=True, help="Replace a release that has not been published yet.")
def build(version: str, released: str | None, output: Path | None, force: bool) -> None:
    """Compile the source files of a checkout into release VERSION."""
    from datetime import date

    from techtags.schemas import SchemaProblem
    from techtags.schemas import validate as validate_schema
    from techtags.taxonomy.checks import check_release
    from techtags.taxonomy.source import compile_release, dump, read_sources
    from techtags.taxonomy.store import releases_dir

    sources, lists = read_sources()
    for kind, files in (("source", sources), ("collection", lists)):
        for file in files:
            try:
                validate_schema(file, kind)
            except SchemaProblem as error:
                name = (file.get("domain") or file.get("id")) if isinstance(file, dict) else None
                raise TaxonomyError(f"nothing built: {name or f'a {kind} file'} is {error}") from None
    document = compile_release(sources, lists, version, released or date.today().isoformat())
    validate_schema(document, "release")
    found = check_release(document)
    for breach in found:
        click.echo(str(breach))
    if found:
        raise TaxonomyError(f"nothing built: the sources break the rules in {_count(len(found), 'place')}")
    path = output or releases_dir() / f"{version}.json"
    if path.exists() and not force:
        raise TaxonomyError(f"{path} exists and releases are immutable; choose a higher version")
    with click.open_file(str(path), "w", encoding="utf-8", atomic=True) as out:
        out.write(dump(document))
    click.echo(f"{path}: {_count(len(document['tags']), 'tag')}, {_count(len(document['collections']), 'collection')}")


@taxonomy.command()
@click.argument("old")
@click.argument("new")
@_json_option
def diff(old: str, new: str, as_json: bool) -> None:
    """Show what changed from release OLD to release NEW (versions or files)."""
    from techtags.taxonomy import diff as compare
    from techtags.taxonomy.store import version_key

    result = compare(Taxonomy.load(old), Taxonomy.load(new))
    if as_json:
        _print_json(result.to_dict())
    else:
        for change in result.changes:
            click.echo(f"{change.kind:<11} {change.id}: {change.detail}")
        count = _count(len(result.changes), "change")
        click.echo(f"{result.old} to {result.new}: {count}, demands: {result.demands}")
    if result.understated:
        if version_key(result.new) < version_key(result.old):
            raise TaxonomyError(f"{result.new} is older than {result.old}; give the older release first")
        raise TaxonomyError(f"{result.new} does not follow {result.old} as a {result.demands} release; raise the version")


@taxonomy.command()
@click.option("--format", "form", type=click.Choice(["csv", "jsonld", "turtle"]), required=True)
@click.option("-o", "--output", default="-", metavar="FILE", help="Standard output by default.")
@RELEASE
def export(form: str, output: str, release: str | None) -> None:
    """Write a release as CSV, or as SKOS in JSON-LD or Turtle."""
    from techtags.taxonomy import export as to_text

    if Path(output).is_dir():
        raise TaxonomyError(f"{output} is a directory; name a file")
    text = to_text(Taxonomy.load(release), form)
    with click.open_file(output, "w", encoding="utf-8", atomic=output != "-") as file:
        file.write(text)
