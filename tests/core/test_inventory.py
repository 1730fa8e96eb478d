"""gateway.core.inventory: what a public URL says of itself, and who logs in with what."""

import pytest

from gateway.core.inventory import PublicUrl, Remote
from gateway.core.names import LoginName, RemoteName
from gateway.core.ssh_credential import AgentKeys, KeyFile


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (PublicUrl("http", "localhost", 8000), "http://localhost:8000"),
        (PublicUrl("http", "gw.example.org", 80), "http://gw.example.org"),
        (PublicUrl("https", "gw.example.org", 443), "https://gw.example.org"),
        (PublicUrl("https", "gw.example.org", 80), "https://gw.example.org:80"),
    ],
)
def test_origin_is_written_as_browsers_do(url: PublicUrl, origin: str) -> None:
    assert url.origin == origin


def test_a_notebook_lives_beneath() -> None:
    assert (
        PublicUrl("http", "localhost", 8000).beneath("alice").origin
        == "http://alice.localhost:8000"
    )


def test_a_login_has_its_own_credential_or_the_remotes() -> None:
    alice, bob = LoginName("alice"), LoginName("bob")
    remote = Remote(RemoteName("lab"), "lab", credential=KeyFile("/k"), logins={bob: AgentKeys()})

    assert remote.credential_of(alice) == KeyFile("/k")
    assert remote.credential_of(bob) == AgentKeys()


def test_another_logins_credential_does_not_concern_a_login() -> None:
    """So that changing one leaves the other's tunnel up."""
    alice, bob = LoginName("alice"), LoginName("bob")
    before = Remote(RemoteName("lab"), "lab", credential=KeyFile("/k"), logins={bob: AgentKeys()})
    after = Remote(RemoteName("lab"), "lab", credential=KeyFile("/k"), logins={bob: KeyFile("/b")})

    assert before.as_login(alice) == after.as_login(alice)
    assert before.as_login(bob) != after.as_login(bob)
