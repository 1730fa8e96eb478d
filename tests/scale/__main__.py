"""See how the gateway does with many notebooks: 200 over 20 remotes, in two shapes.

    python -m tests.scale [--rest 20] [--outage 10] [--profile start|rest]

The farm is one process with asyncssh servers and answers like Jupyter's; the gateway is another. Each shape is
started, left alone, cut off from all remotes at once, and given them back.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.processes import ROOT, BenchFailed, Processes
from tests.bench.report import Samples, as_json, markdown
from tests.scale.farm import Shape
from tests.scale.trial import MIB, Farm, Gateway, most_lines_a_second, watched

RESULTS: Final = ROOT / "build" / "scale"
SETTLE_SECONDS: Final = 3.0


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--remotes", type=int, default=20)
    parser.add_argument("--notebooks", type=int, default=10, help="on each remote")
    parser.add_argument("--rest", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--outage", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--only", type=int, help="one shape: so many logins on each remote")
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args(argv)


def shapes(wanted: argparse.Namespace) -> list[Shape]:
    """Return the shapes to try: a login for each notebook, and one for all of a remote's."""
    logins = [wanted.notebooks, 1] if wanted.only is None else [wanted.only]
    return [Shape(wanted.remotes, wanted.notebooks, each) for each in logins]


def attempt(shape: Shape, wanted: argparse.Namespace) -> dict[str, float]:
    """Try one shape, and return what was seen by its name."""
    profiler = ["-m", "cProfile", "-o", str(RESULTS / "gateway.prof")] if wanted.profile else []
    with (
        tempfile.TemporaryDirectory(prefix="gateway-scale-") as name,
        Processes(RESULTS / "logs") as processes,
    ):
        folder = Path(name).resolve()
        farm = Farm(folder / "farm", shape)
        try:
            gateway = Gateway(processes, folder, shape, farm, profiler)
            found = _start(gateway, farm) | _rest(gateway, farm, wanted.rest)
            found |= _lose(gateway, farm, wanted.outage)
        finally:
            farm.stop()
    found["log lines in the worst second"] = most_lines_a_second(RESULTS / "logs" / "gateway.log")
    return found


def _start(gateway: Gateway, farm: Farm) -> dict[str, float]:
    seconds = gateway.until_ready()
    seen = farm.tell("report")
    return {
        "s until all are ready": seconds,
        "s of CPU until then": gateway.cpu_seconds(),
        "dials until then": seen["dials"],
        "most dials at a time at one remote": seen["most_dialling"],
    }


def _rest(gateway: Gateway, farm: Farm, seconds: float) -> dict[str, float]:
    time.sleep(SETTLE_SECONDS)
    with watched(gateway, farm) as seen:
        time.sleep(seconds)
    return {
        "% of a core at rest": 100 * seen["cpu_seconds"] / seen["seconds"],
        "questions to notebooks a second": seen["questions"] / seen["seconds"],
        "dials at rest": seen["dials"],
        "MiB of memory": gateway.process.memory_info().rss / MIB,
        "open files": gateway.process.num_fds(),
    }


def _lose(gateway: Gateway, farm: Farm, seconds: float) -> dict[str, float]:
    with watched(gateway, farm) as seen:
        farm.tell("down")
        time.sleep(seconds)
    with watched(gateway, farm) as back:
        farm.tell("up")
        back_seconds = gateway.until_ready()
    return {
        "dials in the worst second of an outage, one remote": seen["most_a_second"],
        "dials in the worst second of an outage, all": seen["most_a_second_in_all"],
        "dials in an outage": seen["dials"],
        "% of a core in an outage": 100 * seen["cpu_seconds"] / seen["seconds"],
        "s until all are back": back_seconds,
        "dials until then, again": back["dials"],
        "most dials at a time at one remote, again": back["most_dialling"],
    }


def main(argv: Sequence[str]) -> int:
    """Try the shapes, and write down what was found; return the exit code."""
    wanted = arguments(argv)
    measures: dict[str, Samples] = {}
    try:
        for shape in shapes(wanted):
            _say(f"{_name(shape)} …")
            for measure, value in attempt(shape, wanted).items():
                measures.setdefault(measure, Samples(measure)).add(_name(shape), value)
    except BenchFailed as exc:
        _say(f"scale: {exc}")
        return 1
    table = f"{markdown(list(measures.values()), '')}\n\n{_caption(wanted)}"
    print(f"\n{table}")  # noqa: T201 - the result
    document = {"caption": _caption(wanted), **as_json(list(measures.values()), "")}
    file = RESULTS / "results"
    file.with_suffix(".json").write_text(json.dumps(document, indent=2) + "\n")
    file.with_suffix(".md").write_text(f"{table}\n")
    _say(f"\nwritten to {file.relative_to(ROOT)}.json and .md")
    return 0


def _name(shape: Shape) -> str:
    return f"{shape.tunnels} tunnels, {shape.all_notebooks} notebooks"


def _caption(wanted: argparse.Namespace) -> str:
    return (
        f"{wanted.remotes} remotes with {wanted.notebooks} notebooks each; at rest for {wanted.rest:.0f} s,"
        f" all remotes away for {wanted.outage:.0f} s; {os.cpu_count()} cores, which the remotes share,"
        f" Python {platform.python_version()}."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress, for a person


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
