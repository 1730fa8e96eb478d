"""Rows 17 to 19: the notebook itself is dead, frozen or slow."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.faults import upstream
from tests.faults.lab import PORTS, STAND_IN_VERSION, Lab
from tests.faults.result import Result
from tests.faults.rows.line import kept_tunnels
from tests.faults.scenario import Scenario
from tests.faults.targets import Check, detected, fast, healed, lost
from tests.stack import eventually

SLOW_SECONDS: Final = 20


@contextmanager
def killed(lab: Lab) -> Iterator[None]:
    """Kill Alice's server; start it again."""
    lab.notebook_process("alice").kill()
    try:
        yield
    finally:
        lab.run_in("lab", "notebook start alice")
        lab.wait_notebook("alice")


@contextmanager
def frozen(lab: Lab) -> Iterator[None]:
    """Stop Alice's server where it stands; let it go on."""
    process = lab.notebook_process("alice")
    process.suspend()
    try:
        yield
    finally:
        process.resume()


@contextmanager
def in_place_of_alice(lab: Lab) -> Iterator[None]:
    """Let a server of our own be Alice's notebook."""
    lab.run_in("lab", "notebook stop alice")
    program = Path(upstream.__file__).read_text()
    container = lab.container("lab")
    container.exec_run(["python3", "-c", program, str(PORTS["alice"])], detach=True, user="alice")
    eventually(lambda: lab.version_of("alice") == STAND_IN_VERSION, within_seconds=60)
    try:
        yield
    finally:
        for process in lab.processes("lab", "python3"):
            if process.cmdline()[1:2] == ["-c"] and str(PORTS["alice"]) in process.cmdline():
                process.kill()
        lab.run_in("lab", "notebook start alice")


def slow(lab: Lab) -> Result:
    """Ask for an answer that takes long, and for one that trickles."""
    with in_place_of_alice(lab), ThreadPoolExecutor() as pool:
        begun = time.monotonic()
        asked = [
            pool.submit(_get, lab, f"/alice/{kind}?s={SLOW_SECONDS}") for kind in ("slow", "drip")
        ]
        late, dripped = (one.result() for one in asked)
        took = time.monotonic() - begun
        states = lab.states()
    checks = [
        Check("an answer that takes 20 s comes whole", late, late == "200, 16 bytes"),
        Check("one that trickles for 20 s comes whole", dripped, dripped == "200, 20 bytes"),
        Check(
            "the notebook counts as ready meanwhile", states["alice"], states["alice"] == "ready"
        ),
        Check("both within 25 s", f"{took:.1f} s", took < 25),
    ]
    return Result(19, "slow notebook", "a server that answers late, and byte by byte", {}, checks)


def _get(lab: Lab, path: str) -> str:
    with lab.client("alice", timeout=60) as client:
        answer = client.get(path)
    return f"{answer.status_code}, {len(answer.content)} bytes"


ROWS: Final = (
    Scenario(
        17, "notebook killed", "SIGKILL; started again", killed, 8.0,
        (detected(0.5), fast(1.0), healed(2.5), lost(0)), hit=("alice",), spared=("carol", "bob"),
        afterwards=kept_tunnels,
    ),
    Scenario(
        18, "notebook hangs", "SIGSTOP; SIGCONT", frozen, 25.0,
        (detected(20.0), fast(20.5), healed(5.0), lost(0)), hit=("alice",),
        spared=("carol", "bob"), afterwards=kept_tunnels,
    ),
)  # fmt: skip
