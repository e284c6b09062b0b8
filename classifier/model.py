"""A trained model: what it computes, and how it lies on disk (JSON and NumPy arrays, never pickle)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..taxonomy import Taxonomy, TaxonomyError
from .aliases import AliasHits, AliasIndex
from .features import Featurizer, Occurrences
from .fusion import Fusion
from .rank import Layout, Network, Probabilities, Seen, probabilities
from .text import Tokens, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

FORMAT = 1
MANIFEST, ARRAYS, TAXONOMY = "manifest.json", "arrays.npz", "taxonomy.json"
PROFILES = ("balanced", "precision", "recall")


class ModelError(ValueError):
    """A model cannot be used; the message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model computes for a batch of texts.

    Attributes:
        tokens, found, names: where words, phrases and names of tags stand (for evidence).
        matrix: (n, features) feature values.
        probabilities: of all tags.
    """

    tokens: Tokens
    found: Occurrences
    names: AliasHits
    matrix: sparse.csr_matrix
    probabilities: Probabilities


class Model:
    """A trained classifier for one release of the taxonomy.

    Use `Model.load`; training makes new ones.

    Args:
        taxonomy: the release that it was trained for.
        manifest: as the `model` schema says.
        arrays: ``keys``, ``idf``, ``weights`` (int8), ``scales``, ``intercepts``, ``prior``, the two networks, ``thresholds``,
            ``backoffs``; and what `Fusion` learned, if the rows had labels.
    """

    def __init__(self, taxonomy: Taxonomy, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.taxonomy = taxonomy
        self.manifest = manifest
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
        )
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
        """Load a model from its folder; the one shipped in the package by default.

        Args:
            path: folder with `manifest.json` and `arrays.npz`.
            taxonomy: the release to use it with; the one that it was trained for by default.

        Raises:
            ModelError: there is none, its files are damaged, or it was made for another release of the taxonomy.
        """
        folder = Path(path) if path is not None else Path(str(files(__package__))) / "data" / "model"
        manifest = _read_manifest(folder, check=path is not None)
        taxonomy = _taxonomy_for(manifest, taxonomy, folder)
        file = folder / ARRAYS
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read {file}: {error.strerror}") from None
        if hashlib.sha256(raw).hexdigest() != manifest["files"].get(ARRAYS):
            raise ModelError(f"{file} is not the file that its manifest describes (hash differs); copy or train it again")
        with np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
        return cls(taxonomy, manifest, arrays)

    def score(self, texts: Sequence[str]) -> Scores:
        """Probabilities of all tags for a batch of texts (a few thousand at most: everything is held at once)."""
        tokens = tokenize(texts)
        found = self.featurizer.occurrences(tokens)
        names = self.featurizer.aliases.find(tokens)
        matrix = self.featurizer.transform_tokens(tokens, found, names)
        seen = describe(tokens, matrix, self._margins(matrix), self.layout.n_tags)
        made = probabilities(seen, self.exact_network, self.closure_network, self.prior, self.layout)
        return Scores(tokens, found, names, matrix, made)

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


def save(folder: Path, taxonomy: Taxonomy, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Write a model; the manifest, which is returned, gets the hash of the arrays."""
    from ..schemas import validate
    from ..taxonomy import versions
    from ..taxonomy.source import dump

    folder.mkdir(parents=True, exist_ok=True)
    # Beside first, then renamed, the manifest last: an interruption leaves the old model, or one that is refused.
    part = folder / f".{ARRAYS}"
    np.savez_compressed(part, **arrays)  # type: ignore[arg-type]
    manifest = {**manifest, "files": {ARRAYS: hashlib.sha256(part.read_bytes()).hexdigest()}}
    validate(manifest, "model")
    text = json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    (folder / f".{MANIFEST}").write_text(text, encoding="utf-8", newline="\n")
    if taxonomy.version not in versions():
        # A release of the user's own travels with the model, which is of no use without it.
        (folder / TAXONOMY).write_text(dump(taxonomy.document), encoding="utf-8", newline="\n")
    part.replace(folder / ARRAYS)
    (folder / f".{MANIFEST}").replace(folder / MANIFEST)
    return manifest


def _read_manifest(folder: Path, *, check: bool) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"no model in {folder}: cannot read {MANIFEST} ({error.strerror})") from None
    except ValueError:
        raise ModelError(f"{path} is not JSON; copy or train the model again") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        made = manifest.get("format") if isinstance(manifest, dict) else None
        raise ModelError(f"{folder} is a model of format {made!r}; this techtags reads format {FORMAT}")
    if check:
        # The shipped manifest is held by the tests; checking it at every start would cost more than loading the model.
        from ..schemas import SchemaProblem, validate

        try:
            validate(manifest, "model")
        except SchemaProblem as error:
            raise ModelError(f"{path} is {error}; copy or train the model again") from None
    return manifest


def _taxonomy_for(manifest: dict[str, Any], taxonomy: Taxonomy | None, folder: Path) -> Taxonomy:
    made_for = manifest["taxonomy"]
    if taxonomy is None:
        try:
            own = folder / TAXONOMY
            taxonomy = Taxonomy.load(own if own.exists() else made_for["version"])
        except TaxonomyError as error:
            raise ModelError(f"the model in {folder} was made for taxonomy {made_for['version']}: {error}") from None
    if taxonomy.version != made_for["version"]:
        raise ModelError(
            f"the model in {folder} was made for taxonomy {made_for['version']}, not {taxonomy.version}; "
            f"use that release, or train a model for {taxonomy.version} with techtags train"
        )
    if taxonomy.sha256 != made_for["sha256"]:
        raise ModelError(
            f"the model in {folder} was made for another text of taxonomy {made_for['version']} (its hash differs); "
            "train it again with techtags train"
        )
    return taxonomy
