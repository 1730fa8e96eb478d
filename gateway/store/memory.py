"""The store's memory: every live credential, pin and share, and who is disabled; for the hot path, which never leaves it."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.core.identity import CredentialId, CredentialKind, Identity
from gateway.core.linking import Link
from gateway.core.names import MemberName, RemoteName
from gateway.core.sharing import Shared
from gateway.store.rows import SessionRow, TokenRow


@dataclass(slots=True, eq=False)
class Held:
    """A credential as memory holds it; only its last use changes, and its end where a log-in renews it."""

    digest: bytes
    row: SessionRow | TokenRow
    identity: Identity
    idle_seconds: float = math.inf
    used_at: float = 0.0
    saved_at: float = 0.0
    """The last use that the database knows of."""
    parent: "Held | None" = None

    def alive(self, now: float) -> bool:
        """Say whether it counts; a clock set back ends nothing."""
        return now < self.identity.expires_at and now - self.used_at < self.idle_seconds

    @property
    def end(self) -> float:
        """When it ends, if it is not used before."""
        return min(self.identity.expires_at, self.used_at + self.idle_seconds)

    def use(self, now: float) -> None:
        """Note a use; using a notebook's host is also using the session it was opened from."""
        self.used_at = now
        if self.parent is not None:
            self.parent.used_at = now


def held_session(digest: bytes, row: SessionRow, *, idle_seconds: float) -> Held:
    """Return a session as memory holds it; its parent is found when it is put there."""
    kind = CredentialKind.SESSION
    identity = Identity(row.member, row.credential, kind, row.expires_at, row.audience)
    return Held(digest, row, identity, idle_seconds, row.used_at, row.used_at)


def held_token(digest: bytes, row: TokenRow) -> Held:
    """Return a token as memory holds it."""
    expires_at = math.inf if row.expires_at is None else row.expires_at
    identity = Identity(row.member, row.credential, CredentialKind.TOKEN, expires_at)
    used_at = row.used_at or 0.0
    return Held(digest, row, identity, math.inf, used_at, used_at)


@dataclass(slots=True)
class Memory:
    """Credentials by digest and by id, pins, shares, disabled members; its owner keeps it true to the database."""

    sessions: dict[bytes, Held] = field(default_factory=dict)
    tokens: dict[bytes, Held] = field(default_factory=dict)
    pins: dict[RemoteName, str] = field(default_factory=dict)
    shared: Shared = Shared()  # noqa: RUF009 - frozen
    disabled: frozenset[MemberName] = frozenset()
    links: tuple[Link, ...] = ()
    _by_id: dict[CredentialId, Held] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._by_id.values())

    def get(self, credential: CredentialId) -> Held | None:
        """Return the credential of that name, alive or just expired."""
        return self._by_id.get(credential)

    def put(self, held: Held) -> None:
        """Take a credential in; a child without its parent is dead already."""
        if isinstance(held.row, SessionRow) and held.row.parent is not None:
            held.parent = self._by_id.get(held.row.parent)
            if held.parent is None:
                return
        self._by_id[held.identity.credential] = held
        self._shelf(held)[held.digest] = held

    def renew(self, renewed: Held) -> None:
        """Have a session go on as ``renewed``, and its children to the same end; one that is gone stays so."""
        if self._by_id.get(renewed.identity.credential) is None:
            return
        children = [one for one in self if _parent_of(one) == renewed.identity.credential]
        self._shelf(renewed).pop(self._by_id[renewed.identity.credential].digest)
        self.put(renewed)
        for child in children:
            child.parent, child.used_at = renewed, renewed.used_at
            child.row = replace(child.row, expires_at=renewed.identity.expires_at)
            child.identity = replace(child.identity, expires_at=renewed.identity.expires_at)

    def live_by(self, idle_seconds: float) -> None:
        """Have sessions end when they are idle for so long."""
        for held in self.sessions.values():
            held.idle_seconds = idle_seconds

    def end(self, credentials: Iterable[CredentialId]) -> bool:
        """Forget credentials and the children of each; say whether there was any."""
        names = self._by_id.keys() & set(credentials)
        names |= {
            held.identity.credential
            for held in self
            if held.parent is not None and held.parent.identity.credential in names
        }
        for name in names:
            held = self._by_id.pop(name)
            self._shelf(held).pop(held.digest)
        return bool(names)

    def replace(self, held: Iterable[Held], pins: Mapping[RemoteName, str]) -> bool:
        """Become what the database says, but for uses it has not heard of; say whether any ended."""
        known, self._by_id = self._by_id, {}
        self.sessions, self.tokens, self.pins = {}, {}, dict(pins)
        for one in sorted(held, key=_is_child):
            before = known.get(one.identity.credential)
            if before is not None:
                one.used_at = max(one.used_at, before.used_at)
            self.put(one)
        return not known.keys() <= self._by_id.keys()

    def of(self, member: MemberName, kind: CredentialKind | None = None) -> list[Held]:
        """Return the credentials of a member, oldest first."""
        return [
            held
            for held in sorted(self, key=lambda held: held.row.created_at)
            if held.identity.member == member and kind in {None, held.identity.kind}
        ]

    def expired(self, now: float) -> set[CredentialId]:
        """Return the credentials that no longer count."""
        return {held.identity.credential for held in self if not held.alive(now)}

    def next_end(self, now: float) -> float:
        """Return when the next credential ends, if it is not used before."""
        return min((held.end for held in self if held.end > now), default=math.inf)

    def _shelf(self, held: Held) -> dict[bytes, Held]:
        return self.sessions if held.identity.kind is CredentialKind.SESSION else self.tokens


def session_row(held: Held) -> SessionRow | None:
    """Return a session for a list, with its last use; None if it is a token."""
    return replace(held.row, used_at=held.used_at) if isinstance(held.row, SessionRow) else None


def token_row(held: Held) -> TokenRow | None:
    """Return a token for a list, with its last use; None if it is a session."""
    if not isinstance(held.row, TokenRow):
        return None
    return replace(held.row, used_at=held.used_at or None)


def _is_child(held: Held) -> bool:
    return _parent_of(held) is not None


def _parent_of(held: Held) -> CredentialId | None:
    return held.row.parent if isinstance(held.row, SessionRow) else None
