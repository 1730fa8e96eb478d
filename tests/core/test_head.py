"""gateway.core.head: reading fields."""

from gateway.core.head import RequestHead, ResponseHead

FIELDS = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]


def test_first_and_every() -> None:
    for head in (RequestHead(b"GET", b"/", list(FIELDS)), ResponseHead(200, b"OK", list(FIELDS))):
        assert head.first(b"a") == b"1"
        assert head.first(b"c") is None
        assert head.every(b"a") == [b"1", b"3"]
