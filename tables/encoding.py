"""Which encoding a table is in, found without being told."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from .errors import TableError

SAMPLE = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect_encoding(sample: bytes, *, whole: bool = True) -> str:
    """The encoding of a table: a byte order mark decides; then UTF-16 without one, UTF-8, GB18030.

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
    for name in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(name)().decode(sample, final=whole)
        except UnicodeDecodeError as error:
            # One bad byte in a long UTF-8 table does not make it GB18030.
            if name == "utf-8" and _mostly_utf8(sample, error):
                return "utf-8"
            continue
        return name
    return "utf-8"


def _utf16(sample: bytes) -> str:
    """UTF-16 without a mark: the bytes of ASCII's delimiters and line ends stand beside zeros, all on one side."""
    even, odd = sample[0::2][:4096], sample[1::2][:4096]
    if not even or b"\x00" not in sample[:8192]:
        return ""
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros.count(0) > 0 and others.count(0) == 0:
            try:
                text = sample[: len(sample) // 2 * 2].decode(name, "strict")
            except UnicodeDecodeError:
                continue
            if "\n" in text or len(text) < 4096:
                return name
    return ""


def _mostly_utf8(sample: bytes, error: UnicodeDecodeError) -> bool:
    text = sample.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(c > "\x7f" for c in text) - bad
    return good > 20 * bad


def check_encoding(name: str) -> str:
    """`name`, if Python knows an encoding of that name.

    Raises:
        TableError: it does not.
    """
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise TableError(f"unknown encoding {name!r}; try utf-8, gb18030, big5, utf-16 or latin-1") from None


def sniff(file: BinaryIO) -> str:
    """The encoding of a file that can be read twice: the whole of it is looked at where the first part is plain ASCII."""
    sample = file.read(SAMPLE)
    whole = len(sample) < SAMPLE
    found = detect_encoding(sample, whole=whole)
    while not whole and found == "utf-8" and sample.isascii():
        sample = file.read(SAMPLE)
        whole = len(sample) < SAMPLE
        # Start at a line: the character before may have been cut.
        start = sample.find(b"\n") + 1
        found = detect_encoding(sample[start:], whole=whole)
    file.seek(0)
    return found
