"""Break everything around the gateway, row by row of the fault matrix, and say how it heals.

    python -m tests.faults [ROW ...]         all rows, or only these
    python -m tests.faults --missing         only those that build/faults has no result of yet
    python -m tests.faults --page            no row: only write the page anew

It runs as root on Debian with a Docker engine, in containers of its own (compose/faults.yaml), takes them away
at the end, and sends nothing anywhere else. Each row's result is kept in build/faults as soon as it is there;
once there is one of each row, docs/reference/recovery.md is written from them. Where a promise was not kept,
the containers' logs of that time are kept too.
"""

import argparse
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from tests.faults.lab import ROOT, Lab, running
from tests.faults.matrix import LEFT_OUT, ROWS, Row
from tests.faults.report import page
from tests.faults.result import Result, load, save
from tests.faults.targets import Check

RESULTS: Final = ROOT / "build" / "faults"
SETTING: Final = RESULTS / "setting.txt"
PAGE: Final = ROOT / "docs" / "reference" / "recovery.md"


def arguments(argv: Sequence[str]) -> list[Row]:
    """Return the rows that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--page", action="store_true")
    wanted = parser.parse_args(argv)
    if unknown := [number for number in wanted.rows if number not in ROWS]:
        parser.error(f"there is no row {unknown[0]}; there are {', '.join(map(str, sorted(ROWS)))}")
    held = {result.number for result in load(RESULTS)} if wanted.missing else set()
    numbers = [] if wanted.page else wanted.rows or sorted(ROWS.keys() - held)
    return [ROWS[number] for number in numbers]


def run(lab: Lab, row: Row) -> Result:
    """Run one row; one that fails in the trying has not met its target."""
    begun = time.monotonic()
    try:
        result = row.run(lab)
    except Exception as exc:  # noqa: BLE001 - whatever it is, the other rows go on
        traceback.print_exc()
        trouble = Check("the row can be tried", f"{type(exc).__name__}: {exc}", met=False)
        result = Result(row.number, row.title, "", checks=[trouble])
    say(f"   {time.monotonic() - begun:.0f} s")
    return replace(result, date=f"{datetime.now(UTC):%Y-%m-%d}")


def main(argv: Sequence[str]) -> int:
    """Run what was asked for; return 1 when a promise was not kept."""
    rows = arguments(argv)
    results: list[Result] = []
    if rows:
        with running(RESULTS / "run", say=say) as lab:
            SETTING.write_text(_setting(lab))
            for row in rows:
                say(f"{row.number}. {row.title}")
                since = time.time()
                results.append(run(lab, row))
                save(RESULTS, results[-1])
                show(results[-1])
                if not results[-1].met:
                    keep_logs(lab, row.number, since)
                lab.mend()
    write_page(load(RESULTS))
    missed = [str(result.number) for result in results if not result.met]
    say(
        f"not all promises are kept in rows {', '.join(missed)}"
        if missed
        else "all promises are kept"
    )
    return int(bool(missed))


def show(result: Result) -> None:
    """Print one row's result."""
    figures = [f"{name} {text}" for name, text in result.figures.items() if text]
    if figures:
        say(f"   {', '.join(figures)}")
    for check in result.checks:
        say(f"   {'ok  ' if check.met else 'MISS'} {check.promise}: {check.seen}")


def keep_logs(lab: Lab, number: int, since: float) -> None:
    """Keep what was logged while a promise was not kept."""
    (RESULTS / "logs").mkdir(exist_ok=True)
    for service in (lab.gateway, "lab", "other"):
        file = RESULTS / "logs" / f"{number:02}-{service}.log"
        file.write_text(lab.logged(service, since))


def write_page(held: Sequence[Result]) -> None:
    """Write the reference page, if there is a result of each row."""
    if missing := sorted(ROWS.keys() - {result.number for result in held}):
        say(f"{PAGE.name} is not written: no result yet of rows {', '.join(map(str, missing))}")
        return
    PAGE.write_text(page(held, LEFT_OUT, SETTING.read_text()))
    say(f"written: {PAGE.relative_to(ROOT)}")


def _setting(lab: Lab) -> str:
    """Return what ran where, in a sentence."""
    engine = lab.engine.version()["Version"]
    sshd = lab.container("lab").exec_run(["/usr/sbin/sshd", "-V"])[1].decode().split(",")[0].strip()
    with lab.client("bob") as client:
        jupyter = client.get("/bob/api").json()["version"]
    gateway = lab.run_in("gateway", "gateway version").strip()
    return (
        f"Run on {datetime.now(UTC):%Y-%m-%d} on a machine with {os.cpu_count()} cores, which the load, the"
        f" gateway and both remotes share (Linux {platform.release()}, Docker {engine}): {gateway},"
        f" {sshd}, Jupyter Server {jupyter}."
    )


def say(text: str) -> None:
    """Tell whoever watches."""
    print(text, flush=True)  # noqa: T201 - a command's output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
