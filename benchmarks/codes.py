"""Codes a second, and whether every code of the pool and of GB/T 4754 resolves.

    python benchmarks/codes.py [--pool ../shared/data/pool] [--gbt ../shared/data/schemes/gbt_4754_2017/codes_zh.csv]

Exit status 1 if a code is unknown.  CPU seconds are counted, not wall-clock seconds: other work on the machine matters less.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from techtags import Crosswalk

ASKED = 100_000
GICS = re.compile(r"GICS \d+")
# Which crosswalks a source's labels are asked of, and what stands between its codes.
PATENTS = {"us-patents": (("cpc",), ";"), "cn-patent-titles": (("ipc", "cpc"), "|")}


def patent_codes() -> list[str]:
    """Distinct subgroups below the groups that the crosswalk lists, in the way that tables write them."""
    groups = [code for code in Crosswalk.load("cpc").codes if len(code) > 4 and "/" not in code]
    return [f"{groups[n % len(groups)][:4]} {groups[n % len(groups)][4:]}/{n // len(groups) + 10:04d}" for n in range(ASKED)]


def rate(codes: list[str], *, again: bool) -> float:
    """Codes a CPU second, the median of five runs; of a crosswalk that has been asked for them before, or never."""
    shipped = Crosswalk.load("cpc")
    rates = []
    for _ in range(5):
        fresh = shipped if again else Crosswalk("cpc", shipped.metadata, shipped.mappings)
        fresh.lookup("H")  # its index is made when the first code is asked
        start = time.process_time()
        for code in codes:
            fresh.lookup(code)
        rates.append(len(codes) / (time.process_time() - start))
    return statistics.median(rates[1:] if again else rates)


def pool_codes(folder: Path) -> dict[tuple[str, str], Counter[str]]:
    """Codes with how often they stand in the pool, by source and scheme."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                source, label = row["source"], row["label"]
                if source in PATENTS:
                    schemes, between = PATENTS[source]
                    for scheme in schemes:
                        found.setdefault((source, scheme), Counter()).update(c.strip() for c in label.split(between) if c.strip())
                elif source == "a-share":
                    found.setdefault((source, "gics"), Counter()).update(GICS.findall(label))
    return found


def report(name: str, scheme: str, codes: Counter[str]) -> int:
    """Print what the codes resolve to; the number of distinct codes that are unknown."""
    shipped = Crosswalk.load(scheme)
    results = {code: shipped.lookup(code) for code in codes}
    states = Counter(result.status for result in results.values())
    hinted = sum(1 for result in results.values() if result.status == "none" and result.hints)
    print(
        f"{name} in {scheme}: {len(codes):,} distinct codes ({codes.total():,} in all): {states['mapped']:,} have tags, "
        f"{states['none']:,} are NoTermFound ({hinted:,} of them with hints), {states['unknown']:,} are unknown"
    )
    unknown = [code for code, _ in codes.most_common() if results[code].status == "unknown"]
    if unknown:
        print("  unknown: " + ", ".join(f"{code} ({codes[code]})" for code in unknown[:40]))
    return len(unknown)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--gbt", type=Path)
    arguments = parser.parse_args()
    distinct = patent_codes()
    repeated = [distinct[n % 500] for n in range(ASKED)]
    print(f"{ASKED:,} distinct codes: {rate(distinct, again=False):,.0f} a CPU second")
    print(f"{ASKED:,} codes, {len(set(repeated))} of them distinct: {rate(repeated, again=True):,.0f} a CPU second")
    unknown = 0
    if arguments.pool:
        for (source, scheme), codes in sorted(pool_codes(arguments.pool).items()):
            unknown += report(source, scheme, codes)
    if arguments.gbt:
        with open(arguments.gbt, encoding="utf-8-sig", newline="") as file:
            unknown += report("GB/T 4754-2017", "gbt-4754-2017", Counter(row["code"].strip() for row in csv.DictReader(file)))
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
