"""docs/crosswalks.md says what the shipped crosswalks say."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from techtags.taxonomy import Crosswalk, Taxonomy, crosswalks

if TYPE_CHECKING:
    from types import ModuleType

DOCS = Path(__file__).parent.parent / "docs"


@lru_cache(maxsize=1)
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_crosswalks", DOCS / "build_crosswalks.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache(maxsize=1)
def sections() -> dict[str, str]:
    """The sections of the committed page by heading."""
    _, *parts = (DOCS / "crosswalks.md").read_text(encoding="utf-8").split("\n## ")
    return dict(part.split("\n", 1) for part in parts)


def test_page_is_not_stale() -> None:
    # Lines, so that a difference is shown and not two long texts.
    committed = (DOCS / "crosswalks.md").read_text(encoding="utf-8").split("\n")
    differs = [pair for pair in zip(committed, script().page().split("\n"), strict=False) if pair[0] != pair[1]]
    assert not differs, f"run `make docs`; it has {differs[0]}"
    assert "\n".join(committed) == script().page(), "run `make docs`"


@pytest.mark.parametrize("scheme", crosswalks())
def test_every_crosswalk_has_a_page(scheme: str) -> None:
    crosswalk = Crosswalk.load(scheme)
    text = sections()[scheme].replace("\\", "")
    assert crosswalk.title in text
    assert f"- Edition: {crosswalk.edition}" in text
    assert f"{len({m.code for m in crosswalk.mappings}):,}" in text
    assert scheme in script().TERMS


@pytest.mark.parametrize("scheme", crosswalks())
def test_every_crosswalk_says_what_is_lossy(scheme: str) -> None:
    lossy = str(Crosswalk.load(scheme).metadata.get("ext_lossy", "")).strip()
    assert len(lossy) > 10
    assert f"- What is lossy: {lossy}" in sections()[scheme].replace("\\", "")


@pytest.mark.parametrize("scheme", crosswalks())
def test_status_words_are_the_known_ones(scheme: str) -> None:
    assert Crosswalk.load(scheme).metadata.get("ext_verification") in ("read", "partly-read", "unverified")


@pytest.mark.parametrize("scheme", ["crunchbase-groups", "isic-4", "sei-2018", "us-cet-2024"])
def test_figures_are_those_of_lookups(scheme: str) -> None:
    crosswalk = Crosswalk.load(scheme)
    found = [crosswalk.lookup(code) for code in {m.code for m in crosswalk.mappings}]
    coarse = sum(r.coarse for r in found)
    nothing = sum(r.status == "none" for r in found)
    figures = f"{len(found):,} | {len(found) - coarse - nothing:,} | {coarse:,} | {nothing:,} |"
    line = next(line for line in sections()["All crosswalks"].split("\n") if line.startswith(f"| [{scheme}]"))
    assert figures in line


@pytest.mark.parametrize("scheme", crosswalks())
def test_examples_are_what_lookups_say(scheme: str) -> None:
    crosswalk = Crosswalk.load(scheme)
    for example in script().examples(crosswalk, Taxonomy.load()):
        assert crosswalk.lookup(example.code).tags == example.tags
        assert f"| {example.code} |" in sections()[scheme].replace("\\", "")
    assert script().examples(crosswalk, Taxonomy.load())


def test_terms_name_no_scheme_that_is_gone() -> None:
    assert set(script().TERMS) <= set(crosswalks())
    assert set(script().LEVELS) <= set(crosswalks())
