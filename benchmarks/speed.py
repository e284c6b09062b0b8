"""Texts a second on one core, and the cost of a cold start.

    python benchmarks/speed.py [--pool ../shared/data/pool] [--model fast|accurate|FOLDER] [--texts N]

Without the pool the texts are made from the taxonomy's own examples (shorter, so the figures are not comparable).
CPU seconds are counted, not wall-clock seconds: other work on the machine matters less.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

WORDS, CHARACTERS = 60, 110
TEXTS = 5_000


def pool_texts(folder: Path) -> list[str]:
    """Half English (cut at 60 words), half Chinese (cut at 110 characters), spread evenly over the pool."""
    out = []
    for lang in ("en", "zh"):
        with gzip.open(folder / f"{lang}.jsonl.gz", "rt", encoding="utf-8") as file:
            texts = [json.loads(line)["text"] for line in file]
        step = max(1, len(texts) // TEXTS)
        for text in itertools.islice(texts, 0, step * TEXTS, step):
            out.append(" ".join(text.split()[:WORDS]) if lang == "en" else text[:CHARACTERS])
    return out


def example_texts() -> list[str]:
    """The examples and definitions of the taxonomy."""
    from techtags import Taxonomy

    tags = Taxonomy.load().tags
    return [text for tag in tags for lang in ("en", "zh") for text in (*tag.examples[lang], tag.definitions[lang])]


def child_seconds(command: list[str], runs: int = 5) -> tuple[float, float]:
    """Median CPU and wall-clock seconds of a command."""
    cpu, wall = [], []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--model", help="fast by default")
    parser.add_argument("--texts", type=int, help="how many, spread over all; for slow models")
    arguments = parser.parse_args()
    from techtags import Tagger

    texts = pool_texts(arguments.pool) if arguments.pool else example_texts()
    if arguments.texts:
        texts = texts[:: max(1, len(texts) // arguments.texts)]
    print(f"{len(texts)} texts, {sum(map(len, texts)) / len(texts):.0f} characters on average, one core")
    for evidence in (False, True):
        tagger = Tagger.load(arguments.model, evidence=evidence)
        tagger.tag(texts[:200])
        rates = []
        for _ in range(3):
            start = time.process_time()
            tagger.tag(texts)
            rates.append(len(texts) / (time.process_time() - start))
        print(f"evidence {'on ' if evidence else 'off'}: {statistics.median(rates):,.0f} texts a CPU second")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    for name, command in (
        ("techtags --help", [sys.executable, "-m", "techtags", "--help"]),
        ("techtags explain (one sentence)", [sys.executable, "-m", "techtags", "explain", "A maker of lithium-ion cells"]),
    ):
        cpu, wall = child_seconds(command)
        print(f"{name}: {cpu:.2f} CPU s, {wall:.2f} s")


if __name__ == "__main__":
    main()
