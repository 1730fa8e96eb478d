"""gateway.store.passkeys: what is kept of passkeys, who logs in with one, and who is asked for one besides."""

from dataclasses import replace

import pytest

from gateway.core.audit import Act, Choice
from gateway.core.identity import CredentialId, Means
from gateway.core.names import MemberName
from gateway.core.passkeys import Passkey, Proof
from gateway.errors import CredentialRefused, PasskeyNeeded
from gateway.store.passkeys import MOST_PASSKEYS
from gateway.store.rows import Opened
from gateway.store.store import Store
from tests.store.fakes import (
    ADDRESS,
    ALICE,
    BOB,
    PASSWORD,
    START,
    Changes,
    World,
    joined,
    log_in,
)

pytestmark = pytest.mark.anyio

MOST = 2**32 - 1


def passkey(name: str = "laptop", member: MemberName = ALICE, count: int = 0) -> Passkey:
    return Passkey(
        id=f"id-of-{name}",
        member=member,
        label=name,
        public_key=b"\x00\xa5cose",
        sign_count=count,
        handle=b"\xffhandle",
        created_at=START,
    )


async def shown(store: Store, one: Passkey, count: int = 1, means: Means = Means.PASSKEY) -> Opened:
    """Log in with a passkey that was proved."""
    proof = Proof(one, count)
    return await store.log_in_with_passkey(proof, means=means, address=ADDRESS, device="Firefox")


async def acts(store: Store) -> list[tuple[Act, str, str]]:
    await store.audit.flush()
    lines = await store.audit.lines(Choice(), limit=100)
    return [(line.entry.act, line.entry.actor, line.entry.detail) for line in reversed(lines)]


async def test_keeps_all_of_it(world: World, store: Store) -> None:
    """Over a restart, and by member; its count takes all of 32 bits."""
    await joined(store)
    one, other = passkey(count=MOST), replace(passkey("phone"), created_at=START + 1)

    await store.add_passkey(other)
    await store.add_passkey(one)
    await store.add_passkey(passkey("theirs", BOB))

    async with world.store() as again:
        assert await again.passkeys(ALICE) == (one, other)
        assert await again.passkey(one.id) == one
        assert await again.passkey("nobody's") is None


async def test_takes_none_twice_and_not_too_many(store: Store) -> None:
    """One that is kept is somebody's already, whoever says it is theirs."""
    await store.add_passkey(passkey())
    with pytest.raises(CredentialRefused, match="kept already"):
        await store.add_passkey(passkey(member=BOB))

    for number in range(1, MOST_PASSKEYS):
        await store.add_passkey(passkey(f"n{number}"))
    with pytest.raises(CredentialRefused, match="20 passkeys already"):
        await store.add_passkey(passkey("one more"))


async def test_opens_a_session(world: World, store: Store) -> None:
    """Its use is written down, and the session says what it was opened with."""
    await joined(store)
    await store.add_passkey(passkey())
    world.clock.now += 60

    opened = await shown(store, passkey(), count=7)

    assert store.session(opened.secret) == opened.identity
    kept = await store.passkey(passkey().id)
    assert kept is not None
    assert (kept.sign_count, kept.used_at) == (7, START + 60)
    (_, mine) = await store.sessions(ALICE)
    assert mine.means is Means.PASSKEY


async def test_proof_is_worth_nothing_once_things_have_changed(store: Store) -> None:
    """Removed, used again, or its member disabled between the look and the log-in."""
    await joined(store)
    await store.add_passkey(passkey())
    await shown(store, passkey(), count=7)
    with pytest.raises(CredentialRefused):
        await shown(store, passkey(), count=8)  # proved against a count that is no longer so

    (kept,) = await store.passkeys(ALICE)
    await store.disable(ALICE)
    with pytest.raises(CredentialRefused):
        await shown(store, kept, count=9)
    await store.enable(ALICE)
    await store.remove_passkey(ALICE, kept.id, but_last=False)
    with pytest.raises(CredentialRefused):
        await shown(store, kept, count=9)


async def test_disabled_member_adds_none(store: Store) -> None:
    """Whatever page was still open."""
    await joined(store)
    await store.disable(ALICE)

    with pytest.raises(CredentialRefused, match="disabled"):
        await store.add_passkey(passkey())


async def test_is_removed_by_its_member_alone(store: Store) -> None:
    """And the last one not where one must stay."""
    await store.add_passkey(passkey())

    assert not await store.remove_passkey(BOB, passkey().id, but_last=False)
    with pytest.raises(CredentialRefused, match="last one"):
        await store.remove_passkey(ALICE, passkey().id, but_last=True)
    await store.add_passkey(passkey("phone"))
    assert await store.remove_passkey(ALICE, passkey().id, but_last=True)
    assert [one.label for one in await store.passkeys(ALICE)] == ["phone"]


async def test_is_asked_for_beside_the_password_by_choice(store: Store) -> None:
    """Only once there is one, and no longer when there is none."""
    await joined(store)
    with pytest.raises(CredentialRefused, match="no passkey"):
        await store.ask_for_passkey(ALICE, asked=True)
    await store.add_passkey(passkey())
    await store.ask_for_passkey(ALICE, asked=True)

    with pytest.raises(PasskeyNeeded) as needed:
        await log_in(store)
    await store.remove_passkey(ALICE, passkey().id, but_last=False)
    await log_in(store)

    assert needed.value.passkeys == [passkey().id]
    assert not await store.asks_for_passkey(ALICE)


async def test_wrong_password_is_told_nothing_of_passkeys(store: Store) -> None:
    """It is refused as any wrong one is."""
    await joined(store)
    await store.add_passkey(passkey())
    await store.ask_for_passkey(ALICE, asked=True)

    with pytest.raises(CredentialRefused, match="don't go together"):
        await log_in(store, password="something else")


async def test_is_asked_of_all_where_it_is_required(store: Store) -> None:
    """Who has none can name none."""
    await joined(store)

    with pytest.raises(PasskeyNeeded) as needed:
        await store.log_in(ALICE, PASSWORD, address=ADDRESS, device="", passkey_required=True)

    assert needed.value.passkeys == []


async def test_invite_begins_anew(store: Store) -> None:
    """Who has lost the passkeys is let in, and who found them is not."""
    await joined(store)
    await store.add_passkey(passkey())
    await store.ask_for_passkey(ALICE, asked=True)

    await joined(store)

    assert await store.passkeys(ALICE) == ()
    await log_in(store)


async def test_other_members_keep_theirs(store: Store) -> None:
    """What begins anew is one member's."""
    await store.add_passkey(passkey("bobs", BOB))

    await joined(store)

    assert len(await store.passkeys(BOB)) == 1


async def test_log_in_renews_the_members_session(world: World, store: Store) -> None:
    """The old secret is dead (threat D6), the session goes on to a new end, and nothing is told to have ended."""
    old = await joined(store)
    await store.add_passkey(passkey())
    world.clock.now += 3600
    changes, mine = Changes(store), old.identity.credential
    proof = Proof(passkey(), 1)

    new = await store.log_in_with_passkey(
        proof, means=Means.BOTH, address=ADDRESS, device="Edge", replaces=mine
    )

    assert store.session(old.secret) is None
    assert store.session(new.secret) == new.identity
    assert (new.identity.credential, store.holds(mine), changes.count) == (mine, True, 0)
    assert new.identity.expires_at == old.identity.expires_at + 3600
    (row,) = await store.sessions(ALICE)
    assert (row.means, row.device, row.created_at) == (Means.BOTH, "Edge", START)


async def test_each_act_is_in_the_audit_log(store: Store) -> None:
    """What was added, removed, chosen, used and refused, in the member's name."""
    await joined(store)
    await store.add_passkey(passkey())
    await store.ask_for_passkey(ALICE, asked=True)
    await shown(store, passkey())
    await store.remove_passkey(ALICE, passkey().id, but_last=False)
    store.passkey_refused(ALICE, address=ADDRESS)
    store.passkey_refused(None, address=ADDRESS)  # anybody can make one up

    assert (await acts(store))[-5:] == [
        (Act.PASSKEY_ADDED, ALICE, "laptop"),
        (Act.SECOND_FACTOR_SET, ALICE, "asked for a passkey"),
        (Act.LOGGED_IN, ALICE, "Firefox, passkey: laptop"),
        (Act.PASSKEY_REMOVED, ALICE, "laptop"),
        (Act.LOG_IN_REFUSED, "", "passkey"),
    ]


async def test_password_of_a_session_is_checked(store: Store) -> None:
    """For a session that is there, and as any other try."""
    opened = await joined(store)

    await store.check_password(opened.identity.credential, PASSWORD, address=ADDRESS)
    with pytest.raises(CredentialRefused, match="don't go together"):
        await store.check_password(opened.identity.credential, "wrong", address=ADDRESS)
    with pytest.raises(CredentialRefused, match="has ended"):
        await store.check_password(CredentialId("session:none"), PASSWORD, address=ADDRESS)
