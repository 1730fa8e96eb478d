"""gateway.cli.provider: what check says of the identity provider, and members of those it brings."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.provider import provider_rows
from gateway.config import load
from gateway.core.names import GroupName
from gateway.core.provider_answer import Arrival
from gateway.store.store import open_store
from tests.cli.conftest import Run
from tests.provider.fake_provider import FakeProvider, serving


@pytest.fixture
def idp() -> Iterator[FakeProvider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def with_provider(config: Path, idp: FakeProvider) -> Path:
    secret = config.parent / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    auth = f"auth: {{oidc: {{issuer: '{idp.issuer}', client_id: gateway, client_secret_file: secret, name: Example ID, admit: [staff]}}}}\n"
    config.write_text(config.read_text() + auth)
    return config


def admit_dave(config: Path, issuer: str) -> None:
    groups = frozenset({GroupName("staff")})
    dave = Arrival(issuer, "s-dave", "dave", full_name="Dave", groups=groups)

    async def arriving() -> None:
        wanted = load(config, {})
        async with open_store(wanted.store) as store:
            await store.arrive(dave, wanted, address="192.0.2.1", device="Firefox")

    asyncio.run(arriving())


def test_check_says_what_to_register(run: Run, with_provider: Path, idp: FakeProvider) -> None:
    result = run("check", "--config", with_provider)

    assert result.exit_code == 0
    assert f"register the client gateway at {idp.issuer} with" in result.stderr
    assert "redirect URI              http://localhost:8000/-/oidc/callback" in result.stderr
    assert "http://localhost:8000/-/oidc/backchannel-logout" in result.stderr


def test_check_asks_the_provider(with_provider: Path) -> None:
    (row,) = provider_rows(load(with_provider, {}))

    assert (row["name"], row["state"], row["detail"]) == (
        "Example ID",
        "ready",
        "1 key, signs with ES256, RS256",
    )


def test_check_says_what_the_provider_does_not_offer(
    with_provider: Path, idp: FakeProvider
) -> None:
    idp.metadata = {"end_session_endpoint": None, "backchannel_logout_supported": False}

    (row,) = provider_rows(load(with_provider, {}))

    assert str(row["detail"]).endswith("; it offers no log-out there and no back-channel log-out")


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"issuer": "https://other.example"}, "the provider calls itself 'https://other.example'"),
        ({"jwks_uri": None}, "jwks_uri is not said"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "but private_key_jwt"),
    ],
)
def test_check_says_what_is_wrong_with_the_provider(
    with_provider: Path, idp: FakeProvider, metadata: dict[str, object], said: str
) -> None:
    idp.metadata = metadata

    (row,) = provider_rows(load(with_provider, {}))

    assert row["state"] == "refused"
    assert said in str(row["detail"])


def test_without_a_provider_there_is_nothing_to_say(config: Path) -> None:
    assert provider_rows(load(config, {})) == []


def test_members_ls_shows_whom_the_provider_brings(
    run: Run, with_provider: Path, idp: FakeProvider
) -> None:
    admit_dave(with_provider, idp.issuer)

    result = run("members", "ls", "--config", with_provider, "-o", "json")

    dave = next(row for row in json.loads(result.stdout) if row["member"] == "dave")
    assert (dave["provider"], dave["groups"], dave["password"]) == ("admitted", ["staff"], False)


def test_whom_the_provider_brings_can_be_disabled(
    run: Run, with_provider: Path, idp: FakeProvider
) -> None:
    admit_dave(with_provider, idp.issuer)

    assert run("members", "disable", "dave", "--config", with_provider).exit_code == 0
    assert run("members", "disable", "erin", "--config", with_provider).exit_code == 6


def test_unlinking_frees_a_name(run: Run, with_provider: Path, idp: FakeProvider) -> None:
    admit_dave(with_provider, idp.issuer)

    assert run("members", "unlink", "dave", "--config", with_provider).exit_code == 0

    assert "dave" not in run("members", "ls", "--config", with_provider).stdout
    again = run("members", "unlink", "dave", "--config", with_provider)
    assert again.exit_code == 6
    assert "nobody at the provider is linked to dave" in again.stderr
