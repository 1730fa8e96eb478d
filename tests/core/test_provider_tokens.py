"""gateway.core.provider_tokens: each way in which a token may not hold, by itself."""

import math
from base64 import urlsafe_b64encode
from hashlib import sha256, sha512

import pytest

from gateway.core.provider_metadata import ALGORITHMS
from gateway.core.provider_tokens import (
    LOGOUT_EVENT,
    Claims,
    Client,
    check_at_hash,
    check_header,
    check_id_token,
    check_logout_token,
    check_userinfo,
)
from gateway.errors import ProviderRefused

NOW = 1_800_000_000.0
US = Client("https://idp.example", "gateway")
GOOD: Claims = {
    "iss": "https://idp.example",
    "aud": "gateway",
    "sub": "s-1",
    "iat": NOW,
    "exp": NOW + 300,
    "nonce": "n",
}
LOGOUT: Claims = {
    "iss": "https://idp.example",
    "aud": ["gateway"],
    "iat": NOW,
    "exp": NOW + 120,
    "jti": "j",
    "sid": "p-1",
    "events": {LOGOUT_EVENT: {}},
}


def without(claims: Claims, *names: str) -> Claims:
    return {name: value for name, value in claims.items() if name not in names}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"aud": ["gateway"]},
        {"aud": ["gateway", "other"], "azp": "gateway"},
        {"azp": "gateway"},
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"iat": int(NOW), "nbf": NOW + 60},
    ],
    ids=str,
)
def test_a_good_id_token_names_its_subject(more: Claims) -> None:
    assert check_id_token({**GOOD, **more}, US, nonce="n", now=NOW) == "s-1"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        pytest.param({**GOOD, "iss": "https://idp.example/"}, "is of", id="D7 wrong iss"),
        pytest.param(without(GOOD, "iss"), "is of", id="D7 no iss"),
        pytest.param({**GOOD, "aud": "other"}, "is for", id="D7 wrong aud"),
        pytest.param({**GOOD, "aud": ["other"]}, "is for", id="D7 wrong aud in a list"),
        pytest.param({**GOOD, "aud": ["gateway", 1]}, "is for", id="D7 aud that is no text"),
        pytest.param(without(GOOD, "aud"), "is for", id="D7 no aud"),
        pytest.param({**GOOD, "aud": ["gateway", "b"]}, "made for", id="D7 two aud and no azp"),
        pytest.param({**GOOD, "azp": "other"}, "made for", id="D7 wrong azp"),
        pytest.param({**GOOD, "exp": NOW - 60}, "expired", id="D7 exp over"),
        pytest.param(without(GOOD, "exp"), "exp is not a time", id="D7 no exp"),
        pytest.param({**GOOD, "exp": "never"}, "exp is not a time", id="D7 exp that is no number"),
        pytest.param({**GOOD, "exp": True}, "exp is not a time", id="D7 exp true"),
        pytest.param(
            {**GOOD, "exp": math.nan}, "exp is not a time", id="D7 exp that is never over"
        ),
        pytest.param({**GOOD, "exp": math.inf}, "exp is not a time", id="D7 exp without end"),
        pytest.param({**GOOD, "exp": 10**400}, "exp is not a time", id="D7 exp beyond numbers"),
        pytest.param(without(GOOD, "iat"), "iat is not a time", id="D7 no iat"),
        pytest.param({**GOOD, "iat": NOW + 61}, "future", id="D7 iat in the future"),
        pytest.param({**GOOD, "nbf": NOW + 61}, "not count yet", id="D7 nbf in the future"),
        pytest.param({**GOOD, "nonce": "m"}, "nonce", id="D7 another nonce"),
        pytest.param(without(GOOD, "nonce"), "nonce", id="D7 no nonce"),
        pytest.param(
            {**without(GOOD, "nonce"), "nonce_supported": False}, "nonce", id="D7 nonce_supported"
        ),
        pytest.param(without(GOOD, "sub"), "no sub", id="no sub"),
        pytest.param({**GOOD, "sub": ""}, "sub", id="empty sub"),
        pytest.param({**GOOD, "sub": 7}, "sub", id="sub that is no text"),
        pytest.param({**GOOD, "sub": "s" * 256}, "sub", id="long sub"),
    ],
)
def test_an_id_token_is_refused(claims: Claims, said: str) -> None:
    with pytest.raises(ProviderRefused, match=said):
        check_id_token(claims, US, nonce="n", now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"alg": "none"}, id="D7 alg none"),
        pytest.param({"alg": "NoNe"}, id="D7 alg none in other letters"),
        pytest.param({"alg": "HS256"}, id="D7 HS256"),
        pytest.param({"alg": "RS384"}, id="D7 an algorithm that was not advertised"),
        pytest.param({"alg": ["RS256"]}, id="D7 alg that is no text"),
        pytest.param({}, id="D7 no alg"),
        pytest.param({"alg": "RS256", "crit": ["x"], "x": 1}, id="D7 unknown crit"),
        pytest.param({"alg": "RS256", "crit": []}, id="D7 empty crit"),
        pytest.param({"alg": "RS256", "typ": "logout+jwt"}, id="a logout token as ID token"),
    ],
)
def test_a_header_is_refused(header: Claims) -> None:
    with pytest.raises(ProviderRefused):
        check_header(header, {"RS256"})


@pytest.mark.parametrize(
    "typ", [{}, {"typ": "JWT"}, {"typ": "logout+jwt"}, {"typ": "application/logout+jwt"}]
)
def test_a_logout_token_may_say_what_it_is(typ: Claims) -> None:
    """Providers from before the specification was final say JWT."""
    assert check_header({"alg": "RS256", **typ}, {"RS256"}, logout=True) == "RS256"


def test_a_logout_token_of_another_type_is_refused() -> None:
    with pytest.raises(ProviderRefused, match=r"at\+jwt"):
        check_header({"alg": "RS256", "typ": "at+jwt"}, {"RS256"}, logout=True)


def test_no_algorithm_that_shares_a_secret_is_ever_taken() -> None:
    assert not {"none", "HS256", "HS384", "HS512"} & set(ALGORITHMS)


def half(digest: bytes) -> str:
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("algorithm", "at_hash"),
    [
        ("ES256", half(sha256(b"access").digest())),
        ("PS512", half(sha512(b"access").digest())),
        ("EdDSA", half(sha512(b"access").digest())),
        ("RS256", None),
    ],
)
def test_at_hash_of_this_access_token(algorithm: str, at_hash: str | None) -> None:
    check_at_hash({} if at_hash is None else {"at_hash": at_hash}, algorithm, "access")


@pytest.mark.parametrize(
    ("algorithm", "at_hash"),
    [
        pytest.param("RS256", half(sha256(b"other").digest()), id="D7 another access token"),
        pytest.param("XX999", half(sha256(b"access").digest()), id="D7 unknown at_hash alg"),
        pytest.param("RS256", 7, id="D7 at_hash that is no text"),
    ],
)
def test_at_hash_is_refused(algorithm: str, at_hash: object) -> None:
    """What can't be judged is refused, too: fail closed."""
    with pytest.raises(ProviderRefused, match="at_hash"):
        check_at_hash({"at_hash": at_hash}, algorithm, "access")


def test_userinfo_of_somebody_else_is_refused() -> None:
    check_userinfo({"sub": "s-1"}, "s-1")
    with pytest.raises(ProviderRefused):
        check_userinfo({"sub": "s-2"}, "s-1")


def test_a_logout_token_names_what_it_ends() -> None:
    told = check_logout_token({**LOGOUT, "sub": "s-1"}, US, now=NOW)

    assert (told.issuer, told.id, told.subject, told.sid) == (US.issuer, "j", "s-1", "p-1")


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({**LOGOUT, "iss": "https://evil.example"}, "is of"),
        ({**LOGOUT, "aud": "other"}, "is for"),
        ({**LOGOUT, "exp": NOW - 60}, "expired"),
        (without(LOGOUT, "exp"), "exp"),
        (without(LOGOUT, "iat"), "iat"),
        ({**LOGOUT, "iat": NOW - 601}, "too old"),
        ({**LOGOUT, "nonce": "n"}, "disguise"),
        (without(LOGOUT, "events"), "no log-out"),
        ({**LOGOUT, "events": {"another": {}}}, "no log-out"),
        ({**LOGOUT, "events": {LOGOUT_EVENT: True}}, "no log-out"),
        ({**LOGOUT, "events": [LOGOUT_EVENT]}, "no log-out"),
        (without(LOGOUT, "jti"), "jti"),
        (without(LOGOUT, "sid"), "neither"),
        ({**LOGOUT, "sid": 7}, "sid"),
    ],
    ids=str,
)
def test_a_logout_token_is_refused(claims: Claims, said: str) -> None:
    with pytest.raises(ProviderRefused, match=said):
        check_logout_token(claims, US, now=NOW)
