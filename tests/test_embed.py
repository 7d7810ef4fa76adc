"""Embedding a store: each paper's vector in its own row, its sentences' too, known ones not made again."""

import errno
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer import embed as embedding
from indexer.checkpoint import Checkpoint
from indexer.embed import Embedded, embed, load
from indexer.known import Known
from papersearch.codes import Floats, step_of
from papersearch.encoder import MOST_WINDOWS, OPENING_WEIGHT, ExportedEncoder
from papersearch.errors import IndexUnusable
from papersearch.paper import Paper
from papersearch.sentences import MOST_SENTENCES, Sentences, SentencesWriter
from papersearch.store import Store, StoreWriter
from tests import tiny

# Of many lengths, so that the encoder changes their order.
PAPERS = [
    Paper(str(number), f"{word} code", f"We {'learn ' * (number % 5)}{word}. The {word} queue!")
    for number, word in enumerate(tiny.WORDS[:20])
]


@pytest.fixture(scope="module", params=["tokens", "no tokens"])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ExportedEncoder:
    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    return ExportedEncoder(folder, tiny.write_encoder(folder, tokens=request.param == "tokens"))


def running(
    folder: Path, encoder: ExportedEncoder, papers: Sequence[Paper], *known: Known, encoders: int = 1
) -> list[Embedded]:
    """Embed these papers into a generation in `folder`; what was told on the way."""
    writer = StoreWriter(folder / "papers.sqlite")
    for paper in papers:
        writer.add(paper)
    writer.finish()
    tiny.write_encoder(folder / "encoder")
    kept = Checkpoint(folder, encoder.card, len(papers))
    with closing(Store(folder / "papers.sqlite")) as store:
        return [replace(counts) for counts in embed(store, [encoder] * encoders, folder, known, kept)]


def known(folder: Path, papers: Sequence[Paper]) -> Known:
    """These papers with vectors and sentences that the encoder would not give: of the rows' axes."""
    axes, step = np.eye(len(papers), tiny.DIMENSION, dtype=np.float32), 1 / 64
    writer = SentencesWriter(folder / "old")
    for row in range(len(papers)):
        writer.add([(row, row + 1), (7, 9)], np.stack([axes[row], -axes[row]]), step)
    writer.finish()
    rows = {paper.text_hash: row for row, paper in enumerate(papers)}
    sentences = Sentences(folder / "old", step, tiny.DIMENSION)
    return Known(rows, lambda row: axes[row], sentences.of, step)


def expected(paper: Paper) -> Floats:
    """A paper's vector: that of its text, in which the title has a share of its own."""
    whole, title = tiny.expected_vector(paper.text), tiny.expected_vector(paper.title)
    vector = (1 - OPENING_WEIGHT) * whole + OPENING_WEIGHT * title
    unit: Floats = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("slice_size", [8, 20, 1024])
def test_each_row_has_the_vectors_of_its_paper_and_of_its_sentences(
    tmp_path: Path, encoder: ExportedEncoder, monkeypatch: pytest.MonkeyPatch, slice_size: int
) -> None:
    monkeypatch.setattr(embedding, "SLICE", slice_size)
    step = running(tmp_path, encoder, PAPERS)[-1].step
    np.testing.assert_allclose(load(tmp_path), [expected(each) for each in PAPERS], atol=1e-6)
    sentences = Sentences(tmp_path / "sentences", step, tiny.DIMENSION)
    assert len(sentences) == len(PAPERS)
    for row, paper in enumerate(PAPERS):
        spans, found = sentences.of(row)
        texts = [paper.abstract[start:end] for start, end in spans]
        assert len(texts) == 2
        assert " ".join(texts) == paper.abstract
        np.testing.assert_allclose(
            found, [tiny.expected_vector(text) for text in texts], atol=step / 2 + 1e-5
        )


def test_a_paper_without_a_title_has_the_vector_of_its_abstract(
    tmp_path: Path, encoder: ExportedEncoder
) -> None:
    running(tmp_path, encoder, [Paper("1", "...", "tree search"), PAPERS[0]])
    np.testing.assert_allclose(load(tmp_path)[0], tiny.expected_vector("tree search"), atol=1e-6)


def test_a_paper_of_a_title_alone_is_all_opening(tmp_path: Path, encoder: ExportedEncoder) -> None:
    running(tmp_path, encoder, [Paper("1", "tree search policy", ""), PAPERS[0]])
    np.testing.assert_allclose(load(tmp_path)[0], tiny.expected_vector("tree search policy"), atol=1e-6)


def test_a_full_disk_is_an_error_and_no_signal(
    tmp_path: Path, encoder: ExportedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        running(tmp_path, encoder, PAPERS)


def test_only_so_many_sentences_of_a_paper_are_kept(tmp_path: Path, encoder: ExportedEncoder) -> None:
    abstract = " ".join(["Code."] * MOST_SENTENCES + ["Queue."] * 3)
    step = running(tmp_path, encoder, [Paper("1", "code", abstract)])[-1].step
    spans, found = Sentences(tmp_path / "sentences", step, tiny.DIMENSION).of(0)
    assert spans == [(6 * place, 6 * place + 5) for place in range(MOST_SENTENCES)]
    # The last one has nothing in it of those that follow it.
    np.testing.assert_allclose(found[-1], tiny.expected_vector("code."), atol=step / 2 + 1e-5)


def test_the_step_fits_the_first_slice_and_its_sentences(tmp_path: Path, encoder: ExportedEncoder) -> None:
    told = running(tmp_path, encoder, PAPERS[:3])
    texts = [text for paper in PAPERS[:3] for text in paper.abstract.replace(". ", ".\n").split("\n")]
    parts = [*(expected(paper) for paper in PAPERS[:3]), *(tiny.expected_vector(text) for text in texts)]
    assert told[-1].step == pytest.approx(step_of(np.array(parts, np.float32)), rel=1e-4)


def test_known_texts_keep_vectors_and_sentences_and_are_not_embedded(
    tmp_path: Path, encoder: ExportedEncoder
) -> None:
    before = known(tmp_path, [PAPERS[3], PAPERS[1]])
    counts = running(tmp_path, encoder, PAPERS[:4], before)[-1]
    assert counts == Embedded(done=4, reused=2, truncated=0, step=1 / 64)  # their step is kept with them
    axes = np.eye(2, tiny.DIMENSION)
    rows = [expected(PAPERS[0]), axes[1], expected(PAPERS[2]), axes[0]]
    np.testing.assert_allclose(load(tmp_path), rows, atol=1e-6)
    sentences = Sentences(tmp_path / "sentences", counts.step, tiny.DIMENSION)
    spans, found = sentences.of(1)
    assert spans == [(1, 2), (7, 9)]
    np.testing.assert_array_equal(found, [axes[1], -axes[1]])
    assert len(sentences.of(2)[0]) == 2


def test_all_texts_known_needs_no_encoder(tmp_path: Path, encoder: ExportedEncoder) -> None:
    before = known(tmp_path, PAPERS[:2])
    assert running(tmp_path, encoder, PAPERS[:2], before) == [Embedded(2, 2, 0, 1 / 64)]


def test_the_counts_grow_part_by_part(
    tmp_path: Path, encoder: ExportedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PART", 4)
    assert [counts.done for counts in running(tmp_path, encoder, PAPERS[:10])] == [4, 8, 10, 10]


def test_texts_too_long_to_be_read_to_their_end_are_counted(tmp_path: Path, encoder: ExportedEncoder) -> None:
    most = MOST_WINDOWS * encoder.card.max_tokens
    lengths = [most, most + 1, 1]
    papers = [Paper(str(length), "", ("code " * length).strip()) for length in lengths]
    assert running(tmp_path, encoder, papers)[-1].truncated == 1


def test_what_is_stopped_half_way_leaves_nothing_open_and_nothing_to_read(
    tmp_path: Path, encoder: ExportedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "_read", stopped)
    with pytest.raises(KeyboardInterrupt):  # a file left open would be a warning, and so an error here
        running(tmp_path, encoder, PAPERS)
    with pytest.raises(IndexUnusable):
        Sentences(tmp_path / "sentences", 1.0, tiny.DIMENSION)
