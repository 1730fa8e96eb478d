"""``gateway members``: the people with an account, and how they get in."""

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from gateway.cli.deployment import everybody, inventory, known_member, links_of, with_store
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Member, Output
from gateway.cli.output import Form, Row, moment, say, show
from gateway.cli.reporting import reported
from gateway.core.inventory import Inventory
from gateway.core.linking import Link, Origin, member_of, with_links
from gateway.core.names import MemberName

app = typer.Typer(no_args_is_help=True, help="See to members' accounts.")

DAYS_7 = 7 * 24 * 3600.0


@app.command()
@reported
def invite(member: Member, config: Config = None) -> None:
    """Print a one-time link where MEMBER sets a password; it holds for 7 days."""
    wanted = inventory(config)
    name = known_member(wanted, member)
    secret = with_store(wanted, lambda store: store.invite(name, lifetime_seconds=DAYS_7))
    say(f"for {name} alone, once, within 7 days:")
    typer.echo(f"{wanted.server.public_url.origin}/-/invite/{secret}")


@app.command("ls")
@reported
def list_members(config: Config = None, output: Output = Form.TABLE) -> None:
    """List the members, those whom the identity provider brings too, and how their accounts stand."""
    declared = inventory(config)
    links = links_of(declared)
    wanted = with_links(declared, links)
    accounts = {account.member: account for account in with_store(wanted, lambda s: s.accounts())}
    rows: list[Row] = []
    for name, member in wanted.members.items():
        account = accounts.get(name)
        rows.append(
            {
                "member": name,
                "groups": sorted(member.groups),
                "admin": member.admin,
                "provider": _origin(declared, links, name),
                "password": account is not None and account.has_password,
                "disabled": account is not None and account.disabled,
                "last_login": moment(account.last_login_at) if account else None,
                "invited_until": moment(account.invited_until) if account else None,
            }
        )
    show(
        rows,
        (
            "member",
            "groups",
            "admin",
            "provider",
            "password",
            "disabled",
            "last_login",
            "invited_until",
        ),
        output,
    )


@app.command()
@reported
def disable(member: Member, config: Config = None) -> None:
    """End all that MEMBER has open, and let them in no more; shares by and to them rest."""
    wanted = everybody(inventory(config))
    name = known_member(wanted, member)
    with_store(wanted, lambda store: store.disable(name))
    say(f"{name} is disabled")


@app.command()
@reported
def enable(member: Member, config: Config = None) -> None:
    """Let a disabled MEMBER in again; what ended stays ended, shares count again."""
    wanted = everybody(inventory(config))
    name = known_member(wanted, member)
    with_store(wanted, lambda store: store.enable(name))
    say(f"{name} is enabled")


@app.command("withdraw-invite")
@reported
def withdraw_invite(member: Member, config: Config = None) -> None:
    """Make the invite that waits for MEMBER void."""
    wanted = inventory(config)
    name = known_member(wanted, member)
    if not with_store(wanted, lambda store: store.withdraw_invite(name)):
        raise CommandFailed(Exit.NO_SUCH_THING, f"no invite waits for {name}")
    say(f"the invite of {name} is void")


@app.command()
@reported
def unlink(member: Member, config: Config = None) -> None:
    """Undo MEMBER's link to the identity provider; whoever was only admitted is forgotten, and the name free."""
    wanted = inventory(config)
    name = MemberName(member)
    if not with_store(wanted, lambda store: store.unlink(name)):
        raise CommandFailed(Exit.NO_SUCH_THING, f"nobody at the provider is linked to {member}")
    say(f"{name} is no longer linked to anybody at the provider")


@app.command()
@reported
def password(
    member: Member,
    *,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read it from stdin, up to its newline.")
    ] = False,
    config: Config = None,
) -> None:
    """Set MEMBER's password, and end the sessions that are open."""
    wanted = inventory(config)
    name = known_member(wanted, member)
    _set_password(wanted, name, _read_password(name, from_stdin=stdin))
    say(f"the password of {name} is set; sessions from before are over")


def _origin(declared: Inventory, links: Iterable[Link], name: MemberName) -> str | None:
    """Return how somebody at the provider comes to be this member: configured, linked or admitted."""
    member = declared.members.get(name)
    if member is not None and member.subject is not None:
        return Origin.CONFIGURED.value
    origins = (
        link.origin.value
        for link in links
        if member_of(declared, [link], link.issuer, link.subject) == name
    )
    return next(origins, None)


def _set_password(wanted: Inventory, name: MemberName, secret: str) -> None:
    with_store(wanted, lambda store: store.set_password(name, secret))


def _read_password(name: MemberName, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandFailed(
            Exit.USAGE, "there is no terminal to ask on; pass the password: --stdin"
        )
    return str(
        typer.prompt(f"new password of {name}", hide_input=True, confirmation_prompt=True, err=True)
    )
