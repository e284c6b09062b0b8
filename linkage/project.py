"""The project file: which tables to connect, and what their columns hold."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..schemas import problems, schema
from ..taxonomy.search import nearest
from .codes import currency_code
from .errors import LinkError
from .values import EXCEL, Unread, parse_country

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBJECT, PARENT = "subject", "parent"


@dataclass(frozen=True, slots=True)
class Party:
    """A column that names firms or people.

    Attributes:
        column: the column of names; empty where the table has none for the subject.
        also: columns of other names of the same firm.
        role: ``subject`` for the firm that a row is about, ``parent`` for its owner, or what the project calls it.
        person: whether they are people.
        split: what stands between several names in a cell, or None.
        id, scheme: the column of their ids and what these are, or None.
        country: the column of their countries, or None.
    """

    column: str
    role: str
    also: tuple[str, ...] = ()
    person: bool = False
    split: str | None = None
    id: str | None = None
    scheme: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of a project; attributes as in `schemas/project.schema.json`.

    Attributes:
        place: where it is: a file, a folder or a pattern.
        text, label, date: columns, in order.
        firm_ids: columns of the subject's id and their schemes; the first that is filled counts.
        parties: the columns that name firms or people, the subject's first.
        fixed: what holds for all rows.
        section: the table's section as the file has it.
    """

    name: str
    kind: str
    path: str
    place: Path
    section: Mapping[str, Any]
    text: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    id: str | None = None
    amount: str | None = None
    currency: str | None = None
    rate: str | None = None
    country: str | None = None
    firm_ids: tuple[tuple[str, str], ...] = ()
    parties: tuple[Party, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    date_formats: tuple[str, ...] = ()
    decimal: str = "."
    amount_unit: float | None = None
    scheme: str | None = None
    mapping: Path | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A project file that was read and checked.

    Attributes:
        path: the file.
        name: for titles.
        database: the file to build.
        currency: what amounts are shown in, an ISO 4217 code; None if they stay in their own.
        rates: units of `currency` for one of each other: a number, or numbers by year.
        model: folder of a model other than the shipped one, or None.
        profile: which of the model's thresholds apply.
        links: a filled-in table of doubtful pairs of firms, or None.
        threshold, doubt, backend: see `techtags.linkage.firms.resolve`.
        tables: in the order of the file.
        sha256: of the file.
    """

    path: Path
    name: str
    database: Path
    currency: str | None
    rates: Mapping[str, float | Mapping[int, float]]
    model: Path | None
    profile: str
    links: Path | None
    threshold: float
    doubt: float
    backend: str
    tables: tuple[TableSpec, ...]
    sha256: str

    def settings(self, table: TableSpec) -> str:
        """All that decides how the rows of `table` are read, as JSON: its section, and the project's money where it has any."""
        section = {k: v for k, v in table.section.items() if k not in ("name", "kind", "path")}
        if table.amount:
            section["project"] = {"currency": self.currency, "rates": self.rates}
        return json.dumps(section, ensure_ascii=False, sort_keys=True)


def read_project(path: str | Path) -> Project:
    """Read a project file and check it; tables are not opened yet.

    Raises:
        LinkError: the file cannot be read, is not TOML, or says what it must not; the message names the key.
    """
    place = Path(path)
    try:
        raw = place.read_bytes()
        document = _toml(raw.decode("utf-8-sig"))
    except IsADirectoryError:
        raise LinkError(f"{path} is a directory; give a project file") from None
    except FileNotFoundError:
        raise LinkError(f"there is no file {path}") from None
    except OSError as error:
        raise LinkError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise LinkError(f"{path} is not UTF-8 at byte {error.start}") from None
    except ValueError as error:  # of the TOML reader; the message says line and column
        raise LinkError(f"{path} is not TOML: {error}") from None
    if isinstance(document.get("table"), dict):
        raise LinkError(f"{path}: tables are a list; write [[table]], with two brackets")
    _check(document, str(path))
    head, firms = document["project"], document.get("firms", {})
    base = place.resolve().parent
    project = Project(
        path=place,
        name=head["name"],
        database=_at(base, head["database"]),
        currency=head.get("currency"),
        rates={
            c: {int(y): float(n) for y, n in r.items()} if isinstance(r, dict) else float(r)
            for c, r in document.get("rates", {}).items()
        },
        model=_at(base, head["model"]) if "model" in head else None,
        profile=head.get("profile", "balanced"),
        links=_at(base, firms["links"]) if "links" in firms else None,
        threshold=float(firms.get("threshold", 0.95)),
        doubt=float(firms.get("doubt", 0.5)),
        backend=firms.get("backend", "duckdb"),
        tables=tuple(_table(section, base, str(path)) for section in document["table"]),
        sha256=hashlib.sha256(raw).hexdigest(),
    )
    _check_money(project)
    _check_files(project)
    return project


def _toml(text: str) -> dict[str, Any]:
    try:
        reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    except ImportError:
        raise LinkError('reading project files needs tomli below Python 3.11: pip install "techtags[linkage]"') from None
    document: dict[str, Any] = reader.loads(text)
    return document


def _at(base: Path, name: str) -> Path:
    return base / Path(name).expanduser()


# Checks


def _check(document: dict[str, Any], name: str) -> None:
    """Keys that there are not come first: a misspelt one is most often the reason for the other problems."""
    root = schema("project")
    for where, key, known in _unknown(document, root, root, ()):
        hint = nearest(key, known) or f"; there are {', '.join(known)}"
        raise LinkError(f"{name}{_where(document, where)}: there is no key {key!r}{hint}")
    found = problems(document, "project")
    if found:
        steps = found[0].where.replace("]", "").replace("[", ".").split(".") if found[0].where else []
        message = found[0].message
        if message.endswith("is a required property"):
            message = f"{message.split(' is a required')[0]} is missing"
        elif message.startswith("False schema"):
            message = "a cell with several names has no other names; give also or split, not both"
        elif " is a dependency of " in message:
            message = " needs ".join(reversed(message.split(" is a dependency of ")))
        elif message.endswith("does not match '^[A-Z]{3}$'"):
            message = f"{message.split(' does not')[0]} is no ISO 4217 code, such as USD"
        raise LinkError(f"{name}{_where(document, [int(s) if s.isdigit() else s for s in steps])}: {message}")
    names = [section["name"] for section in document["table"]]
    twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
    if twice is not None:
        raise LinkError(f"{name}: two tables are called {twice!r}; rename one")


def _unknown(
    value: Any, node: Mapping[str, Any], root: Mapping[str, Any], where: tuple[str | int, ...]
) -> list[tuple[tuple[str | int, ...], str, list[str]]]:
    """Keys that the schema has no place for: where they stand, what they are, and what there is."""
    reference = node.get("$ref", "")
    if reference:
        target = root["$defs"][reference.rpartition("/")[2]]
        node = {**target, **node, **(target.get("then", {}) if isinstance(value, dict) else {})}
        if "$ref" in target.get("then", {}):
            node = root["$defs"][target["then"]["$ref"].rpartition("/")[2]] if isinstance(value, dict) else node
    out: list[tuple[tuple[str | int, ...], str, list[str]]] = []
    if isinstance(value, dict) and "properties" in node:
        known = list(node["properties"])
        for key, inner in value.items():
            if key in node["properties"]:
                out += _unknown(inner, node["properties"][key], root, (*where, key))
            else:
                out.append((where, key, known))
    elif isinstance(value, list) and "items" in node:
        for i, inner in enumerate(value):
            out += _unknown(inner, node["items"], root, (*where, i))
    return out


def _where(document: Mapping[str, Any], steps: Sequence[str | int]) -> str:
    """A place in the document as its reader calls it: ``, table "deals", columns.firm``."""
    shown: list[str] = []
    rest = list(steps)
    if len(rest) >= 2 and rest[0] == "table" and isinstance(rest[1], int):
        section = document["table"][rest[1]]
        title = section.get("name") if isinstance(section, dict) else None
        shown.append(f"table {json.dumps(title, ensure_ascii=False)}" if title else f"table {rest[1] + 1}")
        rest = rest[2:]
    if rest:
        path = ""
        for step in rest:
            listed = isinstance(step, int) and rest[0] != "rates"  # which has years
            path += f"[{step}]" if listed else (f".{step}" if path else str(step))
        shown.append(path)
    return "".join(f", {s}" for s in shown)


def _check_money(project: Project) -> None:
    given = {project.currency, *project.rates, *(t.fixed.get("currency") for t in project.tables)} - {None}
    for code in sorted(c for c in given if c):
        known = currency_code(code)
        if known != code:
            hint = f"; write {known}" if known and len(known) == 3 else ""
            raise LinkError(f"{project.path}: {code} is no ISO 4217 code of a currency{hint}")
    if project.currency is None and (project.rates or any(t.rate for t in project.tables)):
        what = "[rates]" if project.rates else "a rate column"
        raise LinkError(f"{project.path}: {what} needs the currency that amounts become; say currency in [project]")
    if project.currency in project.rates:
        raise LinkError(f"{project.path}: [rates] has {project.currency}, which is the project's own currency; leave it out")
    if project.doubt > project.threshold:
        raise LinkError(f"{project.path}: doubt in [firms] is above threshold ({project.doubt} and {project.threshold})")


def _check_files(project: Project) -> None:
    if project.database.is_dir():
        raise LinkError(f"{project.path}: database is a directory: {project.database}")
    taken = {project.path.resolve(): "the project file"}
    taken.update({t.place.resolve(): f"table {t.name!r}" for t in project.tables})
    if project.links:
        taken[project.links.resolve()] = "links of [firms]"
    what = taken.get(project.database.resolve())
    if what:
        raise LinkError(f"{project.path}: database would overwrite {what}: {project.database}; name another file")


def _many(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _table(section: Mapping[str, Any], base: Path, name: str) -> TableSpec:
    columns, fixed = section.get("columns", {}), dict(section.get("fixed", {}))
    called = f"{name}, table {json.dumps(section['name'], ensure_ascii=False)}"
    formats = _many(section.get("date_format"))
    for way in formats:
        _check_format(way, called)
    if "country" in fixed:
        try:
            fixed["country"] = parse_country(fixed["country"])
        except Unread as error:
            raise LinkError(f"{called}, fixed.country: {error}") from None
    ids = columns.get("firm_id", [])
    roles = columns.get("roles", [])
    for role in roles:
        if role["role"] in (SUBJECT, PARENT):
            key = "firm" if role["role"] == SUBJECT else "parent"
            raise LinkError(
                f"{called}, columns.roles: the role {role['role']!r} has a key of its own; say {key} = {role['column']!r}"
            )
    parties = [_party(columns[key], role) for key, role in (("firm", SUBJECT), ("parent", PARENT)) if key in columns]
    if "firm" not in columns and (ids or "firm" in fixed):
        parties.insert(0, Party("", SUBJECT))
    return TableSpec(
        name=section["name"],
        kind=section["kind"],
        path=section["path"],
        place=_at(base, section["path"]),
        section=section,
        text=_many(columns.get("text")),
        label=_many(columns.get("label")),
        date=_many(columns.get("date")),
        **{key: columns.get(key) for key in ("id", "amount", "currency", "rate", "country")},
        firm_ids=tuple((i["column"], i["scheme"]) for i in ([ids] if isinstance(ids, dict) else ids)),
        parties=(*parties, *(Party(**role) for role in roles)),
        fixed=fixed,
        **{key: section.get(key) for key in ("format", "encoding", "delimiter", "scheme")},
        sheet=str(section["sheet"]) if "sheet" in section else None,
        date_formats=formats,
        decimal=section.get("decimal", "."),
        amount_unit=float(section["amount_unit"]) if "amount_unit" in section else None,
        mapping=_at(base, section["mapping"]) if "mapping" in section else None,
    )


def _party(given: str | Mapping[str, Any], role: str) -> Party:
    if isinstance(given, str):
        return Party(given, role)
    return Party(role=role, **{**given, "also": _many(given.get("also"))})


def _check_format(way: str, called: str) -> None:
    """A format of dates must give back the year of what it writes."""
    if way == EXCEL:
        return
    try:
        again = datetime.strptime(datetime(2019, 12, 31).strftime(way), way)
    except ValueError as error:
        raise LinkError(f"{called}, date_format: {way!r} cannot be used: {error}") from None
    if again.year != 2019 or "%" not in way:
        raise LinkError(f'{called}, date_format: {way!r} names no year; write it like "%d/%m/%Y"')
