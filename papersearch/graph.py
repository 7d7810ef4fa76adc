"""An exported model and its tokenizer, run by OpenVINO and without torch."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray
from tokenizers import Encoding as Encoding
from tokenizers import Tokenizer

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable

BATCH = 16
"""Texts run through the graph at once; more gains nothing on a CPU and only adds padding."""
MOST_PIECES = 8_192
"""Pieces run through the graph at once, or one text: attention takes memory by the square of its length."""

LEAST_WIDTH = 16
"""Pieces that a text is filled up to: nearly as fast as eight."""

Feed = dict[str, NDArray[np.int64]]


class Graph:
    """A model's graph and its tokenizer. One thread at a time may use them."""

    def __init__(self, folder: Path, max_tokens: int, threads: int = 2) -> None:
        """Load both. Raises IndexUnusable if a part is missing or damaged."""
        # f32: where the processor has bf16 the runtime would round to it, and machines would disagree.
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,  # the cores are others' as well
        }
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            model = openvino.Core().compile_model(read_graph(folder / "model.xml"), "CPU", options)
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
        self._request = model.create_infer_request()
        self._inputs = [port.any_name for port in model.inputs]
        self.outputs = len(model.outputs)

    def run(self, pieces: Sequence[Encoding]) -> Iterator[tuple[int, list[Floats]]]:
        """The place of each tokenized text, as the batches come, and its part of each of the graph's outputs.

        A part lasts until the next one is asked for.
        """
        # Texts of like length share a batch: a short one beside a long one would be mostly padding.
        order = sorted(range(len(pieces)), key=lambda place: len(pieces[place].ids))
        while order:
            longest = len(pieces[order[:BATCH][-1]].ids)
            size = max(1, min(BATCH, MOST_PIECES // max(longest, 1)))
            batch, order = order[:size], order[size:]
            results = self._request.infer(
                self.feed([pieces[place] for place in batch]), share_inputs=True, share_outputs=True
            )
            outputs = [results[number] for number in range(self.outputs)]
            for line, place in enumerate(batch):  # what is left over is padding
                yield place, [output[line] for output in outputs]

    def feed(self, pieces: Sequence[Encoding]) -> Feed:
        """The graph's inputs for a batch."""
        # The runtime keeps what it prepares for every shape that it meets: texts of any length in batches of
        # any size would fill gigabytes. So rows are filled up to a power of two, pieces to a multiple of 8,
        # or of more where they are many, but never to more positions than the model has. A change of shape
        # costs as much again as running a short query does: hence the least width, which most queries fill.
        rows = 1 << (len(pieces) - 1).bit_length()
        longest = max(1, *(len(piece.ids) for piece in pieces))
        step = max(8, 1 << max(0, longest.bit_length() - 5))
        width = max(longest, min(max(LEAST_WIDTH, -(-longest // step) * step), self._max_tokens))
        ids = np.full((rows, width), self._padding, np.int64)
        mask, kinds = np.zeros_like(ids), np.zeros_like(ids)
        mask[:, 0] = 1
        for line, piece in enumerate(pieces):
            size = len(piece.ids)
            ids[line, :size], mask[line, :size], kinds[line, :size] = piece.ids, 1, piece.type_ids
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}
        return {name: feed[name] for name in self._inputs}


def read_graph(path: Path) -> openvino.Model:
    """A model graph from an OpenVINO or ONNX file."""
    return openvino.Core().read_model(path)


def write_graph(graph: openvino.Model, folder: Path) -> None:
    """Write a graph where Graph looks for it, with its weights as they are."""
    openvino.save_model(graph, folder / "model.xml", compress_to_fp16=False)
