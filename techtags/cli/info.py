"""`techtags info`: which versions of everything are at work, and their hashes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ._options import MODEL


@click.command()
@MODEL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(model: Path | None, as_json: bool) -> None:
    """Show versions and hashes of package, taxonomy and model, for the methods section of a paper."""
    import platform

    from techtags import __version__
    from techtags.classifier import Model

    loaded = Model.load(model)
    made = loaded.manifest
    found = {
        "package": __version__,
        "python": platform.python_version(),
        "taxonomy": loaded.taxonomy.version,
        "taxonomy_released": loaded.taxonomy.released,
        "taxonomy_sha256": loaded.taxonomy.sha256,
        "tags": len(loaded.taxonomy),
        "collections": len(loaded.taxonomy.collections),
        "model": f"{made['name']} {made['version']}",
        "model_created": made["created"],
        "model_sha256": made["files"]["arrays.npz"],
        "trained_on": made["training"]["rows"],
        "training_data_sha256": made["training"]["data"],
    }
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for name, value in found.items():
        shown = ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else value
        click.echo(f"{name.replace('_', ' '):<22} {shown}")
