"""gateway.core.token_format: what is spelt as a token, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.token_format import ENTROPY_BYTES, TOKEN_PREFIX, is_token, token_of

TOKEN = token_of(bytes(range(32)))


def test_spelling_is_fixed() -> None:
    """Scanners rely on the spelling: prefix, 43 characters, 6 of checksum."""
    wanted = "gwp_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" + "2xL08l"

    assert wanted == TOKEN
    assert len(TOKEN) == 53


@given(st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES))
def test_every_secret_makes_a_token(entropy: bytes) -> None:
    """What we make, we recognise."""
    token = token_of(entropy)

    assert token.startswith(TOKEN_PREFIX)
    assert is_token(token)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("aZ0_-"))
def test_one_wrong_character_is_noticed(place: int, character: str) -> None:
    """A typo is no token; CRC-32 finds every single one."""
    mistyped = TOKEN[:place] + character + TOKEN[place + 1 :]

    assert is_token(mistyped) == (mistyped == TOKEN)


@pytest.mark.parametrize(
    "text",
    ["", "gwp_", TOKEN[:-1], TOKEN + "a", " " + TOKEN, TOKEN + "\n", TOKEN.upper(), "\udc80" * 53],
)
def test_others_are_no_tokens(text: str) -> None:
    """Anything of another shape is refused without counting a checksum."""
    assert not is_token(text)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_short_secrets_are_a_bug(size: int) -> None:
    """A token of too little, or too much, is never made."""
    with pytest.raises(ValueError, match="a token takes 32 bytes"):
        token_of(bytes(size))
