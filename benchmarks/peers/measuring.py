"""Texts a second and peak memory of this process.

Standard library only: the environment of Annif imports this file too.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WARM_UP = 64  # texts
ENOUGH = 5.0  # seconds; a slower pass is not repeated
PASSES = 3


def speed(apply: Callable[[Sequence[Any]], object], items: Sequence[Any]) -> dict[str, float]:
    """Run `apply` on all items and say how many it does in a second of CPU and of the clock.

    Args:
        apply: what is measured.
        items: what it is applied to; all different, since equal ones may be done once.

    Returns:
        ``texts``, ``passes``, ``cpu_rate`` and ``wall_rate`` (medians of the passes).  CPU seconds are those of all threads.
    """
    apply(items[:WARM_UP])
    cpu, wall = [], []
    for _ in range(PASSES):
        cpu_start, start = time.process_time(), time.perf_counter()
        apply(items)
        cpu.append(time.process_time() - cpu_start)
        wall.append(time.perf_counter() - start)
        if wall[-1] > ENOUGH:
            break
    return {
        "texts": len(items),
        "passes": len(cpu),
        "cpu_rate": len(items) / max(statistics.median(cpu), 1e-9),
        "wall_rate": len(items) / max(statistics.median(wall), 1e-9),
    }


def peak_memory() -> float:
    """The most memory that this process has held so far, in megabytes (10**6 bytes).

    From the kernel's own mark where there is one: `resource.getrusage` says of a child what its parent held when it forked.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
