"""gateway.store.auditing: acts are written with what they change, or as soon as they can be; nothing is forged."""

import asyncio

import pytest
from sqlalchemy import delete, update

from gateway.core.audit import Act, Broken, Sound
from gateway.core.grants import Level
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused
from gateway.store import auditing, tables
from gateway.store.store import Store
from tests.store.fakes import ALICE, BOB, FakeSleep, World, joined, log_in, running

pytestmark = pytest.mark.anyio


async def acts(store: Store) -> list[Act]:
    await store.audit.flush()
    return [line.entry.act for line in reversed(await store.audit.lines())]


async def count(store: Store) -> int:
    """Return how many lines there are, each of which follows the one before it."""
    sound = await store.audit.verify()
    assert isinstance(sound, Sound)
    return sound.count


async def test_every_act_leaves_a_line(store: Store) -> None:
    """Whatever the way: the store writes it down itself."""
    opened = await joined(store)
    await store.change_password(opened.identity.credential, "correct horse battery", "another horse battery", address="")  # fmt: skip
    with pytest.raises(CredentialRefused):
        await log_in(store, password="wrong horse")
    _, token = await store.create_token(ALICE, label="ci", lifetime_seconds=None)
    await store.revoke_token(token.credential)
    made = await store.share(
        NotebookName("alice"), BOB, level=Level.VIEW, by=ALICE, lifetime_seconds=60
    )
    await store.unshare(made.id, by=ALICE)
    await store.log_out(opened.identity.credential)
    await store.disable(ALICE)

    assert sorted(await acts(store)) == sorted(
        [
            Act.INVITED,
            Act.INVITE_TAKEN,
            Act.PASSWORD_CHANGED,
            Act.LOG_IN_REFUSED,
            Act.TOKEN_MADE,
            Act.TOKEN_REVOKED,
            Act.SHARED,
            Act.UNSHARED,
            Act.LOGGED_OUT,
            Act.DISABLED,
        ]
    )
    assert await count(store) == 10


async def test_no_secret_is_written_down(store: Store) -> None:
    opened = await joined(store)
    secret, _ = await store.create_token(ALICE, label="ci", lifetime_seconds=None)
    link, _ = await store.make_link(
        NotebookName("alice"), level=Level.USE, by=ALICE, lifetime_seconds=60
    )
    written = "".join([line.as_json() for line in await store.audit.lines()])

    assert not any(one in written for one in (opened.secret, secret, link))


async def test_what_came_to_nothing_is_not_said_to_be_done(store: Store) -> None:
    with pytest.raises(CredentialRefused):
        await store.accept_invite("none", "x" * 20, address="", device="")
    await store.disable(ALICE)
    with pytest.raises(CredentialRefused):
        await store.invite(ALICE)

    assert await acts(store) == [Act.DISABLED]


TAMPERING = {
    "changed": update(tables.audit).where(tables.audit.c.number == 2).values(actor="mallory"),
    "deleted": delete(tables.audit).where(tables.audit.c.number == 2),
    "first deleted": delete(tables.audit).where(tables.audit.c.number == 1),
    "last deleted": delete(tables.audit).where(tables.audit.c.number == 3),
}


@pytest.mark.parametrize("how", TAMPERING)
async def test_tampering_is_noticed(store: Store, how: str) -> None:
    for _ in range(3):
        store.audit.note(Act.OPENED, actor="bob", notebook="alice")
    await store.audit.flush()
    assert await count(store) == 3

    async with store.audit._database.writing() as connection:  # noqa: SLF001 - as an intruder would
        await connection.execute(TAMPERING[how])

    found = await store.audit.verify()
    assert isinstance(found, Broken)
    assert found.number == {"first deleted": 1, "last deleted": 3}.get(how, 2)


async def test_old_lines_are_pruned_and_the_rest_still_verifies(world: World) -> None:
    async with world.store() as store:
        store.audit.note(Act.OPENED, actor="bob")
        store.audit.note(Act.LEFT, actor="bob")
        await store.audit.flush()
        world.clock.now += 100
        store.audit.note(Act.OPENED, actor="carol")
        await store.audit.flush()

        assert await store.audit.prune(world.clock.now - 50) == 2

        assert await acts(store) == [Act.OPENED, Act.PRUNED]
        assert await count(store) == 2
        assert await store.audit.prune(world.clock.now - 50) == 0


async def test_two_processes_write_one_chain(world: World) -> None:
    async with world.store() as serving, world.store() as command:
        for store in (serving, command, serving):
            store.audit.note(Act.OPENED, actor="bob")
            await store.audit.flush()

        assert await count(command) == 3
        assert [line.number async for line in command.audit.lines_after(1)] == [2, 3]


async def test_notes_are_written_by_the_store_s_own_task(world: World) -> None:
    async with world.store() as store, running(store):
        store.audit.note(Act.OPENED, actor="bob")

        async with asyncio.timeout(5):
            while not (lines := await store.audit.lines()):
                pass  # each look at the database lets the task go on

        assert [line.entry.act for line in lines] == [Act.OPENED]


async def test_what_could_not_be_kept_is_counted_and_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 27: an audit log that can't be written is never silent about it."""
    monkeypatch.setattr(auditing, "MOST_HELD", 2)
    for _ in range(5):
        store.audit.note(Act.OPENED, actor="bob")
    assert (store.audit.held, store.audit.lost) == (2, 3)

    assert await acts(store) == [Act.OPENED, Act.OPENED, Act.LOST]
    assert (await store.audit.lines())[0].entry.detail == "3 lines"


async def test_following_hears_of_what_other_processes_add(world: World) -> None:
    async with world.store() as command, world.store() as serving:
        following = command.audit.follow(0)
        async with asyncio.timeout(10):
            for actor in ("bob", "carol"):
                serving.audit.note(Act.OPENED, actor=actor)
                await serving.audit.flush()
                assert (await anext(following)).entry.actor == actor


async def test_lines_are_dropped_when_they_were_kept_long_enough(world: World) -> None:
    async with world.store() as store:
        store.audit.retention_seconds = 50
        store.audit.note(Act.OPENED, actor="bob")
        await store.audit.flush()
        world.clock.now += 301
        sleep = FakeSleep()

        async with running(store, sleep=sleep):
            await sleep.asleep()
            world.clock.now += 301
            await sleep.on()

        assert await acts(store) == [Act.PRUNED]
        assert await count(store) == 1


async def test_a_clock_that_is_set_back_does_not_break_the_chain(world: World) -> None:
    async with world.store() as store:
        for jump in (0, -86_400, 10 * 86_400):
            world.clock.now += jump
            store.audit.note(Act.OPENED, actor="bob")
            await store.audit.flush()

        assert await count(store) == 3
