"""A folder of tables in, a folder of the same layout out."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from techtags.tables import TableError
from techtags.tables.formats import PACKED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def each_into(given: str, paths: Sequence[Path], output: str, form: str | None) -> Iterator[tuple[Path, Path]]:
    """Each input and where to write what is made of it; all take their places only when the last one is done.

    Args:
        given: the folder or pattern that the inputs were found by.
        paths: the inputs.
        output: the folder, which need not be there.
        form: the format of the outputs, if another than that of the inputs.

    Raises:
        TableError: two inputs would have the same output, or the place cannot be written to.
    """
    base = Path(given) if Path(given).is_dir() else _fixed(given)
    places: dict[Path, Path] = {}
    for path in paths:
        place = _renamed(path.relative_to(base), form)
        if place in places:
            raise TableError(f"{places[place]} and {path} would both become {place}; rename one")
        places[place] = path
    folder = Path(output).resolve()
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    except OSError as error:
        raise TableError(f"cannot write to {folder.parent}: {error.strerror}") from None
    try:
        for place, path in places.items():
            (temporary / place).parent.mkdir(parents=True, exist_ok=True)
            yield path, temporary / place
        for place in places:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (temporary / place).replace(folder / place)
    except OSError as error:
        raise TableError(f"cannot write {error.filename or output}: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(temporary)


def _fixed(pattern: str) -> Path:
    """The folders of a pattern before its first wildcard."""
    parts = Path(pattern).parts
    first = next(i for i, part in enumerate(parts) if re.search(r"[*?\[]", part))
    return Path(*parts[:first])


def _renamed(path: Path, form: str | None) -> Path:
    """The name of an output in `form`; that of the input, if it has the format already."""
    if form is None:
        return path
    plain = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return path if plain.suffix.lower() == f".{form}" else plain.with_suffix(f".{form}")
