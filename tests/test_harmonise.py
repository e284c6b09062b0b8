"""`techtags harmonise`: labels of tables without text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from commands import techtags
from hypothesis import given, settings
from hypothesis import strategies as st

from techtags import Crosswalk, Taxonomy
from techtags.classifier.labels import Designation, DesignationMatcher, Placement
from techtags.cli._harmonising import COLUMNS, combined
from techtags.cli._report import ASPECTS, KEPT, as_data, as_text, count, share
from techtags.taxonomy import check_crosswalk

TAX = Taxonomy.load()
LABELS = [
    "Semiconductors & Related", "A.I.", "生物医药/医疗健康", "新能源 汽车", "IT/互联网", "Hardware & IoT", "ＴＭＴ",
    "機器人", "TMT", "TMT",
    "Real estate", "Energy; Batteries", "", "=Zzyzx 77", "Zzyzx 77", "Zzyzx 77",
]  # fmt: skip


def made(path: Path, labels: list[str] = LABELS, header: str = "id,sector") -> Path:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[str(i), label] for i, label in enumerate(labels)])
    path.write_text(header + "\n" + out.getvalue(), encoding="utf-8")
    return path


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return made(tmp_path / "deals.csv")


def harmonised(*arguments: Any) -> dict[str, dict[str, str]]:
    done = techtags("harmonise", *arguments)
    assert done.code == 0, done.err
    return {row["designation"]: row for row in records(done.text)}


# What is placed


def test_each_designation_once_most_frequent_first(table: Path) -> None:
    rows = records(techtags("harmonise", table, "--label", "sector").text)
    assert list(rows[0]) == ["designation", "rows", *COLUMNS]
    assert len({r["designation"] for r in rows}) == len(rows) == 13
    counts = [int(r["rows"]) for r in rows]
    assert counts == sorted(counts, reverse=True) and sum(counts) == 15  # the empty cell is no designation


def test_designations_of_the_brief(table: Path) -> None:
    found = harmonised(table, "--label", "sector")
    tags = {name: row["tt_tags"].split(";") for name, row in found.items()}
    assert tags["Semiconductors & Related"] == ["semiconductors"]
    assert tags["A.I."] == ["artificial-intelligence"]
    assert tags["新能源 汽车"] == ["electric-vehicles"]
    assert tags["機器人"] == ["robotics"]
    assert tags["ＴＭＴ"] == tags["TMT"]
    assert found["TMT"]["tt_status"] == "coarse" and found["TMT"]["tt_relation"] == "narrow"
    assert "health-technology" in tags["生物医药/医疗健康"]
    assert found["Real estate"]["tt_status"] == "none" and tags["Real estate"] == [""]
    assert tags["Energy; Batteries"] == ["batteries"]
    assert found["Zzyzx 77"]["tt_status"] == "unplaced"
    for name in ("TMT", "IT/互联网", "Hardware & IoT", "生物医药/医疗健康"):
        if found[name]["tt_relation"] == "narrow":
            assert all(TAX[t].level == 1 for t in tags[name]), name


def test_formulas_are_neutralised(table: Path) -> None:
    assert "'=Zzyzx 77" in harmonised(table, "--label", "sector")


@pytest.mark.parametrize(
    ("scheme", "code", "tag"),
    [
        ("cpc", "H01M 10/0525", "lithium-ion-batteries"),
        ("naics-2022", "334413", "semiconductors"),
        ("gics", "45301020", "semiconductors"),
    ],
)
def test_codes_of_a_scheme(tmp_path: Path, scheme: str, code: str, tag: str) -> None:
    found = harmonised(made(tmp_path / "t.csv", [code]), "--label", "sector", "--scheme", scheme)
    assert found[code]["tt_tags"] == tag
    assert found[code]["tt_found"] == "code"
    assert found[code]["tt_source"].startswith(scheme + ":")


def test_labels_of_several_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\nEnergy,Batteries\nEnergy,\n")
    rows = tmp_path / "rows.csv"
    assert techtags("harmonise", path, "--label", "a", "--label", "b", "-o", tmp_path / "o.csv", "--rows", rows).code == 0
    first, second = records(rows.read_text(encoding="utf-8"))
    assert (first["a"], first["b"], first["tt_tags"]) == ("Energy", "Batteries", "batteries")
    assert second["tt_tags"] == "energy"


# The rows, the review and the mapping


def test_rows_are_kept_and_appended_to(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    assert techtags("harmonise", table, "--label", "sector", "-o", tmp_path / "o.csv", "--rows", out).code == 0
    given, written = records(table.read_text(encoding="utf-8")), records(out.read_text(encoding="utf-8"))
    assert [{k: row[k] for k in ("id", "sector")} for row in written] == given
    assert written[12]["tt_status"] == ""  # no label
    again = techtags("harmonise", out, "--label", "sector", "-o", tmp_path / "o2.csv", "--rows", tmp_path / "r2.csv")
    assert again.code == 1 and "--overwrite" in again.err and not (tmp_path / "r2.csv").exists()


def test_review_is_filled_in_and_passed_back(table: Path, tmp_path: Path) -> None:
    review = tmp_path / "todo.sssom.tsv"
    done = techtags("harmonise", table, "--label", "sector", "-o", tmp_path / "o.csv", "--review", review)
    assert done.code == 0
    text = review.read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if row.startswith("Zzyzx 77\t"))
    assert line.split("\t")[1] == "2"
    # Not filled in: nothing changes, and it is said.
    same = techtags("harmonise", table, "--label", "sector", "--mapping", review)
    assert same.code == 0 and "not filled in yet" in same.err
    filled = line.replace("\t2\t\t\t", "\t2\tskos:broadMatch\ttechtags:drones\t", 1)
    assert filled != line
    review.write_text(text.replace(line, filled), encoding="utf-8")
    found = harmonised(table, "--label", "sector", "--mapping", review)
    assert (found["Zzyzx 77"]["tt_tags"], found["Zzyzx 77"]["tt_found"], found["Zzyzx 77"]["tt_sure"]) == (
        "drones",
        "mapping",
        "1.000",
    )
    # The filled table is a crosswalk.
    assert techtags("crosswalk", "validate", review).code == 0
    # And it comes before the shipped lists.
    review.write_text(text.replace(line, filled.replace("Zzyzx 77", "TMT")), encoding="utf-8")
    assert harmonised(table, "--label", "sector", "--mapping", review)["TMT"]["tt_tags"] == "drones"


def test_tag_takes_the_mapping_too(tmp_path: Path) -> None:
    mapping = tmp_path / "mine.sssom.tsv"
    mapping.write_text(
        "#mapping_set_id: x\n#license: x\n#subject_type: rdfs literal\nsubject_label\tpredicate_id\tobject_id\n"
        "Blue sky\tskos:exactMatch\ttechtags:drones\n"
    )
    path = tmp_path / "t.csv"
    path.write_text("text,sector\n,Blue sky\n")
    done = techtags("tag", path, "--text", "text", "--label", "sector", "--mapping", mapping)
    assert records(done.text)[0]["tt_tags"] == "drones"
    assert techtags("tag", path, "--text", "text", "--mapping", mapping).code == 2


def test_nothing_to_review(tmp_path: Path) -> None:
    review = tmp_path / "todo.sssom.tsv"
    done = techtags("harmonise", made(tmp_path / "t.csv", ["TMT"]), "--label", "sector", "--review", review)
    assert "0 designations to review" in done.err
    assert review.read_text(encoding="utf-8").splitlines()[-1].startswith("subject_label\t")


def test_formulas_and_spreadsheets_survive_the_round_trip(table: Path, tmp_path: Path) -> None:
    review = tmp_path / "todo.tsv"
    assert techtags("harmonise", table, "--label", "sector", "-o", tmp_path / "o.csv", "--review", review).code == 0
    rows = list(csv.reader(io.StringIO(review.read_text(encoding="utf-8")), delimiter="\t"))
    width = max(map(len, rows))
    for row in rows:
        if row[0] == "'=Zzyzx 77":
            row[2:4] = ["skos:closeMatch", "techtags:lithography"]
    # As a spreadsheet saves it: commas, every line filled up, a mark at the start.
    saved = io.StringIO()
    csv.writer(saved).writerows([*row, *[""] * (width - len(row))] for row in rows)
    review.write_text("\ufeff" + saved.getvalue(), encoding="utf-8", newline="")
    found = harmonised(table, "--label", "sector", "--mapping", review)
    assert (found["'=Zzyzx 77"]["tt_tags"], found["'=Zzyzx 77"]["tt_found"]) == ("lithography", "mapping")
    assert found["Zzyzx 77"]["tt_status"] == "unplaced"


def test_review_holds_the_unknown_part_of_a_list(tmp_path: Path) -> None:
    path = made(tmp_path / "t.csv", ["TMT; Zzyzx 77", "ｚｚｙｚｘ 77", "Batteries"])
    review = tmp_path / "todo.tsv"
    techtags("harmonise", path, "--label", "sector", "-o", tmp_path / "o.csv", "--review", review)
    lines = [line.split("\t")[:2] for line in review.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines[1:] == [["Zzyzx 77", "2"]]


@pytest.mark.parametrize("below", ["0", "1"])
def test_what_the_model_placed_is_reviewed_when_unsure(tmp_path: Path, below: str) -> None:
    label = "Household textiles of solar cells and panels"
    path, review = made(tmp_path / "t.csv", [label]), tmp_path / "todo.tsv"
    found = harmonised(path, "--label", "sector", "--review", review, "--review-below", below)[label]
    assert found["tt_found"] == "learned" and float(found["tt_sure"]) < 1
    text = review.read_text(encoding="utf-8")
    assert (f"\n{label}\t1\t" in text) == (below == "1")
    assert (f"techtags:{found['tt_tags']}" in text) == (below == "1")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("TMT\tskos:exactMatch\ttechtags:no-such\n", "no-such"),
        ("TMT\tskos:equals\ttechtags:drones\n", "skos:equals"),
        ("TMT\tskos:narrowMatch\ttechtags:drones\n", "drones"),
    ],
)
def test_broken_mappings_are_one_line(table: Path, tmp_path: Path, lines: str, said: str) -> None:
    mapping = tmp_path / "m.sssom.tsv"
    mapping.write_text("#subject_type: rdfs literal\nsubject_label\tpredicate_id\tobject_id\n" + lines)
    out = tmp_path / "o.csv"
    done = techtags("harmonise", table, "--label", "sector", "--mapping", mapping, "-o", out)
    assert done.code == 1 and said in done.err and len(done.err.strip().splitlines()) == 1
    assert not out.exists()


# What is refused


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--label", "nope"], 2, "nope"),
        (["--label", "sector", "--scheme", "nope"], 1, "cpc"),
        (["--label", "sector", "--picture", "x.gif"], 2, ".png"),
        (["--label", "sector", "--report-file", "x.doc"], 2, ".md"),
        ([], 2, "--label"),
    ],
)
def test_what_is_refused(table: Path, arguments: list[str], code: int, said: str) -> None:
    done = techtags("harmonise", table, *arguments)
    assert done.code == code and said in done.err and "Traceback" not in done.err


def test_outputs_may_not_overwrite_the_input_or_each_other(table: Path, tmp_path: Path) -> None:
    before = table.read_bytes()
    assert techtags("harmonise", table, "--label", "sector", "-o", table).code == 2
    both = tmp_path / "o.csv"
    assert techtags("harmonise", table, "--label", "sector", "-o", both, "--rows", both).code == 2
    assert table.read_bytes() == before and not both.exists()


def test_an_error_late_in_the_table_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"sector": "TMT"}\n' * 1500 + "broken\n")
    outputs = ["o.csv", "rows.jsonl", "todo.tsv", "r.md", "p.png"]
    options = ["-o", "--rows", "--review", "--report-file", "--picture"]
    arguments = [x for option, name in zip(options, outputs, strict=True) for x in (option, tmp_path / name)]
    done = techtags("harmonise", path, "--label", "sector", *arguments)
    assert done.code == 1 and "line 1501" in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["t.jsonl"]


def test_a_mapping_is_not_overwritten_by_a_review(table: Path, tmp_path: Path) -> None:
    review = tmp_path / "todo.tsv"
    techtags("harmonise", table, "--label", "sector", "-o", tmp_path / "o.csv", "--review", review)
    before = review.read_bytes()
    done = techtags("harmonise", table, "--label", "sector", "--mapping", review, "--review", review)
    assert done.code == 2 and "would overwrite --mapping" in done.err
    assert review.read_bytes() == before


def test_pictures_need_an_extra(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = techtags("harmonise", table, "--label", "sector", "-o", tmp_path / "o.csv", "--picture", tmp_path / "p.png")
    assert done.code == 1 and "techtags[plots]" in done.err and not (tmp_path / "o.csv").exists()


# Formats and encodings


def test_jsonl_keeps_its_values_and_types(tmp_path: Path) -> None:
    path, rows = tmp_path / "t.jsonl", tmp_path / "rows.jsonl"
    given = [{"n": 1, "sector": "=Zzyzx 77", "more": [1, None]}, {"sector": "Batteries", "late": 2.5}]
    path.write_text("".join(json.dumps(v) + "\n" for v in given))
    done = techtags("harmonise", path, "--label", "sector", "--rows", rows)
    assert [(v["designation"], v["rows"]) for v in map(json.loads, done.text.splitlines())] == [
        ("=Zzyzx 77", 1),
        ("Batteries", 1),
    ]
    written = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert [{k: v for k, v in row.items() if k not in COLUMNS} for row in written] == given
    assert written[1]["tt_tags"] == "batteries"


@pytest.mark.parametrize(("encoding", "out"), [("gb18030", "gb18030"), ("utf-16", "utf-16"), ("big5", "utf-8")])
def test_encodings(tmp_path: Path, encoding: str, out: str) -> None:
    path, written = tmp_path / "t.csv", tmp_path / "o.csv"
    path.write_bytes("id,sector\n1,機器人\n2,機器人\n".encode(encoding))
    options = ["--encoding", encoding] if encoding == "big5" else []
    done = techtags("harmonise", path, "--label", "sector", "-o", written, "--labels", "zh", *options)
    assert done.code == 0, done.err
    assert ("the output is UTF-8" in done.err) == (out != encoding)
    (row,) = records(written.read_bytes().decode(out))
    assert (row["designation"], row["rows"], row["tt_names"]) == ("機器人", "2", TAX["robotics"].labels["zh"])


def test_ragged_rows_are_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,sector\n1,TMT,too,many\n2,TMT\n")
    done = techtags("harmonise", path, "--label", "sector")
    assert done.code == 0 and "line 2" in done.err
    assert records(done.text)[0]["rows"] == "1"


# The report


def test_report_adds_up(table: Path, tmp_path: Path) -> None:
    file, picture = tmp_path / "r.json", tmp_path / "p.svg"
    done = techtags(
        "harmonise", table, "--label", "sector", "-o", tmp_path / "o.csv", "--report", "--report-file", file, "--picture", picture
    )
    assert done.code == 0
    assert "What harmonising kept and lost" in done.text
    data = json.loads(file.read_text(encoding="utf-8"))
    assert data["rows"]["total"] == 16 and data["rows"]["labelled"] == 15
    assert sum(data["rows"]["kept"].values()) == 16
    for aspect in ASPECTS:
        assert sum(data["designations"][aspect].values()) == data["designations"]["total"] == 13
        assert sum(data["rows"][aspect].values()) == 15
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


def test_what_was_lost(tmp_path: Path) -> None:
    path, file = tmp_path / "t.csv", tmp_path / "r.json"
    path.write_text("a,b\nTMT,Batteries\nTMT,\nBatteries,\nBatteries,Zzyzx 77\nReal estate,\nZzyzx 77,\n,\n")
    done = techtags("harmonise", path, "--label", "a", "--label", "b", "-o", tmp_path / "o.csv", "--report-file", file)
    assert done.code == 0, done.err
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    # A tag beside a set does not make the set's tags coarser than its words.
    assert rows["loss"] == {"whole": 1, "coarser": 0, "spans": 2, "part": 1, "none": 1, "unplaced": 1}
    assert rows["kept"] == {"tag": 3, "set": 1, "none": 1, "verbatim": 1, "no_label": 1, "unreadable": 0}


def test_pictures_are_the_same_each_time(table: Path, tmp_path: Path) -> None:
    made_ = []
    for name in ("a.svg", "b.svg", "a.png"):
        done = techtags("harmonise", table, "--label", "sector", "-o", tmp_path / "o.csv", "--picture", tmp_path / name)
        assert done.code == 0, done.err
        made_.append((tmp_path / name).read_bytes())
    assert made_[0] == made_[1] and made_[2].startswith(b"\x89PNG")


PLACED = st.sampled_from([("photovoltaics",), ("energy",), ("energy", "communications"), ("lithography",), ()])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(PLACED, st.booleans(), st.integers(1, 9)), max_size=8), st.integers(0, 5), st.integers(0, 5))
def test_counts_always_add_up(given: list[tuple[tuple[str, ...], bool, int]], empty: int, ragged: int) -> None:
    rows = []
    for i, (tags, found, n) in enumerate(given):
        way = "curated" if found or tags else ""
        relation = "narrow" if len(tags) > 1 else "close" if tags else ""
        placement = Placement(f"d{i}", way, tags, relation, 0.9)
        status = "coarse" if len(tags) > 1 else "placed" if tags else "none" if way else "unplaced"
        rows.append((Designation(f"d{i}", status, tags, (placement,)), n))
    counted = count((d for d, _ in rows), rows, empty, ragged, TAX)
    assert sum(counted.rows.values()) == counted.n_rows == sum(n for _, n in rows) + empty + ragged
    assert set(counted.rows) == set(KEPT)
    for aspect in ASPECTS:
        assert sum(counted.designations[aspect].values()) == counted.n_designations == len(rows)
        assert sum(counted.labelled[aspect].values()) == counted.n_labelled
    assert as_data(counted, {})["rows"]["total"] == counted.n_rows
    assert "| What rows keep" in as_text(counted, {"table": "t"})


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_shares_never_look_like_all_or_nothing(n: int, extra: int) -> None:
    of = n + extra
    shown = share(n, of)
    assert (shown == "100%") == (0 < n == of)
    assert (shown == "0%") == (n == 0 and of > 0)


def test_combined_keeps_the_finer() -> None:
    matcher = DesignationMatcher(TAX)
    both = combined(matcher.match_all(["Energy", "Photovoltaics"]), TAX)
    assert both.tags == ("photovoltaics",)


def test_shipped_example_is_placed() -> None:
    path = Path(__file__).parent.parent / "techtags" / "data" / "deals.csv"
    found = harmonised(path, "--label", "sector")
    assert found["H01M10/0525"]["tt_tags"] == "lithium-ion-batteries"
    assert found["硬科技"]["tt_status"] == "coarse"
    assert check_crosswalk(Crosswalk.load("designations"), TAX) == []
