"""Systems in processes of their own, and the time and memory that they take."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError

from benchmarks.load import Loaded

PATIENCE = 120
"""Seconds within which a service has to give its first answer."""

SILENT: Mapping[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Running:
    """A process that ends with the block it is used in."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], **pipes: Any) -> None:
        arguments = [sys.executable, "-m", *map(str, command)]
        self.process = subprocess.Popen(arguments, env={**os.environ, **environment}, **pipes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.process:  # which closes its pipes and waits for it
            self.process.terminate()

    def memory(self) -> float:
        """Resident memory in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


class Worker(Running):
    """A benchmarks.worker, which does what it is told and then waits."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        super().__init__(["benchmarks.worker", name, folder], environment, **pipes)

    def tell(self, **order: Any) -> Any:
        """What the worker answers to one order."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Service(Running):
    """A service that has given its first answer; `started` says after how many seconds."""

    def __init__(self, command: Sequence[str | Path], path: str, environment: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        began = time.monotonic()
        super().__init__([*command, "--port", str(port)], environment, **SILENT)
        self._address = f"http://127.0.0.1:{port}{path}"
        while not self._answers():
            if time.monotonic() - began > PATIENCE or self.process.poll() is not None:
                self.process.kill()
                raise SystemExit(f"{command}: no answer within {PATIENCE} s")
            time.sleep(0.01)
        self.started = time.monotonic() - began

    def load(self, queries: Sequence[str], clients: int, seconds: float, rate: float | None = None) -> Loaded:
        """Have a benchmarks.load ask it."""
        options = ["--clients", str(clients), "--seconds", str(seconds)]
        options += [] if rate is None else ["--rate", str(rate)]
        command = [sys.executable, "-m", "benchmarks.load", self._address, *options]
        run = subprocess.run(command, input="\n".join(queries), capture_output=True, text=True, check=True)
        return Loaded(**json.loads(run.stdout))

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._address}first+answer") as response:
                return bool(response.status == 200)
        except URLError:
            return False


def run_measured(command: Sequence[str | Path]) -> tuple[float, float]:
    """Run a module to its end: seconds, and the most memory that it held, in MB. Exits where it fails."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", *map(str, command)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: failed")
    return time.monotonic() - started, usage.ru_maxrss / 1024
