"""Words in tantivy: BM25, names, beginnings; and that no text can break it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch import words
from papersearch.errors import IndexUnusable
from papersearch.paper import Paper
from papersearch.words import Words, write
from tests.conftest import PAPERS

HOSTILE = st.text() | st.text('"(*:~^[]{}+-!/\\ANDOR NOT title:a\0\u0301ﬁß李', max_size=30)


def written(folder: Path, papers: Sequence[Paper]) -> Words:
    folder.mkdir()
    words.write(folder, papers)
    return Words(folder)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Words:
    return written(tmp_path_factory.mktemp("words") / "words", PAPERS)


def found(index: Words, text: str, among: list[int] | None = None) -> list[str]:
    rows, _ = index.search(text, 10, None if among is None else np.array(among, np.int64))
    return [PAPERS[row].id for row in rows]


def beginning(index: Words, field: str, text: str) -> set[str]:
    return {PAPERS[row].id for row in index.beginning(field, text, 10)}


def test_every_paper_is_counted(index: Words) -> None:
    assert len(index) == 6


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("packets", ["congestion", "queues"]),
        ("COMPILER", ["passes", "tree"]),
        ("compiling", ["passes", "tree"]),
        ("zyzzyva", []),
        ("the of and", []),
        ("Zoe", ["passes"]),
        ("Edgar Codd", ["joins/2019"]),
        ("Codd Edgar", ["joins/2019"]),
    ],
)
def test_a_query_finds_the_papers_that_hold_its_words(index: Words, text: str, ids: list[str]) -> None:
    assert found(index, text) == ids


def test_keywords_are_searched(tmp_path: Path) -> None:
    index = written(tmp_path / "words", [replace(PAPERS[5], keywords=("bibliometrics",))])
    assert list(index.search("bibliometrics", 10)[0]) == [0]


def test_the_score_is_bm25(tmp_path: Path) -> None:
    texts = ["kites kites sea", "kites sail", "boats sail fast", "boats"]
    index = written(tmp_path / "words", [Paper(str(row), "", text) for row, text in enumerate(texts)])
    rows, scores = index.search("kites", 10)
    rarity = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    mean_length = 9 / 4
    expected = [
        rarity * 2.2 * count / (count + 1.2 * (0.25 + 0.75 * length / mean_length))
        for count, length in ((2, 3), (1, 2))
    ]
    assert list(rows) == [0, 1]
    assert list(scores) == pytest.approx(expected, rel=1e-4)


def test_equal_scores_come_in_the_order_of_rows(tmp_path: Path) -> None:
    index = written(tmp_path / "words", [Paper(str(row), "Kites", "fly") for row in range(5)])
    assert list(index.search("kites", 10)[0]) == [0, 1, 2, 3, 4]


def test_a_search_gives_no_more_than_its_limit(index: Words) -> None:
    assert [PAPERS[row].id for row in index.search("packets", 1)[0]] == ["congestion"]


def test_a_search_among_rows_finds_what_stands_there(index: Words) -> None:
    assert found(index, "packets", [3, 4, 5]) == ["queues"]


def test_better_papers_elsewhere_do_not_starve_a_search_among_rows(index: Words) -> None:
    rows, _ = index.search("packets", 1, np.array([3], np.int64))
    assert [PAPERS[row].id for row in rows] == ["queues"]


def test_a_search_among_no_rows_finds_nothing(index: Words) -> None:
    assert found(index, "packets", []) == []


@given(
    st.lists(st.sampled_from(["compiler", "order", "learn", "queue", "packet", "nobody"])),
    st.sets(st.integers(0, 5)),
    st.integers(1, 10),
)
def test_a_search_among_rows_is_the_whole_search_without_the_others(
    index: Words, query: list[str], among: set[int], limit: int
) -> None:
    rows, scores = index.search(" ".join(query), 10)
    kept = [(row, score) for row, score in zip(rows, scores, strict=True) if row in among]
    some = index.search(" ".join(query), limit, np.array(sorted(among), np.int64))
    assert list(zip(*some, strict=True)) == kept[:limit]


@pytest.mark.parametrize(
    ("field", "typed", "ids"),
    [
        ("title", "con", {"congestion"}),
        ("title", "learning j", {"joins/2019"}),
        ("title", "j learning", set()),
        ("title", "in", {"queues", "joins/2019"}),
        ("author", "sal", {"congestion", "queues"}),
        ("author", "Mü", {"passes"}),
        ("author", "mull", {"passes"}),
        ("venue", "sig", {"congestion", "queues"}),
        ("venue", "zzz", set()),
        ("title", "", set()),
        ("title", '"(', set()),
    ],
)
def test_the_last_word_typed_is_a_beginning(index: Words, field: str, typed: str, ids: set[str]) -> None:
    assert beginning(index, field, typed) == ids


@given(HOSTILE)
def test_any_text_may_be_searched_for(index: Words, text: str) -> None:
    rows, scores = index.search(text, 10)
    assert len(set(rows)) == len(rows) == len(scores)
    assert sorted(scores, reverse=True) == list(scores)


@given(HOSTILE, st.sampled_from(["title", "author", "venue"]))
def test_any_text_may_be_typed(index: Words, text: str, field: str) -> None:
    assert set(index.beginning(field, text, 10)) <= set(range(6))


def test_a_query_of_a_thousand_different_words_is_answered(index: Words) -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    assert found(index, f"packets packets {text}") == ["congestion", "queues"]


def test_a_megabyte_of_one_word_is_indexed_and_found(tmp_path: Path) -> None:
    index = written(tmp_path / "words", [Paper("1", "Kites", "x" * 1_000_000), PAPERS[0]])
    assert list(index.search("kites", 10)[0]) == [0]


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage"])
def test_a_folder_that_holds_no_words_is_named(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "words"
    if damage != "missing":
        written(folder, PAPERS)
        (folder / "meta.json").write_bytes(b"" if damage == "empty" else b"{]")
    with pytest.raises(IndexUnusable, match=f"^{folder}: no readable word index .*; build the index again$"):
        Words(folder)


def test_a_beginning_finds_a_word_behind_many_others(tmp_path: Path) -> None:
    titles = [*(f"coa{number:03}" for number in range(200)), "Congestion control"]
    papers = [Paper(str(number), title, "An abstract.") for number, title in enumerate(titles)]
    (tmp_path / "words").mkdir()
    write(tmp_path / "words", papers)
    assert 200 in Words(tmp_path / "words").beginning("title", "co", 300)


def test_opening_writes_nothing_into_the_folder(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    write(tmp_path / "words", [Paper("a", "A title", "An abstract.")])
    for path in (tmp_path / "words").glob(".*.lock"):
        path.unlink()
    before = sorted(path.name for path in (tmp_path / "words").iterdir())
    assert len(Words(tmp_path / "words").search("title", 5)[0]) == 1
    assert sorted(path.name for path in (tmp_path / "words").iterdir()) == before


@pytest.mark.parametrize(
    ("text", "exact", "title_only", "expected"),
    [
        ("packets", False, False, ["congestion", "queues"]),
        ("packet", True, False, []),
        ("Packets", True, False, ["congestion", "queues"]),
        ("the", False, False, ["passes", "tree", "congestion", "joins/2019"]),
        ("learns", False, True, ["passes", "congestion", "joins/2019"]),
        ("learns", True, True, ["congestion"]),
        ("tree search", False, False, ["tree"]),
        ("search tree", False, False, []),
    ],
)
def test_all_papers_that_hold_a_word_or_a_phrase(
    index: Words, text: str, exact: bool, title_only: bool, expected: list[str]
) -> None:
    rows = index.holding(text, exact=exact, title_only=title_only)
    assert rows is not None
    assert [PAPERS[row].id for row in rows] == expected


def test_a_text_without_words_restricts_nothing(index: Words) -> None:
    assert index.holding("?!", exact=True) is None


def test_what_cannot_be_written_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written"):
        words.write(tmp_path / "nowhere" / "words", PAPERS)
