"""Stand-ins for the store and the tunnels; each keeps the promises of the real one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gateway.core.diagnosis import Diagnosis, Finding
from gateway.core.host_key import HostKeyChange
from gateway.core.identity import CredentialId, CredentialKind, Identity, Means
from gateway.core.inventory import (
    Access,
    Address,
    Grantees,
    Inventory,
    Member,
    Notebook,
    PublicUrl,
    Routing,
    Server,
)
from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName, TunnelId
from gateway.core.status import Degraded, NotebookState, NotebookStatus, TunnelState, TunnelStatus
from gateway.core.upstream import Kind, Scheme, TokenOrigin, Upstream
from gateway.errors import (
    CredentialRefused,
    CredentialThrottled,
    PasskeyNeeded,
    PasswordTooWeak,
    Reason,
    StoreUnavailable,
    TunnelDown,
)

ALICE, BOB, CAROL = MemberName("alice"), MemberName("bob"), MemberName("carol")
LAB = RemoteName("lab")
NOW = 1_800_000_000.0
DAY = 24 * 3600.0
PASSWORD = "a walrus & a carpenter"
TOKEN = "gwp_" + "a" * 49
NOTEBOOK_TOKEN = "jupyter-own-token"


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class FakeOpened:
    secret: str
    identity: Identity


@dataclass(frozen=True)
class FakeSessionRow:
    credential: CredentialId
    created_at: float = NOW
    used_at: float = NOW
    address: str = "192.0.2.7"
    device: str = "Firefox on Linux"
    audience: NotebookName | None = None
    expires_at: float = NOW + 30 * DAY
    means: Means | None = Means.PASSWORD


@dataclass(frozen=True)
class FakeTokenRow:
    credential: CredentialId
    label: str
    created_at: float = NOW
    expires_at: float | None = None
    used_at: float | None = None


@dataclass
class FakeAccounts:
    """The store's promises about credentials, kept in dicts."""

    passwords: dict[MemberName, str] = field(default_factory=dict)
    invites: dict[str, MemberName] = field(default_factory=dict)
    held: dict[str, Identity] = field(default_factory=dict)
    rows: dict[CredentialId, FakeSessionRow] = field(default_factory=dict)
    api: dict[str, tuple[MemberName, FakeTokenRow]] = field(default_factory=dict)
    parents: dict[CredentialId, CredentialId] = field(default_factory=dict)
    ends: dict[CredentialId, float] = field(default_factory=dict)
    heard: list[tuple[str, str]] = field(default_factory=list)
    asked: set[MemberName] = field(default_factory=set)
    with_passkeys: dict[MemberName, list[str]] = field(default_factory=dict)
    throttled: float | None = None
    broken: BaseException | None = None
    made: int = 0

    def session(self, secret: str) -> Identity | None:
        return self.held.get(secret)

    def session_end(self, secret: str) -> float | None:
        held = self.held.get(secret)
        return None if held is None else self.ends.get(held.credential, held.expires_at)

    def token(self, secret: str) -> Identity | None:
        if secret not in self.api:
            return None
        member, row = self.api[secret]
        return Identity(member, row.credential, CredentialKind.TOKEN, float("inf"))

    async def log_in(
        self,
        member: MemberName,
        password: str,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
        passkey_required: bool = False,
    ) -> FakeOpened:
        self._check()
        self.heard.append((address, device))
        if self.throttled is not None:
            raise CredentialThrottled(self.throttled)
        if self.passwords.get(member) != password:
            raise CredentialRefused("refused")
        if passkey_required or member in self.asked:
            raise PasskeyNeeded(self.with_passkeys.get(member, []))
        return self.open(member, replaces=replaces)

    def open(
        self,
        member: MemberName,
        *,
        replaces: CredentialId | None = None,
        audience: NotebookName | None = None,
    ) -> FakeOpened:
        if replaces is not None:
            self._end(replaces)
        self.made += 1
        credential = CredentialId(f"s-{self.made}")
        identity = Identity(member, credential, CredentialKind.SESSION, NOW + 30 * DAY, audience)
        secret = f"secret-{self.made}"
        self.held[secret] = identity
        self.rows[credential] = FakeSessionRow(credential, audience=audience)
        return FakeOpened(secret, identity)

    async def log_out(self, credential: CredentialId) -> None:
        self._end(credential)

    def _end(self, credential: CredentialId) -> None:
        ended = {credential} | {c for c, parent in self.parents.items() if parent == credential}
        self.held = {s: i for s, i in self.held.items() if i.credential not in ended}
        self.rows = {c: row for c, row in self.rows.items() if c not in ended}

    async def open_host_session(self, parent: CredentialId, audience: NotebookName) -> FakeOpened:
        held = next((i for i in self.held.values() if i.credential == parent), None)
        if held is None or held.audience is not None:
            raise CredentialRefused("the session has ended")
        opened = self.open(held.member, audience=audience)
        self.parents[opened.identity.credential] = parent
        return opened

    async def invited(self, secret: str) -> MemberName:
        if secret not in self.invites:
            raise CredentialRefused("used or ended")
        return self.invites[secret]

    async def accept_invite(
        self,
        secret: str,
        password: str,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> FakeOpened:
        member = await self.invited(secret)
        self._check_strength(password)
        del self.invites[secret]
        self.passwords[member] = password
        return self.open(member, replaces=replaces)

    async def change_password(
        self, session: CredentialId, current: str, password: str, *, address: str
    ) -> None:
        member = next(i.member for i in self.held.values() if i.credential == session)
        self._check_strength(password)
        if self.throttled is not None:
            raise CredentialThrottled(self.throttled)
        if self.passwords.get(member) != current:
            raise CredentialRefused("refused")
        self.passwords[member] = password

    async def check_password(self, session: CredentialId, password: str, *, address: str) -> None:
        member = next(i.member for i in self.held.values() if i.credential == session)
        if self.throttled is not None:
            raise CredentialThrottled(self.throttled)
        if self.passwords.get(member) != password:
            raise CredentialRefused("refused")

    async def sessions(self, member: MemberName) -> tuple[FakeSessionRow, ...]:
        mine = {i.credential for i in self.held.values() if i.member == member}
        return tuple(row for c, row in self.rows.items() if c in mine)

    async def tokens(self, member: MemberName | None = None) -> tuple[FakeTokenRow, ...]:
        return tuple(row for owner, row in self.api.values() if member in {None, owner})

    async def create_token(
        self, member: MemberName, *, label: str, lifetime_seconds: float | None, by: str = ""
    ) -> tuple[str, FakeTokenRow]:
        if len(self.api) >= 5:
            raise CredentialRefused("too many")
        self.made += 1
        secret = f"gwp_{self.made:049}"
        expires_at = None if lifetime_seconds is None else NOW + lifetime_seconds
        row = FakeTokenRow(CredentialId(f"t-{self.made}"), label, expires_at=expires_at)
        self.api[secret] = (member, row)
        return secret, row

    async def revoke_token(self, credential: CredentialId, *, by: str = "") -> bool:
        before = len(self.api)
        self.api = {s: v for s, v in self.api.items() if v[1].credential != credential}
        return len(self.api) < before

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken

    def _check_strength(self, password: str) -> None:
        if len(password) < 10:
            raise PasswordTooWeak("a password takes at least 10 characters")


@dataclass
class FakeNotebooks:
    """The tunnels' promises: how each stands."""

    statuses: dict[NotebookName, NotebookStatus] = field(default_factory=dict)
    tunnels: tuple[TunnelStatus, ...] = ()
    changed_host_keys: tuple[HostKeyChange, ...] = ()
    degradations: dict[NotebookName, Degraded] = field(default_factory=dict)
    diagnoses: dict[NotebookName, Diagnosis] = field(default_factory=dict)
    asked: list[tuple[NotebookName, bool]] = field(default_factory=list)

    async def diagnose(
        self,
        name: NotebookName,
        *,
        tell: Callable[[Finding], None] | None = None,
        with_rights: bool,
    ) -> Diagnosis:
        self.asked.append((name, with_rights))
        if name not in self.diagnoses:
            raise TunnelDown(Reason.UNREACHABLE, f"there is no notebook {name} any more")
        found = self.diagnoses[name]
        for finding in found.findings if tell is not None else ():
            tell(finding)
        return found

    def status(self, name: NotebookName) -> NotebookStatus | None:
        return self.statuses.get(name)

    def tunnel_statuses(self) -> tuple[TunnelStatus, ...]:
        return self.tunnels

    def degraded(self, name: NotebookName) -> Degraded | None:
        return self.degradations.get(name)

    def host_key_changes(self) -> tuple[HostKeyChange, ...]:
        return self.changed_host_keys

    def stand(
        self,
        name: str,
        state: NotebookState,
        reason: Reason | None = None,
        *,
        seconds: float = 4.0,
        detail: str = "",
        retry_at: float | None = None,
    ) -> None:
        known = NotebookName(name)
        upstream = Upstream(
            known,
            b"localhost:7001",
            Scheme.HTTP,
            token=NOTEBOOK_TOKEN,
            token_origin=TokenOrigin.RUNTIME_FILE,
            kind=Kind.JUPYTER,
            version="2.21.1",
        )
        self.statuses[known] = NotebookStatus(
            known,
            state,
            NOW - seconds,
            reason,
            detail,
            upstream if state is NotebookState.READY else None,
            retry_at,
        )


def notebook(name: str, port: int, use: Grantees = Grantees()) -> Notebook:  # noqa: B008 - frozen
    owner = MemberName(name)
    return Notebook(NotebookName(name), LAB, LoginName(name), port=port, owner=owner, use=use)


def inventory(
    *, routing: Routing = Routing.PATH, scheme: str = "http", host: str = "gw.example"
) -> Inventory:
    port = 443 if scheme == "https" else 8000
    members = [
        Member(ALICE, "Alice Liddell", "alice@example.org", frozenset({GroupName("lab")})),
        Member(BOB, "", "bob@example.org", frozenset({GroupName("lab")}), admin=True),
        Member(CAROL),
    ]
    notebooks = [
        notebook("alice", 7001, use=Grantees(groups=frozenset({GroupName("lab")}))),
        notebook("bob", 7002),
        replace(notebook("socks", 0), port=None, socket="/home/bob/my lab.sock", owner=BOB),
    ]
    return Inventory(
        Server(Address("0.0.0.0", 8000), PublicUrl(scheme, host, port), routing=routing),  # noqa: S104
        members={m.name: m for m in members},
        notebooks={n.name: n for n in notebooks},
        access=Access(),
    )


def tunnel(name: str, state: TunnelState, reason: Reason | None = None) -> TunnelStatus:
    return TunnelStatus(TunnelId(LAB, LoginName(name)), state, NOW - 60, reason, f"{name}: details")


UNAVAILABLE = StoreUnavailable("the store can't be read now")
