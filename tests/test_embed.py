"""Embedding a store: every paper's own vector in its own row, known ones not made again."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer import embed as embedding
from indexer.embed import Known, embed, load
from papersearch import vectors
from papersearch.encoder import MOST_WINDOWS, ExportedEncoder
from papersearch.paper import Paper
from papersearch.store import Store, StoreWriter
from papersearch.vectors import Floats, Vectors
from tests import tiny

# Of known words alone, so that their vectors can be told without the encoder; of many lengths.
TEXTS = [f"{word} {'code ' * (number % 5)}".strip() for number, word in enumerate(tiny.WORDS[:20])]


def of_texts(texts: Sequence[str]) -> list[Paper]:
    return [Paper(str(number), "", text) for number, text in enumerate(texts)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> ExportedEncoder:
    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    return ExportedEncoder(folder, tiny.write_encoder(folder))


def running(
    folder: Path, encoder: ExportedEncoder, texts: Sequence[str], known: Known | None = None
) -> list[tuple[int, int, int]]:
    """Embed these texts into vectors.npy; (done, reused, truncated) each time that they are told."""
    writer = StoreWriter(folder / "papers.sqlite")
    for paper in of_texts(texts):
        writer.add(paper)
    writer.finish()
    told = embed(Store(folder / "papers.sqlite"), encoder, folder / "vectors.npy", known)
    return [(counts.done, counts.reused, counts.truncated) for counts in told]


def known(folder: Path, texts: Sequence[str], matrix: Floats) -> Known:
    vectors.write(folder / "old.faiss", matrix)
    rows = {paper.text_hash: row for row, paper in enumerate(of_texts(texts))}
    return Known(rows, Vectors(folder / "old.faiss"))


@pytest.mark.parametrize("slice_size", [8, 20, 1024])
def test_each_row_has_the_vector_of_its_paper(
    tmp_path: Path, encoder: ExportedEncoder, monkeypatch: pytest.MonkeyPatch, slice_size: int
) -> None:
    monkeypatch.setattr(embedding, "SLICE", slice_size)
    running(tmp_path, encoder, TEXTS)
    expected = [tiny.expected_vector(text) for text in TEXTS]
    np.testing.assert_allclose(load(tmp_path / "vectors.npy"), expected, atol=1e-6)


def test_known_texts_keep_their_vectors_and_are_not_embedded(
    tmp_path: Path, encoder: ExportedEncoder
) -> None:
    old = np.eye(2, tiny.DIMENSION, dtype=np.float32)  # not what the encoder would give
    before = known(tmp_path, [TEXTS[3], TEXTS[1]], old)
    assert running(tmp_path, encoder, TEXTS[:4], before)[-1] == (4, 2, 0)
    expected = [tiny.expected_vector(TEXTS[0]), old[1], tiny.expected_vector(TEXTS[2]), old[0]]
    np.testing.assert_allclose(load(tmp_path / "vectors.npy"), expected, atol=1e-6)


def test_all_texts_known_needs_no_encoder(tmp_path: Path, encoder: ExportedEncoder) -> None:
    before = known(tmp_path, TEXTS[:2], np.eye(2, tiny.DIMENSION, dtype=np.float32))
    assert running(tmp_path, encoder, TEXTS[:2], before) == [(2, 2, 0)]


def test_the_counts_grow_part_by_part(
    tmp_path: Path, encoder: ExportedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "SLICE", 32)  # parts of 4
    assert [done for done, _, _ in running(tmp_path, encoder, TEXTS[:10])] == [4, 8, 10, 10]


def test_texts_too_long_to_be_read_to_their_end_are_counted(tmp_path: Path, encoder: ExportedEncoder) -> None:
    most = MOST_WINDOWS * encoder.card.max_tokens
    texts = ["code " * most, "code " * (most + 1), "code"]
    assert running(tmp_path, encoder, [text.strip() for text in texts])[-1] == (3, 0, 1)
