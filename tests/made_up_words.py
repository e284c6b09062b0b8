"""A small taxonomy for tests of what must not depend on the real one's words."""

from __future__ import annotations

from typing import Any

from techtags.taxonomy import Taxonomy


def ambiguous(alias: str, lang: str, with_: list[str], not_with: list[str]) -> dict[str, Any]:
    return {"alias": alias, "lang": lang, "with": with_, "not_with": not_with, "note": "Made up."}


def tag(
    tag_id: str, parent: str | None, level: int, label: tuple[str, str], en: list[str], zh: list[str], *marks: dict[str, Any]
) -> dict[str, Any]:
    words = {"en": "Made up.", "zh": "虚构。"}
    return {
        "id": tag_id,
        "parent": parent,
        "level": level,
        "label": {"en": label[0], "zh": label[1]},
        "definition": words,
        "scope_note": words,
        "aliases": {"en": en, "zh": zh},
        "ambiguous": list(marks),
        "examples": {"en": ["One."], "zh": ["一。"]},
        "related": [],
        "status": "active",
        "since": "1.0.0",
    }


ORDER = ("energy", "solar", "solar-recycling", "computing", "processors", "crystals")


def made_up() -> Taxonomy:
    """Six tags in two domains, with homonyms."""
    tags = [
        tag("energy", None, 1, ("Energy", "能源"), ["power supply"], ["电力"]),
        tag("solar", "energy", 2, ("Solar cell", "太阳能电池"), ["photovoltaics", "battery"], ["光伏"]),
        tag("solar-recycling", "solar", 3, ("Solar cell recycling", "太阳能电池回收"), ["panel recovery"], ["组件回收"]),
        tag("computing", None, 1, ("Computing", "计算"), ["informatics"], ["信息处理"]),
        tag(
            "processors", "computing", 2, ("Processor", "处理器"), ["chip", "RISC-V", "core"], ["芯片", "核"],
            ambiguous("chip", "en", ["wafer", "semiconductor"], ["potato", "wood"]),
            ambiguous("core", "en", ["chip"], ["apple"]),
            ambiguous("核", "zh", [], ["核电"]),
        ),
        tag(
            "crystals", "computing", 2, ("Crystal", "晶体"), ["chip", "quartz"], ["石英"],
            ambiguous("chip", "en", ["quartz"], []),
        ),
    ]  # fmt: skip
    return Taxonomy(
        {
            "schema_version": "1.0.0", "scheme": "techtags", "version": "1.0.0", "released": "2026-01-01",
            "title": {"en": "Made up", "zh": "虚构"}, "license": "CC0-1.0", "namespace": "https://example.org/",
            "languages": ["en", "zh"], "tags": tags, "collections": [],
        }
    )  # fmt: skip
