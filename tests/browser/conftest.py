"""A browser, the service over papers made for these tests, and a web server of another origin."""

import shutil
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect, sync_playwright

from api.app import create_app
from api.live import Live
from indexer import field_values
from indexer.build import build
from indexer.progress import Progress
from papersearch.paper import Paper, Session
from tests import tiny

expect.set_options(timeout=10_000)


def made_papers() -> list[Paper]:
    """Enough on compilers for two pages of results, some on networks, and one that a stranger would send."""
    compilers = [
        Paper(
            id=f"compilers-{number}",
            title=f"Ordering compiler passes, part {number}",
            abstract=f"A compiler runs its passes in some order. Part {number} lets a policy choose the "
            "order of the compiler passes and measures the code that comes out.",
            authors=("Grace Hopper", f"Student Number{number}"),
            year=2020 + number % 4,
            venue=("CGO", "NeurIPS", "PLDI")[number % 3],
            url=f"https://www.example.org/papers/{number}",
        )
        for number in range(1, 14)
    ]
    networks = [
        Paper(
            id="congestion",
            title="Congestion control that learns",
            abstract="Congestion control decides how fast a sender may send. This congestion control "
            "learns from the delay of every packet. It shares a bottleneck fairly with others.",
            authors=("Sally Floyd", "Van Jacobson"),
            year=2022,
            venue="SIGCOMM",
            keywords=("networks",),
            url="https://www.example.org/papers/congestion",
            sessions=(Session("spotlight", "Sat 10:55 a.m.", "11:05 a.m."), Session("poster")),
        ),
        Paper(
            id="queues",
            title="Short queues in routers",
            abstract="Routers drop packets early to keep queues short, which leaves the sender in control.",
            authors=("Sally Floyd",),
            year=1993,
            venue="SIGCOMM 1993",
        ),
        Paper(id="bare", title="A paper of which little is known", abstract="Nobody wrote down who made it."),
    ]
    hostile = Paper(
        id='odd/id?#%é&+"',
        title="<img src=x onerror=alert(1)> <script>alert(2)</script> Hostile markup in titles",
        abstract="Hostile markup, such as <q onmouseover=alert(3)>this</q>, is text. " + "Long" * 120,
        authors=('"><script>alert(4)</script>', "O’Brien & Söhne"),
        year=2024,
        venue="<q>Venue</q>",
        url="javascript:alert(5)",
    )
    return [*compilers, *networks, hostile]


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory, site_server: ThreadingHTTPServer) -> Iterator[str]:
    """The address of the real service over `made_papers`; it allows pages of `site_server`."""
    folder = tmp_path_factory.mktemp("browser")
    source = folder / "papers.jsonl"
    source.write_text("".join(paper.to_json() + "\n" for paper in made_papers()), "utf-8")
    with pytest.MonkeyPatch.context() as patch, tiny.in_place_of_models():
        # The indexer refuses addresses like the hostile paper's. The pages must not count on it.
        web = field_values.url
        patch.setattr(field_values, "url", lambda value: value if "javascript:" in str(value) else web(value))
        build([source], folder / "index", model_name="tiny", progress=Progress(quiet=True))
    ready = Event()
    app = create_app(
        Live(folder / "index", ready=lambda _: ready.set()),
        cors_origins=[f"http://127.0.0.1:{site_server.server_port}"],
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    assert ready.wait(60), "the service did not get ready"
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. For one module: Playwright's loop must not reach tests that use asyncio."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no chromium on PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def console() -> list[str]:
    """Errors and warnings that the browser wrote, dialogs too; `page` fails the test when any are left."""
    return []


@pytest.fixture
def page(browser: Browser, live_server: str, console: list[str]) -> Iterator[Page]:
    """An empty page whose relative addresses are the service's."""

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            console.append(message.text)

    def refuse(dialog: Dialog) -> None:
        console.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    context = browser.new_context(base_url=live_server, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    context.on("console", hear)
    context.on("dialog", refuse)
    context.on("weberror", lambda error: console.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert console == []


@pytest.fixture(scope="session")
def site_server() -> Iterator[ThreadingHTTPServer]:
    """A web server that knows nothing of papers. Its `pages` are what it serves."""
    pages: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, b"")
            self.send_response(200 if body else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.pages = pages  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site(site_server: ThreadingHTTPServer) -> Callable[[str], str]:
    """Put a document on the other server; the answer is its address."""
    numbers = count()

    def publish(document: str) -> str:
        path = f"/{next(numbers)}"
        site_server.pages[path] = document.encode()  # type: ignore[attr-defined]
        return f"http://127.0.0.1:{site_server.server_port}{path}"

    return publish
