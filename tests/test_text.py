"""Text brought to one form: plain, folded, in sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.text import fold, plain, sentence_spans, sentences

ANY = st.text() | st.text("aZ .!?\"')(]-−⁻´΄ß\u0301\u0345\u00adﬁ⁰İǅ\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“Kites” and ‘boats’", "\"Kites\" and 'boats'"),
        ("x86‐64 — fast", "x86-64 - fast"),
        ("10⁻⁹", "10-9"),
        ("eﬃcient ﬁles", "efficient files"),
        ("ＦＰＧＡ", "FPGA"),
        ("co\u00adoperate\u200b", "cooperate"),
        (" a\n\tb\u00a0c ", "a b c"),
        ("Zoe\u0308", "Zoë"),
    ],
)
def test_plain_replaces_what_only_looks_different(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_plain_keeps_case_and_accents() -> None:
    assert plain("Zoë Müller") == "Zoë Müller"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë Müller", "ZOE MULLER"),
        ("Straße", "STRASSE"),
        ("  Ryan\u00a0Adams ", "ryan adams"),
        ("Jean‐Luc", "jean-luc"),
        ("Αθήνα", "αθηνα"),
        ("İstanbul", "istanbul"),
    ],
)
def test_names_that_a_person_would_call_the_same_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_names_that_differ_in_a_letter_stay_apart() -> None:
    assert fold("Müller") != fold("Mueller")


@given(ANY)
def test_plain_text_is_plain_already(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(ANY)
def test_folded_text_is_folded_already(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(ANY)
def test_plain_text_folds_as_the_text_does(text: str) -> None:
    assert fold(plain(text)) == fold(text)


@given(st.text(st.characters(max_codepoint=0x24F, exclude_characters="ıŉǰſ")))
def test_folding_does_not_see_case(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We fly. We land! Why? 3 reasons.", ["We fly.", "We land!", "Why?", "3 reasons."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("It works (see Fig. 2.) We are done.", ["It works (see Fig. 2.)", "We are done."]),
        ('We quit. "Why?" they ask.', ["We quit.", '"Why?" they ask.']),
        ("We use tools, e.g. LLVM. It helps.", ["We use tools, e.g. LLVM.", "It helps."]),
        ("By J. Smith et al. We agree.", ["By J. Smith et al. We agree."]),
        ("A gain of 3.5 points. nothing else", ["A gain of 3.5 points. nothing else"]),
        ("a gain of 3.5 points. nothing else", ["a gain of 3.5 points.", "nothing else"]),
        ("we fly. we land! why?", ["we fly.", "we land!", "why?"]),
        (
            "we use tools, e.g. llvm, cf. gcc, by smith et al. here. it helps.",
            ["we use tools, e.g. llvm, cf. gcc, by smith et al. here.", "it helps."],
        ),
        ("  one \n", ["one"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_sees_the_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(ANY)
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    assert " ".join(sentences(text)).split() == text.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  We fly. \n We land!  ", [(2, 9), (12, 20)]),
        ("Zoë fliegt. 学习 too.", [(0, 19)]),
        ('Zoë fliegt. "A 学习."', [(0, 11), (12, 19)]),
        (" \n ", []),
    ],
)
def test_spans_are_characters_without_the_space_between(text: str, expected: list[tuple[int, int]]) -> None:
    assert sentence_spans(text) == expected


@given(ANY | st.text("ab. !?e.g.\n"))
def test_spans_are_in_order_and_leave_only_white_space_out(text: str) -> None:
    spans = sentence_spans(text)
    places = [0, *(place for span in spans for place in span), len(text)]
    assert places == sorted(places)
    assert all(text[start:end] and text[start:end] == text[start:end].strip() for start, end in spans)
    between = [text[end:start] for end, start in zip(places[::2], places[1::2], strict=True)]
    assert "".join(between).strip() == ""


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_are_read_as_they_are_beside_others(text: str) -> None:
    assert plain(f"{text} é") == f"{plain(text)} é".strip()
    assert fold(f"{text} é") == f"{fold(text)} e".strip()


def test_a_backquote_is_a_quote() -> None:
    assert plain("``x`") == "''x'"
