"""One trial: a farm, a gateway before it, and what is seen of both while they start, rest, and lose each other."""

import http.client
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

import psutil
import yaml

from gateway.demo.stage import free_ports
from tests.bench.processes import ROOT, BenchFailed, Processes
from tests.scale.farm import Shape

PATIENCE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.1
READY: Final = re.compile(r'^gateway_notebooks\{state="ready"\} (\d+)', re.MULTILINE)
MIB: Final = 1024 * 1024

Seen = Mapping[str, float]


class Farm:
    """A farm in a process of its own."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        numbers = map(str, (shape.remotes, shape.notebooks, shape.logins))
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scale.farm", str(folder), *numbers],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ports = cast("list[int]", self._read()["ports"])

    def tell(self, command: str) -> Seen:
        """Have it do something, and return what it has seen so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return cast("Seen", self._read())

    def stop(self) -> None:
        """Return when it has ended."""
        self._process.communicate(timeout=30)

    def _read(self) -> Mapping[str, object]:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise BenchFailed("the farm ended on its own")
        return cast("Mapping[str, object]", json.loads(line))


class Gateway:
    """A gateway in a process of its own, asked for its metrics and watched from outside."""

    def __init__(
        self, processes: Processes, folder: Path, shape: Shape, farm: Farm, profiler: list[str]
    ) -> None:
        self._processes = processes
        self._shape = shape
        listen, self._metrics = free_ports(2)
        wanted = folder / "gateway.yaml"
        wanted.write_text(
            yaml.safe_dump(_configuration(folder, shape, farm, listen, self._metrics))
        )
        argv = [sys.executable, *profiler, "-m", "gateway", "serve", "--config", str(wanted)]
        self.process = psutil.Process(processes.start("gateway", argv))

    def cpu_seconds(self) -> float:
        """Return how much CPU time it has used so far."""
        return sum(self.process.cpu_times()[:2])

    def until_ready(self) -> float:
        """Return the seconds until all notebooks are ready; raise BenchFailed when they don't become so."""
        started = time.monotonic()
        while (waited := time.monotonic() - started) < PATIENCE_SECONDS:
            self._processes.check()
            if (ready := self._ready()) == self._shape.all_notebooks:
                return waited
            time.sleep(LOOK_SECONDS)
        raise BenchFailed(f"{ready} of {self._shape.all_notebooks} ready after {waited:.0f} s")

    def _ready(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._metrics, timeout=5)
        try:
            connection.request("GET", "/metrics")
            found = READY.search(connection.getresponse().read().decode())
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        return 0 if found is None else int(found[1])


def _configuration(
    folder: Path, shape: Shape, farm: Farm, listen: int, metrics: int
) -> dict[str, object]:
    keys = json.loads((farm.folder / "host_keys.json").read_text())
    remotes = {
        f"remote-{i}": {
            "host": "localhost",
            "port": port,
            "identity": str(farm.folder / "client_key"),
            "passphrase_file": str(farm.folder / "passphrase"),
            "host_key": key,
        }
        for i, (port, key) in enumerate(zip(farm.ports, keys, strict=True))
    }
    notebooks = {
        f"n{port}-{remote}": {"remote": remote, "port": port, "login": login}
        for remote in remotes
        for login, port in shape.places()
    }
    return {
        "version": 1,
        "server": {
            "listen": f"127.0.0.1:{listen}",
            "admin_listen": f"127.0.0.1:{metrics}",
            "public_url": f"http://127.0.0.1:{listen}",
        },
        "remotes": remotes,
        "notebooks": notebooks,
        "store": f"sqlite:///{folder / 'gateway.db'}",
        "log": {"level": "info", "format": "json"},
    }


@contextmanager
def watched(gateway: Gateway, farm: Farm) -> Iterator[dict[str, float]]:
    """Give what is seen of both in between: CPU, and the farm's counts."""
    farm.tell("forget")
    seen: dict[str, float] = {}
    started, used = time.monotonic(), gateway.cpu_seconds()
    yield seen
    seen["seconds"] = time.monotonic() - started
    seen["cpu_seconds"] = gateway.cpu_seconds() - used
    seen |= farm.tell("report")


def most_lines_a_second(log: Path) -> int:
    """Return how many lines the log got in its worst second."""
    seconds = Counter(
        str(json.loads(line)["timestamp"])[:19]
        for line in log.read_text().splitlines()
        if line.startswith("{")
    )
    return max(seconds.values(), default=0)
