"""``gateway remotes``: the shared machines, their host keys, and the keys with which we log in."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from gateway.cli.deployment import examined, find_config, inventory
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Output
from gateway.cli.output import Form, Row, say, show
from gateway.cli.remote_key import key
from gateway.cli.reporting import reported
from gateway.core.host_key import same_fingerprint
from gateway.core.inventory import Inventory
from gateway.core.known_hosts import SSH_PORT, names_of
from gateway.core.names import RemoteName
from gateway.core.suggest import did_you_mean
from gateway.errors import RemoteError

if TYPE_CHECKING:
    from gateway.tunnels.showing import ShownKey
    from gateway.wiring.remotes import Look

app = typer.Typer(no_args_is_help=True, help="See to remotes: their host keys, and ours.")

RemoteArgument = Annotated[
    str, typer.Argument(metavar="REMOTE", help="A remote in the configuration.")
]
Outcome = TypeVar("Outcome")


@app.command("ls")
@reported
def list_remotes(config: Config = None, output: Output = Form.TABLE) -> None:
    """List the remotes, and how each one's host key is known; nothing is dialed."""
    from gateway.wiring.remotes import knowledge  # noqa: PLC0415 - asyncssh: 0.3 s

    wanted = inventory(config)
    known = asyncio.run(knowledge(wanted))
    rows: list[Row] = [
        {
            "remote": name,
            "host": remote.host if remote.port == SSH_PORT else f"{remote.host}:{remote.port}",
            "jump": remote.jump,
            "logins": _logins(wanted, name),
            "known_from": known[name].source,
            "host_key": list(known[name].keys),
        }
        for name, remote in wanted.remotes.items()
    ]
    show(rows, ("remote", "host", "jump", "logins", "known_from", "host_key"), output)


@app.command()
@reported
def hostkey(remote: RemoteArgument, config: Config = None, output: Output = Form.TABLE) -> None:
    """Show the host keys that REMOTE shows now beside what we know; nobody is logged in there."""
    wanted = inventory(config)
    name = known_remote(wanted, remote)
    look = _look(wanted, name)
    rows = [_row(wanted, name, key, look) for key in look.shown.keys]
    show(rows, ("kind", "fingerprint", "known"), output)
    if output is Form.TABLE:
        typer.echo("\n" + "\n".join(str(row["known_hosts"]) for row in rows))
        typer.echo(f"host_key: {look.shown.keys[0].fingerprint}")
    if look.shown.authority is not None:
        authority = look.shown.authority
        say(f"{name} has a certificate of {authority.kind} {authority.fingerprint}")
    if look.refusal is not None:
        raise CommandFailed(Exit.FAILURE, look.refusal.detail)
    what = "the host key that we know" if look.known.keys else "a host key for the first time"
    say(f"{name} shows {what} ({look.known.source})")


@app.command()
@reported
def trust(
    remote: RemoteArgument,
    *,
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="SHA256:…", help="Trust this key, if the remote shows it; don't ask."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Trust the best of the keys that are shown; don't ask.")
    ] = False,
    config: Config = None,
) -> None:
    """Trust the host key that REMOTE shows now; a running gateway then connects at once."""
    wanted = inventory(config)
    name = known_remote(wanted, remote)
    if not (yes or fingerprint or sys.stdin.isatty()):
        message = (
            "there is no terminal to ask on; pass --fingerprint, or --yes to believe what is shown"
        )
        raise CommandFailed(Exit.USAGE, message)
    look = _look(wanted, name)
    chosen = _chosen(name, look, fingerprint)
    if look.refusal is None and look.known.keys:
        say(f"{name} shows the host key that we know ({look.known.source}); nothing to do")
        return
    say(f"{name} is known by ({look.known.source}): {', '.join(look.known.keys) or 'nothing'}")
    say(f"{name} shows now: {', '.join(f'{k.kind} {k.fingerprint}' for k in look.shown.keys)}")
    _check_trustable(name, look, chosen)
    if not (yes or fingerprint):
        typer.confirm(f"trust {chosen.kind} {chosen.fingerprint}?", abort=True, err=True)
    _trust(wanted, name, chosen, look, config)


app.command()(key)


def known_remote(wanted: Inventory, name: str) -> RemoteName:
    """Return ``name`` as a remote's; raise CommandFailed if the configuration knows none."""
    remote = RemoteName(name)
    if remote not in wanted.remotes:
        hint = did_you_mean(name, wanted.remotes)
        raise CommandFailed(Exit.NO_SUCH_THING, f"no remote is called {name}{hint}")
    return remote


def _logins(wanted: Inventory, name: RemoteName) -> list[str]:
    logins = {n.login for n in wanted.notebooks.values() if n.remote == name}
    own = wanted.remotes[name].login
    return sorted(logins | ({own} if own is not None else set()))


def _look(wanted: Inventory, name: RemoteName) -> "Look":
    from gateway.wiring.remotes import look_at  # noqa: PLC0415 - asyncssh: 0.3 s

    return _reached(look_at(wanted, name))


def _reached(looking: Coroutine[None, None, Outcome]) -> Outcome:
    try:
        return asyncio.run(looking)
    except RemoteError as exc:
        raise CommandFailed(Exit.UNREACHABLE, exc.detail) from exc


def _row(wanted: Inventory, name: RemoteName, key: "ShownKey", look: "Look") -> Row:
    remote = wanted.remotes[name]
    names = names_of(remote.host, remote.port, remote.host_key_alias)
    vouched = any(
        same_fingerprint(word, key.fingerprint)
        for known in look.known.keys
        for word in known.split()
    )
    known = "revoked" if key.fingerprint in look.known.revoked else vouched
    return {
        "kind": key.kind,
        "fingerprint": key.fingerprint,
        "known": known,
        "known_hosts": f"{names[0]} {key.key}",
    }


def _chosen(name: RemoteName, look: "Look", fingerprint: str | None) -> "ShownKey":
    if fingerprint is None:
        return look.shown.keys[0]
    for shown in look.shown.keys:
        if same_fingerprint(shown.fingerprint, fingerprint):
            return shown
    seen = ", ".join(shown.fingerprint for shown in look.shown.keys)
    message = f"{name} does not show {fingerprint}, but {seen}; nothing is changed"
    raise CommandFailed(Exit.FAILURE, message)


def _check_trustable(name: RemoteName, look: "Look", chosen: "ShownKey") -> None:
    """Raise CommandFailed where a person has to think first."""
    if chosen.fingerprint in look.known.revoked:
        message = f"{chosen.fingerprint} is revoked in {look.known.source}; nothing is changed"
        raise CommandFailed(Exit.FAILURE, message)
    if any(known.startswith("signed by ") for known in look.known.keys):
        authority = look.shown.authority
        now = (
            "it shows no certificate"
            if authority is None
            else f"its certificate is signed by {authority.key}"
        )
        message = (
            f"{name} is known by its certificate, and {now}; nothing is changed. If that is right,"
            f" change its line in {look.known.source} by hand"
        )
        raise CommandFailed(Exit.FAILURE, message)


def _trust(
    wanted: Inventory, name: RemoteName, chosen: "ShownKey", look: "Look", config: Path | None
) -> None:
    from gateway.wiring.remotes import trust as trust_key  # noqa: PLC0415 - asyncssh: 0.3 s

    try:
        done = asyncio.run(trust_key(wanted, name, chosen, look.shown))
    except (OSError, ValueError) as exc:
        _by_hand(
            f"{look.known.source} can't be changed: {exc}; put there, in place of the old:",
            str(_row(wanted, name, chosen, look)["known_hosts"]),
        )
    if not done:
        place = _place_of_host_key(name, config)
        _by_hand(
            f"the configuration is yours to change; put at {place}:",
            f"host_key: {chosen.fingerprint}",
        )
    say(f"{chosen.kind} {chosen.fingerprint} is trusted now; a running gateway connects at once")


def _by_hand(message: str, line: str) -> NoReturn:
    say(f"gateway: {message}")
    typer.echo(line)
    raise typer.Exit(Exit.FAILURE)


def _place_of_host_key(name: RemoteName, config: Path | None) -> str:
    found = examined(config)
    path = ("remotes", name, "host_key")
    origin = find_config(config) if found.document is None else found.document.origin(path)
    return f"{origin}, remotes.{name}"
