"""Characters to tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags.classifier.features import PhraseTable
from techtags.classifier.text import Tokens, fold_text, phrase_hash, phrases, tokenize

# Everything that a Python string can hold, lone surrogates and astral characters too.
ANY = st.text(st.characters(exclude_categories=[]) | st.characters(min_codepoint=0x10000) | st.sampled_from("\ud800\udfff\udc80"))
WORDS = st.text(st.sampled_from("abSs éÉ電电池.。,;-1２Ａ\n\U0001f600\U00020000\ud83d\0"), max_size=30)


def words(text: str) -> list[str]:
    """The folded tokens of a text."""
    tokens = tokenize([text])
    return [fold_text(text[a:b]) for a, b in zip(tokens.start, tokens.end, strict=True)]


def same(*texts: str) -> bool:
    """Whether texts are equal to the model."""
    return len({tuple(tokenize([t]).hashes.tolist()) for t in texts}) == 1


@given(ANY | WORDS)
def test_folding_keeps_the_length(text: str) -> None:
    folded = fold_text(text)
    assert len(folded) == len(text)
    assert fold_text(folded) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("Solar CELL", "solar cell"),
        ("太陽能電池與積體電路", "太阳能电池与积体电路"),
        ("ＡＩ５Ｇ", "ai5g"),
        ("Énergie photovoltaïque, Größe, Ñandú", "energie photovoltaique, große, nandu"),
        ("\U0001f600a", "\U0001f600a"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    if not text.startswith("\U0001f600"):
        assert fold_text(text) == folded
    assert same(text, folded)


def test_what_folds_alike_is_one_word_and_the_rest_is_not() -> None:
    assert same("Energy", "ENERGY", "energy", "énergy", "Ｅｎｅｒｇｙ")
    assert same("電動車", "电动车")
    assert same("solar cell", "solar-cell", "Solar  cells", "solar/cell")
    assert not same("energy", "synergy")
    assert not same("solarcell", "solar cell")
    assert not same("电动车", "电动船")
    assert not same("ab", "ba")
    assert not same("a", "aa")


def test_tokens_of_a_mixed_text() -> None:
    assert words("AI芯片,RISC-V 2.5D封装") == ["ai", "芯", "片", "risc", "v", "2", "5d", "封", "装"]
    assert words("") == words(" 。，!\n") == []
    tokens = tokenize(["AI芯片", "", "a"])
    assert tokens.han.tolist() == [False, True, True, False]
    assert tokens.doc.tolist() == [0, 0, 0, 2]
    assert tokens.n_docs == 3


@given(st.lists(ANY | WORDS, min_size=1, max_size=5))
def test_offsets_lie_in_the_text_and_give_the_token(texts: list[str]) -> None:
    tokens = tokenize(texts)
    last = (-1, 0)
    for doc, start, end, value, han in zip(tokens.doc, tokens.start, tokens.end, tokens.hashes, tokens.han, strict=True):
        assert 0 <= start < end <= len(texts[doc])
        assert (doc, start) >= last
        last = (doc, end)
        piece = texts[doc][start:end]
        again = tokenize([fold_text(piece)])
        assert again.hashes.tolist() == [value]
        assert not han or len(piece) == 1


@given(st.text(st.sampled_from("abcXYZ012电池 ")))
def test_no_letter_is_left_out(text: str) -> None:
    tokens = tokenize([text])
    inside = "".join(text[a:b] for a, b in zip(tokens.start, tokens.end, strict=True))
    assert inside == text.replace(" ", "")


@settings(deadline=None)
@given(st.lists(ANY | WORDS, min_size=1, max_size=6))
def test_a_batch_equals_one_by_one(texts: list[str]) -> None:
    together = tokenize(texts)
    runs = phrases(together, 3)
    for doc, text in enumerate(texts):
        alone = tokenize([text])
        mine = together.doc == doc
        for name in ("start", "end", "hashes", "han", "joined"):
            assert getattr(together, name)[mine].tolist() == getattr(alone, name).tolist(), name
        for (hashes, at), (expected, _) in zip(runs, phrases(alone, 3), strict=True):
            assert hashes[together.doc[at] == doc].tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("batteries", "battery"),
        ("processes", "process"),
        ("sensors", "sensor"),
        ("boxes", "box"),
        ("switches", "switch"),
        ("dishes", "dish"),
        ("Technologies", "technology"),
        ("devices", "device"),
    ],
)
def test_plurals(many: str, one: str) -> None:
    assert same(many, one)


@pytest.mark.parametrize("word", ["glass", "status", "analysis", "gas", "process", "wireless", "virus", "tennis", "bus"])
def test_words_that_only_look_like_plurals(word: str) -> None:
    assert not same(word, word[:-1])


def held(tokens: Tokens, longest: int) -> set[int]:
    return {int(h) for hashes, _ in phrases(tokens, longest) for h in hashes}


@pytest.mark.parametrize(
    ("text", "phrase", "there"),
    [
        ("a solar cell here", "solar cell", True),
        ("a solar-cell here", "solar cell", True),
        ("solar (cell)", "solar cell", True),
        ("solar. Cell", "solar cell", False),
        ("solar.\ncell", "solar cell", False),
        ("solar, cell", "solar cell", False),
        ("solar; cell", "solar cell", False),
        ("solar\ncell", "solar cell", False),
        ("a solar long cell", "solar cell", False),
        ("太阳。能", "太阳能", False),
        ("太阳能", "太阳能", True),
        ("Web3.0 and 2.5D", "2.5D", True),
        ("锂电池AI", "电池 AI", True),
    ],
)
def test_phrases_stop_at_punctuation(text: str, phrase: str, there: bool) -> None:
    value, length = phrase_hash(phrase)
    assert (value in held(tokenize([text]), length)) is there


def test_phrases_do_not_run_from_text_to_text() -> None:
    value, length = phrase_hash("solar cell")
    assert value not in held(tokenize(["solar", "cell"]), length)
    assert value not in held(tokenize(["solar", "", "cell"]), length)
    assert value in held(tokenize(["solar", "solar cell"]), length)


def test_order_of_a_phrase_counts() -> None:
    assert phrase_hash("cell solar") != phrase_hash("solar cell")
    assert phrase_hash("solar cell")[1] == 2
    assert phrase_hash("Solar  CELLS") == phrase_hash("solar cell")


@pytest.mark.parametrize("text", ["", " ", "。", "--", "\U0001f600"])
def test_a_phrase_needs_a_word(text: str) -> None:
    with pytest.raises(ValueError, match="phrase"):
        phrase_hash(text)


@pytest.mark.parametrize("text", ["solar. cell", "太阳。能", "a\nb"])
def test_a_phrase_is_not_divided(text: str) -> None:
    with pytest.raises(ValueError, match="divided by punctuation"):
        phrase_hash(text)


HASHES = st.integers(0, 2**64 - 1)
# Many hashes with the same high bits, which share a place in the table, up to its very end, where it wraps around.
CROWDED = st.builds(lambda high, low: (high << 56) | low, st.sampled_from([0, 1, 0x80, 0xFE, 0xFF]), st.integers(0, 40))


@settings(deadline=None)
@given(st.lists(HASHES | CROWDED, unique=True, max_size=200), st.lists(HASHES | CROWDED, max_size=100))
def test_phrase_table_is_a_dictionary(keys: list[int], others: list[int]) -> None:
    found = PhraseTable(np.array(keys, dtype=np.uint64))
    assert len(found) == len(keys)
    expected = {key: i for i, key in enumerate(keys)}
    asked = [*keys, *others]
    assert found.find(np.array(asked, dtype=np.uint64)).tolist() == [expected.get(key, -1) for key in asked]


def test_phrase_table_with_one_crowded_place() -> None:
    keys = [(0xFFFF << 48) | i for i in range(500)]
    found = PhraseTable(np.array(keys, dtype=np.uint64))
    assert found.find(np.array([*keys, 0, 1 << 63, (0xFFFF << 48) | 500], dtype=np.uint64)).tolist() == [*range(500), -1, -1, -1]
