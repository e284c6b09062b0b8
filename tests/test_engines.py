"""Every engine gives exactly what the command line gives on the same rows; and what each does with bad input."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from commands import PHOTOVOLTAICS, WIND, records
from commands import techtags as run_command

from techtags import Tagger, Taxonomy
from techtags.classifier import COLUMNS

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas")
pq = pytest.importorskip("pyarrow.parquet")

import techtags.engines.pandas  # noqa: E402
import techtags.engines.polars  # noqa: E402, F401
from techtags.engines import arrow  # noqa: E402
from techtags.engines.duckdb import register  # noqa: E402
from techtags.engines.loading import Settings  # noqa: E402

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
LABELS = [
    "TMT",
    "先进制造",
    "Semiconductors",
    "H01M10/0525",
    "Real estate",
    "Energy; Batteries",
    "zzz",
    "",
    "新能源",
    "Healthcare",
]
ODD = [
    "", " \t ", "12345", "锟斤拷锟斤拷锟斤拷", "=SUM(A1) solar cells", '-lithium-ion cells, "quoted"',
    "two\nlines on\r\nlithography",
    "a software company", "é" * 300, "高端装备 robots and 机器人 " * 200, "\u200bdrones", "A\U0001f680 rocket engine maker",
]  # fmt: skip
Record = dict[str, Any]


def make_rows() -> list[Record]:
    """Invented rows: the taxonomy's own examples in both languages, odd cells, labels, and some rows twice."""
    rng = random.Random(7)
    texts = [e for t in Taxonomy.load().tags for lang in ("en", "zh") for e in t.examples[lang]]
    texts = [*ODD, *rng.sample(texts, 320), PHOTOVOLTAICS, WIND]
    texts += rng.sample(texts, 60)
    rng.shuffle(texts)
    return [{"n": i, "description": t, "sector": rng.choice(LABELS), "about": texts[-1 - i]} for i, t in enumerate(texts)]


ROWS = make_rows()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]))
        writer.writeheader()
        writer.writerows(ROWS)
    # Where the command has an empty cell, an engine may have a null.
    nulls = [{**r, "description": r["description"] or None, "sector": r["sector"] or None} for r in ROWS]
    pq.write_table(pa.Table.from_pylist(nulls), folder / "rows.parquet")
    return folder


CASES = {"text": ((), None), "label": (("--label", "sector"), "sector")}


@lru_cache(maxsize=2)
def command(folder: Path, case: str) -> list[Record]:
    """What the command line says."""
    out = folder / f"{case}.csv"
    done = run_command("tag", folder / "rows.csv", "--text", "description", *CASES[case][0], "-o", out)
    assert done.code == 0, done.err
    return [{c: r[c] for c in COLUMNS} for r in records(out.read_text(encoding="utf-8"))]


def cells(row: Record) -> Record:
    """A row with types as the command line writes it."""
    tags = row["tt_tags"]
    scores = ["" if s is None else f"{s:.3f}" for s in row["tt_scores"]]
    evidence = [f"{t}: {e}" for t, e in zip(tags, row["tt_evidence"], strict=True) if e is not None]
    lists = {c: ";".join(row[c]) for c in ("tt_tags", "tt_names", "tt_basis", "tt_label_tags", "tt_flags")}
    written = {
        **row,
        **lists,
        "tt_primary": row["tt_primary"] or "",
        "tt_scores": ";".join(scores),
        "tt_evidence": "; ".join(evidence),
    }
    return {c: written[c] for c in COLUMNS}


def shipped() -> Tagger:
    return Settings().tagger()


def in_arrow(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    table = pq.read_table(folder / "rows.parquet")
    made = arrow.tag_batch(
        shipped(), table["description"], table[label] if label else None, as_text=as_text
    )  # fmt: skip
    assert made.schema == arrow.schema(as_text=as_text) and made.num_rows == len(ROWS)
    return list(made.to_pylist())


def in_duckdb(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    connection = duckdb.connect()
    register(connection)
    given = f"description, {label}" if label else "description"
    calls = ", ".join(f"{c}({given}) AS {c}" for c in COLUMNS)
    path = folder / "rows.parquet"
    whole = connection.sql(f"SELECT r.* FROM (SELECT n, tt_result({given}) AS r FROM '{path}') ORDER BY n").to_arrow_table()
    single = connection.sql(f"SELECT {calls} FROM '{path}' ORDER BY n").to_arrow_table()
    assert whole.to_pylist() == single.to_pylist()
    return list(single.to_pylist())


def in_polars(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    made = pl.read_parquet(folder / "rows.parquet").techtags.tag("description", label, as_text=as_text)
    assert made["n"].to_list() == [r["n"] for r in ROWS]
    return list(made.select(COLUMNS).to_dicts())


def in_polars_lazily(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    lazy = pl.scan_parquet(folder / "rows.parquet").techtags.tag("description", label, as_text=as_text)
    return list(lazy.select(COLUMNS).collect(engine="streaming").to_dicts())


def in_pandas(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    frame = pd.DataFrame(ROWS).set_index("n")
    made = frame.techtags.tag("description", label, as_text=as_text)
    assert made.index.equals(frame.index) and made[list(frame)].equals(frame)
    return list(pa.Table.from_pandas(made[list(COLUMNS)], preserve_index=False).to_pylist())


def in_tag_frame(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    made = shipped().tag_frame(pd.DataFrame(ROWS), "description", label or ())
    return list(made[list(COLUMNS)].to_dict("records"))


def in_datasets(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    datasets = pytest.importorskip("datasets")
    from techtags.engines.datasets import tag

    made = tag(datasets.Dataset.from_list(ROWS), label=label, as_text=as_text)
    assert made["n"][:] == [r["n"] for r in ROWS]
    return list(made.select_columns(list(COLUMNS)).to_list())


def in_datasets_map(folder: Path, label: str | None, as_text: bool) -> list[Record]:
    datasets = pytest.importorskip("datasets")
    given = {"label": label} if label else {}
    made = datasets.Dataset.from_list(ROWS).map(shipped().map_batch, batched=True, batch_size=100, fn_kwargs=given)
    return list(made.select_columns(list(COLUMNS)).to_list())


# Each with whether it can give types, and text.
ENGINES = {
    "arrow": (in_arrow, (False, True)),
    "duckdb": (in_duckdb, (False,)),
    "polars": (in_polars, (False, True)),
    "polars, lazy": (in_polars_lazily, (False,)),
    "pandas": (in_pandas, (False, True)),
    "Tagger.tag_frame": (in_tag_frame, (True,)),
    "datasets": (in_datasets, (False, True)),
    "Tagger.map_batch": (in_datasets_map, (True,)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("engine", ENGINES)
def test_engines_agree_with_the_command_line(folder: Path, engine: str, case: str) -> None:
    run, kinds = ENGINES[engine]
    expected = command(folder, case)
    assert len(expected) == len(ROWS) and len({r["tt_primary"] for r in expected}) > 50
    for as_text in kinds:
        made = run(folder, CASES[case][1], as_text)
        made = made if as_text else [cells(r) for r in made]
        assert made == expected


@pytest.mark.parametrize("engine", ["classifier", "transformer"])
def test_scikit_learn_agrees_with_the_command_line(folder: Path, engine: str) -> None:
    pytest.importorskip("sklearn")
    from techtags.engines.sklearn import TechTagClassifier, TechTagTransformer

    texts = [r["description"] for r in ROWS]
    expected = [r["tt_tags"].split(";") if r["tt_tags"] else [] for r in command(folder, "text")]
    classifier = TechTagClassifier.pretrained()
    if engine == "classifier":
        assert classifier.predict_tags(texts) == expected
        matrix = classifier.predict(texts)
        assert [set(classifier.classes_[row == 1]) for row in matrix] == [set(tags) for tags in expected]
    else:
        transformer = TechTagTransformer()
        made = transformer.fit_transform(texts)
        column = {name: i for i, name in enumerate(transformer.get_feature_names_out())}
        for row, tagged in enumerate(command(folder, "text")):
            scores = tagged["tt_scores"].split(";") if tagged["tt_scores"] else []
            assert [f"{made[row, column[t]]:.3f}" for t in expected[row]] == scores


def no_spark() -> str:
    """Why there can be no Spark here; empty if there can."""
    from importlib.util import find_spec

    if find_spec("pyspark") is None:
        return 'PySpark is not installed: pip install "techtags[spark]"'
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else shutil.which("java")
    return "" if java and Path(java).exists() else "Spark needs Java 17 or later, and there is no java here"


@pytest.fixture(scope="module")
def spark(folder: Path) -> dict[str, Any]:
    """What a program with a local Spark found: starting one takes a minute or two, so it does everything at once."""
    script = [sys.executable, str(HERE / "spark_job.py"), str(folder)]
    blocks = spark_blocks()
    (folder / "example.py").write_text("\n".join(blocks), encoding="utf-8")
    write_firms(folder)
    done = subprocess.run(
        script, capture_output=True, text=True, timeout=900, check=False, cwd=folder,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    found: dict[str, Any] = json.loads((folder / "spark.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
@pytest.mark.skipif(bool(no_spark()), reason=no_spark())
class TestSpark:
    """With a real local Spark."""

    @pytest.mark.parametrize("case", CASES)
    def test_agrees_with_the_command_line(self, folder: Path, spark: dict[str, Any], case: str) -> None:
        expected = command(folder, case)
        assert [cells(r) for r in spark[case]["typed"]] == expected
        assert spark[case]["text"] == expected

    def test_other_columns_are_as_they_were(self, spark: dict[str, Any]) -> None:
        assert spark["kept"]["before"] == spark["kept"]["after"]
        assert len(spark["kept"]["before"]) == 3

    def test_bad_input_is_one_line_before_the_job_starts(self, spark: dict[str, Any]) -> None:
        errors = spark["errors"]
        assert errors["missing"].startswith("ValueError: no column 'nothing'; there are 'n', 'description'")
        assert errors["number"] == "ValueError: column 'n' is of type bigint, not text; cast it to string, or name another"
        assert errors["taken"].startswith("ValueError: the table already has tt_status, ")
        assert errors["twice"] == "ValueError: several columns are called 'n'; rename all but one"
        assert errors["profile"].startswith("ValueError: unknown profile 'bold'")
        assert all("\n" not in e for e in errors.values())

    def test_names_do_not_mind_case_and_empty_frames_are_fine(self, spark: dict[str, Any]) -> None:
        assert spark["upper"] == [r["tt_primary"] for r in spark["text"]["typed"][:5]]
        assert spark["empty"] == 0

    def test_the_example_of_the_docs_runs(self, spark: dict[str, Any]) -> None:
        assert spark["example"] > 0


class TestArrow:
    """The function that all engines call."""

    def test_kinds_of_text(self) -> None:
        texts = [PHOTOVOLTAICS, None, WIND, PHOTOVOLTAICS]
        plain = pa.array(texts)
        expected = arrow.tag_batch(shipped(), plain).to_pylist()
        assert [r["tt_primary"] for r in expected] == ["photovoltaics", None, "wind-power", "photovoltaics"]
        assert expected[1]["tt_status"] == "unreadable" and expected[1]["tt_tags"] == [] == expected[1]["tt_scores"]
        kinds = [plain.cast(pa.large_string()), plain.cast(pa.string_view()), plain.dictionary_encode()]
        for other in (*kinds, pa.chunked_array([plain[:1], plain[1:]])):
            assert arrow.tag_batch(shipped(), other).to_pylist() == expected
        assert arrow.tag_batch(shipped(), pa.nulls(2))["tt_status"].to_pylist() == ["unreadable"] * 2
        assert arrow.tag_batch(shipped(), pa.array([], pa.string())).num_rows == 0

    def test_labels_are_strings_or_lists(self) -> None:
        texts = pa.array([PHOTOVOLTAICS, "", ""])
        one = arrow.tag_batch(shipped(), texts, pa.array(["TMT", "Batteries", None]))
        lists = arrow.tag_batch(shipped(), texts, pa.array([["TMT"], ["Batteries", None], None]))
        assert one.equals(lists)
        assert one["tt_label_tags"].to_pylist()[1] == ["batteries"]
        assert one["tt_scores"].to_pylist()[1] == [None] and one["tt_status"].to_pylist()[2] == "unreadable"

    def test_slices_and_repeats_change_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        texts = pa.array([r["description"] for r in ROWS[:90]] * 2)
        labels = pa.array([r["sector"] for r in ROWS[:90]] + ["TMT"] * 90)
        whole = arrow.tag_batch(shipped(), texts, labels)
        monkeypatch.setattr(arrow, "SLICE", 50)
        monkeypatch.setattr(arrow, "AT_ONCE", 7)
        assert arrow.tag_array(shipped(), texts, labels).to_pylist() == whole.to_pylist()
        assert arrow.tag_array(shipped(), texts[:0]).num_rows == 0

    def test_equal_texts_are_tagged_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        tagger = Tagger.load(evidence=False)
        real = tagger.tag
        monkeypatch.setattr(tagger, "tag", lambda texts, labels: asked.extend(texts) or real(texts, labels))
        made = arrow.tag_batch(tagger, pa.array([PHOTOVOLTAICS, WIND] * 500))
        assert asked == [PHOTOVOLTAICS, WIND] and made["tt_primary"].to_pylist() == ["photovoltaics", "wind-power"] * 500

    def test_names_in_chinese_and_no_evidence(self) -> None:
        made = arrow.tag_batch(Tagger.load(evidence=False), pa.array([PHOTOVOLTAICS]), lang="zh").to_pylist()[0]
        assert made["tt_names"] == [Taxonomy.load()["photovoltaics"].labels["zh"]] and made["tt_evidence"] == [None]

    @pytest.mark.parametrize(
        ("texts", "labels", "lang", "message"),
        [
            (pa.array([1, 2]), None, "en", "the text is of type int64, not text; cast it"),
            (pa.array(["a"]), pa.array([1.5]), "en", "the label is of type double, not text"),
            (pa.array(["a"]), pa.array([[1]]), "en", "the label is a list of int64, not of text"),
            (pa.array(["a"]), pa.array(["b", "c"]), "en", "1 texts and 2 labels"),
            (pa.array(["a"]), None, "fr", "lang is 'fr'"),
        ],
    )
    def test_bad_input(self, texts: Any, labels: Any, lang: str, message: str) -> None:
        with pytest.raises((TypeError, ValueError), match=message):
            arrow.tag_batch(shipped(), texts, labels, lang=lang)


def test_the_model_is_loaded_once_a_process() -> None:
    assert Settings().tagger() is Settings().tagger()
    assert Settings(profile="precision").tagger().profile == "precision"


def test_a_mapping_that_has_changed_is_read_again(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    from techtags.engines.datasets import tag

    head = "#mapping_set_id: https://example.org/own\n#subject_type: rdfs literal\n"
    head += "subject_label\tpredicate_id\tobject_id\tmapping_justification\n"
    line = "Zorbs\tskos:exactMatch\ttechtags:{}\tsemapv:ManualMappingCuration\n"
    plain = datasets.Dataset.from_dict({"description": [""], "sector": ["Zorbs"]})
    file = tmp_path / "own.sssom.tsv"
    found = []
    for meant in ("lithography", "lithography", "photovoltaics"):
        if not file.exists() or meant not in file.read_text(encoding="utf-8"):
            file.write_text(head + line.format(meant), encoding="utf-8")
        made = tag(plain, label="sector", mapping=str(file))
        found.append((made["tt_label_tags"][0], made._fingerprint))
    assert [tags for tags, _ in found] == [["lithography"], ["lithography"], ["photovoltaics"]]
    assert found[0][1] == found[1][1] != found[2][1]


def test_spark_workers_refuse_another_model() -> None:
    from techtags.engines.spark import run

    batch = pa.RecordBatch.from_pydict({"n": [1, 2], "t": [PHOTOVOLTAICS, WIND]})
    versions = str(shipped().versions)
    made = list(run(iter([batch, batch]), Settings(), ["t"], [], versions, lang="en", as_text=False))
    assert [b["tt_primary"].to_pylist() for b in made] == [["photovoltaics", "wind-power"]] * 2
    assert [b.schema.names[:2] for b in made] == [["n", "t"]] * 2
    with pytest.raises(RuntimeError, match=r"this worker has taxonomy .*, the driver taxonomy 0; give both the same"):
        next(run(iter([batch]), Settings(), ["t"], [], "taxonomy 0", lang="en", as_text=False))


def test_polars_is_lazy_and_filters_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    tagger = Tagger.load(evidence=False)
    real = tagger.tag
    monkeypatch.setattr(tagger, "tag", lambda texts, labels: asked.extend(texts) or real(texts, labels))
    lazy = pl.LazyFrame({"n": [1, 2], "about": [PHOTOVOLTAICS, WIND]}).techtags.tag("about", tagger=tagger)
    assert asked == [] and lazy.collect_schema()["tt_scores"] == pl.List(pl.Float64)
    assert lazy.filter(pl.col("n") == 2).collect()["tt_primary"].to_list() == ["wind-power"]
    assert asked == [WIND]
    assert lazy.select("n").collect().height == 2 and asked == [WIND]


def test_polars_takes_categories_and_lists_of_labels() -> None:
    frame = pl.DataFrame(
        {"description": [PHOTOVOLTAICS, None], "l": [["TMT"], []]}, schema_overrides={"description": pl.Categorical}
    )
    made = frame.techtags.tag(label="l")
    assert made["tt_status"].to_list() == ["tagged", "unreadable"] and made["tt_label_tags"].to_list()[0] != []
    assert made.schema["description"] == pl.Categorical
    assert frame.clear().techtags.tag().height == 0


def test_polars_bad_input() -> None:
    frame = pl.DataFrame({"description": ["a"], "n": [1]})
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match="no column 'about'; there are 'description', 'n'"):
        frame.techtags.tag("about")
    with pytest.raises(pl.exceptions.SchemaError, match="column 'n' is of type Int64, not text"):
        frame.lazy().techtags.tag("n")
    with pytest.raises(pl.exceptions.DuplicateError, match="already has tt_status"):
        frame.techtags.tag().techtags.tag()


def test_pandas_keeps_any_index_and_reads_any_strings() -> None:
    frame = pd.DataFrame({"about": [PHOTOVOLTAICS, None, float("nan"), pd.NA, WIND]}, index=[3, 3, 1, "a", None], dtype=object)
    for column in (frame["about"], frame["about"].astype("category"), frame["about"].astype("string")):
        made = frame.assign(about=column).techtags.tag("about")
        assert made.index.equals(frame.index)
        assert list(made["tt_primary"]) == ["photovoltaics", "", "", "", "wind-power"]
        assert list(made["tt_status"])[1:4] == ["unreadable"] * 3
    arrow_backed = pd.DataFrame({"about": pd.Series([WIND, None], dtype=pd.ArrowDtype(pa.string()))})
    assert list(arrow_backed.techtags.tag("about")["tt_primary"]) == ["wind-power", ""]
    assert list(frame[:0].techtags.tag("about").columns) == ["about", *COLUMNS]


def test_pandas_reads_broken_bytes_as_the_command_does(tmp_path: Path) -> None:
    raw = b"description\n" + PHOTOVOLTAICS.encode() + b" caf\xff\xe9\n" + b"\xff\xfe\xe9" * 9 + b" solar\n"
    (tmp_path / "broken.csv").write_bytes(raw)
    done = run_command("tag", tmp_path / "broken.csv", "--text", "description", "--encoding", "utf-8", "-o", tmp_path / "out.csv")
    assert done.code == 0, done.err
    expected = records((tmp_path / "out.csv").read_bytes().decode("utf-8", "surrogateescape"))
    texts = [line.decode("utf-8", "surrogateescape") for line in raw.splitlines()[1:]]
    made = pd.DataFrame({"description": pd.Series(texts, dtype=object)}).techtags.tag()
    assert [r["tt_tags"] for r in expected] == list(made["tt_tags"])
    assert [r["tt_status"] for r in expected] == list(made["tt_status"])


def test_pandas_bad_input() -> None:
    frame = pd.DataFrame({"description": ["a", "b"], "n": [1, 2], "mixed": pd.Series(["a", 3], dtype=object)})
    with pytest.raises(KeyError, match="no column 'about'; there are 'description', 'n'"):
        frame.techtags.tag("about")
    with pytest.raises(TypeError, match="column 'n', row 0: int, not text"):
        frame.techtags.tag("n")
    with pytest.raises(TypeError, match="column 'mixed', row 1: int, not text"):
        frame.techtags.tag("mixed")
    with pytest.raises(ValueError, match="already has tt_status"):
        frame.techtags.tag().techtags.tag()
    with pytest.raises(ValueError, match="several columns are called 'description'"):
        pd.concat([frame, frame], axis=1).techtags.tag()


def test_several_columns_are_one_text(folder: Path) -> None:
    out = folder / "two.csv"
    done = run_command("tag", folder / "rows.csv", "--text", "description", "--text", "about", "-o", out)
    assert done.code == 0, done.err
    expected = [r["tt_tags"] for r in records(out.read_text(encoding="utf-8"))]
    assert list(pd.DataFrame(ROWS).techtags.tag(["description", "about"])["tt_tags"]) == expected
    made = pl.DataFrame(ROWS).techtags.tag(["description", "about"], as_text=True)
    assert made["tt_tags"].to_list() == expected


def test_duckdb_bad_input_and_registering_twice() -> None:
    connection = duckdb.connect()
    assert register(connection) == register(connection) == [*COLUMNS, "tt_result"]
    for query, message in (
        ("SELECT tt_primary(42)", "TypeError: the description given to tt_primary is of type int32, not text"),
        ("SELECT tt_primary(d, 42) FROM (VALUES ('a')) t(d)", "TypeError: the label is of type int32, not text"),
        ("SELECT tt_tags(d, d, d) FROM (VALUES ('a')) t(d)", "TypeError: tt_tags takes a description and"),
        ("SELECT tt_primary(nothing) FROM (VALUES ('a')) t(d)", 'Referenced column "nothing" not found'),
    ):
        with pytest.raises(duckdb.Error, match=message):
            connection.execute(query).fetchall()
    assert connection.execute("SELECT tt_status(NULL), tt_status('')").fetchone() == ("unreadable", "unreadable")


def test_duckdb_tags_a_vector_once_for_all_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    tagger = Tagger.load(evidence=False)
    real = tagger.tag
    monkeypatch.setattr(tagger, "tag", lambda texts, labels: asked.extend(texts) or real(texts, labels))
    connection = duckdb.connect()
    register(connection, tagger)
    connection.execute("CREATE TABLE t AS SELECT 'Maker number ' || i || ' of wind turbines' AS d FROM range(5000) r(i)")
    rows = connection.execute("SELECT tt_primary(d), tt_tags(d), tt_status(d) FROM t").fetchall()
    assert len(rows) == 5000 and {r[2] for r in rows} == {"tagged"} and all(r[0] == r[1][0] for r in rows)
    assert len(asked) == 5000


def test_datasets_kinds() -> None:
    datasets = pytest.importorskip("datasets")
    from techtags.engines.datasets import tag

    plain = datasets.Dataset.from_dict({"description": [PHOTOVOLTAICS, None, WIND], "n": [1, 2, 3]})
    expected = ["photovoltaics", None, "wind-power"]
    assert tag(plain)["tt_primary"][:] == expected
    assert tag(plain, num_proc=2)["tt_primary"][:] == expected
    assert tag(plain.with_format("numpy")).format["type"] == "numpy"
    split = tag(datasets.DatasetDict({"train": plain, "test": plain.select([0])}))
    assert split["test"]["tt_tags"][:] == [["photovoltaics"]] and split["train"].num_rows == 3
    assert [r["tt_primary"] for r in tag(plain.to_iterable_dataset())] == expected


def test_datasets_know_work_that_was_done() -> None:
    datasets = pytest.importorskip("datasets")
    from techtags.engines.datasets import tag

    plain = datasets.Dataset.from_dict({"description": [PHOTOVOLTAICS]})
    assert tag(plain)._fingerprint == tag(plain)._fingerprint != tag(plain, profile="recall")._fingerprint


def test_datasets_bad_input() -> None:
    datasets = pytest.importorskip("datasets")
    from techtags.engines.datasets import tag

    plain = datasets.Dataset.from_dict({"description": ["a"], "n": [1]})
    for options, message in (({"text": "about"}, "no column 'about'"), ({"text": "n"}, "column 'n' is of type int64, not text")):
        with pytest.raises(ValueError, match=message):
            tag(plain, **options)
    with pytest.raises(ValueError, match="already has tt_status"):
        tag(tag(plain))
    with pytest.raises(TypeError, match="expected a Hugging Face dataset, not list"):
        tag([{"description": "a"}])


def test_map_batch_bad_input() -> None:
    with pytest.raises(KeyError, match="no column 'description'; there are about"):
        shipped().map_batch({"about": ["a"]})
    with pytest.raises(TypeError, match="column 'n' holds int, not text"):
        shipped().map_batch({"n": [3]}, text="n")
    with pytest.raises(ValueError, match="the batch already has tt_tags"):
        shipped().map_batch({"description": ["a"], "tt_tags": [""]})
    assert shipped().map_batch({"description": []}) == {c: [] for c in COLUMNS}


@pytest.mark.parametrize(
    ("blocked", "code", "extra"),
    [
        ("pyarrow", "import techtags.engines.polars", "polars"),
        ("polars", "import techtags.engines.polars", "polars"),
        ("pandas", "import techtags.engines.pandas", "pandas"),
        ("duckdb", "from techtags.engines.duckdb import register; register(None)", "duckdb"),
        ("datasets", "from techtags.engines.datasets import tag; tag(None)", "datasets"),
        ("pyspark", "from techtags.engines.spark import tag; tag(None)", "spark"),
        ("sklearn", "import techtags.engines.sklearn", "sklearn"),
    ],
)
def test_a_missing_library_names_its_extra(blocked: str, code: str, extra: str) -> None:
    stop = f"import sys; sys.modules[{blocked!r}] = None; "
    done = subprocess.run([sys.executable, "-c", stop + code], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert last.split(": ", 1) == ["ImportError", f'techtags.engines.{extra} needs {blocked}: pip install "techtags[{extra}]"']


FIRMS = """name,sector,description
Aldermoor Photonics,Semiconductors,Designs silicon photonics transceivers for data centres
Helvig Wind,Energy,Builds and operates offshore wind farms
云岭数控,先进制造,研发五轴联动数控机床及其控制系统
Brackwater Inns,Real estate,Owns and lets country inns
"""


def write_firms(folder: Path) -> None:
    """The tables that the examples of the docs read."""
    (folder / "firms.csv").write_text(FIRMS, encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(list(csv.DictReader(FIRMS.splitlines()))), folder / "firms.parquet")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def spark_blocks() -> list[str]:
    return [b for b in blocks("engines.md") if "pyspark" in b]


@pytest.mark.parametrize("at", range(len(blocks("engines.md"))))
def test_examples_of_the_docs_run(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = blocks("engines.md")[at]
    if "pyspark" in code:
        pytest.skip("run by TestSpark, which has a Spark")
    write_firms(tmp_path)
    monkeypatch.chdir(tmp_path)
    shown: list[str] = []
    exec(
        compile(code, f"docs/engines.md, block {at + 1}", "exec"),
        {"__name__": "__main__", "print": lambda *a: shown.extend(map(str, a))},
    )
    assert shown, "an example that shows nothing"
    for comment in re.findall(r"^# -> (.*)$", code, re.MULTILINE):
        assert comment in "\n".join(shown)
