"""Processes of the bench: each in a group of its own, stopped when the bench is over or dies."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.demo import leash
from gateway.demo.stage import is_free

ROOT: Final = Path(__file__).parent.parent.parent
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 20.0


class BenchFailed(Exception):
    """The bench can't go on; the message says why."""


class Processes:
    """All processes that the bench started; leaving the context stops them, the last first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._running:
            _stop(self._running.pop()[1])

    def start(
        self, name: str, argv: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> int:
        """Start ``argv``, with its output in a log file called ``name``, and return its process id."""
        leashed = [sys.executable, "-I", leash.__file__, str(os.getpid()), *argv]
        with (self._logs / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                leashed,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append((name, process))
        return process.pid

    def check(self) -> None:
        """Raise BenchFailed if one of them ended on its own."""
        for name, process in self._running:
            if process.poll() is not None:
                log = self._logs / f"{name}.log"
                words = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
                raise BenchFailed(f"{name} ended with status {process.returncode}:\n{words}")

    def wait_for_port(self, port: int) -> None:
        """Wait until somebody listens at ``port``; raise BenchFailed after a while."""
        until = time.monotonic() + START_SECONDS
        while is_free(port):
            self.check()
            if time.monotonic() > until:
                raise BenchFailed(f"nobody listens at port {port} after {START_SECONDS:.0f} s")
            time.sleep(0.1)

    def wait_for(self, port: int, path: str, headers: Mapping[str, str]) -> None:
        """Wait until ``path`` is answered with 200 at ``port``; raise BenchFailed after a while."""
        until = time.monotonic() + START_SECONDS
        status: int | None = None
        while time.monotonic() < until:
            self.check()
            status = _status(port, path, headers)
            if status == http.client.OK:
                return
            time.sleep(0.1)
        raise BenchFailed(f"no 200 from port {port}{path} in {START_SECONDS:.0f} s; last: {status}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _status(port: int, path: str, headers: Mapping[str, str]) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers=dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
