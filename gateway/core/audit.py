"""The audit log: who did what, when and from where; each line vouches for all before it.

A line's digest is the SHA-256 of the digest before it and of the line itself. So nobody can change, drop
or slip in a line unnoticed without writing every later line anew; and who keeps a copy of any digest (the JSON
lines hold them) notices that, too. Old lines may be pruned from the front: an anchor keeps what came before.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum, auto
from hashlib import sha256
from typing import Final

FIRST_DIGEST: Final = "0" * 64
"""What stands before the first line."""
LONGEST_TEXT: Final = 300


class Act(StrEnum):
    """What can be done, and is written down."""

    STARTED = auto()
    STOPPED = auto()
    CONFIGURED = auto()  # a new configuration came into force
    LOGGED_IN = auto()
    LOG_IN_REFUSED = auto()
    LOGGED_OUT = auto()
    SESSIONS_ENDED = auto()
    OPENED = auto()  # a visit to a notebook began
    LEFT = auto()  # ... and was over
    REFUSED = auto()  # asked for a notebook, and is let in to none of that name
    SHARED = auto()
    UNSHARED = auto()
    LINK_MADE = auto()
    LINK_TAKEN = auto()
    LINK_ENDED = auto()
    ASKED = auto()
    DECLINED = auto()
    ADMITTED = auto()  # the identity provider brought somebody new
    LINKED = auto()  # somebody at the identity provider became, or no longer is, a member here
    UNLINKED = auto()
    INVITED = auto()
    INVITE_TAKEN = auto()
    INVITE_ENDED = auto()  # taken back before it was taken
    PASSWORD_SET = auto()
    PASSWORD_CHANGED = auto()
    DISABLED = auto()
    ENABLED = auto()
    PASSKEY_ADDED = auto()
    PASSKEY_REMOVED = auto()
    SECOND_FACTOR_SET = auto()  # chose to be asked for a passkey besides, or no longer
    TOKEN_MADE = auto()
    TOKEN_REVOKED = auto()
    HOST_KEY_PINNED = auto()
    PRUNED = auto()  # lines before the retention's limit were deleted
    LOST = auto()  # lines could not be written while the store was away


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done."""

    at: float
    """Seconds since the epoch."""
    act: Act
    actor: str = ""
    """Who did it: a member, or how the gateway was told to."""
    notebook: str = ""
    subject: str = ""
    """Whom or what it was done to."""
    address: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in its place."""

    number: int
    entry: Entry
    digest: str

    def as_json(self) -> str:
        """Return it as a line for programs."""
        return json.dumps({"number": self.number, **asdict(self.entry), "digest": self.digest})


@dataclass(frozen=True, slots=True)
class Choice:
    """Which lines somebody would like to read; what is not given chooses all."""

    notebook: str | None = None
    member: str | None = None
    """Who did it, or whom it was done to."""
    since: float | None = None
    """Seconds since the epoch."""
    acts: frozenset[Act] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """A digest that somebody has kept elsewhere, to compare."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with writing the log: all is well where nothing waits and nothing was lost."""

    waiting: int = 0
    """Entries that can't be written yet."""
    lost: int = 0
    """Entries that could not even be held, since the gateway started."""
    trouble: str = ""
    """Why lines are not told where the configuration wants them; empty when they are."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The last line that is no longer there: what the first one that is there follows."""

    number: int = 0
    digest: str = FIRST_DIGEST


@dataclass(frozen=True, slots=True)
class Sound:
    """A log whose lines each follow the one before."""

    count: int
    last: Anchor


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line at which the log can't be what was written."""

    number: int
    why: str


def entry(act: Act, at: float, **texts: str) -> Entry:
    """Return an entry whose texts are printable and not long, whatever a client sent."""
    return Entry(at, act, **{name: _clean(text) for name, text in texts.items()})


def chained(anchor: Anchor, entries: Iterable[Entry]) -> Sequence[Line]:
    """Return the lines that continue after ``anchor``."""
    lines: list[Line] = []
    for number, one in enumerate(entries, anchor.number + 1):
        before = lines[-1].digest if lines else anchor.digest
        lines.append(Line(number, one, digest(before, number, one)))
    return lines


def digest(before: str, number: int, one: Entry) -> str:
    """Return the digest of a line that follows the one with the digest ``before``."""
    fields = [
        before,
        number,
        one.at,
        one.act,
        one.actor,
        one.notebook,
        one.subject,
        one.address,
        one.detail,
    ]
    return sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


def broken(anchor: Anchor, lines: Iterable[Line]) -> Broken | None:
    """Return the first line that does not follow the one before it; None if all do."""
    number, before = anchor.number, anchor.digest
    for line in lines:
        if line.number != number + 1:
            return Broken(number + 1, f"is missing; the next one there is {line.number}")
        if line.digest != digest(before, line.number, line.entry):
            return Broken(line.number, "has been changed, or a line before it")
        number, before = line.number, line.digest
    return None


def differing(kept: Kept | None, lines: Iterable[Line]) -> Broken | None:
    """Return the line that has another digest than the one that was kept; None if none has."""
    for line in lines:
        if kept is not None and line.number == kept.number and line.digest != kept.digest:
            return Broken(line.number, "has another digest than the one that was kept")
    return None


def missing(kept: Kept | None, start: Anchor, last: Anchor) -> Broken | None:
    """Return that a kept digest is of no line between ``start`` and ``last``; None if it is of one."""
    if kept is None or start.number < kept.number <= last.number:
        return None
    if kept.number > last.number:
        return Broken(kept.number, f"is missing; the log ends with {last.number}")
    if kept == Kept(start.number, start.digest):
        return None
    return Broken(kept.number, f"can't be compared: all up to {start.number} was pruned")


def _clean(text: str) -> str:
    return "".join(c for c in text[:LONGEST_TEXT] if c.isprintable())
