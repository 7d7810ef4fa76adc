"""The names that what is being typed may become."""

import pytest

from papersearch.completions import completions

NAMES = ["Sally Floyd", "Van Jacobson", "Zoë Müller", "Sally Floyd", "Sally Ride", "", "Ride Sally"]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("sal", ["Sally Floyd", "Sally Ride", "Ride Sally"]),  # the most frequent first
        ("sally r", ["Sally Ride", "Ride Sally"]),
        ("sall ride", []),  # only the last word may be unfinished
        ("zoe mull", ["Zoë Müller"]),
        ("x", []),
        ("", ["Sally Floyd", "Van Jacobson", "Zoë Müller", "Sally Ride", "Ride Sally"]),
    ],
)
def test_a_name_holds_every_word_and_begins_one_with_the_last(typed: str, names: list[str]) -> None:
    assert completions(typed, NAMES) == names
