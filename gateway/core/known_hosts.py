"""A known_hosts file, as sshd(8) describes it: which lines are about a host, and how its key is replaced.

We read it ourselves, since we also write it, and since what is revoked must count whatever name it is
revoked under. A line that can't be read spoils the file: it might have been the one that revokes.
"""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SSH_PORT: Final = 22
MAGIC: Final = "|1|"
"""What a hashed name begins with: HMAC-SHA1, the one way that there is."""


class Marker(StrEnum):
    """What a line says about its key."""

    HOST_KEY = ""
    AUTHORITY = "@cert-authority"
    REVOKED = "@revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that is no comment."""

    number: int
    """Counted from 1."""
    marker: Marker
    names: str
    kind: str
    blob: str
    """The public key in base64."""
    comment: str = ""

    @property
    def key(self) -> str:
        """The public key as OpenSSH writes it."""
        return f"{self.kind} {self.blob}"


def names_of(host: str, port: int, alias: str | None = None) -> tuple[str, ...]:
    """Return what a host goes by in known_hosts, the likeliest first; an alias is all there is."""
    if alias is not None:
        return (alias.lower(),)
    host = host.lower()
    return (host,) if port == SSH_PORT else (f"[{host}]:{port}", host)


def about(text: str, names: Sequence[str]) -> tuple[Entry, ...]:
    """Return the entries about a host: of the first of its names that has any, and all that revoke."""
    found = [[entry for entry in entries(text) if _covers(entry.names, name)] for name in names]
    vouching = ([e for e in of_name if e.marker is not Marker.REVOKED] for of_name in found)
    revoking = {e for of_name in found for e in of_name if e.marker is Marker.REVOKED}
    return (*next(filter(None, vouching), ()), *sorted(revoking, key=lambda e: e.number))


def entries(text: str) -> Iterator[Entry]:
    """Yield every entry; raise ValueError at a line that is none."""
    for i, line in enumerate(text.splitlines()):
        if line.strip() and not line.lstrip().startswith("#"):
            yield _entry(i + 1, line.split())


def with_key(
    text: str, names: Sequence[str], key: str, *, shown: Collection[str], salt: bytes
) -> str:
    """Return the file with ``key`` in place of the host's keys that are not among those ``shown``.

    Comments, other hosts and hashed names stay as they are. Raises ValueError where a pattern vouches,
    since that is about other hosts, too.
    """
    own = _own(text, names[0])
    placed = any(entry.key == key for entry in own)
    instead: dict[int, list[str]] = {}
    for entry in own:
        if entry.key not in shown:
            instead[entry.number] = list(_instead(entry, names[0], None if placed else key))
            placed = True
    lines = [new for i, line in enumerate(text.splitlines(), 1) for new in instead.get(i, [line])]
    if not placed:
        lines.append(f"{_hashed(names[0], salt) if _hashes(text) else names[0]} {key}")
    return "".join(f"{line}\n" for line in lines)


def _instead(entry: Entry, name: str, key: str | None) -> Iterator[str]:
    """Yield what stands where ``entry`` stood: ours is the new key, if any; others keep the old one."""
    ours, others = _parted(entry, name)
    if key is not None:
        yield " ".join(filter(None, (",".join(ours), key, entry.comment)))
    if others:
        yield " ".join(filter(None, (",".join(others), entry.key, entry.comment)))


def _own(text: str, name: str) -> list[Entry]:
    """Return the entries that vouch for a key of the host of that name, and can be taken from it."""
    own = [e for e in entries(text) if e.marker is Marker.HOST_KEY and _covers(e.names, name)]
    for entry in own:
        if _covers(",".join(_parted(entry, name)[1]), name):
            message = f"line {entry.number} vouches for {name} by the pattern {entry.names}"
            raise ValueError(message)
    return own


def _parted(entry: Entry, name: str) -> tuple[list[str], list[str]]:
    """Return the names in ``entry`` that are ``name``, and the others."""
    tokens = entry.names.split(",")
    ours = [token for token in tokens if _is(token, name)]
    return ours, [token for token in tokens if token not in ours]


def _entry(number: int, words: list[str]) -> Entry:
    marker = Marker.HOST_KEY
    if words[0].startswith("@"):
        if words[0] not in set(Marker):
            raise ValueError(f"line {number} has an unknown marker: {words[0]}")
        marker, words = Marker(words[0]), words[1:]
    if len(words) < 3:  # noqa: PLR2004  names, kind, key
        raise ValueError(f"line {number} is no entry")
    names, kind, blob, *comment = words
    if names.startswith("|"):
        _check_hashed(number, names)
    return Entry(number, marker, names, kind, blob, " ".join(comment))


def _check_hashed(number: int, name: str) -> None:
    try:
        _salt_and_digest(name)
    except ValueError as exc:
        raise ValueError(f"line {number} has a hashed name that can't be read") from exc


def _covers(names: str, name: str) -> bool:
    """Say whether the field ``names`` of an entry is about ``name``."""
    if names.startswith("|"):
        return _is(names, name)
    tokens = names.lower().split(",")
    refused = any(_fits(token[1:], name) for token in tokens if token.startswith("!"))
    return not refused and any(_fits(token, name) for token in tokens)


def _fits(pattern: str, name: str) -> bool:
    """Say whether a pattern, in which only * and ? are special, fits ``name``."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name) is not None


def _is(token: str, name: str) -> bool:
    """Say whether one name in an entry, hashed or not, is ``name`` itself."""
    if not token.startswith("|"):
        return token.lower() == name
    salt, digest = _salt_and_digest(token)
    return hmac.compare_digest(_digest(salt, name), digest)


def _salt_and_digest(token: str) -> tuple[bytes, bytes]:
    salt, _, digest = token.removeprefix(MAGIC).partition("|")
    if not token.startswith(MAGIC) or not digest:
        raise ValueError(token)
    return b64decode(salt, validate=True), b64decode(digest, validate=True)


def _digest(salt: bytes, name: str) -> bytes:
    return hmac.digest(salt, name.encode(), "sha1")


def _hashed(name: str, salt: bytes) -> str:
    digest = b64encode(_digest(salt, name)).decode()
    return f"{MAGIC}{b64encode(salt).decode()}|{digest}"


def _hashes(text: str) -> bool:
    """Say whether it is the style of this file to hash names."""
    plain = [entry.names for entry in entries(text) if entry.marker is Marker.HOST_KEY]
    return bool(plain) and all(names.startswith("|") for names in plain)
