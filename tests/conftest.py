"""Papers made for the tests, a tiny real encoder, and indexes of both kinds: tiny ones and the sample's."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from indexer import model, model_files
from indexer.build import build
from indexer.progress import Progress
from papersearch import words
from papersearch.index import Index
from papersearch.manifest import EncoderCard
from papersearch.paper import Paper, Session
from papersearch.store import Store, StoreWriter
from papersearch.words import Words
from tests import tiny

if TYPE_CHECKING:
    from starlette.testclient import TestClient

# How long an example takes says more about the machine than about the program.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

PAPERS = (
    Paper(
        id="passes",
        title="Ordering compiler passes with reinforcement learning",
        abstract="A policy learns the order of compiler passes. The reward is the speed of the code.",
        authors=("Grace Hopper", "Zoë Müller"),
        year=2022,
        venue="CGO",
        url="https://example.org/passes",
        keywords=("compilers",),
    ),
    Paper(
        id="tree",
        title="Tree search for code",
        abstract="Neural tree search writes the code of a program, and no compiler is needed.",
        authors=("Ryan Adams",),
        year=2021,
        venue="NeurIPS",
    ),
    Paper(
        id="congestion",
        title="Congestion control that learns",
        abstract="The sender learns from the delay of packets. It is fair to others at the bottleneck.",
        authors=("Sally Floyd", "Van Jacobson"),
        year=2022,
        venue="SIGCOMM",
        sessions=(Session("spotlight", "Sat 10:55 a.m.", "11:05 a.m."), Session("poster")),
    ),
    Paper(
        id="queues",
        title="Short queues in routers",
        abstract="Routers drop packets early, which keeps queues short.",
        authors=("Sally Floyd",),
        year=1993,
        venue="SIGCOMM",
    ),
    Paper(
        id="joins/2019",
        title="Learning join order in databases",
        abstract="An agent learns to order joins. Each query it answers is a reward for the next query.",
        authors=("Edgar Codd",),
        year=2019,
        venue="VLDB workshop",
        extra={"doi": "10.1000/example"},
    ),
    Paper(id="bare", title="A paper of which little is known", abstract="Nobody wrote down who made it."),
)


def write_papers(path: Path, papers: Sequence[Paper]) -> Path:
    """A file of papers in the native format."""
    path.write_text("".join(paper.to_json() + "\n" for paper in papers), "utf-8")
    return path


def store_and_words(folder: Path, papers: Sequence[Paper]) -> tuple[Store, Words]:
    """Both of them, open, with these papers and nothing else of an index, in a folder that is there."""
    writer = StoreWriter(folder / "papers.sqlite")
    for paper in papers:
        writer.add(paper)
    writer.finish()
    (folder / "words").mkdir()
    words.write(folder / "words", papers)
    return Store(folder / "papers.sqlite"), Words(folder / "words")


@pytest.fixture
def tiny_models() -> Iterator[None]:
    """Let the indexer export the tiny encoder, under any name, in place of a sentence-transformers model."""
    with tiny.in_place_of_models():
        yield


@pytest.fixture
def make_index(tiny_models: None, tmp_path: Path) -> Callable[..., Path]:
    """Build an index of these papers with the tiny encoder: make_index(papers, update=True, …)."""

    def make(papers: Sequence[Paper] = PAPERS, *, name: str = "index", **options: object) -> Path:
        source = write_papers(tmp_path / "papers.jsonl", papers)
        folder = tmp_path / name
        options.setdefault("model_name", "tiny")
        build([source], folder, progress=Progress(quiet=True), **options)  # type: ignore[arg-type]
        return folder

    return make


@pytest.fixture(scope="session")
def tiny_index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of PAPERS with the tiny encoder, shared: look, don't touch."""
    folder = tmp_path_factory.mktemp("tiny")
    source = write_papers(folder / "papers.jsonl", PAPERS)
    with tiny.in_place_of_models():
        build([source], folder / "index", model_name="tiny", progress=Progress(quiet=True))
    return folder / "index"


@pytest.fixture(scope="session")
def tiny_index(tiny_index_folder: Path) -> Index:
    """The tiny index, open."""
    return Index.open(tiny_index_folder)


@pytest.fixture(scope="session")
def client(tiny_index_folder: Path) -> "Iterator[TestClient]":
    """The service over the tiny index, in this process."""
    from tests.service import in_process

    with in_process(tiny_index_folder) as client:
        yield client


@pytest.fixture(scope="session")
def sample_papers() -> list[Paper]:
    """The papers that ship with the project."""
    lines = (ROOT / "data" / "sample" / "papers.jsonl").read_text("utf-8").splitlines()
    from indexer.records import to_paper
    from indexer.sources.record import Record

    papers = [to_paper(Record(json.loads(line), f"line {number}")) for number, line in enumerate(lines, 1)]
    assert all(isinstance(paper, Paper) for paper in papers)
    return papers  # type: ignore[return-value]


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny encoder: look, don't touch."""
    folder = tmp_path_factory.mktemp("tiny") / "encoder"
    tiny.write_encoder(folder)
    return folder


@pytest.fixture(scope="session")
def default_encoder(
    sample_papers: list[Paper], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, EncoderCard]:
    """The default model, exported once: look, don't touch."""
    folder = tmp_path_factory.mktemp("default") / "encoder"
    return folder, model.export(model_files.DEFAULT, folder, [paper.text for paper in sample_papers[:8]])
