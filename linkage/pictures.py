"""Pictures of trends and comparisons, with matplotlib: lines with bands, heat maps, bars, and two sides compared.

Colours are those of Okabe and Ito (2008), told apart in all common forms of colour blindness, with dashes and markers beside them
for print without colour; heat maps are in cividis.  Text is drawn as outlines, so that Chinese shows wherever an SVG is opened.
The same table gives the same bytes.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..taxonomy import is_chinese
from .compare import FINDINGS, in_words
from .errors import LinkError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, GRID = "#222222", "#6b6b6b", "#d4d4d4"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#222222")
_DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MOST_LINES, MOST_ROWS, MOST_PAIRS = 7, 40, 30
# The first that is installed; the names are those by which font files know themselves.
FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "Noto Sans CJK JP", "Noto Sans CJK TC",
    "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti SC", "Heiti TC", "STHeiti", "Microsoft YaHei", "SimHei", "DengXian",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Sarasa Gothic SC", "LXGW WenKai", "Droid Sans Fallback", "Arial Unicode MS",
    "Noto Serif CJK SC", "Noto Serif CJK JP", "Source Han Serif SC", "SimSun", "Songti SC", "AR PL UMing CN",
)  # fmt: skip


@cache
def chinese_font() -> str | None:
    """The family of an installed font that holds Chinese, or None."""
    import contextlib

    from matplotlib import font_manager

    def found() -> str | None:
        installed = {f.name for f in font_manager.fontManager.ttflist}
        return next((f for f in FONTS if f in installed), None)

    if not found():
        # matplotlib keeps a list of fonts from the day that it was first used; what was installed since is not in it.
        known = {f.fname for f in font_manager.fontManager.ttflist}
        for path in font_manager.findSystemFonts():
            if path not in known:
                with contextlib.suppress(Exception):  # a font file that cannot be read is not one for us
                    font_manager.fontManager.addfont(path)
    return found()


def font_warning(texts: Iterable[str]) -> str:
    """What to say where Chinese would be drawn as boxes; empty if all is well."""
    if chinese_font() or not any(map(is_chinese, texts)):
        return ""
    return "no font for Chinese is installed, so Chinese names show as boxes: install Noto Sans CJK (apt install fonts-noto-cjk)"


def _settings() -> Any:
    font = chinese_font()
    return {
        "svg.hashsalt": "techtags", "svg.fonttype": "path", "font.family": ["DejaVu Sans", *([font] if font else [])],
        "font.size": 9, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FAINT, "xtick.color": INK,
        "ytick.color": INK, "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.6, "axes.axisbelow": True,
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlesize": 10, "axes.titlelocation": "left", "figure.titlesize": 11, "hatch.linewidth": 0.5, "hatch.color": FAINT,
    }  # fmt: skip


def draw(table: pa.Table, *, style: str = "lines", lang: str = "en", title: str = "") -> Figure:
    """A picture of what `trends.counts` gave.

    Args:
        table: by year, or one other dimension, or both.
        style: ``lines`` or ``heatmap``; without years it is bars.
        lang: of names: ``en``, ``zh`` or ``both``.
        title: above the picture.

    Raises:
        LinkError: the table has no such picture.
    """
    import matplotlib

    names = [d for d in ("tag", "country", "firm", "table", "kind") if d in table.column_names]
    if len(names) > 1 or (not names and "year" not in table.column_names):
        raise LinkError(
            "a picture shows one thing by year: count by tag,year, or by one of tag, country, firm, table, kind or year"
        )
    if not table.num_rows:
        raise LinkError("nothing to draw: no record fits")
    rows = table.to_pylist()
    name = names[0] if names else None
    dated = "year" in table.column_names
    if dated:
        rows = [r for r in rows if r["year"] is not None]
        if not rows:
            raise LinkError("nothing to draw by year: no record has a year")
    if style == "heatmap" and not (dated and name):
        raise LinkError("a heat map needs years: count by tag,year")
    with matplotlib.rc_context(_settings()):
        if not dated and name:
            return _bars(rows, name, lang, title)
        return _heat(rows, str(name), lang, title) if style == "heatmap" else _lines(rows, name, lang, title)


def save(figure: Figure, name: str) -> bytes:
    """The picture in the format that the ending of `name` says, ``.png`` or ``.svg``."""
    import matplotlib

    form = PurePath(name).suffix.lower()[1:]
    out = io.BytesIO()
    with matplotlib.rc_context(_settings()):
        meta = {"Date": None} if form == "svg" else {}
        figure.savefig(out, format=form, dpi=200, metadata=meta, facecolor="white", bbox_inches="tight", pad_inches=0.12)
    return out.getvalue()


def inline(figure: Figure, key: str, alt: str) -> str:
    """The picture as an SVG element for a page whose style sheet sets --ink, --faint, --grid and --c1 to --c6.

    Args:
        figure: what to write.
        key: put before every id, so that pictures on one page do not share ids.
        alt: what it shows, for those who cannot see it.
    """
    import html

    import matplotlib

    out = io.BytesIO()
    with matplotlib.rc_context(_settings()):
        figure.savefig(out, format="svg", metadata={"Date": None}, transparent=True, bbox_inches="tight", pad_inches=0.05)
    text = out.getvalue().decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{key}-', text)
    text = re.sub(r'href="#', f'href="#{key}-', text).replace("url(#", f"url(#{key}-")
    for colour, variable in [
        (INK, "ink"),
        (FAINT, "faint"),
        (GRID, "grid"),
        *((c, f"c{i}") for i, c in enumerate(COLOURS[:-1], 1)),
    ]:
        text = text.replace(colour, f"var(--{variable})")
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    assert size is not None
    head = (
        f'<svg role="img" aria-label="{html.escape(alt, quote=True)}" viewBox="{size[0][9:-1]}" style="width:100%;height:auto" '
    )
    head += 'xmlns:xlink="http://www.w3.org/1999/xlink">'
    return head + text[text.index(">") + 1 :].strip()


def label(row: dict[str, Any], name: str, lang: str) -> str:
    """How a row is called in a picture or a table."""
    if name != "tag":
        value = row[name]
        return "not known" if value is None else str(value)
    names = {"en": row["label_en"], "zh": row["label_zh"], "both": f"{row['label_en']} {row['label_zh']}"}[lang]
    return f"{names}{'（未细分）' if lang == 'zh' else ' (no finer)'}" if row.get("no_finer") else names


def _value(rows: Sequence[dict[str, Any]]) -> tuple[str, str, str]:
    """The columns to draw (as tagged; the head of the others), and what they are called."""
    if "amount" not in rows[0]:
        kind = "records, each with weight 1 shared among its tags" if rows[0]["counting"] == "fractional" else "records"
        return "count", "", kind
    weight = ", shared among each record's tags" if rows[0]["counting"] == "fractional" else ""
    return "amount", "amount_", f"amount in {rows[0]['currency'] or 'units of the tables'}{weight}"


def _largest(rows: Sequence[dict[str, Any]], name: str, value: str, most: int) -> tuple[list[Any], int]:
    """The keys with the largest sums, largest first, and how many there are."""
    sums: dict[Any, float] = {}
    for r in rows:
        sums[r[name]] = sums.get(r[name], 0.0) + (r[value] or 0.0)
    order = sorted(sums, key=lambda k: (-sums[k], str(k)))
    return order[:most], len(order)


def _lines(rows: list[dict[str, Any]], name: str | None, lang: str, title: str) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    value, head, called = _value(rows)
    keys, of = _largest(rows, name, value, MOST_LINES) if name else ([None], 1)
    figure = Figure(figsize=(8.6, 4.8), layout="constrained")
    axes = figure.subplots()
    ends = []
    for i, key in enumerate(keys):
        mine = sorted((r for r in rows if name is None or r[name] == key), key=lambda r: r["year"])
        years = [r["year"] for r in mine]
        colour = COLOURS[i]
        axes.fill_between(
            years, [r[f"{head}low"] for r in mine], [r[f"{head}high"] for r in mine], color=colour, alpha=0.16, linewidth=0
        )
        expected = [r[f"{head}expected"] for r in mine]
        axes.plot(years, expected, color=colour, linestyle=_DASHES[i], marker=_MARKERS[i], markersize=3.5, linewidth=1.6)
        axes.plot(years, [r[value] for r in mine], color=colour, linestyle=":", linewidth=0.8, alpha=0.8)
        if name:
            ends.append((years[-1], expected[-1], label(mine[0], name, lang), colour))
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]) if value == "amount" else 0)
    axes.set_ylabel(called)
    axes.yaxis.set_major_formatter(_short)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if value == "count":
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.margins(x=0.02)
    _end_labels(axes, ends)
    _heads(figure, axes, title, f"the {len(keys)} largest of {of}" if of > len(keys) else "",
           "Line: expected, by the tags' probabilities; band: its 95% interval; dots: as tagged.")  # fmt: skip
    return figure


def _end_labels(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Names at the right end of lines, moved apart so that none lies over another."""
    if not ends:
        return
    bottom, top = axes.get_ylim()
    gap = 0.058
    at = sorted(((y - bottom) / (top - bottom), x, y, text, colour) for x, y, text, colour in ends)
    places = [min(max(a[0], 0.0), 1.0) for a in at]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    if places[-1] > 1:
        places[-1] = 1.0
        for i in range(len(places) - 2, -1, -1):
            places[i] = min(places[i], places[i + 1] - gap)
    for place, (_, x, y, text, colour) in zip(places, at, strict=True):
        line = {"arrowstyle": "-", "color": colour, "linewidth": 1.0, "shrinkA": 1, "shrinkB": 3, "relpos": (0, 0.5)}
        axes.annotate(
            shortened(text, 34), xy=(x, y), xycoords="data", xytext=(1.03, place), textcoords="axes fraction", va="center",
            color=INK, annotation_clip=False, arrowprops=line,
        )  # fmt: skip


def _heat(rows: list[dict[str, Any]], name: str, lang: str, title: str) -> Figure:
    import numpy as np
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    value, head, _ = _value(rows)
    keys, of = _largest(rows, name, value, MOST_ROWS)
    first, last = min(r["year"] for r in rows), max(r["year"] for r in rows)
    grid = np.full((len(keys), last - first + 1), np.nan)
    names: dict[Any, str] = {}
    for r in rows:
        names.setdefault(r[name], label(r, name, lang))
        if r[name] in keys and r[f"{head}share"] is not None:
            grid[keys.index(r[name]), r["year"] - first] = 100 * r[f"{head}share"]
    figure = Figure(figsize=(8.6, 1.6 + 0.24 * len(keys)), layout="constrained")
    axes = figure.subplots()
    axes.grid(False)
    most = float(np.nanmax(grid)) if not np.isnan(grid).all() else 1.0
    edges = np.arange(first - 0.5, last + 1), np.arange(len(keys) + 1) - 0.5
    axes.set_facecolor("none")
    axes.patch.set_hatch("////")
    mesh = axes.pcolormesh(*edges, np.ma.masked_invalid(grid), cmap="cividis", norm=PowerNorm(0.5, 0, most or 1.0), linewidth=0)
    axes.set_yticks(range(len(keys)), [shortened(names[k], 44) for k in keys])
    axes.invert_yaxis()
    step = max(1, (last - first + 1) // 12 + ((last - first + 1) % 12 > 0))
    axes.set_xticks(range(first, last + 1, step))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(mesh, ax=axes, fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label("% of the amount of the year's tagged records" if head else "% of the year's tagged records")
    _heads(figure, axes, title, f"the {len(keys)} largest of {of}" if of > len(keys) else "",
           "Hatched: a year without tagged records." if np.isnan(grid).any() else "")  # fmt: skip
    return figure


def _bars(rows: list[dict[str, Any]], name: str, lang: str, title: str) -> Figure:
    from matplotlib.figure import Figure

    value, head, called = _value(rows)
    keys, of = _largest(rows, name, value, MOST_ROWS)
    mine = {r[name]: r for r in rows}
    figure = Figure(figsize=(8.6, 1.5 + 0.24 * len(keys)), layout="constrained")
    axes = figure.subplots()
    for y, key in enumerate(keys):
        r = mine[key]
        expected, low, high = (r[f"{head}{n}"] for n in ("expected", "low", "high"))
        axes.barh(y, expected, height=0.62, color=COLOURS[4])
        axes.plot([low, high], [y, y], color=INK, linewidth=1.2)
        axes.plot([r[value]], [y], marker="|", markersize=8, color=COLOURS[1], linestyle="none")
    axes.set_yticks(range(len(keys)), [shortened(label(mine[k], name, lang), 44) for k in keys])
    axes.invert_yaxis()
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(called)
    axes.xaxis.set_major_formatter(_short)
    _heads(figure, axes, title, f"the {len(keys)} largest of {of}" if of > len(keys) else "",
           "Bar: expected, by the tags' probabilities; line: its 95% interval; orange mark: as tagged.")  # fmt: skip
    return figure


def draw_comparison(
    table: pa.Table, name_a: str, name_b: str, verbs: tuple[str, str], *, lang: str = "en", title: str = ""
) -> Figure:
    """A picture of what `compare.compare` gave: the shares of each tag on both sides, and their ratio.

    Raises:
        LinkError: there is no tag of which anything can be said.
    """
    import matplotlib

    rows = [r for r in table.to_pylist() if r["finding"] != "too_few"]
    if not rows:
        raise LinkError("nothing to draw: there are too few records to say anything of any tag")
    with matplotlib.rc_context(_settings()):
        return _sides(rows, table.num_rows, name_a, name_b, verbs, lang, title)


def _sides(
    rows: list[dict[str, Any]], of: int, name_a: str, name_b: str, verbs: tuple[str, str], lang: str, title: str
) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def sure(r: dict[str, Any]) -> float:
        """How far the interval of the ratio is from none."""
        return float(max(r["log2_ratio_low"], -r["log2_ratio_high"]))

    few = of - len(rows)
    kept = sorted(rows, key=sure, reverse=True)[:MOST_PAIRS]
    kept.sort(key=lambda r: (r["log2_ratio"], r["tag"]))
    figure = Figure(figsize=(8.6, 1.9 + 0.25 * len(kept)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for y, r in enumerate(kept):
        left.plot([100 * r["share_a"], 100 * r["share_b"]], [y, y], color=GRID, linewidth=2.5, zorder=1)
        for s, colour, marker, shift in (("a", COLOURS[0], "o", 0.12), ("b", COLOURS[1], "s", -0.12)):
            ends = [100 * r[f"share_{s}_low"], 100 * r[f"share_{s}_high"]]
            left.plot(ends, [y + shift] * 2, color=colour, linewidth=1.0, alpha=0.8)
            left.plot([100 * r[f"share_{s}"]], [y + shift], marker=marker, markersize=4.5, color=colour, linestyle="none")
        told = r["finding"] in ("more_in_a", "a_only"), r["finding"] in ("more_in_b", "b_only")
        colour = COLOURS[0] if told[0] else COLOURS[1] if told[1] else FAINT
        right.plot([r["log2_ratio_low"], r["log2_ratio_high"]], [y, y], color=colour, linewidth=1.4)
        hollow = "none" if not any(told) else colour
        right.plot([r["log2_ratio"]], [y], marker="D", markersize=4, color=colour, markerfacecolor=hollow, linestyle="none")
    left.plot([], [], marker="o", color=COLOURS[0], label=name_a)
    left.plot([], [], marker="s", color=COLOURS[1], label=name_b)
    left.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, borderaxespad=0.2)
    left.set_yticks(range(len(kept)), [shortened(label(r, "tag", lang), 40) for r in kept])
    left.set_ylim(-0.7, len(kept) - 0.3)
    left.set_xlim(left=0)
    left.set_xlabel("% of tagged records")
    for axes in (left, right):
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
    right.tick_params(axis="y", labelleft=False)
    right.axvline(0, color=FAINT, linewidth=1)
    reach = max(1.0, *(abs(r["log2_ratio"]) + 0.4 for r in kept))
    right.set_xlim(-reach * 1.25, reach * 1.25)
    right.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    right.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "1" if x == 0 else f"{2**x:g}×" if x > 0 else f"1/{2**-x:g}"))
    right.set_xlabel(f"share in A over share in B\n← more {verbs[1]}      more {verbs[0]} →")
    parts = [
        f"the {len(kept)} that differ most of {of} tags" if len(kept) < len(rows) else "",
        f"{few} with too few records left out" if few else "",
    ]
    _heads(figure, left, title, "; ".join(p for p in parts if p), "Lines: 95% intervals. Hollow: no difference shown.")
    return figure


def _heads(figure: Figure, axes: Axes, title: str, part: str, note: str) -> None:
    if title:
        figure.suptitle(title + (f" ({part})" if part else ""), x=0.01, ha="left")
    elif part and axes.get_legend():
        figure.suptitle(part, x=0.01, ha="left")  # the legend stands where the title of the axes would
    elif part:
        axes.set_title(part)
    if note:
        figure.supxlabel(note, fontsize=7.5, color=FAINT, x=0.01, ha="left")


def _short(value: float, _: Any = None) -> str:
    """A number for an axis: 1.5M for 1,500,000."""
    for size, unit in ((1e12, "T"), (1e9, "bn"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def shortened(text: str, most: int) -> str:
    """`text` cut to a width; a Chinese character is as wide as two others."""
    width = 0
    for i, c in enumerate(text):
        width += 2 if is_chinese(c) else 1
        if width > most:
            return text[:i].rstrip() + "…"
    return text


__all__ = ["FINDINGS", "chinese_font", "draw", "draw_comparison", "font_warning", "in_words", "inline", "label", "save"]
