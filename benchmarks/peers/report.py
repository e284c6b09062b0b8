"""The table: what was measured, as Markdown between two marks of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .decisions import FIGURES

if TYPE_CHECKING:
    from pathlib import Path

BEGIN, END = "<!-- peers: begin, written by benchmarks/peers/run.py -->", "<!-- peers: end -->"
HEADING = "## Beside the peers"
TITLES = {"leaf": "leaf F1", "macro": "macro", "closure": "closure", "domain": "domain", "primary": "primary"}
Table = dict[str, Any]


class ReportError(ValueError):
    """The page cannot be written; the message is one line."""


def markdown(table: Table) -> str:
    """The tables of a run.

    Args:
        table: ``systems`` (by id: ``title``, ``chosen``, ``best``, ``difference``, ``measured``), ``ours`` (the id that the
            others are compared with), ``notes`` (lines), ``command``, and the numbers of ``rows``.
    """
    systems, ours = table["systems"], table["ours"]
    parts = [
        f"```\n$ {table['command']}\n```",
        *table["notes"],
        "Threshold and limit of the peers chosen for leaf F1 on training rows that they had not seen:",
        _grid(["system", *TITLES.values(), "none R"], [_chosen(s) for s in systems.values()]),
        "Threshold and limit of the peers chosen on these very rows, anew for every figure, which flatters them:",
        _grid(["system", *TITLES.values()], [[s["title"], *(_number(s["best"][f]) for f in FIGURES)] for s in systems.values()]),
        f"{systems[ours]['title']} less each peer at its flattered best, with 95% intervals (paired bootstrap, groups of rows "
        f"drawn together, {table['draws']:,} draws):",
        _grid(
            ["less", *TITLES.values()],
            [[s["title"], *(_interval(s["difference"][f]) for f in FIGURES)] for name, s in systems.items() if name != ours],
        ),
        f"Speed and memory, each system in a process of its own on one thread, {table['rows']['speed']:,} texts of at most "
        "60 words or 110 characters, half of them Chinese:",
        _grid(
            ["system", "texts a CPU second", "texts a second", "ours is faster by", "peak MB", "CPU s to load", "s to train"],
            [_measured(s, systems[ours]) for s in systems.values()],
        ),
    ]
    return "\n\n".join(parts)


def _grid(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _number(value: float) -> str:
    return f"{value:.3f}"


def _interval(found: list[float]) -> str:
    value, low, high = found
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _chosen(system: dict[str, Any]) -> list[str]:
    return [system["title"], *(_number(system["chosen"][f]) for f in FIGURES), _number(system["chosen"]["none"])]


def _measured(system: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    made = system["measured"]
    times = ours["measured"]["speed"]["cpu_rate"] / made["speed"]["cpu_rate"]
    trained = made.get("train_s")
    return [
        system["title"],
        f"{made['speed']['cpu_rate']:,.0f}",
        f"{made['speed']['wall_rate']:,.0f}",
        "" if system is ours else f"{times:,.1f} times",
        f"{made['peak_mb']:,.0f}",
        f"{made['load_cpu_s']:.1f}",
        "" if trained is None else f"{trained:,.0f}",
    ]


def write_between(page: Path, text: str) -> None:
    """Put text between the marks of a page, in the place of what stood there; at the end, under `HEADING`, if there are none.

    Raises:
        ReportError: the page cannot be read, or has only one of the marks, or one of them twice.
    """
    try:
        old = page.read_text(encoding="utf-8")
    except OSError as error:
        raise ReportError(f"cannot read {page}: {error.strerror}") from None
    block = f"{BEGIN}\n\n{text.strip()}\n\n{END}"
    if BEGIN not in old and END not in old:
        new = f"{old.rstrip()}\n\n{HEADING}\n\n{block}\n"
    elif old.count(BEGIN) == 1 == old.count(END) and old.index(BEGIN) < old.index(END):
        new = old[: old.index(BEGIN)] + block + old[old.index(END) + len(END) :]
    else:
        raise ReportError(f"{page} must hold '{BEGIN}' and then '{END}', once each; mend it by hand")
    part = page.with_name(f".{page.name}.part")
    part.write_text(new, encoding="utf-8")
    part.replace(page)
