"""HTTP version 1: search, papers, related papers, suggestions; health and metrics."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from api import metrics as metric_text
from api.answers import Answers, json_of
from api.live import Live
from api.metrics import Metrics
from api.problems import responses
from api.schemas import (
    Diversity,
    Limit,
    Paper,
    RelatedAnswer,
    RelatedRequest,
    SearchAnswer,
    Suggestions,
)
from papersearch import query as engine
from papersearch.filters import Filters
from papersearch.index import Index
from papersearch.query import MOST_CHARACTERS

MOST_OFFSET = 10_000

router = APIRouter()


async def current_index(request: Request) -> Index:
    """The index that this request is answered from, from its beginning to its end."""
    live: Live = request.app.state.live
    return live.index


async def current_metrics(request: Request) -> Metrics:
    """The application's metrics."""
    live: Live = request.app.state.live
    return live.metrics


async def current_answers(request: Request) -> Answers:
    """The application's answers."""
    answers: Answers = request.app.state.answers
    return answers


class Asked(BaseModel):
    """The parameters of a search."""

    q: str = Field(
        "",
        max_length=MOST_CHARACTERS,
        description="What to look for; may be left out beside a filter.",
        examples=["RL for compilers"],
    )
    limit: Limit = 10
    offset: int = Field(0, ge=0, le=MOST_OFFSET, description="How many hits to skip.")
    mode: engine.Mode = Field("hybrid", description="Meaning and words, meaning alone, or words alone.")
    year_from: int | None = Field(None, ge=0, le=9999, description="No paper from before this year.")
    year_to: int | None = Field(None, ge=0, le=9999, description="No paper from after this year.")
    venue: str | None = Field(None, max_length=500, description="The venue, by any of its words.")
    author: str | None = Field(None, max_length=500, description="An author, by any words of the name.")
    facets: bool = Field(False, description="Count years, venues and authors over all hits.")

    def query(self) -> engine.Query:
        """What the engine is asked. Raises QueryInvalid."""
        filters = Filters(self.year_from, self.year_to, self.venue, self.author)
        return engine.Query(self.q, self.limit, self.offset, self.mode, filters, self.facets)


CurrentIndex = Annotated[Index, Depends(current_index)]
CurrentMetrics = Annotated[Metrics, Depends(current_metrics)]
CurrentAnswers = Annotated[Answers, Depends(current_answers)]


class Written(Response):
    """JSON that has been written already."""

    media_type = "application/json"


@router.get("/v1/search", tags=["search"], response_model=SearchAnswer, responses=responses(422, 503))
async def search(asked: Annotated[Asked, Query()], index: CurrentIndex, answers: CurrentAnswers) -> Written:
    """Papers for a query in plain words, best first. The same query pages without repeats or gaps."""
    return Written(await answers.to(asked.query(), index))


# Before the paper's own address: an id may hold slashes, and "…/related" would otherwise be read as one.
@router.get(
    "/v1/papers/{paper_id:path}/related",
    tags=["related"],
    response_model=RelatedAnswer,
    responses=responses(404, 422, 503),
)
async def related_to(
    paper_id: str,
    index: CurrentIndex,
    answers: CurrentAnswers,
    limit: Annotated[Limit, Query()] = 10,
    diversity: Annotated[Diversity, Query()] = 0.0,
) -> Written:
    """The papers nearest to one paper."""
    find = partial(index.related, [paper_id], limit=limit, diversity=diversity)
    return Written(await answers.related(find))


@router.get(
    "/v1/papers/{paper_id:path}", tags=["papers"], response_model=Paper, responses=responses(404, 422, 503)
)
def paper(paper_id: str, index: CurrentIndex) -> Written:
    """One paper by its id; slashes in an id stand in the address as they are."""
    return Written(json_of(index.paper(paper_id)))


@router.post(
    "/v1/related", tags=["related"], response_model=RelatedAnswer, responses=responses(400, 404, 422, 503)
)
async def related(asked: RelatedRequest, index: CurrentIndex, answers: CurrentAnswers) -> Written:
    """Papers near several liked ones and a text, away from unliked ones; never the seeds themselves."""
    return Written(await answers.related(partial(index.related, **asked.model_dump())))


@router.get("/v1/suggest", tags=["search"], response_model=Suggestions, responses=responses(422, 503))
def suggest(
    index: CurrentIndex,
    q: Annotated[str, Query(max_length=200, description="What is typed so far.", examples=["reinf"])],
    limit: Annotated[Limit, Query()] = 8,
) -> Written:
    """Titles, authors and venues that hold the words typed so far. Never waits for the encoder."""
    return Written(json_of({"suggestions": index.suggest(q, limit)}))


class Health(BaseModel):
    """The service's own state."""

    status: str = Field(examples=["ok"])
    generation: str | None = None
    papers: int | None = None


@router.get("/health/live", tags=["operations"])
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/health/ready", tags=["operations"], responses=responses(503))
async def ready(index: CurrentIndex) -> Health:
    """The index is open and its encoder has answered a query."""
    return Health(status="ok", generation=index.manifest.generation, papers=len(index))


@router.get(
    "/metrics",
    tags=["operations"],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(metrics: CurrentMetrics) -> Response:
    """Counts and timings in the Prometheus text format."""
    return Response(metrics.text(), media_type=metric_text.CONTENT_TYPE)
