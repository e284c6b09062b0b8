"""Cells of label columns: lists, alternatives, and forms in which designations are compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags.classifier.splitting import either, firm_list, labels_of, listed, plain, steps, variants

# Any text, and texts made of what label columns are full of.
PIECES = [
    "AI",
    "A.I.",
    "生物",
    "医药",
    "與",
    "&",
    " and ",
    "/",
    "、",
    "；",
    ";",
    "|",
    ",",
    " - ",
    ">",
    "(",
    "）",
    "[",
    "]",
    "{",
    "'",
    "12.",
    "Ｉ",
    "\n",
]
CELLS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


@given(CELLS)
@settings(max_examples=300)
def test_parts_are_substrings(cell: str) -> None:
    for divide in (firm_list, listed, steps, either):
        assert all(part and part in cell for part in divide(cell))


@given(CELLS)
@settings(max_examples=300)
def test_plain_is_idempotent(cell: str) -> None:
    assert plain(plain(cell)) == plain(cell)


@given(CELLS)
@settings(max_examples=300)
def test_labels_and_variants_never_raise(cell: str) -> None:
    assert all(label == label.strip() and label for label in labels_of(cell))
    form = plain(cell)
    forms = variants(form)
    assert set(variants(form, loose=False)) <= set(forms)
    assert all(forms)
    assert forms[:1] == [form] or not form


@given(st.lists(st.text(alphabet="abcé 中文", min_size=1, max_size=8).filter(str.strip), min_size=1, max_size=5))
def test_printed_lists_are_read(names: list[str]) -> None:
    assert labels_of(repr(names)) == [n.strip() for n in names]
    assert labels_of("; ".join(repr({"id": i, "name": n}) for i, n in enumerate(names))) == [n.strip() for n in names]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("A.I.", "ai"),
        ("Semiconductors & Related", "semiconductors and related"),
        ("新能源 汽车", "新能源汽车"),
        ("ＳａａＳ／云计算", "saas/云计算"),
        ("人工智慧與機器人", "人工智慧与机器人"),
        ("（一）生物医药", "生物医药"),
        ("3. Robotics", "robotics"),
        ("Machine_learning", "machine learning"),
    ],
)
def test_plain(written: str, form: str) -> None:
    assert plain(written) == form


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("生物医药/医疗健康", ["生物医药", "医疗健康"]),
        ("IT/互联网", ["IT", "互联网"]),
        ("Hardware & IoT", ["Hardware", "IoT"]),
        ("drones and robotics", ["drones", "robotics"]),
        ("食品科学与工程", ["食品科学与工程"]),  # one field of study, not food and engineering
        ("Android", ["Android"]),
    ],
)
def test_alternatives(label: str, parts: list[str]) -> None:
    assert either(label) == parts


def test_lists() -> None:
    assert listed("云计算、大数据、人工智能") == ["云计算", "大数据", "人工智能"]
    assert listed("农、林、牧、渔业") == ["农、林、牧、渔业"]  # no part of it is a word
    assert firm_list("AI, ML; Robotics | 5G") == ["AI, ML", "Robotics", "5G"]
    assert steps("Industrials > Robotics") == ["Industrials", "Robotics"]
    assert labels_of("") == labels_of("   ") == []
    assert labels_of("['H01L', broken") == ["['H01L', broken"]


def test_fillers_go_always_and_telling_words_only_loosely() -> None:
    assert "semiconductors" in variants("semiconductors and related", loose=False)
    assert "光伏" in variants("光伏概念股", loose=False)
    assert "real estate" not in variants("real estate tech", loose=False)
    assert "real estate" in variants("real estate tech")
    assert "solar" not in variants("cooling (incl. solar)")
    assert "ai" in variants("artificial intelligence (ai)", loose=False)
