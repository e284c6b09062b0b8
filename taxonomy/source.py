"""From source files to a release: the one form that a source file has, and what the sources compile to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .model import TaxonomyError
from .store import read_json

TAG_KEYS = (
    "id", "parent", "label", "definition", "scope_note", "aliases", "ambiguous", "examples", "related", "status", "since",
    "deprecated",
)  # fmt: skip
AMBIGUOUS_KEYS = ("alias", "lang", "with", "not_with", "note")
DEPRECATED_KEYS = ("since", "reason", "replaced_by", "replacement_kind")
COLLECTION_KEYS = (
    "id", "label", "description", "issuer", "jurisdiction", "issued", "valid_to", "superseded_by", "kind", "verification",
    "verification_note", "sources", "members",
)  # fmt: skip
MEMBER_KEYS = ("name", "level", "tags", "relation", "note")
HEADER = {
    "schema_version": "1.0.0",
    "scheme": "techtags",
    "version": "",
    "released": "",
    "title": {"en": "techtags: a standard of technology tags", "zh": "techtags 技术标签标准"},
    "license": "CC-BY-4.0",
    "namespace": "https://w3id.org/techtags/",
    "languages": ["en", "zh"],
}


def root() -> Path:
    """The folder of the sources in a checkout.

    Raises:
        TaxonomyError: this installation has none (wheels carry only releases).
    """
    path = Path(__file__).parent / "source"
    if not path.is_dir():
        raise TaxonomyError("this installation has no source files; work in a checkout installed with pip install -e")
    return path.parent


def dump(document: Any) -> str:
    """The one written form of our JSON files."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _ordered(mapping: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """`mapping` with the known keys first, in order; unknown ones stay, at the end, for the checks to name."""
    return {**{k: mapping[k] for k in keys if k in mapping}, **{k: v for k, v in mapping.items() if k not in keys}}


def _two(mapping: Any) -> Any:
    return _ordered(mapping, ("en", "zh")) if isinstance(mapping, dict) else mapping


def _tidy(value: Any) -> Any:
    """Strings without space at their ends, lists without repetitions."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {k: _tidy(v) for k, v in value.items()}
    if isinstance(value, list):
        out: list[Any] = []
        for item in map(_tidy, value):
            if item not in out:
                out.append(item)
        return out
    return value


def format_source(document: dict[str, Any]) -> dict[str, Any]:
    """A source document in its formatted form: keys in order, strings trimmed, each tag after its parent."""
    tags = []
    for raw in _tidy(document["tags"]):
        tag = _ordered(raw, TAG_KEYS)
        for key in ("label", "definition", "scope_note", "aliases", "examples"):
            if key in tag:
                tag[key] = _two(tag[key])
        if "ambiguous" in tag:
            tag["ambiguous"] = [_ordered(a, AMBIGUOUS_KEYS) for a in tag["ambiguous"]]
        if "deprecated" in tag:
            tag["deprecated"] = _ordered(tag["deprecated"], DEPRECATED_KEYS)
        tags.append(tag)
    return {"domain": document["domain"], "tags": _depth_first(tags)}


def _depth_first(tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each tag after its parent, siblings in the order given; tags whose parent is not here stay at the end."""
    ids = {t["id"] for t in tags}
    out: list[dict[str, Any]] = []

    def add(parent: str | None) -> None:
        for tag in tags:
            if tag["parent"] == parent and tag not in out:
                out.append(tag)
                add(tag["id"])

    add(None)
    for tag in tags:
        if tag not in out and tag["parent"] not in ids:
            out.append(tag)
            add(tag["id"])
    return out + [t for t in tags if t not in out]


def format_collection(document: dict[str, Any]) -> dict[str, Any]:
    """A collection in its formatted form."""
    members = document.get("members", [])
    out = _ordered({**_tidy({k: v for k, v in document.items() if k != "members"}), "members": members}, COLLECTION_KEYS)
    for key in ("label", "description", "issuer"):
        if key in out:
            out[key] = _two(out[key])
    # Members are not deduplicated: some lists name an item under two headings.
    out["members"] = [{**(m := _ordered(_tidy(raw), MEMBER_KEYS)), "name": _two(m.get("name"))} for raw in members]
    return out


def read_sources(folder: Path | None = None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The source documents in the order of `order.json`, and the collections by id.

    Raises:
        TaxonomyError: a file cannot be read, or `order.json` and the files do not agree.
    """
    folder = folder or root()
    order, _ = read_json(folder / "source" / "order.json", "source")
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order) or len(set(order)) < len(order):
        raise TaxonomyError("source/order.json must be a list of domains, each once")
    present = {p.stem for p in (folder / "source").glob("*.json")} - {"order"}
    if set(order) != present:
        odd = sorted(set(order) ^ present)
        raise TaxonomyError(f"source/order.json and the files of source/ do not agree on {', '.join(odd)}")
    sources = [read_json(folder / "source" / f"{name}.json", "source")[0] for name in order]
    collections = [read_json(p, "collection")[0] for p in sorted((folder / "collections").glob("*.json"))]
    return sources, collections


def compile_release(
    sources: list[dict[str, Any]], collections: list[dict[str, Any]], version: str, released: str
) -> dict[str, Any]:
    """The release that the sources make.

    Args:
        sources: source documents, in order.
        collections: collection documents.
        version: of the release.
        released: its date, YYYY-MM-DD.
    """
    level: dict[str, int] = {}
    tags = []
    for source in sources:
        for tag in format_source(source)["tags"]:
            level[tag["id"]] = level.get(tag["parent"], 0) + 1 if tag["parent"] else 1
            tags.append({"id": tag["id"], "parent": tag["parent"], "level": level[tag["id"]], **tag})
    return {
        **HEADER,
        "version": version,
        "released": released,
        "tags": tags,
        "collections": sorted((format_collection(c) for c in collections), key=lambda c: c["id"]),
    }


def format_files(folder: Path | None = None, *, write: bool) -> list[Path]:
    """Files that are not in their formatted form; with `write`, they are brought into it."""
    folder = folder or root()
    off = []
    jobs = [(p, format_source) for p in sorted((folder / "source").glob("*.json")) if p.stem != "order"]
    jobs += [(p, format_collection) for p in sorted((folder / "collections").glob("*.json"))]
    for path, formatted in jobs:
        document, raw = read_json(path, "source")
        try:
            text = dump(formatted(document))
        except (AttributeError, KeyError, TypeError):
            raise TaxonomyError(f"{path} cannot be formatted; see techtags taxonomy validate {path}") from None
        if text.encode("utf-8") != raw:
            off.append(path)
            if write:
                path.write_text(text, encoding="utf-8", newline="\n")
    return off
