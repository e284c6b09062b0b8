"""The contrast set: cases whose words mislead, and which of them a model passes (see tests/contrast/README.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .rows import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..taxonomy import Taxonomy

Case = dict[str, Any]


def read_cases(path: Path, taxonomy: Taxonomy) -> list[Case]:
    """Read a JSONL file of cases: id, kind, lang, text, must, must_not and none.

    Raises:
        DataError: the file cannot be read, a line is no case, or a tag is not of this taxonomy.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (near byte {error.start}); convert it first") from None
    cases = [_case(line, f"{path}, line {number}", taxonomy) for number, line in enumerate(lines, start=1) if line.strip()]
    if not cases:
        raise DataError(f"{path} holds no cases")
    return cases


def _case(line: str, where: str, taxonomy: Taxonomy) -> Case:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON: {error}") from None
    if not isinstance(raw, dict) or not all(isinstance(raw.get(key), str) for key in ("id", "kind", "lang", "text")):
        raise DataError(f"{where}: need an object with id, kind, lang and text")
    case = {"must": [], "must_not": [], "none": False, **raw}
    for key in ("must", "must_not"):
        if not isinstance(case[key], list):
            raise DataError(f"{where}: {key} must be a list of ids")
        for tag in case[key]:
            if not isinstance(tag, str) or tag not in taxonomy:
                raise DataError(f"{where}: {tag!r} is no tag of taxonomy {taxonomy.version}")
    if not (case["must"] or case["must_not"] or case["none"]):
        raise DataError(f"{where}: a case must ask for something (must, must_not or none)")
    return case


def passes(case: Mapping[str, Any], given: Sequence[str], taxonomy: Taxonomy) -> bool:
    """Whether the tags given satisfy a case."""
    closure = taxonomy.closure(given)
    if case.get("none"):
        return not given
    return all(tag in closure for tag in case.get("must", ())) and not any(tag in closure for tag in case.get("must_not", ()))


def asks(case: Mapping[str, Any]) -> str:
    """What a case asks for.  Whoever says nothing passes all that ask for none, so they are counted apart."""
    return "asks for none" if case.get("none") else "asks for a tag" if case.get("must") else "forbids a tag"


def judge(cases: Sequence[Case], given: Sequence[Sequence[str]], taxonomy: Taxonomy) -> dict[str, Any]:
    """How many cases pass.

    Args:
        cases: what `read_cases` returned.
        given: the tags of each.
        taxonomy: of the tags.

    Returns:
        ``groups`` (``all``, and by language, by what is asked for, and by kind: [passed, cases]), and ``failing``: ids by kind.
    """
    good = [passes(case, tags, taxonomy) for case, tags in zip(cases, given, strict=True)]
    groups: dict[str, dict[str, list[int]]] = {"all": {}, "language": {}, "asks": {}, "kind": {}}
    failing: dict[str, list[str]] = {}
    for case, ok in zip(cases, good, strict=True):
        for name, key in (("all", "all"), ("language", case["lang"]), ("asks", asks(case)), ("kind", case["kind"])):
            count = groups[name].setdefault(key, [0, 0])
            count[0] += ok
            count[1] += 1
        if not ok:
            failing.setdefault(case["kind"], []).append(case["id"])
    return {"groups": groups, "failing": {kind: sorted(ids) for kind, ids in sorted(failing.items())}}
