"""gateway.core.passwords: which new passwords are taken."""

import pytest

from gateway.core.names import MemberName
from gateway.core.passwords import LEAST_CHARACTERS, MOST_BYTES, WORST, check_password, is_too_long
from gateway.errors import PasswordTooWeak

MEMBER = MemberName("alice-liddell")


@pytest.mark.parametrize(
    "password",
    [
        "0c7v9x2k1q",
        "correct horse battery",
        "пароль из слов",
        "x1yz" * (MOST_BYTES // 4),
        "ab c d ef g",
    ],
)
def test_long_and_unusual_is_taken(password: str) -> None:
    """No rules of composition: length and not being common is all."""
    check_password(password, MEMBER)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 10"),
        ("0c7v9x2k1", "at least 10"),
        ("é" * 600, "at most 1024 bytes"),
        ("x1yz" * 300, "at most 1024 bytes"),
        ("alice-liddell", "member's name"),
        ("Alice-Liddell ", "member's name"),
        ("password123", "first that anybody"),
        ("PassWord123", "first that anybody"),
        ("qwertyuiop", "first that anybody"),
        ("aaaaaaaaaaaa", "first that anybody"),
        ("1212121212", "first that anybody"),
    ],
)
def test_weak_is_refused_and_says_why(password: str, why: str) -> None:
    """Whoever is refused learns which rule it was."""
    with pytest.raises(PasswordTooWeak, match=why):
        check_password(password, MEMBER)


def test_list_holds_only_what_another_rule_lets_through() -> None:
    """The list is in lower case and has nothing that length refuses anyway."""
    assert all(len(word) >= LEAST_CHARACTERS and word == word.casefold() for word in WORST)


def test_ten_megabytes_are_too_long() -> None:
    """Threat D12: the answer does not depend on reading it all."""
    assert is_too_long("x" * 10_000_000)
    assert not is_too_long("x" * MOST_BYTES)
