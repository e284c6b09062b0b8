"""Whether a text can be read at all."""

from __future__ import annotations

import re

# Bytes that no decoder could read come in as lone surrogates; U+FFFD is what others have put for them.
_BROKEN = re.compile("[\ud800-\udfff\ufffd\x00]")
BROKEN_SHARE = 0.05
# Worth a closer look: pairs that UTF-8 leaves when it is read as Windows-1252, and any Chinese character.
_WESTERN = re.compile("[\u00c2-\u00ef][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122\ufffd]")
_HAN = re.compile("[\u3400-\u9fff]")
_REPLACEMENT = "\ufffd".encode()
_LOOK = 400  # characters are enough to tell


def unreadable(text: str) -> bool:
    """Whether `text` is empty, holds no letter, or is what a wrong decoding left.

    A text is taken for wrongly decoded when writing it back in the encoding that it was read in (Windows-1252 or GB18030)
    gives good UTF-8, which real text in that encoding as good as never does.
    """
    if not any(map(str.isalpha, text)):
        return True
    broken = len(_BROKEN.findall(text))
    if broken > BROKEN_SHARE * len(text):
        return True
    head = text[:_LOOK]
    if _WESTERN.search(head) and _was_utf8(head, "cp1252"):
        return True
    return bool(_HAN.search(head)) and _was_utf8(head, "gb18030")


def _was_utf8(text: str, encoding: str) -> bool:
    if encoding == "cp1252":
        # What Windows-1252 lacks was replaced, or kept as a control character, as browsers do.
        text = text.replace("\ufffd", "\x81")
        raw = b"".join(c.encode("latin-1") if "\x80" <= c <= "\x9f" else c.encode(encoding, "ignore") for c in text)
    else:
        raw = text.replace("\ufffd", "").encode(encoding, "ignore")
    if raw.isascii():
        return False
    if 3 * raw.count(_REPLACEMENT) > 0.5 * len(raw):
        return True
    back = raw.decode("utf-8", "replace")
    lost = back.count("\ufffd")
    if 3 * lost > len(back):
        return False  # as with nearly all ordinary text: settled before the slower counts
    wide = sum(c > "\x7f" for c in back) - lost
    # Two Chinese characters in GB18030 may happen to be a Greek or Cyrillic letter each; what was UTF-8 turns into Chinese,
    # quotes or accents.  A few garbled quotes in a long text leave it readable.
    good = sum(c >= "\u0800" or "\xc0" <= c <= "\xff" for c in back) - lost
    return good >= 3 and 2 * good >= wide and lost <= 0.5 * wide and wide >= 0.1 * len(text)
