"""An index: one generation of papers, opened for searching.

query ─▶ encoder ─┐
  │               ├─▶ retrieval ─▶ store ─▶ hits
  └───▶ words ────┘
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from papersearch import manifest as manifests
from papersearch.acronyms import Acronyms
from papersearch.codes import Floats
from papersearch.completions import completions
from papersearch.encoder import Encoder, ExportedEncoder, opened
from papersearch.errors import IndexUnusable, QueryInvalid
from papersearch.manifest import Manifest
from papersearch.paper import Paper
from papersearch.query import MOST_SEEDS, Answer, Hit, Query, Suggestion, check_limit, check_text
from papersearch.ranking import Background, Ranking
from papersearch.reranker import RERANKED, ExportedReranker, reranked
from papersearch.retrieval import Retrieval
from papersearch.sentences import Sentences
from papersearch.snippet import Piece, snippet
from papersearch.stages import Stages
from papersearch.store import Store
from papersearch.text import sentences
from papersearch.vectors import Vectors
from papersearch.words import Words, stems

FEW_WORDS = 4
"""Queries of up to so many words are encoded with their acronyms written out (see benchmarks/README.md)."""
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
        sentences: Sentences,
        background: Background,
        acronyms: Acronyms,
        encoder: Encoder,
        reranker: ExportedReranker | None = None,
    ) -> None:
        self.manifest = manifest
        self._store, self._vectors, self._words, self._sentences = store, vectors, words, sentences
        self._background, self._acronyms, self._encoder = background, acronyms, encoder
        self._reranker = reranker
        self._retrieval = Retrieval(vectors, words, sentences, background)

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
        vectors = Vectors(home / manifests.VECTORS, manifest.step)
        words = Words(home / manifests.WORDS)
        sentences = Sentences(home / manifests.SENTENCES, manifest.step, vectors.dimension)
        if len({manifest.papers, len(store), len(vectors), len(words), len(sentences)}) != 1:
            raise IndexUnusable(
                f"{home}: {manifest.papers} papers are promised, the parts hold {len(store)} records, "
                f"{len(vectors)} vectors, {len(words)} texts and sentences of {len(sentences)}; "
                "build the index again"
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
            sentences,
            background,
            Acronyms.load(home / manifests.ACRONYMS),
            wrap(ExportedEncoder(home / manifests.ENCODER, manifest.encoder)),
            ExportedReranker(home / manifests.RERANKER, manifest.reranker) if manifest.reranker else None,
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
        stages = Stages()
        text, concepts = self._acronyms.read(query.text)
        # A few words want their acronyms written out; a whole sentence says enough as it stands.
        said = text if len(query.text.split()) <= FEW_WORDS else query.text
        vector = None if query.mode == "keyword" else self._vector(said)
        stages.done("encode")
        among = self._store.matching(query.filters)
        stages.done("filter")
        words = None if query.mode == "semantic" else text
        ranking = self._retrieval.rank(vector, words, stages, among=among, concepts=concepts)
        if self._reranker and query.mode == "hybrid" and query.offset < RERANKED:  # below, nothing moves
            best = self._store.papers(ranking.rows[:RERANKED])
            ranking = reranked(ranking, self._reranker.scores(query.text, best))
            stages.done("rerank")
        shown = stems(" ".join([query.text, text, *(concept.short for concept in concepts)]))
        return self._answer(ranking, query.offset, query.limit, shown, stages, vector, facets=query.facets)

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
        stages = Stages()
        liked, unliked = (
            np.array([self._store.row(each) for each in ids], np.int64) for ids in (like, unlike)
        )
        seeds = self._store.papers(liked)
        directions = [self._vectors.at(liked)]
        if text.strip():
            check_text(text, "the text")
            directions.append(self._vector(text)[None, :])
        vector = np.concatenate(directions).mean(axis=0)
        if len(unliked):
            vector = vector - UNLIKED_WEIGHT * self._vectors.at(unliked).mean(axis=0)
        vector /= max(float(np.linalg.norm(vector)), 1e-6)
        stages.done("encode")
        words = " ".join([text, *(seed.text for seed in seeds)])
        ranking = self._retrieval.rank(vector, words, stages, without=np.concatenate([liked, unliked]))
        shown = stems(" ".join([text, *(seed.title for seed in seeds)]))
        return self._answer(ranking, offset, limit, shown, stages, vector)

    def suggest(self, typed: str, limit: int = 10) -> list[Suggestion]:
        """Titles, authors and venues that hold the words typed so far. Never waits for the encoder."""
        titles = self._store.papers(self._words.beginning("title", typed, limit))
        authors = self._store.papers(self._words.beginning("author", typed, 20 * limit))
        venues = self._store.papers(self._words.beginning("venue", typed, 20 * limit))
        names = completions(typed, (name for paper in authors for name in paper.authors))[
            : max(1, limit // 3)
        ]
        places = completions(typed, (paper.venue or "" for paper in venues))[: max(1, limit // 5)]
        room = max(0, limit - len(names) - len(places))
        return [
            *(Suggestion("title", paper.title, paper.id) for paper in titles[:room]),
            *(Suggestion("author", name) for name in names),
            *(Suggestion("venue", name) for name in places),
        ][:limit]

    def _vector(self, text: str) -> Floats:
        """The unit vector (d,) of a query; of several sentences the first counts more, as a title does."""
        first, *others = sentences(text) or [text]
        if not others:
            return np.asarray(self._encoder.encode_queries([text])[0])
        whole, opening = self._encoder.encode_queries([text, first])
        return opened(whole, opening)

    def _answer(
        self,
        ranking: Ranking,
        offset: int,
        limit: int,
        wanted: Sequence[str],
        stages: Stages,
        vector: Floats | None = None,
        *,
        facets: bool = False,
    ) -> Answer:
        page = slice(offset, offset + limit)
        rows = ranking.rows[page]
        papers = self._store.papers(rows)
        stages.done("fetch")
        shown = [self._snippet(row, paper, wanted, vector) for row, paper in zip(rows, papers, strict=True)]
        parts = zip(ranking.scores[page], ranking.semantic[page], ranking.keyword[page], strict=True)
        hits = [
            Hit(paper, float(score), _known(semantic), _known(keyword), pieces)
            for paper, pieces, (score, semantic, keyword) in zip(papers, shown, parts, strict=True)
        ]
        stages.done("snippet")
        counts = self._store.facets(ranking.rows) if facets else None
        stages.done("facets")
        return Answer(len(ranking), hits, stages.seconds, counts)

    def _snippet(
        self, row: np.int64, paper: Paper, wanted: Sequence[str], vector: Floats | None
    ) -> list[Piece]:
        spans, vectors = self._sentences.of(int(row))
        cosines = np.zeros(len(spans), np.float32) if vector is None else vectors @ vector
        return snippet(paper.abstract, spans, cosines, wanted)


def _known(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)
