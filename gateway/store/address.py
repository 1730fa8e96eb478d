"""Where the database is: its URL understood, shown without secrets, and its file made ready."""

import os
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.errors import ConfigurationInvalid, StoreUnavailable

DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def parse(text: str) -> URL:
    """Return the URL with the driver that we use, or raise ConfigurationInvalid; ``text`` is not told on."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationInvalid(("store: this is not a database URL",)) from None
    driver = DRIVERS.get(url.drivername)
    if driver is None:
        raise ConfigurationInvalid(
            (f"store: {url.drivername} is no database that we know; sqlite and postgresql are",)
        )
    if url.get_backend_name() == "sqlite" and file_of(url) is None:
        raise ConfigurationInvalid(("store: sqlite takes a file, as in sqlite:////var/lib/x.db",))
    return url.set(drivername=driver)


def shown(url: URL) -> str:
    """Return the URL for people: nothing in it that could be a secret."""
    backend = url.get_backend_name()
    return f"{backend}:///{url.database}" if url.host is None else _with_host(url, backend)


def _with_host(url: URL, backend: str) -> str:
    port = "" if url.port is None else f":{url.port}"
    return f"{backend}://{url.host}{port}/{url.database}"


def file_of(url: URL) -> Path | None:
    """Return the file that a SQLite URL names; None where it names none."""
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database))


def prepare_file(path: Path) -> None:
    """Make the database's file, and its directory, for us alone; SQLite gives its other files the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_mode & 0o077:
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise StoreUnavailable(f"the store {path} can't be opened: {exc.strerror}") from exc
