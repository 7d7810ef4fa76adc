"""Rankings that no search made: the paper that was asked for by name, first; and filters alone, as a list."""

import numpy as np

from papersearch.codes import Floats
from papersearch.ranking import Ranking
from papersearch.store import Rows


def pinned(ranking: Ranking, rows: Rows, cosines: Floats | None = None) -> Ranking:
    """The ranking with these rows at its head, whether or not it held them; the others keep their order.

    Their score is 1, or the best of the others where that is higher, so that scores never rise on the way
    down. cosines: those of `rows`, for the ones that the ranking did not hold.
    """
    if not len(rows):
        return ranking
    rest = ranking.without(rows)
    held = np.isin(ranking.rows, rows)
    extra = ~np.isin(rows, ranking.rows)
    unknown = np.full(int(extra.sum()), np.nan, np.float32)
    score = max(1.0, float(rest.scores.max(initial=0.0)))
    return Ranking(
        np.concatenate([ranking.rows[held], rows[extra], rest.rows]),
        np.concatenate([np.full(len(rows), score, np.float32), rest.scores]),
        np.concatenate(
            [ranking.semantic[held], unknown if cosines is None else cosines[extra], rest.semantic]
        ),
        np.concatenate([ranking.keyword[held], unknown, rest.keyword]),
    )


def listed(rows: Rows) -> Ranking:
    """These rows as they come, where nothing was searched for: each has the score 1."""
    unknown = np.full(len(rows), np.nan, np.float32)
    return Ranking(rows, np.ones(len(rows), np.float32), unknown, unknown)
