"""What the benchmarks search in and for: papers, and any number of distinct queries made of their words."""

import gzip
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from papersearch.paper import Paper
from papersearch.text import sentences

SEED = 2026
ZIPF_POOL = 1_000
"""Queries of the Zipf mix: the one at place n is asked 1/n as often as the first."""
METHODS = (
    "reinforcement learning",
    "graph neural networks",
    "diffusion models",
    "contrastive learning",
    "large language models",
    "Bayesian optimization",
    "knowledge distillation",
    "meta-learning",
)
TASKS = (
    "compilers",
    "molecule design",
    "speech recognition",
    "robot control",
    "recommendation",
    "theorem proving",
    "medical images",
    "time series",
    "code generation",
    "traffic forecasting",
    "question answering",
    "protein folding",
)


def write_first(source: Path, papers: int, target: Path) -> Path:
    """Write the first `papers` lines of a gzipped JSON-lines file to `target`, unpacked."""
    with gzip.open(source, "rt", encoding="utf-8") as lines, target.open("w", encoding="utf-8") as file:
        file.writelines(islice(lines, papers))
    return target


def distinct_queries(papers: Sequence[Paper], seed: int = SEED) -> Iterator[str]:
    """Queries of two to eight words, none twice, always the same ones for the same papers and seed.

    First every method for every task, in random order; then runs of words from titles and sentences.
    They end where a thousand draws in a row bring nothing new.
    """
    chance = random.Random(seed)
    products = [f"{method} for {task}" for method in METHODS for task in TASKS]
    yield from chance.sample(products, len(products))
    seen = set(products)
    failures = 0
    while failures < 1_000:
        paper = chance.choice(papers)
        words = chance.choice([paper.title, *sentences(paper.abstract)]).split()
        length = chance.randint(2, 8)
        start = chance.randrange(max(1, len(words) - length + 1))
        query = " ".join(words[start : start + length]).strip(".,;:!?()[]\"'")
        failures += 1
        if len(query) > 8 and query not in seen:
            failures = 0
            seen.add(query)
            yield query


def zipf_mix(queries: Sequence[str], count: int, seed: int = SEED) -> list[str]:
    """`count` queries drawn with repeats, the one at place n with a chance in proportion to 1/n."""
    weights = [1 / place for place in range(1, len(queries) + 1)]
    return random.Random(seed).choices(queries, weights, k=count)
