"""The log-ins that are kept: a file that only its owner can read, and the tokens in the keyring if there is one."""

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import typer

from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.keyrings import KeyringFailed, the_keyring
from gateway.cli.output import say
from gateway.core.gateway_url import gateway_url
from gateway.core.logins import Login, Logins, logins_in

FOLDER: Final = "notebook-gateway"
FILE: Final = "logins.json"
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def file_of_logins() -> Path:
    """Return where log-ins are kept: beneath XDG_CONFIG_HOME, or where this system has such a folder."""
    return Path(typer.get_app_dir(FOLDER)) / FILE


def read() -> Logins:
    """Return the log-ins; raise CommandFailed for a file that others could have read, or that isn't ours."""
    file = file_of_logins()
    try:
        with file.open() as opened:
            _check(file, os.fstat(opened.fileno()))
            return logins_in(opened.read())
    except FileNotFoundError:
        return Logins()
    except OSError as exc:
        message = f"can't read the log-ins in {file}: {exc.strerror or exc}"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message) from exc
    except ValueError as exc:
        message = f"can't read the log-ins in {file}: {exc}; remove it, and log in again"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message) from exc


def stored(url: str | None) -> Login | None:
    """Return the log-in at ``url``, or at the gateway used last, with its token; raise CommandFailed."""
    logins = read()
    found = logins.chosen(None if url is None else _known_as(url))
    if found is None:
        return None
    if logins.default != found.url:
        with suppress(CommandFailed):  # it is a convenience
            write(logins.used(found.url))
    return replace(found, token=token_of(found))


def token_of(login: Login) -> str:
    """Return the token of a log-in, wherever it is; raise CommandFailed."""
    return _from_keyring(login.url) if login.token is None else login.token


def is_logged_in() -> bool:
    """Say whether there is a log-in that is meant where no gateway is named; raise CommandFailed."""
    return read().default is not None


def keep(login: Login, token: str) -> str:
    """Keep a log-in, and say where its token is; raise CommandFailed."""
    logins, keyring = read(), the_keyring()
    if keyring is not None:
        try:
            keyring.set(login.url, token)
        except KeyringFailed as exc:
            say(f"the keyring can't be used: {exc}")
        else:
            write(logins.kept(replace(login, token=None)))
            return "the keyring"
    write(logins.kept(replace(login, token=token)))
    return f"{file_of_logins()}, which only you can read"


def forget(login: Login) -> None:
    """Forget a log-in and its token; raise CommandFailed."""
    logins = read()
    held = logins.by_url.get(login.url)
    if held is not None and held.token is None and (keyring := the_keyring()) is not None:
        try:
            keyring.delete(login.url)
        except KeyringFailed as exc:
            say(f"the token stays in the keyring, which can't be used: {exc}")
    write(logins.forgotten(login.url))


def write(logins: Logins) -> None:
    """Write the log-ins down, all or nothing, for their owner's eyes only; raise CommandFailed."""
    file = file_of_logins()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{FILE}.")  # mode 0600
        try:
            with os.fdopen(handle, "w") as opened:
                opened.write(logins.as_text())
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as exc:
        message = f"can't keep the log-in in {file}: {exc.strerror or exc}"
        raise CommandFailed(Exit.FAILURE, message) from exc


def _known_as(url: str) -> str:
    try:
        return gateway_url(url)
    except ValueError:
        return url


def _from_keyring(url: str) -> str:
    keyring = the_keyring()
    try:
        token = None if keyring is None else keyring.get(url)
        why = "there is no keyring here" if keyring is None else "the keyring has none"
    except KeyringFailed as exc:
        token, why = None, f"the keyring can't be used: {exc}"
    if token is None:
        message = f"the token for {url} is not to be had ({why}); run: gateway login {url}"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message)
    return token


def _check(file: Path, found: os.stat_result) -> None:
    if found.st_uid != os.getuid():
        message = f"{file} belongs to somebody else; remove it, and log in again"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message)
    if found.st_mode & OTHERS:
        message = f"{file} can be read by others; revoke its tokens on your account page, or: chmod 600 {file}"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message)
