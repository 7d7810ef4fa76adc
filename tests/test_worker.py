"""A worker over an index: every stage is timed, and papers are embedded as the indexer does it."""

from pathlib import Path

import pytest

from benchmarks.processes import Worker, run_measured
from benchmarks.worker import obey, ours
from tests.conftest import PAPERS


def test_it_times_the_stages_of_an_answer_and_its_bytes(tiny_index_folder: Path) -> None:
    laps = obey(ours(tiny_index_folder), {"queries": ["congestion control", "compilers"], "threads": 2})
    assert len(laps) == 2
    assert {"read", "encode", "dense", "words", "fuse", "fetch", "snippet", "serialise"} <= laps[0].keys()


def test_it_embeds_papers(tiny_index_folder: Path) -> None:
    assert obey(ours(tiny_index_folder), {"papers": [paper.to_json() for paper in PAPERS]}) > 0


def test_in_a_process_of_its_own_it_does_what_it_is_told(tiny_index_folder: Path) -> None:
    with Worker("ours", tiny_index_folder, {}) as worker:
        assert len(worker.tell(queries=["compilers"], threads=1)) == 1
        assert len(worker.tell(queries=["a", "b"], threads=1)) == 2
        assert worker.memory() > 10


def test_a_command_that_fails_ends_the_benchmark() -> None:
    assert run_measured(["platform"])[1] > 1
    with pytest.raises(SystemExit, match="no_such_module: failed"):
        run_measured(["no_such_module"])
