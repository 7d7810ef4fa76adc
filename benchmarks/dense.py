"""Plain dense search over a judged collection: the baseline's, and the same in int8."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from unittest.mock import patch

import ir_measures
import numpy as np
from ir_measures import nDCG

from benchmarks.tutorial import encode, load_model
from indexer.evaluate import JudgedQuery
from papersearch import manifest as manifests
from papersearch.codes import Floats, coded, decoded, step_of
from papersearch.encoder import ExportedEncoder
from papersearch.generation import Generation
from papersearch.paper import Paper
from papersearch.query import MOST_CHARACTERS

Encode = Callable[[Sequence[str]], Floats]
TUTORIAL, SAME_IN_OURS = "the tutorial's: dense, float32", "the same with our encoder and bytes"


def dense_ndcg(
    index: Path,
    queries: Sequence[JudgedQuery],
    qrels: Mapping[str, Mapping[str, int]],
    precision: bool = True,
) -> dict[str, float]:
    """nDCG@10 of exact dense search over an index's papers: with the float32 vectors of torch, and, to know
    what precision costs, the same search over the same texts with the index's encoder and a byte a dimension.
    """
    parts = Generation.open(index, manifests.read(index))
    papers = list(parts.store)
    exported = ExportedEncoder(parts.home / manifests.ENCODER, parts.manifest.encoder)
    model = load_model()

    def in_bytes(texts: Sequence[str]) -> Floats:
        vectors = exported.encode_documents(texts)
        step = step_of(vectors)
        return decoded(coded(vectors, step), step)

    found = {TUTORIAL: _ndcg(papers, queries, qrels, lambda texts: encode(model, texts))}
    if not precision:
        return found
    with patch("papersearch.encoder.MOST_WINDOWS", 1):  # torch cuts a long text off as well
        found[SAME_IN_OURS] = _ndcg(papers, queries, qrels, in_bytes)
    return found


def _ndcg(
    papers: Sequence[Paper],
    queries: Sequence[JudgedQuery],
    qrels: Mapping[str, Mapping[str, int]],
    encode_all: Encode,
) -> float:
    names = [str(paper.extra.get("source_id", paper.id)) for paper in papers]
    cosines = (
        encode_all([query.text[:MOST_CHARACTERS] for query in queries])
        @ encode_all([paper.text for paper in papers]).T
    )
    run = {}
    for query, line in zip(queries, cosines, strict=True):
        nearest = [names[row] for row in np.argsort(-line, kind="stable")[:11]]
        others = [name for name in nearest if name != query.own_paper][:10]
        run[query.id] = {name: 1 / (place + 1) for place, name in enumerate(others)}
    judged = {query.id: dict(qrels[query.id]) for query in queries}
    return float(ir_measures.calc_aggregate([nDCG @ 10], judged, run)[nDCG @ 10])
