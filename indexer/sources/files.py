"""Any source file as decoded text: plain, gzip or xz, in UTF-8 or in UTF-16 with its mark."""

import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO, cast

from papersearch.errors import SourceUnusable

HEAD = 64 * 1024

_MARKS = (
    # UTF-32's mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN_BINARIES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive (or an Office document)",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "an SQLite database",
    b"PAR1": "a Parquet file",
}
_MEND = "unpack it or export it as text (JSON Lines, JSON, CSV or TSV) and index that"


class Opened(NamedTuple):
    """A file's text, unread, and its first 64 KB beside it, for those who must guess what it is."""

    text: TextIO
    head: str


@contextmanager
def open_text(path: Path) -> Iterator[Opened]:
    """Open a file as a stream of text; bytes that aren't text become U+FFFD, line ends stay as they are.

    Raises SourceUnusable, also while the text is being read: no such file, a directory, not readable, empty,
    binary, or compressed and damaged.
    """
    try:
        if path.is_dir():
            raise SourceUnusable(f"{path} is a directory: name the files in it, for example {path}/*.jsonl")
        with _open(path) as file:
            packed = _unpacked(file)
            start = packed.read(HEAD)
            encoding = _encoding(start)
            head = codecs.getincrementaldecoder(encoding)("replace").decode(start)
            _require_text(path, start, head)
            binary = io.BufferedReader(_Rejoined(start, packed), HEAD)
            yield Opened(io.TextIOWrapper(binary, encoding, errors="replace", newline=""), head)
    except FileNotFoundError:
        raise SourceUnusable(f"{path}: there is no such file; check the path") from None
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise SourceUnusable(
            f"{path} is compressed and damaged or cut short ({error}): fetch or make it again"
        ) from None
    except OSError as error:
        raise SourceUnusable(f"{path} can't be read ({error.strerror or error}): check the file") from None


def _open(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except ValueError as error:  # a NUL in the path, or a character that no file name can hold
        raise OSError(str(error)) from None


def _unpacked(file: io.BufferedReader) -> BinaryIO:
    magic = file.peek(6)
    if magic.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return cast(BinaryIO, lzma.LZMAFile(file))
    return file


def _encoding(start: bytes) -> str:
    # Nothing else is guessed: a wrong guess garbles names in silence, U+FFFD shows.
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "utf-8-sig")


def _require_text(path: Path, start: bytes, head: str) -> None:
    for magic, name in _KNOWN_BINARIES.items():
        if start.startswith(magic):
            raise SourceUnusable(f"{path} is {name}, not text: {_MEND}")
    if not head.strip("\0 \t\r\n\v\f\ufeff") and "\0" not in head:
        raise SourceUnusable(f"{path} is empty: name a file that holds papers")
    # A stray NUL in a long text is dirt to clean; one in a hundred characters is a binary file.
    dirt = sum(head.count(chr(code)) for code in range(9))
    if dirt * 100 > len(head):
        raise SourceUnusable(f"{path} is a binary file, not text: {_MEND}")
    if head.count("\ufffd") * 4 > len(head):
        raise SourceUnusable(f"{path} is not UTF-8 text: save it as UTF-8 and index that")


class _Rejoined(io.RawIOBase):
    """What was read of a stream, and the rest of it: works for pipes too, where nothing can be read twice."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start = io.BytesIO(start)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as BufferedReader calls it
        data = self._start.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
