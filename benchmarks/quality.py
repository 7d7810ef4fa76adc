"""Quality on judged collections, mode by mode: python -m benchmarks.quality FOLDER [--json FILE]

FOLDER holds one collection in the BEIR layout per sub-folder. Every collection is indexed anew with the
default configuration, so the figures are those of the program as it is.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

from indexer.evaluate import Evaluation, evaluate
from indexer.progress import Progress
from papersearch import __version__


def main() -> None:
    """Evaluate every collection, print a table, and write JSON beside it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.folder.glob("*/qrels.tsv"))
    if not folders:
        raise SystemExit(f"{arguments.folder}: no collections there (sub-folders with a qrels.tsv)")
    print(describe_machine())
    evaluations = []
    for folder in folders:
        started = time.monotonic()
        evaluations.append(evaluate(folder, progress=Progress()))
        print(f"  {folder.name} done in {time.monotonic() - started:.0f} s", flush=True)
    print(table(evaluations))
    if arguments.json:
        results = {"machine": describe_machine(), "collections": [each.to_dict() for each in evaluations]}
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


def table(evaluations: list[Evaluation]) -> str:
    """nDCG@10 as a Markdown table: a row a mode, a column a collection, the mean last."""
    names = [each.collection for each in evaluations]
    lines = ["| nDCG@10 | " + " | ".join(names) + " | mean |", "|---" * (len(names) + 2) + "|"]
    for mode in evaluations[0].modes:
        values = [100 * each.modes[mode]["nDCG@10"] for each in evaluations]
        cells = [f"{value:.1f}" for value in [*values, sum(values) / len(values)]]
        lines.append(f"| {mode} | " + " | ".join(cells) + " |")
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
