"""Learn the latent space of a corpus (papersearch/latent.py) and write where its papers lie there.

Every build learns it anew, from at most LEARNT_ON papers evenly spread, so that neither memory nor time grows
beyond that; the others are only projected.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.lib.format import write_array_header_1_0
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.utils.extmath import randomized_svd

from indexer.progress import Progress
from papersearch.analysis import stems
from papersearch.codes import Floats, coded, step_of
from papersearch.latent import DIRECTIONS, PAPERS, SPACE, WORDS
from papersearch.store import Store

DIMENSIONS = 100
"""50 gave less, 100 to 150 the most, 200 and more less again (benchmarks/README.md)."""
PAPERS_EACH = 10
"""A small corpus gets fewer dimensions: one for so many papers."""
LEARNT_ON = 50_000
"""Papers: ten seconds and 350 MB."""
MOST_WORDS = 50_000
"""The most frequent ones; 50,000 abstracts of one field have about 23,000 that stand in two of them."""
ITERATIONS = 7
"""Of the power method; what is found then differs from the exact directions in the last of them only."""
_TOGETHER = 1024
"""Papers read at a time."""


class Space:
    """A latent space learnt from texts.

    words: stems that at least two texts have. weights (w,): their inverse document frequencies.
    directions (w, k): the first right singular vectors of the matrix of texts by words, where a word counts
    (1 + log count) × weight and each text has the length 1 (Halko et al. 2011, https://doi.org/10.1137/090771806).
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """No words and no directions where the texts are few or have no words in common."""
        self.words: list[str] = []
        self.weights, self.directions = np.zeros(0, np.float32), np.zeros((0, 0), np.float32)
        self._counter = CountVectorizer(analyzer=stems, min_df=2, max_features=MOST_WORDS, dtype=np.float32)
        self._weigher = TfidfTransformer(smooth_idf=False, sublinear_tf=True)
        try:
            counts = self._counter.fit_transform(texts)
        except ValueError:  # no two texts have a word in common
            return
        dimensions = min(DIMENSIONS, counts.shape[0] // PAPERS_EACH, counts.shape[1])
        if not dimensions:
            return
        self._weigher.fit(counts)
        self._weigher.idf_ -= 1  # the plain logarithm: a word of every text tells nothing
        _, _, found = randomized_svd(
            self._weigher.transform(counts), dimensions, n_iter=ITERATIONS, random_state=0
        )
        self.words = list(self._counter.get_feature_names_out())
        self.weights, self.directions = self._weigher.idf_.astype(np.float32), found.T.astype(np.float32)

    def projected(self, texts: list[str]) -> Floats:
        """The unit vectors (n, k) of texts; zeros for one whose words are all unknown."""
        if not self.words:
            return np.zeros((len(texts), 0), np.float32)
        vectors = self._weigher.transform(self._counter.transform(texts)) @ self.directions
        unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return unit.astype(np.float32)


def write(folder: Path, store: Store, progress: Progress) -> None:
    """Learn a space from a store's papers, and write it and where each of them lies into a new folder."""
    rows = range(0, len(store), -(-len(store) // LEARNT_ON))
    with progress.bar("Learning the latent space", len(rows)) as bar:
        space = Space(bar.count(text for part in _parts(rows) for text in _texts(store, part)))
    step = 0.0
    folder.mkdir()
    shape = len(store), space.directions.shape[1]
    with (folder / PAPERS).open("wb") as file, progress.bar("Placing papers in it", len(store)) as bar:
        # Written, not mapped: where the disk is full this raises, and a write to a map kills the process.
        write_array_header_1_0(file, {"descr": "|i1", "fortran_order": False, "shape": shape})
        for part in _parts(range(len(store))):
            vectors = space.projected(_texts(store, part))
            step = step or step_of(vectors)
            file.write(coded(vectors, step).tobytes())
            bar.reach(part.stop)
    (folder / WORDS).write_text("".join(f"{word}\n" for word in space.words), "utf-8")
    np.save(folder / DIRECTIONS, space.directions)
    np.savez(folder / SPACE, weights=space.weights, rarest=np.log(len(rows)), step=step)


def _parts(rows: range) -> Iterator[range]:
    return (rows[start : start + _TOGETHER] for start in range(0, len(rows), _TOGETHER))


def _texts(store: Store, rows: range) -> list[str]:
    return [paper.text for paper in store.papers(rows)]
