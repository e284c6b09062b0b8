"""The standard's own data.  Each failure names the id and the remedy."""

from __future__ import annotations

import csv
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from techtags.cli import cli
from techtags.schemas import problems
from techtags.taxonomy import Taxonomy, export, versions
from techtags.taxonomy.checks import RULES
from techtags.taxonomy.source import compile_release, dump, format_collection, format_source, read_sources, root
from techtags.taxonomy.store import releases_dir, version_key

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parent / "data"
LATEST = "1.0.0"
SOURCES = sorted(p for p in (root() / "source").glob("*.json") if p.stem != "order")
COLLECTIONS = sorted((root() / "collections").glob("*.json"))
HASHES = {name: digest for digest, name in (line.split() for line in (DATA / "releases.sha256").read_text().splitlines())}


@cache
def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _compiled() -> dict[str, Any]:
    return compile_release(*read_sources(), LATEST, Taxonomy.load(LATEST).released)


@cache
def _tags() -> list[dict[str, str]]:
    with (DATA / "tags_1.0.0.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _report(lines: list[str]) -> str:
    return "\n".join(["", *lines[:40], f"({len(lines)} in all)"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_sources_keep(rule: Callable[[dict[str, Any]], Any]) -> None:
    found = [str(breach) for breach in rule(_compiled())]
    assert not found, _report(found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("version", versions())
def test_releases_keep(version: str, rule: Callable[[dict[str, Any]], Any]) -> None:
    found = [str(breach) for breach in rule(_read(releases_dir() / f"{version}.json"))]
    assert not found, _report(found)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_source_follows_its_schema(path: Path) -> None:
    found = [f"{path.name}: {p}; correct it" for p in problems(_read(path), "source")]
    assert not found, _report(found)


@pytest.mark.parametrize("path", COLLECTIONS, ids=lambda p: p.stem)
def test_collection_follows_its_schema(path: Path) -> None:
    found = [f"{path.name}: {p}; correct it" for p in problems(_read(path), "collection")]
    assert not found, _report(found)


@pytest.mark.parametrize("version", versions())
def test_release_follows_its_schema(version: str) -> None:
    document = _read(releases_dir() / f"{version}.json")
    assert document["version"] == version, f"{version}.json calls itself {document['version']}; build it again"
    found = [f"{version}.json: {p}; correct the sources" for p in problems(document, "release")]
    assert not found, _report(found)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_source_is_formatted(path: Path) -> None:
    formatted = dump(format_source(_read(path))).encode()
    assert path.read_bytes() == formatted, f"{path.stem}: not in its formatted form; run techtags taxonomy format"


@pytest.mark.parametrize("path", COLLECTIONS, ids=lambda p: p.stem)
def test_collection_is_formatted(path: Path) -> None:
    formatted = dump(format_collection(_read(path))).encode()
    assert path.read_bytes() == formatted, f"{path.stem}: not in its formatted form; run techtags taxonomy format"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_source_holds_its_domain(path: Path) -> None:
    document = _read(path)
    assert document["domain"] == path.stem, f"{document['domain']}: stands in {path.name}; rename the file"
    tops = [t["id"] for t in document["tags"] if t["parent"] is None]
    assert tops == [path.stem], f"{path.name}: its domains are {tops}; keep {path.stem} alone"
    ids = {t["id"] for t in document["tags"]}
    strays = [
        f"{t['id']}: parent {t['parent']} is elsewhere; move it there" for t in document["tags"][1:] if t["parent"] not in ids
    ]
    assert not strays, _report(strays)


@pytest.mark.parametrize("path", COLLECTIONS, ids=lambda p: p.stem)
def test_collection_stands_in_its_file(path: Path) -> None:
    assert _read(path)["id"] == path.stem, f"{_read(path)['id']}: stands in {path.name}; rename the file"


def test_order_names_every_source() -> None:
    order = _read(root() / "source" / "order.json")
    assert sorted(order) == [p.stem for p in SOURCES], "source/order.json: name every file of source/ once"
    domains = [t.id for t in Taxonomy.load(LATEST).domains]
    assert order == domains, "source/order.json: another order than the release's; build the release again"


def test_release_is_what_the_sources_compile_to() -> None:
    release, compiled = _read(releases_dir() / f"{LATEST}.json"), _compiled()
    for kind in ("tags", "collections"):
        ids = [item["id"] for item in release[kind]]
        assert ids == [item["id"] for item in compiled[kind]], f"{kind}: other ids than the sources have; build again"
        odd = [
            f"{a['id']}: differs from its source; build again"
            for a, b in zip(release[kind], compiled[kind], strict=True)
            if a != b
        ]
        assert not odd, _report(odd)
    assert (releases_dir() / f"{LATEST}.json").read_text(encoding="utf-8") == dump(compiled), "1.0.0.json: build again"


def test_releases_are_immutable() -> None:
    assert sorted(HASHES) == sorted(f"{v}.json" for v in versions()), "tests/data/releases.sha256: one line a release"
    for name, digest in HASHES.items():
        now = hashlib.sha256((releases_dir() / name).read_bytes()).hexdigest()
        assert now == digest, f"{name}: changed (now {now}); a published release stays as it is, so raise the version"
        assert Taxonomy.load(name.removesuffix(".json")).sha256 == digest


def test_versions_are_in_order() -> None:
    assert versions() == sorted(versions(), key=version_key)
    assert Taxonomy.load().version == versions()[-1]


def test_the_196_tags_as_agreed() -> None:
    agreed = [(t["id"], t["parent"], t["label_en"], t["label_zh"]) for t in _tags()]
    assert len(agreed) == 196
    release = [(t.id, t.parent_id or "", t.labels["en"], t.labels["zh"]) for t in Taxonomy.load(LATEST).tags]
    odd = [f"{a[0]}: agreed but not so in the release; correct {a}" for a in agreed if a not in set(release)]
    odd += [f"{r[0]}: in the release but not agreed so; correct {r}" for r in release if r not in set(agreed)]
    assert not odd, _report(odd)
    assert release == agreed, "1.0.0.json: another order of tags than agreed; order the sources so"


def test_domains_and_levels() -> None:
    tax = Taxonomy.load(LATEST)
    assert len(tax.domains) == 24
    assert len(tax.tags) - len(tax.domains) == 172
    assert {t.level for t in tax.tags} == {1, 2, 3}
    lone = [f"{t.id}: a domain without tags below; give it some" for t in tax.domains if not t.children]
    assert not lone, _report(lone)


def test_first_release_brings_every_tag() -> None:
    odd = [f"{t.id}: since {t.since}; say {LATEST}" for t in Taxonomy.load(LATEST).tags if t.since != LATEST]
    assert not odd, _report(odd)


def test_unverified_collections_say_so_wherever_they_are_met() -> None:
    tax = Taxonomy.load(LATEST)
    doubtful = [c for c in tax.collections.values() if c.verification != "read"]
    assert doubtful, "the release has unverified lists; this test would say nothing without them"
    turtle, runner = export(tax, "turtle"), CliRunner()
    listing = runner.invoke(cli, ["taxonomy", "collections"]).stdout.splitlines()
    for c in doubtful:
        remedy = f"{c.id}: {c.verification} is not said in"
        mark = {"partly-read": "(partly unverified)", "unverified": "(unverified)"}[c.verification]
        line = next(line for line in listing if line.split()[0] == c.id)
        assert line.endswith(mark), f"{remedy} the list of collections"
        assert c.verification_note in c.warning, f"{remedy} Collection.warning"
        assert json.dumps(c.warning, ensure_ascii=False) in turtle, f"{remedy} the exported SKOS"
        shown = " ".join(runner.invoke(cli, ["taxonomy", "collections", c.id]).stdout.split())
        assert " ".join(c.warning.split()) in shown, f"{remedy} its own page"
        within = runner.invoke(cli, ["taxonomy", "list", "--within", c.id])
        assert c.warning in within.stderr, f"{remedy} stderr of list --within"
        for tag_id in c.tag_ids[:1]:
            page = runner.invoke(cli, ["taxonomy", "show", tag_id]).stdout
            assert f"{c.id} {mark}" in page, f"{remedy} the page of its tag {tag_id}"


def test_read_collections_carry_no_warning() -> None:
    tax = Taxonomy.load(LATEST)
    read = [c for c in tax.collections.values() if c.verification == "read"]
    assert read
    assert not [c.id for c in read if c.warning]
    for line in CliRunner().invoke(cli, ["taxonomy", "collections"]).stdout.splitlines():
        if tax.collection(line.split()[0]).verification == "read":
            assert "unverified" not in line, line
