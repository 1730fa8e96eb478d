"""``gateway tokens``: members' API credentials."""

from typing import Annotated, Final

import typer

from gateway.cli.deployment import inventory, known_member, with_store
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Output
from gateway.cli.output import Form, moment, say, show
from gateway.cli.reporting import reported
from gateway.core.identity import CredentialId
from gateway.core.quantities import duration_seconds

SHORTEST_SECONDS: Final = 60.0

app = typer.Typer(no_args_is_help=True, help="See to members' API tokens.")


def _lifetime(text: str) -> float:
    try:
        seconds = duration_seconds(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    if seconds < SHORTEST_SECONDS:
        raise typer.BadParameter(f"{text} is too short; a token lives for a minute at least")
    return seconds


@app.command()
@reported
def create(
    member: Annotated[str, typer.Option(metavar="MEMBER", help="Whose it is.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires: Annotated[
        float | None,
        typer.Option(
            parser=_lifetime, metavar="DURATION", help="When it ends: 90d, 8h; else never."
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Print a new token: the only time that it is seen."""
    wanted = inventory(config)
    name = known_member(wanted, member)
    secret, row = with_store(
        wanted, lambda store: store.create_token(name, label=label, lifetime_seconds=expires)
    )
    say(f"token {row.credential} of {name}; it is not shown again:")
    typer.echo(secret)


@app.command("ls")
@reported
def list_tokens(
    member: Annotated[str | None, typer.Option(metavar="MEMBER", help="Only theirs.")] = None,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """List the tokens, never their secrets."""
    wanted = inventory(config)
    name = None if member is None else known_member(wanted, member)
    rows = [
        {
            "token": row.credential,
            "member": row.member,
            "label": row.label,
            "created": moment(row.created_at),
            "expires": moment(row.expires_at),
            "used": moment(row.used_at),
        }
        for row in with_store(wanted, lambda store: store.tokens(name))
    ]
    show(rows, ("token", "member", "label", "created", "expires", "used"), output)


@app.command()
@reported
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its name in the list.")],
    config: Config = None,
) -> None:
    """End a token, and what was opened with it."""
    wanted = inventory(config)
    if not with_store(wanted, lambda store: store.revoke_token(CredentialId(token))):
        raise CommandFailed(
            Exit.NO_SUCH_THING, f"there is no token {token}; see: gateway tokens ls"
        )
    say(f"token {token} is revoked")
