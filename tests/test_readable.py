"""What can be read is told from what cannot."""

from __future__ import annotations

import pytest

from techtags.classifier.readable import unreadable

ENGLISH = "The company designs low-power processors for sensors, and sells them to makers of consumer goods."
FRENCH = "Société créée à Genève : panneaux photovoltaïques, énergie, stockage d’électricité, où l’été règne déjà."
SIMPLIFIED = "公司主要从事锂离子电池正极材料的研发、生产和销售，产品广泛应用于新能源汽车与储能领域。"
TRADITIONAL = "本公司主要從事積體電路設計與半導體設備之研發、製造及銷售，產品應用於電動車與資料中心。"
MIXED = "基于RISC-V的AI芯片，支持INT8/FP16推理，面向edge computing与自动驾驶。"


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000", "12345", "2021-03-04; 3.5%", "---", "?!。，", "€ 100 ★★★", "\ufeff"])
def test_nothing_to_read(text: str) -> None:
    assert unreadable(text)


def misread(text: str, encoding: str) -> list[str]:
    """UTF-8 read in another encoding, with what the encoding lacks replaced, left out, or (as browsers do) kept as controls."""
    raw = text.encode()
    out = [raw.decode(encoding, "replace"), raw.decode(encoding, "ignore")]
    if encoding == "cp1252":
        out.append("".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in raw))
    return out


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL, MIXED * 2, SIMPLIFIED + ENGLISH])
@pytest.mark.parametrize("wrong", ["gb18030", "cp1252"])
def test_utf_8_read_wrongly(text: str, wrong: str) -> None:
    for garbled in misread(text, wrong):
        assert unreadable(garbled), garbled


def test_chinese_read_as_utf_8() -> None:
    for text in (SIMPLIFIED, TRADITIONAL):
        raw = text.encode("gb18030")
        for errors in ("replace", "surrogateescape"):
            assert unreadable(raw.decode("utf-8", errors))


@pytest.mark.parametrize("mark", ["\ufffd", "\udc8f", "\ud83d", "\0"])
def test_broken_characters(mark: str) -> None:
    assert unreadable("ab" + mark)
    assert unreadable(f"so{mark}lar c{mark}ells and wi{mark}nd")
    assert not unreadable(ENGLISH + mark)
    assert not unreadable(SIMPLIFIED * 2 + mark)


@pytest.mark.parametrize("text", [ENGLISH, FRENCH, SIMPLIFIED, TRADITIONAL, MIXED, "AI", "锂电池", "5G", "Müller & Söhne GmbH"])
def test_what_can_be_read(text: str) -> None:
    assert not unreadable(text)
    assert not unreadable(text * 20)


@pytest.mark.parametrize(
    "text", ["São Paulo – “energia”", "naïve café", "Größe: 5 µm ± 0.1", "Æsir Ðata Þing", "Ünïcödé", "Ñandú €5"]
)
def test_western_letters_are_no_garble(text: str) -> None:
    assert not unreadable(text)


@pytest.mark.parametrize("text", [ENGLISH, FRENCH])
def test_one_garbled_quote_in_a_long_text(text: str) -> None:
    garbled = "“hello”".encode().decode("cp1252", "replace")
    assert garbled != "“hello”"
    assert not unreadable(text + garbled + text)
    assert not unreadable(garbled + text)


@pytest.mark.parametrize("text", ["芯", "é", "系统", "系统芯片", "芯片系统", "一种系统芯片", "联通"])
def test_short_chinese_whose_gb18030_bytes_happen_to_be_utf_8(text: str) -> None:
    assert not unreadable(text)
