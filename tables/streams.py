"""Bytes in: files, pipes and packed files, never more of them at once than a table needs."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from .encoding import SAMPLE, detect_encoding, sniff, with_mark
from .errors import TableError
from .extras import need
from .formats import packing_of

if TYPE_CHECKING:
    from collections.abc import Callable

# More than this without a line end is no row of a table.
LONGEST_LINE = 256 << 20
# What unpacks to this many times its size, and to more than this many bytes, is a bomb: texts seldom reach 30 times.
WORST_RATIO, HARMLESS = 300, 256 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# What other formats begin with, and how to say so.
_OTHERS = {
    b"PK\x03\x04": "looks like an Excel workbook (or a zip file); say --from xlsx, or unpack it",
    b"PAR1\x15": "is a Parquet file; say --from parquet",
    b"<stata_dta>": "is a Stata file; say --from dta",
    b"\xd0\xcf\x11\xe0": "is a workbook in the Excel format of before 2007; save it as .xlsx or .csv",
    b"%PDF-": "is a PDF",
    b"BZh91AY&SY": "is packed with bzip2; unpack it, or pack it with gzip or zstd",
    b"\xfd7zXZ": "is packed with xz; unpack it, or pack it with gzip or zstd",
}


class Counted(io.RawIOBase):
    """A stream whose first bytes may have been read already; it counts what it gives and refuses endless lines."""

    def __init__(self, name: str, head: bytes, rest: BinaryIO, *, owns: bool = True) -> None:
        self._name, self._head, self._rest, self._owns = name, memoryview(head), rest, owns
        self._line = 0
        self.given = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill `buffer`."""
        if self._head:
            n = min(len(buffer), len(self._head))
            buffer[:n] = self._head[:n]
            self._head = self._head[n:]
        else:
            data = self._rest.read(len(buffer))
            n = len(data)
            buffer[:n] = data
        self.given += n
        given = bytes(buffer[:n])
        end = max(given.rfind(b"\n"), given.rfind(b"\r"))
        self._line = self._line + n if end < 0 else n - end
        if self._line > LONGEST_LINE:
            raise TableError(
                f"{self._name}: a line of more than {LONGEST_LINE >> 20} MB; this is no table, or a quote is left open"
            )
        return n

    def close(self) -> None:
        """Close what is below too."""
        if self._owns:
            self._rest.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """What a packed stream holds; a bomb and a damaged file are errors of one line."""

    def __init__(
        self, name: str, packed: BinaryIO, inner: BinaryIO, how: str, errors: tuple[type[Exception], ...],
        check: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._name, self._packed, self._inner, self._how, self._errors = name, packed, inner, how, errors
        self._check = check
        self._out = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill `buffer`."""
        try:
            data = self._inner.read(len(buffer))
            if not data:
                self._check()
        except self._errors as error:
            raise TableError(f"{self._name}: damaged {self._how} data, or cut short ({error})") from None
        self._out += len(data)
        if self._out > HARMLESS and self._out > WORST_RATIO * max(1, self._packed.tell()):
            raise TableError(
                f"{self._name}: unpacks to more than {WORST_RATIO} times its size, as nothing but a bomb does; "
                "unpack it yourself if it is meant"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what is below too."""
        self._inner.close()
        self._packed.close()
        super().close()


class _Frames:
    """A stream of zstd frames (RFC 8878, 3.1), which knows whether it ended with one: the library does not say."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._held = b""  # a header that is not there as a whole yet
        self._skip = 0  # bytes of a block's content
        self._inside = self._checked = False

    def read(self, size: int = -1) -> bytes:
        """Bytes of the stream, looked at on the way."""
        data = self._packed.read(size)
        at = min(self._skip, len(data))
        self._skip -= at
        if at < len(data) or self._held:
            self._walk(self._held + data[at:])
        return data

    def check(self) -> None:
        """Refuse a stream that ended inside a frame.

        Raises:
            EOFError: it did.
        """
        if self._inside or self._held or self._skip:
            raise EOFError("the file ends before its last frame does")

    def _walk(self, data: bytes) -> None:
        """Step from header to header."""
        at = 0
        while at < len(data):
            if self._inside:
                if len(data) - at < 3:
                    break
                header = int.from_bytes(data[at : at + 3], "little")
                last, kind, size = header & 1, header >> 1 & 3, header >> 3
                step = 3 + (1 if kind == 1 else size) + (4 if last and self._checked else 0)
                self._inside = not last
            else:
                if len(data) - at < 8:
                    break
                if data[at + 1 : at + 4] == b"\x2a\x4d\x18":  # to be skipped
                    step = 8 + int.from_bytes(data[at + 4 : at + 8], "little")
                else:
                    about = data[at + 4]
                    single = about >> 5 & 1
                    step = 5 + (1 - single) + (0, 1, 2, 4)[about & 3] + (single, 2, 4, 8)[about >> 6]
                    self._inside, self._checked = True, bool(about >> 2 & 1)
            at += step
        self._held = data[at:]
        self._skip = max(0, at - len(data))


class _Tally(io.RawIOBase):
    """A stream that counts what it gives, for streams that cannot tell."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest, self._at = head, rest, 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill `buffer`."""
        if self._head:
            data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            data = self._rest.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        """How many bytes have been read."""
        return self._at


def unpack(name: str, packed: BinaryIO, how: str) -> BinaryIO:
    """What a stream packed with `how` (``gzip`` or ``zstd``) holds."""
    if how == "gzip":
        import gzip

        inner = cast("BinaryIO", gzip.GzipFile(fileobj=packed))
        return io.BufferedReader(_Unpacked(name, packed, inner, how, (OSError, EOFError, zlib.error)), SAMPLE)
    zstandard = need("zstandard")
    watched = _Frames(packed)
    inner = zstandard.ZstdDecompressor().stream_reader(watched, read_across_frames=True, closefd=False)
    return io.BufferedReader(_Unpacked(name, packed, inner, how, (zstandard.ZstdError, EOFError), watched.check), SAMPLE)


def pack(file: BinaryIO, how: str) -> BinaryIO:
    """A stream whose bytes go to `file` packed; the same bytes give the same file, whatever it is called and when."""
    if how == "gzip":
        import gzip

        return cast("BinaryIO", gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0))
    return cast("BinaryIO", need("zstandard").ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False))


def open_input(name: str) -> BinaryIO:
    """A file, opened; ``-`` is standard input.

    Raises:
        TableError: it is not there, or cannot be read.
    """
    if name == "-":
        return sys.stdin.buffer
    path = Path(name)
    try:
        if path.is_dir():
            raise TableError(f"{name} is a directory; give a file")
        return path.open("rb")
    except FileNotFoundError:
        raise TableError(f"there is no file {name}") from None
    except OSError as error:
        raise TableError(f"cannot read {name}: {error.strerror}") from None


def open_text(name: str, encoding: str | None) -> tuple[Counted, int | None, Callable[[], int], str]:
    """The bytes of a text table, how many there are, how many have been read so far, and the encoding.

    Args:
        name: a path, or ``-``.
        encoding: found if not given.

    Raises:
        TableError: the file is not there, cannot be read, or is no text.
    """
    file = open_input(name)
    shown = shown_name(name)
    try:
        if name != "-" and file.seekable():
            head = file.read(16)
            file.seek(0)
            how = _packing(shown, head)
            if not how:
                encoding = with_mark(encoding, head) if encoding else sniff(file)
                whole = Counted(shown, b"", file)
                return whole, os.path.getsize(name), lambda: whole.given, encoding
            unpacked = unpack(shown, file, how)
            if encoding:
                encoding = with_mark(encoding, cast("io.BufferedReader", unpacked).peek(4))
            else:
                # Packed files are looked at to the end too, where need be, and read again.
                encoding = sniff(unpacked, rewind=False)
                unpacked.close()
                file = open_input(name)
                unpacked = unpack(shown, file, how)
            packed = file
            return (
                Counted(shown, b"", unpacked),
                os.path.getsize(name),
                lambda: packed.tell() if not packed.closed else 0,
                encoding,
            )
        head = file.read(SAMPLE)
        how = _packing(shown, head)
        if how:
            file = unpack(shown, cast("BinaryIO", _Tally(head, file)), how)
            head = file.read(SAMPLE)
        encoding = with_mark(encoding, head) if encoding else detect_encoding(head, whole=len(head) < SAMPLE)
        stream = Counted(shown, head, file, owns=name != "-")
        return stream, None, lambda: stream.given, encoding
    except OSError as error:
        raise TableError(f"cannot read {name}: {error.strerror or error}") from None


def _packing(name: str, head: bytes) -> str:
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise TableError(f"{name} {what}")
    how = "gzip" if head.startswith(_GZIP) else "zstd" if head.startswith(_ZSTD) else ""
    said = packing_of(name)
    if said and head and not how:
        raise TableError(f"{name}: not packed with {said}, whatever its name says; rename it")
    return how


def shown_name(name: str) -> str:
    """What messages call an input."""
    return "standard input" if name == "-" else name


def open_seekable(name: str) -> BinaryIO:
    """A file in which one can go back, as typed formats need; what comes through a pipe is put on the disk first.

    Raises:
        TableError: it is not there, cannot be read, or is empty.
    """
    file = open_input(name)
    try:
        if name == "-" or not file.seekable():
            spooled = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
            shutil.copyfileobj(file, spooled, 1 << 20)
            spooled.seek(0)
            file = spooled
        if not file.read(1):
            raise TableError(f"{shown_name(name)} is empty")
        file.seek(0)
    except OSError as error:
        raise TableError(f"cannot read {shown_name(name)}: {error.strerror or error}") from None
    return file
