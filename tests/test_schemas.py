"""The shapes of HTTP version 1."""

import pytest
from pydantic import ValidationError

from api.schemas import RelatedRequest
from papersearch.query import MOST_CHARACTERS, MOST_HITS, MOST_SEEDS


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": MOST_HITS + 1},
        {"like": [""]},
        {"like": ["x"] * (MOST_SEEDS + 1)},
        {"text": "x" * (MOST_CHARACTERS + 1)},
        {"liked": ["x"]},
        {"like": "x"},
    ],
)
def test_a_request_for_related_papers_outside_the_limits_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RelatedRequest.model_validate(body)


def test_a_request_for_related_papers_may_go_to_the_limits() -> None:
    body = {"limit": MOST_HITS, "like": ["x" * 600] * MOST_SEEDS, "text": "x" * MOST_CHARACTERS}
    assert RelatedRequest.model_validate(body).limit == MOST_HITS
