"""The int8 encoder: close to the float one, smaller, and thrown away where it is not close."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from indexer import quantise as quantising
from indexer.quantise import quantise
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.manifest import EncoderCard
from papersearch.paper import Paper
from papersearch.text import sentence_spans
from tests import tiny

SERVED = {"model.onnx", "model.onnx.data", "tokenizer.json"}


@pytest.fixture(scope="module")
def int8(
    default_encoder: tuple[Path, EncoderCard],
    sample_papers: list[Paper],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, EncoderCard]:
    """The default model, calibrated on a few papers of the sample: few, so that it takes seconds."""
    source, card = default_encoder
    folder = shutil.copytree(source, tmp_path_factory.mktemp("int8") / "encoder")
    texts = [paper.text for paper in sample_papers[:96]]
    return folder, quantise(folder, card, texts)


def lengths(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def cosines(one: Floats, other: Floats) -> Floats:
    products: Floats = (one * other).sum(axis=1)
    return products


def test_the_card_says_that_it_is_int8(int8: tuple[Path, EncoderCard]) -> None:
    assert int8[1].precision == "int8"


def test_int8_vectors_are_close_to_the_float_ones(
    int8: tuple[Path, EncoderCard], default_encoder: tuple[Path, EncoderCard], sample_papers: list[Paper]
) -> None:
    texts = [paper.text for paper in sample_papers[96:128]]  # that it was not calibrated on
    after, before = (ExportedEncoder(*each).encode_documents(texts) for each in (int8, default_encoder))
    assert float(cosines(before, after).mean()) >= 0.99
    assert float(cosines(before, after).max()) < 0.99999  # it is another graph


def test_int8_vectors_of_parts_are_close_to_the_float_ones(
    int8: tuple[Path, EncoderCard], default_encoder: tuple[Path, EncoderCard], sample_papers: list[Paper]
) -> None:
    texts = [paper.text for paper in sample_papers[96:104]]
    parts = [sentence_spans(text) for text in texts]
    after, before = (
        np.concatenate(ExportedEncoder(*each).read_documents(texts, parts).parts)
        for each in (int8, default_encoder)
    )
    assert len(before) == sum(map(len, parts))
    assert float(cosines(before, after).mean()) >= 0.98


def test_company_in_a_batch_changes_no_int8_vector(
    int8: tuple[Path, EncoderCard], sample_papers: list[Paper]
) -> None:
    encoder = ExportedEncoder(*int8)
    texts = [paper.text[: 60 * number] for number, paper in enumerate(sample_papers[:6], 1)]
    alone = np.concatenate([encoder.encode_documents([text]) for text in texts])
    assert float(cosines(encoder.encode_documents(texts), alone).min()) >= 0.9999


def test_the_int8_encoder_takes_the_place_of_the_float_one(
    int8: tuple[Path, EncoderCard], default_encoder: tuple[Path, EncoderCard]
) -> None:
    after, before = lengths(int8[0]), lengths(default_encoder[0])
    assert set(after) == SERVED
    assert after["model.onnx.data"] < before["model.onnx.data"] / 2


def test_a_graph_that_would_stray_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = tiny.write_encoder(tmp_path / "encoder")
    before = {path.name: path.read_bytes() for path in (tmp_path / "encoder").iterdir()}
    monkeypatch.setattr(quantising, "LEAST_COSINE", 1.1)
    assert quantise(tmp_path / "encoder", card, [*tiny.WORDS, *tiny.WORDS]) == card
    assert {path.name: path.read_bytes() for path in (tmp_path / "encoder").iterdir()} == before


def test_a_network_that_cannot_be_int8_stays_float(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(folder: Path, trial: Path, feeds: object) -> None:
        (trial / "model.onnx").write_text("no graph")

    card = tiny.write_encoder(tmp_path / "encoder")
    before = lengths(tmp_path / "encoder")
    monkeypatch.setattr(quantising, "_write_int8", write)
    assert quantise(tmp_path / "encoder", card, [*tiny.WORDS, *tiny.WORDS]) == card
    assert lengths(tmp_path / "encoder") == before
