"""Watching a dial: how far it comes, and what the remote shows on the way."""

import asyncssh

from gateway.core.host_key import Verdict
from gateway.tunnels.identities import KeyPairs


class Observer:
    """Is told what happens while a remote is dialled; this one pays no heed."""

    def offers(self, keys: KeyPairs) -> None:
        """Learn with which keys we want to log in."""

    def connected(self, ssh: asyncssh.SSHClientConnection) -> None:
        """Learn that something took the connection; another host key may be asked for on a second one."""

    def showed(self, key: asyncssh.SSHKey, verdict: Verdict) -> None:
        """Learn which host key was shown for which no known_hosts file vouches, and what was thought of it."""

    def let_in(self) -> None:
        """Learn that we are logged in."""
