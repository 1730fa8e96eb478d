"""Rows 25 to 30: the gateway itself is stopped, killed, reloaded; its disk, database and clock fail."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import httpx2

from tests.faults.lab import NOTEBOOKS, Lab
from tests.faults.members import log_in, session_of
from tests.faults.observers import Observers, Watched
from tests.faults.result import Result
from tests.faults.rows.notebook import in_place_of_alice
from tests.faults.scenario import Scenario, figures
from tests.faults.targets import Check, healed
from tests.faults.timeline import Measures, Timeline, measure
from tests.stack import eventually

DATABASE: Final = "/var/lib/gateway/gateway.db"
FILL: Final = "/var/lib/gateway/fill"
INTACT: Final = f"import sqlite3; print(sqlite3.connect('{DATABASE}').execute('PRAGMA integrity_check').fetchone()[0])"
LOCK: Final = (
    f"import sqlite3, sys, time; held = sqlite3.connect('{DATABASE}', isolation_level=None);"
    " held.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(float(sys.argv[1]))"
)
HOUR: Final = 3600
LOST_AT_THE_END: Final = "entries are lost at the end"
ALL: Final = ("alice", "carol", "bob")
NOBODY: Final = Measures()


def stopped(lab: Lab) -> Result:
    """Stop the gateway by SIGTERM while a request is under way and WebSockets are open."""
    with in_place_of_alice(lab), ThreadPoolExecutor() as pool:
        with Observers(lab, Watched(notebooks=("bob", "carol"))) as observers:
            time.sleep(2)
            slow = pool.submit(_status, lab, "/alice/slow?s=3")
            time.sleep(0.5)
            begun = time.monotonic()
            lab.container(lab.gateway).stop(timeout=30)
            took = time.monotonic() - begun
            container = lab.container(lab.gateway)
            code = container.attrs["State"]["ExitCode"]
            container.start()
            back = lab.wait_serving()
            eventually(lambda: bool(lab.version_of("bob")), within_seconds=30)
        seen = measure(observers.timeline(begun, time.monotonic()))
        intact = lab.run_in(lab.gateway, f'python3 -c "{INTACT}"').strip()
    checks = [
        Check(
            "WebSockets close with 1012",
            ", ".join(map(str, seen.closed)),
            set(seen.closed) == {1012},
        ),
        Check("the request under way gets its answer", str(slow.result()), slow.result() == 200),
        Check("exit code 0", str(code), code == 0),
        Check("ended within 10 s", f"{took:.1f} s", took <= 10),
        Check("serves again 5 s after its start", f"{back:.1f} s", back <= 5),
        Check("the database is whole", intact, intact == "ok"),
    ]
    return Result(25, "gateway stopped", "SIGTERM", figures(seen, NOBODY), checks)


@contextmanager
def killed(lab: Lab) -> Iterator[None]:
    """Kill the gateway's process; the engine's restart policy starts it again."""
    lab.gateway_process().kill()
    yield


def whole_after(lab: Lab, timeline: Timeline) -> Sequence[Check]:
    """Say whether what was kept is kept, and how the WebSockets ended."""
    intact = lab.run_in(lab.gateway, f'python3 -c "{INTACT}"').strip()
    answer = _status(lab, "/bob/api")
    return [
        Check("the database is whole", intact, intact == "ok"),
        Check("a token of before is good", str(answer), answer == 200),
    ]


def disk_full(lab: Lab) -> Result:
    """Fill the disk of the store; make room again."""
    with lab.instead("full", new_store=True):
        session = session_of(log_in(lab, "bob"))
        since = time.time()
        with Observers(lab, Watched()) as observers:
            time.sleep(1)
            begun = time.monotonic()
            lab.container("full").exec_run(["dd", "if=/dev/zero", f"of={FILL}", "bs=4k"])
            answers = _log_in_until_refused(lab)
            old_session = _status(lab, "/bob/api", session)
            refused = _ask_in_vain(lab)
            time.sleep(2)
            waiting = metric(lab, "gateway_audit_waiting")
            lab.container("full").exec_run(["rm", FILL])
            lifted = time.monotonic()
            after = log_in(lab, "carol").status_code
            eventually(lambda: metric(lab, "gateway_audit_waiting") == 0, within_seconds=10)
            lost = metric(lab, "gateway_audit_lost_total")
        acts = [line["act"] for line in json.loads(lab.run_in("full", "gateway audit -o json"))]
        written = acts.count("refused")
        verified = lab.run_in("full", "gateway audit verify").strip().splitlines()[-1]
        said = lab.logged("full", since)
        # What is still held when the gateway stops can't be kept; it must not be silent about it.
        lab.container("full").exec_run(["dd", "if=/dev/zero", f"of={FILL}", "bs=4k"])
        answers += _log_in_until_refused(lab)
        stopped_at = time.time()
        lab.container("full").stop(timeout=30)
        at_the_end = lab.logged("full", stopped_at)
    seen = measure(observers.timeline(begun, lifted))
    answered = ", ".join(map(str, sorted(set(answers))))
    checks = [
        *_members_unharmed(seen),
        Check("a session of before is good", str(old_session), old_session == 200),
        Check("a log-in gets 503", str(answers[-1]), answers[-1] == 503),
        Check("no log-in gets anything but 303 or 503", answered, set(answers) <= {303, 503}),
        Check("with room again, a log-in goes through", str(after), after == 303),
        Check(
            "the log says that audit entries wait",
            "it does" if "entries wait" in said else "it does not",
            "entries wait" in said,
        ),
        Check(f"those {refused} who asked in vain are counted", f"{waiting:g}", waiting >= refused),
        Check("with room again, all are in the audit log", str(written), written == refused),
        Check("none was lost, and it still verifies", f"{lost:g}, {verified}", lost == 0),
        Check(
            "what waits when the gateway stops is said to be lost",
            "it is" if LOST_AT_THE_END in at_the_end else "it is not",
            LOST_AT_THE_END in at_the_end,
        ),
    ]
    return Result(27, "disk full", "a tmpfs of 1 MB, filled", figures(seen, NOBODY), checks)


def locked(lab: Lab) -> Result:
    """Hold the database locked for a while, and for longer than a write waits."""
    with Observers(lab, Watched()) as observers:
        time.sleep(3)
        begun = time.monotonic()
        with _database_locked(lab, 3.0):
            short = log_in(lab, "bob").status_code
        with _database_locked(lab, 9.0):
            asked = time.monotonic()
            long = log_in(lab, "carol").status_code
            waited = time.monotonic() - asked
        lifted = time.monotonic()
        after = log_in(lab, "carol").status_code
        time.sleep(1)
    seen = measure(observers.timeline(begun, lifted))
    checks = [
        *_members_unharmed(seen),
        Check("a log-in waits out a lock of 3 s", str(short), short == 303),
        Check("one of 9 s answers 503", str(long), long == 503),
        Check("within 7 s", f"{waited:.1f} s", waited <= 7),
        Check("requests' p99 stays under 0.5 s", f"{seen.p99 or 0:.2f} s", (seen.p99 or 9) < 0.5),
        Check("afterwards a log-in goes through", str(after), after == 303),
    ]
    return Result(
        28, "database locked", "BEGIN EXCLUSIVE of another process, for 3 s and for 9 s",
        figures(seen, NOBODY), checks,
    )  # fmt: skip


def bad_configuration(lab: Lab) -> Result:
    """Put a broken file in the configuration's place, and the good one back."""
    file = lab.folder / "config" / "gateway.yaml"
    good = file.read_text()
    with Observers(lab, Watched()) as observers:
        time.sleep(2)
        since, begun = time.time(), time.monotonic()
        file.write_text(good.replace("port: 7002", "port: 7001x\n    prot: 1"))
        lab.container(lab.gateway).kill("SIGHUP")
        said = lambda: lab.logged(lab.gateway, since)  # noqa: E731
        eventually(lambda: "gateway.yaml:24:" in said(), within_seconds=10)
        problems = metric(lab, "gateway_configuration_problems")
        code, _ = lab.container(lab.gateway).exec_run(["gateway", "check"])
        time.sleep(1)
        file.write_text(good)
        lifted = time.monotonic()
        eventually(lambda: metric(lab, "gateway_configuration_problems") == 0, within_seconds=10)
        time.sleep(1)
    seen = measure(observers.timeline(begun, lifted))
    checks = [
        *_members_unharmed(seen),
        Check("the log names the line", "it does", met=True),
        Check("the metric counts the problems", f"{problems:g}", problems > 0),
        Check("gateway check ends with 78", str(code), code == 78),
    ]
    return Result(
        29, "bad configuration on reload", "a broken gateway.yaml, SIGHUP",
        figures(seen, NOBODY), checks,
    )  # fmt: skip


def clock_jumps(lab: Lab) -> Result:
    """Turn the wall clock an hour on and a day back, under the gateway's feet."""
    clock = lab.folder / "config" / "clock"
    clock.write_text("+0s\n")
    answers: list[int] = []
    with lab.instead("clock"):
        session = session_of(log_in(lab, "bob"))
        with Observers(lab, Watched()) as observers:
            time.sleep(2)
            begun = time.monotonic()
            for jump in (f"+{HOUR}s", "+0s", f"-{24 * HOUR}s", "+0s"):
                clock.write_text(f"{jump}\n")
                time.sleep(3)
                answers.append(_status(lab, "/bob/api", session))
    seen = measure(observers.timeline(begun, begun))
    clock.unlink()
    answered = ", ".join(map(str, answers))
    checks = [
        *_members_unharmed(seen),
        Check("the session is good at each time", answered, set(answers) == {200}),
        Check("no notebook leaves ready", str(seen.detected or "none"), seen.detected is None),
    ]
    injection = "libfaketime: an hour on, back, a day back, and right again"
    return Result(30, "clock jumps", injection, figures(seen, NOBODY), checks)


def _members_unharmed(seen: Measures) -> Sequence[Check]:
    return [
        Check("no request fails", str(seen.failed), seen.failed == 0),
        Check("no WebSocket closes", str(seen.sockets_closed), seen.sockets_closed == 0),
    ]


@contextmanager
def _database_locked(lab: Lab, seconds: float) -> Iterator[None]:
    """Let another process hold the database's one write lock."""
    words = [*lab.compose, "exec", "-T", lab.gateway, "python3", "-c", LOCK, str(seconds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        if holder.stdout is None or holder.stdout.readline() != "held\n":
            raise RuntimeError("the database could not be locked")
        yield


def _ask_in_vain(lab: Lab) -> int:
    """Let everybody ask for the others' notebooks, which the audit log is to tell; return how many do."""
    pairs = [(member, other) for member in NOTEBOOKS for other in NOTEBOOKS if member != other]
    for member, other in pairs:
        with lab.client(member) as client:
            if client.get(f"/{other}/api").status_code == httpx2.codes.OK:
                raise RuntimeError(f"{member} was let in to {other}")
    return len(pairs)


def _log_in_until_refused(lab: Lab) -> list[int]:
    """Log in until it does not work any more; a write-ahead log has some room of its own."""
    answers: list[int] = []
    while len(answers) < 60 and 503 not in answers:
        answers.append(log_in(lab, "carol").status_code)
    return answers


def _status(lab: Lab, path: str, headers: dict[str, str] | None = None) -> int:
    with lab.client("alice" if "alice" in path else "bob") as client:
        if headers is not None:
            del client.headers["Authorization"]
        return client.get(path, headers=headers).status_code


def metric(lab: Lab, name: str) -> float:
    """Return a figure from the gateway's metrics."""
    address = lab.address(lab.gateway)
    text = httpx2.get(f"http://{address}:9000/metrics").text
    found = [line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(found[0])


ROWS: Final = (
    Scenario(
        26, "gateway killed", "SIGKILL; the restart policy starts it", killed, 0.0,
        (healed(8.0),), hit=ALL, spared=(), settle_seconds=15.0, afterwards=whole_after,
    ),
)  # fmt: skip
