"""The provider's and the links' promises, where nobody comes from a provider; tests/provider has the real ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.identity import CredentialId
from gateway.core.inventory import Inventory
from gateway.core.linking import Link
from gateway.core.names import MemberName
from gateway.core.provider_answer import Arrival, Asked
from gateway.core.provider_tokens import LoggedOut
from gateway.errors import AdmissionRefused, Hindrance, ProviderUnavailable
from tests.web.fakes import FakeOpened


class FakeProvider:
    """None is configured."""

    async def way_in(self, asked: Asked) -> str:
        raise ProviderUnavailable("none")

    async def arrival(self, answer: Mapping[str, str], asked: Asked) -> Arrival:
        raise ProviderUnavailable("none")

    async def logged_out(self, token: str) -> LoggedOut:
        raise ProviderUnavailable("none")

    def forget_logout(self, told: LoggedOut) -> None:
        pass

    async def way_out(self, *, back: str, state: str, id_token: str) -> str | None:
        return None


@dataclass
class FakeLinks:
    """Nobody is linked."""

    password: bool = True

    def links(self) -> tuple[Link, ...]:
        return ()

    async def check_password(self, session: CredentialId, password: str, *, address: str) -> None:
        raise AdmissionRefused(Hindrance.NOT_ADMITTED)

    async def has_password(self, member: MemberName) -> bool:
        return self.password

    async def arrive(
        self,
        arrival: Arrival,
        declared: Inventory,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> FakeOpened:
        raise AdmissionRefused(Hindrance.NOT_ADMITTED)

    async def take_invite(
        self,
        secret: str,
        arrival: Arrival,
        declared: Inventory,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> FakeOpened:
        raise AdmissionRefused(Hindrance.NOT_ADMITTED)

    async def link(
        self, member: MemberName, arrival: Arrival, declared: Inventory, *, address: str
    ) -> None:
        raise AdmissionRefused(Hindrance.NOT_ADMITTED)

    async def unlink(self, member: MemberName, *, by: str = "") -> bool:
        return False

    async def end_at_provider(self, told: LoggedOut) -> int:
        return 0

    async def provider_session(self, session: CredentialId) -> None:
        return None
