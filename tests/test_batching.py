"""One thread and one encoder for many callers."""

import gc
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from api import batching
from api.batching import Batching
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.graph import BATCH
from papersearch.manifest import ENCODER, read
from tests import tiny
from tests.service import PATIENCE, until

TEXTS = [" ".join(tiny.WORDS[start : start + 3]) for start in range(60)]


def vectors_of(shared: Batching, texts: Sequence[str]) -> Floats:
    return shared.begin(texts)()


class Gate:
    """An encoder of numbers as texts: waits at its gate, and notes what each batch asked for."""

    def __init__(self) -> None:
        self.open, self.entered = threading.Event(), threading.Semaphore(0)
        self.batches: list[list[str]] = []
        self.threads: set[threading.Thread] = set()

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        self.batches.append(list(texts))
        self.threads.add(threading.current_thread())
        self.entered.release()
        assert self.open.wait(PATIENCE)
        if "bad" in texts:
            raise ValueError("cannot read bad")
        return np.array([[float(text)] for text in texts], np.float32)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture(scope="module")
def encoder(tiny_index_folder: Path) -> ExportedEncoder:
    manifest = read(tiny_index_folder)
    return ExportedEncoder(manifest.folder(tiny_index_folder) / ENCODER, manifest.encoder)


def test_the_vectors_are_the_encoders_own_in_the_order_asked(encoder: ExportedEncoder) -> None:
    vectors = vectors_of(Batching(encoder), ["compiler pass", "congestion control"])
    assert vectors.shape == (2, tiny.DIMENSION)
    assert np.allclose(vectors[0], tiny.expected_vector("compiler pass"), atol=1e-5)
    assert np.allclose(vectors[1], tiny.expected_vector("congestion control"), atol=1e-5)


def test_many_threads_at_once_get_each_its_own_vector(encoder: ExportedEncoder) -> None:
    sizes: list[int] = []
    shared = Batching(encoder, sizes.append)
    start = threading.Barrier(20)

    def ask(number: int) -> Floats:
        start.wait(PATIENCE)
        return np.concatenate([vectors_of(shared, [text]) for text in TEXTS[number::20]])

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(ask, range(20)))
    for number, vectors in enumerate(found):
        expected = np.stack([tiny.expected_vector(text) for text in TEXTS[number::20]])
        assert np.allclose(vectors, expected, atol=1e-5)
    assert sum(sizes) == len(TEXTS)


def test_queries_that_wait_for_a_busy_encoder_share_the_next_batches(gate: Gate) -> None:
    sizes: list[int] = []
    shared = Batching(gate, sizes.append)
    waiting = BATCH + 4
    with ThreadPoolExecutor(1 + waiting) as threads:
        first = threads.submit(vectors_of, shared, ["0"])
        assert gate.entered.acquire(timeout=PATIENCE)  # the encoder is busy from here on
        others = [threads.submit(vectors_of, shared, [str(number)]) for number in range(1, 1 + waiting)]
        until(lambda: shared._jobs.qsize() == waiting, "all queries wait")
        gate.open.set()
        assert first.result(PATIENCE).tolist() == [[0.0]]
        assert [other.result(PATIENCE).tolist() for other in others] == [
            [[float(number)]] for number in range(1, 1 + waiting)
        ]
    until(lambda: len(sizes) == 3, "three batches")
    assert sizes == [1, BATCH, 4]
    assert [len(batch) for batch in gate.batches] == sizes


def test_the_encoder_is_called_from_one_thread_only(gate: Gate) -> None:
    gate.open.set()
    shared = Batching(gate)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: vectors_of(shared, [str(number)]), range(40)))
    assert [thread.name for thread in gate.threads] == ["encoder"]


def test_nothing_is_held_back_to_fill_a_batch(gate: Gate) -> None:
    gate.open.set()
    shared = Batching(gate)
    for number in range(3):
        vectors_of(shared, [str(number)])
    assert gate.batches == [["0"], ["1"], ["2"]]


def test_an_encoders_error_reaches_only_the_one_who_asked_and_the_thread_goes_on(gate: Gate) -> None:
    shared = Batching(gate)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(vectors_of, shared, ["7"])
        assert gate.entered.acquire(timeout=PATIENCE)
        bad, *good = [threads.submit(vectors_of, shared, [text]) for text in ("bad", "8", "9")]
        until(lambda: shared._jobs.qsize() == 3, "all three wait")
        gate.open.set()
        assert first.result(PATIENCE).tolist() == [[7.0]]
        with pytest.raises(ValueError, match="cannot read bad"):
            bad.result(PATIENCE)
        assert [other.result(PATIENCE).tolist() for other in good] == [[[8.0]], [[9.0]]]
    assert sorted(gate.batches[1]) == ["8", "9", "bad"]
    assert vectors_of(shared, ["10"]).tolist() == [[10.0]]
    with pytest.raises(ValueError, match="cannot read bad"):  # an error is not remembered as an answer
        vectors_of(shared, ["bad"])


def test_a_query_asked_again_gets_the_very_same_vector_without_the_encoder(gate: Gate) -> None:
    gate.open.set()
    shared = Batching(gate)
    first = vectors_of(shared, ["5", "6"])
    again = vectors_of(shared, ["6", "5", "5"])
    assert again.tolist() == [[6.0], [5.0], [5.0]]
    assert first.tolist() == [[5.0], [6.0]]
    assert sorted(text for batch in gate.batches for text in batch) == ["5", "6"]


def test_the_query_asked_longest_ago_is_forgotten_first(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "REMEMBERED", 2)
    gate.open.set()
    shared = Batching(gate)
    for text in ("1", "2", "1", "3", "1", "2"):  # 3 pushes 2 out: 1 has been asked for since
        vectors_of(shared, [text])
    assert gate.batches == [["1"], ["2"], ["3"], ["2"]]


def test_the_thread_ends_when_the_object_goes(gate: Gate) -> None:
    gate.open.set()
    shared = Batching(gate)
    vectors_of(shared, ["1"])
    (thread,) = gate.threads
    assert thread.is_alive()
    del shared
    gc.collect()
    thread.join(PATIENCE)
    assert not thread.is_alive()
