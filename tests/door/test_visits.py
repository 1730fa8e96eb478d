"""A visit is what a person would call one, however many requests it takes."""

import asyncio
from math import inf

import pytest

from gateway.core.grants import Level
from gateway.core.names import MemberName, NotebookName
from gateway.door.visits import GAP_SECONDS, SWEEP_SECONDS, Visits
from tests.door.fakes import FakeWitness, House
from tests.door.raw import raw_client, request

ALICE, BOB, NOTEBOOK = MemberName("alice"), MemberName("bob"), NotebookName("alice")
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


class World:
    """Visits, who hears of them, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.witness = FakeWitness()
        self.visits = Visits(self.witness, lambda: self.now)

    def open(self, member: MemberName = BOB, address: str = HERE, level: Level = Level.USE) -> None:
        self.visits.leave(self.visits.enter(member, NOTEBOOK, address, level))

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.visits.sweep()


def test_many_requests_are_one_visit() -> None:
    world = World()

    for _ in range(5):
        world.open()
        world.pass_by(GAP_SECONDS - 1)

    assert world.witness.told == [("opened", "bob", "alice")]
    assert [visit.member for visit in world.visits.of(NOTEBOOK)] == [BOB]


def test_a_visit_is_over_when_nothing_was_open_for_a_while() -> None:
    world = World()
    world.open()
    world.pass_by(10)
    world.open()

    world.pass_by(GAP_SECONDS)

    assert world.witness.told[1:] == [("left", "bob", "alice after 10")]
    assert world.visits.of(NOTEBOOK) == []


def test_knows_for_how_long_nobody_was_there() -> None:
    """Whoever is there now makes it 0; who left long ago is remembered; others' notebooks do not count."""
    world, here, others = World(), frozenset({NOTEBOOK}), frozenset({NotebookName("bob")})
    assert world.visits.quiet_seconds(here) == inf
    visit = world.visits.enter(BOB, NOTEBOOK, HERE, Level.USE)
    world.pass_by(100 * GAP_SECONDS)
    assert world.visits.quiet_seconds(here) == 0

    world.visits.leave(visit)
    world.now += 7
    assert world.visits.quiet_seconds(here) == 7
    world.pass_by(GAP_SECONDS)
    world.open(ALICE, ELSEWHERE)
    world.pass_by(2 * GAP_SECONDS)
    assert world.witness.told[-1][0] == "left"

    assert world.visits.quiet_seconds(here) == 2 * GAP_SECONDS
    assert world.visits.quiet_seconds(here | others) == 2 * GAP_SECONDS
    assert world.visits.quiet_seconds(others) == inf


def test_an_open_websocket_is_a_visit_that_goes_on() -> None:
    world = World()
    visit = world.visits.enter(BOB, NOTEBOOK, HERE, Level.VIEW)
    world.pass_by(100 * GAP_SECONDS)
    assert world.visits.of(NOTEBOOK) == [visit]

    world.visits.leave(visit)
    world.pass_by(GAP_SECONDS)

    assert world.witness.told[-1][0] == "left"


def test_each_member_address_and_level_is_a_visit_of_its_own() -> None:
    world = World()

    world.open(BOB, HERE)
    world.open(BOB, ELSEWHERE)
    world.open(BOB, HERE, Level.VIEW)
    world.open(ALICE, HERE)

    assert len(world.visits.of(NOTEBOOK)) == len(world.witness.told) == 4


def test_a_scan_is_told_of_once_in_a_while() -> None:
    world = World()
    for _ in range(3):
        world.visits.refused(BOB, NOTEBOOK, HERE)
    assert world.witness.told == [("refused", "bob", "alice")]

    world.pass_by(GAP_SECONDS + 1)
    world.visits.refused(BOB, NOTEBOOK, HERE)

    assert len(world.witness.told) == 2


def test_the_door_s_end_is_every_visit_s_end() -> None:
    world = World()
    world.visits.enter(BOB, NOTEBOOK, HERE, Level.USE)

    world.visits.end_all()

    assert [told[0] for told in world.witness.told] == ["opened", "left"]


@pytest.mark.anyio
async def test_visits_are_swept_now_and_then() -> None:
    world, slept = World(), asyncio.Event()
    world.open()

    async def sleep(seconds: float) -> None:
        assert seconds == SWEEP_SECONDS
        if world.now > 100:
            slept.set()
            await asyncio.Event().wait()
        world.now += GAP_SECONDS

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(world.visits.keep(sleep))
        await slept.wait()
        keeping.cancel()

    assert world.witness.told[-1][0] == "left"


@pytest.mark.anyio
async def test_the_door_tells_who_came_and_who_was_not_let_in(gateway: House) -> None:
    """A notebook that is not there is not spoken of: it is nobody's."""
    async with raw_client(gateway.port) as client:
        for member, target in [
            ("carol", "/alice/x"),
            ("carol", "/alice/y"),
            ("bob", "/alice/x"),
            ("bob", "/alice/x"),
            ("bob", "/nobody/x"),
        ]:
            client.send(request(target, member=member))
            assert await client.answer() is not None

    assert gateway.witness.told == [("opened", "carol", "alice"), ("refused", "bob", "alice")]
    assert [visit.member for visit in gateway.door.visits.of(NOTEBOOK)] == ["carol"]
