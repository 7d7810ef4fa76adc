"""The exported encoder: text in, unit vectors out, by OpenVINO and without torch.

Pooling and normalisation are part of the graph (indexer/model.py writes it), so what comes out of the
runtime is the embedding that sentence-transformers would give.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import openvino
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.manifest import EncoderCard
from papersearch.sentences import Spans

BATCH = 16
"""Texts run through the graph at once; more gains nothing on a CPU and only adds padding."""
MOST_WINDOWS = 8
"""A text longer than the model reads is cut into windows, and its vector is the mean of theirs, weighted by
their lengths. That costs time only where it is needed; a text of more windows than this is cut off."""

OPENING_WEIGHT = 0.25
"""The share of a text's opening, a paper's title or the first of several sentences, in its vector: it says
what the whole is about (benchmarks/README.md has what this gives)."""


def opened(whole: Floats, opening: Floats) -> Floats:
    """Unit vectors (n, d) of texts in which their openings count as much as OPENING_WEIGHT says."""
    return _unit((1 - OPENING_WEIGHT) * whole + OPENING_WEIGHT * opening)


@dataclass(frozen=True, slots=True)
class Readings:
    """Texts as the encoder read them: unit vectors (n, d) of the whole texts; for each text those of its
    parts (parts, d), zeros for one that was not read; and how many texts were too long to be read to their end.
    """

    whole: Floats
    parts: list[Floats]
    truncated: int


class Encoder(Protocol):
    """Anything that turns queries into unit vectors (n, d) of the index's own model."""

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """One unit vector a query, in the order given."""


class ExportedEncoder:
    """The encoder that an index carries. One thread at a time may use it."""

    def __init__(self, folder: Path, card: EncoderCard, threads: int = 2) -> None:
        """Load the graph and the tokenizer. Raises IndexUnusable if a part is missing or damaged."""
        self.card = card
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
            raise IndexUnusable(f"{folder}: no usable encoder ({cause}); build the index again") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(card.max_tokens)
        self._request = model.create_infer_request()
        self._inputs = [port.any_name for port in model.inputs]
        self._gives_tokens = len(model.outputs) > 1

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Unit vectors (n, d) of queries, with the model's query prompt."""
        return self._read([self.card.query_prompt + text for text in texts]).whole

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        """Unit vectors (n, d) of papers' texts, with the model's document prompt."""
        return self._read([self.card.document_prompt + text for text in texts]).whole

    def read_documents(self, texts: Sequence[str], parts: Sequence[Spans]) -> Readings:
        """Papers' texts and the vectors of their parts, given as characters (start, end) in order.

        Where the graph gives the vectors of a text's tokens, a part is the mean of its own ("late chunking",
        Günther et al. 2024, https://arxiv.org/abs/2409.04701): it costs nothing more and knows what stands
        around it. Otherwise each part is read as a text of its own.
        """
        prompt = self.card.document_prompt
        if self._gives_tokens:
            shifted = [[(a + len(prompt), b + len(prompt)) for a, b in spans] for spans in parts]
            return self._read([prompt + text for text in texts], shifted)
        whole = self._read([prompt + text for text in texts])
        pieces = [prompt + text[a:b] for text, spans in zip(texts, parts, strict=True) for a, b in spans]
        vectors = self._read(pieces).whole
        ends = np.cumsum([len(spans) for spans in parts])
        return Readings(whole.whole, np.split(vectors, ends[:-1]), whole.truncated)

    def feeds(self, texts: Sequence[str]) -> Iterator[dict[str, NDArray[np.int64]]]:
        """The graph's inputs for these texts, batch by batch, in the order given."""
        pieces = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        for start in range(0, len(pieces), BATCH):
            yield self._feed(pieces[start : start + BATCH])

    def _read(self, texts: Sequence[str], parts: Sequence[Spans] = ()) -> Readings:
        # Where a token stands is only worth finding out where somebody asks for it.
        tokenize = self._tokenizer.encode_batch if parts else self._tokenizer.encode_batch_fast
        encodings = tokenize(list(texts))
        windows = [
            (place, window)
            for place, encoding in enumerate(encodings)
            for window in [encoding, *encoding.overflowing][:MOST_WINDOWS]
        ]
        # Windows of like length share a batch: a short one beside a long one would be mostly padding.
        windows.sort(key=lambda window: len(window[1].ids))
        whole = np.zeros((len(encodings), self.card.dimension), np.float32)
        sums = [np.zeros((len(spans), self.card.dimension), np.float32) for spans in parts]
        for start in range(0, len(windows), BATCH):
            batch = windows[start : start + BATCH]
            outputs = self._request.infer(self._feed([window.ids for _, window in batch]))
            for line, (place, window) in enumerate(batch):  # what is left over is padding
                whole[place] += len(window.ids) * outputs[0][line]
                if parts:
                    sums[place] += _of_parts(window, outputs[1][line], parts[place])
        truncated = sum(len(encoding.overflowing) >= MOST_WINDOWS for encoding in encodings)
        return Readings(_unit(whole), [_unit(each) for each in sums], truncated)

    def _feed(self, pieces: Sequence[Sequence[int]]) -> dict[str, NDArray[np.int64]]:
        # The runtime keeps what it prepares for every shape that it meets: texts of any length in batches of
        # any size would fill gigabytes. So rows are filled up to a power of two, pieces to a multiple of 8.
        rows, width = 1 << (len(pieces) - 1).bit_length(), -(-max(map(len, pieces)) // 8) * 8
        ids = np.zeros((rows, width), np.int64)
        mask = np.zeros_like(ids)
        mask[:, 0] = 1
        for line, piece in enumerate(pieces):
            ids[line, : len(piece)] = piece
            mask[line, : len(piece)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return {name: feed[name] for name in self._inputs}


def _of_parts(window: Encoding, tokens: Floats, parts: Spans) -> Floats:
    """The sums (parts, d) of the token vectors (pieces, d) that begin in each part."""
    places = np.array(window.offsets)
    starts = np.array([start for start, _ in parts])
    part = np.searchsorted(starts, places[:, 0], side="right") - 1
    part[places[:, 1] <= places[:, 0]] = -1  # the model's own marks stand nowhere in the text
    return (np.arange(len(parts))[:, None] == part).astype(np.float32) @ tokens[: len(places)]


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32(1e-9))


def read_graph(path: Path) -> openvino.Model:
    """A model graph from an OpenVINO or ONNX file."""
    return openvino.Core().read_model(path)


def write_graph(graph: openvino.Model, folder: Path) -> None:
    """Write a graph where ExportedEncoder looks for it, with its weights as they are."""
    openvino.save_model(graph, folder / "model.xml", compress_to_fp16=False)
