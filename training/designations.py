"""The test of designations: what labels of real tables stand for, judged by readers, and how a matcher does on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .rows import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..classifier.labels import Designation, DesignationMatcher
    from ..taxonomy import Taxonomy

FILE = Path(__file__).parent / "annotations" / "designations.tsv"
COLUMNS = ("half", "source", "lang", "designation", "tags", "also")
HALVES = ("choose", "test")
NOT_FOUND = "not placed"


@dataclass(frozen=True, slots=True)
class Gold:
    """A designation and what it stands for.

    Attributes:
        half: ``choose`` (looked at while lists and thresholds are made) or ``test``.
        source: the data set that has it; no source is in both halves.
        lang: ``en`` or ``zh``.
        designation: verbatim.
        tags: the right answer; empty if it names no technology.
        also: other answers that are as right.
    """

    half: str
    source: str
    lang: str
    designation: str
    tags: frozenset[str]
    also: tuple[frozenset[str], ...] = ()

    @property
    def accepted(self) -> tuple[frozenset[str], ...]:
        """All right answers."""
        return (self.tags, *self.also)


@dataclass(frozen=True, slots=True)
class Judged:
    """A designation, what was given for it, and how good that is.

    Attributes:
        gold: what is right.
        given: what the matcher said.
        right: the set of tags is one that is accepted.
        finer: a tag was given that lies below an accepted one and is in no accepted answer.
        coarse: the domains of some accepted answer are all among those given; None for a designation without technology.
    """

    gold: Gold
    given: Designation
    right: bool
    finer: bool
    coarse: bool | None


def read_designations(path: Path, taxonomy: Taxonomy, half: str = "all") -> list[Gold]:
    """The designations of a file.

    Args:
        path: tab-separated, with the columns of `COLUMNS`; `tags` are ids joined by ``;``, and `also` other answers joined by
            `` | ``, ``none`` for no tag.  Quotation marks mean nothing.
        taxonomy: the release that the tags are of.
        half: ``choose``, ``test`` or ``all``.

    Raises:
        DataError: the file cannot be used; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    head, *lines = text.replace("\r\n", "\n").split("\n")
    header = head.split("\t")
    for needed in COLUMNS:
        if needed not in header:
            raise DataError(f"{path}, line 1: no column {needed}; needed are {', '.join(COLUMNS)}, divided by tabs")
    out = []
    for number, line in enumerate(lines, start=2):
        if line.strip():
            cells = line.split("\t")
            if len(cells) > len(header):
                raise DataError(f"{path}, line {number}: {len(cells)} cells under {len(header)} columns")
            row = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
            gold = _gold(row, taxonomy, f"{path}, line {number}")
            if half in ("all", gold.half):
                out.append(gold)
    if not out:
        raise DataError(f"{path} has no designations" + ("" if half == "all" else f" of the half {half!r}"))
    return out


def _gold(row: dict[str, str], taxonomy: Taxonomy, where: str) -> Gold:
    if row["half"] not in HALVES:
        raise DataError(f"{where}: half is {row['half']!r}; it must be {' or '.join(HALVES)}")
    if not row["designation"].strip():
        raise DataError(f"{where}: designation is empty")
    also = tuple(_answer(a, taxonomy, where) for a in row["also"].split("|") if a.strip())
    return Gold(row["half"], row["source"], row["lang"], row["designation"], _answer(row["tags"], taxonomy, where), also)


def _answer(written: str, taxonomy: Taxonomy, where: str) -> frozenset[str]:
    if written.strip() in ("", "none"):
        return frozenset()
    tags = frozenset(t.strip() for t in written.split(";") if t.strip())
    for tag in sorted(tags):
        if tag not in taxonomy:
            raise DataError(f"{where}: there is no tag {tag!r} in release {taxonomy.version}")
    return tags


def judge(gold: Sequence[Gold], matcher: DesignationMatcher, taxonomy: Taxonomy) -> list[Judged]:
    """What a matcher says of each designation, and how good it is."""
    given = matcher.match_all([g.designation for g in gold])
    return [_judged(g, d, taxonomy) for g, d in zip(gold, given, strict=True)]


def _judged(gold: Gold, given: Designation, taxonomy: Taxonomy) -> Judged:
    tags = frozenset(given.tags)
    some = frozenset().union(*gold.accepted)
    domains = {taxonomy[t].domain.id for t in tags}
    coarse = any({taxonomy[t].domain.id for t in answer} <= domains for answer in gold.accepted) if gold.tags else None
    finer = any(t not in some and some.intersection(taxonomy.ancestor_ids(t)) for t in tags)
    return Judged(gold, given, tags in gold.accepted, finer, coarse)


def figures(judged: Iterable[Judged]) -> dict[str, Any]:
    """How good the answers are.

    Returns:
        ``designations`` (how many), ``distinct`` (how many strings), ``right`` and ``finer`` (shares of all), and
        ``coarse_recall`` (of those whose gold has tags); a share of nothing is NaN.
    """
    all_of = list(judged)
    tagged = [j.coarse for j in all_of if j.coarse is not None]
    nan = float("nan")
    return {
        "designations": len(all_of),
        "distinct": len({j.gold.designation for j in all_of}),
        "right": sum(j.right for j in all_of) / len(all_of) if all_of else nan,
        "finer": sum(j.finer for j in all_of) / len(all_of) if all_of else nan,
        "coarse_recall": sum(tagged) / len(tagged) if tagged else nan,
    }


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """`figures` of all, and by half, language, source and way of finding."""
    keys = {
        "by_half": [j.gold.half for j in judged],
        "by_language": [j.gold.lang for j in judged],
        "by_source": [j.gold.source for j in judged],
        "by_way": [j.given.found or NOT_FOUND for j in judged],
    }
    out: dict[str, Any] = {"all": figures(judged)}
    for key, values in keys.items():
        order = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
        out[key] = {name: figures(j for j, v in zip(judged, values, strict=True) if v == name) for name, _ in order}
    return out
