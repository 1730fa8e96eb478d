"""Faults of the line between the gateway and a remote, made in the network of the containers themselves.

iptables, tc, ss and ip run from this machine through nsenter: the containers need no rights for it.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tests.faults.lab import Lab
from tests.relay import Weather, listen

INTO: Final = ("INPUT", "-p", "tcp", "--dport", "22")
OUT_OF: Final = ("OUTPUT", "-p", "tcp", "--sport", "22")
DROP: Final = ("-j", "DROP")
RESET: Final = ("-j", "REJECT", "--reject-with", "tcp-reset")


@contextmanager
def filtered(lab: Lab, service: str, *rules: Sequence[str]) -> Iterator[None]:
    """Hold packet filter rules in force in a container's network."""
    for rule in rules:
        lab.in_network_of(service, "iptables", "-I", *rule)
    try:
        yield
    finally:
        lab.in_network_of(service, "iptables", "-F")


@contextmanager
def cut(lab: Lab, remote: str = "lab") -> Iterator[None]:
    """Drop all that belongs to SSH, both ways, without a word."""
    with filtered(lab, remote, (*INTO, *DROP), (*OUT_OF, *DROP)):
        yield


@contextmanager
def link_down(lab: Lab, remote: str = "lab") -> Iterator[None]:
    """Take the remote's network interface down."""
    route = lab.in_network_of(remote, "ip", "route", "show", "default").split()
    lab.in_network_of(remote, "ip", "link", "set", "eth0", "down")
    try:
        yield
    finally:
        lab.in_network_of(remote, "ip", "link", "set", "eth0", "up")
        lab.in_network_of(remote, "ip", "route", "replace", *route)


@contextmanager
def thin(lab: Lab, remote: str = "lab") -> Iterator[None]:
    """Let the remote send a kilobyte a second."""
    shape = ("root", "tbf", "rate", "8kbit", "burst", "1600", "latency", "2000ms")
    lab.in_network_of(remote, "tc", "qdisc", "add", "dev", "eth0", *shape)
    try:
        yield
    finally:
        lab.in_network_of(remote, "tc", "qdisc", "del", "dev", "eth0", "root")


def reset_connections(lab: Lab, remote: str = "lab") -> None:
    """Destroy the gateway's SSH connections to a remote, as a reset does."""
    lab.in_network_of(lab.gateway, "ss", "-K", "dst", lab.address(remote), "dport", "=", "22")


@contextmanager
def through_relay(lab: Lab, weather: Weather, remote: str = "lab") -> Iterator[None]:
    """Lead new SSH connections to a remote through a relay on this machine, and end the old ones."""
    target = lab.address(remote)
    networks = lab.container(remote).attrs["NetworkSettings"]["Networks"]
    here = str(networks[f"{lab.project}_default"]["Gateway"])
    with _relaying(here, (target, 22), weather) as port:
        match = ("OUTPUT", "-p", "tcp", "-d", target, "--dport", "22")
        detour = (*match, "-j", "DNAT", "--to-destination", f"{here}:{port}")
        nat = ("iptables", "-t", "nat")
        lab.in_network_of(lab.gateway, *nat, "-I", *detour)
        try:
            reset_connections(lab, remote)
            yield
        finally:
            lab.in_network_of(lab.gateway, *nat, "-D", *detour)


@contextmanager
def _relaying(here: str, target: tuple[str, int], weather: Weather) -> Iterator[int]:
    """Run a relay in a thread, and give its port; what goes through it ends with it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.run_coroutine_threadsafe(listen((here, 0), target, weather), loop)
    server = starting.result(10)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others)
