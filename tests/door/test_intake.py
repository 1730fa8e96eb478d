"""gateway.door.intake: a body is held a little, then flows."""

from gateway.core.framing import Body, BodyKind
from gateway.door.intake import HELD_BYTES, Intake

SIZED, CHUNKED = Body(BodyKind.SIZED, 6), Body(BodyKind.CHUNKED, 0)


class FakeSink:
    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


def test_what_came_early_is_passed_on_in_order() -> None:
    """Then what comes, as it comes."""
    intake, sink = Intake(SIZED, lambda: None), FakeSink()
    intake.take(b"ab")
    assert not intake.passed

    intake.flow_to(sink)
    intake.take(b"cd")
    intake.end()

    assert (sink.written, intake.passed, intake.whole) == (b"abcd", True, True)


def test_chunks_are_framed_anew() -> None:
    """A body that was whole before its upstream was reached is ended there too."""
    intake, sink = Intake(CHUNKED, lambda: None), FakeSink()
    intake.take(b"ab")
    intake.end()

    intake.flow_to(sink)

    assert sink.written == b"2\r\nab\r\n0\r\n\r\n"


def test_much_is_not_held() -> None:
    """The client is asked to wait as soon as there is enough."""
    full: list[bool] = []
    intake = Intake(SIZED, lambda: full.append(True))

    intake.take(bytes(HELD_BYTES))
    assert full == []
    intake.take(b"x")

    assert full == [True]


def test_what_nobody_wants_goes_nowhere() -> None:
    """Neither what was held nor what comes."""
    intake, sink = Intake(SIZED, lambda: None), FakeSink()
    intake.take(b"ab")
    intake.flow_to(sink)
    intake.drop()
    intake.take(b"cd")
    intake.end()

    assert sink.written == b"ab"
