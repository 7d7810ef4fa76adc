"""An exported model and its tokenizer, run by ONNX Runtime and without torch."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding as Encoding
from tokenizers import Tokenizer

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable

BATCH = 16
"""Texts run through the graph at once; more gains nothing on a CPU and only adds padding."""
MOST_PIECES = 512
"""Pieces run through the graph at once, or one text: the runtime keeps the memory of its largest batch."""

_SHRINKING = "memory.enable_memory_arena_shrinkage"
_PROCESSOR = Path("/proc/cpuinfo")

MODEL, WEIGHTS, TOKENIZER = "model.onnx", "model.onnx.data", "tokenizer.json"
"""The files of a model. Its weights are mapped into memory, those of words are shared by processes."""

Feed = dict[str, NDArray[np.int64]]
Shape = tuple[int, int]
"""Texts and pieces."""


class Runner(Protocol):
    """What runs a graph."""

    @property
    def inputs(self) -> Sequence[str]:
        """The names of its inputs."""

    @property
    def outputs(self) -> int:
        """How many outputs it has."""

    def __call__(self, feed: Feed) -> list[Floats]:
        """The graph's outputs for its inputs. They last until the next run."""


class Session:
    """A graph on the CPU, in the thread that asks. Safe from many threads."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load it. threads: how many share the work of one run."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the cores are others' too
        options.enable_mem_pattern = False  # or it would remember every shape that it meets
        options.log_severity_level = 3
        if not _multiplies_bytes():
            options.add_session_config_entry("session.x64quantprecision", "1")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = [each.name for each in self._session.get_inputs()]
        self.outputs = len(self._session.get_outputs())

    def __call__(self, feed: Feed) -> list[Floats]:
        options = None
        # Or it would keep the memory of the longest text ever read.
        if feed[self.inputs[0]].size > MOST_PIECES:
            options = onnxruntime.RunOptions()
            options.add_run_config_entry(_SHRINKING, "cpu:0")
        outputs: list[Floats] = self._session.run(None, feed, options)
        return outputs


def _multiplies_bytes() -> bool:
    """Whether the processor adds up products of bytes without loss (VNNI).

    Older ones lose the highest sums, unless ONNX Runtime is told to be exact, which takes a fifth longer.
    """
    try:
        return "_vnni" in _PROCESSOR.read_text("ascii", "replace")
    except OSError:
        return False


class Graph:
    """A model's graph and its tokenizer. As safe from many threads as what runs the graph."""

    def __init__(self, folder: Path, max_tokens: int, opened: Callable[[Path], Runner] = Session) -> None:
        """Load both. Raises IndexUnusable if a part is missing or damaged.

        opened: makes what runs the graph in this file.
        """
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._run = opened(folder / MODEL)
        except Exception as error:  # all libraries raise bare Exception for a missing or damaged file
            lines = str(error).strip().splitlines()
            cause = lines[-1] if lines else type(error).__name__
            raise IndexUnusable(
                f"{folder}: no usable {folder.name} ({cause}); build the index again"
            ) from error
        # Some models tell positions by what is not padding, so it must be their own.
        self._padding = int((self.tokenizer.padding or {}).get("pad_id", 0))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)

    @property
    def outputs(self) -> int:
        """How many outputs the graph has: texts' vectors, and perhaps those of their pieces."""
        return self._run.outputs

    def run(self, pieces: Sequence[Encoding]) -> Iterator[tuple[int, list[Floats]]]:
        """The place of each tokenized text, as the batches come, and its part of each of the graph's outputs.

        A part lasts until the next one is asked for.
        """
        # Texts of like length share a batch: a short one beside a long one would be mostly padding. The
        # longest come first: the last batch, which rows are added to, is one of short texts.
        order = sorted(range(len(pieces)), key=lambda place: -len(pieces[place].ids))
        while order:
            size = self.at_once(max(len(pieces[order[0]].ids), 1))
            batch, order = order[:size], order[size:]
            outputs = self._run(self.feed([pieces[place] for place in batch]))
            for line, place in enumerate(batch):  # what is left over is padding
                yield place, [output[line] for output in outputs]

    def at_once(self, longest: int) -> int:
        """How many texts are run together when the longest has so many pieces."""
        return max(1, min(BATCH, MOST_PIECES // longest))

    def feed(self, pieces: Sequence[Encoding]) -> Feed:
        """The graph's inputs for a batch."""
        shape = self.shape(len(pieces), max(1, *(len(piece.ids) for piece in pieces)))
        ids = np.full(shape, self._padding, np.int64)
        mask, kinds = np.zeros_like(ids), np.zeros_like(ids)
        mask[:, 0] = 1
        for line, piece in enumerate(pieces):
            size = len(piece.ids)
            ids[line, :size], mask[line, :size], kinds[line, :size] = piece.ids, 1, piece.type_ids
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}
        return {name: feed[name] for name in self._run.inputs}

    def shape(self, texts: int, longest: int) -> Shape:
        """What so many texts are filled up to, the longest of which has so many pieces."""
        return texts, longest
