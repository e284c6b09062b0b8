"""`techtags explain` and `techtags info`."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import pytest
from commands import NOTHING, PHOTOVOLTAICS, WIND, program, techtags

from techtags import Taxonomy, __version__
from techtags.schemas import validate

TEXTS = [
    PHOTOVOLTAICS,
    WIND,
    f"\U0001f31e\U0001f31e {PHOTOVOLTAICS} \U0001f300",
    f"\U00020000\U0001f600\n{WIND}\n\n\U0001f600{PHOTOVOLTAICS}",
    f"Ｔｈｅ {PHOTOVOLTAICS.upper()} 與 海上風電安裝船",
]


def test_english() -> None:
    done = techtags("explain", PHOTOVOLTAICS)
    assert done.code == 0
    tag = Taxonomy.load()["photovoltaics"]
    first = next(line for line in done.text.splitlines() if line.startswith("1. "))
    assert first.startswith("1. photovoltaics  ")
    assert " > ".join(t.labels["en"] for t in tag.path) in first
    assert "p=0." in first
    assert "[" in done.text.splitlines()[0]
    assert done.text.splitlines()[0].replace("[", "").replace("]", "") == PHOTOVOLTAICS
    assert f"techtags {__version__}" in done.text.splitlines()[-1]
    assert done.err == ""


def test_chinese() -> None:
    done = techtags("explain", WIND, "--labels", "zh")
    assert done.code == 0
    first = next(line for line in done.text.splitlines() if line.startswith("1. "))
    assert " > ".join(t.labels["zh"] for t in Taxonomy.load()["wind-power"].path) in first
    assert "风" in done.text.splitlines()[0].split("[")[1]


def test_why_others_lost() -> None:
    taxonomy = Taxonomy.load()
    text = "Smart meters, batteries, inverters and sensors for the power grid, with software"
    result = json.loads(techtags("explain", text, "--json").text)
    shown = techtags("explain", text).text
    assert result["candidates"], "the text was chosen to have rivals"
    for candidate in result["candidates"]:
        line = next(line for line in shown.splitlines() if line.strip().startswith(f"{candidate['id']}  "))
        assert any(why in line for why in ("below its threshold", "a finer tag was given", "others came first"))
        assert taxonomy[candidate["id"]].labels["en"] in line
        if candidate["probability"] < candidate["threshold"]:
            assert f"p={candidate['probability']:.2f}" in line


@pytest.mark.parametrize("text", [NOTHING, ""])
def test_no_tags(text: str) -> None:
    done = techtags("explain", text)
    assert done.code == 0
    status = "none: " if text else "unreadable: "
    assert any(line.startswith(status) for line in done.text.splitlines())


@pytest.mark.parametrize("text", [*TEXTS, NOTHING, "", "\udcff\udcfe"])
def test_json_follows_the_schema(text: str) -> None:
    done = techtags("explain", "-", "--json", stdin=text.encode("utf-8", "surrogateescape"))
    assert done.code == 0
    validate(json.loads(done.text), "tagging")


@pytest.mark.parametrize("text", TEXTS)
def test_evidence_stands_where_it_says(text: str) -> None:
    result = json.loads(techtags("explain", text, "--json").text)
    assert result["status"] == "tagged"
    spans = [span for tag in result["tags"] for span in tag["evidence"]]
    assert spans
    for span in spans:
        assert text[span["start"] : span["end"]] == span["text"]
        assert span["text"].strip() == span["text"]
    for tag in result["tags"]:
        weights = [span["weight"] for span in tag["evidence"]]
        assert weights == sorted(weights, reverse=True)
        assert sum(weights) <= 1.001


def test_marks_in_the_text_are_the_evidence() -> None:
    text = TEXTS[2]
    result = json.loads(techtags("explain", text, "--json").text)
    shown = techtags("explain", text).text.splitlines()[0]
    marked = {i for tag in result["tags"] for span in tag["evidence"] for i in range(span["start"], span["end"])}
    expected = ""
    for i, char in enumerate(text):
        opens = i in marked and i - 1 not in marked
        closes = i in marked and i + 1 not in marked
        expected += "[" * opens + char + "]" * closes
    assert shown == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_from_standard_input(encoding: str) -> None:
    assert techtags("explain", "-", stdin=WIND.encode(encoding)).out == techtags("explain", WIND).out


def test_text_that_cannot_be_decoded() -> None:
    done = program("explain", "-", stdin=b"\x80\xff\x80\xff a")
    assert done.code == 0
    assert b"unreadable" in done.out
    assert "Traceback" not in done.err


def test_label() -> None:
    label = Taxonomy.load()["lithography"].labels["zh"]
    result = json.loads(techtags("explain", "", "--label", label, "--json").text)
    validate(result, "tagging")
    assert [(t["id"], t["basis"], t["evidence"]) for t in result["tags"]] == [
        (
            "lithography",
            "label",
            [{"label": label, "matched": label, "relation": "exact", "found": "alias", "source": "techtags"}],
        )
    ]
    assert "label" in techtags("explain", "", "--label", label).text
    assert "label_unsupported" in techtags("explain", NOTHING, "--label", label).text


def test_missing_model_is_one_line(tmp_path: Path) -> None:
    for command in (("explain", "text"), ("info",)):
        done = techtags(*command, "--model", tmp_path)
        assert done.code == 1
        assert done.out == b""
        assert done.err.startswith("Error: no model in ")
        assert done.err.count("\n") == 1


def test_info_tells_the_hashes_of_the_files() -> None:
    found = json.loads(techtags("info", "--json").text)
    release = Path(str(files("techtags.taxonomy"))) / "releases" / f"{found['taxonomy']}.json"
    model = Path(str(files("techtags.classifier"))) / "data" / "model"
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    validate(manifest, "model")
    assert found["taxonomy_sha256"] == hashlib.sha256(release.read_bytes()).hexdigest()
    assert found["model_sha256"] == hashlib.sha256((model / "arrays.npz").read_bytes()).hexdigest()
    assert found["training_data_sha256"] == manifest["training"]["data"] != {}
    assert found["package"] == __version__
    assert found["taxonomy"] == manifest["taxonomy"]["version"] == Taxonomy.load().version
    assert found["taxonomy_sha256"] == manifest["taxonomy"]["sha256"]
    assert found["tags"] == len(Taxonomy.load()) == len(manifest["tags"])


def test_info_for_people() -> None:
    found = json.loads(techtags("info", "--json").text)
    shown = techtags("info").text
    for name in ("package", "taxonomy", "taxonomy_sha256", "model", "model_sha256", "model_created"):
        assert any(line.startswith(name.replace("_", " ")) and line.endswith(found[name]) for line in shown.splitlines()), name
    for value in found["training_data_sha256"].values():
        assert value in shown
