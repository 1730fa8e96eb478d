"""gateway.cli.catcher: it takes what it waits for, from whoever knows the state, and nothing else."""

from collections.abc import Iterator

import httpx2
import pytest

from gateway.cli.catcher import Catcher


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    with Catcher("the state", afterwards="https://gateway.example/-/device") as waiting:
        yield waiting


def test_what_was_waited_for_is_taken_and_the_browser_sent_on(catcher: Catcher) -> None:
    answer = httpx2.get(catcher.address, params={"state": "the state", "code": "c"})

    assert catcher.wait(5) == {"state": "the state", "code": "c"}
    assert answer.status_code == 303
    assert answer.headers["Location"] == "https://gateway.example/-/device?done=approved"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_refusal_is_taken_too(catcher: Catcher) -> None:
    answer = httpx2.get(catcher.address, params={"state": "the state", "error": "access_denied"})

    assert answer.headers["Location"].endswith("?done=refused")
    assert catcher.wait(5) == {"state": "the state", "error": "access_denied"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("?state=another&code=c", {}),
        ("?code=c", {}),
        ("favicon.ico?state=the+state&code=c", {}),
        ("?state=the+state&code=c", {"Host": "evil.example"}),
        ("?state=the+state&code=c", {"Host": "localhost"}),
    ],
)
def test_anything_else_is_turned_away_and_waiting_goes_on(
    catcher: Catcher, path: str, headers: dict[str, str]
) -> None:
    stray = httpx2.get(catcher.address + path, headers=headers)
    httpx2.get(catcher.address, params={"state": "the state", "code": "right"})

    brought = catcher.wait(5)

    assert stray.status_code == 404
    assert brought is not None
    assert brought["code"] == "right"


def test_the_first_counts(catcher: Catcher) -> None:
    for code in ("first", "second"):
        httpx2.get(catcher.address, params={"state": "the state", "code": code})

    brought = catcher.wait(5)

    assert brought is not None
    assert brought["code"] == "first"


def test_only_this_machine_is_let_in(catcher: Catcher) -> None:
    assert catcher.server_address[0] == "127.0.0.1"


def test_time_ends_the_wait(catcher: Catcher) -> None:
    assert catcher.wait(0.01) is None
