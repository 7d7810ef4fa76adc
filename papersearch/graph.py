"""An exported model and its tokenizer, run by OpenVINO and without torch."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding as Encoding
from tokenizers import Tokenizer

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable

# OpenVINO brings its converter of other formats along, with argument parsers and a client that reports its
# use: two thirds of the import's time, and 15 MB. It does without one that cannot be imported.
sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
import openvino  # noqa: E402
from openvino import opset8 as operations  # noqa: E402

if sys.modules["openvino.tools.ovc"] is None:
    del sys.modules["openvino.tools.ovc"]

BATCH = 16
"""Texts run through the graph at once; more gains nothing on a CPU and only adds padding."""
LONG, LONG_BATCH = 64, 8
"""Of texts of more pieces than LONG fewer are run at once: rows that are padding cost most there."""
MOST_PIECES = 8_192
"""Pieces run through the graph at once, or one text: attention takes memory by the square of its length."""

LEAST_WIDTH = 16
"""Pieces that a text alone is filled up to where no graph is made for its width: eight take two thirds of the
time, but a change of shape takes as long again, and most queries have no more than these."""

_LEAN = {"SNIPPETS_MODE": "DISABLE"}
"""No machine code of its own for small operations in a row: no slower in graphs of one shape, compiled in two
thirds of the time, and 10 MB less. Not documented; a runtime that does not know it does without."""

Feed = dict[str, NDArray[np.int64]]
Runner = Callable[[Feed], list[Floats]]
"""Runs a graph: its inputs in, its outputs out, which last until the next run."""
Shape = tuple[int, int]
"""Texts and pieces."""


class Graph:
    """A model's graph and its tokenizer. One thread at a time may use them."""

    def __init__(self, folder: Path, max_tokens: int, threads: int = 2, widths: Sequence[int] = ()) -> None:
        """Load both. Raises IndexUnusable if a part is missing or damaged.

        widths: in pieces, ascending; a text alone is filled up to one of these and run in a graph made for
        that shape, which takes two thirds of the time and 25 MB of memory. The first of them is made now,
        the others, and the one for all other shapes, when they are first wanted, or by `prepare`.
        """
        self._widths = [width for width in widths if width <= max_tokens]
        # f32: where the processor has bf16 the runtime would round to it, and machines would disagree.
        self._options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,  # the cores are others' as well
        }
        self._runners: dict[Shape | None, Runner] = {}
        self._making = threading.Lock()
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._graph = _with_tables_of_codes(read_graph(folder / "model.xml"))
            self._runner((1, self._widths[0]) if self._widths else None)
        except Exception as error:  # both libraries raise bare Exception for a missing or damaged file
            lines = str(error).strip().splitlines()  # OpenVINO's first names a place in its own source
            cause = lines[-1] if lines else type(error).__name__
            raise IndexUnusable(
                f"{folder}: no usable {folder.name} ({cause}); build the index again"
            ) from error
        # Some models tell positions by what is not padding, so it must be their own.
        self._padding = int((self.tokenizer.padding or {}).get("pad_id", 0))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)
        self._max_tokens = max_tokens
        self._inputs = [port.any_name for port in self._graph.inputs]
        self.outputs = len(self._graph.outputs)

    def prepare(self) -> None:
        """Make all graphs. Any thread may, while one uses those that there are."""
        for shape in (*((1, width) for width in self._widths), None):
            self._runner(shape)

    def _runner(self, shape: Shape | None) -> Runner:
        """What runs texts of this shape alone, or of any."""
        if found := self._runners.get(shape):  # nobody waits here while another one is being made
            return found
        with self._making:
            if shape not in self._runners:
                self._runners[shape] = self._made(shape)
            return self._runners[shape]

    def _made(self, shape: Shape | None) -> Runner:
        if shape is None:
            return partial(_run, _compiled(self._graph, self._options))
        graph = self._graph.clone()
        kinds = {port.any_name: port.element_type.to_dtype() for port in graph.inputs}
        graph.reshape({name: list(shape) for name in kinds})
        request = _compiled(graph, self._options | _LEAN)
        inputs = {name: np.zeros(shape, kind) for name, kind in kinds.items()}
        for name, array in inputs.items():
            request.set_tensor(name, openvino.Tensor(array, shared_memory=True))
        return partial(_run_bound, request, inputs)

    def run(self, pieces: Sequence[Encoding]) -> Iterator[tuple[int, list[Floats]]]:
        """The place of each tokenized text, as the batches come, and its part of each of the graph's outputs.

        A part lasts until the next one is asked for.
        """
        # Texts of like length share a batch: a short one beside a long one would be mostly padding. The
        # longest come first: the last batch, which rows are added to, is one of short texts.
        order = sorted(range(len(pieces)), key=lambda place: -len(pieces[place].ids))
        while order:
            longest = len(pieces[order[0]].ids)
            size = self.at_once(max(longest, 1))
            batch, order = order[:size], order[size:]
            outputs = self.infer(self.feed([pieces[place] for place in batch]))
            for line, place in enumerate(batch):  # what is left over is padding
                yield place, [output[line] for output in outputs]

    def at_once(self, longest: int) -> int:
        """How many texts are run together when the longest has so many pieces."""
        if self._widths and longest <= self._widths[-1]:
            return 1  # what a batch would save a change of shape costs
        return max(1, min(BATCH if longest <= LONG else LONG_BATCH, MOST_PIECES // longest))

    def infer(self, feed: Feed) -> list[Floats]:
        """The graph's outputs for a batch. They last until the next one."""
        rows, width = feed["input_ids"].shape
        return self._runner((1, width) if rows == 1 and width in self._widths else None)(feed)

    def feed(self, pieces: Sequence[Encoding]) -> Feed:
        """The graph's inputs for a batch."""
        shape = self._shape(len(pieces), max(1, *(len(piece.ids) for piece in pieces)))
        ids = np.full(shape, self._padding, np.int64)
        mask, kinds = np.zeros_like(ids), np.zeros_like(ids)
        mask[:, 0] = 1
        for line, piece in enumerate(pieces):
            size = len(piece.ids)
            ids[line, :size], mask[line, :size], kinds[line, :size] = piece.ids, 1, piece.type_ids
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}
        return {name: feed[name] for name in self._inputs}

    def _shape(self, texts: int, longest: int) -> Shape:
        """What so many texts are filled up to, the longest of which has so many pieces.

        The runtime keeps what it prepares for every shape that it meets: texts of any length in batches of
        any size would fill gigabytes. So there are few numbers of texts, four to each power of two; and of
        pieces the multiples of 8, or of more where they are many, but no more than the model has positions.
        """
        if texts == 1 and (own := next((width for width in self._widths if width >= longest), 0)):
            return 1, own
        grid = max(1, (1 << (texts - 1).bit_length()) // 4)
        step = max(8, 1 << max(0, longest.bit_length() - 5))
        # A change of shape costs as much again as running a short query: hence the least for a text alone.
        least = LEAST_WIDTH if texts == 1 else 8
        width = min(max(least, -(-longest // step) * step), self._max_tokens)
        return -(-texts // grid) * grid, max(longest, width)


def _compiled(graph: openvino.Model, options: dict[str, Any]) -> Any:
    try:
        return openvino.Core().compile_model(graph, "CPU", options).create_infer_request()
    except RuntimeError:
        if not options.keys() & _LEAN:
            raise
        return _compiled(graph, {name: options[name] for name in options.keys() - _LEAN})


def _run(request: Any, feed: Feed) -> list[Floats]:
    return list(request.infer(feed, share_inputs=True, share_outputs=True).values())


def _run_bound(request: Any, inputs: Feed, feed: Feed) -> list[Floats]:
    """The same where the inputs are always these arrays: to hand over others takes 0.15 ms each time."""
    for name, array in inputs.items():
        array[:] = feed[name]
    return list(request.infer(share_outputs=True).values())


def read_graph(path: Path) -> openvino.Model:
    """A model graph from an OpenVINO or ONNX file."""
    return openvino.Core().read_model(path)


def _with_tables_of_codes(graph: openvino.Model) -> openvino.Model:
    """The same graph, in which a line is taken from a table of int8 codes before it is made float.

    nncf has it the other way round, and the runtime then keeps every word piece's vector in float32: 47 MB
    for MiniLM in each process, where the codes are read from the file, which processes share. The numbers
    that come out are the same.
    """
    for gather in graph.get_ops():
        table, where, axis = _before(gather, "Gather") or [None] * 3
        converted, scales = _before(table, "Multiply") or [None] * 2
        (codes,) = _before(converted, "Convert") or [None]
        if not all(part and part.get_type_name() == "Constant" for part in (codes, scales, axis)):
            continue
        if list(scales.shape) != [codes.shape[0], 1] or axis.data != 0:
            continue
        lines = operations.convert(operations.gather(codes, where, axis), "f32")
        lines = operations.multiply(lines, operations.gather(scales, where, axis))
        gather.output(0).replace(lines.output(0))
    return graph


def _before(node: openvino.Node | None, kind: str) -> list[openvino.Node]:
    """What goes into a node of this kind; nothing for another one."""
    if node is None or node.get_type_name() != kind:
        return []
    return [node.input_value(place).get_node() for place in range(node.get_input_size())]


def write_graph(graph: openvino.Model, folder: Path) -> None:
    """Write a graph where Graph looks for it, with its weights as they are."""
    openvino.save_model(graph, folder / "model.xml", compress_to_fp16=False)
