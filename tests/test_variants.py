"""British and American spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.analysis import stems
from papersearch.variants import _RULES, american

PAIRS = [
    ("modelling and labelled dialogues", "modeling and labeled dialogs"),
    ("Optimisation of behaviour", "Optimization of behavior"),
    ("analysed neighbourhoods", "analyzed neighborhoods"),
    ("centred at centres", "centered at centers"),
    ("programmes for defence", "programs for defense"),
    ("paediatric anaemia, tumours, oedema", "pediatric anemia, tumors, edema"),
    ("foetal diarrhoea and sulphur", "fetal diarrhea and sulfur"),
    ("ageing artefacts: a judgement", "aging artifacts: a judgment"),
]


@pytest.mark.parametrize(("british", "american_"), PAIRS)
def test_both_spellings_are_one(british: str, american_: str) -> None:
    assert american(british) == american_
    assert stems(british) == stems(american_) == stems(f"{british} é")[:-1]


@pytest.mark.parametrize(
    "text",
    ["four hours of analyses", "sources, courses, programmers", "schema poets", "controlling a spectrum"],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert american(text) == text


@given(st.text("abcdefilmnorstuyz ", max_size=60) | st.sampled_from([one for one, _ in PAIRS]))
def test_what_is_american_stays(text: str) -> None:
    assert american(american(text)) == american(text)


@given(st.data())
def test_what_a_rule_changes_has_the_part_that_it_is_looked_for_by(data: st.DataObject) -> None:
    part, rule, _ = data.draw(st.sampled_from(_RULES))
    word = data.draw(st.from_regex(rule).filter(str.isascii))
    assert part in word.lower()
