"""Measure the gateway beside ssh -L, nginx and configurable-http-proxy, in one run on this machine.

    python -m tests.bench [--only gateway,nginx] [--rounds 3] [--seconds 4] [--connections 16,64]

Every contender leads to the same nginx with static pages through the same OpenSSH server. The rounds
are interleaved, so that what else the machine does hits all alike. Only ratios within one run mean
something. Everything is on loopback, and ends with the run.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench import load, report
from tests.bench.backdrop import CIPHER, LARGE_BYTES, SMALL_BYTES, set_up
from tests.bench.contenders import CONTENDERS, REFERENCE, Contender
from tests.bench.processes import ROOT, BenchFailed, Processes
from tests.bench.report import Samples

RESULTS: Final = ROOT / "build" / "bench"


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=_names, default=list(CONTENDERS), metavar="NAME,…")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, choices=range(1, 31), metavar="1…30")
    parser.add_argument("--connections", type=_numbers, default=[16, 64], metavar="N,…")
    return parser.parse_args(argv)


def run(wanted: argparse.Namespace) -> list[Samples]:
    """Start everybody, measure round by round, and return the samples."""
    with (
        tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder,
        Processes(RESULTS / "logs") as processes,
    ):
        backdrop = set_up(Path(folder).resolve(), processes)
        contenders = [one for name in wanted.only for one in CONTENDERS[name](processes, backdrop)]
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
    table = report.markdown(every, REFERENCE)
    print(f"\n{table}\n\n{_caption(wanted)}")  # noqa: T201 - the result
    document = {"caption": _caption(wanted), **report.as_json(every, REFERENCE)}
    (RESULTS / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    (RESULTS / "results.md").write_text(f"{table}\n\n{_caption(wanted)}\n")
    _say(f"\nwritten to {RESULTS.relative_to(ROOT)}/results.json and results.md")
    return 0


def _measure(contender: Contender, samples: Samples, wanted: argparse.Namespace) -> None:
    for connections in wanted.connections:
        seen = load.requests(contender, connections=connections, seconds=wanted.seconds)
        samples.add(f"req/s, {connections} connections", seen.per_second)
        samples.add(f"p99 ms, {connections} connections", seen.p99_milliseconds)
    samples.add("MB/s", load.download(contender))


def _caption(wanted: argparse.Namespace) -> str:
    return (
        f"Medians of {wanted.rounds} rounds of {wanted.seconds} s, in brackets the ratio to"
        f" {REFERENCE}; answers of {SMALL_BYTES} bytes, one download of {LARGE_BYTES // 2**20} MiB;"
        f" {os.cpu_count()} cores shared with the load itself, cipher {CIPHER},"
        f" Python {platform.python_version()}."
    )


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
