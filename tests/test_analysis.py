"""How text is split into words and stems."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from papersearch.analysis import (
    ANALYZERS,
    TOO_LONG,
    comparable,
    exact_words,
    marks,
    spelled,
    stem_spans,
    stems,
)
from papersearch.text import plain

HOSTILE = st.text() | st.text('"(*:~^[]{}+-!/\\ANDOR NOT title:a\0\u0301ﬁß李', max_size=30)
ASCII = st.text(st.characters(max_codepoint=127), max_size=100)


def test_stems_are_lower_case_without_accents_endings_and_stop_words() -> None:
    assert stems("The Étude of Compilers’ learning") == ["etud", "compil", "learn"]


def test_exact_words_keep_their_endings_and_stop_words() -> None:
    assert exact_words("The Étude of Compilers’ learning") == ["the", "etude", "of", "compilers", "learning"]


def test_stems_come_with_the_characters_that_they_come_from() -> None:
    assert stem_spans("Zoë is learning") == [("zoe", 0, 3), ("learn", 7, 15)]
    assert stem_spans("Zoe is learning") == [("zoe", 0, 3), ("learn", 7, 15)]


@pytest.mark.parametrize(
    ("greek", "named"),
    [
        ("TNF-α", "TNF-alpha"),
        ("αvβ8 Ω µ ϵ ς", "alphavbeta8 omega mu epsilon sigma"),
        ("λ-calculus", "lambda-calculus"),
        ("Παπαδόπουλος Δημητρης", "Παπαδόπουλος Δημητρης"),
    ],
)
def test_a_greek_letter_is_its_name_and_a_greek_word_is_itself(greek: str, named: str) -> None:
    assert spelled(greek) == named
    assert exact_words(greek) == exact_words(named)
    assert [stem for stem, _, _ in stem_spans(greek)] == stems(greek) == stems(named)


@pytest.mark.parametrize("letter", ["x", "ø"])
def test_a_word_that_is_too_long_is_none(letter: str) -> None:
    longest = (TOO_LONG - 1) // len(letter.encode())
    assert len(stems(f"{letter * longest} short")) == 2
    assert stems(f"{letter * (longest + 1)} short") == ["short"]
    assert stems(letter * 1_000_000) == []


@pytest.mark.parametrize("text", ["GPUs", "mRNAs", "CNNs", "GPUs\xa0à"])
def test_plurals_that_the_stemmer_does_not_know_are_singular(text: str) -> None:
    one = text.replace("s", "").lower().replace("\xa0à", "")
    assert stems(text)[0] == stem_spans(text)[0][0] == one
    assert marks(text, {one}) == [(0, len(one) + 1)]
    assert exact_words(text)[0] == f"{one}s"


@pytest.mark.parametrize("text", ["GPS", "As", "Us", "loss", "TLSs2", "1990s"])
def test_what_only_ends_like_one_is_left_alone(text: str) -> None:
    assert comparable(text) == text


@given(ASCII)
@example("can't stop-the_words 3D x2")
def test_plain_letters_are_split_as_the_word_index_splits_them(text: str) -> None:
    assert stems(text) == ANALYZERS["stems"].analyze(comparable(text))
    tokens = ANALYZERS["stems"].pre_tokenize(text).tokens
    ends = [(each.char_offset_from, each.char_offset_to) for each in tokens]
    assert [(start, end) for _, start, end in stem_spans(text)] == ends


@given(HOSTILE | st.text("aBs’ -/=é\u0338\u0301αΠ李ﬁ½²\u0939\u093f", max_size=12))
@example("naïve GPUs’ labelling: α-β ≠ TNFα")
@example("state-of-the-art x_y naïve")
@example("über Ährenfelder, größer als die Möhren")
def test_any_text_is_split_as_the_word_index_splits_it(text: str) -> None:
    assert stems(text) == ANALYZERS["stems"].analyze(comparable(text))


@given(HOSTILE)
def test_the_stems_stand_where_the_spans_say(text: str) -> None:
    simple = plain(text)
    assert [stem for word in stem_spans(simple) for stem in stems(simple[word[1] : word[2]])] == stems(simple)


@given(ASCII | HOSTILE, st.sets(st.integers(0, 9)))
def test_the_marks_are_where_the_wanted_stems_stand(text: str, places: set[int]) -> None:
    spans = stem_spans(text)
    wanted = {stem for place, (stem, _, _) in enumerate(spans) if place in places}
    assert marks(text, wanted) == [(start, end) for stem, start, end in spans if stem in wanted]
