"""Quality on judged collections: nDCG@10, recall@100 and MRR@10 of each mode, by ir-measures.

A collection is a folder in the BEIR layout: corpus.jsonl[.gz], queries.jsonl, and qrels/test.tsv or, flat,
qrels.tsv. A query that names its own paper (`paper_id`, as CSFCube's do) asks for others: its own paper is
left out of the answer.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

import ir_measures
from ir_measures import RR, R, nDCG

from indexer.build import build
from indexer.progress import Progress
from papersearch.errors import SourceUnusable
from papersearch.index import Index
from papersearch.query import MOST_CHARACTERS, MOST_HITS, Mode, Query

MEASURES = (nDCG @ 10, R @ 100, RR @ 10)

Run = dict[str, dict[str, float]]
"""A score by paper id, by query id."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured, and the mean of each measure over all judged queries, by mode."""

    collection: str
    papers: int
    queries: int
    model: str
    precision: str
    reranker: str | None
    modes: Mapping[str, Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """The evaluation as JSON-ready data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query of a collection, and the paper that it is itself, if it is one."""

    id: str
    text: str
    own_paper: str | None


def evaluate(
    folder: Path, *, progress: Progress, model_name: str | None = None, reranker_name: str | None = None
) -> Evaluation:
    """Index the collection in `folder` with the default configuration and measure every mode.

    Raises SourceUnusable if a file of it is missing or cannot be read.
    """
    corpus = _first(folder, "corpus.jsonl.gz", "corpus.jsonl")
    judgements = _first(folder, "qrels.tsv", "qrels/test.tsv")
    qrels = read_qrels(judgements)
    queries = [query for query in read_queries(folder / "queries.jsonl") if query.id in qrels]
    if not queries:
        raise SourceUnusable(f"{folder}: no query of queries.jsonl is judged in {judgements.name}")
    with tempfile.TemporaryDirectory() as temporary:
        index_folder = Path(temporary)
        build(
            [corpus],
            index_folder,
            format="jsonl",
            model_name=model_name,
            reranker_name=reranker_name,
            progress=progress,
        )
        index = Index.open(index_folder)
        modes = {mode: measured(index, queries, qrels, mode, progress) for mode in get_args(Mode)}
    card, reranker = index.manifest.encoder, index.manifest.reranker
    name = reranker.model if reranker else None
    return Evaluation(folder.name, len(index), len(queries), card.model, card.precision, name, modes)


def read_queries(path: Path) -> list[JudgedQuery]:
    """The queries of a queries.jsonl file. Raises SourceUnusable, naming the line."""
    return [_query(path, number, line) for number, line in _lines(path) if line.strip()]


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """The judgements of a qrels.tsv file: grade by paper id, by query id. Raises SourceUnusable."""
    qrels: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        cells = line.rstrip("\n").split("\t")
        if number == 1 and cells[:1] == ["query-id"]:
            continue
        try:
            query, paper, grade = cells
            qrels.setdefault(query, {})[paper] = int(grade)
        except ValueError as error:
            raise SourceUnusable(
                f"{path} line {number}: not query-id, corpus-id and score between tabs"
            ) from error
    return qrels


def table(evaluation: Evaluation) -> str:
    """The evaluation as text, a line a mode."""
    head = (
        f"{evaluation.collection}: {evaluation.papers} papers, {evaluation.queries} queries, "
        f"{evaluation.model} ({evaluation.precision})"
    ) + (f", reranked by {evaluation.reranker}" if evaluation.reranker else "")
    names = [str(measure) for measure in MEASURES]
    lines = [
        f"{mode:10}" + "".join(f"{100 * values[name]:10.1f}" for name in names)
        for mode, values in evaluation.modes.items()
    ]
    return "\n".join([head, f"{'':10}" + "".join(f"{name:>10}" for name in names), *lines])


def measured(
    index: Index,
    queries: list[JudgedQuery],
    qrels: Mapping[str, Mapping[str, int]],
    mode: Mode,
    progress: Progress,
) -> dict[str, float]:
    """The mean of each measure over these queries, by its name."""
    judged = {query.id: dict(qrels[query.id]) for query in queries}
    values = ir_measures.calc_aggregate(MEASURES, judged, answered(index, queries, mode, progress))
    return {str(measure): float(values[measure]) for measure in MEASURES}


def answered(index: Index, queries: list[JudgedQuery], mode: Mode, progress: Progress) -> Run:
    """What the index answers to each query, as ir-measures takes it."""
    run: Run = {}
    with progress.bar(f"Querying ({mode})", len(queries)) as bar:
        for query in bar.count(queries):
            asked = Query(query.text[:MOST_CHARACTERS], limit=MOST_HITS, mode=mode)
            hits = [*index.search(asked).hits]
            if query.own_paper is not None:  # one more, as the query's own paper is taken out
                hits += index.search(replace(asked, limit=1, offset=MOST_HITS)).hits
            # The collection's own ids, also where ours had to differ.
            found = (str(hit.paper.extra.get("source_id", hit.paper.id)) for hit in hits)
            others = [paper for paper in found if paper != query.own_paper][:MOST_HITS]
            # By rank, not by score: ties must not be broken by the order of ids.
            run[query.id] = {paper: 1 / (place + 1) for place, paper in enumerate(others)}
    return run


def _first(folder: Path, *names: str) -> Path:
    """The first of these files that is there. Raises SourceUnusable."""
    found = next((path for path in (folder / name for name in names) if path.exists()), None)
    if found is None:
        raise SourceUnusable(f"{folder}: no {' or '.join(sorted(names))}; a collection has the BEIR layout")
    return found


def _query(path: Path, number: int, line: str) -> JudgedQuery:
    try:
        fields = json.loads(line)
        own = fields.get("paper_id")
        return JudgedQuery(str(fields["_id"]), str(fields["text"]), None if own is None else str(own))
    except (ValueError, KeyError, AttributeError) as error:
        raise SourceUnusable(f"{path} line {number}: not a JSON object with _id and text") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from enumerate(file, 1)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnusable(f"{path}: cannot be read ({error}); a collection has the BEIR layout") from error
