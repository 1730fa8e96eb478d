"""Break everything around the gateway, row by row of the fault matrix, and say how it heals.

    python -m tests.faults [ROW ...]         all rows, or only these
    python -m tests.faults --missing         only those that build/faults has no result of yet

It runs as root on Debian with a Docker engine, in containers of its own (compose/faults.yaml), takes them away
at the end, and sends nothing anywhere else. Each row's result is kept in build/faults as soon as it is there;
docs/reference/recovery.md is written anew from all results that are kept.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Final

from tests.faults.lab import ROOT, Lab, running
from tests.faults.matrix import ROWS, Row
from tests.faults.result import Result, load, save
from tests.faults.targets import Check

RESULTS: Final = ROOT / "build" / "faults"


def arguments(argv: Sequence[str]) -> list[Row]:
    """Return the rows that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW")
    parser.add_argument("--missing", action="store_true")
    wanted = parser.parse_args(argv)
    if unknown := [number for number in wanted.rows if number not in ROWS]:
        parser.error(f"there is no row {unknown[0]}; there are {', '.join(map(str, sorted(ROWS)))}")
    held = {result.number for result in load(RESULTS)} if wanted.missing else set()
    numbers = [number for number in wanted.rows or sorted(ROWS) if number not in held]
    return [ROWS[number] for number in numbers]


def run(lab: Lab, row: Row) -> Result:
    """Run one row and mend what it broke; a row that fails in the trying has not met its target."""
    begun = time.monotonic()
    try:
        result = row.run(lab)
    except Exception as exc:  # noqa: BLE001 - whatever it is, the other rows go on
        traceback.print_exc()
        trouble = Check("the row can be tried", f"{type(exc).__name__}: {exc}", met=False)
        result = Result(row.number, row.title, "", checks=[trouble])
    finally:
        lab.mend()
    say(f"  {time.monotonic() - begun:.0f} s")
    return result


def main(argv: Sequence[str]) -> int:
    """Run what was asked for; return 1 when a promise was not kept."""
    rows = arguments(argv)
    results: list[Result] = []
    with running(RESULTS / "run", say=say) as lab:
        for row in rows:
            say(f"{row.number}. {row.title}")
            results.append(run(lab, row))
            save(RESULTS, results[-1])
            show(results[-1])
    return int(not all(result.met for result in results))


def show(result: Result) -> None:
    """Print one row's result."""
    say("  " + ", ".join(f"{name} {text}" for name, text in result.figures.items() if text))
    for check in result.checks:
        say(f"  {'ok  ' if check.met else 'MISS'} {check.promise}: {check.seen}")


def say(text: str) -> None:
    """Tell whoever watches."""
    print(text, flush=True)  # noqa: T201 - a command's output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
