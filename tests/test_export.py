"""The exports say what the release says, as other tools read them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from functools import cache

import pytest
from made_up import find, load, make_release
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, OWL, RDF, SKOS, XSD

from techtags.taxonomy import Taxonomy, export

TAX = Taxonomy.load("1.0.0")
BASE = "https://w3id.org/techtags/"
FORMS = {"turtle": "turtle", "jsonld": "json-ld"}
FORM = pytest.mark.parametrize("form", FORMS)


@cache
def _graph(form: str) -> Graph:
    return _parse(TAX, form)


def _parse(taxonomy: Taxonomy, form: str) -> Graph:
    return Graph().parse(data=export(taxonomy, form), format=FORMS[form])


def _tag(tag_id: str) -> URIRef:
    return URIRef(f"{BASE}tag/{tag_id}")


def _odd_release() -> Taxonomy:
    document = make_release()
    tag = find(document, "lanterns")
    tag["label"]["en"] = 'Lanterns, "hurricane"; \\n \\u0041 & <b>'
    tag["definition"]["en"] = "Lights with a tab\tand a snowman ☃, an emoji 🏮, a no-break\u00a0space and 100% 'quotes'."
    tag["definition"]["zh"] = "“提灯”；含、顿号与𠮷字。"
    tag["aliases"]["en"][0] = '=HYPERLINK("x"), lamp'
    return load(document)


def _words(graph: Graph, subject: URIRef, predicate: URIRef) -> set[tuple[str, str | None]]:
    return {(str(o), o.language) for o in graph.objects(subject, predicate) if isinstance(o, Literal)}


@FORM
def test_concepts_and_labels(form: str) -> None:
    graph = _graph(form)
    assert {*graph.subjects(RDF.type, SKOS.Concept)} == {_tag(i) for i in TAX}
    assert len({*graph.subjects(RDF.type, SKOS.Concept)}) == 196
    for tag in TAX.tags:
        subject = _tag(tag.id)
        assert _words(graph, subject, SKOS.prefLabel) == {(tag.labels["en"], "en"), (tag.labels["zh"], "zh-Hans")}, tag.id
        assert _words(graph, subject, SKOS.definition) == {(tag.definitions["en"], "en"), (tag.definitions["zh"], "zh-Hans")}, (
            tag.id
        )
        assert [str(o) for o in graph.objects(subject, SKOS.notation)] == [tag.id]
        assert {*graph.objects(subject, SKOS.inScheme)} == {URIRef(f"{BASE}scheme")}


@FORM
def test_counts(form: str) -> None:
    graph = _graph(form)
    concepts = {_tag(i) for i in TAX}
    labels = Counter(o.language for s, o in graph.subject_objects(SKOS.prefLabel) if s in concepts)
    assert labels == {"en": 196, "zh-Hans": 196}
    aliases = Counter(o.language for o in graph.objects(None, SKOS.altLabel))
    assert aliases == {"en": sum(len(t.aliases["en"]) for t in TAX.tags), "zh-Hans": sum(len(t.aliases["zh"]) for t in TAX.tags)}
    assert aliases["en"] > 1000 and aliases["zh-Hans"] > 1000
    assert len({*graph.subject_objects(SKOS.broader)}) == 172
    assert len({*graph.subject_objects(SKOS.narrower)}) == 172
    assert len({*graph.subjects(SKOS.topConceptOf)}) == 24
    assert len({*graph.objects(None, SKOS.hasTopConcept)}) == 24
    assert len({*graph.subjects(RDF.type, SKOS.Collection)}) == len(TAX.collections)


@FORM
def test_tree(form: str) -> None:
    graph = _graph(form)
    broader = {*graph.subject_objects(SKOS.broader)}
    assert broader == {(_tag(t.id), _tag(t.parent_id)) for t in TAX.tags if t.parent_id}
    assert {(b, a) for a, b in broader} == {*graph.subject_objects(SKOS.narrower)}
    tops = {_tag(t.id) for t in TAX.domains}
    assert tops == {*graph.subjects(SKOS.topConceptOf)} == {*graph.objects(None, SKOS.hasTopConcept)}


@FORM
def test_collections(form: str) -> None:
    graph = _graph(form)
    for c in TAX.collections.values():
        subject = URIRef(f"{BASE}collection/{c.id}")
        assert {*graph.objects(subject, SKOS.member)} == {_tag(i) for i in c.tag_ids}, c.id
        assert _words(graph, subject, SKOS.prefLabel) == {(c.labels["en"], "en"), (c.labels["zh"], "zh-Hans")}, c.id
        assert [str(o) for o in graph.objects(subject, SKOS.editorialNote)] == ([c.warning] if c.warning else []), c.id


@FORM
def test_scheme(form: str) -> None:
    graph, scheme = _graph(form), URIRef(f"{BASE}scheme")
    assert [*graph.subjects(RDF.type, SKOS.ConceptScheme)] == [scheme]
    assert graph.value(scheme, OWL.versionInfo) == Literal("1.0.0")
    assert graph.value(scheme, OWL.versionIRI) == URIRef(f"{BASE}scheme/1.0.0")
    assert graph.value(scheme, DCTERMS.issued) == Literal(TAX.released, datatype=XSD.date)


@FORM
def test_no_label_stands_twice(form: str) -> None:
    graph = _graph(form)
    for tag in TAX.tags:
        preferred = [o.language for o in graph.objects(_tag(tag.id), SKOS.prefLabel)]
        assert sorted(preferred) == ["en", "zh-Hans"], f"{tag.id}: prefLabels in {preferred}"
        both = {*graph.objects(_tag(tag.id), SKOS.prefLabel)} & {*graph.objects(_tag(tag.id), SKOS.altLabel)}
        assert not both, f"{tag.id}: {both} both preferred and alternative"


@FORM
def test_related_tags_stand_beside_the_tree(form: str) -> None:
    graph = _graph(form)
    related = {*graph.subject_objects(SKOS.related)}
    assert related == {(_tag(t.id), _tag(r)) for t in TAX.tags for r in t.related_ids}
    assert not [pair for pair in related if pair[1] in {*graph.transitive_objects(pair[0], SKOS.broader)}]


def test_both_forms_say_the_same() -> None:
    turtle, jsonld = _graph("turtle"), _graph("jsonld")
    assert len(turtle) > 10_000
    assert set(turtle) == set(jsonld)


def test_odd_characters_say_the_same() -> None:
    turtle, jsonld = (_parse(_odd_release(), form) for form in FORMS)
    assert isomorphic(turtle, jsonld)
    tag = _odd_release()["lanterns"]
    assert _words(turtle, _tag("lanterns"), SKOS.prefLabel) == {(tag.labels["en"], "en"), ("提灯", "zh-Hans")}
    assert _words(turtle, _tag("lanterns"), SKOS.definition) == {
        (tag.definitions["en"], "en"),
        (tag.definitions["zh"], "zh-Hans"),
    }
    assert (tag.aliases["en"][0], "en") in _words(turtle, _tag("lanterns"), SKOS.altLabel)


@FORM
def test_deprecated_tag(form: str) -> None:
    graph = _parse(load(make_release()), form)
    assert [*graph.subject_objects(OWL.deprecated)] == [(_tag("old-lathes"), Literal(True))]
    assert [*graph.subject_objects(DCTERMS.isReplacedBy)] == [(_tag("old-lathes"), _tag("lathes"))]
    assert _words(graph, _tag("old-lathes"), SKOS.changeNote) == {("Nobody makes them", "en"), ("无人生产", "zh-Hans")}
    assert graph.value(_tag("old-lathes"), SKOS.broader) == _tag("machines")


def test_jsonld_stands_alone() -> None:
    document = json.loads(export(TAX, "jsonld"))
    assert set(document) == {"@context", "@graph"}
    assert all(isinstance(iri, str) for iri in document["@context"].values()), "no context to fetch from the network"


def test_csv_has_a_row_a_tag() -> None:
    rows = list(csv.DictReader(io.StringIO(export(TAX, "csv"))))
    assert [(r["id"], r["parent"]) for r in rows] == [(t.id, t.parent_id or "") for t in TAX.tags]
    for row, tag in zip(rows, TAX.tags, strict=True):
        assert None not in row and None not in row.values(), tag.id
        assert (row["label_en"], row["label_zh"]) == (tag.labels["en"], tag.labels["zh"])
        assert (row["definition_en"], row["scope_note_zh"]) == (tag.definitions["en"], tag.scope_notes["zh"])
        assert row["aliases_zh"] == "; ".join(tag.aliases["zh"])
        assert row["path"].split(" > ") == [t.id for t in tag.path]
        assert (int(row["level"]), row["status"], row["since"]) == (tag.level, tag.status, tag.since)
        assert [r for r in row["related"].split(";") if r] == list(tag.related_ids)


def test_csv_keeps_odd_characters_and_deprecation() -> None:
    tax = _odd_release()
    rows = {r["id"]: r for r in csv.DictReader(io.StringIO(export(tax, "csv")))}
    assert rows["lanterns"]["label_en"] == tax["lanterns"].labels["en"]
    assert rows["lanterns"]["definition_en"] == tax["lanterns"].definitions["en"]
    assert (rows["old-lathes"]["status"], rows["old-lathes"]["replaced_by"]) == ("deprecated", "lathes")
    assert rows["lathes"]["replaced_by"] == ""


def test_unknown_form() -> None:
    with pytest.raises(ValueError, match="unknown format 'xml'; there are csv, jsonld, turtle"):
        export(TAX, "xml")
