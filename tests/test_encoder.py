"""The encoder's tokenizer, its graph, and the errors of a model that needs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from techtags.classifier import encoder as room
from techtags.classifier.encoder import Encoder, EncoderError, Segmenter, padded
from techtags.training.prune import prune

tokenizers = pytest.importorskip("tokenizers")
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "\u2581",
    "\u2581solar",
    "\u2581cell",
    "s",
    "o",
    "l",
    "a",
    "r",
    "c",
    "e",
    "\u2581qwxyz",
    "电",
    "池",
    "電池",
    "é",
]


def unigram() -> str:
    made = tokenizers.Tokenizer(
        tokenizers.models.Unigram(
            [(p, 0.0 if i < 4 else -1.0 - i / 100) for i, p in enumerate(PIECES)], unk_id=3, byte_fallback=False
        )
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always", split=False)
    made.post_processor = tokenizers.processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return str(made.to_str())


def graph(path: Path, n_outputs: int, n_primary: int, pieces: int) -> None:
    """A graph with the inputs and outputs of a real one: each output is the mean of a table's rows over the real pieces."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(3)
    nodes = [
        helper.make_node("Cast", ["mask"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["real", "last"], ["count"], keepdims=1),
        helper.make_node("Unsqueeze", ["real", "end"], ["real3"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([1], dtype=np.int64), "last"),
        numpy_helper.from_array(np.array([2], dtype=np.int64), "end"),
    ]
    for name, size in (("logits", n_outputs), ("primary", n_primary)):
        constants.append(numpy_helper.from_array(rng.normal(size=(pieces, size)).astype(np.float32), f"table_{name}"))
        nodes += [
            helper.make_node("Gather", [f"table_{name}", "ids"], [f"rows_{name}"]),
            helper.make_node("Mul", [f"rows_{name}", "real3"], [f"kept_{name}"]),
            helper.make_node("ReduceSum", [f"kept_{name}", "last"], [f"sum_{name}"], keepdims=0),
            helper.make_node("Div", [f"sum_{name}", "count"], [name]),
        ]
    whole = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["texts", "pieces"]) for n in ("ids", "mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", n_outputs]),
         helper.make_tensor_value_info("primary", TensorProto.FLOAT, ["texts", n_primary])],
        constants,
    )  # fmt: skip
    onnx.save(helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tokenizer.json").write_text(unigram(), encoding="utf-8")
    graph(tmp_path / "encoder.onnx", 5, 4, len(PIECES))
    return tmp_path


SETTINGS = {"prefix": "", "longest": 16}


def test_a_text_reads_the_same_in_any_batch(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    encoder = Encoder(folder, SETTINGS)
    texts = ["solar cell", "", "cell " * 40, "solar", "电池", "cell solar", "\ud800 solar"]
    together, first = encoder(texts)
    assert together.shape == (7, 5) and first.shape == (7, 4)
    for i, text in enumerate(texts):
        alone, _ = encoder([text])
        np.testing.assert_allclose(together[i], alone[0], atol=1e-5)
    assert encoder([])[0].shape == (0, 5)


def test_what_is_cut_off_does_not_count(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    encoder = Encoder(folder, SETTINGS)
    short, _ = encoder(["cell " * 14])
    long, _ = encoder(["cell " * 14 + "solar " * 30])
    np.testing.assert_allclose(short, long, atol=1e-5)


def test_damaged_files_give_one_line(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    (folder / "encoder.onnx").write_bytes(b"no graph")
    with pytest.raises(EncoderError, match="cannot use the encoder in") as error:
        Encoder(folder, SETTINGS)
    assert "\n" not in str(error.value)


def test_without_the_extra_the_error_names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(EncoderError) as error:
        Encoder(folder, SETTINGS)
    assert str(error.value) == room.EXTRA and "techtags[accurate]" in room.EXTRA


def test_padding() -> None:
    ids, mask = padded([[5, 6], [7]], 1)
    assert ids.tolist() == [[5, 6], [7, 1]]
    assert mask.tolist() == [[1, 1], [1, 0]]


def test_a_pruned_tokenizer_reads_kept_words_alike_and_others_in_smaller_pieces() -> None:
    before = Segmenter(tokenizers.Tokenizer.from_str(unigram()), "", 32)
    texts = ["solar cell", "solar", "cell"] * 2
    made = prune(unigram(), before(texts))
    assert made is not None
    document, old = made
    after = tokenizers.Tokenizer.from_str(document)
    kept = [PIECES[i] for i in old]
    assert "\u2581qwxyz" not in kept and "電池" not in kept
    assert {"<s>", "<pad>", "</s>", "<unk>", "电", "池", "é"} <= set(kept)
    for text in texts:
        assert after.encode(text).tokens == tokenizers.Tokenizer.from_str(unigram()).encode(text).tokens
    assert [after.id_to_token(i) for i in range(len(old))] == kept
    assert after.encode("solar").ids[0] == kept.index("<s>")
    assert "<unk>" not in after.encode("loss").tokens


def test_word_pieces_are_pruned_and_byte_pairs_left() -> None:
    pieces = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "solar": 4, "##s": 5, "rarely": 6, "s": 7}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(pieces, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    document, old = prune(made.to_str(), [[2, 4, 5, 3]] * 2) or ("", np.array([]))
    assert old.tolist() == [0, 1, 2, 3, 4, 5, 7]
    after = tokenizers.Tokenizer.from_str(document)
    assert after.encode("solars").tokens == ["[CLS]", "solar", "##s", "[SEP]"]
    assert after.encode("solars").ids == [2, 4, 5, 3]
    bytes_ = json.loads(unigram())
    bytes_["model"] = {"type": "BPE", "vocab": {"a": 0}, "merges": []}
    assert prune(json.dumps(bytes_), [[0]]) is None
