"""Measure the gateway beside ssh -L, nginx and configurable-http-proxy, in one run on this machine.

    python -m tests.bench [--only gateway,nginx] [--rounds 3] [--seconds 4] [--connections 16,64]
    python -m tests.bench --websocket         messages there and back, instead of requests
    python -m tests.bench --delay-ms 75       one large download over a long line to the remote
    python -m tests.bench --profile           where the gateway's time goes

Every contender leads to the same nginx with static pages through the same OpenSSH server. The rounds
are interleaved, so that what else the machine does hits all alike. Only ratios within one run mean
something; the CPU time of a request stays the same on a busy machine. Everything is on loopback, and
ends with the run.
"""

import argparse
import json
import os
import platform
import pstats
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench import load, report
from tests.bench.backdrop import CIPHER, LARGE_BYTES, SMALL_BYTES, set_up
from tests.bench.contenders import CONTENDERS, REFERENCE, Contender, start_ours
from tests.bench.echo import MESSAGE_BYTES
from tests.bench.gateway import PROFILE
from tests.bench.messages import round_trips
from tests.bench.processes import ROOT, BenchFailed, Processes
from tests.bench.report import Samples

RESULTS: Final = ROOT / "build" / "bench"
FAR: Final = ("ssh", "gateway")
"""On a long line windows decide, and those are SSH's: what stands before ssh -L adds nothing."""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=_names, default=list(CONTENDERS), metavar="NAME,…")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, choices=range(1, 31), metavar="1…30")
    parser.add_argument("--connections", type=_numbers, default=[16, 64], metavar="N,…")
    parser.add_argument("--websocket", action="store_true")
    parser.add_argument("--delay-ms", type=int, default=0, choices=range(501), metavar="0…500")
    parser.add_argument("--profile", action="store_true")
    wanted = parser.parse_args(argv)
    if wanted.profile:
        wanted.only = ["gateway"]
    elif wanted.delay_ms:
        wanted.only = [name for name in wanted.only if name in FAR]
    return wanted


def run(wanted: argparse.Namespace) -> list[Samples]:
    """Start everybody, measure round by round, and return the samples."""
    with (
        tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder,
        Processes(RESULTS / "logs") as processes,
    ):
        backdrop = set_up(
            Path(folder).resolve(), processes, echo=wanted.websocket, delay_ms=wanted.delay_ms
        )
        starts = {**CONTENDERS, "gateway": partial(start_ours, profile=wanted.profile)}
        contenders = [one for name in wanted.only for one in starts[name](processes, backdrop)]
        for one in contenders:
            processes.wait_for(one.port, f"{one.prefix}/small", one.headers)
        every = [Samples(one.name) for one in contenders]
        for number in range(wanted.rounds):
            _say(f"round {number + 1} of {wanted.rounds} …")
            for one, samples in zip(contenders, every, strict=True):
                _measure(one, samples, wanted)
                processes.check()
        return every


def main(argv: Sequence[str]) -> int:
    """Run the bench and write down what it found; return the exit code."""
    wanted = arguments(argv)
    try:
        every = run(wanted)
    except BenchFailed as exc:
        _say(f"bench: {exc}")
        return 1
    table = f"{report.markdown(every, _reference(wanted))}\n\n{_caption(wanted)}"
    print(f"\n{table}")  # noqa: T201 - the result
    document = {"caption": _caption(wanted), **report.as_json(every, _reference(wanted))}
    file = RESULTS / _name(wanted)
    file.with_suffix(".json").write_text(json.dumps(document, indent=2) + "\n")
    file.with_suffix(".md").write_text(f"{table}\n")
    _say(f"\nwritten to {file.relative_to(ROOT)}.json and .md")
    if wanted.profile:
        _write_profile(file.with_suffix(".txt"))
    return 0


def _measure(contender: Contender, samples: Samples, wanted: argparse.Namespace) -> None:
    if wanted.delay_ms:
        samples.add("MB/s", load.download(contender, "far"))
        return
    for connections in wanted.connections:
        if wanted.websocket:
            rate = round_trips(contender, connections=connections, seconds=wanted.seconds)
            samples.add(f"messages/s, {connections} connections", rate)
        else:
            _measure_requests(contender, samples, connections, wanted.seconds)
    if not wanted.websocket:
        samples.add("MB/s", load.download(contender))


def _measure_requests(
    contender: Contender, samples: Samples, connections: int, seconds: int
) -> None:
    used = -contender.cpu_seconds()
    seen = load.requests(contender, connections=connections, seconds=seconds)
    used += contender.cpu_seconds()
    samples.add(f"req/s, {connections} connections", seen.per_second)
    samples.add("p99 ms", seen.p99_milliseconds)
    samples.add("CPU µs/req", 1e6 * used / seen.count)


def _reference(wanted: argparse.Namespace) -> str:
    return "ssh -L" if wanted.delay_ms else REFERENCE


def _name(wanted: argparse.Namespace) -> str:
    if wanted.profile:
        return "profile"
    if wanted.delay_ms:
        return "long-line"
    return "websocket" if wanted.websocket else "results"


def _caption(wanted: argparse.Namespace) -> str:
    if wanted.delay_ms:
        what = f"{2 * wanted.delay_ms} ms round trip, one download of 200 MB"
    elif wanted.websocket:
        what = f"messages of {MESSAGE_BYTES} bytes there and back, {wanted.seconds} s each"
    else:
        megabytes = LARGE_BYTES["large"] // 2**20
        what = (
            f"answers of {SMALL_BYTES} bytes for {wanted.seconds} s, a download of {megabytes} MiB"
        )
    return (
        f"Medians of {wanted.rounds} rounds, in brackets the ratio to {_reference(wanted)}: {what};"
        f" {os.cpu_count()} cores shared with the load itself, cipher {CIPHER},"
        f" Python {platform.python_version()}."
    )


def _write_profile(file: Path) -> None:
    with file.open("w") as stream:
        pstats.Stats(str(PROFILE), stream=stream).sort_stats("tottime").print_stats(60)
    _say(f"profile in {file.relative_to(ROOT)}")


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in CONTENDERS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(CONTENDERS)}")
    return names


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress, for a person


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
