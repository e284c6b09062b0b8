"""The report of `techtags harmonise` as a picture of stacked bars."""

from __future__ import annotations

import importlib.util
import io
from pathlib import PurePath
from typing import TYPE_CHECKING

import click

from techtags.classifier.labels import UNPLACED

from ._report import ASPECTS, KEPT, LEVEL, LOSS, NO_LABEL, PART, UNREADABLE, WAY, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._report import Counted

ENDINGS = (".png", ".svg")
# Darker says more; grey is known to be no technology; what is missing is red, and hatched for those who see no red.
_RED = "#e07b6a"
_COLOURS = {  # of the kinds of each aspect, in their order
    LEVEL: ("#0b3c6f", "#2f7ab8", "#8fc1e3", "#d5e8f5", "#bdbdbd", _RED),
    WAY: ("#3b1f5c", "#0b3c6f", "#2f7ab8", "#8fc1e3", "#e9d8a6", "#e0b040", _RED),
    LOSS: ("#1d6b43", "#74b98a", "#c9e5cf", "#f3c4a3", "#bdbdbd", _RED),
}
_WHITE = "#ffffff"  # no label that was read
_HATCHED = (UNPLACED, PART)


def check_picture(name: str) -> None:
    """Refuse a picture that cannot be drawn, before any work is done.

    Raises:
        click.UsageError: the file has no ending of a picture.
        click.ClickException: matplotlib is not installed.
    """
    if PurePath(name).suffix.lower() not in ENDINGS:
        raise click.UsageError(f"--picture {name}: name a file that ends in {' or '.join(ENDINGS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise click.ClickException("--picture needs matplotlib, which the extra `plots` brings: pip install 'techtags[plots]'")


def draw(counted: Counted, name: str) -> bytes:
    """The picture, in the format that the ending of `name` says; the same bytes for the same counts."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "techtags", "font.size": 9, "hatch.linewidth": 0.6}):
        figure = Figure(figsize=(9, 8.2), layout="constrained")
        figure.suptitle(
            f"{counted.n_designations:,} distinct designations in {counted.n_rows:,} rows: what was kept and what was lost",
            fontsize=11,
        )
        for axes, aspect in zip(figure.subplots(len(ASPECTS), 1), ASPECTS, strict=True):
            _bars(axes, aspect, counted)
        out = io.BytesIO()
        form = PurePath(name).suffix.lower()[1:]
        figure.savefig(out, format=form, dpi=150, metadata={"Date": None} if form == "svg" else {})
        return out.getvalue()


def _bars(axes: Axes, aspect: str, counted: Counted) -> None:
    """Two bars of equal length, designations and rows, each divided into the kinds of an aspect."""
    title, kinds = ASPECTS[aspect]
    parts = [
        (name, colour, "////" if kind in _HATCHED else "", counted.designations[aspect][kind], counted.labelled[aspect][kind])
        for (kind, name), colour in zip(kinds.items(), _COLOURS[aspect], strict=True)
    ]
    parts += [(KEPT[k], _WHITE, hatch, 0, counted.rows[k]) for k, hatch in ((NO_LABEL, ""), (UNREADABLE, "..."))]
    left = [0.0, 0.0]
    totals = (counted.n_designations, counted.n_rows)
    for name, colour, hatch, *counts in parts:
        if not any(counts):
            continue
        widths = [100 * n / of if of else 0 for n, of in zip(counts, totals, strict=True)]
        label = f"{name} ({counts[0]:,} / {counts[1]:,})"
        axes.barh([1, 0], widths, left=left, color=colour, hatch=hatch, edgecolor="#555555", linewidth=0.5, label=label)
        for y, width, at, n, of in zip((1, 0), widths, left, counts, totals, strict=True):
            if width >= 5:
                box = {"facecolor": colour, "edgecolor": "none", "pad": 1.0}
                axes.text(at + width / 2, y, share(n, of), ha="center", va="center", color=_ink(colour), bbox=box)
        left = [a + w for a, w in zip(left, widths, strict=True)]
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_yticks([1, 0], [f"designations\n({totals[0]:,})", f"rows\n({totals[1]:,})"])
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 25, 50, 75, 100], ["0%", "25%", "50%", "75%", "100%"])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    if any(totals):
        head = "number of designations / of rows"
        small = {"fontsize": 8, "title_fontsize": 8, "alignment": "left"}
        axes.legend(title=head, loc="upper left", bbox_to_anchor=(0, -0.18), ncols=2, frameon=False, **small)


def _ink(colour: str) -> str:
    """Black or white, whichever is read better on `colour`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 140 else "black"
