"""Trends over 1,000,000 records with 3 tags each: seconds to count them by tag and year at every level of the tree.

    python benchmarks/trends.py [--records 1000000] [--threads 2] [--keep FILE]

The records are made up: tags drawn with popularities that fall off as 1/rank, years from 1995 to 2024, probabilities of a Beta
distribution, 100,000 firms, some dates, amounts and countries missing.  Each figure is one run, so it holds the noise of the
machine; the load of the machine stands beside it.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

TAGS_EACH, FIRMS = 3, 100_000


def make(path: Path, records: int, seed: int = 6) -> None:
    """Write the database."""
    import numpy as np
    import pyarrow as pa

    from techtags.linkage.store import SCHEMA_VERSION, insert, load_taxonomy, replacing
    from techtags.taxonomy import Taxonomy

    draw = np.random.default_rng(seed)
    taxonomy = Taxonomy.load()
    ids = np.array([t.id for t in taxonomy.active], dtype=object)
    popularity = 1 / (1 + draw.permutation(len(ids)))
    # The three highest of n random keys are three tags without repetition, drawn by popularity (Efraimidis and Spirakis 2006).
    chosen = np.empty((records, TAGS_EACH), dtype=np.int64)
    for at in range(0, records, 50_000):
        keys = np.log(draw.random((min(50_000, records - at), len(ids)))) / popularity
        chosen[at : at + len(keys)] = np.argpartition(-keys, TAGS_EACH, axis=1)[:, :TAGS_EACH]
    numbers = np.arange(1, records + 1)

    def some(values: np.ndarray, share: float) -> pa.Array:
        return pa.array(values, mask=draw.random(len(values)) > share)

    with replacing(path) as connection:
        load_taxonomy(connection, taxonomy)
        insert(connection, "provenance", {"key": ["schema", "currency"], "value": [SCHEMA_VERSION, "USD"]})
        insert(
            connection, "tables",
            {"table_id": ["made-up"], "kind": ["patent"], "path": ["-"], "sha256": ["-"], "rows": [records], "settings": ["{}"],
             "tagged_with": ["-"]},
        )  # fmt: skip
        amounts = np.round(draw.lognormal(13, 2, records), 2)
        tables = {
            "records": {
                "record_id": numbers, "table_id": pa.array(["made-up"] * records), "row": numbers,
                "kind": pa.array(["patent"] * records),
                "year": some(draw.integers(1995, 2025, records), 0.98), "amount": some(amounts, 0.7),
                "country": some(np.array(["CN", "US", "DE", "JP", "KR"], dtype=object)[draw.integers(0, 5, records)], 0.95),
                "status": pa.array(["tagged"] * records),
            },
            "assignments": {
                "record_id": np.repeat(numbers, TAGS_EACH), "tag": pa.array(ids[chosen.ravel()], pa.string()),
                "rank": np.tile(np.arange(1, TAGS_EACH + 1), records), "score": np.round(draw.beta(6, 2, records * TAGS_EACH), 3),
                "basis": pa.array(["text"] * (records * TAGS_EACH)),
            },
            "mentions": {
                "mention_id": numbers, "record_id": numbers, "role": pa.array(["subject"] * records),
                "person": pa.array([False] * records),
            },
            "firm_mentions": {
                "mention_id": numbers, "firm_id": draw.integers(1, FIRMS + 1, records), "how": pa.array(["id"] * records),
            },
        }  # fmt: skip
        for name, columns in tables.items():
            connection.register("_made", pa.table(columns))
            connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM _made")
            connection.unregister("_made")
        connection.execute("UPDATE records SET amount_common = amount, currency = 'USD' WHERE amount IS NOT NULL")
        connection.execute(f"INSERT INTO firms (firm_id, name) SELECT range, 'Firm ' || range FROM range(1, {FIRMS + 1})")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, metavar="FILE", help="Keep the database here, and use it if it is there.")
    arguments = parser.parse_args()

    from techtags.linkage.coverage import coverage
    from techtags.linkage.growth import together
    from techtags.linkage.selection import Linked
    from techtags.linkage.trends import counts

    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder) / "made-up.duckdb"
        if not path.exists():
            start = time.perf_counter()
            make(path, arguments.records)
            print(f"made {arguments.records:,} records with {TAGS_EACH} tags each in {time.perf_counter() - start:.1f} s")
        print(f"{path.stat().st_size / 1e6:.0f} MB, {arguments.threads} threads, load {os.getloadavg()[0]:.1f}")
        begun, begun_cpu = time.perf_counter(), time.process_time()

        def timed(name: str, work: object) -> None:
            start, cpu = time.perf_counter(), time.process_time()
            rows = work().num_rows  # type: ignore[operator]
            print(f"{name:<46} {time.perf_counter() - start:6.2f} s {time.process_time() - cpu:6.2f} CPU s {rows:>9,} rows")

        with Linked.open(path, threads=arguments.threads) as linked:
            timed("open, most specific tags; level 1", lambda: counts(linked, level=1))
            for level in (2, 3):
                timed(f"level {level}", lambda level=level: counts(linked, level=level))
            timed("all tags with those above", lambda: counts(linked))
            print(f"trends at every level: {time.perf_counter() - begun:.2f} s, {time.process_time() - begun_cpu:.2f} CPU s")
            timed("the same, fractional", lambda: counts(linked, counting="fractional"))
            timed("the same, with amounts", lambda: counts(linked, amounts=True))
            timed("the same, with firms and new entrants", lambda: counts(linked, firms=True))
            timed("by tag (level 2) and firm", lambda: counts(linked, ("tag", "firm"), level=2))
            timed("rising together, level 2", lambda: together(linked, counts(linked, level=2)))
            timed("coverage", lambda: coverage(linked))
        print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
