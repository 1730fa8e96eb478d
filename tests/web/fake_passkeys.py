"""A stand-in for what the store keeps of passkeys."""

from dataclasses import dataclass, field, replace

from gateway.core.identity import CredentialId, Means
from gateway.core.names import MemberName
from gateway.core.passkeys import Passkey, Proof
from gateway.errors import CredentialRefused
from tests.web.fakes import FakeAccounts, FakeOpened


@dataclass
class FakePasskeys:
    """The store's promises about passkeys, kept in dicts."""

    accounts: FakeAccounts
    kept: dict[str, Passkey] = field(default_factory=dict)
    opened: list[tuple[MemberName, Means]] = field(default_factory=list)
    refused: list[MemberName | None] = field(default_factory=list)

    async def passkeys(self, member: MemberName) -> tuple[Passkey, ...]:
        return tuple(one for one in self.kept.values() if one.member == member)

    async def passkey(self, name: str) -> Passkey | None:
        return self.kept.get(name)

    async def add_passkey(self, passkey: Passkey) -> None:
        if passkey.id in self.kept:
            raise CredentialRefused("this passkey is kept already")
        self.kept[passkey.id] = passkey
        self._tell()

    async def remove_passkey(self, member: MemberName, name: str, *, but_last: bool) -> bool:
        theirs = [one.id for one in await self.passkeys(member)]
        if name not in theirs:
            return False
        if but_last and len(theirs) == 1:
            raise CredentialRefused("the last one")
        del self.kept[name]
        self._tell()
        return True

    async def asks_for_passkey(self, member: MemberName) -> bool:
        return member in self.accounts.asked

    async def ask_for_passkey(self, member: MemberName, *, asked: bool) -> None:
        if asked and not await self.passkeys(member):
            raise CredentialRefused("none to ask for")
        self.accounts.asked = self.accounts.asked - {member} | ({member} if asked else set())

    async def log_in_with_passkey(
        self,
        proof: Proof,
        *,
        means: Means,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> FakeOpened:
        if self.kept.get(proof.passkey.id) != proof.passkey:
            raise CredentialRefused("good no longer")
        self.kept[proof.passkey.id] = replace(proof.passkey, sign_count=proof.sign_count)
        self.opened.append((proof.passkey.member, means))
        return self.accounts.open(proof.passkey.member, replaces=replaces)

    def passkey_refused(self, member: MemberName | None, *, address: str) -> None:
        self.refused.append(member)

    def _tell(self) -> None:
        members = {one.member for one in self.kept.values()}
        self.accounts.with_passkeys = {
            member: [one.id for one in self.kept.values() if one.member == member]
            for member in members
        }
