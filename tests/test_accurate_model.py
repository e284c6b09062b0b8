"""The accurate model that comes with the package."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import techtags

from techtags import Tagger
from techtags.classifier import ModelError
from techtags.classifier.folder import ARRAYS, MANIFEST, model_folder
from techtags.schemas import validate

pytest.importorskip("onnxruntime")
FOLDER = model_folder("accurate")
TEXTS = [
    "Develops perovskite solar modules and the coating machines that make them",
    "公司从事海上风电整机及叶片的研发与制造",
    "A bakery with three shops in the old town",
    "",
]


@pytest.fixture(scope="module")
def accurate() -> Tagger:
    return Tagger.load("accurate")


def test_its_files_are_as_its_manifest_says_and_small() -> None:
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    validate(manifest, "model")
    fast = json.loads((model_folder("fast") / MANIFEST).read_text(encoding="utf-8"))
    # Trained on top of the very fast model that ships: a new one means blending anew.
    assert manifest["base"]["sha256"] == fast["files"][ARRAYS]
    assert manifest["tags"] == fast["tags"]
    size = sum(p.stat().st_size for folder in (FOLDER, model_folder("fast")) for p in folder.iterdir())
    assert size < 60e6
    assert "/" not in manifest["settings"]["encoder"]["recipe"]["encoder"]


def test_it_tags_both_languages(accurate: Tagger) -> None:
    solar, wind, bakery, nothing = accurate.tag(TEXTS)
    assert solar.primary == "photovoltaics"
    assert wind.primary == "wind-power"
    assert bakery.status == "none"
    assert nothing.status == "unreadable"
    assert any(span.text for tag in solar.tags for span in tag.evidence)
    assert solar.versions.model.startswith("accurate-")


def test_a_text_gets_the_same_in_any_company(accurate: Tagger) -> None:
    together = accurate.predict_proba([*TEXTS, "电池 " * 300, "x"])
    for i, text in enumerate(TEXTS):
        np.testing.assert_allclose(accurate.predict_proba([text])[0], together[i], atol=1e-5)


def test_it_differs_from_the_fast_one_and_names_itself(accurate: Tagger) -> None:
    fast = Tagger.load("fast")
    assert fast.versions.model != accurate.versions.model
    assert np.abs(fast.predict_proba(TEXTS[:2]) - accurate.predict_proba(TEXTS[:2])).max() > 0.01


def test_a_damaged_graph_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "m")
    raw = bytearray((tmp_path / "m" / "encoder.onnx").read_bytes())
    raw[1000] ^= 1
    (tmp_path / "m" / "encoder.onnx").write_bytes(raw)
    with pytest.raises(ModelError, match=r"encoder\.onnx is not the file that its manifest describes"):
        Tagger.load(tmp_path / "m")


def test_another_fast_model_below_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "m")
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    manifest["base"]["sha256"] = "0" * 64
    (tmp_path / "m" / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="stands on fast"):
        Tagger.load(tmp_path / "m")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = techtags("explain", "solar cells", "--model", "accurate")
    assert done.code == 1
    assert 'pip install "techtags[accurate]"' in done.err
    assert len(done.err.strip().splitlines()) == 1
