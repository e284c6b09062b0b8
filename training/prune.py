"""Cutting a tokenizer's vocabulary down to the pieces that the texts of a task use.

Multilingual encoders spend most of their size on pieces of languages that a task never meets (Abdaoui et al., 2020: "Load what
you need").  What is dropped is not lost: the tokenizer builds such words from smaller pieces, and single characters of English
and Chinese are always kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

LEAST_TEXTS = 2
# Code points whose single-character pieces stay: ASCII to Latin Extended, Greek, punctuation and symbols, Chinese, full width.
ALWAYS = ((0x20, 0x24F), (0x370, 0x3FF), (0x2010, 0x22FF), (0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))


def prune(document: str, used: Iterable[Iterable[int]]) -> tuple[str, NDArray[np.int64]] | None:
    """A smaller tokenizer.

    Args:
        document: the tokenizer as the JSON of the `tokenizers` library.
        used: the ids of the pieces of each text.

    Returns:
        The smaller tokenizer's JSON, and the old ids of its pieces in their new order; None for a kind of tokenizer whose
        pieces depend on each other (byte-pair encoding), which is left as it is.
    """
    whole: dict[str, Any] = json.loads(document)
    model = whole["model"]
    kind = model.get("type")
    if kind == "Unigram":
        pieces = [str(piece) for piece, _ in model["vocab"]]
    elif kind == "WordPiece":
        pieces = [piece for piece, _ in sorted(model["vocab"].items(), key=lambda item: item[1])]
    else:
        return None
    counts = np.zeros(len(pieces), dtype=np.int64)
    for ids in used:
        counts[np.unique(np.fromiter(ids, dtype=np.int64))] += 1
    keep = counts >= LEAST_TEXTS
    keep[[i for i, piece in enumerate(pieces) if _always(piece)]] = True
    special = {token["id"] for token in whole.get("added_tokens") or ()}
    special |= {i for name in _special(whole.get("post_processor")) for i in name["ids"]}
    special |= {model["unk_id"]} if kind == "Unigram" else {model["vocab"][model["unk_token"]]}
    # Marks that no text shows, such as the one for padding, are written in brackets.
    special |= {i for i, piece in enumerate(pieces) if piece[:1] in "<[" and piece[-1:] in ">]" and len(piece) > 2}
    keep[sorted(i for i in special if i < len(pieces))] = True
    old = np.flatnonzero(keep)
    new = {int(o): n for n, o in enumerate(old.tolist())}
    if kind == "Unigram":
        model["vocab"] = [model["vocab"][i] for i in old.tolist()]
        model["unk_id"] = new[model["unk_id"]]
    else:
        model["vocab"] = {pieces[i]: n for n, i in enumerate(old.tolist())}
    whole["added_tokens"] = [{**t, "id": new[t["id"]]} for t in whole.get("added_tokens") or () if t["id"] in new]
    for name in _special(whole.get("post_processor")):
        name["ids"] = [new[i] for i in name["ids"]]
    processor = whole.get("post_processor") or {}
    for mark in ("sep", "cls"):
        if isinstance(processor.get(mark), list):
            processor[mark][1] = new[processor[mark][1]]
    return json.dumps(whole, ensure_ascii=False), old


def _always(piece: str) -> bool:
    bare = piece.removeprefix("\u2581").removeprefix("##")
    return not bare or (len(bare) == 1 and any(low <= ord(bare) <= high for low, high in ALWAYS))


def _special(processor: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The places of a post-processor that hold ids of pieces."""
    if not processor:
        return []
    inner = [name for part in processor.get("processors", ()) for name in _special(part)]
    named = processor.get("special_tokens")
    return inner + (list(named.values()) if isinstance(named, dict) else [])
