"""gateway.core.pkce: the secret and its hash."""

import pytest

from gateway.core.pkce import challenge_of, is_challenge, proves

# RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_rfc() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE
    assert is_challenge(CHALLENGE)
    assert proves(VERIFIER, CHALLENGE)


@pytest.mark.parametrize("verifier", ["", VERIFIER[:-1], VERIFIER[:-1] + "x", CHALLENGE, "é" * 43])
def test_nothing_else_proves_it(verifier: str) -> None:
    assert not proves(verifier, CHALLENGE)


def test_a_short_secret_proves_nothing() -> None:
    """RFC 7636 asks for 43 characters: fewer can be guessed."""
    assert not proves("abc", challenge_of("abc"))


@pytest.mark.parametrize("text", ["", CHALLENGE + "=", CHALLENGE[:-1], CHALLENGE[:-1] + "+"])
def test_what_is_no_challenge(text: str) -> None:
    assert not is_challenge(text)
