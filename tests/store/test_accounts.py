"""gateway.store: invites, passwords, and letting members in no more."""

import pytest

from gateway.core.identity import CredentialId
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused, CredentialThrottled, PasswordTooWeak
from gateway.store.rows import DAY, Account
from gateway.store.store import Store
from tests.store.fakes import ADDRESS, ALICE, BOB, PASSWORD, Changes, World, joined, log_in

pytestmark = pytest.mark.anyio

OTHER = "battery staple horse"


async def accept(store: Store, secret: str, password: str = PASSWORD) -> None:
    await store.accept_invite(secret, password, address=ADDRESS, device="")


async def test_invite_leads_to_a_session(store: Store) -> None:
    """Who follows the link chooses a password and is in."""
    secret = await store.invite(ALICE)

    assert await store.invited(secret) == ALICE
    opened = await store.accept_invite(secret, PASSWORD, address=ADDRESS, device="Firefox")

    assert store.session(opened.secret) == opened.identity
    assert opened.identity.member == ALICE


async def test_invite_is_good_once(store: Store) -> None:
    """The link in the mail box is worthless afterwards, and nobody else's password changes."""
    secret = await store.invite(ALICE)
    await accept(store, secret)

    for attempt in (store.invited(secret), accept(store, secret, OTHER)):
        with pytest.raises(CredentialRefused, match="used, replaced or has ended"):
            await attempt

    assert (await log_in(store)).identity.member == ALICE


async def test_new_invite_voids_the_old_one(store: Store) -> None:
    """There is at most one invite that waits for a member."""
    old, new = await store.invite(ALICE), await store.invite(ALICE)

    with pytest.raises(CredentialRefused):
        await store.invited(old)
    assert await store.invited(new) == ALICE


async def test_invite_ends(store: Store, world: World) -> None:
    """Seven days are the usual; another life can be said."""
    usual = await store.invite(ALICE)
    short = await store.invite(BOB, lifetime_seconds=60)

    world.clock.now += 60
    with pytest.raises(CredentialRefused):
        await accept(store, short)
    world.clock.now += 7 * DAY - 61

    assert await store.invited(usual) == ALICE
    world.clock.now += 1
    with pytest.raises(CredentialRefused):
        await store.invited(usual)


async def test_weak_password_leaves_the_invite_good(store: Store) -> None:
    """Somebody who has to think again does not need another link."""
    secret = await store.invite(ALICE)

    with pytest.raises(PasswordTooWeak):
        await accept(store, secret, "password123")

    await accept(store, secret)


async def test_accounts_say_how_members_stand(store: Store, world: World) -> None:
    """Invited, in, disabled: each as it is, by name."""
    await store.disable(BOB)
    await store.invite(ALICE)
    invited = Account(ALICE, False, False, None, world.clock.now + 7 * DAY)  # noqa: FBT003 - a row
    disabled = Account(BOB, False, True, None, None)  # noqa: FBT003 - a row

    assert await store.accounts() == (invited, disabled)

    world.clock.now += 7 * DAY
    assert (await store.accounts())[0].invited_until is None


async def test_d5_set_password_ends_all_that_was_open(world: World) -> None:
    """Threat D5: after a reset sessions and tokens are dead, also after a restart."""
    async with world.store() as store:
        opened, changes = await joined(store), Changes(store)
        child = await store.open_host_session(opened.identity.credential, NotebookName("alice"))
        token, _ = await store.create_token(ALICE, label="", lifetime_seconds=None)

        await store.set_password(ALICE, OTHER)

        assert changes.count == 1
        assert store.session(opened.secret) is store.session(child.secret) is None
        assert store.token(token) is None
    async with world.store() as store:
        assert store.session(opened.secret) is store.token(token) is None
        with pytest.raises(CredentialRefused):
            await log_in(store)
        assert (await log_in(store, password=OTHER)).identity.member == ALICE


async def test_first_password_leaves_tokens_alone(store: Store) -> None:
    """A token made for a member before the first password has nothing to fear from it."""
    token, _ = await store.create_token(ALICE, label="ci", lifetime_seconds=None)

    await store.set_password(ALICE, PASSWORD)

    assert store.token(token) is not None


async def test_set_password_touches_nobody_else(store: Store) -> None:
    """Bob goes on as before."""
    bobs = await joined(store, BOB)

    await store.set_password(ALICE, OTHER)

    assert store.session(bobs.secret) == bobs.identity


async def test_change_password_keeps_this_browser_only(store: Store) -> None:
    """Who changes the password stays in; other browsers are out, tokens go on."""
    here, there = await joined(store), await log_in(store)
    child = await store.open_host_session(here.identity.credential, NotebookName("alice"))
    token, _ = await store.create_token(ALICE, label="", lifetime_seconds=None)

    await store.change_password(here.identity.credential, PASSWORD, OTHER, address=ADDRESS)

    assert store.session(there.secret) is None
    assert store.session(here.secret) == here.identity
    assert store.session(child.secret) == child.identity
    assert store.token(token) is not None
    assert (await log_in(store, password=OTHER)).identity.member == ALICE


async def test_change_password_asks_for_the_current_one(store: Store) -> None:
    """A browser left open is not enough, and guessing is slowed down."""
    here = await joined(store)
    credential = here.identity.credential

    for refusal in [CredentialRefused] * 5 + [CredentialThrottled]:
        with pytest.raises(refusal):
            await store.change_password(credential, "wrong password", OTHER, address=ADDRESS)

    assert store.session(here.secret) == here.identity


async def test_change_password_needs_a_session(store: Store) -> None:
    """One that has ended changes nothing."""
    with pytest.raises(CredentialRefused, match="the session has ended"):
        await store.change_password(
            CredentialId("session:unknown"), PASSWORD, OTHER, address=ADDRESS
        )


async def test_d5_disable_ends_everything(world: World) -> None:
    """Threat D5: sessions, tokens and the invite of a disabled member are dead, also after a restart."""
    async with world.store() as store:
        opened = await joined(store)
        token, _ = await store.create_token(ALICE, label="", lifetime_seconds=None)
        invite = await store.invite(ALICE)

        await store.disable(ALICE)

        assert store.session(opened.secret) is store.token(token) is None
        with pytest.raises(CredentialRefused):
            await store.invited(invite)
    async with world.store() as store:
        assert store.session(opened.secret) is store.token(token) is None


async def test_disabled_member_gets_nothing_new(store: Store) -> None:
    """Neither invite nor token, until enabled."""
    await store.disable(ALICE)

    for attempt in (
        store.invite(ALICE),
        store.create_token(ALICE, label="", lifetime_seconds=None),
    ):
        with pytest.raises(CredentialRefused, match="alice is disabled"):
            await attempt


async def test_enabled_member_logs_in_again(store: Store) -> None:
    """The password still holds; what had ended stays ended."""
    opened = await joined(store)
    await store.disable(ALICE)

    await store.enable(ALICE)

    assert store.session(opened.secret) is None
    assert (await log_in(store)).identity.member == ALICE
