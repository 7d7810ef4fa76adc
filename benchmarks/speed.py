"""Recall, embedding and latency in process, the tutorial's program beside ours, in turn."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.corpora import METHODS, TASKS, ZIPF_POOL, distinct_queries
from benchmarks.figures import OURS, Figure, percentiles
from benchmarks.processes import Worker
from benchmarks.tutorial import THREADS, write
from papersearch import manifest as manifests
from papersearch.encoder import ExportedEncoder
from papersearch.generation import Generation
from papersearch.paper import Paper
from papersearch.ranking import DEPTH

LAPS = 100
"""Queries of one turn in process."""
SLICE = 128
"""Papers embedded in one turn."""
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    OURS: {},
    "tutorial": {"OMP_NUM_THREADS": str(THREADS)},
    "passive": {"OMP_NUM_THREADS": str(THREADS), "OMP_WAIT_POLICY": "PASSIVE"},
}


@dataclass(slots=True)
class Corpus:
    """An index, its papers, the baseline's files of them, and the queries that are left to ask."""

    index: Path
    baseline: Path
    papers: list[Paper]
    queries: Iterator[str]
    pool: list[str]

    @classmethod
    def of(cls, index: Path, baseline: Path) -> "Corpus":
        """Give the baseline the papers of the index, and the index's own vectors in float32: making new ones
        would take longer than all the rest, and a search takes the same time in any.
        """
        parts = Generation.open(index, manifests.read(index))
        papers = list(parts.store)
        write(baseline, [paper.to_dict() for paper in papers], parts.vectors.at(np.arange(len(papers))))
        queries = distinct_queries(papers)
        return cls(index, baseline, papers, queries, list(islice(queries, ZIPF_POOL)))

    def folder(self, name: str) -> Path:
        """Where this system finds its files."""
        return self.index if name == OURS else self.baseline

    def take(self, count: int) -> list[str]:
        """Queries that nobody has been asked yet."""
        return list(islice(self.queries, count))


def recall(corpus: Corpus) -> Iterator[Figure]:
    """The share of each query's ten nearest papers that are in the first ten of dense search."""
    parts = Generation.open(corpus.index, manifests.read(corpus.index))
    encoder = ExportedEncoder(parts.home / manifests.ENCODER, parts.manifest.encoder)
    matrix = parts.vectors.at(np.arange(len(corpus.papers)))
    # Short runs of words are near to nothing in particular, and harder than what people ask.
    questions = corpus.pool[: len(METHODS) * len(TASKS)]
    for what, queries in (("questions", questions), ("runs of words", corpus.take(200))):
        vectors, shares = encoder.encode_queries(queries), []
        for vector, cosines in zip(vectors, vectors @ matrix.T, strict=True):
            exact = np.argsort(-cosines, kind="stable")[:10]
            found = parts.vectors.search(vector, DEPTH)[0][:10]
            shares.append(len(np.intersect1d(exact, found)) / len(exact))
        values = {OURS: [float(np.mean(shares))], "tutorial": [1.0]}
        yield Figure(f"recall@10 of dense search, {what}", values, True)


def in_process(corpus: Corpus, rounds: int) -> Iterator[Figure]:
    """Latency by stage from one thread and from four at once."""
    with ExitStack() as stack:
        workers = start_workers(stack, corpus, ENVIRONMENTS)
        for threads, load in ((1, "idle"), (4, "4 threads")):
            laps: dict[str, list[dict[str, float]]] = {name: [] for name in workers}
            for _ in range(rounds):
                queries = corpus.take(LAPS)
                for name, worker in workers.items():
                    laps[name] += worker.tell(queries=queries, threads=threads)
            yield from by_stage(f"in process, {load}", laps)


def by_stage(title: str, laps: Mapping[str, Sequence[Mapping[str, float]]]) -> Iterator[Figure]:
    """Percentiles over laps, of all stages together and of each; a lap without stages is a failure."""
    good = {name: [lap for lap in each if lap] for name, each in laps.items()}
    totals = {name: percentiles([sum(lap.values()) for lap in each]) for name, each in good.items()}
    yield Figure(f"{title}: all, p50 / p95 / p99 ms", totals)
    for stage in dict.fromkeys(stage for each in good.values() for lap in each for stage in lap):
        found = {name: [lap[stage] for lap in each if stage in lap] for name, each in good.items()}
        values = {name: percentiles(seconds) for name, seconds in found.items() if seconds}
        yield Figure(f"{title}: {stage}, p50 / p95 / p99 ms", values)
    failed = {name: [float(len(laps[name]) - len(each))] for name, each in good.items()}
    if any(count[0] for count in failed.values()):
        yield Figure(f"{title}: queries that failed", failed)


def embedding(corpus: Corpus, rounds: int) -> Figure:
    """Papers a second, embedding alone; a first slice that warms up is not counted."""
    papers = [paper.to_json() for paper in corpus.papers[: SLICE * (2 * rounds + 1)]]
    with ExitStack() as stack:
        workers = start_workers(stack, corpus, [OURS, "tutorial"])
        rates: dict[str, list[float]] = {name: [] for name in workers}
        for start in range(0, len(papers), SLICE):
            part = papers[start : start + SLICE]
            for name, worker in workers.items():
                rates[name].append(len(part) / worker.tell(papers=part))
    medians = {name: [float(np.median(each[1:] or each))] for name, each in rates.items()}
    return Figure("embedding alone, papers a second", medians, True)


def start_workers(stack: ExitStack, corpus: Corpus, names: Iterable[str]) -> dict[str, Worker]:
    """A worker for each system, until the stack is left; all of them have been loaded."""
    workers = {
        name: stack.enter_context(Worker(name, corpus.folder(name), ENVIRONMENTS[name])) for name in names
    }
    for worker in workers.values():  # or the first would be measured while the others load
        worker.tell(queries=[], threads=1)
    return workers
