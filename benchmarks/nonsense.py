"""How well "no good match" is told: python -m benchmarks.nonsense INDEX [FOLDER]

Asks an index the queries of benchmarks/off_topic.txt, which it should say nothing here answers; and, where
FOLDER holds the judged collection that the index was built from, its queries: of those whose first hit is
relevant, how many the statement would have turned away.
"""

import argparse
from pathlib import Path

from benchmarks.quality import describe_machine
from indexer.evaluate import read_qrels, read_queries
from papersearch.index import Index
from papersearch.query import MOST_CHARACTERS, Query

OFF_TOPIC = Path(__file__).with_name("off_topic.txt")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    arguments = parser.parse_args()
    print(describe_machine())
    index = Index.open(arguments.index)
    lines = OFF_TOPIC.read_text("utf-8").splitlines()
    queries = [line for line in lines if line and not line.startswith("#")]
    passed = [query for query in queries if index.search(Query(query, limit=1)).good_match]
    told = len(queries) - len(passed)
    print(f"{arguments.index}: {len(index)} papers")
    print(f"off-topic queries told so: {told} of {len(queries)} ({100 * told / len(queries):.1f} %)")
    print(f"the others: {'; '.join(passed) or 'none'}")
    if arguments.folder is not None:
        relevant, lost = turned_away(index, arguments.folder)
        print(f"relevant first hits turned away: {lost} of {relevant} ({100 * lost / relevant:.1f} %)")


def turned_away(index: Index, folder: Path) -> tuple[int, int]:
    """How many judged queries have a relevant first hit, and how many of these are told to have no match."""
    qrels = read_qrels(folder / "qrels.tsv")
    relevant = lost = 0
    for query in read_queries(folder / "queries.jsonl"):
        answer = index.search(Query(query.text[:MOST_CHARACTERS], limit=2))
        found = [str(hit.paper.extra.get("source_id", hit.paper.id)) for hit in answer.hits]
        first = next(paper for paper in found if paper != query.own_paper)
        if qrels.get(query.id, {}).get(first, 0) > 0:
            relevant += 1
            lost += not answer.good_match
    return relevant, lost


if __name__ == "__main__":
    main()
