"""Taggers by their settings, loaded once a process; and what is said where a library is not installed."""

from __future__ import annotations

import hashlib
import importlib
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..classifier import Tagger

_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tagger is made from: a few words that can be sent to another process, which then loads the model itself.

    Attributes:
        model: ``fast`` (the default) or ``accurate``, which come with the package, or the folder of another one.
        profile, evidence: as in `Tagger`.
        scheme: id of the scheme that labels come from, or an SSSOM file.
        mapping: an SSSOM file of the user's own for labels.
    """

    model: str | None = None
    profile: str = "balanced"
    evidence: bool = True
    scheme: str | None = None
    mapping: str | None = None

    def tagger(self) -> Tagger:
        """The tagger; this process loads it when it is first asked for.

        Raises:
            ModelError, CrosswalkError, ValueError: a setting names what is not there.
        """
        with _LOADING:  # two threads that ask at once must not load it twice
            return _load(self, tuple(_stamp(path) for path in self._files()))

    def made_of(self) -> str:
        """What decides the results, in words: versions of taxonomy, model and package, and hashes of the user's own files."""
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in self._files()[1:] if path.is_file()]
        return "; ".join([str(self.tagger().versions), *hashes])

    def _files(self) -> list[Path]:
        """The files of the user's own that matter, the model's manifest first; some may be names of what comes with techtags."""
        return [Path(self.model or "") / "manifest.json", Path(self.scheme or ""), Path(self.mapping or "")]


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes when a file does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if path.is_file() else None


@lru_cache(maxsize=4)
def _load(settings: Settings, stamps: tuple[tuple[int, int] | None, ...]) -> Tagger:
    # A file that has changed since is read again: hence the stamps.
    from ..classifier import Tagger
    from ..taxonomy import Crosswalk

    mapping = Crosswalk.load(settings.mapping) if settings.mapping else None
    return Tagger.load(
        settings.model, profile=settings.profile, evidence=settings.evidence, scheme=settings.scheme, mapping=mapping
    )


def need(library: str, extra: str) -> Any:
    """The module `library`.

    Raises:
        ImportError: it is not installed; the message names the extra that brings it.
    """
    try:
        return importlib.import_module(library)
    except ImportError as error:
        wanted = (error.name or library).split(".")[0]
        raise ImportError(f'techtags.engines.{extra} needs {wanted}: pip install "techtags[{extra}]"', name=wanted) from None
