"""gateway.store: how sessions begin, how long they last, and all the ways in which they end."""

import pytest

from gateway.core.identity import CredentialId
from gateway.core.inventory import Lifetimes
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused
from gateway.store.credentials import MOST_SESSIONS
from gateway.store.rows import DAY
from gateway.store.store import Store
from tests.store.fakes import ADDRESS, ALICE, BOB, PASSWORD, Changes, World, joined, log_in

pytestmark = pytest.mark.anyio

NOTEBOOK = NotebookName("alice")


async def test_log_in_opens_a_session(store: Store) -> None:
    """The secret vouches for the member from then on."""
    await joined(store)

    opened = await log_in(store)

    assert store.session(opened.secret) == opened.identity
    assert opened.identity.member == ALICE
    assert opened.identity.audience is None
    assert store.holds(opened.identity.credential)


async def test_only_the_whole_secret_counts(store: Store) -> None:
    """Neither a part, nor the name, nor another kind of credential is a session."""
    opened = await joined(store)
    token, _ = await store.create_token(ALICE, label="ci", lifetime_seconds=None)
    others = ["", opened.secret[:-1], opened.identity.credential, token, "\udc80", "é" * 43]

    assert [store.session(secret) for secret in others] == [None] * len(others)


async def test_secret_stays_out_of_texts(store: Store) -> None:
    """A session printed by mistake does not tell its secret, and its name is not made of it."""
    opened = await joined(store)

    assert opened.secret not in repr(opened)
    assert opened.identity.credential.removeprefix("session:") not in opened.secret
    assert opened.identity.credential.startswith("session:")


async def test_d6_log_in_replaces_the_browsers_old_session(store: Store) -> None:
    """Threat D6: the session before log-in is dead after it, and the new one is another."""
    old = await joined(store)

    new = await store.log_in(
        ALICE, PASSWORD, address=ADDRESS, device="", replaces=old.identity.credential
    )

    assert store.session(old.secret) is None
    assert store.session(new.secret) == new.identity


async def test_d4_log_out_ends_a_session_at_once(store: Store) -> None:
    """Threat D4: the secret is worthless when log_out returns, and on_change has been called."""
    opened, changes = await joined(store), Changes(store)

    await store.log_out(opened.identity.credential)

    assert store.session(opened.secret) is None
    assert changes.count == 1


async def test_callback_sees_memory_changed(store: Store) -> None:
    """Whoever is told of a change can look at once."""
    opened = await joined(store)
    seen: list[bool] = []
    store.on_change(lambda: seen.append(store.holds(opened.identity.credential)))

    await store.log_out(opened.identity.credential)

    assert seen == [False]


async def test_log_out_of_nothing_is_nothing(store: Store) -> None:
    """A log-out twice, or of a stranger, does no harm and tells nobody."""
    changes = Changes(store)

    await store.log_out(CredentialId("session:unknown"))

    assert changes.count == 0


async def test_sessions_survive_a_restart(world: World) -> None:
    """Fault 26: what was open before is open after; what had ended stays ended."""
    async with world.store() as before:
        kept, ended = await joined(before), await log_in(before)
        await before.log_out(ended.identity.credential)

    async with world.store() as after:
        assert after.session(kept.secret) == kept.identity
        assert after.session(ended.secret) is None


async def test_idle_session_ends_and_a_used_one_goes_on(store: Store, world: World) -> None:
    """Seven days without a request are too many; a request in between starts them anew."""
    used, idle = await joined(store), await log_in(store)

    world.clock.now += 6 * DAY
    store.session(used.secret)
    world.clock.now += 1 * DAY

    assert store.session(used.secret) == used.identity
    assert store.session(idle.secret) is None


async def test_session_in_use_ends_after_thirty_days(store: Store, world: World) -> None:
    """Use does not carry a session beyond its absolute life."""
    opened = await joined(store)

    for _ in range(29):
        world.clock.now += DAY
        assert store.session(opened.secret) is not None
    world.clock.now += DAY

    assert store.session(opened.secret) is None


@pytest.mark.parametrize("jump", [-DAY, -3600.0, 3600.0])
async def test_sessions_survive_a_clock_jump(world: World, jump: float) -> None:
    """Fault 30: a clock that jumps kills no sessions, in memory or from the database."""
    async with world.store() as store:
        opened = await joined(store)
        world.clock.now += jump

        assert store.session(opened.secret) == opened.identity

    async with world.store() as store:
        assert store.session(opened.secret) == opened.identity


async def test_last_use_survives_a_restart(world: World) -> None:
    """The idle time counts from the last use, also across restarts."""
    async with world.store() as store:
        opened = await joined(store)
        world.clock.now += 6 * DAY
        store.session(opened.secret)

    world.clock.now += 6 * DAY
    async with world.store() as store:
        assert store.session(opened.secret) == opened.identity
        assert [row.used_at for row in await store.sessions(ALICE)] == [world.clock.now]


async def test_host_session_is_for_one_notebook_and_dies_with_its_parent(world: World) -> None:
    """A notebook's host gets a session of its own, which a log-out on the main host ends."""
    async with world.store() as store:
        parent = await joined(store)
        child = await store.open_host_session(parent.identity.credential, NOTEBOOK)

        assert child.identity.audience == NOTEBOOK
        assert child.identity.expires_at == parent.identity.expires_at
        assert store.session(child.secret) == child.identity

        await store.log_out(parent.identity.credential)

        assert store.session(child.secret) is None
    async with world.store() as store:
        assert store.session(child.secret) is None
        assert await store.sessions(ALICE) == ()


async def test_using_a_notebooks_host_uses_the_parent(store: Store, world: World) -> None:
    """Who works in a notebook for a week is not logged out of the main host."""
    parent = await joined(store)
    child = await store.open_host_session(parent.identity.credential, NOTEBOOK)

    for _ in range(10):
        world.clock.now += DAY
        assert store.session(child.secret) == child.identity

    assert store.session(parent.secret) == parent.identity


async def test_host_session_needs_a_live_session_of_the_main_host(store: Store) -> None:
    """Neither a host session, nor one that ended, nor a token can be a parent."""
    parent = await joined(store)
    child = await store.open_host_session(parent.identity.credential, NOTEBOOK)
    _, token = await store.create_token(ALICE, label="", lifetime_seconds=None)
    ended = await log_in(store)
    await store.log_out(ended.identity.credential)

    for wrong in (child.identity.credential, token.credential, ended.identity.credential):
        with pytest.raises(CredentialRefused, match="the session has ended"):
            await store.open_host_session(wrong, NOTEBOOK)


async def test_parent_ended_by_another_process_opens_no_host_session(world: World) -> None:
    """Memory may not have heard yet; the database has."""
    async with world.store() as store, world.store() as other:
        parent = await joined(store)
        await other.disable(ALICE)

        with pytest.raises(CredentialRefused, match="the session has ended"):
            await store.open_host_session(parent.identity.credential, NOTEBOOK)


async def test_list_of_sessions_is_the_members_own(store: Store) -> None:
    """The list has what a person recognises a browser by, and nobody else's."""
    await joined(store, BOB)
    opened = await joined(store)

    rows = await store.sessions(ALICE)

    assert [(row.credential, row.address, row.device) for row in rows] == [
        (opened.identity.credential, ADDRESS, "Firefox")
    ]


async def test_d12_what_clients_send_is_cut_and_printable(store: Store) -> None:
    """Threat D12: a device's name is neither long nor full of escapes."""
    await joined(store)

    opened = await store.log_in(
        ALICE, PASSWORD, address=ADDRESS + "\r\n", device="\x1b[31m\x00Fire\ud800" + "x" * 10**6
    )

    row = next(r for r in await store.sessions(ALICE) if r.credential == opened.identity.credential)
    assert row.address == ADDRESS
    assert row.device.startswith("[31mFirexxx")
    assert len(row.device) <= 200


async def test_sessions_of_a_member_are_bounded(store: Store) -> None:
    """One member's log-ins can't fill memory: the one used longest ago makes room."""
    first = await joined(store)
    child = await store.open_host_session(first.identity.credential, NOTEBOOK)

    for _ in range(MOST_SESSIONS):
        await store.open_host_session(first.identity.credential, NOTEBOOK)

    assert len(await store.sessions(ALICE)) == MOST_SESSIONS
    assert store.session(child.secret) is None
    assert store.session(first.secret) == first.identity


async def test_renewed_session_takes_its_children_along(world: World, store: Store) -> None:
    """A log-in by the same member in the same browser: what is open on notebooks' hosts goes on to the new end."""
    old = await joined(store)
    child = await store.open_host_session(old.identity.credential, NOTEBOOK)
    for _ in range(5):  # in use, and so not idle
        world.clock.now += 6 * DAY - 1
        assert store.session(child.secret) is not None

    new = await store.log_in(
        ALICE, PASSWORD, address=ADDRESS, device="", replaces=old.identity.credential
    )
    world.clock.now += 2 * DAY

    renewed = store.session(child.secret)
    assert renewed is not None
    assert renewed.credential == child.identity.credential
    assert renewed.expires_at == new.identity.expires_at
    async with world.store() as again:
        assert again.session(child.secret) == renewed
        assert again.session(old.secret) is None


async def test_another_members_session_is_not_renewed(store: Store) -> None:
    """In a shared browser: who was logged in before is out."""
    alices = await joined(store)
    await joined(store, BOB)

    bobs = await store.log_in(
        BOB, PASSWORD, address=ADDRESS, device="", replaces=alices.identity.credential
    )

    assert bobs.identity.credential != alices.identity.credential
    assert not store.holds(alices.identity.credential)


async def test_asking_for_the_end_is_not_using(world: World, store: Store) -> None:
    """A page that asks all day keeps nobody logged in."""
    opened = await joined(store)
    start = world.clock.now
    world.clock.now += DAY

    assert store.session_end(opened.secret) == start + 7 * DAY
    store.session(opened.secret)
    assert store.session_end(opened.secret) == start + 8 * DAY
    world.clock.now += 7 * DAY
    assert store.session_end(opened.secret) is None
    assert store.session_end("no such secret") is None


async def test_lives_by_other_lifetimes_from_now_on(world: World, store: Store) -> None:
    """An idle session ends at once, and is told of; a log-in gets the new life."""
    opened = await joined(store)
    world.clock.now += 120
    changes = Changes(store)

    store.live_by(Lifetimes(idle_seconds=100, session_seconds=600))

    assert store.session(opened.secret) is None
    assert changes.count == 1
    new = await log_in(store)
    assert new.identity.expires_at == world.clock.now + 600
    world.clock.now += 101
    assert store.session(new.secret) is None
