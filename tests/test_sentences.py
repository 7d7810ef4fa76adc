"""Sentences by their paper's row: where they stand, and their vectors."""

from pathlib import Path

import numpy as np
import pytest

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.sentences import Sentences, SentencesWriter, Spans

STEP = 0.125


def floats(*vectors: tuple[float, float]) -> Floats:
    return np.array(vectors, np.float32).reshape(-1, 2)


# Their vectors are whole steps, so that they come back as they were.
PAPERS: list[tuple[Spans, Floats]] = [
    ([(0, 9), (10, 30)], floats((0.5, 0.25), (0.25, 1.0))),
    ([], floats()),
    ([(3, 8)], floats((-1.0, -0.5))),
    ([(0, 1), (2, 3), (4, 5)], floats((0.0, 0.125), (1.0, 0.0), (0.0, 1.0))),
    ([], floats()),
    ([(2, 7)], floats((-0.125, 0.5))),
]


def written(folder: Path, papers: list[tuple[Spans, Floats]]) -> Path:
    writer = SentencesWriter(folder / "sentences")
    for spans, vectors in papers:
        writer.add(spans, vectors, STEP)
    writer.finish()
    return folder / "sentences"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, PAPERS)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Sentences:
    return Sentences(written(tmp_path_factory.mktemp("sentences"), PAPERS), STEP, 2)


@pytest.mark.parametrize("row", range(len(PAPERS)))
def test_each_paper_has_its_own_sentences(sentences: Sentences, row: int) -> None:
    spans, vectors = sentences.of(row)
    assert spans == PAPERS[row][0]
    assert vectors.shape == (len(spans), 2)
    assert vectors.tolist() == PAPERS[row][1].tolist()


def test_the_sentences_of_several_papers_come_with_their_cosines_in_the_order_asked_for(
    sentences: Sentences,
) -> None:
    found = sentences.beside(np.array([3, 1, 0, 3]), np.array([1.0, -2.0], np.float32))
    assert [[tuple(span) for span in spans] for spans, _ in found] == [PAPERS[row][0] for row in (3, 1, 0, 3)]
    of_3 = [-0.25, 1.0, -2.0]
    assert [cosines.tolist() for _, cosines in found] == [of_3, [], [0.0, -1.75], of_3]


@pytest.mark.parametrize("rows", [[], [1], [1, 4], [0, 5]])
def test_without_a_vector_or_without_sentences_the_cosines_are_zeros(
    sentences: Sentences, rows: list[int]
) -> None:
    found = sentences.beside(np.array(rows, np.int64), None)
    assert [cosines.tolist() for _, cosines in found] == [[0.0] * len(PAPERS[row][0]) for row in rows]
    empty = sentences.beside(np.array([1] * len(rows), np.int64), np.array([1.0, 0.0], np.float32))
    assert [(spans, cosines.tolist()) for spans, cosines in empty] == [([], [])] * len(rows)


def test_the_length_is_that_of_the_papers(sentences: Sentences) -> None:
    assert len(sentences) == 6


def test_of_no_papers_there_are_no_sentences(tmp_path: Path) -> None:
    sentences = Sentences(written(tmp_path, []), STEP, 2)
    assert len(sentences) == 0


def test_papers_may_all_be_without_sentences(tmp_path: Path) -> None:
    sentences = Sentences(written(tmp_path, [PAPERS[1], PAPERS[1]]), STEP, 2)
    assert len(sentences) == 2
    spans, vectors = sentences.of(1)
    assert (spans, vectors.shape) == ([], (0, 2))


@pytest.mark.parametrize("name", ["offsets.i64", "spans.i32", "codes.i8"])
@pytest.mark.parametrize("damage", ["missing", "empty", "a byte short", "an entry short", "longer"])
def test_files_that_do_not_belong_together_are_refused(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    entry = {"offsets.i64": 8, "spans.i32": 8, "codes.i8": 2}[name]
    damaged = {
        "empty": b"",
        "a byte short": whole[:-1],
        "an entry short": whole[:-entry],
        "longer": whole + b"\1" * entry,
    }
    path.unlink()
    if damage in damaged:
        path.write_bytes(damaged[damage])
    with pytest.raises(IndexUnusable) as raised:
        Sentences(folder, STEP, 2)
    assert str(raised.value) == f"{folder}: sentences are not readable; build the index again"


def test_sentences_of_another_dimension_are_refused(folder: Path) -> None:
    with pytest.raises(IndexUnusable, match="sentences are not readable"):
        Sentences(folder, STEP, 3)
