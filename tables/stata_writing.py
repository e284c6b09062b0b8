"""Writing Stata files of format 118, as `help dta` of Stata describes it, without having all rows in memory."""

from __future__ import annotations

import datetime
import decimal
import math
import re
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import TableError
from .extras import need
from .kinds import BOOL, BROKEN, DATE, DATETIME, DECIMAL, EXACT, FLOAT, INT, TEXT, Missing, as_text, from_text, storable
from .spool import Spool
from .stata import BYTE, DOUBLE, EPOCH, LONG, STRL, StataFile, StataRow, Variable
from .stata import FLOAT as SINGLE
from .stata import INT as SHORT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .rows import Row, Table
    from .spool import Seen

LONGEST_STR, MOST_COLUMNS, LONGEST_NAME, LONGEST_LABEL = 2045, 32_767, 32, 80
# The largest number that is no missing value, and the least and largest whole numbers of each type.
_MOST = float.fromhex("0x1.fffffffffffffp+1022")
_RANGES = ((BYTE, -127, 100), (SHORT, -32_767, 32_740), (LONG, -2_147_483_647, 2_147_483_620))
_MISSING = {BYTE: 101, SHORT: 32_741, LONG: 2_147_483_621, SINGLE: 2.0**127, DOUBLE: 2.0**1023}
_CODES = {BYTE: "b", SHORT: "h", LONG: "i", SINGLE: "f", DOUBLE: "d"}
_FORMATS = {BYTE: "%8.0g", SHORT: "%8.0g", LONG: "%12.0g", SINGLE: "%9.0g", DOUBLE: "%10.0g", STRL: "%9s"}
_RESERVED = frozenset(
    (
        "_all", "_b", "byte", "_coef", "_cons", "double", "float", "if", "in", "int", "long", "_n", "_N", "_pi", "_pred", "_rc",
        "_skip", "strL", "using", "with",
    )
)  # fmt: skip
_STR = re.compile(r"str[0-9]+")


class StataWriter:
    """Writes a Stata file; see `techtags.tables.writing.TableWriter`.

    Rows are kept on the disk until their end, when it is known how wide each column is. Columns of a Stata file keep their types,
    formats, labels and missing values; its notes and characteristics are not kept.
    """

    form = "dta"
    spreadsheet = False

    def __init__(self, file: BinaryIO) -> None:
        need("pandas")  # not used to write; but what is written should be readable where it was
        self._file = file
        self.notes: list[str] = []
        self._names: list[str] = []
        self._kinds: list[str] = []
        self._table: Table | None = None
        self._keep: Sequence[int] = ()
        self._spool = Spool(0)
        self._broken = 0

    def header(self, names: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table of our own."""
        self._begin(names, [(kinds or {}).get(n, TEXT) for n in names])

    def row(self, names: Sequence[str], cells: Sequence[Any]) -> None:
        """Write a row of it."""
        self._spool.add([from_text(c, k) if isinstance(c, str) else c for c, k in zip(cells, self._kinds, strict=True)])

    def begin(self, table: Table, keep: Sequence[int], added: Sequence[str], kinds: Mapping[str, str] | None = None) -> None:
        """Begin a table that is `table` with columns appended."""
        self._table, self._keep = table, keep
        self._begin([*(table.header[i] for i in keep), *added], [(kinds or {}).get(n, TEXT) for n in added])

    def _begin(self, names: Sequence[str], kinds: list[str]) -> None:
        if len(names) > MOST_COLUMNS:
            raise TableError(f"{len(names)} columns, and a Stata file has room for {MOST_COLUMNS}; write CSV or Parquet")
        self._names, self._kinds = list(names), kinds
        self._spool.close()
        self._spool = Spool(len(names))

    def append(self, row: Row, added: Sequence[str], *, surplus: bool = True) -> None:
        """Write a row of it, and the cells of the new columns."""
        assert self._table is not None
        if surplus and len(row.cells) > len(self._table.header):
            raise TableError(self._table.no_room(row, "Stata"))
        own = row.typed.raw if isinstance(row.typed, StataRow) else self._table.values_of(row)
        new = [from_text(c, k) for c, k in zip(added, self._kinds, strict=True)]
        self._spool.add([*(own[i] for i in self._keep), *new])

    def object(self, value: dict[str, Any]) -> None:
        """Refused: the format has no objects."""
        raise TableError("objects go to JSONL; name the output .jsonl")

    def finish(self) -> None:
        """Write the file."""
        about = self._table.exact if self._table is not None and self._table.form == "dta" else StataFile([], {}, "")
        own = [about.variables[i] for i in self._keep] if about.variables else []
        names = self._valid_names(exact=len(own))
        variables = []
        for i, (name, given, seen) in enumerate(zip(names, self._names, self._spool.seen, strict=True)):
            if i < len(own):
                one = own[i]
                kind = one.type or _string(seen)
                variables.append(Variable(kind, one.format if one.type else _shown(kind), one.values, one.label))
            else:
                kind, shown = _chosen(seen)
                variables.append(Variable(kind, shown, "", given[:LONGEST_LABEL] if name != given else ""))
        _Layout(self._file, self._spool, names, self._names, variables, about, self).write()
        if self._broken:
            self.notes.append(BROKEN.format(self._broken))

    def close(self) -> None:
        """Give the disk back."""
        self._spool.close()

    def _valid_names(self, exact: int) -> list[str]:
        """Names that Stata takes; where one had to change, the variable's label says what it was."""
        out: list[str] = []
        for i, name in enumerate(self._names):
            valid = name if i < exact else re.sub(r"\W", "_", storable(name))[:LONGEST_NAME] or f"var{i + 1}"
            if valid[0].isdigit() or valid in _RESERVED or _STR.fullmatch(valid):
                valid = f"_{valid}"[:LONGEST_NAME]
            base, n = valid, 1
            while valid in out:
                n += 1
                valid = f"{base[: LONGEST_NAME - len(str(n)) - 1]}_{n}"
            out.append(valid)
        changed = sum(a != b for a, b in zip(out, self._names, strict=True))
        if changed:
            self.notes.append(f"{changed} columns were renamed, as Stata needs; their labels say what they were called")
        return out

    def fit(self, text: str) -> bytes:
        """`text` as the file holds it."""
        fit = storable(text)
        self._broken += fit != text
        return fit.encode()


def _string(seen: Seen) -> int:
    return max(1, seen.width) if seen.width <= LONGEST_STR else STRL


def _shown(kind: int) -> str:
    return _FORMATS.get(kind) or f"%{max(9, kind)}s"


def _chosen(seen: Seen) -> tuple[int, str]:
    """The type that holds all values of a column exactly, and how they are shown."""
    kind = seen.settled()
    if kind in (INT, BOOL):
        for type_, low, high in _RANGES:
            if low <= seen.low and seen.high <= high:
                return type_, _FORMATS[type_]
        if seen.low >= -EXACT and seen.high <= EXACT:
            return DOUBLE, "%20.0g"
    if kind == FLOAT or (kind == DECIMAL and seen.width <= 15):
        return DOUBLE, _FORMATS[DOUBLE]
    if kind == DATE:
        return LONG, "%td"
    if kind == DATETIME and not seen.fine:
        return DOUBLE, "%tc"
    text = _string(seen)
    return text, _shown(text)


class _Layout:
    """The parts of a file of format 118, in their order."""

    def __init__(
        self, file: BinaryIO, spool: Spool, names: list[str], given: list[str], variables: list[Variable], about: StataFile,
        writer: StataWriter,
    ) -> None:  # fmt: skip
        self._file, self._spool, self._names, self._given = file, spool, names, given
        self._variables, self._about, self._writer = variables, about, writer
        self._strls = [i for i, v in enumerate(variables) if v.type == STRL]

    def write(self) -> None:
        """Write all of it."""
        k = len(self._names)
        head = (
            b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>"
            + struct.pack("<H", k) + b"</K><N>" + struct.pack("<Q", self._spool.rows) + b"</N><label>"
            + self._counted(self._about.label[:LONGEST_LABEL]) + b"</label><timestamp>\0</timestamp></header>"
        )  # fmt: skip
        types = struct.pack(f"<{k}H", *(v.type for v in self._variables))
        parts = [
            _part(b"variable_types", types),
            _part(b"varnames", b"".join(_padded(n, 129) for n in self._names)),
            _part(b"sortlist", bytes(2 * (k + 1))),
            _part(b"formats", b"".join(_padded(v.format, 57) for v in self._variables)),
            _part(b"value_label_names", b"".join(_padded(v.values, 129) for v in self._variables)),
            _part(b"variable_labels", b"".join(_padded(v.label[:LONGEST_LABEL], 321) for v in self._variables)),
            b"<characteristics></characteristics>",
        ]
        labels = _part(b"value_labels", b"".join(_labels(n, one) for n, one in self._about.labels.items()))
        row = sum(_size(v.type) for v in self._variables)
        data = len(b"<data></data>") + row * self._spool.rows
        # What the long texts take, which come after the data and before the labels.
        long = len(b"<strls></strls>") + sum(len(block) for block in self._blocks())
        at = [0, len(head)]
        at.append(len(head) + len(_part(b"map", bytes(8 * 14))))
        for size in (*map(len, parts), data, long, len(labels)):
            at.append(at[-1] + size)
        at.append(at[-1] + len(b"</stata_dta>"))
        self._file.write(head + _part(b"map", struct.pack("<14Q", *at)) + b"".join(parts) + b"<data>")
        self._writer._broken = 0  # counted while the sizes were taken
        for number, values in enumerate(self._spool, start=1):
            self._file.write(self._packed(number, values))
        self._file.write(b"</data><strls>")
        for block in self._blocks():
            self._file.write(block)
        self._file.write(b"</strls>" + labels + b"</stata_dta>")

    def _packed(self, number: int, values: list[Any]) -> bytes:
        out = []
        for i, (variable, value) in enumerate(zip(self._variables, values, strict=True)):
            if variable.type == STRL:
                filled = value is not None and value != ""
                out.append(struct.pack("<H", i + 1 if filled else 0) + (number if filled else 0).to_bytes(6, "little"))
            elif variable.type <= LONGEST_STR:
                out.append(self._text(value, number, i).ljust(variable.type, b"\0"))
            else:
                found = self._number(value, variable, number, i)
                out.append(struct.pack("<" + _CODES[variable.type], found))
        return b"".join(out)

    def _blocks(self) -> Any:
        if not self._strls:
            return
        for number, values in enumerate(self._spool, start=1):
            for i in self._strls:
                text = self._text(values[i], number, i)
                if text:
                    yield b"GSO" + struct.pack("<IQBI", i + 1, number, 130, len(text) + 1) + text + b"\0"

    def _text(self, value: Any, number: int, column: int) -> bytes:
        text = self._writer.fit(as_text(value))
        if b"\0" in text:
            raise TableError(
                f"row {number}, column {self._given[column]!r}: a NUL character, which Stata cannot hold; write CSV or Parquet"
            )
        return text

    def _number(self, value: Any, variable: Variable, number: int, column: int) -> Any:
        """A value as Stata counts it: days and milliseconds since 1960, missing ones beyond what a type can hold."""
        if isinstance(value, Missing):
            return int(value) if variable.type in (BYTE, SHORT, LONG) else float(value)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return _MISSING[variable.type]
        if variable.format == "%tc" and isinstance(value, datetime.date):
            moment = value if isinstance(value, datetime.datetime) else datetime.datetime.combine(value, datetime.time())
            return (moment - EPOCH) / datetime.timedelta(milliseconds=1)
        if variable.format == "%td" and isinstance(value, datetime.date):
            return (value - EPOCH.date()).days
        if isinstance(value, decimal.Decimal):
            value = float(value)
        if isinstance(value, float) and not -_MOST <= value <= _MOST:
            raise TableError(
                f"row {number}, column {self._given[column]!r}: {value}, which Stata cannot hold; write CSV or Parquet"
            )
        return value

    def _counted(self, text: str) -> bytes:
        data = self._writer.fit(text)
        return struct.pack("<H", len(data)) + data


def _size(type_: int) -> int:
    return 8 if type_ == STRL else type_ if type_ <= LONGEST_STR else struct.calcsize("<" + _CODES[type_])


def _part(name: bytes, content: bytes) -> bytes:
    return b"<" + name + b">" + content + b"</" + name + b">"


def _padded(text: str, width: int) -> bytes:
    return storable(text).encode()[: width - 1].decode(errors="ignore").encode().ljust(width, b"\0")


def _labels(name: str, labels: dict[int, str]) -> bytes:
    """The table of value labels called `name`."""
    texts = [storable(t).encode() + b"\0" for t in labels.values()]
    starts = [sum(map(len, texts[:i])) for i in range(len(texts))]
    n, body = len(texts), b"".join(texts)
    table = struct.pack(f"<2i{n}i{n}i", n, len(body), *starts, *labels) + body
    return b"<lbl>" + struct.pack("<i", len(table)) + _padded(name, 129) + b"\0\0\0" + table + b"</lbl>"
