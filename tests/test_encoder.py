"""The exported encoder: the vectors it gives, and what it says when it cannot be loaded."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Encoding

from papersearch.encoder import BATCH, MOST_WINDOWS, ExportedEncoder
from papersearch.errors import IndexUnusable
from tests import tiny

MOST = tiny.card().max_tokens
TEXTS = st.lists(st.sampled_from(tiny.WORDS), min_size=1, max_size=MOST).map(" ".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    tiny.write_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def encoder(folder: Path) -> ExportedEncoder:
    return ExportedEncoder(folder, tiny.card())


def test_a_vector_is_that_of_the_model(encoder: ExportedEncoder) -> None:
    texts = ["reinforcement learning for compiler passes", "compiler", "congestion control"]
    vectors = encoder.encode_queries(texts)
    np.testing.assert_allclose(vectors, [tiny.expected_vector(text) for text in texts], atol=1e-6)


@given(st.lists(TEXTS, min_size=1, max_size=2 * BATCH + 3))
def test_company_in_a_batch_changes_no_vector(encoder: ExportedEncoder, texts: list[str]) -> None:
    together, _ = encoder.encode_documents(texts)
    alone = np.concatenate([encoder.encode_documents([text])[0] for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@given(st.lists(TEXTS, min_size=1, max_size=20))
def test_every_vector_has_the_length_1(encoder: ExportedEncoder, texts: list[str]) -> None:
    lengths = np.linalg.norm(encoder.encode_queries(texts), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)


def test_no_texts_have_no_vectors(encoder: ExportedEncoder) -> None:
    assert encoder.encode_queries([]).shape == (0, tiny.DIMENSION)


def test_a_text_of_unknown_words_has_a_vector(encoder: ExportedEncoder) -> None:
    assert np.linalg.norm(encoder.encode_queries(["zyzzyva"])[0]) == pytest.approx(1)


def windowed(words: list[str]) -> np.ndarray:
    windows = [words[start : start + MOST] for start in range(0, len(words), MOST)][:MOST_WINDOWS]
    total = np.sum([len(window) * tiny.expected_vector(" ".join(window)) for window in windows], axis=0)
    unit: np.ndarray = total / np.linalg.norm(total)
    return unit


@pytest.mark.parametrize("count", [MOST, MOST + 1, 3 * MOST + 5, MOST_WINDOWS * MOST, 20 * MOST])
def test_a_long_text_has_the_mean_of_its_windows_weighted_by_their_lengths(
    encoder: ExportedEncoder, count: int
) -> None:
    words = (tiny.WORDS * 10)[:count]
    vectors, _ = encoder.encode_documents(["compiler", " ".join(words), "queue"])
    np.testing.assert_allclose(vectors[1], windowed(words), atol=1e-6)


@pytest.mark.parametrize(("count", "truncated"), [(MOST_WINDOWS * MOST, 0), (MOST_WINDOWS * MOST + 1, 1)])
def test_only_a_text_of_too_many_windows_is_truncated(
    encoder: ExportedEncoder, count: int, truncated: int
) -> None:
    assert encoder.encode_documents(["compiler", "code " * count])[1] == truncated


@pytest.mark.parametrize(
    ("encode", "prompt"),
    [
        (lambda encoder, text: encoder.encode_queries([text])[0], "query"),
        (lambda encoder, text: encoder.encode_documents([text])[0][0], "paper"),
    ],
)
def test_the_model_s_prompts_are_put_in_front(
    folder: Path, encode: Callable[[ExportedEncoder, str], np.ndarray], prompt: str
) -> None:
    card = replace(tiny.card(), query_prompt="query ", document_prompt="paper ")
    vector = encode(ExportedEncoder(folder, card), "congestion control")
    np.testing.assert_allclose(vector, tiny.expected_vector(f"{prompt} congestion control"), atol=1e-6)


def test_the_graph_is_fed_padded_batches_in_the_order_of_the_texts(encoder: ExportedEncoder) -> None:
    feeds = list(encoder.feeds(["compiler " * 9] + ["code"] * (BATCH + 2)))
    assert [feed["input_ids"].shape for feed in feeds] == [(BATCH, 16), (4, 8)]
    assert feeds[0]["attention_mask"].sum(axis=1).tolist() == [9] + [1] * (BATCH - 1)
    assert set(feeds[0]) == {"input_ids", "attention_mask"}


@pytest.mark.parametrize(
    ("most", "words", "width"), [(13, 9, 13), (13, 99, 13), (999, 300, 304), (999, 530, 544)]
)
def test_no_more_positions_are_fed_than_the_model_has_and_few_widths(
    folder: Path, most: int, words: int, width: int
) -> None:
    encoder = ExportedEncoder(folder, replace(tiny.card(), max_tokens=most))
    (feed,) = encoder.feeds(["code " * words])
    assert feed["input_ids"].shape == (1, width)


def test_long_texts_are_run_a_few_at_a_time(
    encoder: ExportedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["compiler " * length for length in (20, 2, 20, 3, 20)]
    together, _ = encoder.encode_documents(texts)
    sizes: list[int] = []
    feed = ExportedEncoder._feed

    def counted(self: ExportedEncoder, pieces: Sequence[Encoding]) -> dict[str, NDArray[np.int64]]:
        sizes.append(len(pieces))
        return feed(self, pieces)

    monkeypatch.setattr(ExportedEncoder, "_feed", counted)
    monkeypatch.setattr("papersearch.encoder.MOST_PIECES", 40)
    np.testing.assert_allclose(encoder.encode_documents(texts)[0], together, atol=1e-6)
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage"])
def test_a_damaged_encoder_is_named(folder: Path, tmp_path: Path, name: str, damage: str) -> None:
    copy = shutil.copytree(folder, tmp_path / "encoder")
    (copy / name).unlink()
    if damage != "missing":
        (copy / name).write_bytes(b"" if damage == "empty" else b"garbage")
    with pytest.raises(IndexUnusable, match=rf"^{copy}: no usable encoder \(.+\); build the index again$"):
        ExportedEncoder(copy, tiny.card())
