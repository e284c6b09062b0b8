"""Annotated rows: reading and checking them, and the rows that the taxonomy itself gives."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..taxonomy import Taxonomy


class Row(TypedDict):
    """One annotated text; `tags` has the primary one first, and is empty where there is no technology."""

    id: str
    text: str
    tags: list[str]
    lang: str
    source: str
    kind: str
    group: str
    label: str
    use: str


class DataError(ValueError):
    """Annotated data cannot be used; the message says which file and line."""


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def read_rows(path: Path, taxonomy: Taxonomy) -> list[Row]:
    """Read a JSONL file of annotated rows; only `text` and `tags` are required.

    Raises:
        DataError: the file cannot be read, a line is not such a row, or a tag is not of this taxonomy.
    """
    rows: list[Row] = []
    try:
        file = path.open(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    with file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    rows.append(_row(json.loads(line), path, number, taxonomy))
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}: not JSON: {error.msg}") from None
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not UTF-8 (near byte {error.start}); convert it first") from None
        except IsADirectoryError:
            raise DataError(f"{path} is a directory; give a JSONL file") from None
    if not rows:
        raise DataError(f"{path} holds no rows; each line must be a JSON object with text and tags")
    return rows


def _row(raw: Any, path: Path, number: int, taxonomy: Taxonomy) -> Row:
    where = f"{path}, line {number}"
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str) or not isinstance(raw.get("tags"), list):
        raise DataError(f"{where}: need an object with text (a string) and tags (a list of ids)")
    for tag in raw["tags"]:
        if tag not in taxonomy:
            raise DataError(f"{where}: {tag!r} is no tag of taxonomy {taxonomy.version}")
    lang = raw.get("lang") or language(raw["text"])
    return Row(
        id=str(raw.get("id", number)),
        text=raw["text"],
        tags=list(dict.fromkeys(raw["tags"])),
        lang=lang,
        source=str(raw.get("source") or "unknown"),
        kind=str(raw.get("kind") or "unknown"),
        group=str(raw.get("group") or ""),
        label=str(raw.get("label") or ""),
        use=str(raw.get("use") or "train"),
    )


def for_training(rows: Sequence[Row]) -> list[Row]:
    """The rows that a model may be trained on: not those whose `use` is ``measure`` (their licence forbids it)."""
    return [row for row in rows if row["use"] == "train"]


def language(text: str) -> str:
    """``zh`` if a fifth of the letters are Chinese characters, else ``en``."""
    han = sum("\u3400" <= c <= "\u9fff" for c in text)
    letters = sum(c.isalpha() for c in text)
    return "zh" if han * 5 >= max(letters, 1) else "en"


def written_rows(taxonomy: Taxonomy) -> list[Row]:
    """Rows made of the taxonomy's own words: the examples and the definition of each tag.

    They never stand in a test fold; their source is ``written``.
    """
    out = []
    for tag in taxonomy.active:
        for lang in ("en", "zh"):
            for i, text in enumerate((*tag.examples[lang], tag.definitions[lang])):
                out.append(
                    Row(
                        id=f"{tag.id}/{lang}/{i}", text=text, tags=[tag.id], lang=lang, source="written", kind="written",
                        group=f"tag:{tag.id}", label="", use="train",
                    )
                )  # fmt: skip
    return out


def targets(rows: Sequence[Row], taxonomy: Taxonomy, order: Sequence[str], *, closure: bool) -> NDArray[np.int64]:
    """(n_rows, n_tags) of 0 and 1; with `closure`, ancestors count as given too.

    int64, since scikit-learn 1.9 fits garbage on int8 label matrices.
    """
    position = {tag_id: i for i, tag_id in enumerate(order)}
    out = np.zeros((len(rows), len(order)), dtype=np.int64)
    for i, row in enumerate(rows):
        for tag in taxonomy.closure(row["tags"]) if closure else row["tags"]:
            if tag in position:
                out[i, position[tag]] = 1
    return out
