"""What speaks for and against two names being one firm, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .names import FirmName

_PARTS = ("business", "generic", "rank", "numbers")
_CALLED = {"business": "line of business", "generic": "general words", "rank": "rank", "numbers": "number"}


def why(left: Sequence[FirmName], left_country: str, right: Sequence[FirmName], right_country: str) -> str:
    """How the closest names of two firms agree and differ, a few words for each part."""
    if not left or not right:
        return ""
    one, other = max(
        ((a, b) for a in left for b in right),
        key=lambda pair: (pair[0].stem == pair[1].stem, pair[0].business == pair[1].business),
    )
    said = [_stem(one, other)]
    for part in _PARTS:
        said.append(_part(_CALLED[part], " ".join(getattr(one, part)), " ".join(getattr(other, part))))
    said.append(_part("place", one.place, other.place))
    if one.place == other.place and one.style != other.style:
        said.append("place put otherwise")
    said.append(_part("branch", one.unit, other.unit))
    if one.form != other.form:
        said.append(_part("legal form", one.form, other.form))
    if left_country and right_country and left_country != right_country:
        said.append(f"countries differ ({left_country} / {right_country})")
    return "; ".join(filter(None, said))


def _stem(one: FirmName, other: FirmName) -> str:
    if one.stem == other.stem:
        return f"both are called {one.stem}"
    if one.solid == other.solid or one.stem_words == other.stem_words:
        return "same words, put otherwise"
    aliases = {alias.kind for name in (one, other) for alias in name.aliases}
    if aliases:
        return "by another name that stands in brackets or behind 'formerly'"
    return f"called {one.stem} / {other.stem}"


def _part(called: str, one: str, other: str) -> str:
    if one == other:
        return ""
    return f"{called} differs ({one} / {other})" if one and other else f"{called} in one only ({one or other})"
