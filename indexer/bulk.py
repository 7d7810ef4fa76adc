"""Embedding many papers: the exported graph, run by OpenVINO.

With long texts it is a quarter quicker than ONNX Runtime, which takes a fifth of its memory and serves;
their vectors have a cosine of 0.9996 and more to each other (benchmarks/README.md).
"""

from pathlib import Path

import openvino

from indexer.onnx_graph import with_signed_codes
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.graph import BATCH, Feed, Graph, Shape
from papersearch.manifest import EncoderCard

LONG, LONG_BATCH = 64, 8
"""Of texts of more pieces than LONG fewer are run at once: rows that are padding cost most there."""
MOST_PIECES = 8_192
"""Pieces run at once, or one text: attention takes memory by the square of its length."""

LEAST_COSINE = 0.99
"""Between the two runtimes' vectors of a text."""
_TRIED = (
    "reinforcement learning",
    "A compiler is given a reward for the speed of the code, and learns from it.",
)


def encoders(folder: Path, card: EncoderCard, count: int) -> list[ExportedEncoder]:
    """So many equal encoders of one thread; of ONNX Runtime where OpenVINO cannot run the graph, or gives
    vectors that queries would miss. Raises IndexUnusable if a part is missing or damaged.
    """
    served = ExportedEncoder(folder, card)
    try:
        found: list[ExportedEncoder] = [BulkEncoder(folder, card) for _ in range(count)]
        products = found[0].encode_documents(_TRIED) * served.encode_documents(_TRIED)
        if float(products.sum(axis=1).min()) >= LEAST_COSINE:
            return found
    except Exception:  # noqa: S110  (it fails in ways of its own at some graphs, and is not needed)
        pass
    return [served, *(ExportedEncoder(folder, card) for _ in range(count - 1))]


class BulkEncoder(ExportedEncoder):
    """An exported encoder of one thread for papers; several may work side by side."""

    def __init__(self, folder: Path, card: EncoderCard) -> None:
        """Load what is in `folder`. Raises IndexUnusable if a part is missing or damaged."""
        super().__init__(folder, card, graph=_BulkGraph(folder, card.max_tokens))


class _BulkGraph(Graph):
    def __init__(self, folder: Path, max_tokens: int) -> None:
        super().__init__(folder, max_tokens, _Compiled)
        self._most = max_tokens

    def at_once(self, longest: int) -> int:
        return max(1, min(BATCH if longest <= LONG else LONG_BATCH, MOST_PIECES // longest))

    def shape(self, texts: int, longest: int) -> Shape:
        """The runtime keeps what it prepares for every shape that it meets: texts of any length in batches of
        any size would fill gigabytes. So there are few numbers of texts, four to each power of two; and of
        pieces the multiples of 8, or of more where they are many, but no more than the model has positions.
        """
        grid = max(1, (1 << (texts - 1).bit_length()) // 4)
        step = max(8, 1 << max(0, longest.bit_length() - 5))
        width = min(-(-longest // step) * step, self._most)
        return -(-texts // grid) * grid, max(longest, width)


class _Compiled:
    """A graph compiled for any shape."""

    def __init__(self, path: Path) -> None:
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": 1,
            # Where the processor has bf16 the runtime would round to it, and machines would disagree.
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,  # the cores are others' as well
        }
        core = openvino.Core()
        graph = core.read_model(with_signed_codes(path) or path)
        self.inputs = [port.any_name for port in graph.inputs]
        self.outputs = len(graph.outputs)
        self._request = core.compile_model(graph, "CPU", options).create_infer_request()

    def __call__(self, feed: Feed) -> list[Floats]:
        return list(self._request.infer(feed, share_inputs=True, share_outputs=True).values())
