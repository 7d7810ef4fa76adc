"""Embedding on a GPU, where torch sees one: the model itself in place of its exported graph.

Its vectors are those of float32; queries are read by the exported encoder all the same, whose int8 vectors
have a cosine of about 0.997 to them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from indexer import model
from indexer.model_files import fingerprint, locate
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.errors import ModelUnusable
from papersearch.graph import Feed, Graph, Session
from papersearch.manifest import EncoderCard

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 256
"""Texts run through the model at once, as long as they have no more than 256 pieces."""
_MOST_PAIRS = BATCH * 256 * 256
"""Pairs of pieces, which attention takes memory for."""
_DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg"))
"""Where Linux has the drivers of NVIDIA and AMD, and those that Windows lends it."""


def encoder(folder: Path, card: EncoderCard) -> ExportedEncoder | None:
    """An encoder on the GPU that gives the vectors of the exported one in `folder`.

    None if there is no GPU, or if the model's files have gone or are others since it was exported.
    """
    if not any(path.exists() for path in _DRIVERS):  # to ask torch takes seconds
        return None
    try:
        import torch

        if not torch.cuda.is_available() or fingerprint(locate(card.model)) != card.model_sha256:
            return None
        return TorchEncoder(folder, card, model.load(card.model), "cuda")
    except (ImportError, ModelUnusable):
        return None


class TorchEncoder(ExportedEncoder):
    """An exported encoder whose texts are run by torch."""

    def __init__(self, folder: Path, card: EncoderCard, model: "SentenceTransformer", device: str) -> None:
        """The exported one in `folder` lends its tokenizer. Raises IndexUnusable if it is damaged."""
        graph = _TorchGraph(folder, card.max_tokens, lambda path: _ByTorch(path, card, model, device))
        super().__init__(folder, card, graph)


class _TorchGraph(Graph):
    def at_once(self, longest: int) -> int:
        return max(1, min(BATCH, _MOST_PAIRS // longest**2))


class _ByTorch:
    def __init__(self, path: Path, card: EncoderCard, loaded: "SentenceTransformer", device: str) -> None:
        exported = Session(path)
        self.inputs, self.outputs = exported.inputs, exported.outputs
        self._device = device
        self._compute = model.outputs(loaded.to(device), card.dimension)

    def __call__(self, feed: Feed) -> list[Floats]:
        import torch

        features = {name: torch.from_numpy(array).to(self._device) for name, array in feed.items()}
        with torch.inference_mode():
            return [each.float().cpu().numpy() for each in self._compute(features)]
