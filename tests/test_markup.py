"""Markup: what dresses a text is taken away, what it says stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.markup import bare


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<p>CO<sub>2</sub> and <i class='x'>E. coli</i></p>", " CO2 and E. coli "),
        ("<jats:title>Abstract</jats:title><jats:p>We fly.</jats:p>", " We fly. "),
        (
            "<jats:sec><jats:title>Methods</jats:title><jats:p>We fly.</jats:p></jats:sec>",
            "  Methods  We fly.  ",
        ),
        ("one<br/>two<BR>three", "one two three"),
        ("R&amp;D, p &lt; 0.05 &#8211; caf&eacute; &#xE9;", "R&D, p < 0.05 – café é"),
        ("if a<b and c>d, then <i> of <i, j>", "if a<b and c>d, then <i> of <i, j>"),
        ("the <script>alert(1)</script> tag, List<T>", "the <script>alert(1)</script> tag, List<T>"),
        (r"R\&D; AT&T; &nosuchthing; & more", r"R\&D; AT&T; &nosuchthing; & more"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
    ],
)
def test_a_text_is_read_as_it_looks(text: str, read: str) -> None:
    assert bare(text) == read


@given(st.text("<>&;/ apbi#x1lt"))
def test_any_text_can_be_read(text: str) -> None:
    assert len(bare(text)) <= len(text)
