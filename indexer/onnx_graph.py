"""ONNX graphs in int8, as the one runtime or the other is quickest with them. The numbers stay the same.

nncf writes codes of both weights and activations as signed bytes. ONNX Runtime multiplies signed weights by
unsigned activations, and has no quick way for anything else; OpenVINO is quickest with signed ones.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from papersearch.graph import WEIGHTS

_SMALL = 1024
"""Bytes of a tensor that is kept in the graph's file rather than beside it."""


def load(path: Path) -> onnx.ModelProto:
    """The graph in a file, with its weights."""
    return onnx.load(path)


def save(graph: onnx.ModelProto, path: Path) -> None:
    """Write a graph and, beside it, its weights: one file alone holds 2 GB at most."""
    onnx.save(graph, path, save_as_external_data=True, location=WEIGHTS, size_threshold=_SMALL)
    weights = path.with_name(WEIGHTS)
    if weights.exists():  # there are none in a graph of small ones
        weights.chmod(path.stat().st_mode)  # onnx lets nobody else read them


def with_unsigned_codes(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with unsigned activations. Changes the one that is given."""
    _move_zero(graph, np.int8, np.uint8, 128)
    return graph


def with_signed_codes(path: Path) -> bytes | None:
    """The graph in a file with signed activations; None for one that has no codes."""
    graph = onnx.load(path, load_external_data=False)
    if not any(_zeros(graph)):
        return None
    onnx.load_external_data_for_model(graph, str(path.parent))
    _move_zero(graph, np.uint8, np.int8, -128)
    written: bytes = graph.SerializeToString()
    return written


def with_tables_of_codes(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph, in which a line is taken from a table of codes before it is made float. Changes it.

    nncf has it the other way round, so that every word piece's vector is made float for each query.
    """
    nodes, known = list(graph.graph.node), {each.name: each for each in graph.graph.initializer}
    made = {node.output[0]: node for node in nodes if node.op_type == "DequantizeLinear"}
    found: list[onnx.NodeProto] = []
    for node in nodes:
        table = made.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or not set(table.input) <= known.keys():
            found.append(node)
            continue
        codes, scales, zeros = (numpy_helper.to_array(known[name]) for name in table.input)
        by_line = scales.size == 1 or (scales.size == len(codes) and _attribute(table, "axis", 1) == 0)
        if zeros.any() or codes.ndim != 2 or not by_line or _attribute(node, "axis", 0) != 0:
            found.append(node)
            continue
        name = node.output[0]
        scales = np.broadcast_to(scales.reshape(-1, 1), (len(codes), 1))
        graph.graph.initializer.append(
            numpy_helper.from_array(np.ascontiguousarray(scales), f"{name} scales")
        )
        found += [
            helper.make_node("Gather", [table.input[0], node.input[1]], [f"{name} codes"], axis=0),
            helper.make_node("Cast", [f"{name} codes"], [f"{name} floats"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name} scales", node.input[1]], [f"{name} scaled"], axis=0),
            helper.make_node("Mul", [f"{name} floats", f"{name} scaled"], [name]),
        ]
    _replace(graph, found)
    return graph


def _replace(graph: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    """Make these the graph's nodes, without those that nothing asks for, and their numbers."""
    wanted = {each.name for each in graph.graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    numbers = [each for each in graph.graph.initializer if each.name in wanted]
    del graph.graph.node[:], graph.graph.initializer[:]
    graph.graph.node.extend(reversed(kept))
    graph.graph.initializer.extend(numbers)


def _zeros(graph: onnx.ModelProto) -> Iterator[str]:
    """The names of the zero points of activations; some of them may come twice."""
    for node in graph.graph.node:
        if node.op_type == "QuantizeLinear" and len(node.input) == 3:
            yield node.input[2]


def _move_zero(
    graph: onnx.ModelProto, before: type[np.int8 | np.uint8], after: type[np.int8 | np.uint8], by: int
) -> None:
    names = set(_zeros(graph))
    for each in graph.graph.initializer:
        if each.name in names and (zero := numpy_helper.to_array(each)).dtype == before:
            moved = zero.astype(np.int32) + by
            each.CopyFrom(numpy_helper.from_array(moved.astype(after), each.name))
    del graph.graph.value_info[:]  # the types of what is in between


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(each.i) for each in node.attribute if each.name == name), default)
