"""The command ``gateway``: its verbs, and what becomes of their failures."""

from typing import Final

import typer

from gateway.cli import audit, config, grants, member_sessions, members, remotes, tokens
from gateway.cli.check import check
from gateway.cli.connect import connect
from gateway.cli.demo import demo
from gateway.cli.doctor import doctor
from gateway.cli.exits import Exit
from gateway.cli.healthcheck import healthcheck
from gateway.cli.login import login, logout, whoami
from gateway.cli.ls import ls
from gateway.cli.open import open_notebook
from gateway.cli.reference import reference
from gateway.cli.reporting import reported
from gateway.cli.serve import serve
from gateway.cli.share import share, unshare
from gateway.cli.status import status
from gateway.cli.version import version

EPILOG: Final = "Exit codes: " + ", ".join(f"{code.value} {code.meaning}" for code in Exit) + "."


app = typer.Typer(
    name="gateway",
    help="One authenticated entry point to the notebooks that a team runs behind SSH.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(reported(serve))
app.command()(reported(demo))
app.command()(reported(check))
app.command()(reported(doctor))
app.command()(reported(login))
app.command()(reported(logout))
app.command()(reported(whoami))
app.command()(reported(ls))
app.command()(reported(status))
app.command("open")(reported(open_notebook))
app.command()(reported(connect))
app.command()(reported(share))
app.command()(reported(unshare))
members.app.add_typer(member_sessions.app)
app.add_typer(members.app, name="members")
app.add_typer(tokens.app, name="tokens")
app.add_typer(grants.app, name="grants")
app.add_typer(remotes.app, name="remotes")
app.add_typer(audit.app, name="audit")
app.add_typer(config.app, name="config")
app.command()(reported(healthcheck))
app.command()(reported(version))
app.command(hidden=True)(reported(reference))


def main() -> None:
    """Run the command."""
    app(prog_name="gateway")
