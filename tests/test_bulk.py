"""Embedding with OpenVINO: the vectors that the served graph gives, in batches of few shapes."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import bulk
from indexer.bulk import LONG, LONG_BATCH, BulkEncoder
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.errors import IndexUnusable
from papersearch.graph import BATCH
from papersearch.manifest import EncoderCard
from papersearch.paper import Paper
from papersearch.text import sentence_spans
from tests import tiny

MOST = tiny.card().max_tokens
TEXTS = st.lists(st.sampled_from(tiny.WORDS), min_size=1, max_size=3 * MOST).map(" ".join)


@pytest.fixture(scope="module")
def encoder(tiny_encoder: Path) -> BulkEncoder:
    return BulkEncoder(tiny_encoder, tiny.card())


@pytest.fixture(scope="module")
def served(tiny_encoder: Path) -> ExportedEncoder:
    return ExportedEncoder(tiny_encoder, tiny.card())


@given(st.lists(TEXTS, max_size=2 * BATCH + 3))
def test_texts_and_their_parts_have_the_vectors_of_the_served_graph(
    encoder: BulkEncoder, served: ExportedEncoder, texts: list[str]
) -> None:
    parts = [[(0, len(text) // 2), (len(text) // 2, len(text))] for text in texts]
    one, other = (each.read_documents(texts, parts) for each in (encoder, served))
    np.testing.assert_allclose(one.whole, other.whole, atol=1e-6)
    for ours, theirs in zip(one.parts, other.parts, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert one.truncated == other.truncated


def test_the_default_model_has_the_same_vectors(
    default_encoder: tuple[Path, EncoderCard], sample_papers: list[Paper]
) -> None:
    texts = [paper.text for paper in sample_papers[:12]]
    parts = [sentence_spans(text) for text in texts]
    one, other = (
        kind(*default_encoder).read_documents(texts, parts) for kind in (BulkEncoder, ExportedEncoder)
    )
    assert least_cosine(one.whole, other.whole) >= 0.99999
    assert least_cosine(np.concatenate(one.parts), np.concatenate(other.parts)) >= 0.99999


def least_cosine(one: Floats, other: Floats) -> float:
    return float((one * other).sum(axis=1).min())


@pytest.mark.parametrize(
    ("texts", "rows"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 8), (9, 12), (12, 12), (13, 16)]
)
def test_rows_are_of_few_numbers(encoder: BulkEncoder, texts: int, rows: int) -> None:
    assert encoder._graph.shape(texts, 8) == (rows, 8)


@pytest.mark.parametrize(
    ("most", "longest", "width"),
    [(999, 1, 8), (999, 8, 8), (999, 9, 16), (13, 9, 13), (13, 13, 13), (999, 300, 304), (999, 530, 544)],
)
def test_widths_are_few_and_none_is_more_than_the_model_has_positions(
    tiny_encoder: Path, most: int, longest: int, width: int
) -> None:
    assert bulk._BulkGraph(tiny_encoder, most).shape(1, longest) == (1, width)


@pytest.mark.parametrize(
    ("longest", "texts"),
    [(1, BATCH), (LONG, BATCH), (LONG + 1, LONG_BATCH), (1024, 8), (4096, 2), (8192, 1), (9999, 1)],
)
def test_of_long_texts_few_are_run_at_once(encoder: BulkEncoder, longest: int, texts: int) -> None:
    assert encoder._graph.at_once(longest) == texts


def test_rows_that_are_there_for_the_shape_alone_have_something_to_read(encoder: BulkEncoder) -> None:
    pieces = encoder._graph.tokenizer.encode_batch(["of to of", "to", "of", "to", "of"])
    feed = encoder._graph.feed(pieces)
    assert feed["input_ids"].shape == (6, 8)
    assert feed["attention_mask"].sum(axis=1).tolist() == [3, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage"])
def test_a_damaged_encoder_is_named(tiny_encoder: Path, tmp_path: Path, name: str, damage: str) -> None:
    copy = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    (copy / name).unlink()
    if damage != "missing":
        (copy / name).write_bytes(b"" if damage == "empty" else b"garbage")
    with pytest.raises(IndexUnusable, match=rf"^{copy}: no usable encoder \(.+\); build the index again$"):
        BulkEncoder(copy, tiny.card())


def test_papers_are_embedded_by_openvino(tiny_encoder: Path) -> None:
    found = bulk.encoders(tiny_encoder, tiny.card(), 2)
    assert [type(each) for each in found] == [BulkEncoder, BulkEncoder]


@pytest.mark.parametrize("least", [1.1, 0.99])
def test_a_runtime_that_gives_other_vectors_or_none_is_not_used(
    tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch, least: float
) -> None:
    def unable(path: Path) -> None:
        raise RuntimeError("an operation that is not known here")

    if least > 1:
        monkeypatch.setattr(bulk, "LEAST_COSINE", least)
    else:
        monkeypatch.setattr(bulk, "_Compiled", unable)
    found = bulk.encoders(tiny_encoder, tiny.card(), 2)
    assert [type(each) for each in found] == [ExportedEncoder, ExportedEncoder]
    vectors = [each.encode_documents(["compiler pass"]) for each in found]
    np.testing.assert_allclose(
        np.concatenate(vectors), 2 * [tiny.expected_vector("compiler pass")], atol=1e-6
    )


def test_a_damaged_encoder_is_no_reason_to_use_another_runtime(tiny_encoder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    (copy / "model.onnx").write_bytes(b"garbage")
    with pytest.raises(IndexUnusable, match="no usable encoder"):
        bulk.encoders(copy, tiny.card(), 1)
