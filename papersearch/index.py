"""An index: one generation of papers, opened for searching.

query ─▶ reading ─▶ encoder ─▶ vectors ─┐
            │                          ├─▶ ranking ─▶ store ─▶ hits
            └────────────▶ words ──────┘
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from papersearch import manifest as manifests
from papersearch.acronyms import Acronyms, Concept
from papersearch.encoder import Encoder, ExportedEncoder
from papersearch.errors import IndexUnusable, QueryInvalid
from papersearch.manifest import Manifest
from papersearch.paper import Paper
from papersearch.pinning import listed, pinned
from papersearch.query import MOST_SEEDS, Answer, Hit, Query, Suggestion, check_limit, check_text
from papersearch.ranking import DEPTH, Background, Ranking, fused, ranked
from papersearch.reading import read
from papersearch.snippet import snippet
from papersearch.spelling import Spelling
from papersearch.store import Rows, Store
from papersearch.suggestions import suggestions
from papersearch.vectors import Floats, Vectors
from papersearch.words import Words, stems

FEW_WORDS = 4
"""Queries of up to so many words are encoded with their acronyms written out (see benchmarks/README.md)."""
MOST_LISTED = 10_000
"""The most papers that a query of filters alone brings."""
UNLIKED_WEIGHT = 0.5
"""How far the mean of the papers not liked pushes a related-papers search away from them."""


class Index:
    """Search, related papers and suggestions over one generation. Safe from many threads."""

    def __init__(
        self,
        manifest: Manifest,
        store: Store,
        vectors: Vectors,
        words: Words,
        background: Background,
        acronyms: Acronyms,
        spelling: Spelling,
        encoder: Encoder,
    ) -> None:
        self.manifest = manifest
        self._store, self._vectors, self._words = store, vectors, words
        self._background, self._acronyms, self._encoder = background, acronyms, encoder
        self._spelling = spelling

    @classmethod
    def open(
        cls, folder: Path, wrap: Callable[[ExportedEncoder], Encoder] = lambda encoder: encoder
    ) -> "Index":
        """Open the generation that the manifest names; later builds do not disturb it.

        `wrap` may put something around the encoder that lets many threads share it.
        Raises IndexUnusable: missing, incomplete, of another version, or its parts do not belong together.
        """
        manifest = manifests.read(folder)
        manifests.check_files(folder, manifest)
        home = manifest.folder(folder)
        store = Store(home / manifests.PAPERS)
        vectors = Vectors(home / manifests.VECTORS)
        words = Words(home / manifests.WORDS)
        if len({manifest.papers, len(store), len(vectors), len(words)}) != 1:
            raise IndexUnusable(
                f"{home}: {manifest.papers} papers are promised, the parts hold {len(store)} records, "
                f"{len(vectors)} vectors and {len(words)} texts; build the index again"
            )
        if vectors.dimension != manifest.encoder.dimension:
            raise IndexUnusable(
                f"{home}: the vectors have {vectors.dimension} dimensions, those of its encoder "
                f"{manifest.encoder.dimension}; build the index again"
            )
        background = Background.load(home / manifests.BACKGROUND)
        return cls(
            manifest,
            store,
            vectors,
            words,
            background,
            Acronyms.load(home / manifests.ACRONYMS),
            Spelling.load(home / manifests.VOCABULARY),
            wrap(ExportedEncoder(home / manifests.ENCODER, manifest.encoder)),
        )

    def __len__(self) -> int:
        return self.manifest.papers

    def paper(self, paper_id: str) -> Paper:
        """The paper with this id. Raises PaperUnknown."""
        return self._store.papers([self._store.row(paper_id)])[0]

    def warm(self) -> None:
        """Answer one query, so that the first person's is not the slow one."""
        self.search(Query("warm"))

    def search(self, query: Query) -> Answer:
        """The page of hits that a query asks for. The same query on the same generation pages stably."""
        clock = _Clock()
        asked = read(query, self._store, self._words, self._spelling)
        clock.lap("read")
        if not asked.text:  # filters and nothing else
            ranking = listed(self._store.newest(asked.among, MOST_LISTED))
            return self._answer(ranking, query.offset, query.limit, (), clock, facets=query.facets)
        text, concepts = self._acronyms.read(asked.text)
        # A few words want their acronyms written out; a whole sentence says enough as it stands.
        said = text if len(asked.text.split()) <= FEW_WORDS else asked.text
        vector = None if query.mode == "keyword" else self._encoder.encode_queries([said])[0]
        clock.lap("encode")
        words = None if query.mode == "semantic" else text
        ranking = self._rank(vector, words, asked.among, clock, concepts)
        if len(asked.named):
            cosines = None if vector is None else self._vectors.at(asked.named) @ vector
            ranking = pinned(ranking, asked.named, cosines)
        shown = stems(" ".join([asked.text, text, *(concept.short for concept in concepts)]))
        answer = self._answer(ranking, query.offset, query.limit, shown, clock, facets=query.facets)
        return replace(answer, corrected=asked.corrected)

    def related(
        self,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        text: str = "",
        *,
        limit: int = 10,
        offset: int = 0,
    ) -> Answer:
        """Papers near the liked ones and the text, away from those not liked; none of the seeds themselves.

        Raises PaperUnknown for an id that is not there, QueryInvalid for nothing to go by or too much.
        """
        check_limit(limit)
        if not like and not text.strip():
            raise QueryInvalid("nothing to go by: give the id of a liked paper, or a text")
        if len(like) + len(unlike) > MOST_SEEDS:
            raise QueryInvalid(f"{len(like) + len(unlike)} papers are named; at most {MOST_SEEDS} are taken")
        clock = _Clock()
        liked, unliked = (
            np.array([self._store.row(each) for each in ids], np.int64) for ids in (like, unlike)
        )
        seeds = self._store.papers(liked)
        directions = [self._vectors.at(liked)]
        if text.strip():
            check_text(text, "the text")
            directions.append(self._encoder.encode_queries([text]))
        clock.lap("encode")
        vector = np.concatenate(directions).mean(axis=0)
        if len(unliked):
            vector = vector - UNLIKED_WEIGHT * self._vectors.at(unliked).mean(axis=0)
        vector /= max(float(np.linalg.norm(vector)), 1e-6)
        words = " ".join([text, *(seed.text for seed in seeds)])
        ranking = self._rank(vector, words, None, clock).without(np.concatenate([liked, unliked]))
        shown = stems(" ".join([text, *(seed.title for seed in seeds)]))
        return self._answer(ranking, offset, limit, shown, clock)

    def suggest(self, typed: str, limit: int = 10) -> list[Suggestion]:
        """Titles, authors and venues that hold the words typed so far. Never waits for the encoder."""
        return suggestions(typed, limit, self._store, self._words)

    def _rank(
        self,
        vector: Floats | None,
        text: str | None,
        among: Rows | None,
        clock: "_Clock",
        concepts: Sequence[Concept] = (),
    ) -> Ranking:
        near, cosines = self._vectors.search(vector, DEPTH, among) if vector is not None else _NOTHING
        clock.lap("dense")
        found, keyword = self._words.search(text, DEPTH, among, concepts) if text is not None else _NOTHING
        clock.lap("words")
        if vector is None:
            ranking = ranked(found, keyword, keyword=True)
        elif text is None:
            ranking = ranked(near, cosines, keyword=False)
        else:
            extra = np.setdiff1d(found, near)
            rows = np.concatenate([near, extra])
            semantic = np.concatenate([cosines, self._vectors.at(extra) @ vector])
            ranking = fused(rows, semantic, self._background.floor(vector), found, keyword)
        clock.lap("fuse")
        return ranking

    def _answer(
        self,
        ranking: Ranking,
        offset: int,
        limit: int,
        wanted: Sequence[str],
        clock: "_Clock",
        *,
        facets: bool = False,
    ) -> Answer:
        page = slice(offset, offset + limit)
        papers = self._store.papers(ranking.rows[page])
        clock.lap("fetch")
        hits = [
            Hit(paper, float(score), _known(semantic), _known(keyword), snippet(paper.abstract, wanted))
            for paper, score, semantic, keyword in zip(
                papers, ranking.scores[page], ranking.semantic[page], ranking.keyword[page], strict=True
            )
        ]
        clock.lap("snippet")
        counts = self._store.facets(ranking.rows) if facets else None
        clock.lap("facets")
        return Answer(len(ranking), hits, clock.laps, counts)


class _Clock:
    """Seconds spent in each stage of one answer."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = now - self._last
        self._last = now


_NOTHING: tuple[Rows, Floats] = (np.empty(0, np.int64), np.empty(0, np.float32))


def _known(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)
