"""One system in a process of its own, told line by line what to do: python -m benchmarks.worker NAME FOLDER

A line {"queries": […], "threads": n} is answered by the seconds of each stage of each query, none where it
failed; a line {"papers": […]} by the seconds that embedding them took. So two systems can be asked in turn.
"""

import gc
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from benchmarks.figures import OURS
from papersearch.stages import Stages


class System(Protocol):
    """What a worker can do."""

    def ask(self, query: str) -> dict[str, float]:
        """Answer a query, up to the bytes that would be sent; the seconds of each stage."""

    def embed(self, papers: Sequence[str]) -> float:
        """The seconds that embedding these papers takes, each a line of JSON."""


def ours(folder: Path) -> System:
    """Papersearch over an index folder, its encoder shared by threads as in the service."""
    from api.answers import json_of
    from indexer.checkpoint import Checkpoint
    from indexer.embed import embed as embedded
    from indexer.embed import embedders
    from papersearch import manifest as manifests
    from papersearch.encoder import ExportedEncoder
    from papersearch.index import Index
    from papersearch.paper import Paper
    from papersearch.query import Query
    from papersearch.store import Store, StoreWriter

    index = Index.open(folder)
    index.warm()
    index.read_ahead()
    gc.collect()
    gc.freeze()  # as the service does (api/live.py)

    class Ours:
        def ask(self, query: str) -> dict[str, float]:
            asked = Query(query)
            answer = index.search(asked)
            stages = Stages()
            json_of(answer)
            stages.done("serialise")
            return {**answer.seconds, **stages.seconds}

        @cached_property
        def encoders(self) -> list[ExportedEncoder]:
            return embedders(index.manifest.folder(folder) / manifests.ENCODER, index.manifest.encoder)

        def embed(self, papers: Sequence[str]) -> float:
            encoders = self.encoders
            with tempfile.TemporaryDirectory() as temporary:
                home = Path(temporary)
                path = home / manifests.PAPERS
                (home / manifests.ENCODER).symlink_to(
                    (index.manifest.folder(folder) / manifests.ENCODER).absolute()
                )
                writer = StoreWriter(path)
                for paper in papers:
                    writer.add(Paper.from_json(paper))
                writer.finish()
                kept = Checkpoint(home, encoders[0].card, len(papers))
                started = time.perf_counter()
                list(embedded(Store(path), encoders, home, [], kept))
                return time.perf_counter() - started

    return Ours()


def tutorial(folder: Path) -> System:
    """The baseline over a folder of its own."""
    from benchmarks.tutorial import Tutorial, encode, load_model, text_of

    program = Tutorial(folder, load_model())
    program.search("warm", Stages())

    class Baseline:
        def ask(self, query: str) -> dict[str, float]:
            stages = Stages()
            json.dumps(program.search(query, stages))
            stages.done("serialise")
            return stages.seconds

        def embed(self, papers: Sequence[str]) -> float:
            texts = [text_of(json.loads(paper)) for paper in papers]
            started = time.perf_counter()
            encode(program.model, texts)
            return time.perf_counter() - started

    return Baseline()


def obey(system: System, order: Mapping[str, Any]) -> Any:
    """Do what one line says."""
    if "papers" in order:
        return system.embed(order["papers"])

    def ask(query: str) -> dict[str, float]:
        try:
            return system.ask(query)
        except RuntimeError:  # a tokenizer that two threads want at once says "Already borrowed"
            return {}

    with ThreadPoolExecutor(order["threads"]) as threads:
        return list(threads.map(ask, order["queries"]))


def main() -> None:
    """Obey until standard input ends."""
    name, folder = sys.argv[1:]
    system = ours(Path(folder)) if name == OURS else tutorial(Path(folder))
    for line in sys.stdin:
        print(json.dumps(obey(system, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
