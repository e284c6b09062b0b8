"""A model's folder: its manifest, its arrays, and an encoder if it has one; read and checked, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..taxonomy import Taxonomy, TaxonomyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FORMAT = 1
MANIFEST, ARRAYS, TAXONOMY, BASE = "manifest.json", "arrays.npz", "taxonomy.json", "base"
# The models that come with the package, and the folders under `data` where they lie.
SHIPPED = {"fast": "model", "accurate": "accurate"}


class ModelError(ValueError):
    """A model cannot be used; the message is one line that says why and what to do."""


def model_folder(path: str | Path | None) -> Path:
    """The folder of a model: one that comes with the package by its name (`SHIPPED`), or the user's own."""
    name = "fast" if path is None else str(path)
    if name in SHIPPED:
        return Path(str(files(__package__))) / "data" / SHIPPED[name]
    return Path(name)


def read_arrays(folder: Path, manifest: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """The arrays of a model.

    Raises:
        ModelError: they cannot be read, or are not those that the manifest describes.
    """
    file = folder / ARRAYS
    check_file(file, manifest)
    with np.load(file, allow_pickle=False) as data:
        return {name: data[name] for name in data.files}


def check_file(file: Path, manifest: dict[str, Any]) -> None:
    """Hold a file against its hash.

    Raises:
        ModelError: it cannot be read, or differs.
    """
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read {file}: {error.strerror}") from None
    if digest != manifest["files"].get(file.name):
        raise ModelError(f"{file} is not the file that its manifest describes (hash differs); copy or train it again")


def save(
    folder: Path, taxonomy: Taxonomy, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]], beside: Sequence[str] = ()
) -> dict[str, Any]:
    """Write a model; the manifest, which is returned, gets the hashes of the arrays and of the files already there `beside`."""
    from ..schemas import validate
    from ..taxonomy import versions
    from ..taxonomy.source import dump

    folder.mkdir(parents=True, exist_ok=True)
    # Beside first, then renamed, the manifest last: an interruption leaves the old model, or one that is refused.
    part = folder / f".{ARRAYS}"
    np.savez_compressed(part, **arrays)  # type: ignore[arg-type]
    hashed = {ARRAYS: part, **{name: folder / name for name in beside}}
    manifest = {**manifest, "files": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in hashed.items()}}
    validate(manifest, "model")
    text = json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    (folder / f".{MANIFEST}").write_text(text, encoding="utf-8", newline="\n")
    if taxonomy.version not in versions():
        # A release of the user's own travels with the model, which is of no use without it.
        (folder / TAXONOMY).write_text(dump(taxonomy.document), encoding="utf-8", newline="\n")
    part.replace(folder / ARRAYS)
    (folder / f".{MANIFEST}").replace(folder / MANIFEST)
    return manifest


def save_base(folder: Path, manifest: dict[str, Any], source: Path) -> dict[str, Any]:
    """Put the linear model that another one stands on beside it, unless it comes with the package.

    Args:
        folder: of the model that stands on it.
        manifest: of the linear model.
        source: its folder.

    Returns:
        What the other model's manifest says of it.
    """
    if source != model_folder("fast"):
        shutil.copytree(source, folder / BASE, dirs_exist_ok=True)
    return {"name": manifest["name"], "version": manifest["version"], "sha256": manifest["files"][ARRAYS]}


def base_folder(folder: Path, manifest: dict[str, Any]) -> Path:
    """The folder of the linear model that a model stands on.

    Raises:
        ModelError: it is not there, or another one is.
    """
    own = folder / BASE
    found = own if own.is_dir() else model_folder("fast")
    wanted = manifest["base"]
    if read_manifest(found, check=own.is_dir())["files"].get(ARRAYS) != wanted["sha256"]:
        raise ModelError(
            f"the model in {folder} stands on {wanted['name']} {wanted['version']} ({wanted['sha256'][:8]}), which this techtags "
            "does not have; use the techtags that it was made with, or train it again"
        )
    return found


def read_manifest(folder: Path, *, check: bool) -> dict[str, Any]:
    """The manifest of a model, held against its schema with `check`.

    Raises:
        ModelError: there is none, or it is of another format.
    """
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


def taxonomy_for(manifest: dict[str, Any], taxonomy: Taxonomy | None, folder: Path) -> Taxonomy:
    """The release that a model was made for.

    Raises:
        ModelError: it is not at hand, or `taxonomy` is another one.
    """
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
