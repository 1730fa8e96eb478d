"""Rows 1 to 5 and 20 to 24: sshd, its host, its keys and its rules."""

import re
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from gateway.core.remote_advice import STILL_UP
from tests.faults.lab import Lab
from tests.faults.observers import Observers, Watched
from tests.faults.result import Result
from tests.faults.rows.gateway import metric
from tests.faults.scenario import Scenario, figures
from tests.faults.targets import (
    NOTHING_LOST,
    OTHERS_UNHARMED,
    Check,
    detected,
    failed,
    fast,
    healed,
    lost,
)
from tests.faults.timeline import Timeline, measure
from tests.stack import eventually, greets

AWAY_SECONDS: Final = 10.0
GONE: Final = (detected(0.2), fast(5.5), lost(0))
REFUSED_SECONDS: Final = 80.0
"""Long enough to see a parked tunnel's second try."""
MEANWHILE_SECONDS: Final = 5.0
OTHER_HOST_KEY: Final = "/tmp/other_host_key"


@contextmanager
def sshd_killed(lab: Lab) -> Iterator[None]:
    """Kill the listener and all sessions; start the listener again."""
    lab.kill_sshd("lab")
    try:
        yield
    finally:
        lab.start_sshd("lab")


@contextmanager
def listener_killed(lab: Lab) -> Iterator[None]:
    """Kill the listener alone; start it again."""
    for process in lab.processes("lab", "sshd"):
        process.kill()
    try:
        yield
    finally:
        lab.start_sshd("lab")


def listener_gone(lab: Lab) -> Result:
    """Kill the listener alone, until it is said that the tunnels are the last; start it again, until they are not."""
    with Observers(lab, Watched()) as observers:
        time.sleep(3)
        begun = time.monotonic()
        with listener_killed(lab):
            noticed = eventually(lambda: _degraded(lab) == {"alice", "carol"}, within_seconds=60)
            told = metric(lab, 'gateway_remote_degraded{remote="lab"}')
            found = _diagnosed(lab, "alice")
        lifted = time.monotonic()
        over = eventually(lambda: not _degraded(lab), within_seconds=60)
        young = lab.tunnels_since()
    timeline = observers.timeline(begun, lifted)
    hit, spared = measure(timeline.of(("alice", "carol"))), measure(timeline.of(("bob",)))
    checks = [target.check(hit, spared) for target in (*NOTHING_LOST, *OTHERS_UNHARMED)]
    since = time.time() - (time.monotonic() - begun)
    dialled = sum(at > since for at in young.values())
    checks += [
        Check("shown as degraded within 20 s", f"{noticed:.1f} s", noticed <= 20),
        Check("in the metrics too", f"{told:g}", told == 1),
        Check("gateway doctor says that what is open works", found, STILL_UP in found),
        Check("over within 20 s of sshd's return", f"{over:.1f} s", over <= 20),
        Check("no tunnel is dialled again", f"{dialled} dialled", dialled == 0),
    ]
    remarks = ("The gateway knocks every 10 s here; every 3 minutes if nobody says otherwise",)
    return Result(
        2, "only sshd's listener killed", "SIGKILL; sshd started again", figures(hit, spared),
        checks, remarks,
    )  # fmt: skip


def _degraded(lab: Lab) -> set[str]:
    """Return the notebooks that can be used, and would be lost with their connections."""
    with lab.client("watcher", timeout=5) as client:
        listed = client.get("/-/api/v1/notebooks").raise_for_status().json()
    return {one["name"] for one in listed if one["degraded"] and one["state"] == "ready"}


def _diagnosed(lab: Lab, notebook: str) -> str:
    """Return what is wrong on the way to a notebook, as its owner is told."""
    with lab.client(notebook, timeout=60) as client:
        found = client.post(f"/-/api/v1/notebooks/{notebook}/diagnosis", json={}).json()
    return " ".join(finding["wrong"] for finding in found["findings"] if finding["wrong"])


@contextmanager
def reloaded(lab: Lab) -> Iterator[None]:
    """Let sshd read its configuration again."""
    (listener,) = lab.processes("lab", "sshd")
    listener.send_signal(signal.SIGHUP)
    yield


@contextmanager
def restarted(lab: Lab) -> Iterator[None]:
    """Restart the whole remote."""
    yield
    lab.container("lab").restart(timeout=1)
    _await_remote(lab)


@contextmanager
def gone(lab: Lab) -> Iterator[None]:
    """Kill the whole remote; start it again."""
    lab.container("lab").kill()
    try:
        yield
    finally:
        lab.container("lab").start()
        _await_remote(lab)


@contextmanager
def impostor(lab: Lab) -> Iterator[None]:
    """Answer with another host key."""
    config = "/tmp/other_sshd_config"
    script = (
        f"[ -e {OTHER_HOST_KEY} ] || ssh-keygen -q -t ed25519 -N '' -f {OTHER_HOST_KEY};"
        f" sed 's,^HostKey .*,HostKey {OTHER_HOST_KEY},' /etc/ssh/sshd_config >{config}"
    )
    lab.container("lab").exec_run(["sh", "-c", script])
    lab.restart_sshd("lab", "-f", config)
    try:
        yield
    finally:
        lab.restart_sshd("lab")


@contextmanager
def revoked(lab: Lab) -> Iterator[None]:
    """Take Alice's key away and end her sessions; Carol's are cut a while later, in the midst of it."""
    keys = lab.folder / "authorized" / "alice"
    held = keys.read_text()
    keys.write_text("")
    lab.cut_sessions("lab", "alice")
    try:
        time.sleep(MEANWHILE_SECONDS)
        lab.cut_sessions("lab", "carol")
        yield
    finally:
        keys.write_text(held)


@contextmanager
def forbidden(lab: Lab) -> Iterator[None]:
    """Forbid all forwarding."""
    lab.restart_sshd("lab", "-o", "AllowTcpForwarding=no")
    try:
        yield
    finally:
        lab.restart_sshd("lab")


@contextmanager
def without_sessions(lab: Lab) -> Iterator[None]:
    """Allow no session channel, as for shells and SFTP."""
    lab.restart_sshd("lab", "-o", "MaxSessions=0")
    yield
    time.sleep(AWAY_SECONDS)


@contextmanager
def crowded(lab: Lab) -> Iterator[None]:
    """Fill sshd's waiting room with two who never log in, and make log-ins necessary."""
    begun = time.time()
    lab.restart_sshd("lab", "-o", "MaxStartups=2:100:2", "-o", "LoginGraceTime=8")
    lab.wait_reconnected("alice", "carol", since=begun)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(socket.create_connection((lab.address("lab"), 22), timeout=5))
        lab.cut_sessions("lab", "alice")
        lab.cut_sessions("lab", "carol")
        yield
    # They have been thrown out after eight seconds, or have left now.


def bars_nobody_else(lab: Lab, timeline: Timeline) -> Sequence[Check]:
    """Say how often the refused login was tried, and how another fared that had to log in meanwhile."""
    since = time.time() - (time.monotonic() - timeline.begun)
    tries = _refusals(lab.logged("lab", since), "alice")
    most = 1 + int((timeline.lifted - timeline.begun) // 60)
    carol = measure(timeline.of(["carol"]))
    return [
        Check(f"at most {most} tries in that time", str(tries), 0 < tries <= most),
        Check(
            "Carol's session is cut meanwhile", str(carol.sockets_closed), carol.sockets_closed > 0
        ),
        Check("no request of hers fails", str(carol.failed), carol.failed == 0),
        Check("none of hers waits longer than 1 s", f"{carol.longest:.2f} s", carol.longest <= 1),
    ]


def one_alarm(lab: Lab, timeline: Timeline) -> Sequence[Check]:
    """Say whether each tunnel has said once, and loudly, that the host key is another one."""
    since = time.time() - (time.monotonic() - timeline.begun)
    lines = [
        line
        for line in lab.logged(lab.gateway, since).splitlines()
        if "another host key" in line and '"warning"' in line
    ]
    return [Check("one warning for each of the two tunnels", str(len(lines)), len(lines) == 2)]


def few_log_ins(lab: Lab, timeline: Timeline) -> Sequence[Check]:
    """Say whether each login has connected no more often than the two restarts called for."""
    since = time.time() - (time.monotonic() - timeline.begun)
    count = lab.logged("lab", since).count("Accepted publickey for alice")
    return [Check("alice logs in twice at most", str(count), count <= 2)]


def _refusals(log: str, login: str) -> int:
    """Count the connections on which sshd has refused a login; it may say so of one more than once."""
    told = rf"(?:Failed publickey for|by authenticating user) {login} (?:from )?\S+ port (\d+)"
    return len(set(re.findall(told, log)))


def _await_remote(lab: Lab) -> None:
    address = lab.address("lab")
    eventually(lambda: greets(address, 22, greeting=b"SSH-2.0-"), within_seconds=30)
    for notebook in ("alice", "carol"):
        lab.wait_notebook(notebook)


ROWS: Final = (
    Scenario(
        1, "sshd and its sessions killed", "SIGKILL; sshd started again", sshd_killed,
        AWAY_SECONDS, (*GONE, healed(2.0)),
    ),
    Scenario(3, "sshd reloaded", "SIGHUP", reloaded, 0.0, NOTHING_LOST, settle_seconds=4.0),
    Scenario(
        4, "remote restarts", "docker restart -t 1", restarted, 0.1, (healed(5.0), lost(0)),
    ),
    Scenario(
        5, "remote gone, and its name with it", "docker kill; docker start", gone, AWAY_SECONDS,
        (*GONE, healed(5.0)),
    ),
    Scenario(
        20, "host key changed", "sshd with another key", impostor, 8.0,
        (detected(0.5), fast(6.0), lost(0), healed(80.0)), settle_seconds=82.0,
        watched=Watched(rate=5), afterwards=one_alarm,
    ),
    Scenario(
        21, "key revoked", "authorized_keys emptied, session killed", revoked, REFUSED_SECONDS,
        (detected(0.5), fast(6.0), lost(0), healed(80.0)), hit=("alice",), spared=("bob",),
        settle_seconds=82.0, watched=Watched(rate=5), afterwards=bars_nobody_else,
    ),
    Scenario(
        22, "forwarding forbidden", "sshd -o AllowTcpForwarding=no", forbidden, 8.0,
        (detected(1.0), fast(6.0), healed(2.0), lost(0)), afterwards=few_log_ins,
    ),
    Scenario(
        23, "no session channels", "sshd -o MaxSessions=0", without_sessions, 0.0,
        (healed(2.0), failed(0)),
    ),
    Scenario(
        24, "sshd's waiting room is full", "MaxStartups=2:100:2, two idle connections", crowded,
        9.0, (healed(5.0), lost(0)),
    ),
)  # fmt: skip
