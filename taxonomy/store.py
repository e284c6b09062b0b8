"""Finding and reading releases: the files under `taxonomy/releases/`, or a user's own."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .model import Taxonomy, TaxonomyError

if TYPE_CHECKING:
    from os import PathLike

_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")


def version_key(version: str) -> tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]:
    """Sorts versions by precedence; a pre-release stands before its release."""
    core, _, pre = version.partition("-")
    major, minor, patch = (int(part) for part in core.split("."))
    # SemVer 11: numeric identifiers compare as numbers and stand before words; a longer pre-release stands later.
    identifiers = tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in pre.split(".")) if pre else ()
    return major, minor, patch, not pre, identifiers


def releases_dir() -> Path:
    """Where the package keeps its releases."""
    return Path(str(files(__package__))) / "releases"


def versions() -> list[str]:
    """Versions of the releases that the package carries, oldest first."""
    return sorted((p.stem for p in releases_dir().glob("*.json") if _VERSION.fullmatch(p.stem)), key=version_key)


def read_json(path: Path, what: str) -> tuple[Any, bytes]:
    """A JSON file's content and its bytes.

    Raises:
        TaxonomyError: it cannot be read or is not JSON; the message names the file, and line and column of the fault.
    """
    try:
        raw = path.read_bytes()
        return json.loads(raw.decode("utf-8")), raw
    except IsADirectoryError:
        raise TaxonomyError(f"{path} is a directory; give a {what} file") from None
    except OSError as error:
        raise TaxonomyError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TaxonomyError(f"{path} is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise TaxonomyError(f"{path} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise TaxonomyError(f"{path} is no {what}: it is nested too deeply, or holds a number too long") from None


def load(version: str | PathLike[str] | None = None) -> Taxonomy:
    """See `Taxonomy.load`."""
    if version is None:
        return _packaged(versions()[-1])
    if isinstance(version, str) and _VERSION.fullmatch(version):
        if version not in versions():
            raise TaxonomyError(f"there is no release {version}; there are {', '.join(versions())}")
        return _packaged(version)
    path = Path(version)
    if isinstance(version, str) and not path.exists():
        raise TaxonomyError(f"{version!r} is neither a release ({', '.join(versions())}) nor a file")
    document, _ = read_json(path, "release")
    from ..schemas import SchemaProblem, validate
    from .source import dump

    try:
        validate(document, "release")
    except SchemaProblem as error:
        raise TaxonomyError(f"{path} is {error}") from None
    from .checks import check_release

    found = check_release(document)
    if found:
        raise TaxonomyError(f"{path} breaks the rules of the standard: {found[0]}")
    # The hash is that of the form in which releases are written, however this file is spaced.
    return Taxonomy(document, hashlib.sha256(dump(document).encode()).hexdigest())


@lru_cache(maxsize=4)
def _packaged(version: str) -> Taxonomy:
    # The package's own releases are held by hash in the tests and need no validation at run time.
    document, raw = read_json(releases_dir() / f"{version}.json", "release")
    return Taxonomy(document, hashlib.sha256(raw).hexdigest())
