"""The pictures of a model card: reliability diagrams, and risk against coverage."""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING, Any

from .rows import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LANGUAGES = {"en": "English", "zh": "Chinese"}
_COLOURS = ("#0b3c6f", "#d1495b", "#3a7d44", "#8a5a00", "#5b3a8c")
_LINES = ("-", "--", ":", "-.")
_MOST_RISK = 0.4
_LEAST_SHOWN = 20  # rows: the risk of the first few is noise


def check_pictures() -> None:
    """Refuse what cannot be drawn, before any work is done.

    Raises:
        DataError: matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise DataError("a model card needs matplotlib, which the extra `plots` brings: pip install 'techtags[plots]'")


def draw(facts: Mapping[str, Any], profile: str) -> dict[str, bytes]:
    """The pictures by name, as SVG; the same bytes for the same facts and release of matplotlib."""
    return {
        "reliability": _svg(lambda: _reliability(facts, profile)),
        "risk-coverage": _svg(lambda: _risk(facts)),
    }


def _svg(make: Callable[[], Figure]) -> bytes:
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "techtags", "font.size": 9, "svg.fonttype": "path"}):
        out = io.BytesIO()
        make().savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue()


def _languages(facts: Mapping[str, Any]) -> list[str]:
    return [lang for lang in facts["models"][0]["risk_coverage"] if lang != "all"]


def _reliability(facts: Mapping[str, Any], profile: str) -> Figure:
    """A panel for each model and language: what held against what was stated."""
    from matplotlib.figure import Figure

    languages = _languages(facts)
    n = len(facts["models"])
    figure = Figure(figsize=(4.3 * len(languages), 4.2 * n), layout="constrained")
    for row, model in zip(figure.subplots(n, len(languages), squeeze=False), facts["models"], strict=True):
        for axes, lang in zip(row, languages, strict=True):
            _diagram(axes, model["reliability"][profile][lang])
            axes.set_title(f"{model['name']}, {LANGUAGES.get(lang, lang)}", loc="left", fontsize=10)
    return figure


def _diagram(axes: Axes, found: Mapping[str, Any]) -> None:
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    if found["bins"]:
        x, y = ([b[key] for b in found["bins"]] for key in ("stated", "held"))
        below = [b["held"] - b["low_held"] for b in found["bins"]]
        above = [b["high_held"] - b["held"] for b in found["bins"]]
        axes.errorbar(
            x, y, yerr=[below, above], fmt="o-", color=_COLOURS[0], markersize=4, linewidth=1.2, elinewidth=0.8, capsize=2
        )
        for bin_, top in zip(found["bins"], above, strict=True):
            place = (bin_["stated"], min(bin_["held"] + top, 1.0))
            axes.annotate(str(bin_["n"]), place, (0, 3), textcoords="offset points", ha="center", fontsize=7, color="#555555")
    chance = found["by_chance"]
    by_chance = f"by chance {chance['mean']:.3f} (to {chance['high']:.3f})"
    words = f"error {found['ece']:.3f}\n{by_chance}\n{found['n']:,} tags, {found['rows']:,} rows"
    axes.text(0.97, 0.04, words, transform=axes.transAxes, ha="right", va="bottom", fontsize=8)
    axes.set(xlim=(0, 1), ylim=(0, 1.08), xlabel="probability stated", ylabel="share that held")
    axes.set_aspect("equal", adjustable="box")
    axes.spines[["top", "right"]].set_visible(False)


def _risk(facts: Mapping[str, Any]) -> Figure:
    """A panel for the domain and one for the first tag: lines by language and model."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    panels = (("domain", "the likeliest domain"), ("first tag", "the first tag given"))
    for axes, (what, title) in zip(figure.subplots(1, 2), panels, strict=True):
        for style, model in enumerate(facts["models"]):
            for colour, lang in enumerate(_languages(facts)):
                curve = model["risk_coverage"][lang][what]
                name = f"{model['name']}, {LANGUAGES.get(lang, lang)}"
                shown = slice(_LEAST_SHOWN - 1, None)
                look = {"color": _COLOURS[colour % len(_COLOURS)], "linestyle": _LINES[style % len(_LINES)]}
                axes.plot(curve["coverage"][shown], curve["risk"][shown], linewidth=1.3, label=name, **look)
        axes.axhline(0.05, color="#999999", linewidth=0.8)
        axes.annotate("95% right", (0.005, 0.055), fontsize=7, color="#666666")
        axes.set(
            xlim=(0, 1), ylim=(0, _MOST_RISK), xlabel="share of rows kept, surest first", ylabel="share of these that are wrong"
        )
        axes.set_title(f"Risk of {title}", loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0.02, 0.97))
    return figure
