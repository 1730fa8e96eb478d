"""gateway.core.logins: several gateways, and which is meant."""

import json

import pytest

from gateway.core.logins import Login, Logins, logins_in

ONE = Login("https://one.example", "alice", "2026-12-24T00:00:00Z", "gwp_1")
TWO = Login("https://two.example", "al", None)
BOTH = Logins().kept(ONE).kept(TWO)


def test_the_one_used_last_is_meant() -> None:
    assert Logins().chosen(None) is None
    assert BOTH.chosen(None) == TWO
    assert BOTH.used(ONE.url).chosen(None) == ONE
    assert BOTH.used("https://other.example") == BOTH


def test_the_one_named_is_meant() -> None:
    assert BOTH.chosen(ONE.url) == ONE
    assert BOTH.chosen("https://other.example") is None


def test_a_new_log_in_takes_the_place_of_the_one_before() -> None:
    again = Login(ONE.url, "alice", None, "gwp_2")

    assert BOTH.kept(again).chosen(ONE.url) == again
    assert len(BOTH.kept(again).by_url) == 2


def test_what_is_forgotten_leaves_its_place_to_another() -> None:
    assert BOTH.forgotten(TWO.url).chosen(None) == ONE
    assert BOTH.forgotten(ONE.url).chosen(None) == TWO
    assert BOTH.forgotten(ONE.url).forgotten(TWO.url) == Logins()


def test_what_is_written_is_read() -> None:
    assert logins_in(BOTH.as_text()) == BOTH
    assert logins_in(Logins().as_text()) == Logins()


def test_a_token_in_the_keyring_is_not_written() -> None:
    assert "token" not in json.loads(BOTH.as_text())["logins"][1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "logins": []}',
        '{"version": 1}',
        '{"version": 1, "logins": [1]}',
        '{"version": 1, "logins": [{"url": "x"}]}',
        '{"version": 1, "logins": [{"url": 1, "member": "a"}]}',
        '{"version": 1, "logins": [{"url": "x", "member": "a", "more": "b"}]}',
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"it (is not|holds)|Expecting value"):
        logins_in(text)
