"""gateway.core.user_code: codes that people type."""

import pytest

from gateway.core.user_code import COUNT, LETTERS, spelt, typed, user_code


def test_every_number_is_another_code_of_eight_letters_without_vowels() -> None:
    codes = [user_code(number) for number in (0, 1, 20, COUNT // 2, COUNT - 1)]

    assert len(set(codes)) == 5
    assert all(len(code) == 8 and set(code) <= set(LETTERS) for code in codes)
    assert not set(LETTERS) & set("AEIOUY0123456789")


@pytest.mark.parametrize("number", [-1, COUNT])
def test_no_other_number_makes_a_code(number: int) -> None:
    with pytest.raises(ValueError, match="below"):
        user_code(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("WDJB-MJHT", "WDJBMJHT"),
        ("wdjbmjht", "WDJBMJHT"),
        (" wdjb mj-ht ", "WDJBMJHT"),
        ("WDJB-MJH", None),
        ("WDJB-MJHTX", None),
        ("WDJA-MJHT", None),
        ("", None),
        ("W" * 1000, None),
    ],
)
def test_codes_are_read_as_people_type_them(text: str, code: str | None) -> None:
    assert typed(text) == code


def test_what_is_shown_is_what_is_typed() -> None:
    code = user_code(123_456_789)

    assert typed(spelt(code)) == code
    assert spelt(code)[4] == "-"
