"""A graph and its tokenizer: what it is fed, what comes out, and what it says when it cannot be loaded."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import openvino
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openvino import opset8 as operations

from papersearch import graph as graphs
from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.graph import BATCH, Graph
from tests import tiny
from tests.service import PATIENCE

MOST = tiny.card().max_tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph") / "tiny"
    tiny.write_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def graph(folder: Path) -> Graph:
    return Graph(folder, MOST)


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


def test_the_inputs_are_numbers_of_words_and_a_mask_padded_to_few_shapes(graph: Graph) -> None:
    of, to = tiny.WORDS.index("of") + 1, tiny.WORDS.index("to") + 1
    rows = [[of, to, of, *[0] * 5], [to, *[0] * 7], [of, *[0] * 7], [to, *[0] * 7], [of, *[0] * 7], [0] * 8]
    assert fed(graph, "of to of", "to", "of", "to", "of") == {
        "input_ids": rows,
        # A row that is there for the shape alone has something to read, or its mean would be of nothing.
        "attention_mask": [[1, 1, 1, *[0] * 5], *[[1, *[0] * 7]] * 5],
    }


@pytest.mark.parametrize(
    ("texts", "rows"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 8), (9, 12), (12, 12), (13, 16)]
)
def test_rows_are_of_few_numbers(graph: Graph, texts: int, rows: int) -> None:
    assert len(fed(graph, *["code"] * texts)["input_ids"]) == rows


def test_padding_is_the_tokenizer_s_own(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "tiny")
    tokenizer = Graph(folder, MOST).tokenizer
    tokenizer.enable_padding(pad_id=7, pad_token=tiny.WORDS[6])
    tokenizer.save(str(copy / "tokenizer.json"))
    assert fed(Graph(copy, MOST), "of")["input_ids"] == [[tiny.WORDS.index("of") + 1, *[7] * 15]]


@pytest.mark.parametrize(
    ("most", "words", "width"),
    [(999, 1, 16), (999, 16, 16), (999, 17, 24), (13, 9, 13), (13, 99, 13), (999, 300, 304), (999, 530, 544)],
)
def test_no_more_positions_are_fed_than_the_model_has_and_few_widths(
    folder: Path, most: int, words: int, width: int
) -> None:
    graph = Graph(folder, most)
    assert graph.feed(graph.tokenizer.encode_batch(["code " * words]))["input_ids"].shape == (1, width)


@pytest.mark.parametrize(
    ("lengths", "shapes"),
    [
        ([20, 2, 20, 3, 20], [(2, 24), (2, 24), (1, 16)]),  # the longest first; 40 pieces are two of 20
        ([1] * (BATCH + 3), [(BATCH, 8), (3, 8)]),
        ([30], [(1, 32)]),
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


WIDTHS = (4, 9, 99)


@pytest.fixture(scope="module")
def shaped(folder: Path) -> Graph:
    return Graph(folder, MOST, widths=WIDTHS)


@given(st.lists(st.integers(1, MOST), max_size=4))
def test_texts_come_out_the_same_from_graphs_of_one_shape(
    graph: Graph, shaped: Graph, lengths: list[int]
) -> None:
    texts = [" ".join(tiny.WORDS[start : start + length]) for start, length in enumerate(lengths)]
    for one, other in zip(run(graph, texts), run(shaped, texts), strict=True):
        np.testing.assert_allclose(one[0], other[0], atol=1e-6)


@pytest.mark.parametrize(
    ("lengths", "widths"),
    [
        ([1], [4]),
        ([4], [4]),
        ([5], [9]),
        ([9], [9]),
        ([10], [16]),
        ([5, 2, 5], [9, 9, 4]),
        ([17, 3], [24, 24]),
    ],
)
def test_a_text_that_one_of_the_widths_holds_is_run_alone(
    shaped: Graph, lengths: list[int], widths: list[int]
) -> None:
    pieces = shaped.tokenizer.encode_batch(["code " * length for length in lengths])
    bases = [tokens.base for _, (_, tokens) in shaped.run(pieces)]
    assert [base.shape[1] for base in bases if base is not None] == widths


def test_a_graph_is_made_when_it_is_first_wanted(folder: Path) -> None:
    graph = Graph(folder, MOST, widths=(4, 8))
    run(graph, ["code of"])
    assert set(graph._runners) == {(1, 4)}
    run(graph, ["code " * 5])
    assert set(graph._runners) == {(1, 4), (1, 8)}
    run(graph, ["code " * 9, "code of"])
    assert set(graph._runners) == {(1, 4), (1, 8), None}


def test_all_graphs_may_be_made_beforehand(folder: Path) -> None:
    graph = Graph(folder, MOST, widths=(4, 8, 99))
    graph.prepare()
    assert set(graph._runners) == {(1, 4), (1, 8), None}


def test_a_graph_that_is_there_runs_while_another_is_made(folder: Path) -> None:
    graph = Graph(folder, MOST, widths=(4, 8))
    with ThreadPoolExecutor(1) as thread, graph._making:
        assert len(thread.submit(run, graph, ["code of"]).result(PATIENCE)) == 1


def test_a_runtime_that_does_not_know_the_lean_option_runs_the_graph_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "_LEAN", {"NOBODY_KNOWS_THIS": "YES"})
    ((vector, _),) = run(Graph(folder, MOST, widths=(4,)), ["compiler pass"])
    np.testing.assert_allclose(vector, tiny.expected_vector("compiler pass"), atol=1e-6)


@pytest.mark.parametrize(
    ("scales", "axis", "lean"),
    [((5, 1), 0, True), ((1, 1), 0, False), ((5, 1), 1, False), ((5, 3), 0, False)],
)
def test_lines_are_taken_from_a_table_of_codes_before_they_are_made_float(
    scales: tuple[int, int], axis: int, lean: bool
) -> None:
    codes = np.arange(-7, 8, dtype=np.int8).reshape(5, 3)
    factors = np.linspace(0.1, 0.9, np.prod(scales), dtype=np.float32).reshape(scales)
    places = operations.parameter([-1], np.int64, name="places")
    table = operations.multiply(
        operations.convert(operations.constant(codes), "f32"), operations.constant(factors)
    )
    lines = operations.gather(table, places, operations.constant(np.int64(axis)))
    graph = graphs._with_tables_of_codes(openvino.Model([lines], [places]))
    tables = [node.input_value(0) for node in graph.get_ops() if node.get_type_name() == "Gather"]
    assert (openvino.Type.i8 in {table.get_element_type() for table in tables}) is lean
    wanted = np.array([2, 0, 2])
    found = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([wanted])[0]
    assert found.tolist() == np.take(codes.astype(np.float32) * factors, wanted, axis).tolist()


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage"])
@pytest.mark.parametrize("widths", [(), (8,)])
def test_a_damaged_graph_is_named(
    folder: Path, tmp_path: Path, name: str, damage: str, widths: tuple[int, ...]
) -> None:
    copy = shutil.copytree(folder, tmp_path / "encoder")
    (copy / name).unlink()
    if damage != "missing":
        (copy / name).write_bytes(b"" if damage == "empty" else b"garbage")
    with pytest.raises(IndexUnusable, match=rf"^{copy}: no usable encoder \(.+\); build the index again$"):
        Graph(copy, MOST, widths=widths)
