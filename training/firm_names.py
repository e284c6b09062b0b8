"""A firm's name alone must decide nothing: names of well-known firms in texts are replaced by "the company", and it is seen
whose tags change.

The names lie in `annotations/firm-names.tsv`: long and short forms in English and Chinese (none where Chinese texts write the
Latin name).  Forms that are mostly something else (`小米`, millet; `AMD`, an eye disease) are left out there, and so are names
beside words that make them something else (the Amazon basin).  A name right after a number is a unit (3 Tesla), and one after a
hyphen part of a term (Haber-Bosch).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .answers import tags_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..classifier import Model
    from .rows import Row

FILE = "firm-names.tsv"
REPLACEMENT = {"en": "the company", "zh": "该公司"}

_BEFORE = r"(?<![A-Za-z0-9\-–])(?<!\d\s)"
_FORMS = (
    r"(?:,? (?:Inc|Corp|Corporation|Incorporated|Ltd|Limited|LLC|PLC|plc|AG|SE|NV|N\.V|SA|S\.A|AB|ASA|Oyj|GmbH|KGaA|Co|Company|"
    r"Group|Holdings?|Technologies)\b(?:\.(?! [A-Z]|$))?)*"
)
_HAN_FORMS = (
    r"(?:[（(](?:中国|北京|上海|深圳|集团|控股)[）)])?(?:(?:科技|技术|实业|控股|集团|股份|有限|责任|投资|总){0,5}公司|集团|股份)?"
)


@dataclass(frozen=True, slots=True)
class Firm:
    """A well-known firm.

    Attributes:
        en, zh: its names, long and short; some are the same in both languages.
        unless: words that, right after a name, make it something else; right before it, if they end in ``~``.
    """

    en: tuple[str, ...]
    zh: tuple[str, ...]
    unless: tuple[str, ...]


@lru_cache(maxsize=1)
def firms() -> tuple[Firm, ...]:
    """The list."""
    lines = (files(__package__) / "annotations" / FILE).read_text(encoding="utf-8").splitlines()
    out = []
    for line in lines[1:]:
        en, zh, unless = line.split("\t")
        out.append(Firm(*(tuple(filter(None, map(str.strip, names.split("|")))) for names in (en, zh, unless))))
    return tuple(out)


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(name for firm in firms() for name in (*firm.en, *firm.zh))


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    latin, han = [], []
    for firm in firms():
        after = "".join(rf"(?!\W{{0,2}}{re.escape(word)})" for word in firm.unless if word[-1] != "~")
        before = "".join(rf"(?<!{re.escape(word[:-1])})" for word in firm.unless if word[-1] == "~")
        for name in {*firm.en, *firm.zh}:
            if re.search("[\u3400-\u9fff]", name):
                han.append((name, f"{before}{re.escape(name)}{after}"))
            else:
                latin.append((name, f"{re.escape(name)}(?![A-Za-z0-9]){after}"))

    def any_of(parts: list[tuple[str, str]]) -> str:
        # The longest name first, so that no part of it is left.
        return "|".join(pattern for _, pattern in sorted(parts, key=lambda part: (-len(part[0]), part[0])))

    return re.compile(rf"(?:\b[Tt]he )?{_BEFORE}(?:{any_of(latin)}){_FORMS}|(?<!\d)(?:{any_of(han)}){_HAN_FORMS}")


def without_names(text: str, lang: str) -> str:
    """`text` with the names of well-known firms replaced; `text` itself if it names none.

    Args:
        text: a description.
        lang: ``zh``, or any other for English.
    """
    if not any(name in text for name in _names()):  # far cheaper than the pattern
        return text
    by = REPLACEMENT["zh" if lang == "zh" else "en"]

    def replace(found: re.Match[str]) -> str:
        start = found.start()
        first = start == 0 or text[:start].rstrip().endswith((".", "!", "?", "\n"))
        return by[0].upper() + by[1:] if first else by

    return _pattern().sub(replace, text)


def firm_names(model: Model, rows: Sequence[Row], given: Sequence[Sequence[str]], profile: str = "balanced") -> dict[str, Any]:
    """Whose tags change when the names of well-known firms are taken out.

    Args:
        model: what is tried.
        rows: n rows.
        given: the tags that it gives them.
        profile: of the model.

    Returns:
        ``naming`` (how many rows name a firm, in all and by language), ``changed`` (by row id, of the rows whose set of tags
        changes: language, tags before and after), ``reordered`` (ids of rows that keep their tags but for the first) and
        ``share`` (of the rows that name a firm; None if there is none).
    """
    replaced = [without_names(row["text"], row["lang"]) for row in rows]
    naming = [i for i, row in enumerate(rows) if replaced[i] != row["text"]]
    after = tags_of(model, [replaced[i] for i in naming], profile)
    changed, reordered = {}, []
    for i, now in zip(naming, after, strict=True):
        if set(now) != set(given[i]):
            changed[rows[i]["id"]] = {"lang": rows[i]["lang"], "before": list(given[i]), "after": now}
        elif now[:1] != list(given[i])[:1]:
            reordered.append(rows[i]["id"])
    counts: dict[str, list[int]] = {}
    for i in naming:
        count = counts.setdefault(rows[i]["lang"], [0, 0])
        count[0] += rows[i]["id"] in changed
        count[1] += 1
    return {
        "naming": len(naming),
        "by_language": dict(sorted(counts.items())),
        "changed": changed,
        "reordered": reordered,
        "share": len(changed) / len(naming) if naming else None,
    }
