"""Tags of records: those that a table came with, those of an earlier run, and those of a tagger that the caller passes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..taxonomy.search import nearest
from . import store
from .errors import LinkError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from ..taxonomy import Taxonomy
    from .load import Progress

TAGGED, COARSE, NONE, UNREADABLE = "tagged", "coarse", "none", "unreadable"
STATUSES = (TAGGED, COARSE, NONE, UNREADABLE)
BASES = ("text", "label", "both", "review")
BATCH = 2048  # texts are tagged so many at a time
# Scores are kept to so many decimals: the last bits of a float depend on what a text was tagged together with.
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a tagger says of one record.

    Attributes:
        status: one of `STATUSES`.
        tags: for each tag, primary first, its id, its calibrated probability or None, and one of `BASES`.
    """

    status: str
    tags: tuple[tuple[str, float | None, str], ...] = ()


class RowTagger(Protocol):
    """What `techtags link` passes in.

    Attributes:
        versions: all that decides what it says: taxonomy, model, package, options.
    """

    @property
    def versions(self) -> str:
        """See above."""

    def __call__(self, texts: Sequence[str], labels: Sequence[Sequence[str]]) -> Sequence[Tagged]:
        """Tag texts, each with the source's own labels; one result a text, in order."""


def has_tags(header: Sequence[str]) -> bool:
    """Whether a table with this header came with tags."""
    return any(column in ("tt_status", "tt_tags", "tt_tag") for column in header)


@dataclass(slots=True)
class Given:
    """The tags that a table came with, in the columns that `techtags tag` appends.

    Attributes:
        status, tags, scores, basis, version: positions of the columns; None where there is none.
        taxonomy: which tags there are.
        versions: what the rows read so far were tagged with.
    """

    status: int
    tags: int
    scores: int | None
    basis: int | None
    version: int | None
    taxonomy: Taxonomy
    versions: set[str] = field(default_factory=set)
    _seen: dict[str, tuple[list[str], list[str]]] = field(
        default_factory=dict
    )  # cells of tags: all, and what is implied left out

    @classmethod
    def of(cls, header: Sequence[str], name: str, taxonomy: Taxonomy) -> Given | None:
        """The tags of a table with this header; None if it has none.

        Raises:
            LinkError: it is in the long layout, or lacks one of the columns that are needed.
        """
        if not has_tags(header):
            return None
        at = {column: i for i, column in enumerate(header)}
        if "tt_tag" in at:
            raise LinkError(f"{name} is in the long layout, a row a tag; give the table that techtags tag --layout wide writes")
        lacking = next((c for c in ("tt_status", "tt_tags") if c not in at), None)
        if lacking:
            raise LinkError(f"{name} has tags and no column {lacking}; tag it again, or take its tt_ columns away")
        return cls(at["tt_status"], at["tt_tags"], at.get("tt_scores"), at.get("tt_basis"), at.get("tt_version"), taxonomy)

    def read(self, cells: Sequence[str], where: str) -> tuple[str, list[tuple[str, float | None, str]]]:
        """Status and tags of a row; tags that another one implies are left out.

        Where scores and basis are empty, somebody has set the tags by hand: their basis is ``review``.

        Raises:
            LinkError: the cells contradict one another, or name a tag that the taxonomy has not.
        """
        status = cells[self.status].strip()
        if status not in STATUSES:
            raise LinkError(f"{where}: tt_status is {status!r}; it is one of {', '.join(STATUSES)}")
        tags, specific = self._seen.get(cells[self.tags]) or self._read_tags(cells[self.tags], where)
        if bool(tags) != (status in (TAGGED, COARSE)):
            raise LinkError(f"{where}: tt_status is {status} and tt_tags has {len(tags) or 'none'}; correct one of them")
        scores = self._aligned(cells, self.scores, tags, "tt_scores", where)
        basis = self._aligned(cells, self.basis, tags, "tt_basis", where)
        if self.version is not None and cells[self.version].strip():
            self.versions.add(cells[self.version].strip())
        by_hand = "review" if not any(basis) and not any(scores) else "text"
        said = {
            tag: (tag, _score(score, where), _basis(why, where) or by_hand)
            for tag, score, why in zip(tags, scores, basis, strict=True)
        }
        return status, [said[tag] for tag in specific]

    def _read_tags(self, cell: str, where: str) -> tuple[list[str], list[str]]:
        tags = [part.strip() for part in cell.split(";") if part.strip()]
        for tag in tags:
            if tag not in self.taxonomy:
                hint = nearest(tag, list(self.taxonomy))
                raise LinkError(f"{where}: tt_tags has {tag!r}, which release {self.taxonomy.version} has not{hint}")
        found = self._seen[cell] = tags, self.taxonomy.most_specific(tags)
        return found

    @staticmethod
    def _aligned(cells: Sequence[str], at: int | None, tags: list[str], column: str, where: str) -> list[str]:
        cell = cells[at].strip() if at is not None else ""
        if not cell.replace(";", "").strip():
            return [""] * len(tags)
        parts = [p.strip() for p in cell.split(";")]
        if len(parts) != len(tags):
            raise LinkError(
                f"{where}: {len(tags)} in tt_tags and {len(parts)} in {column}; where tags were set by hand, leave tt_scores and "
                "tt_basis empty"
            )
        return parts


def _score(cell: str, where: str) -> float | None:
    if not cell:
        return None
    try:
        score = float(cell)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise LinkError(f"{where}: tt_scores has {cell!r}; scores are probabilities, 0 to 1")
    return round(score, DECIMALS)


def _basis(cell: str, where: str) -> str:
    if cell and cell not in BASES:
        raise LinkError(f"{where}: tt_basis has {cell!r}; it is one of {', '.join(BASES)}")
    return cell


def assign(
    connection: DuckDBPyConnection,
    tagger: RowTagger | None,
    between: str | None,
    progress: Progress,
    *,
    name: str,
    earlier: str | None,
) -> int:
    """Move `incoming` (see `techtags.linkage.load.load`) into `records`, giving tags to the rows that have no status yet.

    Rows of the same text and label are tagged once.  What the database attached as `old` says of a text and label, tagged by the
    same versions, is taken from there.

    Args:
        connection: a database with our schema.
        tagger: asked for the rest; None if no row needs it.
        between: what stands between several labels of a row; None if there is one.
        progress: is told how far tagging has come.
        name: of the table.
        earlier: what `old.tables` says of tables that were tagged in the same way; None if there is no `old`.

    Returns:
        how many texts the tagger was asked for.
    """
    # A pair stands for all rows of the same text and label, under the id of the first; what is said of it goes by that id.
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE pairs AS
        SELECT COALESCE(text, '') AS text, COALESCE(label, '') AS label, MIN(record_id) AS first, CAST(NULL AS BIGINT) AS seen
        FROM incoming WHERE status IS NULL GROUP BY ALL
    """)
    connection.execute("CREATE OR REPLACE TEMP TABLE said AS SELECT record_id, status FROM records LIMIT 0")
    connection.execute("CREATE OR REPLACE TEMP TABLE said_tags AS SELECT * FROM assignments LIMIT 0")
    if earlier and tagger is not None:
        _take_over(connection, earlier)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE todo AS
        SELECT ROW_NUMBER() OVER (ORDER BY first) AS number, first, text, label FROM pairs WHERE seen IS NULL ORDER BY first
    """)
    asked = int(connection.execute("SELECT COUNT(*) FROM todo").fetchall()[0][0])
    if asked:
        assert tagger is not None
        with progress(f"tagging {name}", asked) as advance:
            for low in range(1, asked + 1, BATCH):
                _ask(connection, tagger, between, low)
                advance(min(low + BATCH - 1, asked))
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE places AS
        SELECT record_id, first FROM incoming
        JOIN pairs ON pairs.text = COALESCE(incoming.text, '') AND pairs.label = COALESCE(incoming.label, '')
        WHERE incoming.status IS NULL
    """)
    connection.execute("""
        INSERT INTO records
        SELECT incoming.* REPLACE (COALESCE(incoming.status, said.status) AS status)
        FROM incoming
        LEFT JOIN places ON places.record_id = incoming.record_id
        LEFT JOIN said ON said.record_id = places.first
        ORDER BY incoming.record_id
    """)
    connection.execute("""
        INSERT INTO assignments
        SELECT places.record_id, tag, rank, score, basis
        FROM places JOIN said_tags ON said_tags.record_id = places.first ORDER BY places.record_id, rank
    """)
    for table in ("incoming", "pairs", "said", "said_tags", "todo", "places"):
        connection.execute(f"DROP TABLE temp.{table}")
    return asked


def _take_over(connection: DuckDBPyConnection, tagged_with: str) -> None:
    """What `old` says of the same text and label, tagged in the same way."""
    connection.execute(
        """
        UPDATE pairs SET seen = earlier.record_id
        FROM (SELECT COALESCE(text, '') AS text, COALESCE(label, '') AS label, MIN(record_id) AS record_id
              FROM old.records JOIN old.tables USING (table_id) WHERE tagged_with = ? GROUP BY ALL) AS earlier
        WHERE earlier.text = pairs.text AND earlier.label = pairs.label
        """,
        [tagged_with],
    )
    connection.execute("INSERT INTO said SELECT first, status FROM pairs JOIN old.records ON record_id = seen")
    connection.execute("""
        INSERT INTO said_tags SELECT first, tag, rank, score, basis FROM pairs JOIN old.assignments ON record_id = seen
    """)


def _ask(connection: DuckDBPyConnection, tagger: RowTagger, between: str | None, low: int) -> None:
    rows = connection.execute(
        "SELECT first, text, label FROM todo WHERE number BETWEEN ? AND ? ORDER BY number", [low, low + BATCH - 1]
    ).fetchall()
    labels = [[] if not label else label.split(between) if between else [label] for _, _, label in rows]
    results = tagger([text for _, text, _ in rows], labels)
    store.insert(
        connection,
        "records",
        {"record_id": [first for first, _, _ in rows], "status": [r.status for r in results]},
        into="said",
    )
    tags = [
        (first, tag, rank, None if score is None else round(score, DECIMALS), basis)
        for (first, _, _), result in zip(rows, results, strict=True)
        for rank, (tag, score, basis) in enumerate(result.tags, start=1)
    ]
    if tags:
        names = ("record_id", "tag", "rank", "score", "basis")
        store.insert(connection, "assignments", dict(zip(names, zip(*tags, strict=True), strict=True)), into="said_tags")
