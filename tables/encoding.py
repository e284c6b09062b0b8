"""Which encoding a table is in, found without being told."""

from __future__ import annotations

import codecs
import re
import sys
from typing import BinaryIO

from .common import COMMON
from .errors import TableError

SAMPLE = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


# What English and Chinese tables are made of: wrongly paired bytes fall elsewhere.
_USUAL = re.compile(
    "[\t\n\r -~\u00a0-\u024f\u0370-\u04ff\u2000-\u27bf\u3000-\u30ff\u3400-\u9fff\uff00-\uffef\U00010000-\U0003ffff]"
)
_HIGH = re.compile(rb"[\x80-\xff]+")
# In Latin-1 or its Windows kin: an accented letter or a typographic sign, at a plain letter, digit or sign.
_ACCENT = re.compile(
    rb"(?:(?<=[A-Za-z])[\xc0-\xd6\xd8-\xf6\xf8-\xff]|[\xc0-\xd6\xd8-\xf6\xf8-\xff](?=[A-Za-z])"
    rb"|(?<=[\x21-\x7e])[\x80\x91-\x97\x99\xa0-\xbf]|[\x80\x91-\x97\xa0-\xbf](?=[\x21-\x7e]))(?![\x80-\xff])"
)
ESCAPE = "techtags.escape"


def _escape(error: UnicodeError) -> tuple[str | bytes, int]:
    """What cannot be decoded becomes lone surrogates, a byte each, and goes out as the same bytes.

    As Python's own ``surrogateescape``, but also for UTF-16 and UTF-32, where bytes below 128 can be at fault; and a surrogate
    that stands for no byte (JSON can hold one) is replaced rather than refused.
    """
    assert isinstance(error, (UnicodeDecodeError, UnicodeEncodeError))
    unit = 4 if error.encoding.startswith("utf-32") else 2 if error.encoding.startswith("utf-16") else 1
    if isinstance(error, UnicodeDecodeError):
        broken = error.object[error.start : error.end]
        if unit == 1:
            # What is ASCII (it may be a delimiter) is read as such.
            high = _HIGH.match(broken)
            if not high:
                return chr(broken[0]), error.start + 1
            broken = high.group()
        return "".join(chr(0xDC00 + b) for b in broken), error.start + len(broken)
    lowest = 0xDC00 if unit > 1 else 0xDC80
    stretch = error.object[error.start : error.start + unit]
    if len(stretch) == unit and all(lowest <= ord(c) <= 0xDCFF for c in stretch):
        return bytes(ord(c) - 0xDC00 for c in stretch), error.start + unit
    if not 0xD800 <= ord(stretch[0]) <= 0xDFFF:
        raise error
    if not error.encoding.startswith(("utf", "gb18030")):
        return "?", error.start + 1
    order = "" if unit == 1 or error.encoding.endswith(("le", "be")) else f"-{sys.byteorder[0]}e"
    return "\ufffd".encode(error.encoding + order), error.start + 1


codecs.register_error(ESCAPE, _escape)


def detect_encoding(sample: bytes, *, whole: bool = True) -> str:
    """The encoding of a table: a byte order mark decides; then UTF-16 without one, UTF-8, GB18030, Big5, Latin-1.

    Args:
        sample: the table's first bytes.
        whole: whether `sample` is all there is (else a character cut at its end is forgiven).

    Returns:
        A name that `open` knows.  ``utf-8`` where nothing fits: what cannot be decoded is then reported row by row.
    """
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    wide = _utf16(sample)
    if wide:
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=whole)
    except UnicodeDecodeError:
        # One bad byte in a long UTF-8 table does not make it another.
        return "utf-8" if _mostly(sample, "utf-8") else _without_utf(sample, whole)
    return "utf-8"


def _without_utf(sample: bytes, whole: bool) -> str:
    """GB18030, Big5 or Latin-1 for what is not UTF-8; each reads most of what the others write, but not as usual characters."""
    shares = {name: _common_share(sample, name) for name in ("gb18030", "big5")}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] > 0.25:
        return best
    western = _western(sample)
    if western:
        return western
    try:
        codecs.getincrementaldecoder("gb18030")().decode(sample, final=whole)
    except UnicodeDecodeError:
        return "gb18030" if _mostly(sample, "gb18030") else "utf-8"
    return "gb18030"


def _common_share(sample: bytes, encoding: str) -> float:
    """The share of common Chinese characters among all beyond ASCII; 0 where much cannot be decoded."""
    text = [c for c in sample[: 1 << 16].decode(encoding, "replace") if c > "\x7f"]
    bad = text.count("\ufffd")
    good = [c for c in text if c.isalpha()]
    return sum(c in COMMON for c in good) / len(good) if good and len(text) - bad > 20 * (bad - 1) else 0.0


def _western(sample: bytes) -> str:
    """``latin-1``, or ``cp1252`` where its signs are used, for accents that stand alone among plain letters; else nothing."""
    runs = _HIGH.findall(sample)
    alone = len(_ACCENT.findall(sample))
    if not runs or alone < 0.6 * len(runs):
        return ""
    return "cp1252" if any(0x80 <= b <= 0x9F for run in runs for b in run) else "latin-1"


def _utf16(sample: bytes) -> str:
    """UTF-16 without a mark: it has zeros, beside ASCII's delimiters and line ends if nowhere else, and reads well.

    On which side the zeros stand is no proof: the low bytes of some common characters (\u4e00, \u5f00) are zero too.
    """
    head = sample[:16384]
    zeros = {"utf-16-le": head[1::2].count(0), "utf-16-be": head[0::2].count(0)}
    total = sum(zeros.values())
    if not total or (total < 0.1 * len(head) and not _mostly_broken(head)):
        return ""  # no zeros, or a stray one in UTF-8
    shares = {name: _usual_share(head, name) for name in zeros}
    best = max(zeros, key=lambda name: (shares[name], zeros[name]))
    return best if shares[best] > 0.9 else ""


def _usual_share(head: bytes, encoding: str) -> float:
    """The share of usual characters in `head`, 0 if it cannot be decoded."""
    try:
        # A pair of surrogates may be cut at the end.
        text = codecs.getincrementaldecoder(encoding)().decode(head, final=False)
    except UnicodeDecodeError:
        return 0.0
    return sum(bool(_USUAL.match(c)) for c in text) / len(text) if text else 0.0


def _mostly_broken(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=False)
    except UnicodeDecodeError:
        return not _mostly(head, "utf-8")
    return False


def _mostly(sample: bytes, encoding: str) -> bool:
    """Whether for each byte that cannot be decoded there are many characters beyond ASCII that can."""
    text = sample.decode(encoding, "replace")
    bad = text.count("\ufffd")
    good = sum(c > "\x7f" for c in text) - bad
    return good > 20 * bad


def check_encoding(name: str) -> str:
    """`name`, if Python knows an encoding of that name.

    Raises:
        TableError: it does not.
    """
    try:
        found = codecs.lookup(name)
        "".encode(name)  # refuses codecs that are not of text, such as hex
        return found.name
    except (LookupError, ValueError):
        raise TableError(f"unknown encoding {name!r}; try utf-8, gb18030, big5, utf-16 or latin-1") from None


def with_mark(name: str, head: bytes) -> str:
    """`name`, or its form that takes away the byte order mark where `head` begins with one."""
    for bom, marked in _BOMS:
        if head.startswith(bom) and name in (marked, marked.removesuffix("-sig"), f"{marked}-le", f"{marked}-be"):
            return marked
    return name


def sniff(file: BinaryIO, *, rewind: bool = True) -> str:
    """The encoding of a file, of which as much is read as need be: all of it where the first part is plain ASCII."""
    sample = file.read(SAMPLE)
    whole = len(sample) < SAMPLE
    found = detect_encoding(sample, whole=whole)
    while not whole and found == "utf-8" and sample.isascii():
        sample = file.read(SAMPLE)
        whole = len(sample) < SAMPLE
        # Start at a line: the character before may have been cut.
        start = sample.find(b"\n") + 1
        found = detect_encoding(sample[start:], whole=whole)
    if rewind:
        file.seek(0)
    return found
