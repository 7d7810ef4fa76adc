"""Run the application: bind the port, start the workers, say where it is, leave when told."""

import ctypes
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from api.live import Live
from papersearch import manifest as manifests
from papersearch.errors import PapersearchError

if TYPE_CHECKING:
    from fastapi import FastAPI

GRACE = 30
"""Seconds that requests under way are given when the service is told to stop."""


_ARENA_MAX = -8
"""M_ARENA_MAX of mallopt(3)."""


class CannotServe(PapersearchError):
    """The service cannot start; the message says why."""


def serve(
    folder: Path, *, host: str, port: int, workers: int, cors_origins: Sequence[str], root_path: str
) -> None:
    """Serve an index folder until SIGTERM or Ctrl-C, then let the requests under way finish.

    Raises IndexUnusable or CannotServe before anything is served.
    """
    cors_origins = [_origin(each) for each in cors_origins]
    manifests.check_files(folder, manifests.read(folder))
    _share_one_heap()
    # numpy's own threads would wait for each other at every search; it reads this when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells which processor it was built for
    listener = _bind(host, port)
    root_path = "".join(f"/{part}" for part in root_path.split("/") if part)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listener.getsockname()[1]}{root_path}"
    failures: list[str] = []
    servers: list[Any] = []
    takes_signals = Event()

    def failed(reason: str) -> None:
        failures.append(reason)
        for each in servers:
            each.should_exit = True

    def ready(papers: int) -> None:
        takes_signals.wait()
        print(f"Papersearch serves {papers} papers at {address} (Ctrl-C stops it)", flush=True)  # noqa: T201

    # No access log: what people search for is nobody's business by default.
    options: dict[str, Any] = {
        "access_log": False,
        "log_level": "warning",
        "timeout_graceful_shutdown": GRACE,
        "root_path": root_path,
    }
    if workers > 1:
        import uvicorn
        from uvicorn.supervisors import Multiprocess

        os.environ.update(
            PAPERSEARCH_INDEX=str(folder),
            PAPERSEARCH_CORS_ORIGIN=" ".join(cors_origins),
        )
        config = uvicorn.Config("api.server:worker", factory=True, workers=workers, **options)
        print(f"Papersearch starts {workers} workers at {address} (Ctrl-C stops them)", flush=True)  # noqa: T201
        Multiprocess(config, sockets=[listener]).run()
        return
    live = Live(folder, ready, failed)
    live.start()
    # The index loads while the web server is imported: a third of a second each.
    import uvicorn

    from api.app import create_app

    server = uvicorn.Server(uvicorn.Config(create_app(live, cors_origins=cors_origins), **options))
    servers.append(server)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again when it is done, and its default action is to fail.
        signal.signal(number, server.handle_exit)
    takes_signals.set()
    if not failures:
        server.run(sockets=[listener])
    if failures:
        raise CannotServe(failures[0])


def worker() -> "FastAPI":
    """The application of one worker process, set up by the environment that `serve` leaves it."""
    origins = os.environ.get("PAPERSEARCH_CORS_ORIGIN", "").split()

    def ready(papers: int) -> None:
        print(f"Worker {os.getpid()} serves {papers} papers{_own_memory()}", flush=True)  # noqa: T201

    _share_one_heap()
    live = Live(Path(os.environ["PAPERSEARCH_INDEX"]), ready)
    live.start()
    from api.app import create_app

    return create_app(live, cors_origins=origins, wait=True)


def _share_one_heap() -> None:
    """Let all threads take memory from one heap: others would keep 10 MB that was freed, and two searches at
    once seldom want any at the same moment.
    """
    with suppress(OSError, AttributeError):  # another system's library
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def _own_memory() -> str:
    """What this process holds that no other can share, in words; nothing where the system does not tell."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return ""
    kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))
    return f" and has {kilobytes // 1024} MB of memory for itself; the files of the index are shared"


def _origin(given: str) -> str:
    """An origin as browsers send it: without a path, and without the slash that an address bar shows."""
    origin = given.rstrip("/").lower()
    if origin not in ("*", "null") and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+", origin):
        raise CannotServe(f"--cors-origin {given!r} is no site: write https://lab.example, or * for all")
    return origin


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named for asyncio, which only then sends an answer's parts without waiting for
    # the client's acknowledgement: 40 ms for each request over a kept connection.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise CannotServe(
            f"cannot listen on {host}:{port} ({reason}); choose another with --host or --port"
        ) from error
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener
