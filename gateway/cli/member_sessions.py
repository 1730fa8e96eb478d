"""``gateway members sessions`` and ``end-sessions``: who is logged in, and who shall be no more."""

from typing import Annotated, Final

import typer

from gateway.cli.deployment import inventory, known_member, with_store
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Output
from gateway.cli.output import Form, moment, say, show
from gateway.cli.reporting import reported
from gateway.core.identity import CredentialId

app = typer.Typer()

COLUMNS: Final = ("session", "member", "address", "device", "since", "used")


@app.command("sessions")
@reported
def list_sessions(
    member: Annotated[
        str | None, typer.Argument(metavar="MEMBER", help="Only theirs; else everybody's.")
    ] = None,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """List the browsers that are logged in."""
    wanted = inventory(config)
    name = None if member is None else known_member(wanted, member)
    rows = [
        {
            "session": row.credential,
            "member": row.member,
            "address": row.address,
            "device": row.device,
            "since": moment(row.created_at),
            "used": moment(row.used_at),
        }
        for row in with_store(wanted, lambda store: store.all_sessions())
        if row.parent is None and name in {None, row.member}
    ]
    show(rows, COLUMNS, output)


@app.command("end-sessions")
@reported
def end_sessions(
    member: Annotated[
        str | None, typer.Argument(metavar="MEMBER", help="Whose sessions to end, all of them.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="SESSION", help="This one alone, by its name in the list.")
    ] = None,
    config: Config = None,
) -> None:
    """End all of MEMBER's sessions, or one; whatever they have open closes, tokens stay good."""
    wanted = inventory(config)
    if (member is None) == (session is None):
        raise CommandFailed(Exit.USAGE, "say which: MEMBER, or --session SESSION")
    if member is not None:
        name = known_member(wanted, member)
        count = with_store(wanted, lambda store: store.end_sessions(name))
        say(f"{name} is logged out everywhere; {count} session{'' if count == 1 else 's'} ended")
    elif with_store(wanted, lambda store: store.end_session(CredentialId(str(session)))):
        say(f"session {session} has ended")
    else:
        raise CommandFailed(
            Exit.NO_SUCH_THING, f"there is no session {session}; see: gateway members sessions"
        )
