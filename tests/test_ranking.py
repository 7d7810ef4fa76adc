"""Ranking: scores of meaning and of words made into one order."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.ranking import (
    FEEDBACK_WEIGHT,
    LATENT,
    SEMANTIC,
    WELL_HELD,
    Background,
    Ranking,
    fused,
    mixed,
    moved,
    ordered,
    ranked,
)
from papersearch.store import Rows

NAN = math.nan
KEYWORD = 1 - SEMANTIC


def rows(*values: int) -> Rows:
    return np.array(values, np.int64)


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def as_lists(ranking: Ranking) -> list[list[float | None]]:
    columns = (ranking.rows, ranking.scores, ranking.semantic, ranking.keyword)
    return [[None if math.isnan(value) else float(value) for value in column] for column in columns]


# Scores


def test_a_fused_score_is_the_weighted_sum_of_both_scaled_ones() -> None:
    scores = fused(floats(0.5, 0.3, 0.1), 0.1, floats(NAN, 4.0, 8.0))
    assert list(scores) == pytest.approx([SEMANTIC, SEMANTIC / 2 + KEYWORD / 2, KEYWORD], abs=1e-6)
    assert scores.dtype == np.float32


def test_a_paper_behind_all_that_were_found_by_words_has_what_is_said() -> None:
    scores = fused(floats(0.1, 0.1, 0.1), 0.1, floats(NAN, 4.0, 8.0), unfound=2.0)
    assert list(scores) == pytest.approx([KEYWORD / 4, KEYWORD / 2, KEYWORD], abs=1e-6)


@pytest.mark.parametrize("keyword", [NAN, 0.0])
def test_meaning_has_the_share_of_words_where_none_is_found(keyword: float) -> None:
    scores = fused(floats(0.25, 0.75, 0.5), 0.25, floats(keyword, keyword, keyword))
    assert list(scores) == pytest.approx([0, 1, 0.5], abs=1e-6)


def test_a_cosine_under_the_floor_counts_as_the_floor() -> None:
    nothing = floats(NAN, NAN)
    assert fused(floats(1.0, -1.0), 0.0, nothing).tolist() == fused(floats(1.0, 0.0), 0.0, nothing).tolist()


@pytest.mark.parametrize("cosine", [0.5, 0.3])
def test_cosines_that_are_all_at_the_floor_or_under_it_say_nothing(cosine: float) -> None:
    assert fused(floats(cosine, cosine), 0.5, floats(2.0, NAN)).tolist() == pytest.approx([KEYWORD, 0])


def test_nothing_found_has_no_scores() -> None:
    assert fused(floats(), 0.0, floats()).shape == (0,)


# A floor, and papers with a cosine, a BM25 score or none (NaN); many of them equal.
COSINES = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]) | st.floats(-1, 1, width=32)
WEIGHTS = st.sampled_from([NAN, NAN, 0.0, 1.0, 7.5]) | st.floats(0, 100, width=32)
CANDIDATES = st.lists(st.tuples(COSINES, WEIGHTS), max_size=30)
FLOORS = st.sampled_from([-1.0, 0.0, 0.25]) | st.floats(-1, 1)
Candidates = list[tuple[float, float]]


def columns(candidates: Candidates) -> tuple[Floats, Floats]:
    cosines, keyword = np.array(candidates, np.float32).reshape(-1, 2).T
    return cosines, keyword


@given(CANDIDATES, FLOORS)
def test_all_scores_are_between_0_and_1(candidates: Candidates, floor: float) -> None:
    cosines, keyword = columns(candidates)
    scores = fused(cosines, floor, keyword)
    assert ((scores >= 0) & (scores <= 1)).all()


@given(CANDIDATES, FLOORS, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_changes_no_score(
    candidates: Candidates, floor: float, random: np.random.RandomState
) -> None:
    cosines, keyword = columns(candidates)
    order = list(range(len(candidates)))
    random.shuffle(order)
    np.testing.assert_array_equal(
        fused(cosines[order], floor, keyword[order]), fused(cosines, floor, keyword)[order]
    )


@given(CANDIDATES, FLOORS, st.sampled_from([0.25, 2.0, 1024.0]))
def test_only_the_proportions_of_bm25_scores_count(
    candidates: Candidates, floor: float, factor: float
) -> None:
    cosines, keyword = columns(candidates)
    keyword[keyword < 0.01] = 0  # under a millionth the highest counts as one
    np.testing.assert_allclose(
        fused(cosines, floor, keyword * np.float32(factor)), fused(cosines, floor, keyword), atol=1e-6
    )


@given(CANDIDATES, FLOORS)
def test_a_paper_no_worse_in_both_has_no_lower_score(candidates: Candidates, floor: float) -> None:
    cosines, keyword = columns(candidates)
    scores, found = fused(cosines, floor, keyword), np.nan_to_num(keyword)
    for one in range(len(scores)):
        above = (cosines >= cosines[one]) & (found >= found[one])
        assert (scores[above] >= scores[one] - 1e-6).all()


@pytest.mark.parametrize(
    ("held", "share"), [(0, 0), (WELL_HELD / 2, LATENT / 2), (WELL_HELD, LATENT), (1, LATENT)]
)
def test_the_latent_space_has_a_share_as_far_as_it_holds_the_query(held: float, share: float) -> None:
    scores = mixed(floats(1.0, 0.5, 0.0), floats(-0.5, 0.5, 1.01), held)
    assert scores.tolist() == pytest.approx([1 - share, 0.5, share])
    assert scores.dtype == np.float32


def test_a_paper_turned_away_from_a_query_in_the_latent_space_is_as_one_that_has_nothing_of_it() -> None:
    assert mixed(floats(0.5, 0.5), floats(-1.0, 1e-9), 1.0).tolist() == pytest.approx(
        [0.5 * (1 - LATENT)] * 2
    )


def test_a_paper_of_which_the_latent_space_tells_nothing_keeps_its_score() -> None:
    assert mixed(floats(0.5, 0.25), floats(0.0, 0.0), 1.0).tolist() == [0.5, 0.25]


# Rankings


@given(st.lists(st.tuples(st.integers(0, 1000), COSINES), unique_by=lambda pair: pair[0]))
def test_the_order_is_by_score_and_then_by_row(pairs: list[tuple[int, float]]) -> None:
    found, scores = rows(*(row for row, _ in pairs)), floats(*(score for _, score in pairs))
    ranking = ordered(found, scores, scores + 1, scores + 2)
    keys = list(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))
    assert keys == sorted(
        ((row, float(np.float32(score))) for row, score in pairs), key=lambda k: (-k[1], k[0])
    )
    np.testing.assert_array_equal(ranking.semantic, ranking.scores + 1)
    np.testing.assert_array_equal(ranking.keyword, ranking.scores + 2)


def test_each_part_of_the_score_stays_with_its_row() -> None:
    ranking = ordered(rows(7, 3, 5), floats(0.5, 1.0, 0.5), floats(0.1, 0.2, 0.3), floats(8, NAN, 2))
    assert as_lists(ranking)[:2] == [[3, 5, 7], [1.0, 0.5, 0.5]]
    assert ranking.semantic.tolist() == floats(0.2, 0.3, 0.1).tolist()
    assert as_lists(ranking)[3] == [None, 2.0, 8.0]


def test_one_search_alone_keeps_its_own_scores() -> None:
    found, scores = rows(4, 9), floats(3.0, 5.0)
    assert as_lists(ranked(found, scores, keyword=True)) == [[9, 4], [5, 3], [None, None], [5, 3]]
    assert as_lists(ranked(found, scores, keyword=False)) == [[9, 4], [5, 3], [5, 3], [None, None]]


def test_equal_scores_come_in_the_order_of_rows() -> None:
    assert list(ranked(rows(9, 2, 4), floats(1, 1, 1), keyword=False).rows) == [2, 4, 9]


def test_rows_can_be_taken_out_of_a_ranking() -> None:
    left = ranked(rows(1, 2, 3), floats(3, 2, 1), keyword=True).without(rows(2, 8))
    assert as_lists(left) == [[1, 3], [3.0, 1.0], [None, None], [3.0, 1.0]]


def test_the_first_rows_can_be_rearranged_and_the_scores_keep_their_places() -> None:
    ranking = ordered(rows(4, 5, 6, 7), floats(4, 3, 2, 1), floats(0.5, 0.25, 0, 1), floats(8, NAN, 6, 5))
    assert as_lists(ranking.rearranged(rows(2, 0, 1))) == [
        [6, 4, 5, 7],
        [4.0, 3.0, 2.0, 1.0],
        [0.0, 0.5, 0.25, 1.0],
        [6.0, 8.0, None, 5.0],
    ]
    assert as_lists(ranking.rearranged(rows())) == as_lists(ranking)


# Feedback


def test_a_query_moves_towards_the_mean_of_the_best_papers() -> None:
    query, best = floats(1, 0, 0), np.stack([floats(0, 1, 0), floats(0, 0, 1)])
    towards = math.sqrt(0.5) * FEEDBACK_WEIGHT
    length = math.hypot(1 - FEEDBACK_WEIGHT, FEEDBACK_WEIGHT)
    expected = [(1 - FEEDBACK_WEIGHT) / length, towards / length, towards / length]
    assert moved(query, best).tolist() == pytest.approx(expected, abs=1e-6)


def test_how_near_the_best_papers_are_to_each_other_does_not_say_how_far_a_query_moves() -> None:
    query, one = floats(1, 0, 0), floats(0, 1, 0)
    spread = np.stack([floats(0, 0.6, 0.8), floats(0, 0.6, -0.8)])
    assert moved(query, spread).tolist() == pytest.approx(moved(query, one[None]).tolist(), abs=1e-6)


def test_best_papers_that_cancel_each_other_move_nothing() -> None:
    opposite = np.stack([floats(0, 1), floats(0, -1)])
    assert moved(floats(0.6, 0.8), opposite).tolist() == pytest.approx([0.6, 0.8], abs=1e-6)


# The background


@given(st.integers(0, 2**32), st.integers(1, 50), st.integers(1, 6))
def test_the_floor_is_three_deviations_under_the_mean_cosine(seed: int, count: int, dimension: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.standard_normal((count, dimension)).astype(np.float32)
    query = random.standard_normal(dimension).astype(np.float32)
    cosines = matrix @ query
    expected = float(cosines.mean() - 3 * cosines.std())
    assert Background.of(matrix).floor(query) == pytest.approx(expected, rel=1e-3, abs=1e-2)


def test_a_background_comes_back_from_its_file(tmp_path: Path) -> None:
    background = Background.of(np.eye(3, dtype=np.float32), 0.375)
    background.save(tmp_path / "background.npz")
    loaded = Background.load(tmp_path / "background.npz")
    np.testing.assert_array_equal(loaded.mean, background.mean)
    np.testing.assert_array_equal(loaded.covariance, background.covariance)
    assert loaded.cutoff == 0.375


def test_a_background_without_a_cutoff_is_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / "background.npz"
    np.savez(path, mean=np.zeros(2), covariance=np.eye(2))
    with pytest.raises(IndexUnusable, match=rf"^{path}: not readable .*cutoff.*; build the index again$"):
        Background.load(path)


@pytest.mark.parametrize("content", [None, b"", b"no arrays", b"PK\x03\x04 cut off"])
def test_a_background_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "background.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexUnusable, match=f"^{path}: not readable .*; build the index again$"):
        Background.load(path)
