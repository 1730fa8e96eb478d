"""gateway.store.administering: what an administrator does, at once and written down with who did it."""

import pytest

from gateway.core.audit import Act, Choice
from gateway.core.grants import Level
from gateway.core.identity import CredentialId
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused
from gateway.store.store import Store
from tests.store.fakes import ADDRESS, ALICE, BOB, PASSWORD, Changes, World, joined, log_in

pytestmark = pytest.mark.anyio

NOTEBOOK = NotebookName("alice")


async def told(store: Store, *acts: Act) -> list[tuple[str, str, str, str, str]]:
    await store.settle()
    lines = await store.audit.lines(Choice(acts=frozenset(acts)))
    entries = [line.entry for line in lines]
    return [(e.act, e.actor, e.subject, e.address, e.detail) for e in reversed(entries)]


async def test_disabling_is_known_at_once_here_and_soon_elsewhere(
    store: Store, world: World
) -> None:
    changes = Changes(store)
    async with world.store() as other:
        heard = Changes(other)

        await store.disable(BOB, by="root")

        assert store.disabled() == {BOB}
        assert changes.count == 1  # although nothing of his was open
        assert other.disabled() == frozenset()
        await other.catch_up()
        assert other.disabled() == {BOB}
        assert heard.count == 1
        await other.enable(BOB, by="root")
        await store.catch_up()
        assert store.disabled() == frozenset()


async def test_disabling_is_remembered(world: World) -> None:
    async with world.store() as store:
        await store.disable(BOB)

    async with world.store() as store:
        assert store.disabled() == {BOB}


async def test_disabling_ends_all_in_one_act(store: Store) -> None:
    """Session, the sessions of hosts, token, invite: none is good a moment later."""
    opened = await joined(store, BOB)
    child = await store.open_host_session(opened.identity.credential, NOTEBOOK)
    token, _ = await store.create_token(BOB, label="script", lifetime_seconds=None)
    invite = await store.invite(BOB)

    await store.disable(BOB, by="root")

    assert store.session(opened.secret) is store.session(child.secret) is store.token(token) is None
    for attempt in (store.invited(invite), log_in(store, BOB), store.invite(BOB)):
        with pytest.raises(CredentialRefused):
            await attempt
    assert await told(store, Act.DISABLED) == [("disabled", "root", "bob", "", "")]


async def test_shares_outlast_being_disabled(store: Store) -> None:
    """They are grants, not credentials: whether they count is asked elsewhere, and again when enabled."""
    given = await store.share(NOTEBOOK, BOB, level=Level.USE, by=ALICE, lifetime_seconds=3600)

    await store.disable(BOB)
    await store.enable(BOB)

    assert store.shared().shares == (given,)


async def test_an_invite_is_withdrawn_once(store: Store) -> None:
    secret = await store.invite(ALICE, by="root")

    assert [await store.withdraw_invite(ALICE, by="root") for _ in range(2)] == [True, False]

    with pytest.raises(CredentialRefused):
        await store.invited(secret)
    assert await told(store, Act.INVITED, Act.INVITE_ENDED) == [
        ("invited", "root", "alice", "", ""),
        ("invite_ended", "root", "alice", "", ""),
    ]


async def test_one_session_is_ended_with_its_children(store: Store) -> None:
    first, second = await joined(store), await log_in(store)
    child = await store.open_host_session(first.identity.credential, NOTEBOOK)
    name = first.identity.credential

    assert [await store.end_session(name, by="root") for _ in range(2)] == [True, False]

    assert store.session(first.secret) is store.session(child.secret) is None
    assert store.session(second.secret) is not None
    assert await told(store, Act.SESSIONS_ENDED) == [("sessions_ended", "root", "alice", "", name)]


async def test_a_token_is_no_session(store: Store) -> None:
    secret, row = await store.create_token(ALICE, label="", lifetime_seconds=None)

    assert not await store.end_session(row.credential)
    assert not await store.end_session(CredentialId("session:nothing"))
    assert store.token(secret) is not None


async def test_all_sessions_of_a_member_are_ended(store: Store) -> None:
    hers = [await joined(store), await log_in(store)]
    his = await joined(store, BOB)
    token, _ = await store.create_token(ALICE, label="", lifetime_seconds=None)

    assert await store.end_sessions(ALICE, by="root") == 2

    assert [store.session(opened.secret) for opened in hers] == [None, None]
    assert store.session(his.secret) is not None
    assert store.token(token) is not None
    assert await store.end_sessions(ALICE, by="root") == 0
    assert [row[4] for row in await told(store, Act.SESSIONS_ENDED)] == ["all 2"]


async def test_sessions_of_all_are_listed(store: Store, world: World) -> None:
    await joined(store)
    world.clock.now += 1
    await joined(store, BOB)

    assert [row.member for row in await store.all_sessions()] == [ALICE, BOB]


async def test_what_is_done_for_somebody_is_told_with_their_address(store: Store) -> None:
    """Whether it is written with a change or noted beside it; what says an address itself keeps it."""
    with store.audit.acting_from("192.0.2.99"):
        opened = await joined(store)
        await store.log_out(opened.identity.credential)
        await store.disable(BOB, by="root")
    await store.enable(BOB, by="root")

    acts = (Act.INVITED, Act.INVITE_TAKEN, Act.LOGGED_OUT, Act.DISABLED, Act.ENABLED)
    addresses = {row[0]: row[3] for row in await told(store, *acts)}
    assert addresses == {
        "invited": "192.0.2.99",
        "invite_taken": ADDRESS,
        "logged_out": "192.0.2.99",
        "disabled": "192.0.2.99",
        "enabled": "",
    }


async def test_refused_logs_in_don_t_flood_the_log(store: Store, world: World) -> None:
    """One entry a minute for each member and address, and one that says how many there were."""
    await joined(store)

    async def fail(address: str) -> None:
        with pytest.raises(CredentialRefused):
            await store.log_in(ALICE, f"{PASSWORD}!", address=address, device="")

    for _ in range(3):
        await fail("192.0.2.5")
    await fail("192.0.2.6")
    world.clock.now += 60
    store.audit.note_refusals()

    assert [row[3:] for row in await told(store, Act.LOG_IN_REFUSED)] == [
        ("192.0.2.5", ""),
        ("192.0.2.6", ""),
        ("192.0.2.5", "2 more within a minute"),
    ]


async def test_refusals_not_yet_told_are_told_at_the_end(world: World) -> None:
    async with world.store() as store:
        for _ in range(2):
            with pytest.raises(CredentialRefused):
                await log_in(store, BOB)

    async with world.store() as store:
        rows = await told(store, Act.LOG_IN_REFUSED)
        assert [row[4] for row in rows] == ["", "1 more within a minute"]
