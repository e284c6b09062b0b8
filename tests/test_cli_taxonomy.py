"""`techtags taxonomy`, as a user meets it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from made_up import find, make_checkout, make_release, make_source, make_tag, write

from techtags.cli import cli
from techtags.schemas import problems
from techtags.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAX = Taxonomy.load("1.0.0")


def _run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["taxonomy", *map(str, args)])


def _good(*args: object) -> str:
    done = _run(*args)
    assert done.exit_code == 0, done.output
    return done.stdout


def _bad(*args: object) -> str:
    """The one line that says what is wrong."""
    done = _run(*args)
    assert done.exit_code == 1, done.output
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("Error: ")
    return lines[0].removeprefix("Error: ")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_checkout(tmp_path / "taxonomy")
    monkeypatch.setattr("techtags.taxonomy.source.root", lambda: folder)
    monkeypatch.setattr("techtags.taxonomy.store.releases_dir", lambda: folder / "releases")
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(make_release(), tmp_path / "small.json")


# show


@pytest.mark.parametrize("name", ["lithography", "Lithography", "光刻", "EUV", "ｅｕｖ"])
def test_show(name: str) -> None:
    lines = _good("show", name).splitlines()
    assert lines[0] == "Lithography  光刻  [lithography]"
    path = " > ".join(t.labels["en"] for t in TAX["lithography"].path)
    assert path.startswith("Semiconductors > ")
    assert lines[1] == f"  {path}   (since 1.0.0, release 1.0.0)"
    text = " ".join(" ".join(lines).split())
    for lang in ("en", "zh"):
        assert TAX["lithography"].definitions[lang].replace(" ", "")[:60] in text.replace(" ", "")
    assert "Also: " in text and "又称：" in text and "Related: " in text


def test_show_in_chinese() -> None:
    lines = _good("show", "lithography", "--labels", "zh").splitlines()
    assert lines[0] == "光刻  Lithography  [lithography]"
    assert lines[1].startswith("  半导体与集成电路 > ")


def test_show_json() -> None:
    shown = json.loads(_good("show", "光刻", "--json"))
    assert shown == find(json.loads(json.dumps(TAX.document)), "lithography")


def test_show_deprecated(small: Path) -> None:
    text = _good("show", "old-lathes", "--release", small)
    assert "deprecated since 1.0.0: Nobody makes them (use lathes)" in text
    assert "Related" not in text and "Below" not in text


def test_show_marks_and_lists(small: Path) -> None:
    text = _good("show", "lasers", "--release", small)
    assert "'Head' counts only with factory. Also a part of the body" in text
    assert "Named by: plan-2020 (unverified)" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("litography", "no tag is called 'litography'; did you mean lithography"),
        ("qqqq zzzz", "no tag is called 'qqqq zzzz'"),
        ("", "no tag is called ''"),
    ],
)
def test_show_unknown(name: str, message: str) -> None:
    assert _bad("show", name).startswith(message)


def test_show_ambiguous(small: Path) -> None:
    assert _bad("show", "head", "--release", small) == "'head' may mean lathes or lasers; give the id"


def test_show_nothing() -> None:
    done = _run("show")
    assert done.exit_code == 2
    assert "Missing argument 'NAME'" in done.stderr


# tree, search, list


def test_tree(small: Path) -> None:
    assert _good("tree", "--release", small).splitlines() == [
        "Machines  [machines]",
        "├── Lathes  [lathes]",
        "│   └── Micro lathes  [micro-lathes]",
        "└── Treadle lathes  [old-lathes]  (deprecated)",
        "Lamps  [lamps]",
        "├── Lasers  [lasers]",
        "└── Lanterns  [lanterns]",
    ]
    assert _good("tree", "车床", "--release", small, "--labels", "zh").splitlines() == [
        "车床  [lathes]",
        "└── 微型车床  [micro-lathes]",
    ]


def test_tree_of_the_standard() -> None:
    lines = _good("tree").splitlines()
    assert len(lines) == 196
    assert sum(line[0] not in "│├└ " for line in lines) == 24
    assert "no tag is called" in _bad("tree", "nowhere-at-all")


def test_search() -> None:
    lines = _good("search", "光刻").splitlines()
    assert lines[0].split()[0] == "lithography"
    assert lines[0].endswith("(label: 光刻)")
    assert len(_good("search", "电池", "--limit", "3").splitlines()) == 3
    assert _good("search", "quantum", "computng").split()[0] == "quantum-computing"


def test_search_json() -> None:
    hits = json.loads(_good("search", "EUV", "--json"))
    assert hits[0] == {"id": "lithography", "score": 99.5, "matched": "EUV", "kind": "alias"}
    assert json.loads(_good("search", "qqqq zzzz", "--json")) == []


def test_search_finds_nothing() -> None:
    assert _bad("search", "qqqq", "zzzz") == "nothing in the taxonomy is like 'qqqq zzzz'; try another word, or the tree"


def test_search_limit_must_be_positive() -> None:
    assert _run("search", "x", "--limit", "0").exit_code == 2


def test_list() -> None:
    rows = [line.split("\t") for line in _good("list").splitlines()]
    assert rows == [[t.id, t.parent_id or "", t.labels["en"]] for t in TAX.tags]
    assert _good("list", "--labels", "zh").splitlines()[0].split("\t")[2] == TAX.tags[0].labels["zh"]


def test_list_within(small: Path) -> None:
    done = _run("list", "--within", "plan-2020", "--release", small)
    assert done.exit_code == 0
    assert done.stdout == "micro-lathes\tlathes\tMicro lathes\nlasers\tlamps\tLasers\n"
    assert done.stderr.startswith("plan-2020: This list is transcribed and unverified")


def test_list_within_a_list_that_was_read() -> None:
    done = _run("list", "--within", "made-in-china-2025", "--json")
    assert {t["id"] for t in json.loads(done.stdout)} == set(TAX.collection("made-in-china-2025").tag_ids)
    assert done.stderr == ""


def test_list_within_nothing() -> None:
    assert "did you mean made-in-china-2025" in _bad("list", "--within", "made-in-china")


# collections


def test_collections() -> None:
    lines = _good("collections").splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(TAX.collections)
    assert [line.split()[1] for line in lines] == sorted(line.split()[1] for line in lines)


def test_collections_json() -> None:
    shown = json.loads(_good("collections", "--json"))
    assert {c["id"]: c["verification"] for c in shown} == {c.id: c.verification for c in TAX.collections.values()}


def test_one_collection(small: Path) -> None:
    text = _good("collections", "plan-2020", "--release", small)
    assert "A ministry (CN), 2020-05" in text
    assert "transcribed and unverified: check it against the issuer's text" in " ".join(text.split())
    assert "  Light  =>  lasers (close)\n" in text
    assert "  Poetry  =>  - (none)   # No technology\n" in text
    shown = json.loads(_good("collections", "plan-2020", "--release", small, "--json"))
    assert shown == make_release()["collections"][0]


def test_one_collection_in_chinese(small: Path) -> None:
    assert "清单plan-2020" in _good("collections", "plan-2020", "--labels", "zh", "--release", small)


def test_unknown_collection() -> None:
    assert "no collection 'made-in-chine-2025' in release 1.0.0; did you mean" in _bad("collections", "made-in-chine-2025")


# validate


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("release", make_release),
        ("source", lambda: make_source(make_release(), "lamps")),
        ("collection", lambda: make_release()["collections"][0]),
    ],
)
def test_validate(tmp_path: Path, kind: str, make: Callable[[], Any]) -> None:
    path = write(make(), tmp_path / "file.json")
    assert _good("validate", path) == f"{path}: valid {kind}\n"


def test_validate_says_all_that_is_wrong_with_the_form(tmp_path: Path) -> None:
    document = make_release()
    find(document, "lathes")["label"].pop("zh")
    find(document, "lamps")["level"] = 0
    path = write(document, tmp_path / "file.json")
    done = _run("validate", path)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{path}: tags[1].label: 'zh' is a required property",
        f"{path}: tags[4].level: 0 is less than the minimum of 1",
    ]
    assert done.stderr == f"Error: {path} is not a valid release: 2 problems\n"


def test_validate_says_which_rule_is_broken(tmp_path: Path) -> None:
    document = make_release()
    find(document, "lanterns")["aliases"]["en"].append("lasers")
    path = write(document, tmp_path / "file.json")
    done = _run("validate", path)
    assert done.stdout == f"{path}: lanterns: the alias 'lasers' is the label of lasers; remove it, or mark it ambiguous\n"
    assert done.stderr == f"Error: {path} is not a valid release: 1 problem\n"


def test_validate_broken_source(tmp_path: Path) -> None:
    document = make_source(make_release(), "lamps")
    del document["tags"][1]["definition"]
    path = write(document, tmp_path / "file.json")
    done = _run("validate", path)
    assert (done.exit_code, done.stdout) == (1, f"{path}: tags[1]: 'definition' is a required property\n")
    assert done.stderr == f"Error: {path} is not a valid source: 1 problem\n"


@pytest.mark.parametrize("content", ["[]", "1", "null", '"scheme"', "true"])
def test_validate_no_object(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(content, encoding="utf-8")
    assert _bad("validate", path).startswith(f"{path} is not a release, a source file or a collection")


def test_validate_unreadable(tmp_path: Path) -> None:
    assert _bad("validate", tmp_path / "none.json") == f"cannot read {tmp_path / 'none.json'}: No such file or directory"
    assert _bad("validate", tmp_path) == f"{tmp_path} is a directory; give a release file"
    path = tmp_path / "file.json"
    path.write_text("{\n  oops", encoding="utf-8")
    assert _bad("validate", path).startswith(f"{path} is not JSON: line 2, column 3: ")
    path.write_bytes(b"\xff")
    assert _bad("validate", path) == f"{path} is not UTF-8 at byte 0"


# format


def test_format(checkout: Path) -> None:
    assert _good("format") == _good("format", "--check") == ""
    path = checkout / "source" / "lamps.json"
    tidy = path.read_bytes()
    document = json.loads(tidy)
    document["tags"][1] = dict(reversed(document["tags"][1].items()))
    document["tags"][1]["label"]["en"] = "  Lasers "
    document["tags"].reverse()
    write(document, path)
    untidy = path.read_bytes()
    done = _run("format", "--check")
    assert (done.exit_code, done.stdout) == (1, f"would format {path}\n")
    assert done.stderr == "Error: 1 file to format; run techtags taxonomy format\n"
    assert path.read_bytes() == untidy
    assert _good("format") == f"formatted {path}\n"
    again = json.loads(path.read_text(encoding="utf-8"))
    assert [t["id"] for t in again["tags"]] == ["lamps", "lanterns", "lasers"]
    assert again["tags"][2] == json.loads(tidy)["tags"][1]
    assert list(again["tags"][2]) == list(json.loads(tidy)["tags"][1])
    assert _good("format", "--check") == ""


def test_format_collection(checkout: Path) -> None:
    path = checkout / "collections" / "plan-2020.json"
    tidy = path.read_bytes()
    write(dict(reversed(json.loads(tidy).items())), path)
    assert _good("format") == f"formatted {path}\n"
    assert path.read_bytes() == tidy


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"domain": "lamps", "tags": [1]}', '{"domain": "lamps", "tags": [{"id": "lamps"}]}']
)
def test_format_what_is_no_source(checkout: Path, content: str) -> None:
    path = checkout / "source" / "lamps.json"
    path.write_text(content, encoding="utf-8")
    assert _bad("format") == f"{path} cannot be formatted; see techtags taxonomy validate {path}"
    assert path.read_text(encoding="utf-8") == content


# build


def test_build(checkout: Path) -> None:
    path = checkout / "releases" / "1.0.0.json"
    assert _good("build", "1.0.0", "--released", "2026-01-31") == f"{path}: 7 tags, 1 collection\n"
    built = json.loads(path.read_text(encoding="utf-8"))
    assert problems(built, "release") == []
    made = make_release()
    assert {**built, "title": made["title"]} == made
    assert _good("validate", path) == f"{path}: valid release\n"


def test_build_keeps_releases(checkout: Path, tmp_path: Path) -> None:
    _good("build", "1.0.0", "--released", "2026-01-31")
    path = checkout / "releases" / "1.0.0.json"
    before = path.read_bytes()
    assert _bad("build", "1.0.0") == f"{path} exists and releases are immutable; choose a higher version"
    assert path.read_bytes() == before
    _good("build", "1.0.0", "--released", "2026-02-28", "--force")
    assert json.loads(path.read_text(encoding="utf-8"))["released"] == "2026-02-28"
    other = tmp_path / "elsewhere.json"
    _good("build", "1.0.1", "-o", other)
    assert json.loads(other.read_text(encoding="utf-8"))["version"] == "1.0.1"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("one",), "not a valid release document: version: 'one' does not match"),
        (("1.0.0", "--released", "soon"), "not a valid release document: released: 'soon' does not match"),
    ],
)
def test_build_refuses_odd_versions_and_dates(checkout: Path, args: tuple[str, ...], message: str) -> None:
    assert message in _bad("build", *args)
    assert [*(checkout / "releases").iterdir()] == []


@pytest.mark.parametrize(
    ("file", "key", "message"),
    [
        ("source/lamps.json", "tags", "lamps is not a valid source document: document: 'tags' is a required"),
        (
            "collections/plan-2020.json",
            "issuer",
            "plan-2020 is not a valid collection document: document: 'issuer'",
        ),
    ],
)
def test_build_names_the_file_that_is_wrong(checkout: Path, file: str, key: str, message: str) -> None:
    document = json.loads((checkout / file).read_text(encoding="utf-8"))
    del document[key]
    write(document, checkout / file)
    assert _bad("build", "1.0.0").startswith(f"nothing built: {message}")
    assert [*(checkout / "releases").iterdir()] == []


def test_build_keeps_the_rules(checkout: Path) -> None:
    path = checkout / "source" / "lamps.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["tags"][1]["related"] = ["suns"]
    write(document, path)
    done = _run("build", "1.0.0")
    assert done.exit_code == 1
    assert done.stdout == "lasers: is related to 'suns', which does not exist; correct or remove it\n"
    assert done.stderr == "Error: nothing built: the sources break the rules in 1 place\n"
    assert [*(checkout / "releases").iterdir()] == []


def test_build_order_and_files_agree(checkout: Path) -> None:
    shutil.copy(checkout / "source" / "lamps.json", checkout / "source" / "toys.json")
    assert _bad("build", "1.0.0") == "source/order.json and the files of source/ do not agree on toys"
    write({"lamps": 1}, checkout / "source" / "order.json")
    assert _bad("build", "1.0.0") == "source/order.json must be a list of domains, each once"


# diff


def test_diff(tmp_path: Path, small: Path) -> None:
    new = make_release("1.1.0")
    new["tags"].append(make_tag("torches", "lamps", 2, "Torches", "手电筒"))
    path = write(new, tmp_path / "new.json")
    assert _good("diff", small, path) == "added       torches: under lamps\n1.0.0 to 1.1.0: 1 change, demands: minor\n"
    assert json.loads(_good("diff", small, path, "--json"))["changes"][0]["id"] == "torches"
    assert _bad("diff", path, small) == "1.0.0 is older than 1.1.0; give the older release first"


def test_diff_understated(tmp_path: Path, small: Path) -> None:
    new = make_release("1.0.1")
    find(new, "lanterns")["definition"]["en"] = "All that shines."
    done = _run("diff", small, write(new, tmp_path / "new.json"))
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == "redefined   lanterns: en definition: All that shines."
    assert done.stderr == "Error: 1.0.1 does not follow 1.0.0 as a major release; raise the version\n"


def test_diff_of_the_same() -> None:
    assert _good("diff", "1.0.0", "1.0.0") == "1.0.0 to 1.0.0: 0 changes, demands: none\n"
    assert _bad("diff", "1.0.0", "9.9.9") == "there is no release 9.9.9; there are 1.0.0"


# export


@pytest.mark.parametrize("form", ["csv", "jsonld", "turtle"])
def test_export(tmp_path: Path, small: Path, form: str) -> None:
    path = tmp_path / "out"
    assert _good("export", "--format", form, "--release", small, "-o", path) == ""
    text = path.read_bytes().decode("utf-8")
    assert text == _good("export", "--format", form, "--release", small)
    assert "微型车床" in text and text.endswith("\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "small.json"]


def test_export_csv_of_the_standard() -> None:
    assert len(list(csv.reader(io.StringIO(_good("export", "--format", "csv"))))) == 197


def test_export_refuses(tmp_path: Path) -> None:
    assert _run("export").exit_code == 2
    assert _run("export", "--format", "xml").exit_code == 2
    assert str(tmp_path / "none") in _bad("export", "--format", "csv", "-o", tmp_path / "none" / "out")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert _bad("export", "--format", "csv", "-o", folder) == f"{folder} is a directory; name a file"
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("command", [("list",), ("show", "lithography"), ("tree",), ("search", "EUV"), ("collections",)])
def test_release_that_is_none(command: tuple[str, ...]) -> None:
    assert _bad(*command, "--release", "7.0.0") == "there is no release 7.0.0; there are 1.0.0"


def test_help_names_every_command() -> None:
    text = _good("--help")
    for name in ("build", "collections", "diff", "export", "format", "list", "search", "show", "tree", "validate"):
        assert f"\n  {name} " in text


def test_search_in_traditional_characters() -> None:
    done = CliRunner().invoke(cli, ["taxonomy", "search", "半導體設備"])
    assert done.exit_code == 0 and done.output.startswith("semiconductor-equipment ")
