"""What may be asked, and what is said of the rest."""

import pytest

from papersearch.errors import QueryInvalid
from papersearch.filters import Filters
from papersearch.query import Query, check_limit, check_text


def refusal(**request: object) -> str:
    with pytest.raises(QueryInvalid) as raised:
        Query(**{"text": "kites", **request})  # type: ignore[arg-type]
    return str(raised.value)


def test_a_query_asks_for_ten_hybrid_hits_from_the_first_on() -> None:
    query = Query("kites")
    assert (query.limit, query.offset, query.mode, query.filters, query.facets) == (
        10,
        0,
        "hybrid",
        Filters(),
        False,
    )


@pytest.mark.parametrize(
    "text", ["a", "深度学习", "C++", "3", '"unbalanced (', "x" * 5000, "café\0", "مرحبا"]
)
def test_any_text_with_a_letter_or_a_digit_may_be_asked(text: str) -> None:
    assert Query(text).text == text


@pytest.mark.parametrize("text", ["", "  \n", "?!", '"(', "\u200b", "—"])
def test_a_text_without_letters_is_refused(text: str) -> None:
    assert refusal(text=text) == "the query has no letters or digits: type a few words to search for"


def test_beside_a_filter_a_query_may_be_empty_but_not_of_marks_alone() -> None:
    assert Query(" ", filters=Filters(year_to=2020)).text == " "
    assert refusal(text="?!", filters=Filters(year_to=2020)).startswith("the query has no letters or digits")


def test_a_text_that_is_too_long_is_refused() -> None:
    assert refusal(text="x" * 10_000) == "the query has 10000 characters; at most 5000 are allowed"


def test_half_of_a_surrogate_pair_is_refused() -> None:
    assert refusal(text="kites \udc80") == (
        "the query is not valid Unicode text: it has half of a surrogate pair"
    )


@pytest.mark.parametrize("filters", [Filters(venue="\ud800"), Filters(author="Bo \udfff")])
def test_half_of_a_surrogate_pair_in_a_filter_is_refused(filters: Filters) -> None:
    assert refusal(filters=filters) == "a filter is not valid Unicode text: it has half of a surrogate pair"


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_outside_1_to_100_is_refused(limit: int) -> None:
    assert refusal(limit=limit) == f"limit is {limit}; it must be from 1 to 100"


@pytest.mark.parametrize("limit", [1, 100])
def test_a_limit_of_1_to_100_is_taken(limit: int) -> None:
    check_limit(limit)


def test_an_offset_before_the_first_hit_is_refused() -> None:
    assert refusal(offset=-1) == "offset is -1; it counts from 0"


def test_an_unknown_mode_is_refused() -> None:
    assert refusal(mode="dense") == "mode is 'dense'; it is one of hybrid, semantic, keyword"


def test_the_refusal_says_which_text_it_means() -> None:
    with pytest.raises(QueryInvalid, match=r"^the pasted abstract has no letters or digits"):
        check_text("...", "the pasted abstract")
