"""The index that is served: loaded, replaced, kept when its successor is broken."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.live import Live, NotReady
from api.metrics import Metrics
from papersearch import manifest as manifests
from papersearch.index import Index
from papersearch.paper import Paper
from papersearch.query import Query
from tests.conftest import PAPERS
from tests.service import PATIENCE, until

NEW = Paper("caches", "Caches that learn", "A policy learns what to keep in memory.")


class Told:
    """What a Live told the one who started it."""

    def __init__(self) -> None:
        self.ready: list[int] = []
        self.failed: list[str] = []


@pytest.fixture
def start() -> Iterator[Callable[[Path], tuple[Live, Metrics, Told]]]:
    started: list[Live] = []

    def start(folder: Path) -> tuple[Live, Metrics, Told]:
        told = Told()
        live = Live(folder, told.ready.append, told.failed.append)
        started.append(live)
        live.start()
        live.start()  # once is enough
        return live, live.metrics, told

    yield start
    for live in started:
        live.stop()


def line(metrics: Metrics, beginning: str) -> str:
    """The value of one line of the metrics."""
    return next(
        text.rpartition(" ")[2] for text in metrics.text().decode().splitlines() if text.startswith(beginning)
    )


def test_there_is_no_index_before_the_first_load(tiny_index_folder: Path) -> None:
    with pytest.raises(NotReady, match="the index is being loaded; try again in a second"):
        _ = Live(tiny_index_folder).index


def test_ready_is_told_once_the_encoder_has_answered(
    tiny_index_folder: Path, start: Callable[[Path], tuple[Live, Metrics, Told]]
) -> None:
    live, metrics, told = start(tiny_index_folder)
    until(lambda: told.ready, "ready")
    assert told.ready == [6]
    assert told.failed == []
    assert len(live.index) == 6
    assert line(metrics, "papersearch_index_papers") == "6.0"


def test_a_missing_index_is_told_with_its_reason_and_found_when_it_comes(
    make_index: Callable[..., Path], tmp_path: Path, start: Callable[[Path], tuple[Live, Metrics, Told]]
) -> None:
    live, _, told = start(tmp_path / "index")
    until(lambda: told.failed, "the failure is told")
    assert "no index here" in told.failed[0]
    with pytest.raises(NotReady, match="no index here"):
        _ = live.index
    make_index()
    live.look()
    until(lambda: told.ready, "ready")
    assert len(live.index) == 6
    assert len(told.failed) == 1


def test_a_new_generation_replaces_the_old_one_which_goes_on_for_those_who_hold_it(
    make_index: Callable[..., Path], start: Callable[[Path], tuple[Live, Metrics, Told]]
) -> None:
    folder = make_index()
    live, metrics, told = start(folder)
    until(lambda: told.ready, "ready")
    old = live.index
    make_index([*PAPERS, NEW], update=True)
    live.look()
    until(lambda: live.index is not old, "the switch")
    assert len(live.index) == 7
    assert live.index.paper("caches").title == "Caches that learn"
    assert [hit.paper.id for hit in old.search(Query("congestion control", limit=1)).hits] == ["congestion"]
    assert len(old) == 6
    assert line(metrics, "papersearch_index_papers") == "7.0"
    generation = manifests.read(folder).generation
    assert f'papersearch_index_info{{generation="{generation}",model="tiny"}} 1.0' in metrics.text().decode()
    assert told.ready == [6]


def test_the_threads_of_a_replaced_index_end(
    make_index: Callable[..., Path], start: Callable[[Path], tuple[Live, Metrics, Told]]
) -> None:
    def beside() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name.startswith("beside")}

    before = beside()
    make_index()
    live, _, told = start(make_index())
    until(lambda: told.ready, "ready")
    (old,) = beside() - before
    make_index([*PAPERS, NEW])
    live.look()
    until(lambda: len(live.index) == 7, "the switch")
    old.join(PATIENCE)
    assert not old.is_alive()


def test_a_broken_new_generation_leaves_the_old_one_served_and_is_reported_once(
    make_index: Callable[..., Path],
    start: Callable[[Path], tuple[Live, Metrics, Told]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = make_index()
    live, metrics, told = start(folder)
    until(lambda: told.ready, "ready")
    whole = (folder / "manifest.json").read_text("utf-8")
    with caplog.at_level(logging.ERROR, "papersearch"):
        (folder / "manifest.json").write_text("{", "utf-8")
        for _ in range(3):
            live.look()
            until(lambda: not live._wake.is_set(), "the look")
        until(lambda: caplog.records, "the report")
        (folder / "manifest.json").write_text(json.dumps({**json.loads(whole), "format": 99}), "utf-8")
        live.look()
        until(lambda: len(caplog.records) == 2, "the second report")
    assert "not readable" in caplog.messages[0]
    assert "format 99, this program reads format 3" in caplog.messages[1]
    assert line(metrics, "papersearch_reload_failures_total") == "2.0"
    assert len(live.index) == 6
    assert told.failed == []


def test_stopping_ends_the_watch(tiny_index_folder: Path) -> None:
    before = set(threading.enumerate())
    told = Told()
    live = Live(tiny_index_folder, told.ready.append, told.failed.append)
    live.start()
    until(lambda: told.ready, "ready")
    (watch,) = (
        thread
        for thread in set(threading.enumerate()) - before
        if thread.name == "reload" and thread.is_alive()
    )
    live.stop()
    watch.join(PATIENCE)
    assert not watch.is_alive()


def test_a_generation_that_was_incomplete_is_served_once_it_is_whole(
    make_index: Callable[..., Path], start: Callable[[Path], tuple[Live, Metrics, Told]]
) -> None:
    folder = make_index()
    vectors = manifests.read(folder).folder(folder) / manifests.VECTORS
    whole = vectors.read_bytes()
    vectors.write_bytes(whole[:100])
    live, _, told = start(folder)
    until(lambda: bool(told.failed), "the incomplete generation is refused")
    vectors.write_bytes(whole)
    live.look()
    until(lambda: told.ready == [len(PAPERS)], "the whole one is served")


def test_stopping_waits_for_what_is_being_done(
    tiny_index_folder: Path,
    start: Callable[[Path], tuple[Live, Metrics, Told]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, done = threading.Event(), threading.Event()

    def read_ahead(self: Index) -> None:
        begun.set()
        assert done.wait(PATIENCE)

    monkeypatch.setattr(Index, "read_ahead", read_ahead)
    live, _, _ = start(tiny_index_folder)
    assert begun.wait(PATIENCE)
    stopping = threading.Thread(target=live.stop)
    stopping.start()
    stopping.join(0.2)
    assert stopping.is_alive()
    done.set()
    stopping.join(PATIENCE)
    assert not stopping.is_alive()
