"""A database that is open for reading, and which of its records and tags a question is about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import LinkError
from .store import connect

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

# What a record carries, without the tags that another one of its tags implies.  A tag with no probability was given by a label
# or a person and is taken as given.  Two rows for one tag of one record are one.  Record and tag are one number while they are
# grouped by: that takes half the time.
_SPECIFIC = """
CREATE TEMP TABLE specific AS
WITH packed AS (
    SELECT record_id * 65536 + number AS pair, max(coalesce(score, 1)) AS p, bool_or(score IS NULL) AS unscored
    FROM assignments JOIN tag_numbers USING (tag)
    GROUP BY pair
),
numbered AS (SELECT pair // 65536 AS record_id, (pair % 65536)::SMALLINT AS tag, p, unscored FROM packed),
implied AS (
    SELECT DISTINCT upper.record_id, upper.tag
    FROM numbered AS upper
    JOIN closure_numbers AS below ON below.ancestor = upper.tag AND below.distance > 0
    JOIN numbered AS lower ON lower.record_id = upper.record_id AND lower.tag = below.tag
)
SELECT * FROM numbered ANTI JOIN implied USING (record_id, tag)
"""
_TAGGED = "CREATE TEMP TABLE tagged AS SELECT record_id, count(*) AS tags FROM specific GROUP BY record_id"
_OWN = "CREATE TEMP TABLE own AS SELECT specific.*, 1.0::DOUBLE / tags AS share FROM specific JOIN tagged USING (record_id)"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records, and which of their tags, are counted; empty means all.

    Attributes:
        tags: ids; these and all below them.
        within: collections; their tags and all below them.
        tables, kinds, countries: of records (countries as ISO 3166 alpha-2).
        first, last: years, both included; records without a year fall out when either is given.
        role: which firms of a record are its firms: ``subject``, ``investor``, ...
        currency: count only amounts in this currency, in its own units.
    """

    tags: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None
    role: str = "subject"
    currency: str | None = None

    def describe(self) -> str:
        """In words, for heads and captions; empty if nothing is left out."""
        lists = (self.tags, self.within, self.tables, self.kinds, self.countries)
        parts = [
            f"{name} {', '.join(values)}"
            for name, values in zip(("tag", "within", "table", "kind", "country"), lists, strict=True)
            if values
        ]
        parts += [f"{word} {year}" for word, year in (("from", self.first), ("to", self.last)) if year is not None]
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class TagInfo:
    """A tag as the database has it.

    Attributes:
        number: its place in the database, from 0.
        id, label_en, label_zh: names.
        level: 1 for a domain.
        parent: id of the tag above, or None.
        has_children: whether there are tags below it.
    """

    number: int
    id: str
    label_en: str
    label_zh: str
    level: int
    parent: str | None
    has_children: bool

    def label(self, lang: str) -> str:
        """The name in ``en`` or ``zh``."""
        return self.label_zh if lang == "zh" else self.label_en


@dataclass
class Linked:
    """A database of linked data sets, open for reading; close it, or use it in a ``with`` block."""

    connection: DuckDBPyConnection
    name: str = "database"
    _roles: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str | os.PathLike[str], threads: int | None = None) -> Linked:
        """Open the database that `techtags link` made at `path`.

        Raises:
            LinkError: there is none, it cannot be read, or DuckDB or Arrow is not installed.
        """
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise LinkError('this needs PyArrow: pip install "techtags[linkage]"') from None
        connection = connect(path)
        if threads is not None:
            connection.execute(f"SET threads = {int(threads)}")
        connection.execute("SET enable_progress_bar = false")
        return cls(connection, str(path))

    def __enter__(self) -> Linked:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def arrow(self, query: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> pa.Table:
        """The result of a query as an Arrow table."""
        return self.connection.sql(query, params=parameters).to_arrow_table()

    def rows(self, query: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The result of a query as tuples."""
        found: list[tuple[Any, ...]] = self.connection.execute(query, parameters).fetchall()
        return found

    @cached_property
    def tags(self) -> dict[str, TagInfo]:
        """The tags by id, in the order of the tree where the database keeps it, else by id."""
        rows = self.rows(
            "SELECT tag, label_en, label_zh, level, parent, tag IN (SELECT parent FROM tags WHERE parent IS NOT NULL) FROM tags "
            "ORDER BY rowid"
        )
        return {row[0]: TagInfo(i, *row) for i, row in enumerate(rows)}

    @cached_property
    def collections(self) -> list[str]:
        """Ids of the collections that have tags."""
        return [row[0] for row in self.rows("SELECT DISTINCT collection FROM collection_tags ORDER BY 1")]

    @cached_property
    def tables(self) -> dict[str, str]:
        """The kind of each table, in the project's order."""
        return dict(self.rows("SELECT table_id, kind FROM tables ORDER BY rowid"))

    @cached_property
    def provenance(self) -> dict[str, str]:
        """What the database was made from and with."""
        return dict(self.rows("SELECT key, value FROM provenance ORDER BY key"))

    @cached_property
    def levels(self) -> int:
        """How many levels the tree has."""
        return max((t.level for t in self.tags.values()), default=0)

    def find_tag(self, name: str) -> str:
        """The id of the tag called `name`: an id, a label or an unambiguous alias, in either language.

        Raises:
            LinkError: no tag, or several, are called so; the message names those that are like it.
        """
        from ..taxonomy import Taxonomy, TaxonomyError, normal, search

        plain = normal(name)
        found = [t.id for t in self.tags.values() if plain in (normal(t.id), normal(t.label_en), normal(t.label_zh))]
        if len(found) == 1:
            return found[0]
        if not found:
            try:
                tag = Taxonomy.load().find(name).id
            except TaxonomyError as error:
                if "may mean" in str(error):
                    raise LinkError(str(error)) from None
            else:
                if tag in self.tags:
                    return tag
        ids = list(self.tags)
        names = [*ids, *(n for t in self.tags.values() for n in (t.label_en, t.label_zh) if normal(n).replace(" ", "-") != t.id)]
        hits = [hit.tag.id for hit in search(Taxonomy.load(), name, 3) if hit.tag.id in self.tags]
        like = f"; did you mean {' or '.join(hits)}?" if hits else _like(name, names)
        raise LinkError(f"no tag is called {name!r}{like or '; see techtags taxonomy search'}")

    def resolve(self, selection: Selection) -> Selection:
        """The selection with names made ids.

        Raises:
            LinkError: something is named that the database does not have, or the years are in the wrong order.
        """
        for what, given, known in (
            ("collection", selection.within, self.collections),
            ("table", selection.tables, list(self.tables)),
            ("kind of table", selection.kinds, sorted(set(self.tables.values()))),
        ):
            for one in given:
                if one not in known:
                    listed = f"; it has {', '.join(known)}" if what != "collection" else _like(one, known)
                    raise LinkError(f"{self.name} has no {what} {one!r}{listed}")
        countries = tuple(c.upper() for c in selection.countries)
        if countries:
            known = [row[0] for row in self.rows("SELECT DISTINCT country FROM records WHERE country IS NOT NULL ORDER BY 1")]
            for one in countries:
                if one not in known:
                    raise LinkError(
                        f"no record of {self.name} is from {one!r}; it has {_some(known)} (ISO 3166 alpha-2)" if known
                        else f"no record of {self.name} has a country"
                    )  # fmt: skip
        if selection.first is not None and selection.last is not None and selection.first > selection.last:
            raise LinkError(f"the years are in the wrong order: from {selection.first} to {selection.last}")
        tags = tuple(dict.fromkeys(self.find_tag(t) for t in selection.tags))
        currency = selection.currency.upper() if selection.currency else None
        return replace(selection, tags=tags, countries=countries, currency=currency)

    def prepare(self) -> None:
        """Make what all counts stand on: each record's most specific tags (`own`), the records that have any, tags by number."""
        if self.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'own' AND temporary"):
            return
        import pyarrow as pa

        info = list(self.tags.values())
        ids, numbers = pa.array([t.id for t in info], pa.string()), pa.array(range(len(info)), pa.int16())
        self._keep("tag_numbers", pa.table({"tag": ids, "number": numbers}))
        self.connection.execute(
            "CREATE TEMP TABLE closure_numbers AS "
            "SELECT below.number AS tag, above.number AS ancestor, distance FROM tag_closure "
            "JOIN tag_numbers AS below ON below.tag = tag_closure.tag JOIN tag_numbers AS above ON above.tag = ancestor"
        )
        for statement in (_SPECIFIC, _TAGGED, _OWN, "DROP TABLE specific"):
            self.connection.execute(statement)

    def _keep(self, name: str, table: pa.Table) -> None:
        self.connection.register("_given", table)
        try:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM _given")
        finally:
            self.connection.unregister("_given")

    def firms_in_role(self, role: str) -> str:
        """The name of a temporary table of the firms in a role: record_id, firm_id, firms (how many the record has).

        Raises:
            LinkError: no firm has this role.
        """
        if role not in self._roles:
            known = [row[0] for row in self.rows("SELECT DISTINCT role FROM mentions WHERE NOT person ORDER BY 1")]
            if known and role not in known:
                raise LinkError(f"{self.name} has no firms in the role {role!r}; it has {', '.join(known)}")
            table = f"firms_{len(self._roles)}"
            self.connection.execute(
                f"CREATE TEMP TABLE {table} AS "
                "WITH one AS (SELECT DISTINCT record_id, firm_id FROM record_firms WHERE role = $role), "
                "numbers AS (SELECT record_id, count(*) AS firms FROM one GROUP BY record_id) "
                "SELECT one.*, firms FROM one JOIN numbers USING (record_id)",
                {"role": role},
            )
            self._roles[role] = table
        return self._roles[role]

    @cached_property
    def has_firms(self) -> bool:
        """Whether any record is linked to a firm."""
        return bool(self.rows("SELECT 1 FROM firm_mentions LIMIT 1"))

    def targets(self, selection: Selection, rollup: str) -> None:
        """Make `targets`: which tags are counted, and as what.

        Args:
            selection: resolved.
            rollup: as `trends.rollup_name` gives it.
        """
        import pyarrow as pa

        info = list(self.tags.values())
        pairs = self.rows("SELECT tag, ancestor FROM closure_numbers ORDER BY ALL")
        above: dict[int, list[int]] = {}
        for tag, ancestor in pairs:
            above.setdefault(tag, []).append(ancestor)
        kept = set(above)
        if selection.tags:
            chosen = {self.tags[t].number for t in selection.tags}
            kept = {t for t in kept if chosen & set(above[t])}
        inside = set(kept)
        if selection.within:
            members = self.rows(
                "SELECT number FROM collection_tags JOIN tag_numbers USING (tag) WHERE list_contains($ids, collection)",
                {"ids": list(selection.within)},
            )
            inside = {row[0] for row in members}
            kept &= inside
        lines: set[tuple[int, int]] = set()
        for tag in kept:
            if rollup == "none":
                lines.add((tag, 0))
            elif rollup == "own":
                lines.add((tag, tag))
            elif rollup == "chosen":
                lines.update((tag, a) for a in above[tag] if info[a].id in selection.tags)
            elif rollup == "with-descendants":
                # What stands above a collection's tags is no part of it, and would show only what came through it.
                lines.update((tag, a) for a in above[tag] if a in inside or not selection.within)
            else:
                level = int(rollup.removeprefix("level-"))
                # A tag above the level stays what it is: nothing finer is known of the record.
                at = [a for a in above[tag] if info[a].level == level] or [tag]
                lines.update((tag, a) for a in at)
        columns = list(zip(*sorted(lines), strict=True)) or [(), ()]
        self._keep("targets", pa.table({n: pa.array(c, pa.int16()) for n, c in zip(("tag", "target"), columns, strict=True)}))

    def warnings(self, selection: Selection) -> list[str]:
        """What a reader must know of the collections that a selection names."""
        from ..taxonomy import Taxonomy

        known = Taxonomy.load().collections
        return [f"{c}: {known[c].warning}" for c in selection.within if c in known and known[c].warning]


def _like(name: str, names: Iterable[str]) -> str:
    from ..taxonomy.search import nearest

    return nearest(name, list(names))


def _some(values: Sequence[str], most: int = 12) -> str:
    return ", ".join(values[:most]) + (", ..." if len(values) > most else "")
