"""A trained model: what it computes, and how it lies on disk (JSON and NumPy arrays, never pickle)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .aliases import AliasHits, AliasIndex
from .blend import Blend, read_outputs
from .context import Scopes, default_finder
from .encoder import GRAPH, TOKENIZER, Encoder, EncoderError
from .features import Featurizer, Occurrences
from .folder import ARRAYS, ModelError, base_folder, check_file, model_folder, read_arrays, read_manifest, taxonomy_for
from .fusion import Fusion
from .rank import Layout, Network, Probabilities, Seen, probabilities
from .text import Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from ..taxonomy import Taxonomy

PROFILES = ("balanced", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model computes for a batch of texts.

    Attributes:
        tokens, found, names: where words, phrases and names of tags stand (for evidence).
        matrix: (n, features) feature values.
        probabilities: of all tags.
        scopes: what was left out, being denied, given up or someone else's; None where the model does not look for it.
    """

    tokens: Tokens
    found: Occurrences
    names: AliasHits
    matrix: sparse.csr_matrix
    probabilities: Probabilities
    scopes: Scopes | None = None


class Model:
    """A trained classifier for one release of the taxonomy.

    Use `Model.load`; training makes new ones.

    Args:
        taxonomy: the release that it was trained for.
        manifest: as the `model` schema says.
        arrays: ``keys``, ``idf``, ``weights`` (int8), ``scales``, ``intercepts``, ``prior``, the two networks, ``thresholds``,
            ``backoffs``; and what `Fusion` learned, if the rows had labels; ``blend`` with an encoder.
        encoder: reads the texts beside the linear machines, if the model has one.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        manifest: dict[str, Any],
        arrays: dict[str, NDArray[Any]],
        encoder: Encoder | None = None,
    ) -> None:
        self.taxonomy = taxonomy
        self.manifest = manifest
        self.arrays = arrays
        self.encoder = encoder
        self.blend = Blend(arrays["blend"].astype(np.float32)) if encoder is not None and "blend" in arrays else None
        self.tags: tuple[str, ...] = tuple(manifest["tags"])
        self.layout = Layout(taxonomy, self.tags)
        settings = manifest["settings"]
        self.featurizer = Featurizer(
            arrays["keys"],
            arrays["idf"].astype(np.float32),
            AliasIndex(taxonomy, self.tags),
            longest_word=settings["longest_word"],
            longest_han=settings["longest_han"],
            alias_weight=settings["alias_weight"],
            context=default_finder() if settings.get("context") else None,
        )
        # Off where the manifest says nothing of it, as for models made before there was one.
        self.weights: NDArray[np.int8] = arrays["weights"]
        self.scales: NDArray[np.float32] = arrays["scales"].astype(np.float32)
        self.intercepts: NDArray[np.float32] = arrays["intercepts"].astype(np.float32)
        self.prior: NDArray[np.float32] = arrays["prior"].astype(np.float32)
        if self.weights.shape != (self.featurizer.n_features, self.layout.n_outputs):
            raise ModelError(f"the model's weights are {self.weights.shape}, which does not fit its vocabulary; reinstall it")
        self.exact_network = Network.from_arrays(arrays, "exact_")
        self.closure_network = Network.from_arrays(arrays, "closure_")
        # (profiles, tags), profiles in the order of PROFILES: what a tag's exact probability, and its closure probability for
        # backing off, must reach.
        self.thresholds: NDArray[np.float32] = arrays["thresholds"]
        self.backoffs: NDArray[np.float32] = arrays["backoffs"]
        self.fusion = Fusion.from_arrays(arrays)

    @property
    def version(self) -> str:
        """The model's own version."""
        return str(self.manifest["version"])

    @property
    def identity(self) -> str:
        """Name, version and the beginning of the hash of the arrays: no two models share it."""
        return f"{self.manifest['name']}-{self.version}-{self.manifest['files'].get(ARRAYS, '')[:8]}"

    @classmethod
    def load(cls, path: str | Path | None = None, taxonomy: Taxonomy | None = None) -> Model:
        """Load a model.

        Args:
            path: ``fast`` (the default) or ``accurate``, which come with the package, or the folder of another one.
            taxonomy: the release to use it with; the one that it was trained for by default.

        Raises:
            ModelError: there is none, its files are damaged, it was made for another release of the taxonomy, or what its
                encoder needs is not installed.
        """
        folder = model_folder(path)
        manifest = read_manifest(folder, check=path is not None)
        taxonomy = taxonomy_for(manifest, taxonomy, folder)
        arrays = read_arrays(folder, manifest)
        if "base" not in manifest:
            return cls(taxonomy, manifest, arrays)
        base = base_folder(folder, manifest)
        for name in (GRAPH, TOKENIZER):
            check_file(folder / name, manifest)
        try:
            encoder = Encoder(folder, manifest["settings"]["encoder"])
        except EncoderError as error:
            raise ModelError(str(error)) from None
        return cls(taxonomy, manifest, {**read_arrays(base, read_manifest(base, check=False)), **arrays}, encoder)

    def score(self, texts: Sequence[str]) -> Scores:
        """Probabilities of all tags for a batch of texts (a few thousand at most: everything is held at once)."""
        tokens, scopes = self.featurizer.read(texts)
        found = self.featurizer.occurrences(tokens)
        names = self.featurizer.aliases.find(tokens)
        matrix = self.featurizer.transform_tokens(tokens, found, names)
        seen = describe(tokens, matrix, self._margins(matrix), self.layout.n_tags)
        made = probabilities(seen, self.exact_network, self.closure_network, self.prior, self.layout)
        if self.encoder is not None and self.blend is not None:
            made = self.blend(made, read_outputs(*self.encoder(texts), self.layout), seen.chinese, self.layout)
        return Scores(tokens, found, names, matrix, made, scopes)

    def _margins(self, matrix: sparse.csr_matrix) -> NDArray[np.float32]:
        # Only the rows of the weights that the batch needs are widened: the whole matrix stays int8 in memory.
        used, columns = np.unique(matrix.indices, return_inverse=True)
        narrow = type(matrix)((matrix.data, columns.astype(np.int32), matrix.indptr), shape=(matrix.shape[0], len(used)))
        out: NDArray[np.float32] = narrow @ self.weights[used].astype(np.float32)
        return out * self.scales + self.intercepts


def describe(tokens: Tokens, matrix: sparse.csr_matrix, margins: NDArray[np.float32], n_tags: int) -> Seen:
    """What the second stage sees of a batch.

    Args:
        tokens: of the texts.
        matrix: their feature values, alias features last.
        margins: of the first stage.
        n_tags: number of tags.
    """
    aliases = matrix[:, matrix.shape[1] - 2 * n_tags :].toarray()
    length = np.diff(matrix.indptr).astype(np.float32)
    count = np.bincount(tokens.doc, minlength=tokens.n_docs)
    han = np.bincount(tokens.doc, weights=tokens.han, minlength=tokens.n_docs)
    chinese = (han / np.maximum(count, 1)).astype(np.float32)
    return Seen(margins, aliases[:, :n_tags], aliases[:, n_tags:], length, chinese)
