"""What asyncssh and the socket raise, as failures of ours: a reason, and a sentence with the fix."""

import socket
from typing import Final

import asyncssh

from gateway.core.inventory import Notebook, Remote
from gateway.core.names import LoginName
from gateway.core.ssh_credential import means, remedy
from gateway.errors import (
    ForwardingRefused,
    NotebookStopped,
    Reason,
    RemoteError,
    RemoteRejected,
    RemoteUnreachable,
    TunnelDown,
    UpstreamError,
)

LONGEST_REASON: Final = 200
"""Characters of what a remote says; it may be anybody, and what it says reaches logs and pages."""
BUSY_CODES = {asyncssh.DISC_TOO_MANY_CONNECTIONS, asyncssh.DISC_SERVICE_NOT_AVAILABLE}


def remote_error(
    exc: Exception,
    remote: Remote,
    login: LoginName,
    *,
    greeted: bool = False,
) -> RemoteError:
    """Return our word for what went wrong while dialing, but for host keys; ``greeted`` says that TCP stood."""
    where = place(remote)
    error: RemoteError
    match exc:
        case asyncssh.PermissionDenied():
            error = _login_refused(remote, login)
        case asyncssh.ChannelOpenError():
            error = _jump_error(exc, remote, where)
        case asyncssh.DisconnectError():
            error = _disconnected(exc, remote, login, where)
        case _:
            error = _no_connection(exc, remote, f"{where} as {login}", greeted=greeted)
    return error


def place(remote: Remote) -> str:
    """Return what a remote is called where it fails."""
    return f"{remote.name} ({remote.host} port {remote.port})"


def upstream_error(exc: Exception, notebook: Notebook) -> UpstreamError:
    """Return our word for what went wrong while a channel was opened."""
    who = f"{notebook.login} to {notebook.place} on {notebook.remote}"
    if isinstance(exc, asyncssh.ChannelOpenError):
        if exc.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            detail = (
                f"sshd does not forward {who}; see AllowTcpForwarding, AllowStreamLocalForwarding"
                " and PermitOpen there, and permitopen= beside the key"
            )
            return ForwardingRefused(Reason.FORWARDING_REFUSED, detail)
        if exc.reason != "SSH connection closed":
            detail = f"nothing listens at {notebook.place} of {notebook.remote}{_or_else(notebook)}"
            return NotebookStopped(Reason.NOT_RUNNING, detail)
    return TunnelDown(Reason.LOST, f"the tunnel of {notebook.login} to {notebook.remote} ended")


def _or_else(notebook: Notebook) -> str:
    """Say what else it may be: of a socket, sshd tells a refusal in the words for one that isn't there."""
    if notebook.socket is None:
        return ""
    return (
        "; if the notebook runs, sshd forbids the forward: AllowTcpForwarding and AllowStreamLocalForwarding must"
        " allow it there, and any PermitOpen, or permitopen= beside the key, closes every socket"
    )


def _no_connection(
    exc: Exception, remote: Remote, where: str, *, greeted: bool
) -> RemoteUnreachable:
    match exc:
        case socket.gaierror():
            detail = (
                f"the name {remote.host} of remote {remote.name} does not resolve: {exc.strerror}"
            )
            return RemoteUnreachable(Reason.NAME_NOT_FOUND, detail)
        case TimeoutError():
            return RemoteUnreachable(Reason.TIMED_OUT, f"{where}: logging in took too long")
        case _ if greeted:
            detail = f"{where}: hung up before the log-in; it may be busy"
            return RemoteUnreachable(Reason.BUSY, detail)
        case _:
            return RemoteUnreachable(Reason.UNREACHABLE, f"{where}: {exc}")


def _login_refused(remote: Remote, login: LoginName) -> RemoteRejected:
    credential = remote.credential_of(login)
    proof = "nothing" if credential is None else means(credential)
    detail = f"{remote.name} does not let {login} in with {proof}; {remedy(credential, login)}"
    return RemoteRejected(Reason.LOGIN_REFUSED, detail)


def _disconnected(
    exc: asyncssh.DisconnectError, remote: Remote, login: LoginName, where: str
) -> RemoteError:
    if "authentication failures" in exc.reason:
        return _login_refused(remote, login)
    if isinstance(exc, asyncssh.ConnectionLost) or exc.code in BUSY_CODES:
        detail = f"{where} hung up before {login} was logged in; it may be busy"
        return RemoteUnreachable(Reason.BUSY, detail)
    return RemoteUnreachable(Reason.NOT_SSH, f"{where} does not speak SSH as we do: {_told(exc)}")


def _jump_error(exc: asyncssh.ChannelOpenError, remote: Remote, where: str) -> RemoteError:
    if exc.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        return RemoteRejected(
            Reason.FORWARDING_REFUSED, f"{remote.jump} does not forward to {where}: {_told(exc)}"
        )
    return RemoteUnreachable(
        Reason.UNREACHABLE, f"{where} can't be reached from {remote.jump}: {_told(exc)}"
    )


def _told(exc: asyncssh.DisconnectError | asyncssh.ChannelOpenError) -> str:
    """Return what the remote says of it, as one line that drives no terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in exc.reason[:LONGEST_REASON])
