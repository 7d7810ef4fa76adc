"""The exported encoder: the vectors of texts and of their parts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.encoder import MOST_WINDOWS, OPENING_WEIGHT, ExportedEncoder, opened
from papersearch.graph import BATCH
from papersearch.sentences import Spans
from tests import tiny

MOST = tiny.card().max_tokens
TEXTS = st.lists(st.sampled_from(tiny.WORDS), min_size=1, max_size=MOST).map(" ".join)


@pytest.fixture(scope="module")
def encoder(tiny_encoder: Path) -> ExportedEncoder:
    return ExportedEncoder(tiny_encoder, tiny.card())


def test_a_vector_is_that_of_the_model(encoder: ExportedEncoder) -> None:
    texts = ["reinforcement learning for compiler passes", "compiler", "congestion control"]
    vectors = encoder.encode_queries(texts)
    np.testing.assert_allclose(vectors, [tiny.expected_vector(text) for text in texts], atol=1e-6)


@given(st.lists(TEXTS, min_size=1, max_size=2 * BATCH + 3))
def test_company_in_a_batch_changes_no_vector(encoder: ExportedEncoder, texts: list[str]) -> None:
    together = encoder.encode_documents(texts)
    alone = np.concatenate([encoder.encode_documents([text]) for text in texts])
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
    vectors = encoder.encode_documents(["compiler", " ".join(words), "queue"])
    np.testing.assert_allclose(vectors[1], windowed(words), atol=1e-6)


@pytest.mark.parametrize(("count", "truncated"), [(MOST_WINDOWS * MOST, 0), (MOST_WINDOWS * MOST + 1, 1)])
def test_only_a_text_of_too_many_windows_is_truncated(
    encoder: ExportedEncoder, count: int, truncated: int
) -> None:
    assert encoder.read_documents(["compiler", "code " * count], [[], []]).truncated == truncated


@pytest.mark.parametrize(
    ("encode", "prompt"),
    [
        (lambda encoder, text: encoder.encode_queries([text])[0], "query"),
        (lambda encoder, text: encoder.encode_documents([text])[0], "paper"),
    ],
)
def test_the_model_s_prompts_are_put_in_front(
    tiny_encoder: Path, encode: Callable[[ExportedEncoder, str], np.ndarray], prompt: str
) -> None:
    card = replace(tiny.card(), query_prompt="query ", document_prompt="paper ")
    vector = encode(ExportedEncoder(tiny_encoder, card), "congestion control")
    np.testing.assert_allclose(vector, tiny.expected_vector(f"{prompt} congestion control"), atol=1e-6)


def test_the_graph_is_fed_padded_batches_in_the_order_of_the_texts(encoder: ExportedEncoder) -> None:
    feeds = list(encoder.feeds(["compiler " * 9] + ["code"] * (BATCH + 2)))
    assert [feed["input_ids"].shape for feed in feeds] == [(BATCH, 9), (3, 1)]
    assert feeds[0]["attention_mask"].sum(axis=1).tolist() == [9] + [1] * (BATCH - 1)
    assert set(feeds[0]) == {"input_ids", "attention_mask"}


# Parts


@pytest.fixture(scope="module")
def without_tokens(tmp_path_factory: pytest.TempPathFactory) -> ExportedEncoder:
    """An encoder whose graph gives no vectors of tokens."""
    folder = tmp_path_factory.mktemp("encoder") / "without"
    return ExportedEncoder(folder, tiny.write_encoder(folder, tokens=False))


@pytest.fixture(params=["tokens", "no tokens"])
def either(
    request: pytest.FixtureRequest, encoder: ExportedEncoder, without_tokens: ExportedEncoder
) -> ExportedEncoder:
    return encoder if request.param == "tokens" else without_tokens


def spans(text: str, *parts: str) -> Spans:
    """Where these parts stand in a text."""
    return [(text.index(part), text.index(part) + len(part)) for part in parts]


ZEROS = np.zeros(tiny.DIMENSION)


def test_the_vectors_of_parts_stand_beside_those_of_the_texts(either: ExportedEncoder) -> None:
    texts = ["compiler pass. tree search?", "queue", "fair delay"]
    parts = [spans(texts[0], "compiler pass", "tree search?"), [], spans(texts[2], "delay")]
    readings = either.read_documents(texts, parts)
    np.testing.assert_allclose(readings.whole, [tiny.expected_vector(text) for text in texts], atol=1e-6)
    expected = [
        [tiny.expected_vector(part) for part in each] for each in (("compiler pass", "tree search?"),)
    ]
    np.testing.assert_allclose(readings.parts[0], expected[0], atol=1e-6)
    assert readings.parts[1].shape == (0, tiny.DIMENSION)
    np.testing.assert_allclose(readings.parts[2], [tiny.expected_vector("delay")], atol=1e-6)
    assert readings.truncated == 0


def test_what_stands_before_between_and_behind_the_parts_is_in_none(either: ExportedEncoder) -> None:
    text = "queue compiler cache tree router"
    (found,) = either.read_documents([text], [spans(text, "compiler", "tree")]).parts
    np.testing.assert_allclose(
        found, [tiny.expected_vector("compiler"), tiny.expected_vector("tree")], atol=1e-6
    )


def test_a_space_before_a_word_moves_it_to_no_other_part(encoder: ExportedEncoder) -> None:
    # As a tokenizer does that counts the space to the word behind it.
    text = "compiler queue"
    (found,) = encoder.read_documents([text], [[(0, 9), (9, 14)]]).parts
    np.testing.assert_allclose(
        found, [tiny.expected_vector("compiler"), tiny.expected_vector("queue")], atol=1e-6
    )


def test_a_part_may_run_over_several_windows(encoder: ExportedEncoder) -> None:
    words = (tiny.WORDS * 10)[: 3 * MOST]
    first, second = words[:5], words[5:]
    text = " ".join(words)
    parts = [(0, len(" ".join(first))), (len(" ".join(first)) + 1, len(text))]
    (found,) = encoder.read_documents([text], [parts]).parts
    expected = [tiny.expected_vector(" ".join(part)) for part in (first, second)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_part_behind_the_last_window_is_zeros(encoder: ExportedEncoder) -> None:
    text = "code " * (MOST_WINDOWS * MOST) + "queue"
    readings = encoder.read_documents([text], [[(0, 4), (len(text) - 5, len(text))]])
    np.testing.assert_allclose(readings.parts[0], [tiny.expected_vector("code"), ZEROS], atol=1e-6)
    assert readings.truncated == 1


def test_without_tokens_a_part_is_read_wherever_it_stands(without_tokens: ExportedEncoder) -> None:
    text = "code " * (MOST_WINDOWS * MOST) + "queue"
    (found,) = without_tokens.read_documents([text], [[(len(text) - 5, len(text))]]).parts
    np.testing.assert_allclose(found, [tiny.expected_vector("queue")], atol=1e-6)


def test_an_empty_part_and_an_empty_text_are_zeros(either: ExportedEncoder) -> None:
    readings = either.read_documents(["code", ""], [[(0, 0), (0, 4)], [(0, 0)]])
    np.testing.assert_allclose(readings.whole, [tiny.expected_vector("code"), ZEROS], atol=1e-6)
    np.testing.assert_allclose(readings.parts[0], [ZEROS, tiny.expected_vector("code")], atol=1e-6)
    np.testing.assert_array_equal(readings.parts[1], [ZEROS])


def test_no_texts_have_no_parts(either: ExportedEncoder) -> None:
    readings = either.read_documents([], [])
    assert (readings.whole.shape, readings.parts, readings.truncated) == ((0, tiny.DIMENSION), [], 0)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (True, ["congestion", "control"]),  # a prompt's tokens are in no part
        (False, ["paper congestion", "paper control"]),  # a part is a text of its own, with its prompt
    ],
)
def test_a_prompt_moves_no_part(tmp_path: Path, tokens: bool, expected: list[str]) -> None:
    card = replace(tiny.write_encoder(tmp_path / "tiny", tokens=tokens), document_prompt="paper ")
    text = "congestion control"
    encoder = ExportedEncoder(tmp_path / "tiny", card)
    readings = encoder.read_documents([text], [[*spans(text, *text.split()), (18, 18)]])
    np.testing.assert_allclose(
        readings.parts[0], [*(tiny.expected_vector(part) for part in expected), ZEROS], atol=1e-6
    )
    np.testing.assert_allclose(readings.whole, [tiny.expected_vector(f"paper {text}")], atol=1e-6)


def test_an_opening_has_its_share_in_a_text_s_vector() -> None:
    whole, opening = np.eye(2, 3, dtype=np.float32)
    length = np.hypot(1 - OPENING_WEIGHT, OPENING_WEIGHT)
    expected = np.array([1 - OPENING_WEIGHT, OPENING_WEIGHT, 0]) / length
    np.testing.assert_allclose(opened(whole, opening), expected, atol=1e-6)
    both = opened(np.stack([whole, whole]), np.stack([opening, np.zeros(3, np.float32)]))
    np.testing.assert_allclose(both, [expected, whole], atol=1e-6)  # an opening not read changes nothing
