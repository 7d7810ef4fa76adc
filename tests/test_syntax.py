"""What counts as syntax, what is only words, and that no letter of a query is ever lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.syntax import PROSE_WORDS, Parsed, parse, years

OPERATORS = st.sampled_from(
    [
        '"',
        "“",
        "”",
        "-",
        "-x",
        '"a b"',
        '-"a b"',
        "title:a",
        'author:"b c"',
        "year:2020..",
        "x:",
        "and",
        ".",
        " ",
    ]
)
QUERIES = st.text() | st.lists(OPERATORS | st.text(max_size=5)).map(" ".join)


def conditions(parsed: Parsed) -> list[str]:
    """Each condition as kind, content and signs: ! for excluded, = for exact."""
    return [f"{part.kind}{'!' * part.excluded}{'=' * part.exact} {part.value}" for part in parsed.conditions]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ('"tree search" for code', "tree search for code", ["phrase= tree search"]),
        ("“tree search”", "tree search", ["phrase= tree search"]),
        ('"trees", "graphs"', "trees graphs", ["phrase= trees", "phrase= graphs"]),
        ("compilers -survey", "compilers", ["word! survey"]),
        ("-survey compilers", "compilers", ["word! survey"]),
        ('compilers -"a survey"', "compilers", ["phrase!= a survey"]),
        ("models -state-of-the-art", "models", ["word! state-of-the-art"]),
        ("title:compilers RL", "compilers RL", ["title compilers"]),
        ('Title:"tree search"', "tree search", ["title= tree search"]),
        ('author:"Ryan Adams" code', "code", ["author= Ryan Adams"]),
        ("venue:NeurIPS, author:adams", "", ["venue NeurIPS", "author adams"]),
        ("-author:adams code", "code", ["author! adams"]),
        ('author:adams "', "", ["author adams"]),
        ("author:adams , -", "", ["author adams"]),
        ("year:2020", "", ["year 2020"]),
        ("code year:2020..2023", "code", ["year 2020..2023"]),
        ("year:2020.. code", "code", ["year 2020.."]),
        ("year:..2023", "", ["year ..2023"]),
        ('author:"Ryan Adams" -survey', "", ["author= Ryan Adams", "word! survey"]),
    ],
)
def test_an_operator_is_a_condition_and_the_rest_is_text(query: str, text: str, expected: list[str]) -> None:
    parsed = parse(query)
    assert (parsed.text, conditions(parsed)) == (text, expected)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "-",
        '"',
        '""',
        '"-"',
        "x -- y",
        "- we show",
        "-survey",
        '-survey -"a b"',
        "state-of-the-art",
        '"unclosed phrase',
        '5" pipes and 6" pipes',
        '"Why Should I Trust You?": Explaining Predictions',
        "foo:bar",
        "title:",
        "Title: a subtitle",
        "Year: 2020",
        "year:soon",
        "year:2023..2020",
        "year:..",
        "year:20",
        "colder than -0.5",
        "multi-view and -lighting images",
        "pre- or -post training",
        "networks -in contrast to kernels- learn",
        "jet interference with supersonic flow -dash papers .",
        'The "lottery ticket" holds for all such networks.',
        "We do this. We do that -always with care",
        "word " * PROSE_WORDS + "-survey",
    ],
)
def test_what_is_not_clearly_an_operator_is_words(query: str) -> None:
    parsed = parse(query)
    assert (parsed.text, conditions(parsed)) == (query, [])


@pytest.mark.parametrize(
    "query", ['code title:"A. B. Smith Jr. Then" by nobody', 'a b c d e f "x. Y" -survey']
)
def test_a_full_stop_in_quotation_marks_makes_no_prose(query: str) -> None:
    assert len(parse(query).conditions) >= 1


@given(QUERIES)
def test_the_parts_are_the_query_letter_by_letter(query: str) -> None:
    parsed = parse(query)
    assert parsed.typed == query
    assert parse(parsed.typed) == parsed


@given(QUERIES)
def test_the_text_has_the_words_of_the_query_and_no_others(query: str) -> None:
    parsed = parse(query)
    left = iter(re.findall(r"\w+", query))
    if not parsed.conditions:
        assert parsed.text == query
    elif query.isascii():
        assert all(word in left for word in re.findall(r"\w+", parsed.text))


@given(st.lists(st.from_regex(r"[a-z]+(-[a-z]+)?", fullmatch=True)).map(" ".join))
def test_plain_words_are_never_lost(query: str) -> None:
    assert parse(query).text == query


def test_only_free_words_are_rewritten() -> None:
    parsed = parse('trees "in graphs" title:woods -leaves roots').rewritten(str.upper)
    assert parsed.typed == 'TREES "in graphs" title:woods -leaves ROOTS'
    assert parsed.text == "TREES in graphs woods ROOTS"


@pytest.mark.parametrize(
    ("query", "answer"), [('"a b"', True), (' "a b" ', True), ('"a b" c', False), ("a b", False)]
)
def test_a_phrase_alone_is_told_from_a_phrase_among_words(query: str, answer: bool) -> None:
    assert parse(query).is_one_phrase == answer


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020", (2020, 2020)),
        ("2020..", (2020, None)),
        ("..2020", (None, 2020)),
        ("2019…2020", (2019, 2020)),
        ("2019-2020", (2019, 2020)),
        ("2019–2020", (2019, 2020)),
        ("2020-", None),
        ("2020..2019", None),
        ("20201", None),
        ("..", None),
        ("２０２０", None),
    ],
)
def test_years(value: str, expected: tuple[int | None, int | None] | None) -> None:
    assert years(value) == expected
