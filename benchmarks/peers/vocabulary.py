"""The taxonomy as Annif wants it: its SKOS export, with plain language codes and Chinese words set apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from techtags.taxonomy import export

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from techtags import Taxonomy

LABELS = ("skos:prefLabel", "skos:altLabel")
LINKS = ("skos:broader", "skos:narrower", "skos:related")
KEPT = ("@id", "@type", "skos:inScheme", "skos:notation", *LABELS, *LINKS)


def skos(taxonomy: Taxonomy, segment: Callable[[str], str], languages: Mapping[str, str] | None = None) -> str:
    """JSON-LD of the active tags: labels, aliases as altLabels, broader, narrower and related.

    Args:
        taxonomy: the release.
        segment: puts spaces between the words of a Chinese label; Annif finds no words in it otherwise.
        languages: what to call ``en`` and ``zh``; one name for both makes a vocabulary of all labels in one language.

    Returns:
        the text of a file whose name must end in ``.jsonld``, by which Annif knows the format.
    """
    names = languages or {"en": "en", "zh": "zh"}
    document = json.loads(export(taxonomy, "jsonld"))
    active = {iri(taxonomy, tag.id) for tag in taxonomy.active}
    graph = [_concept(node, segment, names, active) for node in document["@graph"] if node["@id"] in active]
    return json.dumps({"@context": document["@context"], "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def iri(taxonomy: Taxonomy, tag_id: str) -> str:
    """The IRI of a tag, by which Annif names it."""
    return f"{taxonomy.namespace}tag/{tag_id}"


def _concept(node: dict[str, Any], segment: Callable[[str], str], names: Mapping[str, str], active: set[str]) -> dict[str, Any]:
    out = {name: node[name] for name in KEPT if name in node}
    for name in LINKS:
        out[name] = [link for link in out.get(name, ()) if link["@id"] in active]
    for name in LABELS:
        # Annif compares languages as strings: its project says "zh", the export "zh-Hans".
        pairs = [(v["@value"], v["@language"].partition("-")[0]) for v in out.get(name, ())]
        out[name] = [{"@value": segment(t) if lang == "zh" else t, "@language": names[lang]} for t, lang in pairs]
    return out
