"""The table of what each part of the ranking gives: scores by query, and which differences are no chance."""

import numpy as np
import pytest

from benchmarks.ingredients import VARIATIONS, Variation, by_query, cell, changed


def test_every_query_has_its_score_in_the_order_of_ids() -> None:
    qrels = {"b": {"x": 1}, "a": {"x": 1, "y": 1}, "none": {"x": 1}, "not asked": {"x": 1}}
    run = {"b": {"z": 1.0, "x": 0.5}, "a": {"y": 1.0, "x": 0.5}, "none": {}}
    assert by_query(qrels, run).tolist() == pytest.approx([100, 100 / np.log2(3), 0])


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([0.0] * 20, "50.0"),
        ([2.0] * 10 + [0.0] * 10, "51.0*"),
        ([-2.0] * 10 + [0.0] * 10, "49.0*"),
        ([20.0] + [0.0] * 19, "51.0"),  # one query alone makes it: chance
    ],
)
def test_a_star_marks_what_is_no_chance(differences: list[float], expected: str) -> None:
    default = np.array([0.0, 100.0] * 10)
    assert cell(default + differences, default) == expected


@pytest.mark.parametrize("variation", VARIATIONS, ids=lambda variation: str(variation.name))
def test_what_a_variation_changes_is_there_to_be_changed(variation: Variation) -> None:
    with changed(variation):  # a name that is gone raises AttributeError
        pass
