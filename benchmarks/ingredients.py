"""What each part of the ranking gives: python -m benchmarks.ingredients FOLDER

FOLDER holds one collection in the BEIR layout per sub-folder. Every row is the whole program with one thing
changed, indexed anew where the change is in the index: so the first row minus another is what that thing
gives, beside all the others. A star marks what differs from the first row with p < 0.05 (paired t-test over
the queries, two-sided, for each cell by itself). A train split (qrels_train.tsv) is a column of its own.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import ir_measures
import numpy as np
from ir_measures import nDCG
from numpy.typing import NDArray
from scipy.stats import ttest_rel

from benchmarks.quality import describe_machine
from indexer.build import build
from indexer.evaluate import JudgedQuery, Run, answered, read_qrels, read_queries
from indexer.progress import Progress
from papersearch.acronyms import Acronyms
from papersearch.analysis import stems
from papersearch.index import Index
from papersearch.query import Mode


@dataclass(frozen=True, slots=True)
class Variation:
    """One thing changed: names in the program and the values that they get instead of their own.

    Those of the same `vectors` share an index's vectors; the words and the rest are made anew.
    """

    name: str
    changes: Mapping[str, object] = field(default_factory=dict)
    mode: Mode = "hybrid"
    vectors: str = "default"


SEMANTIC = "papersearch.ranking.SEMANTIC"
NO_FEEDBACK = {"papersearch.ranking.FEEDBACK_WEIGHT": 0.0}
NO_TITLES = {"papersearch.words.TITLE_COUNTS": 1}
NO_OPENING = {"papersearch.encoder.OPENING_WEIGHT": 0.0}
NO_LATENT = {"papersearch.ranking.LATENT": 0.0}
NO_ACRONYMS = {"papersearch.acronyms.Acronyms.of": lambda texts: Acronyms({})}
OWN_WEIGHTS = {
    "papersearch.wording.Wording._forms": lambda wording, concept: [
        Counter(stems(form)) for form in (concept.short, concept.long)
    ]
}
NO_WINDOWS = {"papersearch.encoder.MOST_WINDOWS": 1}
VARIATIONS = [
    Variation("the default"),
    Variation("without the latent space", NO_LATENT),
    Variation("a latent space of 200 dimensions", {"indexer.latent.DIMENSIONS": 200}),
    Variation("twice its share", {"papersearch.ranking.LATENT": 0.3}),
    Variation("without feedback from the best three", NO_FEEDBACK),
    Variation("a title counted once in BM25", NO_TITLES),
    Variation("without acronyms", NO_ACRONYMS),
    Variation("an acronym's forms with the weights of their own words", OWN_WEIGHTS),
    Variation("more weight on meaning (0.75)", {SEMANTIC: 0.75}),
    Variation("more weight on words (0.45)", {SEMANTIC: 0.55}),
    Variation("BM25 alone", mode="keyword"),
    Variation("dense alone", mode="semantic"),
    Variation("no openings in the vectors", NO_OPENING, vectors="no openings"),
    Variation("texts cut at the model's length", NO_WINDOWS, vectors="cut"),
    Variation(
        "a plain weighted sum, none of the above",
        {**NO_LATENT, **NO_FEEDBACK, **NO_TITLES, **NO_ACRONYMS, **NO_OPENING, **NO_WINDOWS},
        vectors="plain",
    ),
    Variation("plain BM25", {**NO_TITLES, **NO_ACRONYMS}, mode="keyword"),
    Variation("plain dense", {**NO_OPENING, **NO_WINDOWS}, mode="semantic", vectors="plain"),
]

Judgements = Mapping[str, Mapping[str, int]]
Scores = NDArray[np.float64]
SIGNIFICANT = 0.05


@contextmanager
def changed(variation: Variation) -> Iterator[None]:
    """The program with this variation's changes, inside the block."""
    with ExitStack() as stack:
        for name, value in variation.changes.items():
            stack.enter_context(patch(name, value))
        yield


def splits(folder: Path) -> Iterator[tuple[str, list[JudgedQuery], Judgements]]:
    """The judged queries of a collection, and of its train split where it has one."""
    for suffix in ("", "_train"):
        if (folder / f"qrels{suffix}.tsv").exists():
            qrels = read_qrels(folder / f"qrels{suffix}.tsv")
            queries = read_queries(folder / f"queries{suffix}.jsonl")
            yield folder.name + suffix, [query for query in queries if query.id in qrels], qrels


def scores(folder: Path, variation: Variation, index: Path) -> dict[str, Scores]:
    """nDCG@10 of each split of a collection. The index that is there already lends its vectors."""
    quiet = Progress(quiet=True)
    corpus = next(folder.glob("corpus.jsonl*"))
    with changed(variation):
        build([corpus], index, format="jsonl", update=True, progress=quiet)
        opened = Index.open(index)
        return {
            name: by_query(qrels, answered(opened, queries, variation.mode, quiet))
            for name, queries, qrels in splits(folder)
        }


def by_query(qrels: Judgements, run: Run) -> Scores:
    """nDCG@10 in percent of every query of a run, in the order of their ids."""
    judged = {query: dict(qrels[query]) for query in run}
    found = {each.query_id: each.value for each in ir_measures.iter_calc([nDCG @ 10], judged, run)}
    return 100 * np.array([found[query] for query in sorted(run)])


def cell(scores: Scores, default: Scores) -> str:
    """A mean, and a star where it differs significantly from the default's."""
    differs = (scores != default).any() and ttest_rel(scores, default).pvalue < SIGNIFICANT
    return f"{scores.mean():.1f}{'*' if differs else ''}"


def main() -> None:
    """Measure every variation on every collection, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folders = sorted(path.parent for path in parser.parse_args().folder.glob("*/qrels.tsv"))
    print(describe_machine())
    columns = [name for folder in folders for name, _, _ in splits(folder)]
    print("| nDCG@10 | " + " | ".join(columns) + " | mean without train |")
    print("|---" * (len(columns) + 2) + "|")
    default: dict[str, Scores] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for variation in VARIATIONS:
            found: dict[str, Scores] = {}
            for folder in folders:
                found |= scores(folder, variation, Path(temporary) / variation.vectors / folder.name)
            default = default or found
            cells = [cell(found[name], default[name]) for name in columns]
            tests = [float(found[name].mean()) for name in columns if not name.endswith("_train")]
            print(f"| {variation.name} | {' | '.join(cells)} | {sum(tests) / len(tests):.1f} |", flush=True)


if __name__ == "__main__":
    main()
