"""The whole benchmark, one table and one JSON: python -m benchmarks [--json FILE]

Ours beside what a person would write after the tutorial: the same papers, model, queries and threads, in
turn. Without options: quality, installation, indexing, and speed over the sample and over the first papers
of the corpus.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from benchmarks.corpora import write_first
from benchmarks.dense import SAME_IN_OURS, TUTORIAL
from benchmarks.figures import OURS, Figure, row, table
from benchmarks.install import SERVING, installed_size
from benchmarks.processes import run_measured
from benchmarks.quality import collections, describe_machine, mean, quality
from benchmarks.quality import table as quality_table
from benchmarks.serving import over_http
from benchmarks.speed import Corpus, embedding, in_process, recall
from papersearch import manifest as manifests

PARTS = ("quality", "precision", "install", "sample")
SHARED = Path("../shared/data")
BASELINE_PAPERS = 500
"""The most papers that the baseline indexes to show its rate and its peak of memory."""


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--collections", type=Path, default=SHARED / "collections", help="judged collections")
    parser.add_argument(
        "--corpus", type=Path, default=SHARED / "papers-100k.jsonl.gz", help="papers, gzipped"
    )
    parser.add_argument("--papers", type=int, default=2_000, help="how many of them to index; 0: none")
    parser.add_argument("--index", type=Path, action="append", default=[], help="an index that is there")
    parser.add_argument("--sample", type=Path, default=Path("data/sample/papers.jsonl"))
    parser.add_argument("--skip", nargs="*", default=[], choices=PARTS)
    parser.add_argument("--rounds", type=int, default=2, help="turns of each system")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one load")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    return parser.parse_args()


def installation() -> Figure:
    """The size of an environment for serving."""
    sizes = {name: installed_size(requirements) for name, requirements in SERVING.items()}
    return Figure("installed for serving, MB", {name: [size] for name, size in sizes.items() if size})


def indexing(corpus: Path, papers: int, scratch: Path, rounds: int) -> tuple[Corpus, list[Figure]]:
    """Build an index of the first papers, and say what that took."""
    source = write_first(corpus, papers, scratch / "papers.jsonl")
    count = min(papers, BASELINE_PAPERS)
    few = write_first(corpus, count, scratch / "few.jsonl")
    index = scratch / "index"
    seconds, peak = run_measured(["cli", "index", source, "--index", index, "--quiet"])
    own_seconds, own_peak = run_measured(["benchmarks.tutorial", "index", few, scratch / "few"])
    rates = {OURS: [papers / seconds], "tutorial": [count / own_seconds]}
    built = Corpus.of(index, scratch / "baseline")
    return built, [
        Figure(f"indexing, everything ({papers} and {count} papers), papers a second", rates, True),
        Figure("peak memory of indexing, MB", {OURS: [peak], "tutorial": [own_peak]}),
        embedding(built, rounds),
    ]


def sections(asked: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Iterable[Figure]]]:
    """The parts of the table, as they are measured."""
    turns = asked.rounds, asked.seconds
    if "install" not in asked.skip:
        yield "installation", [installation()]
    if "sample" not in asked.skip:
        index = scratch / "sample"
        run_measured(["cli", "index", asked.sample, "--index", index, "--quiet"])
        yield title(index, "the sample"), measure(Corpus.of(index, scratch / "sample-baseline"), *turns)
    if asked.papers and asked.corpus.exists():
        corpus, figures = indexing(asked.corpus, asked.papers, scratch, asked.rounds)
        yield title(corpus.index, "the corpus"), chain(figures, measure(corpus, *turns))
    for place, index in enumerate(asked.index):
        corpus = Corpus.of(index, scratch / f"baseline{place}")
        yield title(index, str(index)), measure(corpus, *turns)


def measure(corpus: Corpus, rounds: int, seconds: float) -> Iterator[Figure]:
    """Everything that is measured over an index that is there."""
    yield from recall(corpus)
    yield from in_process(corpus, rounds)
    yield from over_http(corpus, rounds, seconds)


def title(index: Path, of: str) -> str:
    """How many papers an index has, and of what."""
    return f"{manifests.read(index).papers:,} papers of {of}"


def qualities(asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    """nDCG@10 by collection, by what was searched with; nothing where there are no collections."""
    folders = [] if "quality" in asked.skip else collections(asked.collections)
    return {folder.name: quality(folder, "precision" not in asked.skip) for folder in folders}


def main() -> None:
    """Measure, print, write."""
    asked, began = arguments(), time.monotonic()
    print(describe_machine(), flush=True)
    beside: dict[str, float] = {}
    measured: dict[str, list[Figure]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, figures in sections(asked, Path(temporary)):
            measured[name] = []
            for figure in figures:
                print(row(figure), file=sys.stderr, flush=True)
                measured[name].append(figure)
    found = qualities(asked)
    if found:
        beside = {OURS: mean(found, "hybrid"), "tutorial": mean(found, TUTORIAL)}
        whole = {name: [value] for name, value in beside.items()}
        measured["quality"] = [Figure("nDCG@10, the mean over the collections", whole, True)]
        if "precision" not in asked.skip:
            same = {OURS: [mean(found, SAME_IN_OURS)], "tutorial": whole["tutorial"]}
            measured["quality"].append(
                Figure("nDCG@10 of one dense search: in bytes, in float32", same, True)
            )
        print(quality_table(found), end="\n\n")
    print(table(measured, beside), end="\n\n")
    print("\n".join(left_out(asked, bool(found))))
    print(f"measured in {(time.monotonic() - began) / 60:.0f} minutes")
    if asked.json:
        each = {name: [figure.to_dict() for figure in figures] for name, figures in measured.items()}
        results = {"machine": describe_machine(), "nDCG@10": found, "figures": each}
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


def left_out(asked: argparse.Namespace, has_quality: bool) -> Iterator[str]:
    """What this run does not say."""
    if not has_quality:
        yield f"Left out: quality (no collections in {asked.collections}, or told to skip it)."
    for part, what in (
        ("precision", "what int8 costs dense search (`make quality` says it)"),
        ("install", "the size of an installation"),
        ("sample", "speed over the sample"),
    ):
        if part in asked.skip:
            yield f"Left out: {what}."
    if not (asked.papers and asked.corpus.exists()):
        yield f"Left out: indexing, and speed over real papers (no {asked.corpus}, or --papers 0)."
    if not asked.index:
        yield "Left out: large indexes; give one that is there with --index FOLDER."


if __name__ == "__main__":
    main()
