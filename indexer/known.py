"""Papers that the same encoder has read before, in an index or in a build that was stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.checkpoint import Stopped
from papersearch import manifest as manifests
from papersearch.codes import Floats
from papersearch.manifest import Manifest
from papersearch.sentences import Sentences, Spans, cut
from papersearch.store import Store
from papersearch.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Known:
    """Rows by text hash; of a row its vector (d,) and its sentences, which were kept as codes of `step`."""

    rows: dict[str, int]
    vector: Callable[[int], Floats]
    sentences: Callable[[int], tuple[Spans, Floats]]
    step: float


def of_index(index: Path, manifest: Manifest) -> Known:
    """The papers of a finished generation."""
    home = manifest.folder(index)
    store = Store(home / manifests.PAPERS)
    rows = store.rows_by_hash()
    store.close()
    vectors = Vectors(home / manifests.VECTORS, manifest.step)
    sentences = Sentences(home / manifests.SENTENCES, manifest.step, manifest.encoder.dimension)
    return Known(rows, lambda row: vectors.at(np.array([row]))[0], sentences.of, manifest.step)


def of_stopped(stopped: Stopped) -> Known:
    """The papers that a stopped build had embedded."""
    folder, dimension = stopped.home / manifests.SENTENCES, stopped.card.dimension
    cut(folder, stopped.done, dimension)
    matrix = stopped.matrix
    sentences = Sentences(folder, stopped.step, dimension)
    return Known(stopped.rows, lambda row: np.array(matrix[row]), sentences.of, stopped.step)
