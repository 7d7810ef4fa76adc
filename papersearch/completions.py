"""Completions: the names that what is being typed may become."""

from collections import Counter
from collections.abc import Iterable

from papersearch.text import fold


def completions(typed: str, names: Iterable[str]) -> list[str]:
    """The distinct names that hold every word typed, the last one as a beginning, most frequent first."""
    *whole, last = fold(typed).split() or [""]
    counts = Counter(name for name in names if name)
    return [
        name
        for name, _ in counts.most_common()
        if set(whole) <= set(words := fold(name).split()) and any(word.startswith(last) for word in words)
    ]
