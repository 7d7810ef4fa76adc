"""An index: one generation of papers, opened for searching.

query ─▶ reading ─▶ encoder ─┐
            │                ├─▶ retrieval ─▶ store ─▶ hits
            └────▶ words ────┘
"""

from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from papersearch import manifest as manifests
from papersearch.beside import Beside
from papersearch.codes import Floats
from papersearch.confidence import cites, is_near, says_all
from papersearch.diversity import DEPTH as DIVERSE_DEPTH
from papersearch.diversity import diverse
from papersearch.encoder import Encoder, ExportedEncoder
from papersearch.errors import QueryInvalid
from papersearch.generation import Generation
from papersearch.paper import Paper
from papersearch.pinning import listed, pinned
from papersearch.query import (
    MOST_SEEDS,
    Answer,
    Hit,
    Query,
    Suggestion,
    check_diversity,
    check_limit,
    check_text,
)
from papersearch.query_vectors import QueryVectors
from papersearch.ranking import Ranking
from papersearch.reading import read
from papersearch.reasons import Reason, Run, nearest, runs, topics
from papersearch.reranker import RERANKED, ExportedReranker, reranked
from papersearch.retrieval import Retrieval
from papersearch.snippet import snippet
from papersearch.stages import Stages
from papersearch.store import Rows
from papersearch.suggestions import suggestions

FEW_WORDS = 4
"""Queries of up to so many words are encoded with their acronyms written out (see benchmarks/README.md)."""
MOST_LISTED = 10_000
"""The most papers that a query of filters alone brings."""
UNLIKED_WEIGHT = 0.5
"""How far the mean of the papers not liked pushes a related-papers search away from them."""


class Index:
    """Search, related papers and suggestions over one generation. Safe from many threads."""

    def __init__(self, parts: Generation, encoder: Encoder, reranker: ExportedReranker | None = None) -> None:
        self.manifest = parts.manifest
        self._parts, self._vectors, self._reranker = parts, QueryVectors(encoder), reranker
        self._beside = Beside()
        self._retrieval = Retrieval(parts.vectors, parts.words, parts.background, parts.latent, self._beside)

    @classmethod
    def open(cls, folder: Path) -> "Index":
        """Open the generation that the manifest names; later builds do not disturb it.

        Raises IndexUnusable: missing, incomplete, of another version, or its parts do not belong together.
        """
        manifest = manifests.read(folder)
        home, card = manifest.folder(folder), manifest.reranker
        with ThreadPoolExecutor(1) as beside:  # loading the graph takes as long as the other parts
            encoder = beside.submit(ExportedEncoder, home / manifests.ENCODER, manifest.encoder)
            parts = Generation.open(folder, manifest)
            reranker = ExportedReranker(home / manifests.RERANKER, card) if card else None
            return cls(parts, encoder.result(), reranker)

    def __len__(self) -> int:
        return self.manifest.papers

    def paper(self, paper_id: str) -> Paper:
        """The paper with this id. Raises PaperUnknown."""
        return self._parts.store.papers([self._parts.row(paper_id)])[0]

    def warm(self) -> None:
        """Answer one query, so that the first person's is not the slow one."""
        self.search(Query("warm"))

    def read_ahead(self) -> None:
        """Have the files in memory that queries read, so that none waits for a disk."""
        self._parts.read_ahead()

    def search(self, query: Query) -> Answer:
        """The page of hits that a query asks for. The same query on the same generation pages stably."""
        with self._beside.search():
            return self._search(query)

    def _search(self, query: Query) -> Answer:
        stages, parts = Stages(), self._parts
        reading = read(query, parts.store, parts.words, parts.spelling)
        stages.done("read")
        if not reading.text:  # filters and nothing else
            ranking = listed(parts.store.newest(reading.among, MOST_LISTED))
            return self._answer(ranking, query.offset, query.limit, frozenset(), stages, facets=query.facets)
        written_out, concepts = parts.acronyms.read(reading.text)
        # A few words want their acronyms written out; a whole sentence says enough as it stands.
        encoded = written_out if len(reading.text.split()) <= FEW_WORDS else reading.text
        encode = partial(self._vectors.of, encoded)
        vector_of = None if query.mode == "keyword" else self._beside.begin(encode)
        words = None if query.mode == "semantic" else written_out
        ranking = self._retrieval.rank(vector_of, words, stages, among=reading.among, concepts=concepts)
        vector = vector_of and vector_of()
        # Before anything moves, so that every page says the same.
        good = len(reading.named) > 0 or (reading.phrased and len(ranking) > 0)
        good = good or self._is_good_match(ranking, reading.text, written_out)
        if self._reranker and query.mode == "hybrid" and query.offset < RERANKED + len(reading.named):
            best = parts.store.papers(ranking.rows[:RERANKED])  # on later pages, nothing would move
            ranking = reranked(ranking, self._reranker.scores(reading.text, best))
            stages.done("rerank")
        if len(reading.named):
            cosines = None if vector is None else parts.vectors.cosines(reading.named, vector)
            ranking = pinned(ranking, reading.named, cosines)
        shown = self._stems(reading.text, written_out, *(concept.short for concept in concepts))
        answer = self._answer(ranking, query.offset, query.limit, shown, stages, vector, facets=query.facets)
        return replace(answer, corrected=reading.corrected, good_match=good)

    def related(
        self,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        text: str = "",
        *,
        limit: int = 10,
        diversity: float = 0.0,
    ) -> Answer:
        """Papers near the liked ones and the text, away from those not liked; none of the seeds themselves.

        diversity: from 0, the nearest papers, to 1, papers unlike each other (diversity.py).
        Raises PaperUnknown for an id that is not there, QueryInvalid for nothing to go by or too much.
        """
        check_limit(limit)
        check_diversity(diversity)
        if not like and not text.strip():
            raise QueryInvalid("nothing to go by: give the id of a liked paper, or a text")
        if len(like) + len(unlike) > MOST_SEEDS:
            raise QueryInvalid(f"{len(like) + len(unlike)} papers are named; at most {MOST_SEEDS} are taken")
        stages, parts = Stages(), self._parts
        liked, unliked = (np.array([parts.row(each) for each in ids], np.int64) for ids in (like, unlike))
        seeds = parts.store.papers(liked)
        directions = [parts.vectors.at(liked)]
        if text.strip():
            check_text(text, "the text")
        with self._beside.search():
            if text.strip():
                directions.append(self._vectors.of(text)[None, :])
            vector = np.concatenate(directions).mean(axis=0)
            if len(unliked):
                vector = vector - UNLIKED_WEIGHT * parts.vectors.at(unliked).mean(axis=0)
            vector /= max(float(np.linalg.norm(vector)), 1e-6)
            stages.done("encode")
            words = " ".join([text, *(seed.text for seed in seeds)])
            seeded = np.concatenate([liked, unliked])
            ranking = self._retrieval.rank(lambda: vector, words, stages, without=seeded)
        if diversity:
            ranking = diverse(ranking, parts.vectors.at(ranking.rows[:DIVERSE_DEPTH]), diversity)
        shown = self._stems(text, *(seed.title for seed in seeds))
        answer = self._answer(ranking, 0, limit, shown, stages, vector)
        if not seeds:
            return answer
        said = cache(lambda place: runs(seeds[place]))  # many hits may be nearest to one liked paper
        pairs = zip(ranking.rows, answer.hits, strict=False)
        hits = [
            replace(hit, reason=self._reason(int(row), hit.paper, liked, seeds, said)) for row, hit in pairs
        ]
        stages.done("reasons")
        return replace(answer, hits=hits)

    def suggest(self, typed: str, limit: int = 10) -> list[Suggestion]:
        """Titles, authors and venues that hold the words typed so far. Never waits for the encoder."""
        return suggestions(typed, limit, self._parts.store, self._parts.words)

    def _is_good_match(self, ranking: Ranking, *texts: str) -> bool:
        parts = self._parts
        if is_near(ranking, parts.background.cutoff):
            return True
        rows = ranking.rows[~np.isnan(ranking.keyword)]
        return any(
            cites(text, paper) or says_all(paper, self._stems(text), parts.words.weight)
            for paper in parts.store.papers(rows[:1])
            for text in set(texts)
        )

    def _stems(self, *texts: str) -> frozenset[str]:
        return frozenset(self._parts.words.stems(" ".join(texts)))

    def _reason(
        self,
        row: int,
        paper: Paper,
        liked: Rows,
        seeds: Sequence[Paper],
        said: Callable[[int], frozenset[Run]],
    ) -> Reason:
        """Why a paper is related to the liked one that it is nearest to."""
        own = self._parts.vectors.at(np.array([row]))[0]
        closest = int(self._parts.vectors.cosines(liked, own).argmax())
        seed = seeds[closest]
        said_by = self._parts.sentences.of
        one, other = nearest(paper, said_by(row), seed, said_by(int(liked[closest])))
        return Reason(topics(paper, said(closest), self._parts.words.weight), one, seed.id, other)

    def _answer(
        self,
        ranking: Ranking,
        offset: int,
        limit: int,
        wanted: Set[str],
        stages: Stages,
        vector: Floats | None = None,
        *,
        facets: bool = False,
    ) -> Answer:
        page = slice(offset, offset + limit)
        rows = ranking.rows[page]
        papers = self._parts.store.papers(rows)
        stages.done("fetch")
        shown = [
            snippet(paper.abstract, *said, wanted)
            for paper, said in zip(papers, self._parts.sentences.beside(rows, vector), strict=True)
        ]
        parts = zip(ranking.scores[page], ranking.semantic[page], ranking.keyword[page], strict=True)
        hits = [
            Hit(paper, float(score), _known(semantic), _known(keyword), pieces)
            for paper, pieces, (score, semantic, keyword) in zip(papers, shown, parts, strict=True)
        ]
        stages.done("snippet")
        counts = self._parts.store.facets(ranking.rows) if facets else None
        stages.done("facets")
        return Answer(len(ranking), hits, stages.seconds, counts)


def _known(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)
