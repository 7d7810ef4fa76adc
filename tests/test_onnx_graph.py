"""Graphs in int8, changed for a runtime: what comes out stays the same."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from indexer.onnx_graph import load, save, with_signed_codes, with_tables_of_codes, with_unsigned_codes

WORDS, WIDTH = 40, 8
PLACES = np.array([[3, 0, 39], [7, 7, 1]])


def graph(*, zero: int = 0, scales: int = WORDS, axis: int = 0) -> onnx.ModelProto:
    """Lines of a table of codes, made codes again as activations are, and multiplied by weights in codes."""
    random = np.random.default_rng(5)
    numbers = {
        "table": random.integers(-127, 128, (WORDS, WIDTH), np.int8),
        "table scales": np.linspace(0.01, 0.02, scales, dtype=np.float32).reshape(() if scales == 1 else -1),
        "table zeros": np.zeros(() if scales == 1 else scales, np.int8),
        "scale": np.float32(0.02),
        "zero": np.array(zero, np.int8),
        "weights": random.integers(-127, 128, (WIDTH, 200), np.int8),
        "weight scales": np.linspace(0.01, 0.02, 200, dtype=np.float32),
        "weight zeros": np.zeros(200, np.int8),
    }
    nodes = [
        helper.make_node(
            "DequantizeLinear",
            ["table", "table scales", "table zeros"],
            ["floats"],
            axis=0 if scales > 1 else 1,
        ),
        helper.make_node("Gather", ["floats", "places"], ["lines"], axis=axis),
        helper.make_node("QuantizeLinear", ["lines", "scale", "zero"], ["coded"]),
        helper.make_node("DequantizeLinear", ["coded", "scale", "zero"], ["decoded"]),
        helper.make_node(
            "DequantizeLinear", ["weights", "weight scales", "weight zeros"], ["matrix"], axis=1
        ),
        helper.make_node("MatMul", ["decoded", "matrix"], ["product"]),
    ]
    made = helper.make_graph(
        nodes,
        "codes",
        [helper.make_tensor_value_info("places", TensorProto.INT64, ["texts", "pieces"])],
        [helper.make_tensor_value_info("product", TensorProto.FLOAT, ["texts", "pieces", 200])],
        [numpy_helper.from_array(np.asarray(each), name) for name, each in numbers.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def product(graph: onnx.ModelProto | bytes) -> np.ndarray:
    model = graph if isinstance(graph, bytes) else graph.SerializeToString()
    options = onnxruntime.SessionOptions()
    # As it stands: what is measured is the graph, not what the runtime makes of it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    (found,) = onnxruntime.InferenceSession(model, options).run(None, {"places": PLACES})
    assert isinstance(found, np.ndarray)
    return found


def zero_point(graph: onnx.ModelProto) -> np.ndarray:
    (zero,) = (each for each in graph.graph.initializer if each.name == "zero")
    return numpy_helper.to_array(zero)


def gathered(graph: onnx.ModelProto) -> list[str]:
    """What lines are taken from."""
    return [node.input[0] for node in graph.graph.node if node.op_type == "Gather"]


@pytest.mark.parametrize("scales", [1, WORDS])
def test_lines_are_taken_from_a_table_of_codes_before_they_are_made_float(scales: int) -> None:
    before = product(graph(scales=scales))
    changed = with_tables_of_codes(graph(scales=scales))
    onnx.checker.check_model(changed)
    assert gathered(changed) == ["table", "lines scales"]
    np.testing.assert_allclose(product(changed), before, rtol=1e-6)
    # The table's own numbers as floats are asked for by nobody any more.
    assert [node.output[0] for node in changed.graph.node if node.op_type == "DequantizeLinear"] == [
        "decoded",
        "matrix",
    ]


def test_a_table_that_lines_are_not_taken_from_is_left(tmp_path: Path) -> None:
    changed = with_tables_of_codes(graph(axis=1, scales=1))
    assert gathered(changed) == ["floats"]


@pytest.mark.parametrize("zero", [-128, -3, 0, 127])
def test_unsigned_codes_give_what_signed_ones_give(tmp_path: Path, zero: int) -> None:
    before = product(graph(zero=zero))
    unsigned = with_unsigned_codes(graph(zero=zero))
    assert zero_point(unsigned).tolist() == zero + 128
    np.testing.assert_array_equal(product(unsigned), before)
    save(unsigned, tmp_path / "model.onnx")
    signed = with_signed_codes(tmp_path / "model.onnx")
    assert signed is not None
    back = onnx.load_from_string(signed)
    assert zero_point(back).tolist() == zero
    np.testing.assert_array_equal(product(signed), before)


def test_weights_keep_their_signs() -> None:
    unsigned = with_unsigned_codes(graph())
    kept = {each.name: each.data_type for each in unsigned.graph.initializer}
    assert {kept[name] for name in ("weights", "weight zeros", "table", "table zeros")} == {TensorProto.INT8}


def test_a_graph_without_codes_has_none_that_are_signed(tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["one"], ["other"])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("one", "other")]
    save(helper.make_model(helper.make_graph([node], "float", ends[:1], ends[1:])), tmp_path / "model.onnx")
    assert with_signed_codes(tmp_path / "model.onnx") is None


def test_weights_are_kept_beside_the_graph(tmp_path: Path) -> None:
    save(graph(), tmp_path / "model.onnx")
    assert {path.name for path in tmp_path.iterdir()} == {"model.onnx", "model.onnx.data"}
    np.testing.assert_array_equal(product(load(tmp_path / "model.onnx")), product(graph()))


def test_whoever_may_read_the_graph_may_read_its_weights(tmp_path: Path) -> None:
    save(graph(), tmp_path / "model.onnx")
    one, other = (path.stat().st_mode for path in tmp_path.iterdir())
    assert one == other
