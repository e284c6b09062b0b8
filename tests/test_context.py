"""What a text names and does not claim: denied, given up, someone else's, boasts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags.classifier.context import KINDS, ContextError, ContextFinder, default_finder, read_cues
from techtags.classifier.model import Model
from techtags.classifier.text import fold_text, phrases, phrases_at, tokenize

CASES = Path(__file__).parent / "data" / "context_cases.tsv"
HEADER = "name\tkind\tlang\tdirection\ttriggers\tpattern\tbefore\tneeds\tunless\tunless_sentence\n"


def cases() -> list[list[str]]:
    """(language, kind or "", text, what is left out, what stays) of each case."""
    lines = [line for line in CASES.read_text(encoding="utf-8").splitlines()[1:] if line and not line.startswith("#")]
    return [[*line.split("\t"), "", ""][:5] for line in lines]


def scopes(text: str) -> list[tuple[int, int, str, str]]:
    return default_finder().find([text], tokenize([text])).of(0)


def left(text: str) -> list[str]:
    """The folded tokens that are not left out."""
    tokens = tokenize([text])
    kept = default_finder().find([text], tokens).leave_out(tokens)
    return [fold_text(text[a:b]) for a, b in zip(kept.start, kept.end, strict=True)]


def test_there_are_enough_cases() -> None:
    rows = cases()
    assert len(rows) >= 250
    for lang in ("en", "zh"):
        assert {kind for row_lang, kind, *_ in rows if row_lang == lang} == {"", *KINDS}
        assert sum(row_lang == lang and not kind for row_lang, kind, *_ in rows) >= 40


@pytest.mark.parametrize(("lang", "kind", "text", "out", "stay"), cases())
def test_case(lang: str, kind: str, text: str, out: str, stay: str) -> None:
    found = scopes(text)
    for part in filter(None, out.split("|")):
        at = text.index(part)
        assert any(a <= at and at + len(part) <= b and k == kind for a, b, k, _ in found), (part, found)
    for part in filter(None, stay.split("|")):
        at = text.index(part)
        assert not any(a < at + len(part) and at < b for a, b, _, _ in found), (part, found)


def test_a_batch_is_read_text_by_text() -> None:
    texts = [text for _, _, text, _, _ in cases()]
    together = default_finder().find(texts, tokenize(texts))
    assert [together.of(i) for i in range(len(texts))] == [scopes(text) for text in texts]


def test_no_phrase_runs_across_what_is_left_out() -> None:
    text = "The group sold its solar business in 2019."
    assert "solar" not in left(text)
    tokens = tokenize([text])
    kept = default_finder().find([text], tokens).leave_out(tokens)
    words = [fold_text(text[a:b]) for a, b in zip(kept.start, kept.end, strict=True)]
    last_before = words.index("its")
    assert not kept.joined[last_before]
    assert kept.joined[:last_before].all()
    # Places are still those in the text.
    assert text[kept.start[-1] : kept.end[-1]] == "2019"


def test_nothing_found_costs_no_copy() -> None:
    texts = ["A maker of lithium-ion cells", "生产锂电池", ""]
    tokens = tokenize(texts)
    found = default_finder().find(texts, tokens)
    assert len(found.doc) == 0
    assert found.leave_out(tokens) is tokens
    assert not found.covered(tokens).any()


def test_traditional_characters_and_capitals_are_folded() -> None:
    assert "电池" not in "".join(left("該公司不從事電池業務。"))
    assert "solar" not in left("THE COMPANY SOLD ITS SOLAR BUSINESS.")


def test_a_sentence_ends_a_scope() -> None:
    assert "drones" in left("The firm does not make lasers. Drones are its trade.")
    assert "drones" in left("The firm does not make lasers; drones are its trade.")
    assert "无人机" in "".join(left("公司不生产激光器。无人机是其主业。"))
    # A full stop of "Ltd." ends none.
    assert "lasers" not in left("Oakfield Co., Ltd. does not make lasers.")


def test_a_list_is_taken_whole() -> None:
    assert left("The firm does not make lasers, solar panels, or drones.") == ["the", "firm", "does", "not", "make"]
    assert "hotels" in left("The firm does not make lasers, and runs hotels.")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([text for _, _, text, _, _ in cases()]) | st.text(max_size=60), max_size=5))
def test_scopes_lie_in_their_texts(texts: list[str]) -> None:
    tokens = tokenize(texts)
    found = default_finder().find(texts, tokens)
    for i, text in enumerate(texts):
        for start, end, kind, _ in found.of(i):
            assert 0 <= start < end <= len(text)
            assert kind in KINDS
    kept, covered = found.leave_out(tokens), found.covered(tokens)
    assert len(kept.hashes) == len(tokens.hashes) - covered.sum()
    assert kept.n_docs == tokens.n_docs == len(texts)
    # A phrase of what is kept is a phrase of the text.
    assert set(phrases(kept, 2)[1][0].tolist()) <= set(phrases(tokens, 2)[1][0].tolist())


@given(st.text(st.sampled_from("ab 不电.\n"), max_size=30))
def test_phrases_at_are_the_phrases_that_begin_there(text: str) -> None:
    tokens = tokenize([text])
    some = np.arange(len(tokens.hashes))[::2]
    for (hashes, at), (some_hashes, some_at) in zip(phrases(tokens, 3), phrases_at(tokens, some, 3), strict=True):
        chosen = np.isin(at, some)
        assert some_at.tolist() == at[chosen].tolist()
        assert some_hashes.tolist() == hashes[chosen].tolist()


def test_every_cue_of_the_table_can_be_read() -> None:
    finder = default_finder()
    for cue in finder.cues:
        for pattern in (cue.pattern, f"(?:{cue.before})$", cue.unless, cue.unless_sentence):
            finder._re(pattern)
        if cue.direction == "backward":
            assert "(?P<scope>" in cue.before
        if cue.direction == "inside":
            assert "(?P<scope>" in cue.pattern


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x\tdenied\ten\tforward\tno\tno", "line 2: x: an unknown kind"),
        ("x\tnegated\tfr\tforward\tno\tno", "line 2: x: an unknown kind"),
        ("x\tnegated\ten\tsideways\tno\tno", "line 2: x: an unknown kind"),
        ("x\tnegated\ten\tforward\t\tno", "line 2: x: an unknown kind"),
        ("x\tnegated\ten\tforward\tno", "line 2: x has too few columns"),
        ("x\tnegated\ten\tforward\tno\tno\nx\tended\ten\tforward\tno\tno", "line 3: x stands twice"),
    ],
)
def test_a_wrong_table_is_refused(line: str, message: str) -> None:
    with pytest.raises(ContextError, match=message):
        read_cues(HEADER + line)


def test_a_trigger_that_is_no_phrase_is_refused() -> None:
    cues, words = read_cues(HEADER + "x\tnegated\ten\tforward\t...\tno")
    with pytest.raises(ContextError, match="no phrase"):
        ContextFinder(cues, words)


def test_a_cue_of_ones_own() -> None:
    cues, words = read_cues(HEADER + "animal\twords\t\t\t\tcat|dog\nx\tother\ten\tforward\tthe\tthe {animal}s eat")
    texts = ["The dogs eat solar cells; they sleep.", "The cows eat solar cells."]
    found = ContextFinder(cues, words).find(texts, tokenize(texts))
    assert [texts[0][a:b] for a, b, _, _ in found.of(0)] == [" solar cells"]
    assert found.of(1) == []


def test_the_model_leaves_out_what_is_not_claimed() -> None:
    model = Model.load()
    texts = ["Halden Foods does not make solar panels.", "Halden makes solar panels."]
    at = model.tags.index("photovoltaics")
    model.featurizer.context = None
    before = model.score(texts)
    assert before.scopes is None
    model.featurizer.context = default_finder()
    after = model.score(texts)
    assert after.scopes is not None
    assert [kind for *_, kind, _ in after.scopes.of(0)] == ["negated"]
    assert after.probabilities.closure[0, at] < 0.2 < before.probabilities.closure[0, at]
    assert after.probabilities.closure[1, at] == pytest.approx(before.probabilities.closure[1, at], abs=1e-5)


def test_a_list_that_is_not_there_is_named() -> None:
    cues, words = read_cues(HEADER + "x\tother\ten\tforward\tthe\tthe {animal}s eat")
    finder = ContextFinder(cues, words)
    with pytest.raises(ContextError, match="no list of words is called animal"):
        finder.find(["the dogs eat"], tokenize(["the dogs eat"]))
