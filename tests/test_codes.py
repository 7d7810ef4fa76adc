"""Vectors in one byte a dimension: what a code is worth, and how near it stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.codes import MOST, Floats, coded, decoded, products, step_of


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def test_the_largest_component_has_four_fifths_of_the_codes() -> None:
    vectors = np.stack([floats(0.1, -0.508), floats(0.3, 0.2)])
    assert step_of(vectors) == pytest.approx(1.25 * 0.508 / 127)
    assert coded(vectors, step_of(vectors)).tolist() == [[20, -102], [60, 40]]


@pytest.mark.parametrize("vectors", [np.zeros((2, 3), np.float32), np.empty((0, 3), np.float32)])
def test_vectors_that_say_nothing_have_a_step_all_the_same(vectors: Floats) -> None:
    assert step_of(vectors) == pytest.approx(1.25 / 127)


def test_codes_are_the_nearest_whole_steps_and_the_largest_are_cut() -> None:
    codes = coded(floats(0.0, 0.26, -0.24, 31.75, -31.75, 99.0, -99.0), 0.25)
    assert codes.tolist() == [0, 1, -1, 127, -127, 127, -127]
    assert codes.dtype == np.int8


def test_codes_stand_for_their_steps() -> None:
    vectors = decoded(np.array([[0, 1], [-127, 127]], np.int8), 0.25)
    assert vectors.tolist() == [[0.0, 0.25], [-31.75, 31.75]]
    assert vectors.dtype == np.float32


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(1, 40))
def test_no_component_moves_by_more_than_half_a_step(seed: int, count: int, dimension: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    step = step_of(vectors)
    assert np.abs(decoded(coded(vectors, step), step) - vectors).max() <= 0.5 * step * (1 + 1e-4)


@given(st.lists(st.integers(-MOST, MOST), max_size=20), st.floats(1e-4, 0.1))
def test_codes_read_and_written_again_are_the_same(codes: list[int], step: float) -> None:
    # So an update that takes over what is known moves nothing.
    given_ = np.array(codes, np.int8)
    assert coded(decoded(given_, step), step).tolist() == codes


# Some matrices, the same in every run: of all the random ones there are, a few come a little over it.
# What holds for all is the half step above.
@pytest.mark.parametrize("seed", range(20))
def test_cosines_of_many_dimensions_stay_within_three_thousandths(seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((50, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kept = decoded(coded(vectors, step_of(vectors)), step_of(vectors))
    assert np.abs(kept @ vectors.T - vectors @ vectors.T).max() < 0.003


def test_products_are_those_of_the_vectors_that_codes_stand_for() -> None:
    codes = np.array([[1, 2], [-3, 4]], np.int8)
    assert products(codes, floats(1.0, -0.5)).tolist() == [0.0, -5.0]


def test_products_of_very_many_codes_are_all_there() -> None:
    codes = np.arange(2 * 2500, dtype=np.int64).reshape(2500, 2)
    small = (codes % 101 - 50).astype(np.int8)
    expected = small.astype(int) @ np.array([2, -1])
    assert products(small, floats(2.0, -1.0)).tolist() == expected.tolist()
    assert products(small[:0], floats(2.0, -1.0)).shape == (0,)
