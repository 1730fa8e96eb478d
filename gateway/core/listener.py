"""Whose process listens at a notebook's place, judged from what its login may see there.

On a shared machine any account may take a port that is free, so that whoever is quick gets what is meant for a
notebook that is down. Linux tells everybody who listens where: /proc/net/tcp and tcp6 (proc(5)). A
Unix socket tells it by its owner, as long as its folder lets nobody else put one in its stead.

Two sightings that are equal are of the same listener: a socket's inode is given out anew for each. So a channel
that was opened between two equal sightings leads to the listener that was judged, and to no other.
"""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final

from gateway.core.inventory import Notebook
from gateway.errors import ListenerRefused, Reason

ANYBODY: Final = "any"
"""``listener: any``: nobody looks."""

LOCAL, STATE, UID, INODE = 1, 3, 7, 9
LISTENING: Final = "0A"
"""Columns of /proc/net/tcp, and the state TCP_LISTEN in it."""

_ANY4: Final = frozenset(
    {"00000000", "0000000000000000FFFF000000000000", "00000000000000000000FFFF00000000"}
)
_ANY6: Final = frozenset({"0" * 32})
_LOOPBACK4: Final = frozenset(
    {
        "0100007F",
        "7F000001",
        "0000000000000000FFFF00000100007F",
        "00000000000000000000FFFF7F000001",
    }
)
_LOOPBACK6: Final = frozenset({"0" * 24 + "01000000", "0" * 31 + "1"})
"""Addresses as the kernel writes them, four bytes at a time in its own order: on x86 and on s390x; the longer
ones of ``_ANY4`` and ``_LOOPBACK4`` are IPv4 in IPv6's clothes."""

_ROWS: Final = {
    "127.0.0.1": ((_LOOPBACK4, _ANY4, _ANY6),),
    "localhost": ((_LOOPBACK4, _ANY4, _ANY6), (_LOOPBACK6, _ANY6)),
}
"""Who gets a connection to a host, for each address that it may mean: the first of these that somebody holds.

The kernel prefers the exact address to the wildcard, and IPv4's own wildcard to IPv6's. That two accounts hold
two of them at once is possible only where IPv6's is kept to IPv6, and no row says that it is.
"""

_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class Verdict(StrEnum):
    """What is thought of whoever listens at a notebook's place."""

    OWN = auto()  # it belongs to whom it should
    FOREIGN = auto()  # it is somebody else's
    UNSURE = auto()  # it may be the right one, and nothing vouches for that
    NOBODY = auto()  # there is none
    UNSEEN = auto()  # the login may not look
    UNCHECKED = auto()  # the configuration says not to look


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens: whose it is, and what tells it from a later one at the same place."""

    uid: int
    mark: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """Who was seen at a notebook's place, and what is thought of it."""

    verdict: Verdict
    listeners: frozenset[Listener] = frozenset()
    detail: str = field(default="", compare=False)
    """A sentence for the administrator, where something is wrong."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose the listener should be."""

    name: str
    uid: int

    def __str__(self) -> str:
        return f"uid {self.uid}" if self.name == str(self.uid) else f"{self.name} (uid {self.uid})"


@dataclass(frozen=True, slots=True)
class File:
    """What a remote says of a file of its: whose it is, what kind, who may do what."""

    uid: int
    mode: int
    changed_at: int = 0


UNCHECKED: Final = Sighting(Verdict.UNCHECKED)


def objection(sighting: Sighting, notebook: Notebook) -> ListenerRefused | None:
    """Return why nothing may be sent to ``notebook``, if that is so.

    Where the login may not look, nobody is refused unless the configuration names whom to expect.
    """
    match sighting.verdict:
        case Verdict.FOREIGN:
            return ListenerRefused(Reason.FOREIGN_LISTENER, sighting.detail)
        case Verdict.UNSURE:
            return ListenerRefused(Reason.UNSURE_LISTENER, sighting.detail)
        case Verdict.UNSEEN if notebook.listener is not None:
            detail = f"{sighting.detail}, and notebooks.{notebook.name}.listener asks for {notebook.listener}"
            return ListenerRefused(Reason.UNSURE_LISTENER, detail)
        case _:
            return None


def unseen(notebook: Notebook, why: str) -> Sighting:
    """Return that the login may not look, and why."""
    detail = f"it can't be seen who listens at {notebook.place} of {notebook.remote}: {why}"
    return Sighting(Verdict.UNSEEN, detail=detail)


def unsure(notebook: Notebook, why: str) -> Sighting:
    """Return that nothing vouches for whoever listens, and why."""
    detail = f"it can't be told who listens at {notebook.place} of {notebook.remote}: {why}"
    return Sighting(Verdict.UNSURE, detail=detail)


def unlisted(notebook: Notebook) -> ListenerRefused:
    """Return why a port that answers, and at which nobody listens, is not to be trusted."""
    why = (
        "it answers, but no process there listens at it, as when the kernel itself passes it on (DNAT);"
        f" if that is meant, say notebooks.{notebook.name}.listener: {ANYBODY}"
    )
    return ListenerRefused(Reason.UNSURE_LISTENER, unsure(notebook, why).detail)


def judge_port(notebook: Notebook, host: str, tables: Sequence[str], expected: Account) -> Sighting:
    """Judge who gets a connection to a notebook's port by way of ``host``, from the kernel's tables."""
    listeners = answering(tables, notebook.port or 0, host)
    if not listeners:
        return Sighting(Verdict.NOBODY)
    strangers = sorted({listener.uid for listener in listeners} - {expected.uid})
    if not strangers:
        return Sighting(Verdict.OWN, listeners)
    return Sighting(Verdict.FOREIGN, listeners, _foreign(notebook, strangers, expected))


def judge_socket(
    notebook: Notebook, socket: File | None, folder: File | None, expected: Account
) -> Sighting:
    """Judge who gets a connection to a notebook's Unix socket, from its file and the folder that holds it."""
    if socket is None or folder is None:
        return Sighting(Verdict.NOBODY)
    if socket.uid != expected.uid:
        detail = _foreign(notebook, [socket.uid], expected)
        return Sighting(Verdict.FOREIGN, _file_listener(socket), detail)
    if (flaw := _flaw(notebook, socket, folder, expected)) is not None:
        return unsure(notebook, flaw)
    return Sighting(Verdict.OWN, _file_listener(socket))


def answering(tables: Sequence[str], port: int, host: str) -> frozenset[Listener]:
    """Return who gets a connection to ``port`` of ``host``, from the texts of /proc/net/tcp and tcp6."""
    rows = [row for table in tables for row in _listening(table, port)]
    return frozenset(
        listener
        for ranks in _ROWS[host]
        for listener in next(filter(None, (_holders(rows, rank) for rank in ranks)), ())
    )


def settles(tcp: str, port: int, host: str) -> bool:
    """Say whether the text of /proc/net/tcp, or its beginning, tells alone who gets a connection.

    The kernel lets no other account listen beside one who holds the address or IPv4's wildcard; so one row is
    enough, for a host that can only be IPv4.
    """
    only_ipv4 = len(_ROWS[host]) == 1
    return only_ipv4 and bool(_holders(list(_listening(tcp, port)), _LOOPBACK4 | _ANY4))


def past_listeners(table: str) -> bool:
    """Say whether a table that is read piece by piece holds all listeners: they come first."""
    whole = _rows(table)
    last = whole[-1].split() if whole else []
    return len(last) > STATE and last[STATE] != LISTENING


def read_uid(passwd: str, name: str) -> int | None:
    """Return the uid of the account ``name`` in the text of /etc/passwd."""
    for line in passwd.splitlines():
        fields = line.split(":")
        if fields[0] == name and len(fields) > 2 and fields[2].isdecimal():  # noqa: PLR2004  passwd(5)
            return int(fields[2])
    return None


def _listening(table: str, port: int) -> Iterator[tuple[str, Listener]]:
    """Yield the address and the listener of each row about ``port``."""
    for line in _rows(table):
        row = line.split()
        if len(row) > INODE and row[STATE] == LISTENING and row[UID].isdecimal():
            address, _, number = row[LOCAL].partition(":")
            if number == f"{port:04X}":
                yield address, Listener(int(row[UID]), row[INODE])


def _rows(table: str) -> Sequence[str]:
    """Return the rows below the heading, without one that is cut off."""
    return table[: table.rfind("\n") + 1].splitlines()[1:]


def _holders(rows: Sequence[tuple[str, Listener]], addresses: frozenset[str]) -> list[Listener]:
    return [listener for address, listener in rows if address in addresses]


def _file_listener(socket: File) -> frozenset[Listener]:
    return frozenset({Listener(socket.uid, f"{socket.mode:o} {socket.changed_at}")})


def _foreign(notebook: Notebook, strangers: Sequence[int], expected: Account) -> str:
    held = " and ".join(f"uid {uid}" for uid in strangers)
    return (
        f"{notebook.place} of {notebook.remote} is held by {held}, not by {expected}; stop that process"
        f" there or, if it is the notebook, say so: notebooks.{notebook.name}.listener: {strangers[0]}"
    )


def _flaw(notebook: Notebook, socket: File, folder: File, expected: Account) -> str | None:
    """Say what would let others take the place of a socket, or speak to it."""
    if not stat.S_ISSOCK(socket.mode):
        return "it is no socket; give the path of the socket itself, not of a link to it"
    if folder.uid not in {0, expected.uid}:
        return (
            f"its folder belongs to uid {folder.uid}; move it to a folder of {expected.name}'s own"
        )
    if folder.mode & _OTHERS_MAY_WRITE and not folder.mode & stat.S_ISVTX:
        return "others may write its folder; chmod 700 that"
    private = not folder.mode & (stat.S_IRWXG | stat.S_IRWXO)
    if socket.mode & _OTHERS_MAY_WRITE and not private:
        return f"others may speak to it; chmod 600 {notebook.socket}, or chmod 700 its folder"
    return None
