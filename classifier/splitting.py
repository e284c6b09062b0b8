"""A cell of a label column to the designations in it: lists, alternatives, and the words that add nothing."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from functools import lru_cache

from .text import fold_text

MOST_PARTS = 100  # of one cell: what comes after is not a label
LONGEST_LABEL = 2000  # characters of a cell that are looked at

# Between labels of a list.  A slash, an ampersand or "and" may stand inside one name, so they are tried only when the whole is
# not known.  A comma does both, and counts as a list.
_LIST = re.compile(r"[;；|｜\n\r\t、]+|[,，]\s*|\s+[-–—•·]\s+|[•·]+")
_FIRM_LIST = re.compile(r"[;；|｜\n\r\t]+")
_PATH = re.compile(r"\s*(?:>|»|→|::|--+)\s*")
_EITHER = re.compile(r"\s*[/／\\+＋&＆]\s*|\s+and\s+|\s+or\s+|(?:以及|[和与及或])(?!(?:工程|技术|应用|服务)$)", re.IGNORECASE)
_BRACKETS = re.compile(r"[(（\[【〔](.*?)[)）\]】〕]")
_ASIDE = re.compile(r"\s*(?:incl|excl|except|e\.g|eg\b|such as|not\b|without|含|不含|除|包括|如)", re.IGNORECASE)
_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?=\W|$)")
_SPACE = re.compile(r"\s+")
_BETWEEN_HAN = re.compile("(?<=[\u3400-\u9fff])\\s+(?=[\u3400-\u9fff])")
_EDGES = " \t\r\n.,;:!?·•*#\"'`“”‘’«»()（）[]【】<>-–—_/\\|&+，。、；："
_NUMBERING = re.compile(r"^(?:[（(]?\d{1,2}(?:\.\d{1,2}){0,2}[)）.、:](?!\d)\s*|[（(]?[一二三四五六七八九十]{1,2}[)）、.]\s*)")

# Words at the end of a designation that add nothing, and such as may: real estate is no technology, real estate tech is one.
_FILLERS = re.compile(
    r"(?:[\s&,/-]+|^)(?:(?:and\s+)?(?:related|others?|other\s+\w+|general|misc(?:ellaneous)?|etc\.?|allied)(?:\s+(?:industr(?:y|ies)|"
    r"services?|products?|activities|technolog(?:y|ies)|fields?))?|industr(?:y|ies)|sectors?|compan(?:y|ies)|startups?|markets?|"
    r"business(?:es)?|vertical|space|investments?|fund)$",
    re.IGNORECASE,
)
_TAILS = re.compile(
    r"[\s&,/-]+(?:sciences?\s+and\s+(?:engineering|technolog(?:y|ies))|technolog(?:y|ies)|tech|solutions?|systems?|products?|"
    r"applications?|services?|research|engineering|sciences?|r&d|development|hardware|manufactur(?:ing|ers?)|makers?|equipment|providers?|platforms?|software|tools?)$",
    re.IGNORECASE,
)
_HEADS = re.compile(r"^(?:other|general|misc(?:ellaneous)?|emerging|advanced|next[- ]generation|new|the)\s+", re.IGNORECASE)
_HAN_FILLERS = re.compile(
    r"(?:概念股|概念|板块|赛道|行业|产业链|产业集群|产业|领域|方向|类企业|类项目|企业|公司|项目|等相关|及相关|相关|及其他|其他|等|类)$"
)
_HAN_TAILS = re.compile(
    r"(?:科学与工程|科学与技术|技术与工程|工程与技术|技术与应用|技术及应用|关键技术|核心技术|技术|制造业|设备制造|装备制造|制造|服务业|"
    r"服务|研发|工程|应用|业)$"
)
_HAN_HEADS = re.compile(r"^(?:其他|其它|新型|新一代|先进|现代|高端|战略性新兴产业[：:—-]?)")


def plain(text: str) -> str:
    """The form in which designations are compared.

    Full width becomes half width, traditional characters simplified ones, capitals small; dots go from acronyms (A.I.), spaces
    from between Chinese characters, punctuation and numbering from the ends; an ampersand is "and".
    """
    return _plain(text[:LONGEST_LABEL])


@lru_cache(maxsize=65536)
def _plain(text: str) -> str:
    # What is left after one pass may begin with a number or end in a stop again ("1) 2. Energy").
    for _ in range(LONGEST_LABEL):
        form = _pass(text)
        if form == text:
            break
        text = form
    return text


def _pass(text: str) -> str:
    # NFKC first: it may make several characters of one, which folding never does.
    text = fold_text(unicodedata.normalize("NFKC", text)).casefold()
    text = _ACRONYM.sub(lambda m: m[0].replace(".", ""), text)
    text = text.replace("_", " ").replace("’", "'")
    text = _BETWEEN_HAN.sub("", _SPACE.sub(" ", text))
    text = _NUMBERING.sub("", text.strip(_EDGES)).strip(_EDGES)
    return re.sub(r"\s*&\s*", " and ", text)


def labels_of(cell: str) -> list[str]:
    """The labels in a cell: the strings of a Python or JSON list, or the cell itself."""
    cell = cell.strip()[:LONGEST_LABEL]
    if cell and cell[0] in "[{" and cell[-1] in "]}":
        # Exports write lists as they print them: ['H01L'], {'id': 2, 'name': 'Solar'}; {'id': 4, 'name': 'Sensors'}
        for written in (cell, "[" + re.sub(r"\}\s*;\s*\{", "}, {", cell) + "]"):
            for read in (json.loads, ast.literal_eval):
                try:
                    return _strings(read(written)) or [cell]
                except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                    continue
    return [cell] if cell else []


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if isinstance(value, dict):
        named = [value[k] for k in ("name", "label", "title", "value") if isinstance(value.get(k), str)]
        return _strings(named[0]) if named else [s for v in value.values() for s in _strings(v)]
    if isinstance(value, (list, tuple, set)):
        return [s for v in value for s in _strings(v)][:MOST_PARTS]
    return []


def firm_list(label: str) -> list[str]:
    """The parts that only a list's separators divide: semicolons, bars, ends of lines."""
    return [p for p in (q.strip() for q in _FIRM_LIST.split(label)) if p][:MOST_PARTS]


def listed(label: str) -> list[str]:
    """The parts of a list with any separator; the label alone where Chinese words are cut short (``农、林、牧、渔业``)."""
    parts = [p for p in (q.strip() for q in _LIST.split(label)) if p][:MOST_PARTS]
    return [label.strip()] if any(len(p) == 1 and "\u3400" <= p <= "\u9fff" for p in parts) else parts


def steps(label: str) -> list[str]:
    """The steps of a path such as ``Industrials > Robotics``, coarsest first."""
    return [p for p in (q.strip() for q in _PATH.split(label)) if p][:MOST_PARTS]


def either(label: str) -> list[str]:
    """The parts that a slash, an ampersand or a conjunction joins; the label alone if there is none."""
    return [p for p in (q.strip() for q in _EITHER.split(label)) if p][:MOST_PARTS]


def variants(form: str, *, loose: bool = True) -> list[str]:
    """A normal form with less around it, in the order in which they are to be tried.

    Args:
        form: as `plain` gives it.
        loose: whether words are left out that may change what is named ("tech", "services", "new").

    Returns:
        The form itself, without brackets, what stands in them, and each without words at the ends.
    """
    out = [form]
    outside = _SPACE.sub(" ", _BRACKETS.sub(" ", form)).strip(_EDGES)
    if outside != form:
        out += [outside, *(m.strip(_EDGES) for m in _BRACKETS.findall(form) if not _ASIDE.match(m))]
    tails = (_HAN_FILLERS, _FILLERS, _HAN_TAILS, _TAILS) if loose else (_HAN_FILLERS, _FILLERS)
    for start in list(out):
        now = start
        for _ in range(4):
            shorter = next((cut for cut in (t.sub("", now).strip(_EDGES) for t in tails) if cut != now), now)
            if shorter == now or len(shorter) < 2:
                break
            out.append(shorter)
            now = shorter
        for head in (_HEADS, _HAN_HEADS) if loose else ():
            cut = head.sub("", now).strip(_EDGES)
            if cut != now and len(cut) >= 2:
                out.append(cut)
    singular = [re.sub(r"(?<=[a-z]{3})(?<!s)s$", "", v) for v in out]
    return list(dict.fromkeys(v for v in (*out, *singular) if v))
