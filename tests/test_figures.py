"""Percentiles, ratios, the table and the highest rate, whose values can be told by hand."""

import pytest

from benchmarks.figures import Figure, highest_rate, percentiles, table

MEMORY = Figure("memory, MB", {"ours": [200.0], "tutorial": [600.0], "passive": [500.0]})
RATE = Figure("a second", {"ours": [150.0], "tutorial": [50.0], "passive": [100.0]}, more_is_better=True)


def test_percentiles_are_measured_values_in_milliseconds() -> None:
    assert percentiles([value / 1000 for value in range(100, 0, -1)]) == [50.0, 95.0, 99.0]
    assert percentiles([0.25], [99]) == [250.0]


def test_nothing_answered_is_no_speed() -> None:
    assert percentiles([]) == []
    assert Figure("ms", {"ours": [1.0], "tutorial": []}).ratios is None
    assert Figure("a second", {"ours": [1.0], "tutorial": [0.0]}, more_is_better=True).ratios is None


def test_the_ratio_is_against_the_better_baseline() -> None:
    assert (MEMORY.ratios, RATE.ratios) == ([2.5], [1.5])
    both = Figure("ms", {"ours": [2.0, 10.0], "tutorial": [4.0, 20.0], "passive": [8.0, 15.0]})
    assert both.ratios == [2.0, 1.5]


def test_without_anything_to_compare_with_there_is_no_ratio() -> None:
    assert Figure("ms", {"ours": [2.0]}).ratios is None
    assert Figure("ms", {"tutorial": [2.0]}).ratios is None


def test_the_table_has_ratios_first_and_the_quality_beside() -> None:
    own = Figure("words, ms", {"ours": [1.234, 123.4]})
    quality = {"ours": 58.06, "tutorial": 51.7}
    assert table({"10 papers": [MEMORY, own], "size": []}, quality).splitlines() == [
        "| | times better | ours (nDCG@10 58.1) | the tutorial's (nDCG@10 51.7) "
        "| the tutorial's, OMP passive (nDCG@10 51.7) |",
        "|---|---|---|---|---|",
        "| **10 papers** | | | | |",
        "| memory, MB | 2.5 | 200 | 600 | 500 |",
        "| words, ms |  | 1.23 / 123 |  |  |",
        "| **size** | | | | |",
    ]


@pytest.mark.parametrize(
    ("limit", "found"), [(100.0, 98.7), (20.0, 19.0), (3.0, 2.8), (2.0, 2.0), (1.9, 0.0)]
)
def test_the_highest_rate_is_found_from_below(limit: float, found: float) -> None:
    tried: list[float] = []

    def holds(rate: float) -> bool:
        tried.append(rate)
        return rate <= limit

    assert highest_rate(holds, start=16) == pytest.approx(found, abs=0.05)
    assert len(tried) == len(set(tried)) <= 9
