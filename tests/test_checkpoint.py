"""What a stopped build leaves: whole slices are found again, and nothing of what was damaged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexer.checkpoint import Checkpoint, encoder_sha256, is_left, stopped
from indexer.known import of_stopped
from papersearch.codes import coded
from papersearch.manifest import FORMAT
from papersearch.sentences import SentencesWriter
from tests import tiny

HASHES = [["a", "b", "c"], ["d", "e"], ["f"]]
PAPERS, STEP = 9, 1 / 64
MATRIX = np.random.default_rng(1).standard_normal((PAPERS, tiny.DIMENSION)).astype(np.float32)


def sentences(row: int) -> tuple[list[tuple[int, int]], np.ndarray]:
    """As many sentences as the row's number has halves, with vectors that codes stand for exactly."""
    spans = [(row, row + number) for number in range(1, row // 2 + 1)]
    codes = np.random.default_rng(row).integers(-127, 128, (len(spans), tiny.DIMENSION))
    return spans, (codes * STEP).astype(np.float32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generation of nine papers that was stopped when three slices were finished and a fourth begun."""
    home = tmp_path_factory.mktemp("stopped") / "home"
    card = tiny.write_encoder(home / "encoder")
    kept = Checkpoint(home, card, PAPERS)
    matrix = np.lib.format.open_memmap(home / ".vectors.npy", "w+", np.float32, MATRIX.shape)
    writer = SentencesWriter(home / "sentences")
    for hashes in HASHES:
        rows = range(kept.rows, kept.rows + len(hashes))
        matrix[rows] = MATRIX[rows]
        for row in rows:
            writer.add(*sentences(row), STEP)
        matrix.flush()
        writer.flush()
        kept.add(hashes, matrix, STEP)
    writer.add(*sentences(6), STEP)
    writer.close()
    return home


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "home")


def test_finished_slices_are_found_by_the_hashes_of_their_texts(whole: Path) -> None:
    found = stopped(whole)
    assert found is not None
    assert found.rows == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5}
    assert (found.done, found.papers, found.step, found.card) == (6, PAPERS, STEP, tiny.card())
    assert found.encoder == encoder_sha256(whole)


def test_what_is_known_of_a_text_is_what_was_written(home: Path) -> None:
    found = stopped(home)
    assert found is not None
    known = of_stopped(found)
    for row in range(6):
        spans, vectors = sentences(row)
        np.testing.assert_array_equal(known.vector(row), MATRIX[row])
        assert known.sentences(row)[0] == spans
        np.testing.assert_array_equal(coded(known.sentences(row)[1], STEP), coded(vectors, STEP))
    assert stopped(home) == found  # and it can be taken up once more


def flipped(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


def shortened(path: Path, by: int) -> None:
    path.write_bytes(path.read_bytes()[:-by])


def with_another_hash(home: Path) -> None:
    path = home / ".embedded.jsonl"
    path.write_text(path.read_text("utf-8").replace('"d"', '"x"'), "utf-8")


def without_its_second_slice(home: Path) -> None:
    path = home / ".embedded.jsonl"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(lines[:2] + lines[3:]) + "\n", "utf-8")


CODES, VECTORS = "sentences/codes.i8", ".vectors.npy"


def of_an_older_version(home: Path) -> None:
    path = home / ".embedded.jsonl"
    path.write_text(
        path.read_text("utf-8").replace(f'"format": {FORMAT}', f'"format": {FORMAT - 1}'), "utf-8"
    )


def of_the_first_version(home: Path) -> None:
    path = home / ".embedded.jsonl"
    path.write_text(path.read_text("utf-8").replace(f'"format": {FORMAT}, ', ""), "utf-8")


FIRST_VECTOR = -4 * PAPERS * tiny.DIMENSION  # from the end of the file
DAMAGES: list[tuple[Callable[[Path], object], int]] = [
    (lambda home: shortened(home / ".embedded.jsonl", 5), 5),  # in the last line
    (lambda home: shortened(home / ".embedded.jsonl", 30), 5),
    (lambda home: flipped(home / VECTORS, FIRST_VECTOR), 0),
    (lambda home: flipped(home / VECTORS, FIRST_VECTOR // PAPERS * 6), 3),  # the row of "d"
    (lambda home: flipped(home / VECTORS, -1), 6),  # a row that was not reached
    (lambda home: shortened(home / VECTORS, 1), 0),
    (lambda home: flipped(home / CODES, 0), 0),
    (lambda home: flipped(home / CODES, tiny.DIMENSION), 3),
    (lambda home: shortened(home / CODES, 3 * tiny.DIMENSION), 6),  # those of the slice that was begun
    (lambda home: shortened(home / CODES, 3 * tiny.DIMENSION + 1), 5),
    (lambda home: flipped(home / "sentences/spans.i32", 0), 0),
    (lambda home: flipped(home / "sentences/offsets.part", 8 * 5), 3),
    (lambda home: (home / "sentences/offsets.part").write_bytes(b"\xff" * 80), 0),
    (lambda home: (home / "sentences/spans.i32").unlink(), 0),
    (lambda home: (home / VECTORS).unlink(), 0),
    (lambda home: (home / VECTORS).write_bytes(b""), 0),
    (lambda home: (home / VECTORS).write_bytes((home / VECTORS).read_bytes().replace(b"{", b"(")), 0),
    (lambda home: flipped(home / "encoder/model.onnx.data", 100), 0),
    (lambda home: (home / "encoder/tokenizer.json").unlink(), 0),
    (lambda home: (home / ".embedded.jsonl").write_bytes(b"\xff\n\n"), 0),
    (lambda home: (home / ".embedded.jsonl").write_text("[]\n[]\n", "utf-8"), 0),
    (lambda home: (home / ".embedded.jsonl").write_text("", "utf-8"), 0),
    (of_an_older_version, 0),
    (of_the_first_version, 0),
    (with_another_hash, 3),
    (without_its_second_slice, 3),
]


@pytest.mark.parametrize(("damage", "done"), DAMAGES)
def test_of_what_is_damaged_only_the_slices_before_count(
    home: Path, damage: Callable[[Path], object], done: int
) -> None:
    damage(home)
    found = stopped(home)
    assert (found.done if found else 0) == done
    if found:
        known = of_stopped(found)
        for row in range(done):
            np.testing.assert_array_equal(known.vector(row), MATRIX[row])
            assert known.sentences(row)[0] == sentences(row)[0]


def test_nothing_is_left_before_a_slice_is_finished(tmp_path: Path) -> None:
    card = tiny.write_encoder(tmp_path / "encoder")
    assert not is_left(tmp_path)
    Checkpoint(tmp_path, card, 3)
    assert not is_left(tmp_path)
    assert stopped(tmp_path) is None


def test_nothing_is_left_when_a_build_is_complete(home: Path, whole: Path) -> None:
    assert is_left(whole)
    Checkpoint(home, tiny.card(), 1).remove()
    assert not is_left(home)
    assert not (home / VECTORS).exists()


def test_the_list_is_lines_of_json(whole: Path) -> None:
    first, *lines = map(json.loads, (whole / ".embedded.jsonl").read_text("utf-8").splitlines())
    assert first["papers"] == PAPERS
    assert [line["hashes"] for line in lines] == HASHES
