"""The latent space: learnt from a corpus, written, opened, and what it tells of queries and papers."""

from collections.abc import Callable
from math import log
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import latent
from indexer.latent import Space
from indexer.progress import Progress
from papersearch.errors import IndexUnusable
from papersearch.latent import DIRECTIONS, NOWHERE, PAPERS, SPACE, WORDS, LatentSpace
from papersearch.paper import Paper
from papersearch.store import Store, StoreWriter

# Two fields; "car" and "automobile" are never in one text, but in the company of the same words.
CARS = ["car wheel road", "car engine road", "automobile wheel engine", "automobile road engine"]
BIRDS = ["wing nest egg", "nest feather egg", "wing feather song", "song egg feather"]
CORPUS = [text for _ in range(3) for text in CARS + BIRDS]
AUTOMOBILES = [place for place, text in enumerate(CORPUS) if "automobile" in text]
OF_CARS = [place for place, text in enumerate(CORPUS) if text in CARS]

# A space given by hand: two words, each along a direction of its own, and two papers.
BY_HAND = LatentSpace(
    ["robot", "vision"],
    np.array([1.0, 2.0], np.float32),
    np.array([[1.0, 0.0], [0.0, 0.5]], np.float32),
    np.array([[100, 0], [60, 80]], np.int8),
    rarest=3.0,
    step=0.01,
)


def store(folder: Path, texts: list[str]) -> Store:
    writer = StoreWriter(folder / "papers.sqlite")
    for row, text in enumerate(texts):
        writer.add(Paper(f"p{row}", text, ""))
    writer.finish()
    return Store(folder / "papers.sqlite")


def written(folder: Path, texts: list[str] = CORPUS) -> Path:
    papers = store(folder, texts)
    latent.write(folder / "latent", papers, Progress(quiet=True))
    papers.close()
    return folder / "latent"


# Learning


def test_words_that_keep_the_same_company_lie_together() -> None:
    vectors = Space(CORPUS).projected(["car", "automobile", "wing"])
    assert vectors.shape == (3, len(CORPUS) // latent.PAPERS_EACH)
    assert vectors[0] @ vectors[1] > 0.99
    assert abs(vectors[0] @ vectors[2]) < 0.01
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_words_tell_by_how_few_papers_have_them_and_need_two() -> None:
    space = Space([*CORPUS, "unheard wheels"])
    assert space.words == sorted(
        {"car", "wheel", "road", "engin", "automobil", "wing", "nest", "egg", "feather", "song"}
    )
    weights = dict(zip(space.words, space.weights.tolist(), strict=True))
    assert weights["car"] == pytest.approx(log(25 / 6))
    assert weights["wheel"] == pytest.approx(log(25 / 7))


def test_a_word_said_twice_counts_1_and_a_logarithm() -> None:
    space = Space(CORPUS)
    car, wing = (space.words.index(word) for word in ("car", "wing"))
    place = (1 + log(2)) * space.weights[car] * space.directions[car] + (
        space.weights[wing] * space.directions[wing]
    )
    expected = place / np.linalg.norm(place)
    np.testing.assert_allclose(space.projected(["wing car car"])[0], expected, rtol=1e-4)


def test_there_are_no_more_dimensions_and_words_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent, "DIMENSIONS", 1)
    monkeypatch.setattr(latent, "MOST_WORDS", 5)
    assert Space(CORPUS).directions.shape == (5, 1)
    monkeypatch.setattr(latent, "DIMENSIONS", 100)
    assert Space(CORPUS * 10).directions.shape == (5, 5)  # nor more than words


def test_the_same_texts_give_the_same_space() -> None:
    one, other = Space(CORPUS), Space(iter(CORPUS))
    np.testing.assert_array_equal(one.directions, other.directions)
    assert one.words == other.words


def test_a_text_of_unknown_words_lies_nowhere() -> None:
    assert Space(CORPUS).projected(["", "quasar"]).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        CORPUS[:9],
        [f"word{n}" for n in range(30)],
        ["the of and"] * 30,
        ["流形 学习"[n % 5] for n in range(30)],
    ],
    ids=["none", "few", "no word in common", "no words", "single letters"],
)
def test_texts_that_have_little_in_common_or_are_few_give_what_space_they_can(texts: list[str]) -> None:
    space = Space(texts)
    assert len(space.words) == len(space.weights) == len(space.directions)
    assert space.projected(["car", "流"]).shape == (2, space.directions.shape[1])
    assert np.isfinite(space.projected(texts or [""])).all()


# Written and opened


def test_papers_of_a_field_are_near_to_its_words_even_if_they_have_others(tmp_path: Path) -> None:
    space = LatentSpace.open(written(tmp_path))
    assert len(space) == len(CORPUS)
    asked = space.projection("car")
    near = np.argsort(-space.cosines(np.arange(len(CORPUS)), asked), kind="stable")
    assert sorted(near[: len(OF_CARS)].tolist()) == OF_CARS
    cosines = space.cosines(np.array(AUTOMOBILES), asked)
    np.testing.assert_allclose(cosines, 1, atol=0.02)


def test_a_large_corpus_is_learnt_from_a_part_and_placed_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latent, "LEARNT_ON", 24)
    monkeypatch.setattr(latent, "_TOGETHER", 7)
    texts = [text for text in CORPUS for _ in range(2)]  # every other one is what the space is learnt from
    space = LatentSpace.open(written(tmp_path, texts))
    np.testing.assert_array_equal(np.load(tmp_path / "latent" / DIRECTIONS), Space(CORPUS).directions)
    assert np.load(tmp_path / "latent" / SPACE)["rarest"] == pytest.approx(log(24))
    assert len(space) == 48
    asked = space.projection("feather")
    expected = Space(CORPUS).projected(texts) @ asked.vector
    np.testing.assert_allclose(space.cosines(np.arange(48), asked), expected, atol=0.02)


def test_a_corpus_too_small_has_a_space_that_tells_nothing(tmp_path: Path) -> None:
    space = LatentSpace.open(written(tmp_path, CORPUS[:5]))
    assert (len(space), space.projection("car")) == (5, NOWHERE)
    assert space.cosines(np.arange(5), NOWHERE).tolist() == [0] * 5


@pytest.mark.parametrize("name", [WORDS, SPACE, DIRECTIONS, PAPERS])
@pytest.mark.parametrize(
    "damage",
    [Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"PK\x03\x04 x\n")],
    ids=["gone", "empty", "another"],
)
def test_a_damaged_folder_is_refused(tmp_path: Path, name: str, damage: Callable[[Path], object]) -> None:
    folder = written(tmp_path)
    damage(folder / name)
    with pytest.raises(IndexUnusable, match="build the index again"):
        LatentSpace.open(folder)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        (PAPERS, np.zeros((24, 3), np.int8)),
        (PAPERS, np.zeros((24, 2), np.int16)),
        (PAPERS, np.zeros(24, np.int8)),
        (DIRECTIONS, np.zeros((10, 2))),
        (DIRECTIONS, np.zeros((9, 2), np.float32)),
    ],
)
def test_the_parts_of_another_space_are_refused(tmp_path: Path, name: str, other: np.ndarray) -> None:
    folder = written(tmp_path)
    np.save(folder / name, other)
    with pytest.raises(IndexUnusable, match="do not belong together"):
        LatentSpace.open(folder)


# Queries


def test_a_query_lies_where_its_words_do_as_far_as_the_space_holds_them() -> None:
    robot = BY_HAND.projection("robots")
    assert (robot.vector.tolist(), robot.held) == ([1, 0], 1)
    vision = BY_HAND.projection("vision")
    assert (vision.vector.tolist(), vision.held) == ([0, 1], 0.25)
    both = BY_HAND.projection("robot vision")  # (1, 2 × 0.5), of a length of √(1² + 2²) in all
    assert both.vector.tolist() == pytest.approx([0.5**0.5, 0.5**0.5])
    assert both.held == pytest.approx(2 / 5)


def test_a_word_said_twice_counts_more_and_an_unknown_one_takes_from_what_is_held() -> None:
    twice = BY_HAND.projection("vision robot vision")
    length = 2 * (1 + log(2))
    assert twice.held == pytest.approx((1 + (length / 2) ** 2) / (1 + length**2))
    assert BY_HAND.projection("robot quasar").held == pytest.approx(1 / (1 + 3**2))
    assert BY_HAND.projection("robot quasar quasar").held == pytest.approx(1 / (1 + (3 * (1 + log(2))) ** 2))


@pytest.mark.parametrize("text", ["", "the", "quasar", "..."])
def test_of_a_query_without_known_words_the_space_tells_nothing(text: str) -> None:
    assert BY_HAND.projection(text) is NOWHERE


@pytest.mark.parametrize(("weight", "direction"), [(0.0, 1.0), (1.0, 0.0), (1.0, float("nan"))])
def test_of_a_word_that_tells_nothing_or_is_damaged_the_space_tells_nothing(
    weight: float, direction: float
) -> None:
    weights, directions = np.array([weight], np.float32), np.array([[direction]], np.float32)
    space = LatentSpace(["robot"], weights, directions, np.ones((1, 1), np.int8), rarest=1.0, step=1.0)
    assert space.projection("robot") is NOWHERE


def test_cosines_are_those_of_the_papers_codes() -> None:
    rows = np.array([1, 0, 1])
    assert BY_HAND.cosines(rows, BY_HAND.projection("robot")).tolist() == pytest.approx([0.6, 1, 0.6])
    assert BY_HAND.cosines(rows, BY_HAND.projection("vision")).tolist() == pytest.approx([0.8, 0, 0.8])


def test_a_space_of_no_dimensions_tells_nothing() -> None:
    none = LatentSpace.none(3)
    assert (len(none), none.projection("robot")) == (3, NOWHERE)
    assert none.cosines(np.array([2, 0]), NOWHERE).tolist() == [0, 0]


@given(st.lists(st.sampled_from(["car", "road", "nest", "song", "quasar", "the"]), max_size=12), st.randoms())
def test_held_is_a_share_and_the_order_of_words_is_nothing_to_it(words: list[str], random: Random) -> None:
    space = Space(CORPUS)
    opened = LatentSpace(
        space.words, space.weights, space.directions, np.zeros((0, 2), np.int8), rarest=log(24), step=1.0
    )
    found = opened.projection(" ".join(words))
    assert 0 <= found.held <= 1
    random.shuffle(words)
    assert opened.projection(" ".join(words)).held == pytest.approx(found.held)
