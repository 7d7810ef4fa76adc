import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.latex import readable


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"$13.3\%$ faster", "13.3% faster"),
        (r"$\textbf{Fuse}$", "Fuse"),
        (r"$\mu$sec", "μsec"),
        (r"in $O(n \log n)$ steps", "in O(n log n) steps"),
        (r"$x \leq \epsilon \in \mathcal{X}$", "x ≤ ϵ ∈ X"),
        (r"$x_i^{2} + x^{n+1}$", "x_i^2 + x^(n+1)"),
        (r"$\frac{a+b}{c}$ and $\tfrac{1}{2}$", "(a+b)/c and 1/2"),
        (r"$\operatorname{argmax}_x f$", "argmax_x f"),
        (r"\(a \in B\)", "a ∈ B"),
        (r"\emph{a} and {\em b c}", "a and b c"),
        (r"10\,000 \& \$5 \# \_", "10 000 & $5 # _"),
        (r"work~\citep[see][p.~3]{ho,li} shows", "work [ho,li] shows"),
        (r"\url{http://a.b/c~d%20}", "http://a.b/c~d%20"),
        (r"\href{http://a.b}{the code}", "the code (http://a.b)"),
        ("ML--based, so---called", "ML–based, so—called"),
        ("``so'' it ``goes''", "“so” it “goes”"),
        (r"Fig.~1, Error~(E), \textbf{(1)}~one", "Fig. 1, Error (E), (1) one"),
        (r"in \mathcal O (N) \emph{never closed", "in  O (N) {never closed"),
        (r"$\ours$, \ours{} and \name{x y}", "ours, ours and x y"),
    ],
)
def test_latex_is_readable(latex: str, text: str) -> None:
    assert readable(latex) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"Nystr\"om", "Nyström"),
        (r"Nystr{\"o}m", "Nyström"),
        (r"H\"{o}lder", "Hölder"),
        (r"na\"{\i}ve", "naïve"),
        (r"Mat\'ern", "Matérn"),
        (r"Fran\c{c}ois", "François"),
        (r"\v{S}koda", "Škoda"),
        (r"Erd\H{o}s", "Erdős"),
    ],
)
def test_accents_are_letters(latex: str, text: str) -> None:
    assert readable(latex) == text


@pytest.mark.parametrize(
    "text",
    [
        "50% of it\nand 3% more",
        "from $5 and $10",
        "US$100 (US$) or $5-$10",
        "~5% of 1~10, see https://a.b/~c--d",
        "run --flag or -- not",
        r"C:\Users\name",
        "{unbalanced $ and } {",
        r"\frac{never closed",
        "\\",
        "a_b^c {set, of} <i>tags</i> &amp;",
    ],
)
def test_what_is_no_latex_stays(text: str) -> None:
    assert readable(text).replace("–", "--") == text


def test_a_percent_sign_is_no_comment() -> None:
    assert readable("$x$ is 5% of\ny and $3% z$ too") == "x is 5% of\ny and 3% z too"


def test_escaped_quotes_are_quotes() -> None:
    assert readable(r"don\'t say \"only\"") == 'don\'t say "only"'


def test_a_preamble_is_dropped() -> None:
    preamble = r"\documentclass[12pt]{minimal} \usepackage{amsmath} \begin{document}"
    assert readable(preamble + r"$$x$$\end{document} holds").split() == ["x", "holds"]


def test_no_file_is_read() -> None:
    assert readable(r"\input{/etc/passwd}") == "/etc/passwd"


@given(st.text() | st.text("\\${}%'\"`~-^_&#[]() \nabcuv", max_size=200))
def test_never_raises(text: str) -> None:
    assert isinstance(readable(text), str)


@given(st.text(string.ascii_letters + " äßжλ中"))
def test_letters_and_spaces_stay(text: str) -> None:
    assert readable(text) == text


@given(st.lists(st.text(string.ascii_lowercase, min_size=1), min_size=1), st.sampled_from("{}$%&#_^~"))
def test_no_word_is_lost_to_one_stray_character(words: list[str], stray: str) -> None:
    text = f" {stray} ".join(words)
    assert [word for word in readable(text).split() if word.isalpha()] == words


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "$",
        "\\",
        "\\a",
        "\\frac{",
        "{\\a",
        "\\(",
        "\\[a",
        '\\"b ',
        "\\a[",
        "$ 5",
        "\\documentclass",
        "``",
    ],
)
def test_half_a_megabyte_of_the_worst_is_read_in_seconds(piece: str) -> None:
    began = time.process_time()
    readable(piece * (500_000 // len(piece)))
    assert time.process_time() - began < 5
