"""gateway.door.splice: clients that vanish without a word are found out (fault 33)."""

import pytest

from gateway.door.splice import Splice
from gateway.door.upstream import UpstreamLeg

PING = b"\x89\x00"


class FakeClient:
    """A client's leg whose time is told by calling the splice."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.taking = False
        self.ended = ""

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def expire_in(self, seconds: float) -> None:
        self.next_look = seconds

    def still_taking(self) -> bool:
        return self.taking


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def splice(client: FakeClient) -> Splice:
    made = Splice(client, UpstreamLeg(None), lambda _splice, _bytes: None)
    made.begin(b"", b"")
    return made


def test_silent_client_is_asked_and_then_given_up(client: FakeClient, splice: Splice) -> None:
    """One interval without a byte earns a Ping, another one the end; all within a minute."""
    splice.expired()
    assert client.sent == [PING]
    splice.expired()

    assert client.ended == "aborted"
    assert 3 * client.next_look <= 60


def test_answer_to_the_ping_is_a_sign_of_life(client: FakeClient, splice: Splice) -> None:
    """Any byte will do."""
    splice.expired()
    splice.from_client(b"\x8a\x80aaaa")
    splice.expired()

    assert client.ended == ""


def test_slow_client_that_takes_bytes_lives(client: FakeClient, splice: Splice) -> None:
    """Behind a large message a Ping takes its time."""
    splice.expired()
    client.taking = True
    splice.expired()
    splice.expired()

    assert client.ended == ""


def test_no_ping_inside_a_frame(client: FakeClient, splice: Splice) -> None:
    """A Ping is put between two frames or nowhere."""
    splice.from_upstream(b"\x82\x7e\x10\x00half a frame")
    splice.expired()

    assert PING not in client.sent


def test_no_frame_after_a_close(client: FakeClient, splice: Splice) -> None:
    """After the notebook's own Close nothing is added, and its hanging up is in order."""
    splice.from_upstream(b"\x88\x02\x03\xe8")
    splice.expired()
    splice.upstream_gone()

    assert client.sent == [b"\x88\x02\x03\xe8"]
    assert client.ended == "closed"
