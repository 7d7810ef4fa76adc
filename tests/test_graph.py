"""A graph and its tokenizer: what it is fed, what comes out, and what it says when it cannot be loaded."""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch import graph as graphs
from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.graph import BATCH, Feed, Graph, Session
from tests import tiny

MOST = tiny.card().max_tokens


@pytest.fixture(scope="module")
def graph(tiny_encoder: Path) -> Graph:
    return Graph(tiny_encoder, MOST)


def run(graph: Graph, texts: list[str]) -> list[list[Floats]]:
    """The outputs of each text, in the order of the texts."""
    pieces = graph.tokenizer.encode_batch(texts)
    found = {place: [output.copy() for output in outputs] for place, outputs in graph.run(pieces)}
    return [found[place] for place in range(len(texts))]


def fed(graph: Graph, *texts: str) -> dict[str, list[list[int]]]:
    pieces = graph.tokenizer.encode_batch(list(texts))
    return {name: array.tolist() for name, array in graph.feed(pieces).items()}


def test_a_text_s_outputs_are_its_vector_and_those_of_its_words(graph: Graph) -> None:
    ((vector, tokens),) = run(graph, ["compiler pass"])
    assert graph.outputs == 2
    np.testing.assert_allclose(vector, tiny.expected_vector("compiler pass"), atol=1e-6)
    words = [tiny.expected_vector("compiler"), tiny.expected_vector("pass")]
    np.testing.assert_allclose(tokens[:2], words, atol=1e-6)


def test_a_graph_without_the_words_vectors_has_one_output(tmp_path: Path) -> None:
    tiny.write_encoder(tmp_path / "tiny", tokens=False)
    graph = Graph(tmp_path / "tiny", MOST)
    ((vector,),) = run(graph, ["compiler pass"])
    assert graph.outputs == 1
    np.testing.assert_allclose(vector, tiny.expected_vector("compiler pass"), atol=1e-6)


@given(st.lists(st.integers(1, MOST), max_size=2 * BATCH + 3))
def test_every_text_comes_out_once_with_its_own_vector(graph: Graph, lengths: list[int]) -> None:
    texts = [" ".join(tiny.WORDS[start : start + length]) for start, length in enumerate(lengths)]
    pieces = graph.tokenizer.encode_batch(texts)
    found = [(place, outputs[0].copy()) for place, outputs in graph.run(pieces)]
    assert sorted(place for place, _ in found) == list(range(len(texts)))
    for place, vector in found:
        np.testing.assert_allclose(vector, tiny.expected_vector(texts[place]), atol=1e-6)


def test_the_inputs_are_numbers_of_words_and_a_mask_padded_to_the_longest(graph: Graph) -> None:
    of, to = tiny.WORDS.index("of") + 1, tiny.WORDS.index("to") + 1
    assert fed(graph, "of to of", "to") == {
        "input_ids": [[of, to, of], [to, 0, 0]],
        "attention_mask": [[1, 1, 1], [1, 0, 0]],
    }
    # A text of nothing has something to read, or its mean would be of nothing.
    assert fed(graph, "") == {"input_ids": [[0]], "attention_mask": [[1]]}


def test_padding_is_the_tokenizer_s_own(tiny_encoder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_encoder, tmp_path / "tiny")
    tokenizer = Graph(tiny_encoder, MOST).tokenizer
    tokenizer.enable_padding(pad_id=7, pad_token=tiny.WORDS[6])
    tokenizer.save(str(copy / "tokenizer.json"))
    of = tiny.WORDS.index("of") + 1
    assert fed(Graph(copy, MOST), "of of", "of")["input_ids"] == [[of, of], [of, 7]]


@pytest.mark.parametrize(("most", "words", "width"), [(99, 9, 9), (13, 13, 13), (13, 14, 13), (13, 99, 13)])
def test_no_more_positions_are_fed_than_the_model_has(
    tiny_encoder: Path, most: int, words: int, width: int
) -> None:
    graph = Graph(tiny_encoder, most)
    assert graph.feed(graph.tokenizer.encode_batch(["code " * words]))["input_ids"].shape == (1, width)


@pytest.mark.parametrize(
    ("lengths", "shapes"),
    [
        ([20, 2, 20, 3, 20], [(2, 20), (2, 20), (1, 2)]),  # the longest first; 40 pieces are two of 20
        ([1] * (BATCH + 3), [(BATCH, 1), (3, 1)]),
        ([30], [(1, 30)]),
        ([], []),
    ],
)
def test_texts_are_run_a_batch_at_a_time_and_long_ones_a_few(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, lengths: list[int], shapes: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr(graphs, "MOST_PIECES", 40)
    pieces = graph.tokenizer.encode_batch(["code " * length for length in lengths])
    batches: list[np.ndarray] = []
    for _, (_, tokens) in graph.run(pieces):  # each text's are a line of its batch's
        assert tokens.base is not None
        if not batches or batches[-1] is not tokens.base:
            batches.append(tokens.base)
    assert [batch.shape[:2] for batch in batches] == shapes


@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage"])
def test_a_damaged_graph_is_named(tiny_encoder: Path, tmp_path: Path, name: str, damage: str) -> None:
    copy = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    (copy / name).unlink()
    if damage != "missing":
        (copy / name).write_bytes(b"" if damage == "empty" else b"garbage")
    with pytest.raises(IndexUnusable, match=rf"^{copy}: no usable encoder \(.+\); build the index again$"):
        Graph(copy, MOST)


def test_another_runner_takes_the_place_of_the_runtime(tiny_encoder: Path) -> None:
    class Counting:
        inputs = ("input_ids",)
        outputs = 1

        def __call__(self, feed: Feed) -> list[Floats]:
            return [feed["input_ids"].sum(axis=1, keepdims=True).astype(np.float32)]

    graph = Graph(tiny_encoder, MOST, lambda path: Counting())
    of, to = tiny.WORDS.index("of") + 1, tiny.WORDS.index("to") + 1
    assert [each[0].tolist() for each in run(graph, ["of to of", "to"])] == [[2 * of + to], [to]]
    assert graph.outputs == 1


def test_several_threads_share_a_run(tiny_encoder: Path) -> None:
    ((vector, _),) = run(Graph(tiny_encoder, MOST, partial(Session, threads=2)), ["compiler pass"])
    np.testing.assert_allclose(vector, tiny.expected_vector("compiler pass"), atol=1e-6)


@pytest.mark.parametrize(
    ("flags", "exact"), [("avx512_vnni", False), ("avx2 avx_vnni", False), ("avx2", True)]
)
def test_a_processor_that_would_lose_sums_of_bytes_is_told_to_be_exact(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, exact: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : {flags}\n")
    monkeypatch.setattr(graphs, "_PROCESSOR", tmp_path / "cpuinfo")
    assert graphs._multiplies_bytes() is not exact
    ((vector, _),) = run(Graph(tiny_encoder, MOST), ["compiler pass"])
    np.testing.assert_allclose(vector, tiny.expected_vector("compiler pass"), atol=1e-6)


def test_of_an_unknown_processor_nothing_is_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "_PROCESSOR", tmp_path / "none")
    assert not graphs._multiplies_bytes()


def test_the_memory_of_a_very_long_text_is_given_back(
    tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[onnxruntime.RunOptions] = []
    kind = onnxruntime.RunOptions

    def noted() -> onnxruntime.RunOptions:
        told.append(kind())
        return told[-1]

    monkeypatch.setattr(onnxruntime, "RunOptions", noted)
    monkeypatch.setattr(graphs, "MOST_PIECES", 8)
    graph = Graph(tiny_encoder, MOST)
    run(graph, ["code " * 8])
    assert told == []
    run(graph, ["code " * 9])
    assert [each.get_run_config_entry("memory.enable_memory_arena_shrinkage") for each in told] == ["cpu:0"]
