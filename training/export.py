"""A fitted encoder as an ONNX graph with 8-bit weights, which runs without torch.

Dynamic quantisation: weights become 8-bit integers with a scale a column, activations are quantised as they come.  A few
layers bear that badly, those whose inputs have outliers (Bondarenko, Nagel and Blankevoort, 2021, found them behind the
second dense layer of some blocks).  Which ones is measured on sample texts, and they keep 16-bit weights.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SPARED = 4  # layers
LIKELY = -2.0  # logits below are of tags that do not come into question


def to_onnx(network: Any, path: Path, ids: NDArray[np.int64], mask: NDArray[np.int64], spared: int = SPARED) -> list[str]:
    """Write the graph of a network from `finetune`: inputs ``ids`` and ``mask``, outputs ``logits`` and ``primary``.

    Args:
        network: fitted.
        path: of the graph.
        ids, mask: (n, pieces) of sample texts.
        spared: how many dense layers keep 16-bit weights.

    Returns:
        Their names in the graph.
    """
    import torch

    whole, trial = path.with_name(f".{path.name}.float"), path.with_name(f".{path.name}.trial")
    axes = {"ids": {0: "texts", 1: "pieces"}, "mask": {0: "texts", 1: "pieces"}, "logits": {0: "texts"}, "primary": {0: "texts"}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            example = (torch.from_numpy(ids[:2]), torch.from_numpy(mask[:2]))
            torch.onnx.export(
                network.eval(), example, str(whole), input_names=["ids", "mask"], output_names=["logits", "primary"],
                dynamic_axes=axes, opset_version=17, dynamo=False,
            )  # fmt: skip
        wanted = _run(whole, ids, mask)
        likely = wanted > LIKELY

        def loss(name: str) -> float:
            _quantise(whole, trial, [name])
            return float(np.abs(_run(trial, ids, mask) - wanted)[likely].mean())

        candidates = _narrowing(whole)
        worst = sorted(candidates, key=loss)[:spared] if spared < len(candidates) else candidates
        _quantise(whole, path, worst)
        _halve(path, worst)
        return worst
    finally:
        whole.unlink(missing_ok=True)
        trial.unlink(missing_ok=True)


def _narrowing(path: Path) -> list[str]:
    """Names of the products with a weight that has more rows than columns: the second dense layer of each block."""
    import onnx

    graph = onnx.load(str(path)).graph
    shapes = {w.name: tuple(w.dims) for w in graph.initializer}
    products = [(n.name, shapes.get(n.input[1], ())) for n in graph.node if n.op_type == "MatMul"]
    return [name for name, shape in products if len(shape) == 2 and shape[0] > shape[1]]


def _quantise(source: Path, target: Path, spared: Sequence[str]) -> None:
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(logging.ERROR)  # it advises a step that changes nothing here
    quantize_dynamic(str(source), str(target), weight_type=QuantType.QInt8, per_channel=True, nodes_to_exclude=list(spared))


def _halve(path: Path, names: Sequence[str]) -> None:
    """Store the weights of some products in 16 bits; they are widened when the graph is loaded."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    weights = {w.name: w for w in graph.initializer}
    for node in [n for n in graph.node if n.name in names]:
        weight = weights[node.input[1]]
        narrow = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{weight.name}_16")
        graph.initializer.remove(weight)
        graph.initializer.append(narrow)
        cast = helper.make_node("Cast", [narrow.name], [weight.name], to=TensorProto.FLOAT, name=f"{node.name}_widened")
        graph.node.insert(0, cast)
    onnx.save(model, str(path))


def _run(path: Path, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    out: NDArray[np.float32] = session.run(["logits"], {"ids": ids, "mask": mask})[0]
    return out
