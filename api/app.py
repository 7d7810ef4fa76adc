"""The application: one FastAPI app over one index folder."""

import signal
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from api import pages, problems, routes
from api.answers import Answers
from api.head import Head
from api.live import Live
from api.measured import Measured
from papersearch import __version__

STATIC = Path(__file__).parent / "static"


def create_app(live: Live, *, cors_origins: Sequence[str] = (), wait: bool = False) -> FastAPI:
    """The service over the index that is `live`, which it starts and stops.

    cors_origins: sites whose pages may call the API.
    wait: start only when the index is open, or cannot be, so that a worker takes over from another without a
    gap.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        live.start()
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
    app.state.live, app.state.answers = live, Answers(live.metrics)
    app.include_router(routes.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app, pages.problem_page)
    if cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(cors_origins), allow_methods=["GET", "POST"])
    app.add_middleware(Measured, metrics=live.metrics)
    app.add_middleware(Head)
    return app
