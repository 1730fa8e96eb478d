"""gateway.store: shares, links and asks."""

import pytest

from gateway.core.grants import Level
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import Ask, LinkId, ShareId
from gateway.errors import CredentialRefused
from gateway.store.store import Store
from tests.store.fakes import ALICE, BOB, Changes, World, running

pytestmark = pytest.mark.anyio

NOTEBOOK = NotebookName("alice")
HOUR = 3600.0


async def share(store: Store, to: MemberName = BOB, level: Level = Level.USE) -> ShareId:
    made = await store.share(NOTEBOOK, to, level=level, by=ALICE, lifetime_seconds=HOUR)
    return made.id


async def test_a_share_is_known_at_once_and_after_a_restart(world: World) -> None:
    async with world.store() as store:
        made = await store.share(
            NOTEBOOK,
            GroupName("lab"),
            is_group=True,
            level=Level.VIEW,
            by=ALICE,
            lifetime_seconds=HOUR,
        )
        assert store.shared().shares == (made,)
    async with world.store() as store:
        assert store.shared().shares == (made,)
        assert (made.to, made.expires_at) == ("group:lab", world.clock.now + HOUR)


async def test_a_new_share_takes_the_place_of_the_one_before(store: Store) -> None:
    """Nobody has to add up what several shares to the same member come to."""
    await share(store, level=Level.USE)

    newer = await share(store, level=Level.VIEW)

    assert [held.id for held in store.shared().shares] == [newer]


async def test_a_share_that_is_taken_back_is_gone_and_told(store: Store) -> None:
    made = await share(store)
    changes = Changes(store)

    assert await store.unshare(made, by=ALICE)

    assert store.shared().shares == ()
    assert changes.count == 1
    assert not await store.unshare(made, by=ALICE)


async def test_another_process_shares_and_takes_back(world: World) -> None:
    """What the command line does is in force in the running gateway."""
    async with world.store() as serving, world.store() as command, running(serving):
        changes = Changes(serving)

        made = await share(command)
        await changes.wait()
        assert [held.id for held in serving.shared().shares] == [made]

        await command.unshare(made, by="command line")
        await changes.wait()
        assert serving.shared().shares == ()


async def test_a_link_gives_whoever_takes_it_a_share_until_its_own_end(
    store: Store, world: World
) -> None:
    secret, link = await store.make_link(
        NOTEBOOK, level=Level.VIEW, by=ALICE, lifetime_seconds=HOUR
    )
    world.clock.now += HOUR / 2

    taken = await store.take_link(secret, BOB)

    assert (taken.member, taken.level, taken.link) == (BOB, Level.VIEW, link.id)
    assert taken.expires_at == link.expires_at
    assert secret not in repr(store.shared())


async def test_a_link_that_is_taken_back_takes_its_shares_along(store: Store) -> None:
    secret, link = await store.make_link(NOTEBOOK, level=Level.USE, by=ALICE, lifetime_seconds=HOUR)
    await store.take_link(secret, BOB)
    kept = await share(store, MemberName("carol"))

    assert await store.end_link(link.id, by=ALICE)

    assert [held.id for held in store.shared().shares] == [kept]
    assert store.shared().links == ()
    with pytest.raises(CredentialRefused):
        await store.take_link(secret, BOB)


async def test_a_link_whose_time_is_over_opens_nothing(store: Store, world: World) -> None:
    secret, _ = await store.make_link(NOTEBOOK, level=Level.USE, by=ALICE, lifetime_seconds=HOUR)
    world.clock.now += HOUR

    with pytest.raises(CredentialRefused):
        await store.take_link(secret, BOB)
    with pytest.raises(CredentialRefused):
        await store.link_of("no such secret")
    assert not await store.end_link(LinkId("link:none"), by=ALICE)


async def test_a_share_answers_what_was_asked(store: Store, world: World) -> None:
    """Asking twice is one wish; a share answers it, and so does no."""
    await store.let_ask(NOTEBOOK, may=True)
    await store.ask(NOTEBOOK, BOB)
    await store.ask(NOTEBOOK, BOB)
    await store.ask(NOTEBOOK, MemberName("carol"))
    assert store.shared().asks[0] == Ask(NOTEBOOK, BOB, world.clock.now)
    assert len(store.shared().asks) == 2

    await share(store)
    await store.decline(NOTEBOOK, MemberName("carol"), by=ALICE)

    assert store.shared().asks == ()


async def test_nobody_asks_an_owner_who_takes_no_wishes(store: Store) -> None:
    assert not await store.ask(NOTEBOOK, BOB)

    await store.let_ask(NOTEBOOK, may=True)
    assert await store.ask(NOTEBOOK, BOB)
    await store.let_ask(NOTEBOOK, may=False)

    assert (store.shared().asks, store.shared().askable) == ((), frozenset())


async def test_a_member_s_wishes_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.shares.MOST_ASKS", 1)
    for name in ("one", "two"):
        await store.let_ask(NotebookName(name), may=True)

    assert await store.ask(NotebookName("one"), BOB)
    assert not await store.ask(NotebookName("two"), BOB)
    assert await store.ask(NotebookName("two"), ALICE)
