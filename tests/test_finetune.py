"""Fine-tuning a tiny encoder; needs the transformers extra (`make test-transformers`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from techtags.classifier.encoder import Encoder
from techtags.training.export import to_onnx
from techtags.training.finetune import Examples, Recipe, fine_tune, pad_id, sample
from techtags.training.rows import DataError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")
tokenizers = pytest.importorskip("tokenizers")

WORDS = ["solar", "cell", "drone", "wing", "bank", "loan", "rent", "panel", "rotor", "shop"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.save(str(folder / "tokenizer.json"))
    config = transformers.BertConfig(
        vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(1)
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def examples() -> Examples:
    rng = np.random.default_rng(5)
    groups = (WORDS[:2] + WORDS[7:8], WORDS[2:4] + WORDS[8:9], WORDS[4:7] + WORDS[9:])
    texts, outputs, primary = [], [], []
    for i in range(192):
        kind = i % 3
        texts.append(" ".join(rng.choice(groups[kind], size=5)))
        outputs.append([kind == 0, kind == 1, kind < 2])
        primary.append(kind)
    return Examples(texts, np.array(outputs, dtype=np.float32), np.array(primary), np.ones(192, dtype=np.float32))


def recipe(encoder: Path, **changes: object) -> Recipe:
    settings = {"prefix": "", "longest": 32, "epochs": 12, "batch": 16, "learning_rate": 2e-3, "head_rate": 1e-2, **changes}
    return Recipe(encoder=str(encoder), **settings)  # type: ignore[arg-type]


def test_it_learns_and_the_graph_says_the_same(encoder: Path, tmp_path: Path) -> None:
    data = examples()
    said: list[str] = []
    network = fine_tune(recipe(encoder), data, tmp_path / "work", say=said.append)
    (tmp_path / "tokenizer.json").write_bytes((tmp_path / "work" / "tokenizer.json").read_bytes())
    document = (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    spared = to_onnx(network, tmp_path / "encoder.onnx", *sample(document, recipe(encoder), data.texts[:16]), spared=1)
    assert len(spared) == 1 and "output" in spared[0]
    settings = {"prefix": "", "longest": 32, "pad": pad_id((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))}
    logits, primary = Encoder(tmp_path, settings)(data.texts)
    assert ((logits > 0) == (data.outputs > 0)).mean() > 0.97
    assert (primary.argmax(axis=1) == data.primary).mean() > 0.97
    assert any("loss" in line for line in said)


def test_training_goes_on_from_its_checkpoint(encoder: Path, tmp_path: Path) -> None:
    data = examples()
    short = recipe(encoder, epochs=2, save_steps=10)
    fine_tune(short, data, tmp_path, say=lambda line: None)
    # The same training again finds itself done; another one starts anew.
    marks = sorted((tmp_path / "checkpoints").iterdir())
    before = [p.stat().st_mtime_ns for p in marks]
    fine_tune(short, data, tmp_path, say=lambda line: None)
    assert [p.stat().st_mtime_ns for p in sorted((tmp_path / "checkpoints").iterdir())] == before
    said: list[str] = []
    fine_tune(recipe(encoder, epochs=5, save_steps=10), data, tmp_path, say=said.append)
    assert said and said[-1].startswith("step 50 of 60")


def test_frozen_layers_stay(encoder: Path, tmp_path: Path) -> None:
    before = transformers.BertModel.from_pretrained(encoder).state_dict()
    network = fine_tune(recipe(encoder, epochs=1, frozen=1, prune=False), examples(), tmp_path)
    after = network.body.state_dict()
    assert torch.equal(before["encoder.layer.0.output.dense.weight"], after["encoder.layer.0.output.dense.weight"])
    assert not torch.equal(before["encoder.layer.1.output.dense.weight"], after["encoder.layer.1.output.dense.weight"])
    assert torch.equal(before["embeddings.word_embeddings.weight"], after["embeddings.word_embeddings.weight"])


def test_no_encoder_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot load the encoder"):
        fine_tune(Recipe(encoder=str(tmp_path / "nothing")), examples(), tmp_path / "work")
