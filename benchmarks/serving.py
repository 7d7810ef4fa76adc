"""What a running index costs: python -m benchmarks.serving INDEX

Starts the service as a user would, and measures the time to its first answer, the memory it holds (RSS),
and the latency of distinct queries from one client. Also each stage in process.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median, quantiles
from urllib.error import URLError
from urllib.parse import quote

from benchmarks.quality import processor
from papersearch.index import Index
from papersearch.query import Query

PORT = 8765
QUERIES = [
    f"{method} for {task}"
    for method in (
        "reinforcement learning",
        "graph neural networks",
        "diffusion models",
        "contrastive learning",
        "large language models",
        "Bayesian optimization",
        "knowledge distillation",
        "meta-learning",
    )
    for task in (
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
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    index = parser.parse_args().index
    print(f"{processor()}; {len(QUERIES)} distinct queries")
    command = [sys.executable, "-m", "cli", "serve", "--index", str(index), "--port", str(PORT)]
    started = time.monotonic()
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ask("first answer", patience=60)
        print(f"start to first answer: {time.monotonic() - started:.2f} s")
        print(f"memory after the first answer: {memory(service.pid):.0f} MB (RSS)")
        seconds = [timed(query) for query in QUERIES]
        p99 = quantiles(seconds, n=100)[98]
        print(f"HTTP, one client: p50 {1000 * median(seconds):.1f} ms, p99 {1000 * p99:.1f} ms")
        print(f"memory after {len(QUERIES)} queries: {memory(service.pid):.0f} MB (RSS)")
    finally:
        service.terminate()
        service.wait(30)
    opened = Index.open(index)
    opened.warm()
    laps = [opened.search(Query(query)).seconds for query in QUERIES]
    for stage in laps[0]:
        print(f"  {stage:8} p50 {1000 * median(lap[stage] for lap in laps):6.2f} ms")
    print(f"  {'all':8} p50 {1000 * median(sum(lap.values()) for lap in laps):6.2f} ms")


def ask(query: str, patience: float = 0) -> dict[str, object]:
    """The service's answer; a service that is not ready yet is asked again for `patience` seconds."""
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/v1/search?q={quote(query)}") as response:
                answer: dict[str, object] = json.load(response)
                return answer
        except URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def timed(query: str) -> float:
    """Seconds that the service takes for a query."""
    started = time.perf_counter()
    ask(query)
    return time.perf_counter() - started


def memory(process: int) -> float:
    """Resident memory of a process in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
