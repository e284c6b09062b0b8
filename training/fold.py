"""Make `classifier/data/fold.npz`: how each code point is folded before matching, and which class it belongs to.

Run by maintainers only (`python -m techtags.training.fold`); needs OpenCC (Apache-2.0) for traditional to simplified
Chinese.  The table is data so that all machines fold alike, whatever Unicode version their Python carries.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np

from ..classifier.text import HAN, HARD, SOFT, WORD

SIZE = 0x32000  # up to the last CJK extension; what lies beyond is folded to nothing
SOFT_MARKS = set(" -_/&'’‘`·・\t\u00a0\u3000‐‑‒–—+.#*^~‧•\u200b\u200c\u200d\ufeff\u00ad\"“”()")
# A full stop is soft here, for it stands inside terms (2.5D, Web3.0); the tokenizer hardens one that ends a sentence.
_HAN_RANGES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF), (0x3007, 0x3007))


def is_han(point: int) -> bool:
    """Whether a code point is a Chinese character."""
    return any(low <= point <= high for low, high in _HAN_RANGES)


def fold_char(char: str, simplify: dict[str, str]) -> str:
    """One character folded to one character."""
    folded = unicodedata.normalize("NFKC", char)
    if len(folded) != 1:
        folded = char
    folded = simplify.get(folded, folded)
    lowered = folded.lower()
    if len(lowered) == 1:
        folded = lowered
    if not is_han(ord(folded)):
        # Accents fall off (é to e) where a base letter is left.
        decomposed = unicodedata.normalize("NFD", folded)
        if len(decomposed) > 1 and all(unicodedata.combining(c) for c in decomposed[1:]):
            folded = decomposed[0]
    return folded


def classify(char: str) -> int:
    """The class of a folded character."""
    if is_han(ord(char)):
        return HAN
    if char in SOFT_MARKS:
        return SOFT
    if unicodedata.category(char)[0] in "LNM":
        return WORD
    if char in ("\n", "\r"):
        return HARD
    return SOFT if unicodedata.category(char)[0] in "ZC" else HARD


def build() -> dict[str, np.ndarray]:
    """The arrays of `fold.npz`: changed code points, what they become, and the class of every code point."""
    import opencc

    converter = opencc.OpenCC("t2s")
    han = [chr(p) for low, high in _HAN_RANGES for p in range(low, min(high, SIZE - 1) + 1)]
    simplify = {}
    for char in han:
        simple = converter.convert(char)
        if len(simple) == 1 and simple != char:
            simplify[char] = simple
    fold = np.arange(SIZE, dtype=np.uint32)
    classes = np.full(SIZE, HARD, dtype=np.uint8)
    for point in range(SIZE):
        if 0xD800 <= point <= 0xDFFF:
            continue
        folded = fold_char(chr(point), simplify)
        if ord(folded) < SIZE:
            fold[point] = ord(folded)
        classes[point] = classify(chr(point))
    changed = np.flatnonzero(fold != np.arange(SIZE)).astype(np.uint32)
    return {"changed": changed, "to": fold[changed], "classes": classes}


def main() -> None:
    """Write the table."""
    path = Path(__file__).parent.parent / "classifier" / "data" / "fold.npz"
    np.savez_compressed(path, **build())  # type: ignore[arg-type]
    print(f"wrote {path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
