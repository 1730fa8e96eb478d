"""The store's promises to administrators, over the accounts that log in."""

from dataclasses import dataclass, field

from gateway.core.identity import CredentialId
from gateway.core.names import MemberName, NotebookName
from gateway.errors import CredentialRefused, StoreUnavailable
from tests.web.fakes import NOW, FakeAccounts


@dataclass(frozen=True)
class FakeAccount:
    member: MemberName
    has_password: bool
    disabled: bool
    last_login_at: float | None
    invited_until: float | None


@dataclass(frozen=True)
class FakeMemberSession:
    credential: CredentialId
    member: MemberName
    created_at: float = NOW
    used_at: float = NOW
    address: str = "192.0.2.7"
    device: str = "Firefox on Linux"
    audience: NotebookName | None = None


@dataclass(frozen=True)
class FakeMemberToken:
    credential: CredentialId
    member: MemberName
    label: str
    created_at: float
    expires_at: float | None
    used_at: float | None


@dataclass
class FakeMembers:
    """Remembers who did what to whom."""

    accounts_of: FakeAccounts
    out: set[MemberName] = field(default_factory=set)
    until: dict[MemberName, float] = field(default_factory=dict)
    done: list[tuple[str, str, str]] = field(default_factory=list)
    broken: StoreUnavailable | None = None

    async def accounts(self) -> list[FakeAccount]:
        if self.broken is not None:
            raise self.broken
        names = sorted({*self.accounts_of.passwords, *self.out, *self.until})
        return [
            FakeAccount(n, n in self.accounts_of.passwords, n in self.out, None, self.until.get(n))
            for n in names
        ]

    async def all_sessions(self) -> list[FakeMemberSession]:
        held = self.accounts_of.held.values()
        return [FakeMemberSession(i.credential, i.member, audience=i.audience) for i in held]

    async def tokens(self, member: MemberName | None = None) -> list[FakeMemberToken]:
        return [
            FakeMemberToken(
                row.credential, owner, row.label, row.created_at, row.expires_at, row.used_at
            )
            for owner, row in self.accounts_of.api.values()
            if member in {None, owner}
        ]

    async def invite(self, member: MemberName, *, lifetime_seconds: float, by: str) -> str:
        if member in self.out:
            raise CredentialRefused(f"{member} is disabled")
        self.done.append(("invite", member, by))
        self.until[member] = NOW + lifetime_seconds
        self.accounts_of.invites = {f"invite-of-{member}": member}
        return f"invite-of-{member}"

    async def withdraw_invite(self, member: MemberName, *, by: str) -> bool:
        self.done.append(("withdraw_invite", member, by))
        return self.until.pop(member, None) is not None

    async def disable(self, member: MemberName, *, by: str) -> None:
        self.done.append(("disable", member, by))
        self.out.add(member)
        self._end(member)
        held = self.accounts_of.api
        self.accounts_of.api = {s: v for s, v in held.items() if v[0] != member}

    async def enable(self, member: MemberName, *, by: str) -> None:
        self.done.append(("enable", member, by))
        self.out.discard(member)

    async def end_session(self, credential: CredentialId, *, by: str) -> bool:
        self.done.append(("end_session", credential, by))
        await self.accounts_of.log_out(credential)
        return True

    async def end_sessions(self, member: MemberName, *, by: str) -> int:
        self.done.append(("end_sessions", member, by))
        return self._end(member)

    async def revoke_token(self, credential: CredentialId, *, by: str) -> bool:
        self.done.append(("revoke_token", credential, by))
        return await self.accounts_of.revoke_token(credential, by=by)

    def _end(self, member: MemberName) -> int:
        held = self.accounts_of.held
        self.accounts_of.held = {s: i for s, i in held.items() if i.member != member}
        return len(held) - len(self.accounts_of.held)
