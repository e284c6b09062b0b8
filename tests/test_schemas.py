"""Each schema accepts what it should and says where anything else goes wrong."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from made_up import find, make_release, make_source

from techtags.schemas import NAMES, SchemaProblem, problems, schema, validate

if TYPE_CHECKING:
    from collections.abc import Callable

HASH = "0" * 64
TAGGING: dict[str, Any] = {
    "record": "r1",
    "row": 1,
    "status": "tagged",
    "tags": [
        {
            "id": "lathes",
            "probability": 0.75,
            "basis": "both",
            "backed_off_from": "micro-lathes",
            "evidence": [
                {"start": 0, "end": 5, "text": "lathe", "weight": 0.5},
                {"label": "Machinery; lathes", "matched": "lathes", "relation": "exact", "found": "alias", "source": "made-up"},
            ],
        },
        {"id": "lasers", "probability": None, "basis": "label", "backed_off_from": None, "evidence": []},
    ],
    "candidates": [{"id": "lamps", "probability": 0.2, "threshold": 0.4}],
    "source_labels": ["Machinery; lathes"],
    "label_tags": ["lathes"],
    "flags": ["designation-is-coarse"],
    "left_out": [{"start": 3, "end": 9, "kind": "negated", "cue": "does-not-make"}],
    "versions": {"taxonomy": "1.0.0", "model": "fast-1", "package": "1.0.0"},
}
CROSSWALK: dict[str, Any] = {
    "metadata": {
        "mapping_set_id": "https://w3id.org/techtags/crosswalk/made-up",
        "mapping_set_version": "1.0.0",
        "license": "CC-BY-4.0",
        "subject_source": "made-up",
        "subject_source_version": "2020",
        "object_source": "techtags",
        "object_source_version": "1.0.0",
    },
    "mappings": [
        {
            "subject_id": "made-up:1",
            "subject_label": "Turning",
            "predicate_id": "skos:broadMatch",
            "object_id": "techtags:lathes",
            "mapping_justification": "semapv:ManualMappingCuration",
            "confidence": 0.9,
        },
        {
            "subject_id": "made-up:2",
            "subject_label": "Poetry",
            "predicate_id": "skos:exactMatch",
            "object_id": "sssom:NoTermFound",
            "mapping_justification": "semapv:ManualMappingCuration",
        },
    ],
}
MODEL: dict[str, Any] = {
    "format": 1,
    "name": "fast",
    "version": "1",
    "created": "2026-01-31",
    "package_version": "1.0.0",
    "taxonomy": {"version": "1.0.0", "sha256": HASH},
    "tags": ["lathes", "lasers"],
    "files": {"weights.npz": HASH},
    "training": {"command": "techtags train", "seed": 1, "data": {"train.jsonl": HASH}, "rows": {"train.jsonl": 10}},
    "settings": {},
    "figures": {},
}
PROJECT: dict[str, Any] = {
    "project": {"name": "Storage", "database": "storage.duckdb", "currency": "USD"},
    "rates": {"CNY": 0.14, "EUR": {"2020": 1.14}},
    "firms": {"links": "links.csv", "threshold": 0.9},
    "table": [
        {
            "name": "deals",
            "kind": "investment",
            "path": "deals.csv",
            "columns": {
                "text": ["description"],
                "firm": {"column": "company", "also": "english"},
                "firm_id": {"column": "lei", "scheme": "lei"},
                "roles": [{"column": "founder", "role": "founder", "person": True}],
            },
            "fixed": {"year": 2018},
        }
    ],
}
SAMPLES: dict[str, Any] = {
    "release": make_release(),
    "source": make_source(make_release(), "machines"),
    "collection": make_release()["collections"][0],
    "tagging": TAGGING,
    "crosswalk": CROSSWALK,
    "model": MODEL,
    "project": PROJECT,
}


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    return lambda document: _at(document, path[:-1]).__setitem__(path[-1], to)


def _drop(*path: str | int) -> Callable[[Any], None]:
    return lambda document: _at(document, path[:-1]).__delitem__(path[-1])


def _gone(**fields: Any) -> Callable[[Any], None]:
    return lambda document: find(document, "old-lathes")["deprecated"].update(fields)


# schema, what is done to the sample, where the problem must be found, and a part of its message
BROKEN: list[tuple[str, Callable[[Any], None], str, str]] = [
    ("release", _drop("tags"), "", "'tags' is a required property"),
    ("release", _set("tags", to=[]), "tags", "[]"),
    ("release", _set("scheme", to="other"), "scheme", "'techtags' was expected"),
    ("release", _set("version", to="1.0"), "version", "'1.0' does not match"),
    ("release", _set("version", to="01.0.0"), "version", "'01.0.0' does not match"),
    ("release", _set("released", to="2026-13-01"), "released", "does not match"),
    ("release", _set("languages", to=["en"]), "languages", "was expected"),
    ("release", _set("extra", to=1), "", "'extra' was unexpected"),
    ("release", _set("tags", 0, "id", to="Machines"), "tags[0].id", "'Machines' does not match"),
    ("release", _set("tags", 0, "id", to="machine tools"), "tags[0].id", "does not match"),
    ("release", _set("tags", 0, "id", to="a" * 61), "tags[0].id", "too long"),
    ("release", _drop("tags", 0, "level"), "tags[0]", "'level' is a required property"),
    ("release", _set("tags", 0, "level", to=4), "tags[0].level", "maximum of 3"),
    ("release", _set("tags", 3, "label", "zh", to=""), "tags[3].label.zh", "''"),
    ("release", _set("tags", 3, "label", "zh", to=" 车床"), "tags[3].label.zh", "does not match"),
    ("release", _drop("tags", 1, "definition", "zh"), "tags[1].definition", "'zh' is a required property"),
    ("release", _set("tags", 1, "aliases", "en", to=["a", "a"]), "tags[1].aliases.en", "non-unique"),
    ("release", _drop("tags", 1, "ambiguous", 0, "note"), "tags[1].ambiguous[0]", "'note' is a required property"),
    ("release", _set("tags", 1, "colour", to="red"), "tags[1]", "colour"),
    ("release", _set("tags", 1, "status", to="retired"), "tags[1].status", "'retired' is not one of"),
    ("release", _drop("tags", 3, "deprecated"), "tags[3]", "'deprecated' is a required property"),
    ("release", _set("tags", 3, "status", to="active"), "tags[3].deprecated", "must not stand here"),
    ("release", lambda d: find(d, "old-lathes")["deprecated"].pop("reason"), "tags[3].deprecated", "'reason' is a required"),
    ("release", _gone(replaced_by=[]), "tags[3].deprecated.replaced_by", "[]"),
    ("release", _gone(replaced_by=["lathes", "lasers"]), "tags[3].deprecated.replaced_by", "too long"),
    ("release", _gone(replacement_kind="any_of"), "tags[3].deprecated.replaced_by", "too short"),
    ("release", _gone(replacement_kind="all_of"), "tags[3].deprecated.replaced_by", "too short"),
    ("release", _gone(replacement_kind="none"), "tags[3].deprecated.replaced_by", "['lathes']"),
    ("release", _gone(replacement_kind="some"), "tags[3].deprecated.replacement_kind", "is not one of"),
    ("release", _set("collections", 0, "kind", to="list"), "collections[0].kind", "is not one of"),
    ("source", _drop("domain"), "", "'domain' is a required property"),
    ("source", _set("tags", to=[]), "tags", "[]"),
    ("source", _set("tags", 0, "level", to=1), "tags[0]", "level"),
    ("source", _drop("tags", 1, "since"), "tags[1]", "'since' is a required property"),
    ("source", _set("tags", 1, "parent", to=""), "tags[1].parent", "''"),
    ("collection", _set("issued", to="May 2020"), "issued", "does not match"),
    ("collection", _set("issued", to="2020-5"), "issued", "does not match"),
    ("collection", _set("valid_to", to="soon"), "valid_to", "'soon'"),
    ("collection", _set("jurisdiction", to="China"), "jurisdiction", "does not match"),
    ("collection", _set("verification", to="yes"), "verification", "is not one of"),
    ("collection", _set("verification_note", to=""), "verification_note", "''"),
    ("collection", _set("sources", to=[]), "sources", "[]"),
    ("collection", _set("members", to=[]), "members", "[]"),
    ("collection", _set("members", 0, "tags", to=[]), "members[0].tags", "[]"),
    ("collection", _set("members", 0, "relation", to="none"), "members[0].tags", "['lasers']"),
    ("collection", _set("members", 2, "note", to=""), "members[2].note", "''"),
    ("collection", _set("members", 2, "tags", to=["lasers"]), "members[2].tags", "['lasers']"),
    ("collection", _set("members", 0, "relation", to="same"), "members[0].relation", "is not one of"),
    ("tagging", _drop("versions"), "", "'versions' is a required property"),
    ("tagging", _set("row", to=0), "row", "minimum of 1"),
    ("tagging", _set("status", to="maybe"), "status", "is not one of"),
    ("tagging", _set("status", to="none"), "tags", "lathes"),
    ("tagging", _set("status", to="unreadable"), "tags", "lathes"),
    ("tagging", _set("tags", to=[]), "tags", "[]"),
    ("tagging", lambda d: d.update(status="coarse", tags=[]), "tags", "[]"),
    ("tagging", _set("tags", 0, "probability", to=1.2), "tags[0].probability", "1.2"),
    ("tagging", _set("tags", 0, "basis", to="guess"), "tags[0].basis", "is not one of"),
    ("tagging", _drop("tags", 0, "backed_off_from"), "tags[0]", "'backed_off_from' is a required property"),
    ("tagging", _set("tags", 0, "evidence", 0, "text", to=""), "tags[0].evidence[0]", "not valid under any"),
    ("tagging", _set("tags", 0, "evidence", 0, to={"start": 0}), "tags[0].evidence[0]", "not valid under any"),
    ("tagging", _set("candidates", 0, "threshold", to=-1), "candidates[0].threshold", "minimum of 0"),
    ("tagging", _set("candidates", 0, "probability", to=None), "candidates[0].probability", "not of type 'number'"),
    ("crosswalk", _drop("metadata", "license"), "metadata", "'license' is a required property"),
    ("crosswalk", _set("metadata", "mapping_set_version", to="v1"), "metadata.mapping_set_version", "does not match"),
    ("crosswalk", _set("mappings", 0, "predicate_id", to="skos:broader"), "mappings[0].predicate_id", "is not one of"),
    ("crosswalk", _set("mappings", 0, "object_id", to="lathes"), "mappings[0].object_id", "does not match"),
    ("crosswalk", _set("mappings", 0, "confidence", to=2), "mappings[0].confidence", "maximum of 1"),
    ("crosswalk", _set("mappings", 1, "mapping_justification", to="hand"), "mappings[1].mapping_justification", "does not match"),
    ("crosswalk", _set("mappings", 1, "extra", to=1), "mappings[1]", "'extra' was unexpected"),
    ("model", _set("format", to=2), "format", "1 was expected"),
    ("model", _set("created", to="today"), "created", "does not match"),
    ("model", _set("taxonomy", "sha256", to="abc"), "taxonomy.sha256", "does not match"),
    ("model", _drop("taxonomy", "sha256"), "taxonomy", "'sha256' is a required property"),
    ("model", _set("tags", to=["a", "a"]), "tags", "non-unique"),
    ("model", _set("files", to={}), "files", "{}"),
    ("model", _set("files", "weights.npz", to="x"), "files.weights.npz", "does not match"),
    ("model", _set("training", "seed", to="one"), "training.seed", "is not of type 'integer'"),
    ("project", _drop("project", "database"), "project", "'database' is a required property"),
    ("project", _set("rates", "CNY", to=-1), "rates.CNY", "less than or equal to the minimum of 0"),
    ("project", _set("rates", "EUR", to={"2020": "a"}), "rates.EUR.2020", "is not of type 'number'"),
    ("project", _set("firms", "threshold", to=2), "firms.threshold", "maximum of 1"),
    ("project", _set("table", to=[]), "table", "[]"),
    ("project", _set("table", 0, "kind", to="deal"), "table[0].kind", "is not one of"),
    ("project", _set("table", 0, "columns", "colour", to="red"), "table[0].columns", "colour"),
    ("project", _set("table", 0, "columns", "text", to=[]), "table[0].columns.text", "[]"),
    ("project", _set("table", 0, "columns", "firm", "split", to=";"), "table[0].columns.firm", "False schema"),
    ("project", _drop("table", 0, "columns", "firm_id", "scheme"), "table[0].columns.firm_id", "'scheme' is a required"),
    ("project", _set("table", 0, "columns", "roles", 0, "role", to="The Founder"), "table[0].columns.roles[0].role", "not match"),
    ("project", _set("table", 0, "fixed", "year", to="2018"), "table[0].fixed.year", "is not of type 'integer'"),
]


@pytest.mark.parametrize("name", [*NAMES, "common"])
def test_schema_is_itself_valid(name: str) -> None:
    document = schema(name)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"urn:techtags:schema:{name}"
    assert document["title"]
    Draft202012Validator.check_schema(document)


def test_unknown_schema() -> None:
    with pytest.raises(KeyError, match="there are release, source"):
        schema("sonnet")


@pytest.mark.parametrize("name", NAMES)
def test_sample_passes(name: str) -> None:
    validate(SAMPLES[name], name)
    assert problems(SAMPLES[name], name) == []


def test_every_schema_is_broken_somehow() -> None:
    assert {name for name, *_ in BROKEN} == set(NAMES)


@pytest.mark.parametrize(
    ("name", "change", "where", "message"), BROKEN, ids=[f"{n}-{w or 'document'}-{i}" for i, (n, _, w, _) in enumerate(BROKEN)]
)
def test_broken_sample(name: str, change: Callable[[Any], None], where: str, message: str) -> None:
    document = deepcopy(SAMPLES[name])
    change(document)
    found = problems(document, name)
    at = [p for p in found if p.where == where]
    assert at, f"found at {[str(p) for p in found]}"
    assert any(message in p.message for p in at), [str(p) for p in at]
    with pytest.raises(SchemaProblem, match=f"not a valid {name} document: "):
        validate(document, name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("document", [None, [], "text", 1], ids=repr)
def test_not_an_object(name: str, document: Any) -> None:
    found = problems(document, name)
    assert [p.where for p in found] == [""]
    assert str(found[0]).startswith("document: ")


@pytest.mark.parametrize("status", ["none", "unreadable"])
def test_nothing_given(status: str) -> None:
    validate({**TAGGING, "status": status, "tags": []}, "tagging")


@pytest.mark.parametrize(
    ("kind", "by"), [("one", ["lathes"]), ("any_of", ["lathes", "lasers"]), ("all_of", ["lathes", "lasers"]), ("none", [])]
)
def test_replacements_that_fit(kind: str, by: list[str]) -> None:
    document = make_release()
    _gone(replacement_kind=kind, replaced_by=by)(document)
    assert problems(document, "release") == []


def test_all_problems_are_counted_in_the_order_of_the_document() -> None:
    document = make_release()
    for i in (2, 0):
        document["tags"][i]["level"] = 9
    with pytest.raises(SchemaProblem, match=r"tags\[0\]\.level.*\(and 1 more\)") as caught:
        validate(document, "release")
    assert [p.where for p in caught.value.problems] == ["tags[0].level", "tags[2].level"]


def test_long_values_are_shortened() -> None:
    document = make_release()
    document["tags"][0]["id"] = "X" * 5000
    assert all(len(p.message) < 300 for p in problems(document, "release"))


@pytest.mark.parametrize("text", ["line\nline", "end\n", "\nstart", "tab\t"])
def test_text_has_no_line_breaks(text: str) -> None:
    document = make_release()
    document["tags"][0]["label"]["en"] = text
    assert [p.where for p in problems(document, "release")] == ["tags[0].label.en"]


def test_ids_have_no_line_breaks() -> None:
    document = make_release()
    document["tags"][6]["id"] = "lanterns\n"
    assert [p.where for p in problems(document, "release")] == ["tags[6].id"]
