"""The standard in other people's formats: a flat CSV, and SKOS as Turtle or JSON-LD."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from .model import LANGUAGES

if TYPE_CHECKING:
    from .model import Collection, Tag, Taxonomy

FORMATS = ("csv", "jsonld", "turtle")
PREFIXES = {
    "dct": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# A value of a property: an IRI, a literal with its language, or a typed literal.
Value = tuple[str, str, str]


def export(taxonomy: Taxonomy, form: str) -> str:
    """A release as text.

    Args:
        taxonomy: the release.
        form: ``csv`` (one row a tag), ``jsonld`` or ``turtle``.

    Raises:
        ValueError: an unknown form.
    """
    if form == "csv":
        return to_csv(taxonomy)
    if form == "jsonld":
        return to_jsonld(taxonomy)
    if form == "turtle":
        return to_turtle(taxonomy)
    raise ValueError(f"unknown format {form!r}; there are {', '.join(FORMATS)}")


def to_csv(taxonomy: Taxonomy) -> str:
    """One row a tag; lists are joined with ``;``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    pairs = [f"{name}_{lang}" for name in ("label", "definition", "scope_note", "aliases", "examples") for lang in LANGUAGES]
    writer.writerow(["id", "parent", "level", "path", *pairs, "related", "status", "since", "replaced_by"])
    for tag in taxonomy.tags:
        words = [field[lang] for field in (tag.labels, tag.definitions, tag.scope_notes) for lang in LANGUAGES]
        lists = ["; ".join(field[lang]) for field in (tag.aliases, tag.examples) for lang in LANGUAGES]
        path = " > ".join(t.id for t in tag.path)
        by = ";".join(tag.deprecation.replaced_by) if tag.deprecation else ""
        writer.writerow(
            [tag.id, tag.parent_id or "", tag.level, path, *words, *lists, ";".join(tag.related_ids), tag.status, tag.since, by]
        )
    return out.getvalue()


def _iri(value: str) -> Value:
    return ("iri", value, "")


def _words(mapping: Any) -> list[Value]:
    return [("text", mapping[lang], _tag_of(lang)) for lang in LANGUAGES]


def _tag_of(lang: str) -> str:
    return "zh-Hans" if lang == "zh" else lang


def statements(taxonomy: Taxonomy) -> list[tuple[str, dict[str, list[Value]]]]:
    """The release as SKOS: (subject IRI, {property: values}), the scheme first.

    The IRI of a concept is the same in every release; the release itself has an IRI with its version.
    """
    base = taxonomy.namespace
    scheme = f"{base}scheme"
    out: list[tuple[str, dict[str, list[Value]]]] = [
        (
            scheme,
            {
                "a": [_iri("skos:ConceptScheme")],
                "dct:title": _words(taxonomy.title),
                "owl:versionInfo": [("text", taxonomy.version, "")],
                "owl:versionIRI": [_iri(f"{base}scheme/{taxonomy.version}")],
                "dct:issued": [("typed", taxonomy.released, "xsd:date")],
                "dct:license": [("text", taxonomy.license, "")],
                "skos:hasTopConcept": [_iri(base + "tag/" + t.id) for t in taxonomy.domains],
            },
        )
    ]
    out += [(f"{base}tag/{tag.id}", _concept(tag, base, scheme)) for tag in taxonomy.tags]
    out += [(f"{base}collection/{c.id}", _group(c, base)) for c in taxonomy.collections.values()]
    return out


def _concept(tag: Tag, base: str, scheme: str) -> dict[str, list[Value]]:
    def iris(ids: Any) -> list[Value]:
        return [_iri(f"{base}tag/{i}") for i in ids]

    out = {
        "a": [_iri("skos:Concept")],
        "skos:inScheme": [_iri(scheme)],
        "skos:notation": [("text", tag.id, "")],
        "skos:prefLabel": _words(tag.labels),
        "skos:altLabel": [("text", a, _tag_of(lang)) for lang in LANGUAGES for a in tag.aliases[lang]],
        "skos:definition": _words(tag.definitions),
        "skos:scopeNote": _words(tag.scope_notes),
        "skos:example": [("text", e, _tag_of(lang)) for lang in LANGUAGES for e in tag.examples[lang]],
        "skos:related": iris(tag.related_ids),
    }
    if tag.parent_id:
        out["skos:broader"] = iris([tag.parent_id])
    else:
        out["skos:topConceptOf"] = [_iri(scheme)]
    out["skos:narrower"] = iris(c.id for c in tag.children)
    if tag.deprecation:
        out["owl:deprecated"] = [("typed", "true", "xsd:boolean")]
        out["dct:isReplacedBy"] = iris(tag.deprecation.replaced_by)
        out["skos:changeNote"] = _words(tag.deprecation.reason)
    return {name: values for name, values in out.items() if values}


def _group(collection: Collection, base: str) -> dict[str, list[Value]]:
    # SKOS lets a collection have members and labels; the date goes as written, since many lists have only a month.
    out = {
        "a": [_iri("skos:Collection")],
        "skos:prefLabel": _words(collection.labels),
        "dct:description": _words(collection.descriptions),
        "dct:publisher": _words(collection.issuers),
        "dct:issued": [("text", collection.issued, "")],
        "skos:editorialNote": [("text", collection.warning, "en")] if collection.warning else [],
        "skos:member": [_iri(f"{base}tag/{t}") for t in collection.tag_ids],
    }
    return {name: values for name, values in out.items() if values}


def to_turtle(taxonomy: Taxonomy) -> str:
    """SKOS in Turtle."""
    lines = [f"@prefix {name}: <{iri}> ." for name, iri in PREFIXES.items()]
    for subject, properties in statements(taxonomy):
        parts = [f"{name} {', '.join(_turtle(v) for v in values)}" for name, values in properties.items()]
        lines.append(f"\n<{subject}>\n    " + " ;\n    ".join(parts) + " .")
    return "\n".join(lines) + "\n"


def _turtle(value: Value) -> str:
    kind, text, extra = value
    if kind == "iri":
        return text if text.split(":")[0] in PREFIXES else f"<{text}>"
    quoted = json.dumps(text, ensure_ascii=False)  # JSON's escapes are all escapes of Turtle
    if kind == "typed":
        return f"{quoted}^^{extra}"
    return f"{quoted}@{extra}" if extra else quoted


def to_jsonld(taxonomy: Taxonomy) -> str:
    """SKOS in JSON-LD, expanded values under prefixed names."""
    graph = []
    for subject, properties in statements(taxonomy):
        node: dict[str, Any] = {"@id": subject}
        for name, values in properties.items():
            if name == "a":
                node["@type"] = [v[1] for v in values]
            else:
                node[name] = [_jsonld(v) for v in values]
        graph.append(node)
    return json.dumps({"@context": PREFIXES, "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def _jsonld(value: Value) -> dict[str, str]:
    kind, text, extra = value
    if kind == "iri":
        return {"@id": text}
    if kind == "typed":
        return {"@value": text, "@type": extra}
    return {"@value": text, "@language": extra} if extra else {"@value": text}
