"""Reading Parquet, row group by row group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .errors import TableError
from .extras import need
from .kinds import as_text
from .rows import Row, Table
from .streams import open_seekable, shown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_ZEROS = re.compile(r"\.([0-9]*?)0*(?![0-9])")
# Rows that are read at once at most, and bytes of them.
_ROWS, _BYTES = 4096, 32 << 20


class Chunk:
    """Some rows of a Parquet file.

    Attributes:
        batch: the Arrow record batch.
    """

    def __init__(self, batch: Any) -> None:
        self.batch = batch
        self._values: dict[int, list[Any]] = {}

    def values(self, column: int) -> list[Any]:
        """The values of a column as Python has them."""
        if column not in self._values:
            self._values[column] = _listed(self.batch.column(column))
        return self._values[column]

    def cells(self) -> list[list[str]]:
        """All rows as text."""
        return [list(row) for row in zip(*(_texts(c) for c in self.batch.columns), strict=True)]


class ArrowRow(Sequence[Any]):
    """A row of a `Chunk`; its values become Python's when they are asked for."""

    __slots__ = ("at", "chunk")

    def __init__(self, chunk: Chunk, at: int) -> None:
        self.chunk, self.at = chunk, at

    def __len__(self) -> int:
        return int(self.chunk.batch.num_columns)

    def __getitem__(self, column: Any) -> Any:
        if isinstance(column, slice):
            return [self[i] for i in range(*column.indices(len(self)))]
        return self.chunk.values(column)[self.at]


def open_parquet(name: str) -> Table:
    """Open a Parquet file; `Table.exact` is its pyarrow.parquet.ParquetFile.

    Raises:
        TableError: it is no Parquet file, or pyarrow is missing.
    """
    pyarrow, parquet = need("pyarrow"), need("pyarrow.parquet")
    shown = shown_name(name)
    raw = open_seekable(name)
    try:
        file = parquet.ParquetFile(raw, buffer_size=1 << 20, pre_buffer=False)
        header = list(file.schema_arrow.names)
    except (pyarrow.ArrowException, OSError) as error:
        raw.close()
        raise TableError(f"{shown}: not a Parquet file that can be read ({_first_line(error)})") from None
    if not header:
        raw.close()
        raise TableError(f"{shown} has no columns")
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        for group in range(file.metadata.num_row_groups):
            about = file.metadata.row_group(group)
            each = max(1, about.total_byte_size // max(1, about.num_rows))
            batches = file.iter_batches(max(1, min(_ROWS, _BYTES // each)), row_groups=[group], use_threads=False)
            while True:
                try:
                    batch = next(batches, None)
                    if batch is None:
                        break
                    chunk = Chunk(batch)
                    cells = chunk.cells()
                except (pyarrow.ArrowException, OSError) as error:
                    raise TableError(f"{shown}, after row {done}: damaged Parquet data ({_first_line(error)})") from None
                for index, row in enumerate(cells):
                    done += 1
                    yield Row(row, done, 0, None, ArrowRow(chunk, index))

    return Table(
        shown, "parquet", header, rows(), "utf-8", "", "\n", file.metadata.num_rows, lambda: done, raw.close, exact=file
    )  # fmt: skip


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]


def _texts(column: Any) -> list[str]:
    """A column of Arrow as text; whole digits, as Arrow has them: a nanosecond and a float32 too."""
    pyarrow = need("pyarrow")
    types = pyarrow.types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if types.is_string(kind) or types.is_large_string(kind):
        return [v or "" for v in column.to_pylist()]
    if types.is_timestamp(kind) or types.is_time(kind):
        found = column.cast(pyarrow.string()).to_pylist()
        return [_short(v) if v else "" for v in found]
    if (types.is_primitive(kind) and not types.is_duration(kind) and not types.is_interval(kind)) or types.is_decimal(kind):
        return [v or "" for v in column.cast(pyarrow.string()).to_pylist()]
    return [as_text(v) for v in _listed(column)]


def _short(moment: str) -> str:
    """A time without the zeros that its column's unit puts after the point."""
    return _ZEROS.sub(lambda found: f".{found[1]}" if found[1] else "", moment, count=1)


def _listed(column: Any) -> list[Any]:
    """A column's values as Python has them; times finer than Python's, as text."""
    types = need("pyarrow").types
    if types.is_timestamp(column.type) and column.type.unit == "ns":
        pyarrow = need("pyarrow")
        try:
            column = column.cast(pyarrow.timestamp("us", column.type.tz))
        except pyarrow.ArrowInvalid:
            return [v or None for v in _texts(column)]
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [None if v is None else str(v) for v in column]
    return found


def same_shape(first: Table, other: Table) -> str:
    """What keeps two Parquet tables from being read as one; empty if nothing does."""
    for one, two in zip(first.exact.schema_arrow, other.exact.schema_arrow, strict=True):
        if one.type != two.type or one.nullable != two.nullable:
            return f"column {one.name!r} is {one.type} in one and {two.type} in the other"
    return ""
