"""What a remote needs to allow us, and nothing beside it: as a line for authorized_keys, or for sshd_config.

Measured with OpenSSH 9.2 and 10.0: ``restrict,port-forwarding,permitopen=`` alone leaves commands and remote
forwards open; permitopen compares spellings, so each that the gateway may use must be named; and where anything
is named, Unix sockets are refused, which can't be named. So a login with a notebook at a socket can be kept
from running commands and from listening, but not from opening other connections.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.inventory import Inventory, Notebook, TokenSource
from gateway.core.listener import ANYBODY
from gateway.core.names import NotebookName, RemoteName, TunnelId

READ_FILES: Final = "internal-sftp -R"
NOTHING: Final = "/usr/sbin/nologin"
NOT_CLOSED: Final = (
    "a key's options can't keep it from listening at a Unix socket (ssh -R /path:…);"
    " AllowStreamLocalForwarding no in sshd_config does"
)
EVERYBODY: Final = "this binds every log-in of the account, its owner's too, unless it says whose: pass --from the gateway's address"
NOWHERE: Final = "127.0.0.1:1"
"""Where a key may listen that may listen nowhere: "none" is no option of a key, and nobody uses this port."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What the gateway does as one login of one remote."""

    tunnel: TunnelId
    opens: tuple[str, ...]
    """HOST:PORT, in each spelling that we may use."""
    sockets: tuple[str, ...]
    reads: tuple[str, ...]
    """Why files are read, if any are."""
    notebooks: tuple[NotebookName, ...]
    remotes: tuple[RemoteName, ...] = ()
    """Those that are reached through this one."""


def way_of(
    inventory: Inventory, notebook: Notebook
) -> Iterator[tuple[TunnelId, RemoteName | None]]:
    """Yield the tunnels that lead to a notebook, its own first, each with the remote that lies behind it."""
    here, login, behind = inventory.remotes[notebook.remote], notebook.login, None
    while True:
        yield TunnelId(here.name, login), behind
        if here.jump is None:
            return
        behind, here = here.name, inventory.remotes[here.jump]
        login = here.login or login


def needs_of(inventory: Inventory, tunnel: TunnelId, hosts: Sequence[str]) -> Needs:
    """Return what is done through ``tunnel``; ``hosts`` are the remote's loopback, as the gateway spells it."""
    own = [n for n in inventory.notebooks.values() if n.tunnel == tunnel]
    behind = {
        target
        for notebook in inventory.notebooks.values()
        for passed, target in way_of(inventory, notebook)
        if passed == tunnel and target is not None
    }
    remotes = [inventory.remotes[name] for name in sorted(behind)]
    ports = sorted({n.port for n in own if n.port is not None})
    return Needs(
        tunnel,
        opens=(
            *(_place(host, port) for port in ports for host in hosts),
            *(_place(remote.host, remote.port) for remote in remotes),
        ),
        sockets=tuple(sorted({n.socket for n in own if n.socket is not None})),
        reads=tuple(dict.fromkeys(why for n in own for why in _reads(n))),
        notebooks=tuple(sorted(n.name for n in own)),
        remotes=tuple(remote.name for remote in remotes),
    )


def authorized_key(
    needs: Needs, key: str, *, authority: bool = False, source: str | None = None
) -> str:
    """Return the line for authorized_keys; ``key`` is ours, or that of the authority which signs ours.

    ``source`` is the one address from which it may be used.
    """
    options = ["cert-authority"] if authority else []
    options += ["restrict", "port-forwarding"]
    options += [] if needs.sockets else [f'permitopen="{place}"' for place in needs.opens]
    options += [f'permitlisten="{NOWHERE}"']
    options += [f'command="{READ_FILES if needs.reads else NOTHING}"']
    options += [] if source is None else [f'from="{source}"']
    return f"{','.join(options)} {key}"


def sshd_block(needs: Needs, *, source: str | None = None) -> str:
    """Return the block for sshd_config that allows as much, to whatever key."""
    address = "" if source is None else f" Address {source}"
    lines = [
        f"Match User {needs.tunnel.login}{address}",
        "AllowTcpForwarding local",
        f"PermitOpen {'any' if needs.sockets else ' '.join(needs.opens)}",
        "PermitListen none",
        f"AllowStreamLocalForwarding {'local' if needs.sockets else 'no'}",
        "AllowAgentForwarding no",
        "X11Forwarding no",
        "PermitTunnel no",
        "PermitTTY no",
        "PermitUserRC no",
        f"ForceCommand {READ_FILES}" if needs.reads else "MaxSessions 0",
    ]
    return "\n    ".join(lines)


def explained(needs: Needs) -> Iterator[str]:
    """Yield what is allowed and why, and what can't be closed: a sentence each."""
    login, remote = needs.tunnel.login, needs.tunnel.remote
    for name in needs.notebooks:
        yield f"{login} of {remote} may be forwarded to notebook {name}"
    for target in needs.remotes:
        yield f"{login} of {remote} may be forwarded to the sshd of {target}"
    if needs.reads:
        yield (
            f"it may read {login}'s files over SFTP, for {' and '.join(needs.reads)};"
            " sshd needs its usual Subsystem sftp for that"
        )
    elif needs.notebooks:
        yield (
            "it may read no files, as no token is to be found (token: auto) and nobody is to be looked for (listener);"
            " so the gateway can't tell whose process listens at the port"
        )
    yield "it may run no command, and listen at no TCP port that anybody uses"
    if needs.sockets:
        yield (
            f"sshd can't name {', '.join(needs.sockets)}: who may be forwarded to a Unix socket may be"
            f" forwarded to any, and to any TCP port that {remote} reaches; give the notebook a port to close that"
        )


def _reads(notebook: Notebook) -> Iterator[str]:
    """Yield what the gateway must read files for."""
    if notebook.token is TokenSource.AUTO:
        yield "Jupyter's token (token: auto)"
    if notebook.listener not in {None, ANYBODY}:
        yield "whose process listens (listener)"


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
