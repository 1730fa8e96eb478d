"""What it means, and what to do, when the gateway's credential may do more at a remote than it needs."""

from collections.abc import Mapping
from typing import Final

from gateway.core.diagnosis import Advice, Right
from gateway.core.situation import Situation

MEANINGS: Final[Mapping[Right, str]] = {
    Right.COMMANDS: "run commands as {login}",
    Right.PORTS: "reach other ports there as {login}",
    Right.LISTENING: "listen there as {login}, and lead away what connects",
    Right.WRITING: "write {login}'s files over SFTP",
}
"""What whoever gets hold of the gateway's key could do; each is completed by ``excess``."""


def excess(right: Right, situation: Situation) -> Advice:
    """Return what a right means that the gateway does not need, and how to take it away."""
    remote, login = situation.remote.name, situation.login
    power = MEANINGS[right].format(remote=remote, login=login)
    return Advice(
        f"Whoever steals the gateway's credential for {login} on {remote} can {power}.",
        f"Limit it: put before the key in ~{login}/.ssh/authorized_keys what `gateway remotes key {remote} --for"
        f" {situation.notebook.name}` prints.",
    )
