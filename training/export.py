"""A fitted encoder as an ONNX graph with 8-bit weights, which runs without torch."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def to_onnx(network: Any, path: Path) -> None:
    """Write the graph of a network from `finetune`: inputs ``ids`` and ``mask``, outputs ``logits`` and ``primary``.

    Weights, embeddings too, become 8-bit integers with a scale a column; activations are quantised as they come (dynamic
    quantisation), so no rows are needed to calibrate it.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = path.with_name(f".{path.name}.float")
    ids = torch.full((2, 16), 5, dtype=torch.long)
    axes = {"ids": {0: "texts", 1: "pieces"}, "mask": {0: "texts", 1: "pieces"}, "logits": {0: "texts"}, "primary": {0: "texts"}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network.eval(), (ids, torch.ones_like(ids)), str(whole), input_names=["ids", "mask"],
                output_names=["logits", "primary"], dynamic_axes=axes, opset_version=17, dynamo=False,
            )  # fmt: skip
        quantize_dynamic(str(whole), str(path), weight_type=QuantType.QInt8, per_channel=True)
    finally:
        whole.unlink(missing_ok=True)
