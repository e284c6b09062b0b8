"""Annotated rows: reading and checking them, and the rows that the taxonomy itself gives."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
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
        except DataError:
            raise
        except (ValueError, RecursionError):
            raise DataError(f"{path}, line {number}: too deep, or a number too long") from None
    if not rows:
        raise DataError(f"{path} holds no rows; each line must be a JSON object with text and tags")
    return rows


def _row(raw: Any, path: Path, number: int, taxonomy: Taxonomy) -> Row:
    where = f"{path}, line {number}"
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str) or not isinstance(raw.get("tags"), list):
        raise DataError(f"{where}: need an object with text (a string) and tags (a list of ids)")
    for tag in raw["tags"]:
        if not isinstance(tag, str) or tag not in taxonomy or taxonomy[tag].status != "active":
            raise DataError(f"{where}: {tag!r} is no active tag of taxonomy {taxonomy.version}")
    lang = str(raw.get("lang") or language(raw["text"]))
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


# How sources name a field as a whole; {} takes each name of a tag that has tags below it.
COARSE = {
    "en": ("{}", "A {} company", "{} fund", "Investment in {}"),
    "zh": ("{}", "{}企业", "{}产业基金", "{}行业"),
}


def written_rows(taxonomy: Taxonomy) -> list[Row]:
    """Rows made of the taxonomy's own words, and rows written by hand.

    Each tag gives its examples, its definition and its labels; a tag with tags below it also its names in the coarse phrases
    of `COARSE`, since real texts that say no more than the name of a field are short and rare among annotated rows.
    By hand: short texts without technology, and texts whose words mislead (what a firm does not do, has sold, or leaves to
    others), many in pairs of opposite meaning, whose halves share a `group`.  Figures and thresholds never count any of them;
    their source is ``written``.
    """
    out = []
    for tag in taxonomy.active:
        for lang in ("en", "zh"):
            texts = [*tag.examples[lang], tag.definitions[lang], tag.labels[lang]]
            if tag.children:
                marked = {m.alias for m in tag.ambiguous if m.lang == lang and tag.parent_id}
                names = [tag.labels[lang], *(a for a in tag.aliases[lang] if a not in marked)]
                texts += [phrase.format(name) for name in names for phrase in COARSE[lang]]
            out += [_written(f"{tag.id}/{lang}/{i}", text, [tag.id], lang) for i, text in enumerate(dict.fromkeys(texts))]
    none = json.loads((files(__package__) / "annotations" / "none.json").read_text(encoding="utf-8"))
    for lang in ("en", "zh"):
        out += [_written(f"none/{lang}/{i}", text, [], lang) for i, text in enumerate(none[lang])]
    return out + _misleading(taxonomy)


def _misleading(taxonomy: Taxonomy) -> list[Row]:
    """The rows of `annotations/written.tsv` whose tags the taxonomy has."""
    lines = (files(__package__) / "annotations" / "written.tsv").read_text(encoding="utf-8").splitlines()
    out = []
    for number, line in enumerate(lines[1:], start=2):
        lang, kind, pair, tags, text = line.split("\t")
        if all(t in taxonomy and taxonomy[t].status == "active" for t in tags.split()):
            out.append(_written(f"{kind}/{lang}/{number}", text, tags.split(), lang, pair))
    return out


def _written(row_id: str, text: str, tags: list[str], lang: str, group: str = "") -> Row:
    return Row(
        id=row_id, text=text, tags=tags, lang=lang, source="written", kind="written", group=group, label="", use="train"
    )  # fmt: skip


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
