import codecs
import gzip
import lzma
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.files import HEAD, open_text
from papersearch.errors import SourceUnusable


def text_of(path: Path) -> str:
    with open_text(path) as opened:
        return opened.text.read()


def refusal(path: Path) -> str:
    with pytest.raises(SourceUnusable) as raised:
        text_of(path)
    return str(raised.value)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "source"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "Žižek\r\n".encode(),
        codecs.BOM_UTF8 + "Žižek\r\n".encode(),
        "Žižek\r\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Žižek\r\n".encode("utf-16-be"),
        "Žižek\r\n".encode("utf-32"),
        gzip.compress("Žižek\r\n".encode()),
        gzip.compress("Žižek\r\n".encode("utf-16")),
        lzma.compress("Žižek\r\n".encode()),
    ],
)
def test_text_is_decoded_whatever_holds_it(tmp_path: Path, content: bytes) -> None:
    assert text_of(written(tmp_path, content)) == "Žižek\r\n"


def test_bytes_that_are_not_utf8_become_replacement_characters(tmp_path: Path) -> None:
    assert (
        text_of(written(tmp_path, b"a long caf\xe9 \xed\xa0\x80.")) == "a long caf\ufffd \ufffd\ufffd\ufffd."
    )


def test_a_stray_nul_is_data(tmp_path: Path) -> None:
    assert text_of(written(tmp_path, b"word " * 50 + b"\0")) == "word " * 50 + "\0"


def test_the_head_is_the_first_64_kb_and_the_text_is_whole(tmp_path: Path) -> None:
    content = "é" * HEAD
    with open_text(written(tmp_path, content.encode())) as opened:
        assert opened.head == "é" * (HEAD // 2)
        assert opened.text.read() == content


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(b"through a pipe"),))
    writer.start()
    assert text_of(path) == "through a pipe"
    writer.join()


@pytest.mark.parametrize(
    "content", [b"", b" \n\t\r\n", codecs.BOM_UTF8, gzip.compress(b""), gzip.compress(b"\n")]
)
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    assert refusal(path) == f"{path} is empty: name a file that holds papers"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere"
    assert refusal(path) == f"{path}: there is no such file; check the path"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path)
        == f"{tmp_path} is a directory: name the files in it, for example {tmp_path}/*.jsonl"
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "a binary file"),
        (bytes(1000), "a binary file"),
        ("papers".encode("utf-16-le"), "a binary file"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04\x14\0", "a zip archive"),
        ("深度学习".encode("gb18030"), "not UTF-8 text"),
    ],
)
def test_what_is_not_text_is_refused_by_name(tmp_path: Path, content: bytes, what: str) -> None:
    path = written(tmp_path, content)
    assert refusal(path).startswith(f"{path} is {what}")


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
@pytest.mark.parametrize("kept", [20, 60_000])
def test_a_truncated_archive_is_refused(
    tmp_path: Path, compress: Callable[[bytes], bytes], kept: int
) -> None:
    path = written(tmp_path, compress(os.urandom(90_000).hex().encode())[:kept])
    assert "is compressed and damaged or cut short" in refusal(path)


def test_damage_after_the_head_is_told_while_reading(tmp_path: Path) -> None:
    archive = bytearray(gzip.compress(os.urandom(200_000).hex().encode()))
    archive[-8:] = b"\1\2\3\4\5\6\7\0"
    assert "damaged" in refusal(written(tmp_path, bytes(archive)))


def test_a_path_that_the_system_refuses(tmp_path: Path) -> None:
    assert "can't be read" in refusal(tmp_path / ("x" * 300))
    assert "can't be read" in refusal(Path("a\0b"))


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.getbasetemp(), content)
    try:
        assert text_of(path).encode()
    except SourceUnusable as error:
        assert str(path) in str(error)  # noqa: PT017  # either outcome is right
