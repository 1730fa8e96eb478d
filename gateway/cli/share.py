"""``gateway share`` and ``gateway unshare``: who may open a notebook of mine, and for how long."""

from typing import Annotated, Final

import typer

from gateway.cli.api import Api, api
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Notebook, Output, Token, TokenFile, Url
from gateway.cli.output import Form, Row, say, show
from gateway.cli.reaching import Document
from gateway.core.quantities import duration_seconds

COLUMNS: Final = ("who", "level", "how", "ends")

With = Annotated[
    str | None, typer.Option("--with", metavar="WHOM", help="A member, or group:NAME.")
]


def _lifetime(text: str) -> float:
    try:
        return duration_seconds(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def share(  # noqa: PLR0913 - a command's options
    name: Notebook,
    *,
    whom: With = None,
    link: Annotated[
        bool, typer.Option("--link", help="Print a link for whoever opens it and logs in.")
    ] = False,
    view: Annotated[bool, typer.Option("--view", help="To look only, not to use.")] = False,
    lifetime: Annotated[
        float,
        typer.Option("--for", parser=_lifetime, metavar="DURATION", help="When it ends."),
    ] = "1d",  # type: ignore[assignment]  # typer parses the default, too
    url: Url = None,
    token_file: TokenFile = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Share a notebook of yours; with neither --with nor --link, list who may open it and who is in it."""
    gateway = api(url, token, token_file)
    wish: Document = {"level": "view" if view else "use", "lifetime_seconds": int(lifetime)}
    if whom is not None and link:
        raise CommandFailed(Exit.USAGE, "either --with or --link, not both")
    if whom is not None:
        made = gateway.share(name, {**wish, "to": whom})
        say(f"{made.get('to')} may {made.get('level')} {name} until {made.get('expires_at')}")
    elif link:
        made = gateway.make_link(name, wish)
        say(
            f"whoever opens it and logs in may {made.get('level')} {name} until {made.get('expires_at')}:"
        )
        typer.echo(made.get("url"))
    else:
        show(_rows(gateway.access(name)), COLUMNS, output)


def unshare(
    name: Notebook,
    *,
    whom: With = None,
    links: Annotated[bool, typer.Option("--links", help="Take all links back.")] = False,
    url: Url = None,
    token_file: TokenFile = None,
    token: Token = None,
) -> None:
    """Take back what you shared; whatever was open through it is closed."""
    gateway = api(url, token, token_file)
    if (whom is None) != links:
        raise CommandFailed(Exit.USAGE, "say what to take back: --with WHOM, or --links")
    given = _given(gateway, name, whom)
    if not given:
        what = "has no link" if whom is None else f"is not shared with {whom}"
        raise CommandFailed(Exit.NO_SUCH_THING, f"{name} {what}")
    for kind, one in given:
        gateway.take_back(name, kind, one)
    say(f"{name}: taken back from {'whoever has a link' if whom is None else whom}")


def _given(gateway: Api, name: str, whom: str | None) -> list[tuple[str, str]]:
    access = gateway.access(name)
    if whom is None:
        return [("links", str(link["id"])) for link in _items(access, "links")]
    shares = _items(access, "shares")
    return [("shares", str(share["id"])) for share in shares if share["to"] == whom]


def _rows(access: Document) -> list[Row]:
    """Return who may open the notebook, who is in it, and who would like to be, a row each."""
    return [
        _row(access.get("owner"), "use", "owner"),
        *(_row(one["to"], one["level"], "configuration") for one in _items(access, "declared")),
        *(
            _row(one["to"], one["level"], _way(one), one["expires_at"])
            for one in _items(access, "shares")
        ),
        *(
            _row("whoever has the link", one["level"], "link", one["expires_at"])
            for one in _items(access, "links")
        ),
        *(
            _row(one["member"], one["level"], f"in it since {one['since']}")
            for one in _items(access, "present")
        ),
        *(_row(one["member"], None, "asks to be let in") for one in _items(access, "asks")),
    ]


def _row(who: object, level: object, how: str, ends: object = None) -> Row:
    return {"who": who, "level": level, "how": how, "ends": ends}


def _way(share: Document) -> str:
    return "link" if share["link"] else f"shared by {share['granted_by']}"


def _items(access: Document, field: str) -> list[Document]:
    found = access.get(field)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
