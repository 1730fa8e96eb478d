"""Rows 6 to 16, 31, 38 and 40: the line to a remote is cut, reset, slow, or leads nowhere."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import docker.errors
from docker.models.containers import Container

from tests.faults import wires
from tests.faults.lab import Lab
from tests.faults.observers import Observers, Watched
from tests.faults.result import Result
from tests.faults.scenario import Scenario, figures
from tests.faults.targets import (
    NOTHING_LOST,
    Check,
    Target,
    detected,
    echoes,
    failed,
    fast,
    healed,
    longest,
    lost,
    sockets,
)
from tests.faults.timeline import Measures, Timeline, measure
from tests.relay import Weather
from tests.stack import eventually

SILENT: Final = (detected(10.0), fast(10.5), healed(2.0), lost(0))
"""What is promised of a line that is cut without a word."""
CUT_SECONDS: Final = 20.0
RELAYED_SECONDS: Final = 10.0
ROUND_TRIP_SECONDS: Final = 0.1


@contextmanager
def unplugged(lab: Lab) -> Iterator[None]:
    """Take the remote off the network, and put it back under its name."""
    network = lab.engine.networks.get(f"{lab.project}_default")
    remote = lab.container("lab")
    network.disconnect(remote)
    try:
        yield
    finally:
        network.connect(remote, aliases=["lab"])


@contextmanager
def paused(lab: Lab) -> Iterator[None]:
    """Freeze everything on the remote; its kernel still says that bytes arrived."""
    remote = lab.container("lab")
    eventually(lambda: _freezes(remote), within_seconds=10)
    try:
        yield
    finally:
        remote.unpause()


def _freezes(container: Container) -> bool:
    """Freeze a container; the kernel does not manage it each time (cgroup v1, "unable to freeze")."""
    try:
        container.pause()
    except docker.errors.APIError:
        return False
    return True


@contextmanager
def half_open(lab: Lab) -> Iterator[None]:
    """Let sshd die without a word getting out, and start it again."""
    silence = [
        ("OUTPUT", "-p", "tcp", "--sport", "22", "--tcp-flags", flag, flag, *wires.DROP)
        for flag in ("RST", "FIN")
    ]
    with wires.filtered(lab, "lab", *silence):
        lab.kill_sshd("lab")
        yield
    lab.start_sshd("lab")


@contextmanager
def lossy(lab: Lab) -> Iterator[None]:
    """Lose three packets of ten on the way to the remote."""
    chance = ("-m", "statistic", "--mode", "random", "--probability", "0.3")
    with wires.filtered(lab, "lab", (*wires.INTO, *chance, *wires.DROP)):
        yield


@contextmanager
def reset(lab: Lab) -> Iterator[None]:
    """Destroy the connections; nothing keeps new ones from being made."""
    wires.reset_connections(lab)
    yield


@contextmanager
def swallowed(lab: Lab) -> Iterator[None]:
    """Lead new connections to where everything is taken and nothing answered."""
    with wires.through_relay(lab, Weather(muted=True)):
        yield


@contextmanager
def nameless(lab: Lab) -> Iterator[None]:
    """Let no name resolve, and make new connections necessary; for a while."""
    with wires.filtered(lab, lab.gateway, ("INPUT", "-s", "127.0.0.11", *wires.DROP)):
        wires.reset_connections(lab)
        time.sleep(15)
        yield


@contextmanager
def without_processes(lab: Lab) -> Iterator[None]:
    """Let the remote start no process, and make new connections necessary."""
    name = lab.container("lab").name
    running = len(lab.processes("lab"))
    update = ("docker", "update", "--pids-limit")
    subprocess.run([*update, str(max(running // 2, 1)), name], check=True, capture_output=True)
    try:
        wires.reset_connections(lab)
        yield
    finally:
        subprocess.run([*update, "2048", name], check=True, capture_output=True)


def kept_tunnels(lab: Lab, timeline: Timeline) -> Sequence[Check]:
    """Say whether the tunnels are those of before the fault."""
    seconds = time.time() - (time.monotonic() - timeline.begun)
    young = sum(since > seconds for since in lab.tunnels_since().values())
    return [Check("no tunnel is dialled again", f"{young} dialled", young == 0)]


def far_away(lab: Lab) -> Result:
    """Measure through a line with a round trip of 100 ms, give or take 20."""
    weather = Weather(ROUND_TRIP_SECONDS / 2, ROUND_TRIP_SECONDS / 10)
    since = time.time()
    with wires.through_relay(lab, weather):
        begun = time.monotonic()
        lab.wait_reconnected("alice", "carol", since=since)
        connected = time.monotonic() - begun
        lab.wait_ready()
        watching = time.monotonic()
        with Observers(lab, Watched(rate=5)) as observers:
            time.sleep(RELAYED_SECONDS)
    timeline = observers.timeline(watching, watching)
    echoes = measure(
        Timeline(watching, watching, [e for e in timeline.echoes if e.notebook != "bob"])
    )
    hit, spared = measure(timeline.of(("alice", "carol"))), measure(timeline.of(("bob",)))
    checks = [
        Target("a WebSocket's message there and back", _median, 1.5 * ROUND_TRIP_SECONDS).check(
            echoes, spared
        ),
        Target("a request", _median, 2 * ROUND_TRIP_SECONDS).check(hit, spared),
        failed(0).check(hit, spared),
        Check("connected within 5 s", f"{connected:.1f} s", connected <= 5),
    ]
    return Result(
        15, "latency and jitter", "a relay of our own: 100 ms ± 20 there and back",
        figures(hit, spared), checks,
    )  # fmt: skip


def _median(seen: Measures) -> float | None:
    return seen.median


ROWS: Final = (
    Scenario(6, "silent cut: unplugged", "docker network disconnect", unplugged, CUT_SECONDS, SILENT),
    Scenario(7, "silent cut: frozen", "docker pause", paused, CUT_SECONDS, SILENT),
    Scenario(
        8, "silent cut: packets dropped", "iptables DROP", wires.cut, CUT_SECONDS,
        (*SILENT, sockets(0), echoes(0)), settle_seconds=12.0,
        remarks=("TCP takes as long again as the line was silent until it delivers what was held up",),
    ),
    Scenario(
        9, "short cut of 6 s", "iptables DROP for 6 s", wires.cut, 6.0,
        (*NOTHING_LOST, longest(8.0)),
    ),
    Scenario(10, "link down", "ip link set eth0 down", wires.link_down, CUT_SECONDS, SILENT),
    Scenario(
        11, "connections reset", "ss -K", reset, 0.0, (detected(0.2), healed(1.0), failed(0)),
    ),
    Scenario(
        12, "half-open TCP", "iptables DROP of RST and FIN, sshd killed", half_open, CUT_SECONDS,
        SILENT,
    ),
    Scenario(
        13, "30 % loss", "iptables statistic", lossy, 15.0, NOTHING_LOST, afterwards=kept_tunnels,
    ),
    Scenario(
        14, "thin line", "tc tbf 8kbit", wires.thin, 20.0, (healed(8.0), lost(0)),
        watched=Watched(rate=0.5, sockets=1), settle_seconds=15.0, afterwards=kept_tunnels,
    ),
    Scenario(
        16, "black hole during the log-in", "a relay that takes all and gives nothing", swallowed,
        25.0, (detected(0.5), fast(6.0), healed(5.0), lost(0)),
    ),
    Scenario(
        31, "no name resolves", "iptables DROP of the resolver's answers for 15 s, connections reset",
        nameless, 0.0, (detected(0.2), healed(5.0), lost(0)),
    ),
    Scenario(
        38, "the remote starts no process", "docker update --pids-limit, connections reset",
        without_processes, 8.0, (detected(0.5), healed(5.0), lost(0)),
    ),
    Scenario(
        40, "one remote of two is dead", "iptables DROP", wires.cut, CUT_SECONDS,
        (
            *SILENT,
            Target(
                "others' p99 grows by", lambda seen: max((seen.p99 or 9) - (seen.calm_p99 or 0), 0),
                0.1, spared=True,
            ),
        ),
        calm_seconds=8.0, watched=Watched(rate=20),
    ),
)  # fmt: skip
