"""Why a paper is related to another: what both are about, in words, and their two nearest sentences."""

from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

import numpy as np

from papersearch.analysis import stem_spans
from papersearch.codes import Floats
from papersearch.paper import Paper
from papersearch.sentences import Spans

MOST_TOPICS = 4
LONGEST_TOPIC = 3
"""Words."""
_COMMON = """
about after also although among another any approach base because been before best better between both can
could demonstr differ do each effect even exist first from good has have high how howev if improv into it
larg less low make mani method model more most much new novel now number onli open or other our outperform
over paper perform present problem propos provid recent requir research result same set show shown signific so
some state still studi such system task than them those through three two under us use variou well what when
where whether which while who whose within without work
"""
_SAYS_NOTHING = frozenset(_COMMON.split())
"""Stems of words that any paper may have: a small corpus does not tell so by their number."""
_BETWEEN = {" ", "-"}
"""What may stand between two words of one topic."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The topics that two papers share, the rarest first; a sentence of this paper's abstract and the
    nearest one of the other's, "" where either abstract has none.
    """

    topics: Sequence[str]
    sentence: str
    other_id: str
    other_sentence: str


Sentences = tuple[Spans, Floats]
"""Where the sentences of an abstract are, characters (start, end), and their unit vectors (k, d)."""

Run = tuple[str, ...]
"""Neighbouring words, as stems."""


def runs(paper: Paper) -> frozenset[Run]:
    """Every run of words that a paper has, for `topics` of any number of others."""
    return frozenset(run for text, words in _texts(paper) for run, _ in _runs(text, words))


def topics(one: Paper, other: Set[Run], weight: Callable[[str], float]) -> list[str]:
    """The words and runs of words that `one` shares with another, as `one` writes them, most telling first.

    other: the other paper's `runs`.
    weight: how much a stem tells, 0 for one that tells nothing; a topic weighs as much as its words.
    """
    written: dict[Run, str] = {}
    counts: Counter[Run] = Counter()
    for text, words in _texts(one):
        for run, wording in _runs(text, words):
            # Each word of a topic has to tell something: "neural" alone would make every pair related.
            if run in other and all(weight(stem) > 0 and stem not in _SAYS_NOTHING for stem in run):
                written.setdefault(run, wording)
                counts[run] += 1
    # A word that stands twice in a run ("bla bla") tells no more than once.
    weights = {
        run: sum(map(weight, dict.fromkeys(run))) * (1 + np.log(count)) for run, count in counts.items()
    }
    best = sorted(counts, key=lambda run: (-weights[run], run))
    chosen: list[Run] = []
    for run in best:
        if len(chosen) < MOST_TOPICS and not any(set(run) & set(before) for before in chosen):
            chosen.append(run)
    return [written[run] for run in chosen]


def nearest(one: Paper, own: Sentences, other: Paper, others: Sentences) -> tuple[str, str]:
    """The two nearest sentences of two papers' abstracts, one of each; "" and "" where either has none."""
    (spans, vectors), (other_spans, other_vectors) = own, others
    if not len(vectors) or not len(other_vectors):
        return "", ""
    place, other_place = divmod(int((vectors @ other_vectors.T).argmax()), len(other_vectors))
    return one.abstract[slice(*spans[place])], other.abstract[slice(*other_spans[other_place])]


_Word = tuple[str, int, int]


def _texts(paper: Paper) -> list[tuple[str, list[_Word]]]:
    """The paper's texts, each with its stems and where they stand."""
    texts = [paper.title, paper.abstract, *paper.keywords]
    return [(text, stem_spans(text)) for text in texts]


def _runs(text: str, words: list[_Word]) -> list[tuple[Run, str]]:
    """Every run of up to LONGEST_TOPIC neighbouring words, as stems and as it is written."""
    found = []
    for place in range(len(words)):
        for last in range(place, min(place + LONGEST_TOPIC, len(words))):
            if last > place and text[words[last - 1][2] : words[last][1]] not in _BETWEEN:
                break
            written = text[words[place][1] : words[last][2]]
            found.append((tuple(stem for stem, _, _ in words[place : last + 1]), written))
    return found
