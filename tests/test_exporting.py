"""Exporting in a process of its own: the same card, the same refusals, and no crash that goes unnamed."""

import sys
from pathlib import Path

import pytest

from indexer import model
from indexer.exporting import exported
from indexer.quantise import quantise
from papersearch.encoder import ExportedEncoder
from papersearch.errors import ModelUnusable
from tests import random_models, tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT of random weights."""
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel

    network = BertModel(BertConfig(max_position_embeddings=45, **random_models.small(300)))
    folder = tmp_path_factory.mktemp("model") / "bert"
    return random_models.saved(folder, network, random_models.wordpiece(), [Pooling(48, "mean")])


def test_the_process_writes_the_encoder_and_its_card(folder: Path, tmp_path: Path) -> None:
    texts = ["tree search", "a theory of proof"]
    card = exported(str(folder), tmp_path / "there", texts, int8=False)
    assert card == model.export(str(folder), tmp_path / "here", texts)
    here, there = (ExportedEncoder(tmp_path / name, card) for name in ("here", "there"))
    assert here.encode_queries(texts).tolist() == there.encode_queries(texts).tolist()


def test_int8_is_made_in_a_second_process_and_is_that_of_the_first_one_s_graph(
    folder: Path, tmp_path: Path
) -> None:
    texts = [f"the speed of the code and {word}" for word in tiny.WORDS]
    card = exported(str(folder), tmp_path / "there", texts, int8=True)
    before = model.export(str(folder), tmp_path / "here", texts[:8])
    assert card == quantise(tmp_path / "here", before, texts)
    assert card.precision == "int8"
    here, there = (ExportedEncoder(tmp_path / name, card) for name in ("here", "there"))
    assert here.encode_queries(texts).tolist() == there.encode_queries(texts).tolist()


def test_files_where_somebody_stands_are_not_the_program_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "indexer.py").write_text("raise SystemExit('another program')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelUnusable, match="not a sentence-transformers model"):
        exported(str(tmp_path), tmp_path / "there", ["tree search"], int8=False)


def test_a_refusal_is_that_of_the_exporter(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=rf"^{tmp_path}: not a sentence-transformers model \(.+\)$"):
        exported(str(tmp_path), tmp_path / "there", ["tree search"], int8=False)


def test_a_process_that_dies_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ModelUnusable) as raised:
        exported("tiny", tmp_path / "there", [], int8=False)
    assert str(raised.value) == "tiny: exporting it broke off (status 1); is there memory enough?"
