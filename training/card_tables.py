"""The tables of a model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .card_pictures import LANGUAGES
from .confusion import BROADER, DOMAIN, ELSEWHERE, FINER, KINDS, NOTHING, SIBLING
from .markdown import cell, code, count, number, share, table
from .metrics import FIGURES, LEAST_ROWS
from .reliability import PRECISIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..taxonomy import Taxonomy

Facts = dict[str, Any]

GROUPS = (("by_language", "language"), ("by_source", "source"), ("by_kind", "kind"), ("by_length", "length"))
MOST_PAIRS = 15
INSTEAD = {
    SIBLING: "a sibling", BROADER: "a broader tag", FINER: "a finer tag", DOMAIN: "another tag of the domain",
    ELSEWHERE: "a tag of another domain", NOTHING: "nothing wrong",
}  # fmt: skip


def _at(figures: Facts, path: str) -> float | None:
    value: Any = figures
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, (int, float)) else None


def _named(lang: str) -> str:
    return LANGUAGES.get(lang, cell(lang))


def interval_table(models: Sequence[Facts], profiles: Sequence[str]) -> str:
    """The main figures with their intervals: a column a model and profile."""
    columns = [(model, profile) for model in models for profile in profiles]
    head = [f"{cell(m['name'])}, `{p}`" if profiles[1:] else cell(m["name"]) for m, p in columns]
    names = list(models[0]["intervals"][profiles[0]])
    rows = []
    for name in names:
        cells = []
        for model, profile in columns:
            found = model["intervals"][profile][name]
            cells.append(f"{number(found['value'])} ({number(found['low'])} to {number(found['high'])})")
        rows.append([name, *cells])
    for lang in models[0]["reliability"][profiles[0]]:
        if lang != "all":
            found_here = [(m["reliability"][p][lang]["ece"], m["reliability"][p][lang]["by_chance"]["mean"]) for m, p in columns]
            values = [f"{number(ece)} (by chance {number(chance)})" for ece, chance in found_here]
            rows.append([f"calibration error, {_named(lang)}", *values])
    return table(["", *head], rows)


def difference_table(by_profile: Mapping[str, Facts]) -> str:
    """A figure a row; a column a profile."""
    rows = []
    for name in next(iter(by_profile.values())):
        cells = []
        for found in by_profile.values():
            one = found[name]
            cells += [f"{one['value']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})", f"{one['higher']:.1%}"]
        rows.append([name, *cells])
    return table(["", *(title for profile in by_profile for title in (f"`{profile}`", "higher"))], rows)


def group_tables(model: Facts) -> list[str]:
    """All figures, a table a profile, a row a group of rows."""
    out = []
    for profile, found in model["figures"].items():
        rows = [["**all**", *_figures(found["all"])]]
        for key, title in GROUPS:
            for name, group in found[key].items():
                rows.append([f"{title}: {_named(name) if key == 'by_language' else cell(name)}", *_figures(group)])
        out += [f"Profile `{profile}`:", table(["", "rows", *(title for title, _ in FIGURES)], rows)]
    return out


def _figures(group: Facts) -> list[str]:
    return [count(group["rows"]), *(number(_at(group, path)) for _, path in FIGURES)]


def made_table(when_made: Mapping[str, Any]) -> str:
    """What was measured when the model was made: every set of figures in the manifest."""
    rows = []
    for name, found in when_made.items():
        sets = {name: found} if "leaf" in found else {f"{name}: {k}": v for k, v in found.items() if isinstance(v, dict)}
        rows += [[cell(k.replace("_", " ")), *_figures(v)] for k, v in sets.items() if "leaf" in v and "rows" in v]
    if not rows:
        return ""
    return "Measured when it was made, on training rows that it had not seen:\n\n" + table(
        ["", "rows", *(title for title, _ in FIGURES)], rows
    )


def within_tables(described: Sequence[tuple[str, Facts]]) -> str:
    """How many rows there are of each language and kind."""
    rows = []
    for key, title in (("by_language", "language"), ("by_kind", "kind")):
        for name in sorted({name for _, one in described for name in one[key]}):
            shown = _named(name) if key == "by_language" else cell(name)
            rows.append([f"{title}: {shown}", *(count(one[key].get(name, 0)) for _, one in described)])
    return table(["", *(f"{title.lower()} {code(one['file'])}" for title, one in described)], rows)


def sources_table(described: Sequence[tuple[str, Facts]], said: Mapping[str, Mapping[str, str]]) -> str:
    """What the sources are, under which licence, and how many rows there are of each."""
    rows = []
    for name in sorted({name for _, one in described for name in one["by_source"]}):
        counts = [one["by_source"].get(name, {}) for _, one in described]
        kinds = sorted({kind for _, one in described for kind in one["kinds_of_source"].get(name, [])})
        languages = sorted(
            {lang for _, one in described for lang in one["by_language"] if one["by_source"].get(name, {}).get(lang)}
        )
        of_it = said.get(name, {})
        trained = all(found.get("trained on") for found in counts if found)
        rows.append(
            [
                cell(name), cell(of_it.get("what", "-")), ", ".join(map(_named, languages)), ", ".join(map(cell, kinds)),
                cell(of_it.get("licence", "-")) + ("" if trained else "; measuring only"),
                *(count(found.get("rows", 0)) for found in counts),
            ]
        )  # fmt: skip
    head = ["source", "what", "languages", "kind", "licence", *(f"{title.lower()}" for title, _ in described)]
    return table(head, rows, left=5)


def calibration_table(models: Sequence[Facts]) -> str:
    """The calibration error of each model, profile and language, and what chance alone would show."""
    rows = []
    for model in models:
        for profile, groups in model["reliability"].items():
            for name, found in groups.items():
                chance = found["by_chance"]
                rows.append(
                    [
                        cell(model["name"]),
                        f"`{profile}`",
                        "all" if name == "all" else _named(name),
                        count(found["rows"]),
                        count(found["n"]),
                        *(number(value) for value in (found["ece"], chance["mean"], chance["high"], chance["as_high"])),
                    ]
                )
    head = ["model", "profile", "language", "rows", "tags given", "error", "by chance", "in one of 20", "as high"]
    return table(head, rows, left=3)


def risk_table(models: Sequence[Facts]) -> str:
    """The share of rows that can be kept at each precision."""
    rows = []
    for model in models:
        for name, curves in model["risk_coverage"].items():
            for what, curve in curves.items():
                cells = [f"{curve['covered'][f'{p:g}']:.1%}" for p in PRECISIONS]
                rows.append([cell(model["name"]), "all" if name == "all" else _named(name), what, *cells])
    return table(["model", "language", "of", *(f"{p:.0%} right" for p in PRECISIONS)], rows, left=3)


def confusion_tables(models: Sequence[Facts], taxonomy: Taxonomy) -> list[str]:
    """What is given instead of missed tags, and the pairs that are confused most."""
    rows = []
    for model in models:
        found = model["confusion"]
        parts = [count(found["kinds"][kind]) for kind in KINDS]
        rows.append([cell(model["name"]), count(found["missed"]), *parts, count(found["extra"])])
    out = [table(["model", "tags missed", *INSTEAD.values(), "further wrong tags"], rows)]
    for model in models:
        found = model["confusion"]
        for pairs, title in (
            (found["pairs"][SIBLING], "Siblings"),
            (found["pairs"][DOMAIN], "Elsewhere in the domain"),
            (found["pairs"][ELSEWHERE], "Across domains"),
            (found["domains"], "Across domains, by domain"),
        ):
            shown = f", the first {MOST_PAIRS} of {len(pairs)} pairs" if len(pairs) > MOST_PAIRS else ""
            out.append(f"**{title}, {cell(model['name'])}**{shown}:")
            cells = [[_tag(tag, taxonomy), _tag(instead, taxonomy), count(n)] for tag, instead, n in pairs[:MOST_PAIRS]]
            out.append(table(["annotated", "given instead", "times"], cells, left=2) if cells else "None.")
    return out


def _tag(tag_id: str, taxonomy: Taxonomy) -> str:
    labels = taxonomy[tag_id].labels
    return f"`{tag_id}` {cell(labels['en'])} {cell(labels['zh'])}"


def contrast_table(models: Sequence[Facts]) -> list[str]:
    """How many cases of the contrast set pass, and the ids of those that fail."""
    titles = {"all": "", "language": "language: ", "asks": "", "kind": "kind: "}
    first = models[0]["contrast"]["groups"]
    rows = []
    for group, names in first.items():
        for name in sorted(names):
            shown = titles[group] + (_named(name) if group == "language" else cell(name))
            rows.append([shown, *(share(*model["contrast"]["groups"][group][name]) for model in models)])
    out = [table(["cases that pass", *(cell(model["name"]) for model in models)], rows)]
    for model in models:
        failing = model["contrast"]["failing"]
        out.append(f"**Cases that fail, {cell(model['name'])}**, by id:")
        lines = [f"- {cell(kind)} ({len(ids)}): " + ", ".join(f"{code(i)}" for i in ids) for kind, ids in failing.items()]
        out.append("\n".join(lines) or "None.")
    return out


def firm_table(models: Sequence[Facts]) -> list[str]:
    """How many rows change their tags without the names of firms, and which."""
    rows = []
    for model in models:
        found = model["firm_names"]
        by_language = "; ".join(f"{_named(lang)} {changed} of {of}" for lang, (changed, of) in found["by_language"].items())
        rows.append(
            [cell(model["name"]), count(found["naming"]), share(len(found["changed"]), found["naming"]), by_language or "-",
             count(len(found["reordered"]))]
        )  # fmt: skip
    out = [table(["model", "rows that name a firm", "whose tags change", "by language", "only another first tag"], rows)]
    for model in models:
        changed = model["firm_names"]["changed"]
        if changed:
            cells = [[f"{code(i)}", _given(one["before"]), _given(one["after"])] for i, one in changed.items()]
            out += [
                f"Rows whose tags change, {cell(model['name'])}:",
                table(["row", "with the name", "without it"], cells, left=3),
            ]
    return out


def _given(tags: Sequence[str]) -> str:
    return ", ".join(f"`{tag}`" for tag in tags) or "none"


def tag_tables(model: Facts, taxonomy: Taxonomy) -> list[str]:
    """Every measured tag, by domain; and tags with tags below them, all below counted."""
    profiles = list(model["figures"])
    head = ["tag", "English", "Chinese", "rows", *(f"{figure} `{p}`" for p in profiles for figure in ("P", "R", "F1"))]
    out = []
    for key, title in (
        ("exact", "The very tag:"),
        ("with_below", "Tags with tags below them; a row counts that carries one of them or the tag itself:"),
    ):
        rows = []
        for tag in taxonomy.active:
            found = model["by_tag"][tag.id].get(key)
            if found and found["rows"] >= LEAST_ROWS:
                cells = [number(found[p][f], 2) for p in profiles for f in ("precision", "recall", "f1")]
                rows.append([f"`{tag.id}`", cell(tag.labels["en"]), cell(tag.labels["zh"]), count(found["rows"]), *cells])
        if rows:
            out += [title, table(head, rows, left=3)]
    return out


def unmeasured(model: Facts, taxonomy: Taxonomy) -> str:
    """The tags that too few rows carry to say anything."""
    few = [(tag, model["by_tag"][tag.id]["exact"]["rows"]) for tag in taxonomy.active]
    lines = [
        f"- `{tag.id}` {cell(tag.labels['en'])} {cell(tag.labels['zh'])}: {n} row{'' if n == 1 else 's'}"
        for tag, n in few
        if n < LEAST_ROWS
    ]
    if not lines:
        return f"All tags have at least {LEAST_ROWS} rows."
    return (
        f"{len(lines)} tags have fewer than {LEAST_ROWS} rows in the data measured on, and **nothing is known of how well they "
        "are found** (a parent may still be measured with all below it):\n\n" + "\n".join(lines)
    )
