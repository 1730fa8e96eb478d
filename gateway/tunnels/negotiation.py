"""See whether the far end of an SSH connection has said which algorithms it speaks.

Who hangs up before that has no process, or no patience, for us; who hangs up after it may have no host key of the
kinds that we asked for. asyncssh has no public word for it, so this reaches into it, and only into the
versions that it was written for.
"""

import asyncssh

from gateway.tunnels.versions import shims_fit


def negotiating(connection: asyncssh.SSHClientConnection) -> bool:
    """Return whether the far end's algorithms have arrived; where we can't tell, they have."""
    return not shims_fit() or bool(connection._server_kexinit)  # noqa: SLF001  the shim's whole point
