"""Which column of a table holds the descriptions, by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from techtags.classifier.text import fold_text

if TYPE_CHECKING:
    from collections.abc import Sequence

# Best first.  A column called so, or whose name holds one of these as words, is taken for the text.
NAMES = (
    "description", "long description", "full description", "company description", "business description",
    "project description", "short description", "abstract", "project abstract", "summary", "text", "business scope",
    "main business", "overview", "about", "profile", "content", "details", "objective",
    "简介", "公司简介", "企业简介", "项目简介", "产品简介", "描述", "公司描述", "项目描述",
    "摘要", "中文摘要", "经营范围", "主营业务", "主营业务范围",
    "业务范围", "内容", "正文", "介绍", "公司介绍", "项目介绍",
    "说明", "概述", "研究内容", "项目内容",
)  # fmt: skip
# Taken only where no column is called anything above: a title beside an abstract says less.
TITLES = ("tagline", "title", "标题", "题目", "项目名称")
_NOISE = re.compile(r"[\s_\-.:：()（）\[\]]+")
# Columns that say something of a text, or only point to it.
_ABOUT_TEXT = re.compile(
    r"\b(url|link|id|ids|type|language|lang|date|length|count|source|code)\b|编号|链接|网址|类型|日期|语言|来源|字数"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def guess_text_column(header: Sequence[str]) -> int | None:
    """The position of the likeliest column, or None.

    A column with exactly one of the `NAMES` wins, by their order; then one whose name ends with, begins with or holds one.
    Case, width and traditional characters do not matter.
    """
    plain = [_NOISE.sub(" ", fold_text(_CAMEL.sub(" ", name.strip("\ufeff ")))).strip() for name in header]
    for names in (NAMES, TITLES):
        for wanted in names:
            if wanted in plain:
                return plain.index(wanted)
        for wanted in names:
            for at, name in enumerate(plain):
                if _holds(name, wanted) and not _ABOUT_TEXT.search(name):
                    return at
    return None


def _holds(name: str, wanted: str) -> bool:
    if wanted.isascii():
        return f" {wanted} " in f" {name} "
    return name.endswith(wanted) or name.startswith(wanted)
