"""The encoding of a table is found without being told."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from techtags.tables import TableError, detect_encoding
from techtags.tables.encoding import ESCAPE, SAMPLE, check_encoding, sniff

CHINESE = '编号,公司,简介\n1,"一开公司","最大的风电,光伏企业"\n2,二号,"固态电池\n电解质"\n'
ENGLISH = "id,name,description\n1,Acme,A maker of solar cells\n"
FRENCH = "id,résumé\n1,Énergie solaire à Genève\n"


def found(raw: bytes) -> str:
    return codecs.lookup(detect_encoding(raw)).name


@pytest.mark.parametrize("text", [CHINESE, ENGLISH, FRENCH, CHINESE * 3000, ENGLISH + CHINESE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "utf-32"])
def test_each_encoding_reads_back(text: str, encoding: str) -> None:
    raw = text.encode(encoding)
    if encoding == "gb18030" and text == FRENCH:
        pytest.skip("French in GB18030 is nobody's table")
    assert raw.decode(detect_encoding(raw)) == text


def test_big_endian_mark() -> None:
    raw = codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be")
    assert found(raw) == "utf-16"
    assert raw.decode(detect_encoding(raw)) == CHINESE


def test_names() -> None:
    assert detect_encoding(ENGLISH.encode()) == "utf-8"
    assert detect_encoding(CHINESE.encode()) == "utf-8"
    assert detect_encoding(CHINESE.encode("utf-8-sig")) == "utf-8-sig"
    assert detect_encoding(CHINESE.encode("gb18030")) == "gb18030"
    assert detect_encoding(CHINESE.encode("gbk")) == "gb18030"
    assert detect_encoding(CHINESE.encode("utf-16-le")) == "utf-16-le"
    assert detect_encoding(CHINESE.encode("utf-16-be")) == "utf-16-be"
    assert detect_encoding(b"") == "utf-8"


def test_zero_low_bytes_do_not_hide_utf_16() -> None:
    # 一 is U+4E00 and 开 is U+5F00: in UTF-16 both have a zero where ASCII has its letter.
    text = "一,开,开一\n一一,开开,一\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        assert detect_encoding(text.encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
def test_a_stray_zero_byte_is_not_utf_16(text: str, encoding: str) -> None:
    raw = (text * 20).encode(encoding)
    for at in (40, 41):
        assert "utf-16" not in detect_encoding(raw[:at] + b"\0" + raw[at:])


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_character_cut_at_the_end_of_the_sample(encoding: str) -> None:
    raw = (CHINESE * 50).encode(encoding)
    cut = raw[: raw.rindex("池".encode(encoding)) + 1]
    assert detect_encoding(cut, whole=False) == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_broken_byte_does_not_turn_the_whole_table(encoding: str) -> None:
    raw = (CHINESE * 40).encode(encoding)
    at = raw.index("简介".encode(encoding))
    broken = raw[: at + 1] + b"," + raw[at + 2 :]  # the first byte of a character, and no second
    with pytest.raises(UnicodeDecodeError):
        broken.decode(encoding)
    assert detect_encoding(broken) == encoding


def test_western_text_is_not_taken_for_chinese() -> None:
    raw = ("id,résumé\n" + "1,Société à responsabilité limitée, créée en été, très active\n" * 30).encode("latin-1")
    assert detect_encoding(raw) == "latin-1"
    assert detect_encoding(raw + b"2,\x93x\x94 \x80 5") == "cp1252"
    assert detect_encoding(b"caf\xe9 \xff\xfe\xfd") == "utf-8"  # broken rather than French


TAIWAN = "編號,公司,簡介\n1,甲公司,專注於太陽能電池與光伏組件的製造\n2,乙公司,提供雲端運算服務,成立於2010年\n"


def test_big5_and_gb18030_are_told_apart() -> None:
    assert found(TAIWAN.encode("big5")) == "big5"
    assert found(TAIWAN.encode("gb18030")) == "gb18030"
    assert found(CHINESE.encode("gb18030")) == "gb18030"
    assert found("id,text\n1,太陽能電池的製造\n".encode("big5")) == "big5"
    broken = (TAIWAN * 30).encode("big5").replace("乙".encode("big5"), b"\xa4", 1)
    assert found(broken) == "big5"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_megabyte_of_ascii_first(tmp_path: Path, encoding: str) -> None:
    line = "1,a maker of solar cells\n"
    path = tmp_path / "long.csv"
    path.write_bytes(("id,description\n" + line * (SAMPLE // len(line) + 5) + CHINESE).encode(encoding))
    assert path.stat().st_size > SAMPLE
    with path.open("rb") as file:
        assert sniff(file) == encoding
        assert file.tell() == 0


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13", "base64", "", "a\0b"])
def test_names_that_are_no_encoding_of_text(name: str) -> None:
    with pytest.raises(TableError, match="unknown encoding"):
        check_encoding(name)


def test_known_names() -> None:
    assert check_encoding("GB18030") == "gb18030"
    assert check_encoding("UTF8") == "utf-8"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"caf\xe9,x", "utf-8"),
        (b"\xb0,x\x81\x30y", "gb18030"),
        (b"\xa4,x", "big5"),
        (b"a\0\x3d\xd8b\0", "utf-16-le"),  # half a pair of surrogates, whose bytes lie partly below 128
        (b"\0a\xd8\x3d\0b", "utf-16-be"),
    ],
)
def test_bytes_that_cannot_be_read_go_out_as_they_came(raw: bytes, encoding: str) -> None:
    with pytest.raises(UnicodeDecodeError):
        raw.decode(encoding)
    text = raw.decode(encoding, ESCAPE)
    assert any("\udc00" <= c <= "\udcff" for c in text)
    assert text.encode(encoding, ESCAPE) == raw


def test_surrogates_that_stand_for_no_byte_are_replaced() -> None:
    assert "a\ud83db".encode("utf-8", ESCAPE).decode() == "a\ufffdb"
    assert "a\ud83db".encode("utf-16-le", ESCAPE).decode("utf-16-le") == "a\ufffdb"
    assert "a\ud83db".encode("latin-1", ESCAPE) == b"a?b"
    with pytest.raises(UnicodeEncodeError):
        "光".encode("latin-1", ESCAPE)
