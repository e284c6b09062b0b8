"""Writing Parquet; a Parquet table with columns appended keeps its own columns as Arrow has them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import TableError
from .extras import need
from .kinds import BOOL, BROKEN, DATE, DATETIME, DURATION, FLOAT, INT, TEXT, TIME, as_text, from_text, storable
from .parquet import ArrowRow
from .spool import Spool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .parquet import Chunk
    from .rows import Row, Table

# Rows of a group that we write, and characters of them.
GROUP_ROWS, GROUP_TEXT = 16_384, 32 << 20


class ParquetWriter:
    """Writes a Parquet file; see `techtags.tables.writing.TableWriter`.

    Rows of a Parquet table keep their Arrow columns untouched (types, order, metadata, codec). Those of a delimited table are
    text. Others are kept on the disk until their end, when it is known what each column holds.
    """

    form = "parquet"
    spreadsheet = False

    def __init__(self, file: BinaryIO) -> None:
        need("pyarrow.parquet")
        self._file = file
        self.notes: list[str] = []
        self._writer: Any = None
        self._names: list[str] = []  # of the columns that are not taken over from a Parquet table
        self._kinds: list[str] = []
        self._table: Table | None = None
        self._keep: Sequence[int] = ()
        self._own: list[tuple[Chunk, int]] = []
        self._rows: list[list[Any]] = []
        self._held = 0
        self._spool: Spool | None = None
        self._broken = 0

    def header(self, names: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table of our own."""
        self._names, self._kinds = list(names), [(kinds or {}).get(n, TEXT) for n in names]

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        """Write a row of it."""
        self._add([from_text(c, k) if isinstance(c, str) else c for c, k in zip(cells, self._kinds, strict=True)])

    def begin(self, table: Table, keep: Sequence[int], added: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table that is `table` with columns appended."""
        self._table, self._keep = table, keep
        self._names, self._kinds = list(added), [(kinds or {}).get(n, TEXT) for n in added]
        if table.form == "parquet":
            return
        names = [*(table.header[i] for i in keep), *added]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise TableError(f"two columns are called {twice!r}, which readers of Parquet do not take; rename one, or write CSV")
        self._names, self._kinds = names, [*[TEXT] * len(keep), *self._kinds]
        if table.form not in ("csv", "tsv"):
            self._spool = Spool(len(names))

    def append(self, row: Row, added: Sequence[str], *, surplus: bool = True) -> None:
        """Write a row of it, and the cells of the new columns."""
        assert self._table is not None
        if surplus and len(row.cells) > len(self._table.header):
            raise TableError(self._table.no_room(row, "Parquet"))
        new = [from_text(c, k) for c, k in zip(added, self._kinds[len(self._kinds) - len(added) :], strict=True)]
        if isinstance(row.typed, ArrowRow):
            self._own.append((row.typed.chunk, row.typed.at))
            self._add(new)
            return
        own = self._table.values_of(row)
        values = [*(own[i] for i in self._keep), *new]
        if self._spool is not None:
            self._spool.add(values)
        else:
            self._add(values)

    def object(self, value: dict[str, Any]) -> None:
        """Refused: the format has no objects."""
        raise TableError("objects go to JSONL; name the output .jsonl")

    def finish(self) -> None:
        """Write what is held, and the end of the file."""
        if self._spool is not None:
            added = len(self._names) - len(self._keep)
            self._kinds[: len(self._kinds) - added] = [s.settled() for s in self._spool.seen[: len(self._kinds) - added]]
            for values in self._spool:
                self._add([fitted(v, k) for v, k in zip(values, self._kinds, strict=True)])
        self._flush()
        self._writer.close()
        if self._broken:
            self.notes.append(BROKEN.format(self._broken))

    def close(self) -> None:
        """Give the disk back."""
        if self._spool is not None:
            self._spool.close()

    def _add(self, values: list[Any]) -> None:
        self._rows.append(values)
        self._held += sum(len(v) for v in values if isinstance(v, str))
        if len(self._rows) >= GROUP_ROWS or self._held > GROUP_TEXT:
            self._flush()

    def _flush(self) -> None:
        pyarrow = need("pyarrow")
        types = [_arrow(k) for k in self._kinds]
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._names)
        arrays = [self._array(c, t) for c, t in zip(columns, types, strict=True)]
        fields = [pyarrow.field(n, t) for n, t in zip(self._names, types, strict=True)]
        metadata = None
        if self._table is not None and self._table.form == "parquet":
            schema = self._table.exact.schema_arrow
            own = pyarrow.Table.from_batches([b.select(list(self._keep)) for b in self._runs()], _selected(schema, self._keep))
            arrays = [*own.unify_dictionaries().columns, *arrays]
            fields = [*(schema.field(i) for i in self._keep), *fields]
            metadata = schema.metadata
        table = pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields, metadata))
        if self._writer is None:
            self._writer = need("pyarrow.parquet").ParquetWriter(self._file, table.schema, compression=self._codec())
        if len(table):
            self._writer.write_table(table)
        self._rows, self._own, self._held = [], [], 0

    def _runs(self) -> list[Any]:
        """The rows taken over, as slices of the batches that they came in."""
        out: list[Any] = []
        start = 0
        for at in range(1, len(self._own) + 1):
            before, index = self._own[at - 1]
            if at == len(self._own) or self._own[at][0] is not before or self._own[at][1] != index + 1:
                out.append(before.batch.slice(self._own[start][1], at - start))
                start = at
        return out

    def _codec(self) -> str:
        """The codec of the table that is taken over; zstd for others."""
        if self._table is not None and self._table.form == "parquet":
            about = self._table.exact.metadata
            if about.num_row_groups:
                codec = str(about.row_group(0).column(0).compression)
                return {"UNCOMPRESSED": "NONE", "LZ4_RAW": "LZ4"}.get(codec, codec)
        return "zstd"

    def _array(self, values: Sequence[Any], type_: Any) -> Any:
        pyarrow = need("pyarrow")
        try:
            return pyarrow.array(values, type_)
        except UnicodeEncodeError:
            fit = [v if v is None else storable(v) for v in values]
            self._broken += sum(one != two for one, two in zip(values, fit, strict=True))
            return pyarrow.array(fit, type_)


def _selected(schema: Any, keep: Sequence[int]) -> Any:
    return need("pyarrow").schema([schema.field(i) for i in keep])


def fitted(value: Any, kind: str) -> Any:
    """A value as its column holds it, whose kind is what all its values have in common."""
    if value is None:
        return None
    if kind == FLOAT:
        return float(value)
    if kind == DATETIME and not isinstance(value, datetime.datetime):
        return datetime.datetime.combine(value, datetime.time())
    return value if kind in (BOOL, INT, DATE, DATETIME, TIME, DURATION) else as_text(value)


def _arrow(kind: str) -> Any:
    pyarrow = need("pyarrow")
    return {
        BOOL: pyarrow.bool_(),
        INT: pyarrow.int64(),
        FLOAT: pyarrow.float64(),
        DATE: pyarrow.date32(),
        DATETIME: pyarrow.timestamp("us"),
        TIME: pyarrow.time64("us"),
        DURATION: pyarrow.duration("us"),
    }.get(kind, pyarrow.string())
