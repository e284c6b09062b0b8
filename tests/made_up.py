"""A small made-up release that keeps every rule, for tests to load, break and change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from techtags.taxonomy import Taxonomy

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]


def make_tag(tag_id: str, parent: str | None, level: int, en: str, zh: str) -> Document:
    """A complete active tag of a release."""
    return {
        "id": tag_id,
        "parent": parent,
        "level": level,
        "label": {"en": en, "zh": zh},
        "definition": {"en": f"Making and using {en.lower()}.", "zh": f"{zh}的制造与使用。"},
        "scope_note": {"en": f"Only {en.lower()} go here.", "zh": f"仅收{zh}。"},
        "aliases": {
            "en": [f"{en.lower()} {word}" for word in ("kit", "unit", "system", "tool", "device", "module")],
            "zh": [f"{zh}{word}" for word in ("套件", "单元", "系统", "工具", "装置", "模块")],
        },
        "ambiguous": [],
        "examples": {"en": [f"A maker of {en.lower()}"], "zh": [f"生产{zh}的企业"]},
        "related": [],
        "status": "active",
        "since": "1.0.0",
    }


def mark(alias: str, lang: str = "en") -> Document:
    """A mark of ambiguity."""
    return {"alias": alias, "lang": lang, "with": ["factory"], "not_with": [], "note": "Also a part of the body"}


def make_collection(collection_id: str, verification: str, members: list[Document]) -> Document:
    """A collection with these members."""
    return {
        "id": collection_id,
        "label": {"en": f"List {collection_id}", "zh": f"清单{collection_id}"},
        "description": {"en": "A list.", "zh": "一份清单。"},
        "issuer": {"en": "A ministry", "zh": "某部"},
        "jurisdiction": "CN",
        "issued": "2020-05",
        "valid_to": None,
        "superseded_by": None,
        "kind": "policy-list",
        "verification": verification,
        "verification_note": "Copied from a reader's notes.",
        "sources": ["notes"],
        "members": members,
    }


def make_member(name: str, tags: list[str], relation: str = "close", note: str = "") -> Document:
    """A member of a collection."""
    return {"name": {"en": name, "zh": f"{name}项"}, "level": 1, "tags": tags, "relation": relation, "note": note}


def make_release(version: str = "1.0.0") -> Document:
    """Seven tags in two domains and three levels, one of them deprecated, and one collection.

    machines > lathes > micro-lathes; machines > old-lathes (deprecated, use lathes); lamps > lasers, lanterns.
    """
    tags = [
        make_tag("machines", None, 1, "Machines", "机器"),
        make_tag("lathes", "machines", 2, "Lathes", "车床"),
        make_tag("micro-lathes", "lathes", 3, "Micro lathes", "微型车床"),
        make_tag("old-lathes", "machines", 2, "Treadle lathes", "脚踏车床"),
        make_tag("lamps", None, 1, "Lamps", "灯具"),
        make_tag("lasers", "lamps", 2, "Lasers", "激光器"),
        make_tag("lanterns", "lamps", 2, "Lanterns", "提灯"),
    ]
    document = {
        "schema_version": "1.0.0",
        "scheme": "techtags",
        "version": version,
        "released": "2026-01-31",
        "title": {"en": "A made-up standard", "zh": "虚构标准"},
        "license": "CC-BY-4.0",
        "namespace": "https://w3id.org/techtags/",
        "languages": ["en", "zh"],
        "tags": tags,
        "collections": [
            make_collection(
                "plan-2020",
                "unverified",
                [
                    make_member("Light", ["lasers"]),
                    make_member("Turning", ["micro-lathes", "lasers"]),
                    make_member("Poetry", [], "none", "No technology"),
                ],
            )
        ],
    }
    find(document, "old-lathes").update(
        status="deprecated",
        deprecated={
            "since": "1.0.0",
            "reason": {"en": "Nobody makes them", "zh": "无人生产"},
            "replaced_by": ["lathes"],
            "replacement_kind": "one",
        },
    )
    # One alias of two tags, marked at both.
    for tag_id in ("lathes", "lasers"):
        find(document, tag_id)["aliases"]["en"].append("Head")
        find(document, tag_id)["ambiguous"].append(mark("Head"))
    find(document, "lathes")["related"] = ["lasers"]
    find(document, "lathes")["scope_note"]["en"] = "Cutting by light goes to `lasers`."
    return document


def find(document: Document, tag_id: str) -> Document:
    """The tag with this id."""
    found: Document = next(t for t in document["tags"] if t["id"] == tag_id)
    return found


def make_source(document: Document, domain: str) -> Document:
    """The source file that a domain of a release would come from."""
    ids = {domain}
    for tag in document["tags"]:
        if tag["parent"] in ids:
            ids.add(tag["id"])
    tags = [{k: v for k, v in t.items() if k != "level"} for t in document["tags"] if t["id"] in ids]
    return {"domain": domain, "tags": tags}


def write(document: Any, path: Path) -> Path:
    """`document` as a JSON file."""
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def make_checkout(folder: Path) -> Path:
    """A folder of formatted source files that compile to the made-up release."""
    from techtags.taxonomy.source import dump, format_collection, format_source

    document = make_release()
    for name in ("source", "collections", "releases"):
        (folder / name).mkdir(parents=True)
    (folder / "source" / "order.json").write_text(dump(["machines", "lamps"]), encoding="utf-8")
    for domain in ("machines", "lamps"):
        text = dump(format_source(make_source(document, domain)))
        (folder / "source" / f"{domain}.json").write_text(text, encoding="utf-8")
    for collection in document["collections"]:
        text = dump(format_collection(collection))
        (folder / "collections" / f"{collection['id']}.json").write_text(text, encoding="utf-8")
    return folder


def load(document: Document) -> Taxonomy:
    """`document` as a taxonomy, without a file."""
    return Taxonomy(document)
