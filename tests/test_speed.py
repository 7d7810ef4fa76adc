"""The stages of laps, as figures."""

from benchmarks.figures import Figure
from benchmarks.speed import by_stage


def test_laps_become_percentiles_of_all_and_of_each_stage_and_failures_are_counted() -> None:
    laps = {"ours": [{"encode": 0.001, "words": 0.002}], "tutorial": [{"encode": 0.005}, {}]}
    assert list(by_stage("idle", laps)) == [
        Figure("idle: all, p50 / p95 / p99 ms", {"ours": [3.0] * 3, "tutorial": [5.0] * 3}),
        Figure("idle: encode, p50 / p95 / p99 ms", {"ours": [1.0] * 3, "tutorial": [5.0] * 3}),
        Figure("idle: words, p50 / p95 / p99 ms", {"ours": [2.0] * 3}),
        Figure("idle: queries that failed", {"ours": [0.0], "tutorial": [1.0]}),
    ]
