"""Embedding by torch in place of the exported graph: the same vectors. A CPU stands in for the GPU."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer import gpu, model
from indexer.gpu import TorchEncoder
from indexer.model_files import DEFAULT
from papersearch.encoder import ExportedEncoder
from papersearch.graph import Encoding, Feed
from papersearch.manifest import EncoderCard
from papersearch.paper import Paper
from papersearch.text import sentence_spans

Exported = tuple[Path, EncoderCard]


def test_texts_and_their_parts_have_the_vectors_of_the_exported_encoder(
    default_encoder: Exported, sample_papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "BATCH", 4)
    texts = [
        *(paper.text for paper in sample_papers[:9]),
        " ".join(paper.text for paper in sample_papers[:5]),
    ]
    parts = [sentence_spans(text) for text in texts]
    by_torch = TorchEncoder(*default_encoder, model.load(DEFAULT), "cpu").read_documents(texts, parts)
    exported = ExportedEncoder(*default_encoder).read_documents(texts, parts)
    assert (by_torch.whole * exported.whole).sum(axis=1).min() >= 0.9999
    for one, other in zip(by_torch.parts, exported.parts, strict=True):
        np.testing.assert_allclose((one * other).sum(axis=1), (other * other).sum(axis=1), atol=1e-3)
    assert by_torch.truncated == exported.truncated == 0


def test_batches_of_longer_texts_are_smaller(
    default_encoder: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = TorchEncoder(*default_encoder, model.load(DEFAULT), "cpu")
    monkeypatch.setattr(gpu, "_MOST_PAIRS", 2 * 20 * 20)
    texts = ["learning " * count for count in (18, 2, 18, 18)]  # and two marks of the model's own
    shapes: list[int] = []
    feed = encoder._graph.feed

    def noted(pieces: Sequence[Encoding]) -> Feed:
        shapes.append(len(pieces))
        return feed(pieces)

    monkeypatch.setattr(encoder._graph, "feed", noted)
    vectors = encoder.encode_documents(texts)
    assert shapes == [2, 2]
    assert (vectors * ExportedEncoder(*default_encoder).encode_documents(texts)).sum(axis=1).min() >= 0.9999


def test_without_a_driver_torch_is_not_asked(
    default_encoder: Exported, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gpu, "_DRIVERS", (tmp_path / "none",))
    monkeypatch.setattr("torch.cuda.is_available", lambda: pytest.fail("asked"))
    assert gpu.encoder(*default_encoder) is None


@pytest.mark.parametrize("seen", [False, True])
def test_a_gpu_that_torch_does_not_see_or_a_model_that_has_gone_leaves_the_work_to_the_cores(
    default_encoder: Exported, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seen: bool
) -> None:
    monkeypatch.setattr(gpu, "_DRIVERS", (tmp_path,))
    monkeypatch.setattr("torch.cuda.is_available", lambda: seen)
    folder, card = default_encoder
    assert gpu.encoder(folder, replace(card, model_sha256="another")) is None


def test_a_gpu_that_torch_sees_is_used(
    default_encoder: Exported, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    asked: list[str] = []

    def moved(model: SentenceTransformer, device: str) -> SentenceTransformer:
        asked.append(str(device))
        return model

    monkeypatch.setattr(gpu, "_DRIVERS", (tmp_path,))
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr(SentenceTransformer, "to", moved)
    assert isinstance(gpu.encoder(*default_encoder), TorchEncoder)
    assert asked[-1] == "cuda"
