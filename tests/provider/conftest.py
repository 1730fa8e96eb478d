"""A provider on loopback, and a gateway that knows it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.core.inventory import Oidc
from gateway.provider.provider import Provider
from tests.provider.fake_provider import CLIENT, SECRET, FakeProvider, serving


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def idp() -> Iterator[FakeProvider]:
    with serving() as provider:
        yield provider


@dataclass
class Configured:
    """What the configuration says of the provider just now."""

    oidc: Oidc | None

    def __call__(self) -> Oidc | None:
        return self.oidc


@pytest.fixture
def configured(idp: FakeProvider, tmp_path: Path) -> Configured:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    return Configured(Oidc(idp.issuer, CLIENT, str(secret), name="Example ID"))


@pytest.fixture
async def provider(configured: Configured) -> AsyncIterator[Provider]:
    made = Provider(configured)
    yield made
    await made.close()
