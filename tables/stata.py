"""Reading Stata files (.dta), in chunks of rows."""

from __future__ import annotations

import datetime
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .encoding import ESCAPE, detect_encoding
from .errors import TableError
from .extras import need
from .kinds import Missing, as_text
from .rows import Row, Table
from .streams import open_seekable, shown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROWS = 4096
_BYTES = 32 << 20
# Rows of an old file that are looked at to tell its encoding.
_SAMPLE = 5000
EPOCH = datetime.datetime(1960, 1, 1)
# Letters that pandas gives to numeric types, and the numbers of format 118.
BYTE, INT, LONG, FLOAT, DOUBLE, STRL = 65530, 65529, 65528, 65527, 65526, 32768
_TYPES = {"b": BYTE, "h": INT, "l": LONG, "f": FLOAT, "d": DOUBLE, "Q": STRL}


@dataclass(frozen=True, slots=True)
class Variable:
    """A column as Stata has it.

    Attributes:
        type: its number in format 118 (below 2046 the bytes of a string); 0 for a string as wide as need be.
        format: how it is shown, such as ``%td``.
        values: the name of its value labels, if any.
        label: what it holds.
    """

    type: int
    format: str
    values: str
    label: str


@dataclass(frozen=True, slots=True)
class StataFile:
    """What a Stata file says beside its rows.

    Attributes:
        variables: its columns.
        labels: value labels by name: what a number stands for.
        label: of the whole.
    """

    variables: list[Variable]
    labels: dict[str, dict[int, str]]
    label: str


class StataRow(list[Any]):
    """The values of a row: labels in place of the numbers that they stand for, dates, None where missing.

    Attributes:
        raw: the numbers and texts as the file has them.
    """

    __slots__ = ("raw",)

    def __init__(self, values: list[Any], raw: list[Any]) -> None:
        super().__init__(values)
        self.raw = raw


def open_stata(name: str, encoding: str | None = None) -> Table:
    """Open a Stata file of any version; `Table.exact` is its `StataFile`.

    Files of version 118 and later are in UTF-8. Older ones do not say what they are in: it is found, as for text tables.

    Raises:
        TableError: it is no Stata file, or pandas is missing.
    """
    need("pandas")
    shown = shown_name(name)
    stata = need("pandas.io.stata")
    raw = open_seekable(name)
    notes: list[str] = []
    options = {"convert_dates": False, "convert_categoricals": False, "convert_missing": True}
    try:
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            reader = stata.StataReader(raw, **options)
            labels = reader.variable_labels()
            values = reader.value_labels()
            old = reader._format_version < 118
            if old:
                encoding, said = _encoding(shown, reader, labels, values, encoding)
                notes += said
            # pandas reads no long texts after it was asked for value labels: begin anew.
            raw.seek(0)
            reader = stata.StataReader(raw, **options)
            reader.variable_labels()
    except TableError:
        raw.close()
        raise
    except Exception as error:
        # Whatever pandas stumbles over in a damaged file.
        raw.close()
        raise TableError(f"{shown}: not a Stata file that can be read ({error})") from None

    def text(found: str) -> str:
        return found.encode("latin-1").decode(encoding or "utf-8", ESCAPE) if old and not found.isascii() else found

    header = [text(n) for n in labels]
    variables = [
        Variable(_type(t, old), fmt, text(lbl), text(label))
        for t, fmt, lbl, label in zip(reader._typlist, reader._fmtlist, reader._lbllist, labels.values(), strict=True)
    ]
    about = StataFile(
        variables,
        {text(k): {int(n): text(v) for n, v in one.items()} for k, one in values.items()},
        text(reader.data_label),
    )
    if not header:
        raw.close()
        raise TableError(f"{shown} has no columns")
    total, width = int(reader._nobs), reader._setup_dtype().itemsize
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        size = max(1, min(_ROWS, _BYTES // max(1, width)))
        while done < total:
            try:
                with warnings.catch_warnings(record=True) as said:
                    warnings.simplefilter("always")
                    chunk = reader.read(nrows=size)
            except Exception as error:
                raise TableError(f"{shown}, after row {done}: damaged Stata data ({error})") from None
            if any(issubclass(w.category, UnicodeWarning) for w in said):
                note = f"{shown}: some texts are not in UTF-8, as those of version 118 have to be; they were read as latin-1"
                if note not in notes:
                    notes.append(note)
            if not len(chunk):
                raise TableError(f"{shown}: {done} rows, where its head promises {total}; it was cut short")
            raws = [_plain(chunk.iloc[:, i].tolist()) for i in range(len(header))]
            if old:
                raws = [[text(v) if isinstance(v, str) else v for v in c] for c in raws]
            natural = [_natural(c, v, about.labels.get(v.values, {})) for c, v in zip(raws, variables, strict=True)]
            cells = [_cells(c, v) for c, v in zip(natural, variables, strict=True)]
            for one, two, three in zip(
                zip(*cells, strict=True), zip(*natural, strict=True), zip(*raws, strict=True), strict=True
            ):
                done += 1
                yield Row(list(one), done, 0, None, StataRow(list(two), list(three)))

    return Table(shown, "dta", header, rows(), "utf-8", "", "\n", total, lambda: done, raw.close, notes, about)


def same_variables(first: Table, other: Table) -> str:
    """What keeps two Stata tables from being read as one; empty if nothing does."""
    for name, one, two in zip(first.header, first.exact.variables, other.exact.variables, strict=True):
        if one.type != two.type:
            return f"column {name!r} has another type"
        if _counted_in(one) != _counted_in(two):
            return f"column {name!r} is shown as {one.format} in one and {two.format} in the other, which count time differently"
        if bool(one.values) != bool(two.values) or first.exact.labels.get(one.values) != other.exact.labels.get(two.values):
            return f"the value labels of column {name!r} differ"
    return ""


def _counted_in(variable: Variable) -> str:
    """What a variable's numbers count if they are times (``td`` days, ``tc`` milliseconds, ...); empty for others."""
    shown = variable.format.lstrip("%-")
    return "td" if shown.startswith("d") else shown[:2] if shown.startswith("t") else ""


def _type(found: object, old: bool) -> int:
    if isinstance(found, str):
        return _TYPES[found]
    assert isinstance(found, int)
    return 0 if old else found  # texts grow when they become UTF-8


def _plain(column: list[Any]) -> list[Any]:
    """Values without pandas' own types."""
    return [v if isinstance(v, str | int | float) else _number(v) for v in column]


def _number(value: Any) -> Any:
    if value is None:
        return ""
    if hasattr(value, "string"):  # pandas' StataMissingValue
        return Missing(value.value)
    return value.item() if hasattr(value, "item") else value


def _natural(column: list[Any], variable: Variable, labels: dict[int, str]) -> list[Any]:
    """What a column's numbers stand for."""
    out = [None if isinstance(v, Missing) or (isinstance(v, float) and math.isnan(v)) else v for v in column]
    if labels:
        return [labels.get(int(v), v) if isinstance(v, int | float) and v == int(v) else v for v in out]
    if variable.format.startswith(("%td", "%d", "%-td", "%-d")):
        return [_moment(v, "days") for v in out]
    if variable.format.startswith(("%tc", "%-tc")):
        return [_moment(v, "milliseconds") for v in out]
    return out


def _moment(value: Any, unit: str) -> Any:
    if not isinstance(value, int | float) or value != int(value):
        return value
    try:
        moment = EPOCH + datetime.timedelta(**{unit: int(value)})
    except OverflowError:
        return value
    return moment.date() if unit == "days" else moment


def _cells(column: list[Any], variable: Variable) -> list[str]:
    """A column as text; whole numbers stay such though Stata's doubles hold them."""
    if variable.type not in (FLOAT, DOUBLE):
        return [as_text(v) for v in column]
    numpy = need("numpy")
    out = []
    for value in column:
        if isinstance(value, float):
            whole = value.is_integer() and abs(value) < 2**53
            out.append(str(int(value)) if whole else str(numpy.float32(value)) if variable.type == FLOAT else repr(value))
        else:
            out.append(as_text(value))
    return out


def _encoding(
    shown: str, reader: Any, labels: dict[str, str], values: dict[str, dict[Any, str]], given: str | None
) -> tuple[str, list[str]]:
    """The encoding of a file older than version 118, whose texts pandas has read as latin-1, and what to say of it."""
    texts = [*labels, *labels.values(), *(v for one in values.values() for v in one.values())]
    if not given:
        chunk = reader.read(nrows=_SAMPLE)
        texts += [v for i in range(chunk.shape[1]) for v in chunk.iloc[:, i].tolist() if isinstance(v, str)]
    sample = "\n".join(t for t in texts if not t.isascii()).encode("latin-1", "replace")
    if given or not sample:
        return given or "utf-8", []
    found = detect_encoding(sample)
    return found, [f"{shown}: a Stata file of before version 118, read as {found} (say --encoding to choose another)"]
