"""The latent space of a corpus: which words are used in the same papers there, whatever the model knows.

Latent semantic indexing (Deerwester et al. 1990, "Indexing by latent semantic analysis", JASIS 41(6)): words
and papers as vectors along the few directions that tell most of a corpus. A query lies partly in it: common
words nearly wholly, a rare name hardly at all. That part says how far the space is to be trusted with it.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from papersearch.analysis import stems
from papersearch.codes import Codes, Floats, products
from papersearch.errors import IndexUnusable
from papersearch.store import Rows

WORDS, SPACE, DIRECTIONS, PAPERS = "words.txt", "space.npz", "words.npy", "papers.npy"
"""The words, a line each; how much each tells; where each lies, (w, k); the papers' codes, (n, k)."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A query in the space: a unit vector (k,), and `held`, the share of its squared length that is there."""

    vector: Floats
    held: float


NOWHERE = Projection(np.zeros(0, np.float32), 0.0)
"""A query of which the space tells nothing."""


class LatentSpace:
    """Papers and queries in the latent space of one generation. Read-only and safe from many threads."""

    def __init__(
        self,
        words: Sequence[str],
        weights: Floats,
        directions: Floats,
        papers: Codes,
        *,
        rarest: float,
        step: float,
    ) -> None:
        """words: w stems. weights (w,): their inverse document frequencies; `rarest`, that of any other stem.
        directions (w, k): where the words lie. papers (n, k): where the papers do, as codes of this step.
        """
        self._places = {word: place for place, word in enumerate(words)}
        self._weights, self._rarest = weights, rarest
        # Views without what a memory map does at every access beside.
        self._directions, self._papers = np.asarray(directions), np.asarray(papers)
        self._step = np.float32(step)

    @classmethod
    def open(cls, folder: Path) -> "LatentSpace":
        """Open a folder that indexer/latent.py wrote, memory-mapped. Raises IndexUnusable."""
        try:
            words = (folder / WORDS).read_text("utf-8").split()
            directions, papers = (open_memmap(folder / name, "r") for name in (DIRECTIONS, PAPERS))
            with (folder / SPACE).open("rb") as file, np.load(file) as space:
                weights, rarest, step = space["weights"], float(space["rarest"]), float(space["step"])
        except Exception as error:  # numpy raises nearly anything for a damaged header
            raise IndexUnusable(f"{folder}: not readable ({error}); build the index again") from error
        fit = papers.dtype == np.int8 and directions.dtype == np.float32 and weights.shape == (len(words),)
        dimensions = papers.shape[1:]
        if not fit or len(dimensions) != 1 or directions.shape != (len(words), *dimensions):
            raise IndexUnusable(f"{folder}: its files do not belong together; build the index again")
        return cls(words, weights, directions, papers, rarest=rarest, step=step)

    @classmethod
    def none(cls, papers: int) -> "LatentSpace":
        """A space of no dimensions, which tells nothing: that of an index made before there was one."""
        words, places = np.zeros((0, 0), np.float32), np.zeros((papers, 0), np.int8)
        return cls([], np.zeros(0, np.float32), words, places, rarest=0.0, step=1.0)

    def __len__(self) -> int:
        """How many papers are in it."""
        return len(self._papers)

    def projection(self, text: str) -> Projection:
        """Where a text's words lie together, each counted 1 + log count times and weighted."""
        lengths = {stem: 1 + math.log(count) for stem, count in Counter(stems(text)).items()}
        known = [stem for stem in lengths if stem in self._places]
        if not known:
            return NOWHERE
        unknown = [length for stem, length in lengths.items() if stem not in self._places]
        places = [self._places[stem] for stem in known]
        weighted = self._weights[places] * [lengths[stem] for stem in known]
        vector = weighted.astype(np.float32) @ np.take(self._directions, places, axis=0)
        whole = float(weighted @ weighted) + self._rarest**2 * sum(length**2 for length in unknown)
        part = float(vector @ vector)
        if not 0 < part < math.inf:  # no length, or damaged numbers
            return NOWHERE
        return Projection(vector / np.float32(math.sqrt(part)), min(part / whole, 1.0))

    def cosines(self, rows: Rows, projection: Projection) -> Floats:
        """The cosines (n,) of papers to a query; 0 if the space tells nothing of the paper, or the query."""
        if not projection.held:
            return np.zeros(len(rows), np.float32)
        return products(np.take(self._papers, rows, axis=0), projection.vector * self._step)
