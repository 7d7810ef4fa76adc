"""The service as tests meet it: in this process over a test client, or as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
import uvicorn
from starlette.testclient import TestClient

from api.app import create_app
from api.live import Live

ROOT = Path(__file__).parent.parent
PATIENCE = 30
"""Seconds after which something that should have happened has not."""


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE} s"
        time.sleep(0.01)


@contextmanager
def in_process(folder: Path, *, root_path: str = "", **options: Any) -> Iterator[TestClient]:
    """A client of the application over an index, once it is ready. An error of it is a 500, as for anyone."""
    ready = Event()
    app = create_app(Live(folder, ready=lambda papers: ready.set()), **options)
    with TestClient(app, root_path=root_path, raise_server_exceptions=False) as client:
        assert ready.wait(PATIENCE), "the service did not get ready"
        yield client


@contextmanager
def over_http(folder: Path) -> Iterator[httpx2.Client]:
    """A client of the application over an index through uvicorn and a socket, as in earnest."""
    ready = Event()
    app = create_app(Live(folder, ready=lambda papers: ready.set()))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # as api/server.py does
    listener.bind(("127.0.0.1", 0))
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        assert ready.wait(PATIENCE), "the service did not get ready"
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx2.Client(base_url=address, timeout=PATIENCE) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()


def command(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
    """The command `papersearch`, started as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def process(*arguments: object, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`papersearch serve` on a free port, and its address, which it says on standard output."""
    serving = command("serve", "--port", "0", *arguments, **environment)
    try:
        assert serving.stdout is not None
        line = serving.stdout.readline()
        assert " at http://" in line, f"{line!r} {serving.poll()}"
        yield serving, line.split(" at ")[1].split(" ")[0]
    finally:
        serving.kill()
        serving.communicate()


def stopped(serving: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> int:
    """The exit status of a process that is told to stop."""
    serving.send_signal(number)
    return serving.wait(PATIENCE)
