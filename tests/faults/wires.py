"""Faults of the line between the gateway and a remote, made in the network of the containers themselves.

iptables, tc, ss and ip run from this machine through nsenter: the containers need no rights for it.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tests.faults.lab import ROOT, Lab
from tests.relay import Weather
from tests.stack import Deployment, eventually, greets

INTO: Final = ("INPUT", "-p", "tcp", "--dport", "22")
OUT_OF: Final = ("OUTPUT", "-p", "tcp", "--sport", "22")
DROP: Final = ("-j", "DROP")
RESET: Final = ("-j", "REJECT", "--reject-with", "tcp-reset")


@contextmanager
def filtered(deployment: Deployment, service: str, *rules: Sequence[str]) -> Iterator[None]:
    """Hold packet filter rules in force in a container's network."""
    for rule in rules:
        deployment.in_network_of(service, "iptables", "-I", *rule)
    try:
        yield
    finally:
        deployment.in_network_of(service, "iptables", "-F")


@contextmanager
def cut(deployment: Deployment, remote: str = "lab") -> Iterator[None]:
    """Drop all that belongs to SSH, both ways, without a word."""
    with filtered(deployment, remote, (*INTO, *DROP), (*OUT_OF, *DROP)):
        yield


@contextmanager
def link_down(lab: Lab, remote: str = "lab") -> Iterator[None]:
    """Take the remote's network interface down."""
    route = lab.in_network_of(remote, "ip", "route", "show", "default").split()
    link = lab.link_of(remote)
    lab.in_network_of(remote, "ip", "link", "set", link, "down")
    try:
        yield
    finally:
        lab.in_network_of(remote, "ip", "link", "set", link, "up")
        lab.in_network_of(remote, "ip", "route", "replace", *route)


@contextmanager
def thin(lab: Lab, remote: str = "lab") -> Iterator[None]:
    """Let the remote send a kilobyte a second."""
    shape = ("root", "tbf", "rate", "8kbit", "burst", "1600", "latency", "2000ms")
    link = lab.link_of(remote)
    lab.in_network_of(remote, "tc", "qdisc", "add", "dev", link, *shape)
    try:
        yield
    finally:
        lab.in_network_of(remote, "tc", "qdisc", "del", "dev", link, "root")


def reset_connections(lab: Lab, remote: str = "lab") -> None:
    """Destroy the gateway's SSH connections to a remote, as a reset does."""
    lab.in_network_of(lab.gateway, "ss", "-K", "dst", lab.address(remote), "dport", "=", "22")


@contextmanager
def through_relay(lab: Lab, weather: Weather, remote: str = "lab") -> Iterator[None]:
    """Lead new SSH connections to a remote through a relay on this machine, and end the old ones."""
    target = lab.address(remote)
    networks = lab.container(remote).attrs["NetworkSettings"]["Networks"]
    here = str(networks[f"{lab.project}_default"]["Gateway"])
    with _relaying(here, target, weather) as port:
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
def _relaying(here: str, target: str, weather: Weather) -> Iterator[int]:
    """Run a relay on this machine, and give its port; what goes through it ends with it."""
    with socket.create_server((here, 0)) as free:
        port = int(free.getsockname()[1])
    milliseconds = [str(1000 * part) for part in (weather.delay_seconds, weather.jitter_seconds)]
    words = [sys.executable, "-m", "tests.relay", f"{here}:{port}", f"{target}:22", *milliseconds]
    with subprocess.Popen([*words, "muted"] if weather.muted else words, cwd=ROOT) as relay:
        try:
            eventually(lambda: greets(here, port), within_seconds=20)
            yield port
        finally:
            relay.kill()
