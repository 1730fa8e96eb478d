"""The load: many small answers with wrk, one large body with curl."""

import re
import subprocess
from dataclasses import dataclass
from typing import Final

from tests.bench.backdrop import LARGE_BYTES, program
from tests.bench.contenders import Contender
from tests.bench.processes import BenchFailed

LONGEST_DOWNLOAD_SECONDS: Final = 60
RATE: Final = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
COUNT: Final = re.compile(r"^\s+(\d+) requests in ", re.MULTILINE)
P99: Final = re.compile(r"^\s+99%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
TROUBLE: Final = re.compile(r"^\s*(Socket errors:.*|Non-2xx.*)$", re.MULTILINE)
MILLISECONDS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Requests:
    """What wrk saw."""

    count: int
    per_second: float
    p99_milliseconds: float


def requests(contender: Contender, *, connections: int, seconds: int) -> Requests:
    """Ask for the small page as fast as ``connections`` can; raise BenchFailed on any wrong answer."""
    argv = [program("wrk"), "-t2", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for name, value in contender.headers.items():
        argv += ["-H", f"{name}: {value}"]
    done = subprocess.run(
        [*argv, contender.url("small")], check=True, capture_output=True, text=True
    )
    try:
        return read_wrk(done.stdout)
    except BenchFailed as exc:
        raise BenchFailed(f"{contender.name}: {exc}") from exc


def read_wrk(text: str) -> Requests:
    """Return the figures in wrk's output ``text``; raise BenchFailed if it tells of errors."""
    trouble, count = TROUBLE.search(text), COUNT.search(text)
    rate, p99 = RATE.search(text), P99.search(text)
    if trouble is not None:
        raise BenchFailed(trouble[1])
    if count is None or rate is None or p99 is None:
        raise BenchFailed(f"wrk says something else:\n{text}")
    return Requests(int(count[1]), float(rate[1]), float(p99[1]) * MILLISECONDS[p99[2]])


def download(contender: Contender, page: str = "large") -> float:
    """Fetch a large page once and return MB (10^6 bytes) per second."""
    argv = [program("curl"), "--silent", "--output", "/dev/null", "--noproxy", "*"]
    argv += ["--max-time", str(LONGEST_DOWNLOAD_SECONDS)]
    argv += ["--write-out", "%{http_code} %{size_download} %{speed_download}"]
    for name, value in contender.headers.items():
        argv += ["--header", f"{name}: {value}"]
    done = subprocess.run([*argv, contender.url(page)], check=False, capture_output=True, text=True)
    status, size, speed = done.stdout.split()
    if (status, int(size)) != ("200", LARGE_BYTES[page]):
        raise BenchFailed(f"{contender.name}: status {status}, {size} of {LARGE_BYTES[page]} bytes")
    return float(speed) / 1e6
