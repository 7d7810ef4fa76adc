"""The application: one FastAPI app over one index folder."""

import logging
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from api import pages, problems, routes
from api.live import Live
from api.metrics import Metrics
from papersearch import __version__

log = logging.getLogger("papersearch")
STATIC = Path(__file__).parent / "static"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Those that metrics tell apart; a client may make up any number of others."""


def create_app(
    folder: Path,
    *,
    cors_origins: Sequence[str] = (),
    ready: Callable[[int], None] = lambda papers: None,
    failed: Callable[[str], None] = log.error,
    wait: bool = False,
) -> FastAPI:
    """The service over the index in `folder`.

    cors_origins: sites whose pages may call the API.
    `ready` is told the number of papers once the first query can be answered; `failed` why it cannot.
    wait: start only when one of them has been told, so that a worker takes over from another without a gap.
    """
    metrics = Metrics()
    live = Live(folder, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        live.start(ready, failed)
        # Only the main thread may take signals; in a test the application runs in another.
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, lambda *_: live.look())
        if wait:
            await run_in_threadpool(live.settled.wait)
        yield
        live.stop()

    app = FastAPI(
        title="Papersearch",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        description="Semantic search over paper abstracts: ranked papers for a query, and related papers.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.live, app.state.metrics = live, metrics
    app.include_router(routes.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app, pages.problem_page)
    if cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(cors_origins), allow_methods=["GET", "POST"])

    @app.middleware("http")
    async def measure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        started = time.perf_counter()

        def count(status: int) -> None:
            # The route's pattern, not the address: the labels stay few, and no query or id is kept.
            route = getattr(request.scope.get("route"), "path", "none")
            method = request.method if request.method in METHODS else "other"
            metrics.requests.labels(method, route, str(status)).inc()
            metrics.latency.labels(route).observe(time.perf_counter() - started)

        try:
            response = await call_next(request)
        except Exception:
            count(500)
            raise
        count(response.status_code)
        response.headers["X-Content-Type-Options"] = "nosniff"
        if request.url.path.endswith("/static/paper-search.js"):
            # One tag on anybody's page: the script, unlike the API, may be loaded from anywhere.
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return app
