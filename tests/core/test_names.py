"""gateway.core.names: which names may be given."""

import pytest

from gateway.core.names import is_login, is_name


@pytest.mark.parametrize("text", ["a", "alice", "alice-2", "7", "a" * 63])
def test_good_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-x",
        "x-",
        "Alice",
        ".",
        "..",
        "__proto__",
        "\u0430lice",
        "a" * 64,
        "a/b",
        "a\n",
        "api",
        "login",
        "static",
    ],
)
def test_a18_bad_names(text: str) -> None:
    """Threat A18: a name is a DNS label, and none of the gateway's own words."""
    assert not is_name(text)


@pytest.mark.parametrize("text", ["alice", "_svc", "a.b@REALM", "j-doe"])
def test_good_logins(text: str) -> None:
    assert is_login(text)


@pytest.mark.parametrize("text", ["", "-oProxyCommand=x", "a\nb", "$(id)", "%h", "a b", "a;b"])
def test_bad_logins(text: str) -> None:
    """Threat F4: nothing that OpenSSH or a shell would read as more than a name."""
    assert not is_login(text)
