"""Where the time of an answer goes."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from papersearch.stages import Stages


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that says these times, one at each look at it."""
    times: Iterator[float] = iter([10.0, 12.0, 12.5, 15.5])
    monkeypatch.setattr("papersearch.stages.time", SimpleNamespace(perf_counter=lambda: next(times)))


def test_nothing_was_done_before_the_first_stage() -> None:
    assert Stages().seconds == {}


def test_each_stage_has_the_time_since_the_one_before() -> None:
    stages = Stages()
    stages.done("encode")
    stages.done("words")
    assert stages.seconds == {"encode": 2.0, "words": 0.5}


def test_a_stage_in_two_parts_has_the_time_of_both() -> None:
    stages = Stages()
    for stage in ("encode", "words", "encode"):
        stages.done(stage)
    assert stages.seconds == {"encode": 5.0, "words": 0.5}
    assert list(stages.seconds) == ["encode", "words"]  # in the order of their first time
