"""Suggestions: the titles, authors and venues that what is being typed may become."""

from collections import Counter
from collections.abc import Iterable

from papersearch.filters import name_words
from papersearch.query import Suggestion
from papersearch.store import Store
from papersearch.words import Words


def suggestions(typed: str, limit: int, store: Store, words: Words) -> list[Suggestion]:
    """At most `limit` of them: titles, those first that begin so; names. Never waits for the encoder."""
    begun, others = store.beginning(typed, limit), words.beginning("title", typed, limit)
    titles = store.papers(list(dict.fromkeys([*begun, *others]))[:limit])
    authors = store.papers(words.beginning("author", typed, 20 * limit))
    venues = store.papers(words.beginning("venue", typed, 20 * limit))
    names = _completions(typed, (name for paper in authors for name in paper.authors))[: max(1, limit // 3)]
    places = _completions(typed, (paper.venue or "" for paper in venues))[: max(1, limit // 5)]
    room = max(1, limit - len(names) - len(places))
    return [
        *(Suggestion("title", paper.title, paper.id) for paper in titles[:room]),
        *(Suggestion("author", name) for name in names),
        *(Suggestion("venue", name) for name in places),
    ][:limit]


def _completions(typed: str, names: Iterable[str]) -> list[str]:
    """The distinct names that hold every word typed, the last one as a beginning, most frequent first."""
    *whole, last = name_words(typed) or [""]
    counts = Counter(name for name in names if name)
    return [
        name
        for name, _ in counts.most_common()
        if set(whole) <= set(words := name_words(name)) and any(word.startswith(last) for word in words)
    ]
