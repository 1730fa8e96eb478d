"""gateway.door.room: who may stay when file descriptors run out."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.door.room import QUIET_SECONDS, RESERVE, Place, Room
from tests.door.fakes import House
from tests.door.raw import raw_client, request

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("limit", "number", "place"),
    [
        (1024, -1, Place.FREE),
        (1024, 1024 - RESERVE - 1, Place.FREE),
        (1024, 1024 - RESERVE, Place.NONE),
        (1024, 1024 - RESERVE // 2 - 1, Place.NONE),
        (1024, 1024 - RESERVE // 2, Place.LAST),
        (1024, 5000, Place.LAST),
        (64, 47, Place.FREE),
        (64, 48, Place.NONE),
    ],
)
def test_a_reserve_is_left(limit: int, number: int, place: Place) -> None:
    """For tunnels, the database, and to tell who comes in vain; of few descriptors it is a quarter."""
    assert Room(lambda: 0.0, lambda: limit).for_descriptor(number) is place


def test_it_is_said_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds may come in vain."""
    now = 0.0
    room = Room(lambda: now, lambda: 100)
    for now in (0.0, 1.0, QUIET_SECONDS, QUIET_SECONDS + 1):  # noqa: B007 - the clock reads it
        room.for_descriptor(99)

    assert caplog.text.count("nearly all of the 100 files") == 2


@contextmanager
def few_descriptors(free: int) -> Iterator[None]:
    """Leave this process hardly a file descriptor."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    number = os.dup(0)
    os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number + free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_who_comes_in_vain_is_told(gateway: House) -> None:
    """Fault 36: 503, when to come again, and the end; who was there before goes on; then all is as before."""
    async with raw_client(gateway.port) as before:
        before.send(request())
        await before.answer()

        with few_descriptors(9):
            async with raw_client(gateway.port) as client:
                told = await client.answer()
                client.send(request())
                assert await client.ended()
            before.send(request("/alice/"))
            served = await before.answer()
        async with raw_client(gateway.port) as after:
            after.send(request())
            let_in = await after.answer()

    assert told is not None
    assert (told.status, told.headers[b"retry-after"], told.headers[b"connection"]) == (
        503, b"5", b"close",
    )  # fmt: skip
    assert served is not None
    assert let_in is not None
    assert (served.status, let_in.status) == (200, 200)
    assert gateway.door.counts()["refused_connections_total"] == 1
