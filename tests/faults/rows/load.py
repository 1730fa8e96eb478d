"""Rows 32 to 37: many who idle, vanish or dawdle; more than there is room, files or memory for."""

import asyncio
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

import psutil
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.faults import wires
from tests.faults.lab import HOST, Lab
from tests.faults.members import established, open_socket, open_sockets, try_sockets, upload
from tests.faults.observers import Observers, Watched
from tests.faults.result import Result
from tests.faults.rows.gateway import ALL, NOBODY, metric
from tests.faults.rows.notebook import in_place_of_alice
from tests.faults.scenario import Scenario, figures
from tests.faults.targets import Check, Target, healed
from tests.faults.timeline import Timeline, measure
from tests.stack import eventually

IDLE_SOCKETS: Final = 1000
IDLE_SECONDS: Final = 60
SLOW_CONNECTIONS: Final = 200
SLOW_CLIENTS: Final = {
    "heads": (("-H",), 35),
    "bodies": (("-B", "-s", "2000"), 45),
    "readers": (("-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32"), 90),
}
"""What slowhttptest is told, and how many seconds its connections may last: a reader's answer is short, so that
it waits in the kernel, and what is left is an idle connection."""
UPLOAD_BYTES: Final = 2 << 30
DRIBBLE_BYTES: Final = 12 << 20
MEGABYTE: Final = 1 << 20


def idle_sockets(lab: Lab) -> Result:
    """Hold a thousand WebSockets open on which nothing happens."""
    process = lab.gateway_process()
    before = process.memory_info().rss, process.num_fds()

    async def hold() -> tuple[int, int, int, float, int]:
        sockets = await open_sockets(lab, IDLE_SOCKETS)
        held = process.memory_info().rss, process.num_fds()
        used = -_cpu_seconds(process)
        await asyncio.sleep(IDLE_SECONDS)
        used += _cpu_seconds(process)
        alive = sum(await asyncio.gather(*(_answers(socket) for socket in sockets)))
        await asyncio.gather(*(socket.close() for socket in sockets))
        return len(sockets), alive, held[0] - before[0], used, held[1] - before[1]

    opened, alive, memory, used, files = asyncio.run(hold())
    each = memory / max(opened, 1) / 1024
    busy = 100 * used / IDLE_SECONDS
    checks = [
        Check(f"{IDLE_SOCKETS} open", str(opened), opened == IDLE_SOCKETS),
        Check(f"all answer after {IDLE_SECONDS} s", str(alive), alive == opened),
        Check("memory for each: at most 100 KB", f"{each:.0f} KB", each <= 100),
        Check(
            "file descriptors for each: at most 2",
            f"{files / max(opened, 1):.2f}",
            files <= 2 * opened,
        ),
        Check("processor meanwhile: at most 10 %", f"{busy:.1f} %", busy <= 10),
    ]
    remarks = (f"{IDLE_SECONDS} s here; ten minutes in the matrix",)
    return Result(
        32,
        "1,000 idle WebSockets",
        "opened through the gateway to three notebooks",
        {},
        checks,
        remarks,
    )


def vanished(lab: Lab) -> Result:
    """Let a browser's machine vanish from the network while its WebSocket is open."""

    async def vanish() -> tuple[float, float]:
        address = lab.address(lab.gateway)
        socket = await open_socket(lab, "bob", address)
        port = socket.local_address[1]
        held = metric(lab, "gateway_exchanges")
        both = (
            ("INPUT", "-p", "tcp", "--sport", str(port), *wires.DROP),
            ("OUTPUT", "-p", "tcp", "--dport", str(port), *wires.DROP),
        )
        with wires.filtered(lab, lab.gateway, *both):
            gone = lambda: not any(end.endswith(f":{port}") for end in established(lab))  # noqa: E731
            seconds = await asyncio.to_thread(eventually, gone, within_seconds=90)
        left = metric(lab, "gateway_exchanges")
        socket.transport.abort()
        return seconds, held - left

    seconds, ended = asyncio.run(vanish())
    checks = [
        Check("noticed within 60 s", f"{seconds:.0f} s", seconds <= 60),
        Check("its way to the notebook is closed too", f"{ended:g} closed", ended >= 1),
    ]
    return Result(33, "vanished browser", "iptables DROP of one WebSocket's packets", {}, checks)


def slow_clients(lab: Lab) -> Result:
    """Let clients send their heads, send their bodies and read their answers as slowly as they can."""
    url = f"http://{HOST}/-/login"
    checks: list[Check] = []
    with Observers(lab, Watched()) as observers, ExitStack() as attacks:
        time.sleep(3)
        begun = time.monotonic()
        attackers = {
            name: attacks.enter_context(_attacking(lab, *words, "-u", url))
            for name, (words, _) in SLOW_CLIENTS.items()
        }
        most = dict.fromkeys(attackers, 0)
        for name, (_, limit) in sorted(SLOW_CLIENTS.items(), key=lambda item: item[1][1]):
            left = SLOW_CONNECTIONS
            while time.monotonic() - begun < limit and (left or not most[name]):
                time.sleep(0.5)
                held = {one: _connections(lab, attackers[one]) for one in attackers}
                most = {one: max(most[one], held[one]) for one in attackers}
                left = held[name]
            promise = f"slow {name}: closed within {limit} s"
            checks.append(
                Check(promise, f"{left} left of {most[name]}", not left and most[name] > 0)
            )
    seen = measure(observers.timeline(begun, begun))
    checks += [
        Check("members' requests failed: none", str(seen.failed), seen.failed == 0),
        Check(
            "members' WebSockets closed: none", str(seen.sockets_closed), not seen.sockets_closed
        ),
    ]
    injection = f"slowhttptest, {SLOW_CONNECTIONS} connections of each kind"
    return Result(34, "slow clients", injection, figures(seen, NOBODY), checks)


@contextmanager
def _attacking(lab: Lab, *words: str) -> Iterator[psutil.Process]:
    """Run slowhttptest, to which the gateway's name leads to its address."""
    hosts = lab.folder / "hosts"
    hosts.write_text(f"{lab.address(lab.gateway)} {HOST.partition(':')[0]}\n")
    usual = ["-c", str(SLOW_CONNECTIONS), "-r", "100", "-i", "5", "-l", "100", "-p", "3"]
    script = f'mount --bind {hosts} /etc/hosts && exec slowhttptest "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", *words, *usual]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as attack:
        try:
            yield psutil.Process(attack.pid)
        finally:
            attack.kill()


def _connections(lab: Lab, attacker: psutil.Process) -> int:
    """Return how many of its connections the gateway holds; what only its kernel holds costs nothing."""
    try:
        ports = {one.laddr.port for one in attacker.net_connections("tcp") if one.raddr}
    except psutil.NoSuchProcess:
        return 0  # all of its connections are closed, so it has ended
    return sum(int(end.rpartition(":")[2]) in ports for end in established(lab))


def large_upload(lab: Lab) -> Result:
    """Upload a lot, to a notebook that takes it fast, and to one that takes it slowly."""
    process = lab.gateway_process()
    with in_place_of_alice(lab):
        before = process.memory_info().rss
        peak = [before]
        sample = lambda: peak.append(process.memory_info().rss)  # noqa: E731
        begun = time.monotonic()
        fast = upload(lab, "/alice/sink", UPLOAD_BYTES, meanwhile=sample)
        rate = UPLOAD_BYTES / (time.monotonic() - begun) / MEGABYTE
        slow = upload(lab, "/alice/sink?bps=1000000", DRIBBLE_BYTES, meanwhile=sample)
    grown = (max(peak) - before) / MEGABYTE
    writable = (
        lab.container(lab.gateway).exec_run(["du", "-s", "-k", "/tmp"])[1].decode().split()[0]
    )
    checks = [
        Check("a fast one arrives whole", fast, fast == f"200 {UPLOAD_BYTES}"),
        Check("a slow one arrives whole", slow, slow == f"200 {DRIBBLE_BYTES}"),
        Check("memory grows by less than 64 MB", f"{grown:.0f} MB", grown < 64),
        Check("nothing is put on disk", f"{writable} KB", int(writable) < 1024),
    ]
    remarks = (f"{UPLOAD_BYTES >> 30} GiB here at {rate:.0f} MB/s; 10 GB in the matrix",)
    return Result(35, "large upload", "PUT of zeros, fast and at 1 MB/s", {}, checks, remarks)


def few_files(lab: Lab) -> Result:
    """Leave the gateway hardly a file descriptor, while members come."""
    process = lab.gateway_process()
    usual = _prlimit(process, "--nofile", "--output=SOFT", "--noheadings").strip()
    with Observers(lab, Watched(rate=5)) as observers:
        time.sleep(3)
        begun = time.monotonic()
        before = metric(lab, "gateway_refused_connections_total")
        _prlimit(process, f"--nofile={process.num_fds() + 60}:")
        try:
            tried = asyncio.run(_try_and_close(lab, 100))
            used = -_cpu_seconds(process)
            time.sleep(3)
            busy = 100 * (used + _cpu_seconds(process)) / 3
        finally:
            _prlimit(process, f"--nofile={usual}:")
        lifted = time.monotonic()
        again = asyncio.run(_try_and_close(lab, 100)).get("open", 0)
        time.sleep(2)
        counted = metric(lab, "gateway_refused_connections_total") - before
    seen = measure(observers.timeline(begun, lifted))
    checks = [
        Check("open WebSockets stay", f"{seen.sockets_closed} closed", seen.sockets_closed == 0),
        Check("whoever finds no room is told 503", _listed(tried), tried.keys() == {"open", "503"}),
        Check("they are counted", f"{counted:g}", counted >= tried["503"]),
        Check("no request of members who are in fails", str(seen.lost), seen.lost == 0),
        Check("processor while full: at most 50 %", f"{busy:.0f} %", busy <= 50),
        Check("with room again, all are let in", str(again), again == 100),
        Target("healed", lambda m: m.healed, 2.0).check(seen, NOBODY),
    ]
    return Result(36, "no file descriptors", "prlimit --nofile", figures(seen, NOBODY), checks)


def _prlimit(process: psutil.Process, *words: str) -> str:
    """Read or set a process's limits; as its own user, since root may lack the right here."""
    command = ["prlimit", "--pid", str(process.pid), *words]
    user, group = process.uids().real, process.gids().real
    return subprocess.run(
        command, check=True, capture_output=True, text=True, user=user, group=group, extra_groups=[]
    ).stdout


@contextmanager
def out_of_memory(lab: Lab) -> Iterator[None]:
    """Take the memory away that the gateway is about to need."""
    process, container = lab.gateway_process(), lab.container(lab.gateway)
    held = container.stats(stream=False)["memory_stats"]["stats"]
    limit = held.get("rss", held.get("anon")) + 2 * MEGABYTE
    try:
        while not _limit_memory(container.name, str(limit), str(limit)):
            limit += MEGABYTE  # the kernel's own memory counts too
        asyncio.run(_crowd_until_it_dies(lab, process))
        yield
    finally:
        _limit_memory(container.name, "1g", "2g")


def _limit_memory(name: str, memory: str, with_swap: str) -> bool:
    """Limit a container's memory; return False if it has more than that already."""
    words = ["docker", "update", "--memory", memory, "--memory-swap", with_swap, name]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode and "current usage" not in done.stderr:
        raise RuntimeError(done.stderr)
    return done.returncode == 0


async def _crowd_until_it_dies(lab: Lab, process: psutil.Process) -> None:
    """Open WebSockets until there is no memory for another."""
    crowd: list[ClientConnection] = []
    with suppress(OSError):  # it is gone, and its address with it
        while process.is_running() and len(crowd) < IDLE_SOCKETS:
            crowd += await open_sockets(lab, 100)
    if process.is_running():
        raise TimeoutError(f"{len(crowd)} WebSockets did not take the memory")


def killed_for_memory(lab: Lab, timeline: Timeline) -> list[Check]:
    """Say whether the engine has started the gateway again."""
    begun = time.time() - (time.monotonic() - timeline.begun)
    started = lab.gateway_process().create_time()
    return [Check("the restart policy has started it again", "it has", started > begun)]


async def _try_and_close(lab: Lab, count: int) -> Counter[str]:
    """Return how many WebSockets were open at a time, and what the others were told."""
    tried = await try_sockets(lab, count, at_once=10)
    for socket in tried:
        if isinstance(socket, ClientConnection):
            await socket.close()
    return Counter("open" if isinstance(one, ClientConnection) else str(one) for one in tried)


def _listed(tried: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(tried.items()))


async def _answers(socket: ClientConnection) -> bool:
    try:
        await asyncio.wait_for(await socket.ping(), 20)
    except (ConnectionClosed, TimeoutError):
        return False
    return True


def _cpu_seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


ROWS: Final = (
    Scenario(
        37, "out of memory", "docker update --memory, many WebSockets", out_of_memory, 1.0,
        (healed(15.0),), hit=ALL, spared=(), settle_seconds=20.0, afterwards=killed_for_memory,
    ),
)  # fmt: skip
