"""Characters to tokens: folding, segmentation and hashing of whole batches of texts at once.

Everything here works on one numpy array that holds the code points of all texts of a batch, so that the cost of a text is a
few passes over its characters.  Folding is strictly one code point to one code point (case, width, accents, traditional to
simplified Chinese), which keeps every position valid in the text as the user wrote it: evidence can be shown in place.

A *token* is a run of letters and digits, or one Chinese character.  Tokens are identified by 64-bit hashes (polynomial
prefix hashes, finished with the splitmix64 mixer of Steele, Lea and Flood, 2014); at the few hundred thousand distinct
phrases of a model a chance collision has a probability below one in ten million.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Classes of code points in the folding table.
SOFT, WORD, HAN, HARD = 0, 1, 2, 3

_BASE = np.uint64(0x9E3779B97F4A7C15 | 1)
_BASE_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_PHRASE_BASE = np.uint64(0xD6E8FEB86659FD93)
_SEPARATOR = "\n\n"


@lru_cache(maxsize=1)
def fold_table() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """The table that folds code points, and the class of each folded code point.

    Returns two arrays indexed by code point (clipped to their length): the folded code point and its class (`SOFT`
    separators such as space and hyphen, `WORD`, `HAN`, and `HARD` separators such as full stops, which no phrase crosses).
    """
    with np.load(str(files(__package__) / "data" / "fold.npz"), allow_pickle=False) as data:
        changed, to, classes = data["changed"], data["to"], data["classes"]
    fold = np.arange(len(classes), dtype=np.uint32)
    fold[changed] = to
    return fold, classes


def fold_text(text: str) -> str:
    """`text` folded as the model sees it; as long as `text` itself."""
    fold, _ = fold_table()
    return fold[_code_points(text)].tobytes().decode("utf-32-le", "surrogatepass")


def _code_points(text: str) -> NDArray[np.uint32]:
    fold, _ = fold_table()
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    clipped: NDArray[np.uint32] = np.minimum(points, np.uint32(len(fold) - 1))
    return clipped


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a batch of texts, as parallel arrays.

    Attributes:
        doc: (n,) index of the text of each token.
        start, end: (n,) character offsets of the token in its text.
        hashes: (n,) hash of the token (English plurals share the hash of their singular).
        han: (n,) whether the token is one Chinese character.
        joined: (n,) whether a phrase may run on from this token to the next one.
        n_docs: number of texts.
    """

    doc: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    han: NDArray[np.bool_]
    joined: NDArray[np.bool_]
    n_docs: int


_powers_cache: list[NDArray[np.uint64]] = []


def _powers(n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers 0..n-1 of the hash base and of its inverse, modulo 2**64."""
    if not _powers_cache or len(_powers_cache[0]) < n:
        size = max(n, 1 << 16)
        ones = np.ones(size, dtype=np.uint64)
        up, down = ones.copy(), ones.copy()
        up[1:], down[1:] = _BASE, _BASE_INVERSE
        _powers_cache[:] = [np.cumprod(up, dtype=np.uint64), np.cumprod(down, dtype=np.uint64)]
    return _powers_cache[0][:n], _powers_cache[1][:n]


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finishing step of splitmix64, which spreads close hashes apart."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = value ^ (value >> np.uint64(31))
    return mixed


def tokenize(texts: Sequence[str]) -> Tokens:
    """Segment a batch of texts.

    Args:
        texts: the texts; their order gives `Tokens.doc`.
    """
    fold, classes = fold_table()
    lengths = np.fromiter((len(t) for t in texts), dtype=np.int64, count=len(texts))
    points = fold[_code_points(_SEPARATOR.join(texts) + _SEPARATOR)]
    kind = classes[points]
    n = len(points)
    # A full stop stands inside terms (2.5D, Web3.0), but ends a sentence where a space follows.
    stop = np.flatnonzero(points[:-1] == ord("."))
    kind[stop[classes[points[stop + 1]] != WORD]] = HARD
    doc_start = np.zeros(len(texts), dtype=np.int64)
    np.cumsum(lengths[:-1] + len(_SEPARATOR), out=doc_start[1:])

    word, han = kind == WORD, kind == HAN
    start = np.flatnonzero(han | (word & ~np.concatenate(([False], word[:-1]))))
    end = np.flatnonzero(han | (word & ~np.concatenate((word[1:], [False])))) + 1
    # searchsorted on the starts of texts is dearer than marking them and counting.
    marks = np.zeros(n, dtype=np.int32)
    np.add.at(marks, doc_start, 1)
    doc = np.cumsum(marks, dtype=np.int32)[start] - 1

    up, down = _powers(n)
    prefix = np.zeros(n + 1, dtype=np.uint64)
    np.cumsum(points.astype(np.uint64) * up, out=prefix[1:])
    cut, tail = _plural_cut(points, start, end)
    # A singular's hash is that of the shortened word with, for -ies, a y put behind it.
    hashes = (prefix[end - cut] - prefix[start]) * down[start] + tail * up[end - cut - start]
    hashes = _mix(hashes)

    hard = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(kind == HARD, out=hard[1:])
    joined = np.zeros(len(start), dtype=bool)
    if len(start) > 1:
        gap = start[1:] - end[:-1]
        joined[:-1] = (hard[start[1:]] == hard[end[:-1]]) & (gap <= 3) & (doc[1:] == doc[:-1])
    base = doc_start[doc]
    return Tokens(doc, (start - base).astype(np.int32), (end - base).astype(np.int32), hashes, han[start], joined, len(texts))


def _plural_cut(
    points: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """How many letters to drop from the end of each word to reach its singular, and the letter to put there (or 0).

    batteries -> battery, processes -> process, sensors -> sensor; not glass, status, analysis, gas.
    """
    length = end - start
    last = points[end - 1]
    second = points[np.maximum(end - 2, 0)]
    third = points[np.maximum(end - 3, 0)]
    fourth = points[np.maximum(end - 4, 0)]
    s, e, i = ord("s"), ord("e"), ord("i")
    plural = (last == s) & (length >= 4) & ~np.isin(second, np.array([s, ord("u"), i], dtype=np.uint32))
    es = plural & (second == e) & (length >= 5)
    ies = es & (third == i)
    hissing = es & (
        np.isin(third, np.array([ord("x"), ord("z")], dtype=np.uint32))
        | ((third == s) & (fourth == s))
        | ((third == ord("h")) & np.isin(fourth, np.array([ord("c"), s], dtype=np.uint32)))
    )
    cut = plural.astype(np.int64)
    cut[hissing] = 2
    cut[ies] = 3
    tail = np.where(ies, np.uint64(ord("y")), np.uint64(0))
    return cut, tail


def phrases(tokens: Tokens, longest: int) -> list[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Hashes of all runs of 1 to `longest` tokens that no hard separator divides.

    Returns:
        For each length n (in order, from 1) the hashes and the indices of the first token of each run.
    """
    return phrases_at(tokens, np.arange(len(tokens.hashes)), longest)


def phrases_at(tokens: Tokens, at: NDArray[np.int64], longest: int) -> list[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """As `phrases`, of the runs that begin at the tokens `at` (indices, ascending)."""
    hashes = tokens.hashes[at]
    out = [(hashes, at)]
    for n in range(2, longest + 1):
        keep = tokens.joined[at + n - 2]
        at = at[keep]
        hashes = hashes[keep] * _PHRASE_BASE + tokens.hashes[at + n - 1]
        out.append((_mix(hashes), at))
    return out


def whole_phrases(texts: Sequence[str], longest: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hash of each text as one phrase, such as an alias.

    Args:
        texts: names; each is taken whole.
        longest: the most tokens that a phrase may have.

    Returns:
        (n,) hashes and (n,) numbers of tokens; 0 tokens for a text that has none, has more than `longest`, or is divided by
        a hard separator, and so is no phrase.
    """
    tokens = tokenize(texts)
    count = np.bincount(tokens.doc, minlength=len(texts))
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    hashes = np.zeros(len(texts), dtype=np.uint64)
    lengths = np.zeros(len(texts), dtype=np.int64)
    for n, (found, at) in enumerate(phrases(tokens, longest), start=1):
        doc = tokens.doc[at]
        whole = (count[doc] == n) & (first[doc] == at)
        hashes[doc[whole]] = found[whole]
        lengths[doc[whole]] = n
    return hashes, lengths


def phrase_hash(text: str) -> tuple[int, int]:
    """The hash and the number of tokens of one whole phrase.

    Raises:
        ValueError: `text` has no token, or is divided by a hard separator.
    """
    hashes, lengths = whole_phrases([text], max(1, len(text)))
    if not lengths[0]:
        raise ValueError(f"{text!r} is no phrase: it has no letter or digit, or is divided by punctuation")
    return int(hashes[0]), int(lengths[0])
