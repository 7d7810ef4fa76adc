"""Names of papers: every way to paste a title, a DOI, an arXiv number or an address finds the same key."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.known_items import asked, names, title_key
from tests.conftest import PAPERS


@pytest.mark.parametrize(
    "pasted",
    [
        "“α-Divergence for Gödel's BERT – efficient”",
        r"$\alpha$-Divergence for G{\"o}del's {BERT}: \emph{efficient}.",
        "ALPHA DIVERGENCE FOR GODELS BERT: EFFICIENT",
        "α‐divergence for Gödel’s BERT — eﬃcient",
        r"\textbf{$\alpha$}-divergence for G\"odel's BERT, efficient",
    ],
)
def test_a_title_is_its_letters_and_digits(pasted: str) -> None:
    assert title_key(pasted) == "alphadivergenceforgodelsbertefficient"


@pytest.mark.parametrize(
    ("title", "key"),
    [
        (r"$O(n \log n)$ in $\ell_2$", "onlognin" + "l2"),
        (r"H{\o}st and Erd\H{o}s, \L{}ukasz", "hostanderdoslukasz"),
        ("Høst and Erdős, Łukasz", "hostanderdoslukasz"),
        (r"$\varepsilon$ and λ", "epsilonandlambda"),
        ("深層学習", "深層学習"),
        ("?!", ""),
    ],
)
def test_markup_says_what_it_prints(title: str, key: str) -> None:
    assert title_key(title) == key


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("10.1145/3596512", ("doi", "10.1145/3596512")),
        ("doi:10.1145/ABC.", ("doi", "10.1145/abc")),
        ("DOI 10.1145/abc", ("doi", "10.1145/abc")),
        ("https://doi.org/10.1145/a%2Fb", ("doi", "10.1145/a/b")),
        ("(http://dx.doi.org/10.1145/abc)", ("doi", "10.1145/abc")),
        ("https://dl.acm.org/doi/abs/10.1145/abc", ("doi", "10.1145/abc")),
        ("10.1016/0022-2836(70)90057-4", ("doi", "10.1016/0022-2836(70)90057-4")),
        ("10.1002/abc?x", ("doi", "10.1002/abc?x")),
        ("urn:doi:10.1145/abc", ("doi", "10.1145/abc")),
        ("info:doi/10.1145/abc", ("doi", "10.1145/abc")),
        ("https://doi.org/10.1145/abc?utm_source=x", ("doi", "10.1145/abc")),
        ("https://publisher.example/content/pdf/10.1007/abc.pdf#page=2", ("doi", "10.1007/abc")),
        ("https://publisher.example/article/10.1007/abc/full", ("doi", "10.1007/abc")),
        ("https://journal.example/article?id=10.1371/journal.abc", ("doi", "10.1371/journal.abc")),
        ("https://doi.org/10.48550/arXiv.1706.03762v2", ("arxiv", "1706.03762")),
        ("arXiv 1706.03762 (2017)", ("arxiv", "1706.03762")),
        ("https://arxiv.org/abs/1706.03762?context=cs.LG", ("arxiv", "1706.03762")),
        ("https://arxiv.org/pdf/1706.03762v7.pdf?download=1", ("arxiv", "1706.03762")),
        ("https://ar5iv.labs.arxiv.org/html/1706.03762", ("arxiv", "1706.03762")),
        ("https://huggingface.co/papers/1706.03762", ("arxiv", "1706.03762")),
        ("https://www.semanticscholar.org/arxiv/1706.03762", ("arxiv", "1706.03762")),
        ("https://openreview.net/pdf?id=abc&utm_source=x", ("url", "openreview.net/forum?id=abc")),
        ("10.48550/arXiv.1706.03762", ("arxiv", "1706.03762")),
        ("1706.03762", ("arxiv", "1706.03762")),
        ("arXiv:1706.03762v5 [cs.CL]", ("arxiv", "1706.03762")),
        ("https://arxiv.org/abs/1706.03762v2", ("arxiv", "1706.03762")),
        ("arxiv.org/pdf/1706.03762.pdf", ("arxiv", "1706.03762")),
        ("cs/0112017", ("arxiv", "cs/0112017")),
        ("math.GT/0309136v1", ("arxiv", "math/0309136")),
        ("http://www.Example.org/Papers/1/#top", ("url", "example.org/Papers/1")),
        ("Zhou2022X", ("id", "zhou2022x")),
    ],
)
def test_a_text_that_is_an_identifier_is_read_as_one(text: str, name: tuple[str, str]) -> None:
    assert name in asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "see 10.1145/3596512",
        "arXiv:1706",
        "1706.03762 is good",
        "a/b",
        "10.5 10.2/x",
        f"10.1145/{2000 * 'x'}",
    ],
)
def test_a_text_that_only_mentions_one_is_not(text: str) -> None:
    assert {kind for kind, _ in asked(text)} <= {"id", "title"}


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        ({"doi": "https://doi.org/10.1000/X"}, ("doi", "10.1000/x")),
        ({"arxiv_id": "1706.03762v1"}, ("arxiv", "1706.03762")),
        ({"eprint": "cs/0112017"}, ("arxiv", "cs/0112017")),
        ({"externalIds": {"DOI": "10.1000/x", "CorpusId": 7}}, ("doi", "10.1000/x")),
        ({"urls": ["https://example.org/a", None]}, ("url", "example.org/a")),
        ({"source_id": "Some Id"}, ("id", "some id")),
        ({"other_ids": ["AB12", 7]}, ("id", "ab12")),
        ({"other_ids": ["10.1000/X"]}, ("doi", "10.1000/x")),
    ],
)
def test_a_paper_s_names_are_found_where_it_holds_them(
    extra: dict[str, object], name: tuple[str, str]
) -> None:
    assert name in names(replace(PAPERS[5], extra=extra))


def test_what_a_paper_cites_is_not_its_name() -> None:
    paper = replace(PAPERS[5], extra={"references": ["10.1000/cited"], "cites": "10.1000/cited"})
    assert names(paper) == {("title", "apaperofwhichlittleisknown"), ("id", "bare")}


@given(st.text() | st.text('10./arxivdoi:v"(){}\\$', max_size=40))
def test_any_text_may_be_asked_for(text: str) -> None:
    assert all(kind and key for kind, key in asked(text))
    assert title_key(title_key(text)) == title_key(text)
