"""The transformer beside the linear model: an ONNX graph and its tokenizer, run by onnxruntime.

Needs the `accurate` extra (onnxruntime, tokenizers); nothing else imports them.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

GRAPH, TOKENIZER = "encoder.onnx", "tokenizer.json"
EXTRA = 'the accurate model needs onnxruntime and tokenizers; install them with: pip install "techtags[accurate]"'
CHARACTERS_A_PIECE = 12  # what lies beyond the longest sequence at this length need not be segmented


class EncoderError(ValueError):
    """The encoder cannot be used; the message is one line that says why and what to do."""


class Segmenter:
    """Texts to sequences of pieces, the same in training and in use.

    Args:
        tokenizer: of the `tokenizers` library.
        prefix: put before every text, as some encoders want.
        longest: pieces of a sequence, the marks at both ends included; what comes after is cut off.
    """

    def __init__(self, tokenizer: Any, prefix: str, longest: int) -> None:
        self.tokenizer, self.prefix, self.longest = tokenizer, prefix, longest
        tokenizer.no_padding()
        tokenizer.enable_truncation(longest)

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of the pieces of each text."""
        most = self.longest * CHARACTERS_A_PIECE
        # The library wants well-formed Unicode; lone surrogates stand for bytes that could not be read.
        clean = [self.prefix + t[:most].encode("utf-8", "replace").decode("utf-8") for t in texts]
        return [e.ids for e in self.tokenizer.encode_batch_fast(clean)]


class Encoder:
    """Runs the encoder on batches of texts.

    Args:
        folder: with the graph and the tokenizer.
        settings: ``prefix`` and ``longest``.
        threads: texts read at the same time; by default one a core.

    Raises:
        EncoderError: the extra is not installed, or the files cannot be used.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], threads: int = 0) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError:
            raise EncoderError(EXTRA) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise their own, of no common kind
            raise EncoderError(f"cannot use the encoder in {folder}: {str(error).splitlines()[0]}") from None
        self.segment = Segmenter(tokenizer, str(settings["prefix"]), int(settings["longest"]))
        self._threads = threads or cores()

    def __call__(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits of texts.

        Returns:
            (n, outputs) as `Layout` orders them, and (n, tags + 1) for the primary tag, the last one for none.
        """
        pieces = self.segment(texts)
        if not pieces:
            shapes = [o.shape[-1] for o in self._session.get_outputs()]
            return np.zeros((0, shapes[0]), dtype=np.float32), np.zeros((0, shapes[1]), dtype=np.float32)
        if self._threads == 1 or len(pieces) == 1:
            read = [self._one(p) for p in pieces]
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                read = list(pool.map(self._one, pieces))
        return np.stack([out for out, _ in read]), np.stack([first for _, first in read])

    def _one(self, pieces: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        # One text at a time: 8-bit activations are scaled by what is in a batch, and a text must not get other tags in other
        # company.  On a CPU it costs nothing, since a batch is worked on row by row anyway and needs padding.
        ids = np.array([pieces], dtype=np.int64)
        out, first = self._session.run(["logits", "primary"], {"ids": ids, "mask": np.ones_like(ids)})
        return out[0], first[0]


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def padded(sequences: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sequences as one (n, longest) matrix of ids, and the matrix of 0 and 1 that says where they are real."""
    longest = max(map(len, sequences), default=0)
    ids = np.full((len(sequences), longest), pad, dtype=np.int64)
    mask = np.zeros((len(sequences), longest), dtype=np.int64)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask
