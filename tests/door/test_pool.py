"""gateway.door.pool: what is kept open, for whom, and for how long."""

from collections.abc import AsyncIterator

import pytest

from gateway.core.names import MemberName, NotebookName
from gateway.core.upstream import Upstream
from gateway.door.pool import MOST_IDLE_OF_ONE, SURELY_OPEN_SECONDS, Pool, PoolKey
from gateway.door.upstream import UpstreamLeg
from tests.door.backend import Backend
from tests.door.fakes import dial, upstream

pytestmark = pytest.mark.anyio

ALICE: PoolKey = (NotebookName("alice"), MemberName("alice"))
CAROL: PoolKey = (NotebookName("alice"), MemberName("carol"))
AT_ALICE = upstream("alice")


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def pool(clock: Clock) -> AsyncIterator[Pool]:
    made = Pool(clock)
    yield made
    made.close()


async def open_leg(backend: Backend, to: Upstream = AT_ALICE) -> UpstreamLeg:
    leg = UpstreamLeg(to)
    await dial(backend.port, lambda: leg)
    return leg


async def test_last_in_is_first_out(pool: Pool, alice: Backend) -> None:
    """The connection used last is the likeliest to live."""
    first, second = await open_leg(alice), await open_leg(alice)
    pool.give(ALICE, first)
    pool.give(ALICE, second)

    assert pool.take(ALICE, AT_ALICE, surely=False) is second
    assert pool.take(ALICE, AT_ALICE, surely=False) is first
    assert pool.take(ALICE, AT_ALICE, surely=False) is None


async def test_nobody_gets_anothers(pool: Pool, alice: Backend) -> None:
    """A connection is one member's (threat B17)."""
    pool.give(ALICE, await open_leg(alice))

    assert pool.take(CAROL, AT_ALICE, surely=False) is None
    assert len(pool) == 1


async def test_changed_upstream_is_not_spoken_to_as_before(pool: Pool, alice: Backend) -> None:
    """A connection made to another upstream is closed instead of used."""
    pool.give(ALICE, await open_leg(alice))
    changed = Upstream(AT_ALICE.notebook, AT_ALICE.authority, AT_ALICE.scheme, token="new")

    assert pool.take(ALICE, changed, surely=False) is None
    await alice.until(lambda: alice.open == 0)
    assert len(pool) == 0


async def test_what_must_not_be_sent_twice_gets_a_fresh_one(
    pool: Pool, clock: Clock, alice: Backend
) -> None:
    """A connection that idled long may be closing this moment."""
    pool.give(ALICE, await open_leg(alice))
    clock.time += SURELY_OPEN_SECONDS + 1

    assert pool.take(ALICE, AT_ALICE, surely=True) is None
    assert pool.take(ALICE, AT_ALICE, surely=False) is not None


async def test_pool_is_bounded(pool: Pool, alice: Backend) -> None:
    """What is too much is closed."""
    for _ in range(MOST_IDLE_OF_ONE + 3):
        pool.give(ALICE, await open_leg(alice))

    assert len(pool) == MOST_IDLE_OF_ONE


async def test_closed_connections_leave_by_themselves(pool: Pool, alice: Backend) -> None:
    """What the notebook closes, or spoils with bytes nobody asked for, is gone (threat B14)."""
    pool.give(ALICE, await open_leg(alice))
    spoilt = await open_leg(alice)
    pool.give(ALICE, spoilt)
    spoilt.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    assert len(pool) == 1
    await alice.until(lambda: alice.connections == 2)
    alice.hang_up()
    await alice.until(lambda: alice.open == 0)
    assert pool.take(ALICE, AT_ALICE, surely=False) is None or len(pool) == 0


async def test_closes_by_key(pool: Pool, alice: Backend) -> None:
    """One notebook's connections can be closed without the others'."""
    pool.give(ALICE, await open_leg(alice))
    pool.give(CAROL, await open_leg(alice))
    pool.close(lambda key: key == ALICE)

    assert pool.take(ALICE, AT_ALICE, surely=False) is None
    assert pool.take(CAROL, AT_ALICE, surely=False) is not None
