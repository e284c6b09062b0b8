"""Fine-tuning a pretrained encoder on annotated rows, with the Trainer of `transformers`.

One vector a text (the mean over its pieces, Reimers and Gurevych, 2019), and two heads on it: the outputs of `Layout` (each very
tag, each tag with what lies below it, any technology: the levels of the tree are learned together) with a binary loss each, and
the primary tag or none with a softmax.  Lower layers learn more slowly than upper ones (layer-wise decay, Howard and Ruder,
2018); embeddings, and as many lower layers as asked, stay as they are.  Training goes on where it stopped, from its
last checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..classifier.encoder import TOKENIZER, Segmenter, padded
from .prune import prune
from .rows import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

EXTRA = 'training an encoder needs the transformers extra: pip install torch==2.13.0 "techtags[transformers]"'


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an encoder is fine-tuned.

    Attributes:
        encoder: folder, or name on a hub, of a pretrained encoder that `transformers` can load.
        prefix: put before every text.
        longest: pieces of a text, what comes after is cut off.
        epochs, batch, learning_rate: of the training; the rate is that of the last layer.
        head_rate: learning rate of the heads, which start from nothing.
        decay: each layer learns at this share of the rate of the one above it.
        frozen: lower layers that are not trained.
        prune: whether the vocabulary is cut down to the pieces in use.
        written: weight of a row of the taxonomy's own words against an annotated one.
        save_steps: steps between checkpoints.
        seed: of everything random.
    """

    encoder: str
    prefix: str = "query: "
    longest: int = 128
    epochs: float = 3.0
    batch: int = 32
    learning_rate: float = 1e-4
    head_rate: float = 1e-3
    decay: float = 0.9
    frozen: int = 0
    prune: bool = True
    written: float = 0.5
    save_steps: int = 250
    seed: int = 20261121


@dataclass(frozen=True, slots=True)
class Examples:
    """What the encoder is fitted to.

    Attributes:
        texts: (n,).
        outputs: (n, outputs) of 0 and 1, as `Layout` orders them.
        primary: (n,) position of the primary tag, or the number of tags for none.
        weight: (n,) of each row.
        n_primary: answers that the head for the primary tag knows, if more than the rows show.
    """

    texts: Sequence[str]
    outputs: NDArray[np.float32]
    primary: NDArray[np.int64]
    weight: NDArray[np.float32]
    n_primary: int = 0


def fine_tune(
    recipe: Recipe, examples: Examples, work: Path, vocabulary: Sequence[str] = (), say: Callable[[str], None] = lambda line: None
) -> Any:
    """A fitted network (`torch.nn.Module`), its tokenizer beside it in `work`.

    Args:
        recipe: how.
        examples: the rows.
        work: folder for checkpoints; training that was broken off there goes on, if it was the same.
        vocabulary: further texts whose pieces are to be kept.
        say: is told how far it has got.

    Raises:
        DataError: the extra is not installed, or the encoder cannot be loaded.
    """
    try:
        import datasets
        import torch
        import transformers
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
    except ImportError:
        raise DataError(EXTRA) from None
    transformers.set_seed(recipe.seed)
    transformers.utils.logging.set_verbosity_error()
    document, body = _load(recipe.encoder)
    tokenizer = Tokenizer.from_str(document)
    segment = Segmenter(tokenizer, recipe.prefix, recipe.longest)
    if recipe.prune:
        smaller = prune(document, segment([*examples.texts, *vocabulary]))
        if smaller is not None:
            document, kept = smaller
            vectors = body.get_input_embeddings().weight.data
            # What the model's vocabulary has beyond the tokenizer's is never met.
            body.set_input_embeddings(torch.nn.Embedding.from_pretrained(vectors[torch.from_numpy(kept)], freeze=True))
            body.config.vocab_size = len(kept)
            say(f"vocabulary: {len(kept):,} of {len(vectors):,} pieces kept")
            segment = Segmenter(Tokenizer.from_str(document), recipe.prefix, recipe.longest)
    work.mkdir(parents=True, exist_ok=True)
    (work / TOKENIZER).write_text(document, encoding="utf-8", newline="\n")
    pad = pad_id(document)
    network = build(body, examples, recipe)
    pieces = segment(examples.texts)
    rows = datasets.Dataset.from_dict({"ids": pieces, "row": np.arange(len(pieces)), "length": [len(p) for p in pieces]})

    def collate(chosen: list[dict[str, Any]]) -> dict[str, Any]:
        ids, mask = padded([c["ids"] for c in chosen], pad)
        at = [c["row"] for c in chosen]
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "outputs": torch.from_numpy(examples.outputs[at]),
            "primary": torch.from_numpy(examples.primary[at]),
            "weight": torch.from_numpy(examples.weight[at]),
        }

    steps = max(1, round(recipe.epochs * len(pieces) / recipe.batch))
    arguments = transformers.TrainingArguments(
        output_dir=str(work / "checkpoints"), max_steps=steps, per_device_train_batch_size=recipe.batch,
        warmup_steps=int(0.06 * steps), lr_scheduler_type="linear", max_grad_norm=5.0, bf16=True,
        use_cpu=not torch.cuda.is_available(), train_sampling_strategy="group_by_length", length_column_name="length",
        remove_unused_columns=False, save_strategy="steps", save_steps=recipe.save_steps, save_total_limit=1, report_to=[],
        logging_steps=50, disable_tqdm=True, seed=recipe.seed, dataloader_pin_memory=False, label_names=["primary"],
    )  # fmt: skip
    optimiser = torch.optim.AdamW(parameter_groups(network, recipe), fused=True)
    schedule = transformers.get_linear_schedule_with_warmup(optimiser, arguments.warmup_steps, steps)
    trainer = transformers.Trainer(
        model=network, args=arguments, train_dataset=rows, data_collator=collate, optimizers=(optimiser, schedule),
        callbacks=[_progress(say, steps)],
    )  # fmt: skip
    trainer.remove_callback(transformers.PrinterCallback)
    last = _last_checkpoint(work, recipe, examples)
    if last is not None and int(last.name.rpartition("-")[2]) >= steps:
        # Done before: the Trainer would take one step more.
        network.load_state_dict(load_file(last / "model.safetensors"))
        return network.eval()
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    # Without the wrapper that computed in bfloat16: the graph is to be in float32.
    return trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False).eval().cpu()


def _load(name: str) -> tuple[str, Any]:
    """The tokenizer's JSON and the encoder without heads."""
    from pathlib import Path

    import transformers

    try:
        folder = Path(name)
        if (folder / TOKENIZER).exists():
            document = (folder / TOKENIZER).read_text(encoding="utf-8")
        else:
            document = transformers.AutoTokenizer.from_pretrained(name, use_fast=True).backend_tokenizer.to_str()
        no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        config = transformers.AutoConfig.from_pretrained(name)
        for key in no_dropout:
            if hasattr(config, key):
                # A few epochs over tens of thousands of rows overfit little, and each step says more without noise.
                setattr(config, key, 0.0)
        body = transformers.AutoModel.from_pretrained(name, config=config, attn_implementation="eager")
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"cannot load the encoder {name}: {str(error).splitlines()[0]}") from None
    whole = json.loads(document)
    if not whole.get("normalizer"):
        from tokenizers import Regex, Tokenizer, normalizers

        made = Tokenizer.from_str(document)
        made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
        document = made.to_str()
    return document, body


def pad_id(document: str) -> int:
    """The id of the piece that fills up short sequences: the tokenizer's own, or 0."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(document)
    for piece in ("<pad>", "[PAD]"):
        found = tokenizer.token_to_id(piece)
        if found is not None:
            return int(found)
    return 0


def sample(document: str, recipe: Recipe, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Texts as the ids and the mask that the network reads, (n, pieces) each."""
    from tokenizers import Tokenizer

    return padded(Segmenter(Tokenizer.from_str(document), recipe.prefix, recipe.longest)(texts), pad_id(document))


def build(body: Any, examples: Examples, recipe: Recipe) -> Any:
    """The network: the encoder, the mean over its last layer, and the heads; frozen as the recipe says."""
    import torch

    size = int(body.config.hidden_size)
    n_outputs = examples.outputs.shape[1]
    n_primary = max(examples.n_primary, int(examples.primary.max(initial=0)) + 1)

    class Network(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = body
            self.outputs = torch.nn.Linear(size, n_outputs)
            self.primary = torch.nn.Linear(size, n_primary)
            self.drop = torch.nn.Dropout(0.1)
            # Each output starts at its share of the rows, so that the first steps are not spent on learning how rare tags are.
            share = torch.from_numpy(examples.outputs.mean(axis=0).clip(1e-4, 0.99))
            self.outputs.bias.data = torch.log(share / (1 - share))
            torch.nn.init.normal_(self.outputs.weight, std=0.02)

        def forward(
            self, ids: Any, mask: Any, outputs: Any = None, primary: Any = None, weight: Any = None
        ) -> dict[str, Any] | tuple[Any, Any]:
            states = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
            real = mask.unsqueeze(-1).to(states.dtype)
            mean = ((states * real).sum(1) / real.sum(1)).float()
            with torch.autocast(mean.device.type, enabled=False):
                vector = self.drop(torch.nn.functional.layer_norm(mean, (size,)))
                said, first = self.outputs(vector), self.primary(vector)
                if outputs is None:
                    return said, first
                each = torch.nn.functional.binary_cross_entropy_with_logits(said, outputs, reduction="none").sum(1)
                which = torch.nn.functional.cross_entropy(first, primary, reduction="none")
                return {"loss": ((each + 0.5 * which) * weight).mean()}

    for name, parameter in body.named_parameters():
        layer = _layer(name)
        if layer is None or layer < recipe.frozen:
            parameter.requires_grad_(False)
    return Network()


def _layer(name: str) -> int | None:
    """The number of the layer that a parameter belongs to; None for embeddings and the like."""
    parts = name.split(".")
    return next((int(p) for before, p in pairwise(parts) if before in ("layer", "layers", "h") and p.isdigit()), None)


def parameter_groups(network: Any, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameters with their learning rates: the heads' own, and for each layer a share of that of the one above."""
    named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    top = max((_layer(n) or 0 for n, _ in named), default=0)
    groups = []
    for name, parameter in named:
        layer = _layer(name) if name.startswith("body.") else None
        rate = recipe.head_rate if layer is None else recipe.learning_rate * recipe.decay ** (top - layer)
        groups.append({"params": [parameter], "lr": rate, "weight_decay": 0.01 if parameter.ndim > 1 else 0.0})
    return groups


def _last_checkpoint(work: Path, recipe: Recipe, examples: Examples) -> Path | None:
    """The checkpoint to go on from, if the training that left it was this one."""
    from pathlib import Path

    from transformers.trainer_utils import get_last_checkpoint

    digest = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode())
    digest.update("\0".join(examples.texts).encode("utf-8", "replace"))
    digest.update(examples.outputs.tobytes())
    mark = work / "training.sha256"
    same = mark.exists() and mark.read_text() == digest.hexdigest()
    folder = work / "checkpoints"
    if not same and folder.exists():
        # Checkpoints of another training would be taken for this one's when it is broken off and goes on.
        shutil.rmtree(folder)
    mark.write_text(digest.hexdigest())
    found = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    return Path(found) if found else None


def _progress(say: Callable[[str], None], steps: int) -> Any:
    """Tells how far training has got."""
    import time

    import transformers

    class Progress(transformers.TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.start, self.first = time.monotonic(), None

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **rest: Any) -> None:
            if logs and "loss" in logs:
                say(f"step {state.global_step} of {steps}: loss {float(logs['loss']):.3f}, {time.monotonic() - self.start:.0f} s")

    return Progress()
