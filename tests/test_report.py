"""Pictures, and the report in a real browser: nothing is asked of any other place, nothing breaks, Chinese is drawn."""

from __future__ import annotations

import itertools
import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from commands import techtags
from worlds import Record, build

from techtags.linkage import pictures
from techtags.linkage.compare import compare
from techtags.linkage.selection import Linked, Selection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=alert(1)>"
KINDS = {"deals": "investment", "patents": "patent"}


def world() -> list[Record]:
    out = []
    for year in range(2012, 2021):
        for table in KINDS:
            out += [Record({"photovoltaics": 0.8}, year, table, firms=[1]) for _ in range(year - 2008)]
            out += [Record({"wind": 0.7, "databases": 0.6}, year, table, firms=[2], country="CN") for _ in range(6)]
            out += [Record(["energy"], year, table), Record([], year, table)]
    return [*out, Record(["robotics"], None, "deals", amount=3.0, currency="USD")]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    about = {"name": f"A world {HOSTILE}", "notes deals": '{"date": {"rows": 2, "examples": ["deals.csv, row 3: <b>soon</b>"]}}'}
    return build(tmp_path_factory.mktemp("report") / "world.duckdb", world(), KINDS, {1: "甲", 2: HOSTILE}, about)


@pytest.fixture(scope="module")
def report(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("html") / "report.html"
    done = techtags("trends", database, "--report", path)
    assert (done.code, done.out) == (0, b""), done.err
    return path


class _Page(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href", "data", "action", "srcset"):
                self.links.append(value or "")


def test_the_file_holds_all_it_needs(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.tags.count("script") == 1 and page.tags.count("img") == 0 and page.tags.count("link") == 0
    assert page.tags.count("svg") >= 5  # lines and heat map of two levels, and the comparison
    assert [link for link in page.links if not link.startswith(("#", "data:"))] == []
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert "@import" not in text and "url(http" not in text
    # What comes from the data is text, and both names of tags stand there.
    assert "&lt;script&gt;document.title" in text and "<b>soon" not in text
    for words in ("太阳能", "Solar energy", "Poisson binomial", "funded and patented", "Expected", "New in 2020", "full"):
        assert words in text, words


def test_the_same_database_gives_the_same_report(database: Path, report: Path, tmp_path: Path) -> None:
    assert techtags("trends", database, "--report", tmp_path / "again.html").code == 0
    assert (tmp_path / "again.html").read_bytes() == report.read_bytes()


def test_reports_of_little(tmp_path: Path) -> None:
    """No years, no tags, no records: sections say so."""
    worlds = {"undated": [Record(["wind"], None)], "untagged": [Record([], 2020)], "empty": []}
    for name, records in worlds.items():
        path = build(tmp_path / f"{name}.duckdb", records)
        done = techtags("trends", path, "--report", tmp_path / f"{name}.html")
        assert done.code == 0, done.err
        assert "nothing to show over time" in (tmp_path / f"{name}.html").read_text(encoding="utf-8")


def test_report_of_a_selection(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.html"
    options = ["--tag", "wind", "--kind", "patent", "--counting", "fractional", "--title", "Wind & more"]
    assert techtags("trends", database, *options, "--report", path).code == 0
    text = path.read_text(encoding="utf-8")
    assert "<title>Wind &amp; more</title>" in text and "Fractional counting" in text and "kind patent" in text
    assert "太阳能" not in text
    assert "<small>1 table</small>" in text  # those that are counted


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser: pip install playwright")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.enable_socket
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_in_a_browser(browser: Any, report: Path, scheme: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    context.set_default_timeout(180_000)  # a busy machine is no failure
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.title().startswith("A world <script>")
    # The whole page fits the width; what is wider scrolls by itself.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Text and page differ in lightness as the scheme asks.
    ink, ground = (
        sum(map(int, page.evaluate(f"getComputedStyle(document.body).{p}").split("(")[1].rstrip(")").split(",")[:3]))
        for p in ("color", "backgroundColor")
    )
    assert (ink < ground) == (scheme == "light") and abs(ink - ground) > 450
    assert page.evaluate(_INK_OF_PICTURES) == page.evaluate("getComputedStyle(document.body).color")
    assert page.evaluate(_CHINESE_IS_DRAWN)
    # Tables sort by number, both ways, empty cells last; and can be filtered.
    table = page.locator("#t-view-1")
    head = table.locator("th", has_text="Count").first
    for order in ("ascending", "descending"):
        while head.get_attribute("aria-sort") != order:
            head.locator("button").click()
        values = page.evaluate("[...document.querySelectorAll('#t-view-1 tbody tr')].map((r) => Number(r.cells[1].dataset.v))")
        assert len(values) > 2 and values == sorted(values, reverse=order == "descending")
    assert [url for url in asked if url != report.as_uri()] == []
    assert said == []
    context.close()


# The colour in which the first picture writes.
_INK_OF_PICTURES = """getComputedStyle([...document.querySelectorAll('svg g')].find((g) => g.style.fill === 'var(--ink)')).fill"""
# Two characters and one that no font has look different from each other when drawn in the page's font.
_CHINESE_IS_DRAWN = """() => {
  const draw = (text) => {
    const canvas = document.createElement('canvas'); canvas.width = canvas.height = 48;
    const pen = canvas.getContext('2d');
    pen.font = '32px ' + getComputedStyle(document.body).fontFamily;
    pen.fillText(text, 4, 36);
    return [...pen.getImageData(0, 0, 48, 48).data].join();
  };
  const looks = ['光', '伏', '\\u{10FFFD}', ''].map(draw);
  return new Set(looks).size === 4;
}"""


def test_pictures(database: Path, tmp_path: Path) -> None:
    for options, name in (
        (["--level", "2"], "lines.png"),
        (["--level", "2", "--style", "heatmap", "--labels", "zh"], "heat.svg"),
        (["--by", "tag"], "bars.svg"),
        (["--by", "year"], "one.png"),
        (["--by", "country,year"], "countries.svg"),
    ):
        for again in ("", "again-"):
            done = techtags("trends", database, *options, "--picture", tmp_path / f"{again}{name}")
            assert (done.code, done.out) == (0, b""), done.err
            assert "Glyph" not in done.err
        content = (tmp_path / name).read_bytes()
        assert content == (tmp_path / f"again-{name}").read_bytes()
        assert content.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
    done = techtags("compare", database, "deals", "patents", "--picture", tmp_path / "c.svg")
    assert done.code == 0 and b"<svg" in (tmp_path / "c.svg").read_bytes()


def test_chinese_without_a_font_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "chinese_font", lambda: None)
    assert pictures.font_warning(["Wind power"]) == ""
    line = pictures.font_warning(["Wind power", "风电", "光伏"])
    assert "Noto Sans CJK" in line and "\n" not in line


def test_the_note_above_a_comparison_leaves_the_legend_free(database: Path) -> None:
    with Linked.open(database) as linked:
        table = compare(linked, Selection(tables=("deals",)), Selection(tables=("patents",)), level=1)
    figure = pictures.draw_comparison(table, "deals", "patents", ("funded", "patented"))
    pictures.save(figure, "x.png")
    figure.draw_without_rendering()  # where things stand once they are laid out
    legend = next(legend for axes in figure.axes if (legend := axes.get_legend()))
    notes = [t for t in (figure._suptitle, *(axes.title for axes in figure.axes)) if t is not None and t.get_text()]  # type: ignore[attr-defined]
    assert ["too few" in t.get_text() for t in notes] == [True]
    assert notes[0].get_window_extent().y0 >= legend.get_window_extent().y1


def test_labels_at_the_end_of_lines_do_not_overlap(tmp_path: Path) -> None:
    import pyarrow as pa
    from matplotlib.text import Text

    rows = [
        {
            "tag": f"tag-{i}", "label_en": f"A tag with a long name of its own, number {i}", "label_zh": f"标签{i}",
            "tag_level": 1, "no_finer": False, "year": year, "counting": "full", "rollup": "level-1", "records": 10,
            "count": 10.0 + 0.01 * i, "expected": 10.0 + 0.01 * i, "low": 8.0, "high": 11.0, "share": 0.1,
        }
        for i in range(7)
        for year in (2019, 2020)
    ]  # fmt: skip
    figure = pictures.draw(pa.Table.from_pylist(rows), lang="both", title="All at one height")
    figure.savefig(tmp_path / "x.png")
    texts = [t for t in figure.axes[0].texts if t.get_text()]
    assert len(texts) == 7
    boxes = sorted((Text.get_window_extent(t) for t in texts), key=lambda b: b.y0)  # without their lines
    assert all(low.y1 <= high.y0 for low, high in itertools.pairwise(boxes))
