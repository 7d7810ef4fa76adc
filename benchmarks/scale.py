"""An index of a million papers and more, grown from a smaller real one, to measure searching at that size:

    python -m benchmarks.scale INDEX FOLDER --scale 1000000

The records are those of INDEX over and over, with new ids and a number behind their titles. Each copy gets
a vector of its own: its paper's, moved by the difference of two of that paper's eight nearest, times 0.6
to 0.9. So the copies spread in the directions in which real papers differ there, about as far as the nearest
real paper is. The sentences are copied as they are. Files are written and measured by the code of a build;
nothing is embedded. FOLDER keeps the index, and a second run only measures.
"""

import argparse
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from benchmarks.quality import processor
from indexer import search_kind
from papersearch import latent, vectors, words
from papersearch import manifest as manifests
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.index import Index
from papersearch.manifest import Manifest, SearchCard
from papersearch.paper import Paper
from papersearch.query import Query
from papersearch.ranking import DEPTH, Background
from papersearch.sentences import Sentences, SentencesWriter
from papersearch.store import Rows, Store, StoreWriter
from papersearch.vectors import Vectors

NEAR = 8
SHORTEST, LONGEST = 0.6, 0.9
FILTERED = 0.001
_METHODS = (
    "reinforcement learning, graph neural networks, diffusion models, contrastive learning, "
    "large language models, Bayesian optimization, knowledge distillation, meta-learning"
)
_TASKS = (
    "compilers, molecule design, speech recognition, robot control, recommendation, theorem proving, "
    "medical images, time series, code generation, traffic forecasting, question answering, protein folding"
)
QUERIES = [f"{method} for {task}" for method in _METHODS.split(", ") for task in _TASKS.split(", ")]


def main() -> None:
    """Grow, measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index", type=Path, help="an index of real papers")
    parser.add_argument("folder", type=Path, help="where the large index goes")
    parser.add_argument("--scale", type=int, default=1_000_000, help="how many papers it gets")
    asked = parser.parse_args()
    print(processor())
    if not (asked.folder / "manifest.json").exists():
        grow(asked.index, asked.folder, asked.scale)
    measure(asked.folder)


def grow(index: Path, folder: Path, scale: int) -> None:
    """Write an index of `scale` papers, and say how long each part took."""
    old = manifests.read(index)
    source, home = old.folder(index), folder / "generations" / "grown"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    print(f"{scale:,} papers: {old.papers:,} real ones, the rest made from these (see --help)")
    for name in (manifests.ENCODER, manifests.ACRONYMS, manifests.VOCABULARY, manifests.LATENT):
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy
        copy(source / name, home / name)
    lap = Laps()
    matrix = grown_vectors(source / manifests.VECTORS, old.step, scale, folder / "vectors.npy")
    lap.done("making vectors")
    path = home / manifests.VECTORS
    vectors.write(path, matrix, old.step)
    lap.done("writing vectors")
    store = Store(source / manifests.PAPERS)
    encoder = ExportedEncoder(home / manifests.ENCODER, old.encoder)
    # As search_kind.choose does, but by titles of real papers, not of copies.
    rows = np.linspace(0, len(store) - 1, search_kind.QUERIES).astype(np.int64)
    queries = encoder.encode_queries(search_kind.asked(store, rows))
    card = search_kind.measured(path, matrix, old.step, queries, rows)
    lap.done("choosing how to search")
    cutoff = Background.load(source / manifests.BACKGROUND).cutoff
    Background.of(matrix, cutoff).save(home / manifests.BACKGROUND)
    (folder / "vectors.npy").unlink()
    writer = StoreWriter(home / manifests.PAPERS)
    for paper in grown_papers(store, scale):
        writer.add(paper)
    writer.finish()
    lap.done("writing records")
    (home / manifests.WORDS).mkdir()
    words.write(home / manifests.WORDS, grown_papers(store, scale))
    lap.done("writing words")
    grown_sentences(source, old, scale, home / manifests.SENTENCES)
    lap.done("writing sentences")
    places = np.load(source / manifests.LATENT / latent.PAPERS)  # copies have their papers' words
    np.save(home / manifests.LATENT / latent.PAPERS, np.resize(places, (scale, places.shape[1])))
    new = replace(old, generation="grown", papers=scale, files=manifests.sizes(home), search=card)
    manifests.commit(folder, new)


class Laps:
    """Says how long things took."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def done(self, what: str) -> None:
        """`what` is done, and the next thing begins."""
        now = time.monotonic()
        print(f"  {what}: {now - self._since:.0f} s", flush=True)
        self._since = now


def grown_vectors(source: Path, step: float, scale: int, path: Path) -> Floats:
    """Unit vectors (scale, d), memory-mapped in the .npy file `path`: the real ones, then their copies."""
    signs = vectors.signs_path(source).exists()
    opened = Vectors(source, step, SearchCard("signs", sifted=200) if signs else SearchCard())
    real = opened.at(np.arange(len(opened)))
    real /= np.linalg.norm(real, axis=1, keepdims=True)

    def near(rows: Rows) -> Rows:
        return np.stack([opened.search(real[row], NEAR + 1)[0][1:] for row in rows])

    with ThreadPoolExecutor(2) as pool:
        nearest = np.concatenate(list(pool.map(near, np.array_split(np.arange(len(real)), 100))))
    matrix = np.lib.format.open_memmap(path, "w+", np.float32, (scale, real.shape[1]))
    random = np.random.default_rng(1)
    for start in range(0, scale, len(real)):
        part = real[: scale - start]
        if start:
            each = np.arange(len(part))
            one = random.integers(0, NEAR, len(part))
            other = (one + random.integers(1, NEAR, len(part))) % NEAR
            far = random.uniform(SHORTEST, LONGEST, (len(part), 1)).astype(np.float32)
            part = part + far * (real[nearest[each, one]] - real[nearest[each, other]])
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        matrix[start : start + len(part)] = part
    matrix.flush()
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def grown_papers(store: Store, scale: int) -> Iterator[Paper]:
    """The papers of a store over and over, `scale` in all; copies have new ids and numbered titles."""
    for start in range(0, scale, len(store)):
        number = start // len(store)
        for paper, _ in zip(store, range(scale - start), strict=False):
            title = f"{paper.title} {number}"
            yield replace(paper, id=f"{paper.id}~{number}", title=title) if number else paper


def grown_sentences(source: Path, old: Manifest, scale: int, folder: Path) -> None:
    """The sentences of the papers over and over."""
    sentences = Sentences(source / manifests.SENTENCES, old.step, old.encoder.dimension)
    writer = SentencesWriter(folder)
    for row in range(scale):
        writer.add(*sentences.of(row % len(sentences)), old.step)
    writer.finish()


def measure(folder: Path) -> None:
    """Ask the index, and print what it finds, how soon and in how much memory."""
    index = Index.open(folder)
    index.warm()
    card, home = index.manifest.search, index.manifest.folder(folder)
    print(f"{len(index):,} papers; {card}")
    print(f"memory after opening and one query: {memory():.0f} MB (RSS)")
    laps = [index.search(Query(query)).seconds for query in QUERIES]
    print(f"the whole search in process, {len(QUERIES)} distinct queries:")
    for stage in laps[0]:
        print(f"  {stage:8} {spread([lap[stage] for lap in laps])}")
    print(f"  {'all':8} {spread([sum(lap.values()) for lap in laps])}")
    print(f"memory after these: {memory():.0f} MB (RSS)")
    path, step = home / manifests.VECTORS, index.manifest.step
    queries = ExportedEncoder(home / manifests.ENCODER, index.manifest.encoder).encode_queries(QUERIES)
    chosen, exact = Vectors(path, step, card), Vectors(path, step)
    few = np.sort(np.random.default_rng(2).permutation(len(index))[: int(FILTERED * len(index))])
    for what, searched, among in (
        ("chosen", chosen, None),
        ("exact", exact, None),
        (f"among {FILTERED:.1%} of the papers", chosen, few),
    ):
        print(f"dense search for {DEPTH}, {what}: {spread([timed(searched, q, among) for q in queries])}")
    for count in (10, 100):
        print(f"recall@{count}: {recall(chosen, exact, queries, count):.2%}")
    same = all(
        np.array_equal(
            chosen.search(query, 10, few)[0],
            few[np.lexsort((few, -exact.cosines(few, query)))[:10]],
        )
        for query in queries
    )
    print(f"the true ten among these for every query: {same}")
    print(f"memory after all: {memory():.0f} MB (RSS)")
    sizes: dict[str, int] = {}
    for name, size in index.manifest.files.items():
        sizes[name.split("/")[0]] = sizes.get(name.split("/")[0], 0) + size
    print("on disk, MB:", ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sizes.items()))


def memory() -> float:
    """Resident memory of this process in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def timed(searched: Vectors, query: Floats, among: Rows | None) -> float:
    """Seconds of one search as deep as a ranking's."""
    started = time.perf_counter()
    searched.search(query, DEPTH, among)
    return time.perf_counter() - started


def recall(chosen: Vectors, exact: Vectors, queries: Floats, count: int) -> float:
    """The share of the truly nearest that are among the first of a search as deep as a ranking's."""
    shares = [
        np.isin(exact.search(query, DEPTH)[0][:count], chosen.search(query, DEPTH)[0][:count]).mean()
        for query in queries
    ]
    return float(np.mean(shares))


def spread(seconds: list[float]) -> str:
    """The median, the 99th percentile and the least, in milliseconds."""
    p99 = quantiles(seconds, n=100)[98]
    return f"p50 {1000 * median(seconds):6.2f} ms, p99 {1000 * p99:6.2f}, least {1000 * min(seconds):6.2f}"


if __name__ == "__main__":
    main()
