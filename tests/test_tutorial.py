"""The baseline of the benchmarks answers as well as it can: a slow wrong one would prove nothing."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchmarks.tutorial import Tutorial, create_app, encode, load_model, text_of, write
from benchmarks.worker import obey, tutorial
from papersearch.stages import Stages
from tests.conftest import PAPERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tutorial")
    papers = [paper.to_dict() for paper in PAPERS[:3]]
    write(folder, papers, encode(load_model(), [text_of(paper) for paper in papers]))
    return folder


def test_it_finds_the_nearest_paper(folder: Path) -> None:
    stages = Stages()
    answer = Tutorial(folder, load_model()).search("fair network congestion", stages)
    assert answer["hits"][0]["paper"] == PAPERS[2].to_dict()
    scores = [hit["score"] for hit in answer["hits"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert list(stages.seconds) == ["encode", "dense", "fetch"]


def test_it_serves_what_it_finds(folder: Path) -> None:
    program = Tutorial(folder, load_model())
    with TestClient(create_app(program)) as client:
        assert client.get("/search", params={"q": "compilers"}).json() == program.search(
            "compilers", Stages()
        )


def test_a_worker_asks_it_and_embeds_with_it(folder: Path) -> None:
    system = tutorial(folder)
    laps = obey(system, {"queries": ["a", "b"], "threads": 2})
    assert [list(lap) for lap in laps] == [["encode", "dense", "fetch", "serialise"]] * 2
    assert obey(system, {"papers": [PAPERS[0].to_json()]}) > 0
