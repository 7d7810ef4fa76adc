"""Diversity: hits that say the same as better ones step back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.codes import Floats
from papersearch.diversity import diverse
from papersearch.ranking import Ranking, ranked


def ranking(*scores: float) -> Ranking:
    """Rows 10, 11, … with these scores, best first."""
    rows = np.arange(10, 10 + len(scores))
    return ranked(rows, np.array(scores, np.float32), keyword=False)


def vectors(*angles: float) -> Floats:
    """Unit vectors at these angles, in degrees."""
    turned = np.radians(angles)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


# 11 and 12 say what 10 says; 13 and 14 say something else.
FIVE, ANGLES = ranking(0.9, 0.8, 0.7, 0.6, 0.5), vectors(0, 0, 5, 90, 60)


@pytest.mark.parametrize(
    ("strength", "rows"),
    [
        (0.0, [10, 11, 12, 13, 14]),
        # Worth 0.9 · relevance - 0.1 · likeness: 11 has 0.575, 12 has 0.35, 13 has 0.225, 14 has -0.05.
        (0.1, [10, 11, 12, 13, 14]),
        # 0.5 · each: 11 has -0.125, 12 has -0.248, 13 has 0.125, 14 -0.25; then 14 is like 13 and last.
        (0.5, [10, 13, 11, 12, 14]),
        # Likeness alone: 13 is the least like 10; then 14, at 30° to 13, is still less so than the rest.
        (1.0, [10, 13, 14, 12, 11]),
    ],
)
def test_the_stronger_it_is_the_further_repetitions_step_back(strength: float, rows: list[int]) -> None:
    assert diverse(FIVE, ANGLES, strength).rows.tolist() == rows


def test_places_keep_their_scores_and_rows_their_parts() -> None:
    found = diverse(FIVE, ANGLES, 0.5)
    assert found.scores.tolist() == FIVE.scores.tolist()
    semantic = dict(zip(FIVE.rows.tolist(), FIVE.semantic.tolist(), strict=True))
    assert dict(zip(found.rows.tolist(), found.semantic.tolist(), strict=True)) == semantic


def test_only_the_papers_whose_vectors_are_given_change_places() -> None:
    assert diverse(FIVE, ANGLES[:3], 1.0).rows.tolist() == [10, 12, 11, 13, 14]


@pytest.mark.parametrize("scores", [(), (0.5,), (0.5, 0.5, 0.5)])
def test_rankings_without_a_difference_stay(scores: tuple[float, ...]) -> None:
    same = vectors(*[30] * len(scores)).reshape(-1, 2)
    assert diverse(ranking(*scores), same, 0.5).rows.tolist() == [10, 11, 12][: len(scores)]


def test_opposite_papers_gain_nothing_over_unrelated_ones() -> None:
    found = diverse(ranking(0.9, 0.5, 0.4), vectors(0, 90, 180), 0.9)
    assert found.rows.tolist() == [10, 11, 12]


SCORED = st.lists(st.tuples(st.floats(0, 1, width=32), st.floats(0, 360)), max_size=20)


@given(SCORED, st.floats(0, 1))
def test_the_best_hit_stays_first_and_every_hit_is_there_once(
    hits: list[tuple[float, float]], strength: float
) -> None:
    before = ranking(*sorted((score for score, _ in hits), reverse=True))
    after = diverse(before, vectors(*(angle for _, angle in hits)), strength)
    assert sorted(after.rows) == before.rows.tolist()
    assert after.rows[:1].tolist() == before.rows[:1].tolist()


@given(SCORED)
def test_no_strength_changes_nothing(hits: list[tuple[float, float]]) -> None:
    before = ranking(*sorted((score for score, _ in hits), reverse=True))
    assert diverse(before, vectors(*(angle for _, angle in hits)), 0.0).rows.tolist() == before.rows.tolist()
