"""The ways in which an open page loses what it talks to; each cut is mended when its block ends."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.requires import program
from tests.stack import Stack

Cut = Callable[[Stack], AbstractContextManager[None]]


@contextmanager
def silent_line(stack: Stack) -> Iterator[None]:
    """Swallow every packet of SSH at the remote: nobody is told (fault 8)."""
    nsenter = program("nsenter", package="util-linux")
    iptables = program("iptables", package="iptables")
    container = stack.container("remote")
    container.reload()
    inside = [nsenter, "-t", str(container.attrs["State"]["Pid"]), "-n", iptables]
    rules = [
        ["INPUT", "-p", "tcp", "--dport", "22", "-j", "DROP"],
        ["OUTPUT", "-p", "tcp", "--sport", "22", "-j", "DROP"],
    ]
    for rule in rules:
        subprocess.run([*inside, "-I", *rule], check=True)
    try:
        yield
    finally:
        for rule in rules:
            subprocess.run([*inside, "-D", *rule], check=True)


@contextmanager
def killed_sshd(stack: Stack) -> Iterator[None]:
    """Kill sshd and its sessions; what the notebooks run goes on (fault 1)."""
    stack.run_in("remote", "pkill -9 ^sshd")
    try:
        yield
    finally:
        # PID 1's output is the container's log.
        start = "exec /usr/sbin/sshd -D -e >/proc/1/fd/1 2>/proc/1/fd/2"
        stack.container("remote").exec_run(["sh", "-c", start], detach=True)


@contextmanager
def restarted_gateway(stack: Stack) -> Iterator[None]:
    """Stop the gateway as Docker does, and start it again (fault 25)."""
    container = stack.container("gateway")
    container.stop(timeout=30)
    try:
        yield
    finally:
        container.start()


@contextmanager
def killed_gateway(stack: Stack) -> Iterator[None]:
    """Kill the gateway, and start it again (fault 26)."""
    container = stack.container("gateway")
    container.kill()
    try:
        yield
    finally:
        container.start()
