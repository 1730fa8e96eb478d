"""gateway.core.provider_metadata: what of a provider's own words is believed."""

import pytest

from gateway.core.provider_metadata import Metadata, auth_method, is_safe, metadata_of, well_known
from gateway.errors import ProviderUnavailable

ISSUER = "https://idp.example"
GOOD = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


def test_what_is_not_said_is_what_the_specification_says() -> None:
    found = metadata_of(GOOD, ISSUER)

    assert found.algorithms == {"RS256"}
    assert found.client_auth == {"client_secret_basic"}
    assert (found.userinfo_endpoint, found.end_session_endpoint) == (None, None)
    assert (found.says_issuer, found.logs_out) == (False, False)


def test_only_asymmetric_algorithms_are_taken() -> None:
    advertised = ["none", "HS256", "ES256", "XX999"]

    found = metadata_of({**GOOD, "id_token_signing_alg_values_supported": advertised}, ISSUER)

    assert found.algorithms == {"ES256"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"issuer": f"{ISSUER}/"}, "with or without a slash"),
        ({"issuer": "https://evil.example"}, "calls itself 'https://evil.example'"),
        ({"issuer": None}, "calls itself not said"),
        ({"token_endpoint": "http://idp.example/token"}, "token_endpoint is 'http://idp.example/token', not an https"),
        ({"jwks_uri": None}, "jwks_uri is not said"),
        ({"userinfo_endpoint": "https://user@idp.example/"}, "userinfo_endpoint"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "end_session_endpoint"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "signs with none of"),
    ],
    ids=str,
)  # fmt: skip
def test_metadata_is_refused(more: dict[str, object], said: str) -> None:
    with pytest.raises(ProviderUnavailable, match=said):
        metadata_of({**GOOD, **more}, ISSUER)


def test_metadata_that_is_no_object_is_refused() -> None:
    with pytest.raises(ProviderUnavailable):
        metadata_of([], ISSUER)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://idp.example/x", True),
        ("http://localhost:4000/x", True),
        ("http://127.0.0.1:4000/x", True),
        ("http://[::1]:4000/x", True),
        ("http://idp.example/x", False),
        ("http://localhost.example/x", False),
        ("https://idp.example/x#y", False),
        ("https://", False),
    ],
)
def test_secrets_go_over_https_alone_but_on_this_machine(url: str, safe: bool) -> None:  # noqa: FBT001
    assert is_safe(url) is safe


@pytest.mark.parametrize(
    "issuer", ["https://idp.example/realms/lab", "https://idp.example/realms/lab/"]
)
def test_metadata_is_beneath_the_issuer(issuer: str) -> None:
    assert well_known(issuer) == "https://idp.example/realms/lab/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("offered", "has_secret", "way"),
    [
        ({"client_secret_post", "client_secret_basic"}, True, "client_secret_basic"),
        ({"client_secret_post", "private_key_jwt"}, True, "client_secret_post"),
        ({"client_secret_basic"}, False, "none"),
    ],
)
def test_way_to_prove_ourselves(offered: set[str], has_secret: bool, way: str) -> None:  # noqa: FBT001
    metadata = Metadata(ISSUER, "", "", "", client_auth=frozenset(offered))

    assert auth_method(metadata, has_secret=has_secret) == way


def test_no_way_to_prove_ourselves() -> None:
    metadata = Metadata(ISSUER, "", "", "", client_auth=frozenset({"private_key_jwt"}))

    with pytest.raises(ProviderUnavailable, match="but private_key_jwt; allow one of the two"):
        auth_method(metadata, has_secret=True)
