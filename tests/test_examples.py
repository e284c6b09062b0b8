"""The examples run as they stand: their project files, and the one that takes its rows from a pool of texts."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import Done, records, techtags

from techtags.linkage import store
from techtags.linkage.project import read_project
from techtags.taxonomy.crosswalks import crosswalks

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SOURCES = ("sbir", "sbir-cet", "nsf", "a-share", "cn-patent-titles", "cn-patents", "eu-calls", "iea-policies")
ABSTRACT = " ".join(f"The electrolyte film of the cell is cast in step {i} and its conductivity is measured." for i in range(12))


def pool(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for lang in ("en", "zh"):
        with gzip.open(folder / f"{lang}.jsonl.gz", "wt", encoding="utf-8") as file:
            for row in rows:
                if row["lang"] == lang:
                    file.write(json.dumps({"kind": "", "group": "", **row}, ensure_ascii=False) + "\n")
    return folder


def row(id: str, source: str, text: str, year: str = "", label: str = "", lang: str = "en") -> dict[str, Any]:
    return {"id": id, "source": source, "lang": lang, "year": year, "text": text, "label": label}


ROWS = [
    row("g1", "sbir", f"Solid-state batteries: thin electrolytes. {ABSTRACT}", "2002", "Army"),
    row("g2", "sbir", f"SOLID-STATE BATTERIES: Thin Electrolytes. Abstract {ABSTRACT}", "2002", "N/A"),  # g1 again
    row("g3", "sbir", f"Solid-state batteries: thin electrolytes. {ABSTRACT}", "2004", "Army"),  # another year: another award
    row("g4", "sbir", "Wind turbine blades. Longer blades for offshore wind turbines.", "1985", "Navy"),
    row("c1", "sbir-cet", "Quantum sensor. A cold-atom quantum sensor for navigation.", "2021", "X21-1"),
    row("n1", "nsf", "Machine learning. A study of deep neural networks.", "2026.0", "Robust Intelligence"),
    row("a1", "a-share", "公司从事单晶硅光伏组件的研发、生产和销售", "", "GICS 45301020; 深股通; 太阳能", "zh"),
    row("a2", "a-share", "The company makes monocrystalline solar modules", "", "GICS 45301020; 深股通; 太阳能"),
    row("t1", "cn-patent-titles", "一种锂离子电池极片", "", "H01M|B60L", "zh"),
    row("p1", "cn-patents", "=一种燃料电池电堆。涉及质子交换膜燃料电池的密封", "", "8", "zh"),
    row("e1", "eu-calls", "Floating offshore wind farms, demonstration", "2026", "CL5"),
    row("i1", "iea-policies", "Feed-in tariff for rooftop solar photovoltaics", "3-01", "Renewable Energy; Solar PV"),
    row("y1", "yc", "A payments app", "2020", "B2B"),
]


def prepare(*args: str | Path) -> Done:
    command = [sys.executable, str(EXAMPLES / "pool/prepare.py"), *(str(a) for a in args)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return Done(done.returncode, done.stdout, done.stderr.decode())


def read(path: Path) -> list[dict[str, str]]:
    return records(path.read_text(encoding="utf-8"))


def test_the_demo_is_linked(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "demo-link", tmp_path / "demo")
    done = techtags("link", tmp_path / "demo/project.toml")
    assert done.code == 0, done.err
    with store.connect(tmp_path / "demo/demo.duckdb") as connection:
        found = dict(connection.execute("SELECT table_id, count(*) FROM records GROUP BY table_id").fetchall())
        firms = connection.execute("SELECT count(*) FROM firms WHERE name LIKE '澄川储能科技%'").fetchall()
    for name, count in found.items():
        (path,) = (EXAMPLES / "demo-link").glob(f"{name}.?sv")
        assert count == len(path.read_text(encoding="utf-8").splitlines()) - 1
    assert set(found) == {"investments", "patents", "policies", "firms"}
    assert firms == [(2,)]  # the firm itself, by whatever names, and its branch


def test_the_project_names_the_tables_that_are_made() -> None:
    project = read_project(EXAMPLES / "pool/project.toml")
    assert sorted(table.name for table in project.tables) == sorted(SOURCES)
    for table in project.tables:
        assert Path(table.path).name == f"{table.name}.csv"
        if table.scheme:
            assert table.scheme in crosswalks()


def test_tables_from_a_made_up_pool(tmp_path: Path) -> None:
    done = prepare("--pool", pool(tmp_path / "pool", ROWS), "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(f"{name}.csv" for name in SOURCES)
    grants = read(tmp_path / "out/sbir.csv")
    assert [(r["id"], r["year"], r["label"]) for r in grants] == [
        ("g1", "2002", "Army"),
        ("g3", "2004", "Army"),
        ("g4", "1985", "Navy"),
    ]
    assert grants[0]["text"] == ROWS[0]["text"]
    assert [(r["id"], r["label"]) for r in read(tmp_path / "out/a-share.csv")] == [("a1", "GICS 45301020")]
    assert read(tmp_path / "out/cn-patent-titles.csv")[0]["label"] == "H01M;B60L"
    assert read(tmp_path / "out/nsf.csv")[0]["year"] == "2026"
    assert read(tmp_path / "out/iea-policies.csv")[0]["year"] == ""
    assert "sbir                    3 rows  1 copies left out; 1985 to 2004" in done.text


def test_the_tables_are_linked_and_counted(tmp_path: Path) -> None:
    (tmp_path / "examples/pool").mkdir(parents=True)
    shutil.copy(EXAMPLES / "pool/project.toml", tmp_path / "examples/pool")
    assert prepare("--pool", pool(tmp_path / "pool", ROWS), "--out", tmp_path / "build/pool").code == 0
    done = techtags("link", tmp_path / "examples/pool/project.toml")
    assert done.code == 0, done.err
    database = tmp_path / "build/pool/pool.duckdb"
    done = techtags("trends", database, "--kind", "grant", "--tag", "batteries", "-o", "-")
    assert done.code == 0, done.err
    years = {r["year"]: r["count"] for r in records(done.text) if r["tag"] == "batteries"}
    assert {year for year, count in years.items() if count != "0"} == {"2002", "2004"}
    assert years["2002"] == years["2004"] == "1"
    done = techtags("trends", database, "--by", "tag", "--kind", "firm", "--tag", "photovoltaics", "-o", "-")
    assert [r["count"] for r in records(done.text)] == ["1"]


def test_a_sample_is_always_the_same(tmp_path: Path) -> None:
    many = [row(f"w{i}", "sbir", f"Wind turbine number {i}", "1990") for i in range(40)]
    source = pool(tmp_path / "pool", ROWS + many)
    assert "not drawn" in prepare("--pool", source, "--out", tmp_path / "one", "--most", "10").text
    backwards = pool(tmp_path / "backwards", (ROWS + many)[::-1])
    assert prepare("--pool", backwards, "--out", tmp_path / "two", "--most", "10").code == 0
    one, two = ({r["id"] for r in read(tmp_path / name / "sbir.csv")} - {"g1", "g2"} for name in ("one", "two"))
    assert one == two
    assert len(read(tmp_path / "one/sbir.csv")) == 10
    assert prepare("--pool", source, "--out", tmp_path / "all", "--most", "1000").code == 0
    assert len(read(tmp_path / "all/sbir.csv")) == 43


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:4], "has no rows of sbir-cet, nsf"),
        ([{"lang": "en", "source": "sbir", "id": "x"}], "en.jsonl.gz, line 1: is no row of the pool"),
        (None, "there is no en.jsonl.gz in"),
    ],
)
def test_a_pool_that_is_none(tmp_path: Path, rows: list[dict[str, Any]] | None, message: str) -> None:
    source = pool(tmp_path / "pool", rows) if rows is not None else tmp_path
    done = prepare("--pool", source, "--out", tmp_path / "out")
    assert done.code == 1
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("broken", [b"no gzip", gzip.compress(b'{"id": \n')])
def test_a_pool_that_is_broken(tmp_path: Path, broken: bytes) -> None:
    source = pool(tmp_path / "pool", ROWS)
    (source / "zh.jsonl.gz").write_bytes(broken)
    done = prepare("--pool", source, "--out", tmp_path / "out")
    assert done.code == 1
    assert "zh.jsonl.gz" in done.err
    assert done.err.count("\n") == 1
