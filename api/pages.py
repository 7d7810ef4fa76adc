"""The pages for people: search, a paper, problems, and the API's description. They need no JavaScript."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader
from pydantic_core import from_json

from api.live import Live, NotReady
from api.problems import root_path
from api.routes import MOST_OFFSET, CurrentAnswers, CurrentIndex
from papersearch import __version__
from papersearch import query as engine
from papersearch.errors import QueryInvalid
from papersearch.filters import Filters

LIMIT = 10
EXAMPLES = (
    "RL for compilers",
    "make transformers smaller without retraining",
    "congestion control that learns",
)
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"

router = APIRouter(include_in_schema=False)
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def paper_path(paper_id: str) -> str:
    """The address of a paper's page under the service's root."""
    return "/papers/" + "/".join(quote(segment, safe="") for segment in paper_id.split("/"))


_templates.filters["paper_path"] = paper_path


@router.get("/")
async def search_page(
    request: Request,
    index: CurrentIndex,
    answers: CurrentAnswers,
    q: str = "",
    offset: str = "0",
    mode: str = "hybrid",
    year_from: str = "",
    year_to: str = "",
    venue: str = "",
    author: str = "",
) -> HTMLResponse:
    """The search page. Everything in its address is what a person typed, so nothing of it is refused."""
    mode_known: engine.Mode = mode if mode in get_args(engine.Mode) else "hybrid"  # type: ignore[assignment]
    start = min(_number(offset) or 0, MOST_OFFSET)
    filters = Filters(
        _number(year_from), _number(year_to), venue.strip()[:500] or None, author.strip()[:500] or None
    )
    results, problem = None, None
    if q.strip() or filters != Filters():
        try:
            query = engine.Query(q.strip(), LIMIT, start, mode_known, filters, facets=True)
            results = from_json(await answers.to(query, index))
            if start >= results["total"] > 0:  # beyond the end: the last page instead
                start = (results["total"] - 1) // LIMIT * LIMIT
                results = from_json(await answers.to(replace(query, offset=start), index))
        except QueryInvalid as error:
            problem = {"title": "That query can't be searched for", "detail": str(error)}
    total = results["total"] if results else 0
    kept = {
        "q": q,
        "mode": mode_known if mode_known != "hybrid" else "",
        "year_from": filters.year_from,
        "year_to": filters.year_to,
        "venue": filters.venue,
        "author": filters.author,
    }
    return _page(
        request,
        "search.html",
        papers=len(index),
        query=q,
        mode=mode_known,
        filters=filters,
        results=results,
        problem=problem,
        offset=start,
        limit=LIMIT,
        examples=EXAMPLES,
        previous=_address(request, kept, max(0, start - LIMIT)) if start and total else None,
        next=_address(request, kept, start + LIMIT) if start + LIMIT < total else None,
    )


@router.get("/papers/{paper_id:path}")
async def paper_page(
    request: Request, paper_id: str, index: CurrentIndex, answers: CurrentAnswers
) -> HTMLResponse:
    """A paper and its related ones."""
    paper = await run_in_threadpool(index.paper, paper_id)
    related = from_json(await answers.related(partial(index.related, [paper_id], limit=8)))
    return _page(request, "paper.html", papers=len(index), paper=paper, related=related["hits"])


@router.get("/docs")
def api_page(request: Request) -> HTMLResponse:
    """The API described from its own OpenAPI document; no script from elsewhere, so it works offline."""
    return _page(request, "api.html", papers=_papers(request), api=request.app.openapi())


def problem_page(request: Request, status: int, title: str, detail: str) -> Response:
    """An error as a page."""
    page = _page(request, "problem.html", papers=_papers(request), status=status, title=title, detail=detail)
    page.status_code = status
    return page


def _page(request: Request, template: str, **context: Any) -> HTMLResponse:
    form = _templates.get_template(template)
    text = form.render(root=root_path(request), version=__version__, **context)
    return HTMLResponse(text.encode("utf-8", "replace"), headers={"Content-Security-Policy": POLICY})


def _papers(request: Request) -> int:
    live: Live = request.app.state.live
    try:
        return len(live.index)
    except NotReady:
        return 0


def _number(text: str) -> int | None:
    return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= 5 else None


def _address(request: Request, kept: dict[str, Any], offset: int) -> str:
    values = {
        name: value for name, value in {**kept, "offset": offset or ""}.items() if value not in (None, "")
    }
    return f"{root_path(request)}/?{urlencode(values)}"
