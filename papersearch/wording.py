"""From a text to the queries that look its words up in tantivy.

Text typed by strangers never reaches a query parser: it is split into words here, and each word is looked
up as it stands, so no query can be malformed.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from itertools import pairwise, product

import tantivy

from papersearch.acronyms import Concept
from papersearch.analysis import exact_words, stems
from papersearch.pruning import Term, Way

MOST_WORDS = 100
"""Distinct words of a query that are looked up, those that tell most; a pasted abstract has about 75."""
COMMON = 0.1
"""A word that more than this share of the papers have tells nothing of any."""
TYPED_WORDS = 12
"""A query of more words than this is a sentence: no word of it is taken for a name or for misspelt."""
FEW_CONCEPTS = 2
"""Up to so many, every way to read a query is searched for by itself."""
MOST_CONCEPTS = 4
"""A query with so many has enough to be read for: numbers in names are left as they stand."""
PLURAL = 10
"""A word is a plural that the stemmer does not know if so many times as many papers have it without its s."""
MOST_GAINED = 2.2
"""So many times its inverse document frequency a word gains at most: BM25's k1 + 1, as tantivy has it."""
CHIEFLY = 3
"""A word is a name if so many times as many papers have it among their authors as in their text."""

Counts = Mapping[str, float]
"""How often each stem counts."""

# Of these the stemmer keeps the s; of three letters, "cls" and "sos", it nearly always belongs there.
_MAYBE_PLURAL = re.compile(r"[^\W_aeiouy]{2,}[^\W_s]s")

_NUMBERED = re.compile(r"\b([A-Za-z]{2,})[- ]?([0-9]{1,4})\b")

_SHOULD, _MUST = tantivy.Occur.Should, tantivy.Occur.Must


class Wording:
    """Makes queries for one index of words: what a word tells, and whether it is a name, is asked there."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema, self._searcher = schema, searcher

    def stems(self, text: str) -> list[str]:
        """The stems that a query's words are looked up by."""
        return [self._usual(stem) for stem in stems(text)]

    def ways(self, text: str, concepts: Sequence[Concept]) -> list[Way]:
        """Ways to read a text, such that a paper's score is the best that any of them gives it."""
        names = exact_words(text)[:MOST_WORDS]
        found = ((word, int(self._searcher.doc_freq("author", word))) for word in dict.fromkeys(names))
        wrote = {word: papers for word, papers in found if papers}
        few = len(names) <= TYPED_WORDS
        people = [word for word, papers in wrote.items() if few and self._is_name(word, papers)]
        # A word that stands twice in the query counts twice: it matters for pasted abstracts.
        counts = Counter(self.stems(text)) - Counter(
            stems(" ".join(word for word in names if word in people))
        )
        numbered = self._numbered(text) if len(concepts) < MOST_CONCEPTS else {}
        for said in (*(concept.long for concept in concepts), *numbered):
            counts -= Counter(stems(said))
        forms = [self._forms(concept) for concept in (*concepts, *numbered.values())]
        pairs = dict.fromkeys(pair for pair in pairwise(names) if wrote.keys() >= set(pair))
        others = [self._phrase("author", pair) for pair in pairs]
        if len(names) == 1 and not people:
            others.append(self._term("author", names[0]))
        if people or len(forms) > FEW_CONCEPTS:
            clauses = [self._better(each) for each in forms] + [self._any(counts)]
            if people:
                about = concepts or any(self._searcher.doc_freq("text", stem) for stem in counts)
                clauses.append(self._people(people, clauses if about else []))
            return [Way(others=clauses + others)]
        # One search for each way to read the query, and the better score of each paper: the same, in half the
        # time, for terms with nothing around them are searched in tantivy's quickest way.
        return [Way(self._terms(_sum([*form, counts])), others) for form in product(*forms)]

    def beginning(self, field: str, text: str) -> tantivy.Query | None:
        """Whatever holds all words of `text` in a field, the last one as a beginning; None for no words."""
        *whole, last = exact_words(text) or [""]
        if not last:
            return None
        clauses = [(_MUST, self._term(field, word)) for word in whole]
        # Words are letters and digits only, so this one is a pattern that matches itself.
        clauses.append((_MUST, tantivy.Query.regex_query(self._schema, field, f"{last}.*")))
        return tantivy.Query.boolean_query(clauses)

    def holding(self, text: str, *, exact: bool, title_only: bool) -> tantivy.Query | None:
        """Whatever holds `text` in its title or abstract, as Words.holding says; None for no words."""
        found, words = stems(text), exact_words(text)
        if not words:
            return None
        if not exact and len(found) == len(words) == 1:
            return self._term("title_stems" if title_only else "text", found[0])
        fields = ["title"] if title_only else ["title", "abstract"]
        clauses = [(_SHOULD, self._phrase(field, words[:MOST_WORDS])) for field in fields]
        return tantivy.Query.boolean_query(clauses)

    def are_in_names(self, words: Iterable[str]) -> bool:
        """Whether each of these words stands in some author's name."""
        return all(self._searcher.doc_freq("author", word) for word in words)

    def weight(self, stem: str) -> float:
        """How much a stem tells of a paper: its inverse document frequency; 0 for one that many have."""
        return self._weight(int(self._searcher.doc_freq("text", stem)))

    def _numbered(self, text: str) -> dict[str, Concept]:
        """Names with a number, by how the query has them: "GPT-3" or "GPT 3", and "GPT3", are one concept."""
        found: dict[str, Concept] = {}
        for match in _NUMBERED.finditer(text):
            concept = Concept(f"{match[1]}{match[2]}", f"{match[1]} {match[2]}")
            other = concept.long if match[0] == concept.short else concept.short
            if all(map(self._tells, stems(other))) and concept not in found.values():
                found[match[0]] = concept
        return found

    def _usual(self, stem: str) -> str:
        """ "gpu" for "gpus", where papers say nothing but "GPU" and "GPUs"; "gps", "gas" and "news" stay."""
        if not _MAYBE_PLURAL.fullmatch(stem):
            return stem
        frequency = int(self._searcher.doc_freq("text", stem))
        return stem[:-1] if self._searcher.doc_freq("text", stem[:-1]) > PLURAL * frequency else stem

    def _forms(self, concept: Concept) -> list[Counts]:
        """The words of both forms, counted such that each form tells as much: the mean of what they would.

        Else a paper that says "tumor necrosis factor", three rare words, would win over all that say "TNF".
        """
        forms = [Counter(stems(form)) for form in (concept.short, concept.long)]
        told = [sum(count * self._tells(stem) for stem, count in form.items()) for form in forms]
        mean = sum(told) / len(told)
        return [
            {stem: count * mean / tells for stem, count in form.items()} if all(told) else form
            for form, tells in zip(forms, told, strict=True)
        ]

    def _tells(self, stem: str) -> float:
        """A stem's inverse document frequency as BM25 has it; 0 for one that is nowhere."""
        frequency = int(self._searcher.doc_freq("text", stem))
        return self._rarity(frequency) if frequency else 0.0

    def _weight(self, frequency: int) -> float:
        return 0.0 if frequency > max(3, COMMON * self._searcher.num_docs) else self._rarity(frequency)

    def _rarity(self, frequency: int) -> float:
        return math.log((self._searcher.num_docs + 1) / (frequency + 0.5))

    def _is_name(self, word: str, wrote: int) -> bool:
        """Whether this word, which the authors of `wrote` papers have, is chiefly a name: "adams" or "chen",
        but not "long" or "page".
        """
        return all(wrote >= CHIEFLY * self._searcher.doc_freq(field, word) for field in ("title", "abstract"))

    def _people(self, names: Sequence[str], topic: Sequence[tantivy.Query]) -> tantivy.Query:
        """Papers by these authors, or that say their names, which are no forms of others: "Adams", "Adam".

        Where the query has a topic too, only those that have to do with it: a name may be a word after all.
        """
        clauses = []
        for name in names:
            texts = ["text"] if stems(name) == [name] else ["title", "abstract"]
            places = [self._term(field, name) for field in ["author", *texts]]
            clauses.append((_SHOULD, tantivy.Query.disjunction_max_query(places)))
        people = tantivy.Query.boolean_query(clauses)
        if not topic:
            return people
        about = tantivy.Query.boolean_query([(_SHOULD, clause) for clause in topic])
        return tantivy.Query.boolean_query(
            [(_MUST, people), (_MUST, tantivy.Query.const_score_query(about, 0.0))]
        )

    def _term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, word)

    def _better(self, forms: Iterable[Counts]) -> tantivy.Query:
        return tantivy.Query.disjunction_max_query([self._any(form) for form in forms])

    def _any(self, counts: Counts) -> tantivy.Query:
        return tantivy.Query.boolean_query([(_SHOULD, term.query) for term in self._terms(counts)])

    def _terms(self, counts: Counts) -> list[Term]:
        found = ((stem, count, int(self._searcher.doc_freq("text", stem))) for stem, count in counts.items())
        known = [(stem, count, papers) for stem, count, papers in found if papers]
        return [
            Term(
                tantivy.Query.boost_query(self._term("text", stem), count),
                MOST_GAINED * count * self._rarity(papers),
                papers,
            )
            for stem, count, papers in nlargest(
                MOST_WORDS, known, key=lambda each: each[1] * self._weight(each[2])
            )
        ]

    def _phrase(self, field: str, words: Sequence[str]) -> tantivy.Query:
        if len(words) == 1:
            return self._term(field, words[0])
        return tantivy.Query.phrase_query(self._schema, field, list(words))


def _sum(parts: Iterable[Counts]) -> Counts:
    total: dict[str, float] = defaultdict(float)
    for part in parts:
        for stem, count in part.items():
            total[stem] += count
    return total
