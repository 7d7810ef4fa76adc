"""Snippets: which part of an abstract is shown, and what is marked in it."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.analysis import stem_spans, stems
from papersearch.snippet import LENGTH, LOOKED_AT, WORDS_COUNT, Piece, snippet
from papersearch.text import sentence_spans

ABSTRACT = (
    "Compilers run many passes. The order of the passes matters for the speed of the code. "
    "We learn a good order with a policy that sees the code. It is fast."
)
LONG = " ".join(f"word{number}" for number in range(100)) + " kites " + "tail " * 100


def pieces_of(abstract: str, wanted: Iterable[str], cosines: Sequence[float] = ()) -> list[Piece]:
    """The snippet of an abstract whose sentences have these cosines, by default as for words alone."""
    spans = sentence_spans(abstract)
    return snippet(abstract, spans, np.array(cosines or [0.0] * len(spans), np.float32), frozenset(wanted))


def shown(abstract: str, query: str, cosines: Sequence[float] = ()) -> str:
    return "".join(piece.text for piece in pieces_of(abstract, stems(query), cosines))


def marked(abstract: str, query: str) -> list[str]:
    return [piece.text for piece in pieces_of(abstract, stems(query)) if piece.match]


def test_the_snippet_begins_at_the_sentence_with_the_most_words_of_the_query() -> None:
    assert shown(ABSTRACT, "policy that learns an order") == (
        "We learn a good order with a policy that sees the code. It is fast."
    )


def test_of_equal_sentences_the_first_is_taken() -> None:
    assert shown(ABSTRACT, "passes").startswith("Compilers run many passes. The order")


def test_without_a_match_the_snippet_is_the_beginning() -> None:
    assert pieces_of(ABSTRACT, stems("zyzzyva")) == [Piece(ABSTRACT, match=False)]


# Five sentences too long for two of them to be shown together.
FIVE = " ".join(f"{word} {'is ' * 80}here." for word in ("Kites", "Boats", "Sails", "Planes", "Trains"))


@pytest.mark.parametrize(
    ("query", "cosines", "word"),
    [
        ("zyzzyva", [0.1, 0.2, 0.5, 0.3, 0.4], "Sails"),  # no word decides, so meaning does
        ("planes", [0.1, 0.2, 0.5, 0.45, 0.3], "Planes"),  # a word is worth a little of a cosine
        ("planes", [0.1, 0.2, 0.5, 0.35, 0.3], "Sails"),  # but no more than WORDS_COUNT
        ("planes", [0.1, 0.2, 0.5, 0.41, 0.45], "Planes"),
        ("boats", [0.1, 0.47, 0.5, 0.49, 0.48], "Sails"),  # Boats is not among the three nearest
        ("boats", [0.1, 0.48, 0.5, 0.49, 0.47], "Boats"),
        ("trains", [-0.9, -0.4, -0.7, -0.6, -0.5], "Trains"),  # an unlike query has a nearest one too
        ("zyzzyva", [0.2, 0.5, 0.5, 0.5, 0.5], "Boats"),  # of equal ones the first
        ("trains", [0.0] * 5, "Trains"),  # of words alone: every sentence is looked at
    ],
)
def test_meaning_chooses_the_sentence_and_words_among_the_nearest(
    query: str, cosines: list[float], word: str
) -> None:
    assert (LOOKED_AT, WORDS_COUNT) == (3, 0.1)
    assert shown(FIVE, query, cosines).split()[0] == word


def test_sentences_that_were_not_kept_are_not_shown_first() -> None:
    spans = sentence_spans(FIVE)[:2]
    pieces = snippet(FIVE, spans, np.zeros(2, np.float32), {"train"})
    assert pieces[0].text.startswith("Kites is is")


def test_words_are_marked_whole_and_in_every_form() -> None:
    assert marked("We learn. Learning compilers learned to LEARN, not unlearn.", "learns") == [
        "learn",
        "Learning",
        "learned",
        "LEARN",
    ]


def test_pieces_keep_what_stands_between_the_marks() -> None:
    assert pieces_of("A <b>kite</b>.", stems("kites")) == [
        Piece("A <b>", match=False),
        Piece("kite", match=True),
        Piece("</b>.", match=False),
    ]


def test_marks_stand_right_behind_letters_of_several_bytes() -> None:
    assert marked("Zoë Müller’s 学习 kites.", "kite") == ["kites"]


def test_sentences_are_added_only_while_there_is_room() -> None:
    sentence = "A sentence of exactly fifty letters and signs is. "
    assert shown(sentence * 20, "nothing") == (sentence * 5).strip()


def test_a_long_sentence_is_cut_around_its_first_match() -> None:
    text = shown(LONG, "kites")
    assert text.startswith("… word")
    assert text.endswith("tail …")
    assert " kites " in text


def test_a_long_sentence_without_a_match_is_cut_at_its_end() -> None:
    text = shown(LONG, "zyzzyva")
    assert LONG.startswith(text.removesuffix(" …"))
    assert text.endswith(" …")


def test_an_empty_abstract_has_no_snippet() -> None:
    assert pieces_of("", ["kite"]) == []


def test_a_megabyte_without_a_space_gives_a_short_snippet() -> None:
    assert len(shown("x" * 1_000_000, "kites")) <= LENGTH + len(" …")


WORDS = st.sampled_from(
    ["kite", "Kites", "fly", "flying", "the", "Zoë", "学习", "e.g.", "a-kite", '"Why?"', "(fly)", "x" * 300]
)
ABSTRACTS = st.lists(st.tuples(WORDS, st.sampled_from(["", ",", ".", "!"])).map("".join), max_size=150).map(
    " ".join
) | st.text(max_size=600)
WANTED = st.lists(st.sampled_from(["kite", "fly", "zoe", "学习", "the", "nothing"])).map(set)


@given(ABSTRACTS, WANTED)
def test_a_snippet_is_a_part_of_the_abstract(abstract: str, wanted: set[str]) -> None:
    text = "".join(piece.text for piece in pieces_of(abstract, wanted))
    assert " ".join(text.removeprefix("… ").removesuffix(" …").split()) in " ".join(abstract.split())


@given(ABSTRACTS, WANTED)
def test_a_snippet_is_short(abstract: str, wanted: set[str]) -> None:
    assert sum(len(piece.text) for piece in pieces_of(abstract, wanted)) <= LENGTH * 1.5


@given(ABSTRACTS, WANTED)
def test_exactly_the_wanted_words_are_marked(abstract: str, wanted: set[str]) -> None:
    pieces = pieces_of(abstract, wanted)
    text = "".join(piece.text for piece in pieces)
    starts = [sum(len(piece.text) for piece in pieces[:place]) for place in range(len(pieces))]
    marks = [
        (start, start + len(piece.text)) for start, piece in zip(starts, pieces, strict=True) if piece.match
    ]
    assert marks == [(start, end) for stem, start, end in stem_spans(text) if stem in wanted]


@given(ABSTRACTS, WANTED)
def test_no_piece_is_empty(abstract: str, wanted: set[str]) -> None:
    assert all(piece.text for piece in pieces_of(abstract, wanted))


@given(ABSTRACTS, WANTED, st.lists(st.floats(-1, 1, width=32), min_size=300, max_size=300))
def test_with_any_cosines_a_snippet_begins_with_one_of_the_sentences_nearest(
    abstract: str, wanted: set[str], cosines: list[float]
) -> None:
    spans = sentence_spans(abstract)
    given_ = np.array(cosines[: len(spans)], np.float32)
    text = "".join(piece.text for piece in snippet(abstract, spans, given_, wanted))
    nearest = np.argsort(-given_, kind="stable")[: LOOKED_AT if given_.any() else None]
    sentences = [" ".join(abstract[slice(*spans[place])].split()) for place in nearest]
    opening = text.removeprefix("… ").removesuffix(" …")
    assert not spans or any(opening.startswith(sentence) or opening in sentence for sentence in sentences)
