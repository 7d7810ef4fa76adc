"""Exported models, run by OpenVINO and without torch; the encoder: text in, unit vectors out.

Pooling and normalisation are part of the graph (indexer/model.py writes it), so what comes out of the
runtime is the embedding that sentence-transformers would give.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import openvino
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from papersearch.errors import IndexUnusable
from papersearch.manifest import EncoderCard
from papersearch.vectors import Floats

BATCH = 16
"""Texts run through the graph at once; more gains nothing on a CPU and only adds padding."""
MOST_PIECES = 8_192
"""Pieces run through the graph at once, or one text: attention takes memory by the square of its length."""
MOST_WINDOWS = 8
"""A text longer than the model reads is cut into windows, and its vector is the mean of theirs, weighted by
their lengths. That costs time only where it is needed; a text of more windows than this is cut off."""


class Encoder(Protocol):
    """Anything that turns queries into unit vectors (n, d) of the index's own model."""

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """One unit vector a query, in the order given."""


class Graph:
    """A model's graph and its tokenizer. One thread at a time may use them."""

    def __init__(self, folder: Path, max_tokens: int, threads: int = 2) -> None:
        """Load both. Raises IndexUnusable if a part is missing or damaged."""
        # f32: where the processor has bf16 the runtime would round to it, and machines would disagree.
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            model = openvino.Core().compile_model(read_graph(folder / "model.xml"), "CPU", options)
        except Exception as error:  # both libraries raise bare Exception for a missing or damaged file
            lines = str(error).strip().splitlines()  # OpenVINO's first names a place in its own source
            cause = lines[-1] if lines else type(error).__name__
            raise IndexUnusable(
                f"{folder}: no usable {folder.name} ({cause}); build the index again"
            ) from error
        # Some models tell positions by what is not padding, so it must be their own.
        self._padding = int((self._tokenizer.padding or {}).get("pad_id", 0))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._max_tokens = max_tokens
        self._request = model.create_infer_request()
        self._inputs = [port.any_name for port in model.inputs]

    def run(self, pieces: Sequence[Encoding]) -> Floats:
        """What the graph gives for tokenized texts (n, d), in the order given."""
        # Texts of like length share a batch: a short one beside a long one would be mostly padding.
        order = sorted(range(len(pieces)), key=lambda place: len(pieces[place].ids))
        rows: list[Floats] = [np.empty(0, np.float32)] * len(pieces)
        while order:
            longest = len(pieces[order[:BATCH][-1]].ids)
            size = max(1, min(BATCH, MOST_PIECES // max(longest, 1)))
            batch, order = order[:size], order[size:]
            outputs = self._request.infer(self._feed([pieces[place] for place in batch]))[0]
            for place, row in zip(batch, outputs, strict=False):  # what is left over is padding
                rows[place] = row.copy()
        return np.stack(rows)

    def _feed(self, pieces: Sequence[Encoding]) -> dict[str, NDArray[np.int64]]:
        # The runtime keeps what it prepares for every shape that it meets: texts of any length in batches of
        # any size would fill gigabytes. So rows are filled up to a power of two, pieces to a multiple of 8,
        # or of more where they are many, but never to more positions than the model has.
        rows = 1 << (len(pieces) - 1).bit_length()
        longest = max(1, *(len(piece.ids) for piece in pieces))
        step = max(8, 1 << max(0, longest.bit_length() - 5))
        width = max(longest, min(-(-longest // step) * step, self._max_tokens))
        ids = np.full((rows, width), self._padding, np.int64)
        mask, kinds = np.zeros_like(ids), np.zeros_like(ids)
        mask[:, 0] = 1
        for line, piece in enumerate(pieces):
            size = len(piece.ids)
            ids[line, :size], mask[line, :size], kinds[line, :size] = piece.ids, 1, piece.type_ids
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}
        return {name: feed[name] for name in self._inputs}


class ExportedEncoder(Graph):
    """The encoder that an index carries. One thread at a time may use it."""

    def __init__(self, folder: Path, card: EncoderCard, threads: int = 2) -> None:
        """Load the graph and the tokenizer. Raises IndexUnusable if a part is missing or damaged."""
        super().__init__(folder, card.max_tokens, threads)
        self.card = card

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Unit vectors (n, d) of queries, with the model's query prompt."""
        return self._encode([self.card.query_prompt + text for text in texts])[0]

    def encode_documents(self, texts: Sequence[str]) -> tuple[Floats, int]:
        """Unit vectors (n, d) of papers' texts, and how many were too long to be read to their end."""
        return self._encode([self.card.document_prompt + text for text in texts])

    def feeds(self, texts: Sequence[str]) -> Iterator[dict[str, NDArray[np.int64]]]:
        """The graph's inputs for these texts, batch by batch, in the order given."""
        pieces = self._tokenizer.encode_batch_fast(list(texts))
        for start in range(0, len(pieces), BATCH):
            yield self._feed(pieces[start : start + BATCH])

    def _encode(self, texts: Sequence[str]) -> tuple[Floats, int]:
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        sums = np.zeros((len(encodings), self.card.dimension), np.float32)
        windows = [
            (place, window)
            for place, encoding in enumerate(encodings)
            for window in [encoding, *encoding.overflowing][:MOST_WINDOWS]
        ]
        vectors = self.run([window for _, window in windows]) if windows else sums
        for (place, window), vector in zip(windows, vectors, strict=True):
            sums[place] += len(window.ids) * vector
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        truncated = sum(len(encoding.overflowing) >= MOST_WINDOWS for encoding in encodings)
        return sums / np.maximum(lengths, 1e-9), truncated


def read_graph(path: Path) -> openvino.Model:
    """A model graph from an OpenVINO or ONNX file."""
    return openvino.Core().read_model(path)


def write_graph(graph: openvino.Model, folder: Path) -> None:
    """Write a graph where ExportedEncoder looks for it, with its weights as they are."""
    openvino.save_model(graph, folder / "model.xml", compress_to_fp16=False)
