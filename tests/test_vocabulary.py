"""Words and counts, packed: every one is found again, and nothing else is."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.vocabulary import Vocabulary, lines

COUNTS = {"tree": 9, "graph": 50, "adams": 0, "grape": 123_456_789, "zebra": 1}
VOCABULARY = Vocabulary(lines(COUNTS, {"adams", "tree", "nowhere"}))


def test_a_line_is_a_word_and_its_count_by_length_and_then_alphabet() -> None:
    assert lines(COUNTS, {"adams", "tree"}) == b"tree +9\nadams +0\ngrape 123456789\ngraph 50\nzebra 1\n"


@given(st.dictionaries(st.text("abcz", min_size=1, max_size=6), st.integers(0, 999_999_999)), st.data())
def test_every_word_is_found_again(counts: Mapping[str, int], data: st.DataObject) -> None:
    trusted = data.draw(st.sets(st.sampled_from(sorted(counts))) if counts else st.just(set()))
    vocabulary = Vocabulary(lines(counts, trusted))
    assert {word: vocabulary.count(word) for word in counts} == counts
    assert {word for word in counts if vocabulary.is_trusted(word)} == trusted
    begun = [vocabulary.beginning(letter, length) for length in range(1, 7) for letter in "abcz"]
    in_order = sorted(counts, key=lambda word: (len(word), word))
    assert [word.decode() for words in begun for word in words] == in_order


@pytest.mark.parametrize(
    "word", ["", "trees", "tre", "adam", "zzzzz", "aaaaa", "tréé", "gra\0h", "graph\0", "9", "+9"]
)
def test_a_word_that_is_not_there_is_not_found(word: str) -> None:
    assert VOCABULARY.count(word) is None
    assert not VOCABULARY.is_trusted(word)


def test_words_are_found_by_their_length_and_first_letter() -> None:
    assert VOCABULARY.beginning("g", 5) == [b"grape", b"graph"]
    assert VOCABULARY.beginning("g", 4) == VOCABULARY.beginning("b", 5) == VOCABULARY.beginning("g", 99) == []


@pytest.mark.parametrize(
    "written",
    [
        b"word",
        b"word\n",
        b"word \n",
        b"word +\n",
        b"word many\n",
        b" 1\n",
        b"a b 1\n",
        b"a 1\n\n",
        b"a 1234567890\n",
    ],
)
def test_what_is_no_vocabulary_is_refused(written: bytes) -> None:
    with pytest.raises(ValueError, match=r"^a (line|count) "):
        Vocabulary(written)
