"""The encoder that an index carries: text in, unit vectors out.

Pooling and normalisation are part of its graph (indexer/model.py writes it), so what comes out of the
runtime is the embedding that sentence-transformers would give.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from papersearch.codes import Floats
from papersearch.graph import BATCH, Encoding, Feed, Graph
from papersearch.manifest import EncoderCard
from papersearch.sentences import Spans

MOST_WINDOWS = 8
"""A text longer than the model reads is cut into windows, and its vector is the mean of theirs, weighted by
their lengths. That costs time only where it is needed; a text of more windows than this is cut off."""
OPENING_WEIGHT = 0.25
"""The share of a text's opening in its vector: a paper's title, or the first of a query's several sentences,
says what the whole is about (benchmarks/README.md has what this gives)."""


class Encoder(Protocol):
    """Anything that turns queries into unit vectors (n, d) of the index's own model."""

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """One unit vector a query, in the order given."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Texts as the encoder read them: unit vectors (n, d) of the whole texts; for each text those of its
    parts (parts, d), zeros for one that was not read; how many texts were too long to be read to their end.
    """

    whole: Floats
    parts: list[Floats]
    truncated: int


class ExportedEncoder:
    """The encoder that an index carries. Safe from many threads, unless another graph is put into it."""

    def __init__(self, folder: Path, card: EncoderCard, graph: Graph | None = None) -> None:
        """Load the graph and the tokenizer, or take another graph in their place.

        Raises IndexUnusable if a part is missing or damaged.
        """
        self.card = card
        self._graph = graph or Graph(folder, card.max_tokens)

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
        if self._graph.outputs > 1:
            shifted = [[(a + len(prompt), b + len(prompt)) for a, b in spans] for spans in parts]
            return self._read([prompt + text for text in texts], shifted)
        whole = self._read([prompt + text for text in texts])
        pieces = [text[a:b] for text, spans in zip(texts, parts, strict=True) for a, b in spans]
        vectors = self._read([prompt + piece for piece in pieces]).whole
        vectors[[not piece for piece in pieces]] = 0  # or it would be that of the prompt alone
        ends = np.cumsum([len(spans) for spans in parts])
        return Readings(whole.whole, np.split(vectors, ends)[:-1], whole.truncated)

    def feeds(self, texts: Sequence[str]) -> Iterator[Feed]:
        """The graph's inputs for these texts, batch by batch, in the order given."""
        pieces = self._graph.tokenizer.encode_batch_fast(list(texts))
        for start in range(0, len(pieces), BATCH):
            yield self._graph.feed(pieces[start : start + BATCH])

    def _read(self, texts: Sequence[str], parts: Sequence[Spans] = ()) -> Readings:
        # Where a token stands is only worth finding out where somebody asks for it.
        tokenizer = self._graph.tokenizer
        encodings = (tokenizer.encode_batch if parts else tokenizer.encode_batch_fast)(list(texts))
        windows = [
            (place, window)
            for place, encoding in enumerate(encodings)
            for window in [encoding, *encoding.overflowing][:MOST_WINDOWS]
        ]
        whole = np.zeros((len(encodings), self.card.dimension), np.float32)
        sums = [np.zeros((len(spans), self.card.dimension), np.float32) for spans in parts]
        for number, (vector, *tokens) in self._graph.run([window for _, window in windows]):
            place, window = windows[number]
            whole[place] += len(window.ids) * vector
            if parts:
                sums[place] += _of_parts(window, tokens[0], parts[place])
        truncated = sum(len(encoding.overflowing) >= MOST_WINDOWS for encoding in encodings)
        return Readings(_unit(whole), [_unit(each) for each in sums], truncated)


def opened(whole: Floats, opening: Floats) -> Floats:
    """Unit vectors (…, d) of texts in which their openings have the share OPENING_WEIGHT."""
    return _unit((1 - OPENING_WEIGHT) * whole + OPENING_WEIGHT * opening)


def _of_parts(window: Encoding, tokens: Floats, parts: Spans) -> Floats:
    """The sums (parts, d) of the token vectors (pieces, d) that end in each part."""
    places = np.array(window.offsets, np.int64).reshape(-1, 2)
    bounds = np.array(parts, np.int64).reshape(-1, 2)
    # By its last character: some tokenizers count the space before a word to it. The model's own marks
    # stand at (0, 0), nowhere in the text, and so end before every part.
    last = places[:, 1] - 1
    belongs = (bounds[:, :1] <= last) & (last < bounds[:, 1:])
    sums: Floats = belongs.astype(np.float32) @ tokens[: len(last)]
    return sums


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Floats = vectors / np.maximum(lengths, np.float32(1e-9))
    return unit
