"""Quality on judged collections, mode by mode and beside the baseline: python -m benchmarks.quality FOLDER

FOLDER holds one collection in the BEIR layout per sub-folder. Every collection is indexed anew with the
default configuration, so the figures are those of the program as it is.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from indexer.build import build
from indexer.evaluate import measured, read_qrels, read_queries
from indexer.progress import Progress
from papersearch import __version__
from papersearch.index import Index
from papersearch.query import Mode

Qualities = Mapping[str, Mapping[str, float]]
"""nDCG@10, from 0 to 100, by collection, by what was searched with."""


def main() -> None:
    """Evaluate every collection, print a table, and write JSON beside it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    folders = collections(arguments.folder)
    if not folders:
        raise SystemExit(f"{arguments.folder}: no collections there (sub-folders with a qrels.tsv)")
    print(describe_machine())
    qualities = {folder.name: quality(folder) for folder in folders}
    print(table(qualities))
    if arguments.json:
        results = {"machine": describe_machine(), "nDCG@10": qualities}
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


def collections(folder: Path) -> list[Path]:
    """The collections in a folder."""
    return sorted(path.parent for path in folder.glob("*/qrels.tsv"))


def quality(folder: Path, precision: bool = True) -> dict[str, float]:
    """nDCG@10 of each mode on one collection, and of plain dense search."""
    from benchmarks.dense import dense_ndcg  # it needs torch

    progress = Progress()
    qrels = read_qrels(folder / "qrels.tsv")
    queries = [query for query in read_queries(folder / "queries.jsonl") if query.id in qrels]
    with tempfile.TemporaryDirectory() as temporary:
        build([next(folder.glob("corpus.jsonl*"))], Path(temporary), format="jsonl", progress=progress)
        index = Index.open(Path(temporary))
        found: dict[str, float] = {
            mode: measured(index, queries, qrels, mode, progress)["nDCG@10"] for mode in get_args(Mode)
        }
        found |= dense_ndcg(Path(temporary), queries, qrels, precision)
    return {name: 100 * value for name, value in found.items()}


def mean(qualities: Qualities, name: str) -> float:
    """The mean over the collections."""
    return sum(each[name] for each in qualities.values()) / len(qualities)


def table(qualities: Qualities) -> str:
    """nDCG@10 as a Markdown table: a column a collection, the mean last."""
    lines = ["| nDCG@10 | " + " | ".join(qualities) + " | mean |", "|---" * (len(qualities) + 2) + "|"]
    for name in next(iter(qualities.values())):
        values = [*(each[name] for each in qualities.values()), mean(qualities, name)]
        lines.append(f"| {name} | " + " | ".join(f"{value:.1f}" for value in values) + " |")
    return "\n".join(lines)


def describe_machine() -> str:
    """What a benchmark ran on, in a line."""
    facts = {
        "papersearch": __version__,
        "python": platform.python_version(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
    }
    return " · ".join(f"{name} {value}" for name, value in facts.items())


def processor() -> str:
    """The processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
