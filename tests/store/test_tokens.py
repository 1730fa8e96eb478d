"""gateway.store: API tokens and pins."""

import math

import pytest

from gateway.core.identity import CredentialId, CredentialKind
from gateway.core.names import RemoteName
from gateway.core.token_format import is_token
from gateway.errors import CredentialRefused
from gateway.store.credentials import MOST_TOKENS
from gateway.store.store import Store
from tests.store.fakes import ALICE, BOB, Changes, World, joined

pytestmark = pytest.mark.anyio


async def test_token_vouches_for_its_member(world: World) -> None:
    """It is spelt as one, shown once, and still good after a restart."""
    async with world.store() as store:
        secret, row = await store.create_token(ALICE, label="ci", lifetime_seconds=None)
    async with world.store() as store:
        identity = store.token(secret)

        assert is_token(secret)
        assert identity is not None
        assert (identity.member, identity.kind) == (ALICE, CredentialKind.TOKEN)
        assert (identity.credential, identity.expires_at) == (row.credential, math.inf)


async def test_token_ends(store: Store, world: World) -> None:
    """A life given is kept to."""
    secret, row = await store.create_token(ALICE, label="", lifetime_seconds=60)
    assert row.expires_at == world.clock.now + 60

    world.clock.now += 59
    assert store.token(secret) is not None
    world.clock.now += 1

    assert store.token(secret) is None
    assert await store.tokens() == ()


async def test_other_texts_are_no_tokens(store: Store) -> None:
    """A session's secret, a typo and a name are none."""
    opened = await joined(store)
    secret, row = await store.create_token(ALICE, label="", lifetime_seconds=None)
    others = ["", opened.secret, row.credential, secret[:-1], secret + "0", "\udc80" * 53]

    assert [store.token(text) for text in others] == [None] * len(others)


async def test_revoked_token_is_dead_at_once(store: Store) -> None:
    """Revoking tells those who hold something open, and says whether there was such a token."""
    secret, row = await store.create_token(ALICE, label="", lifetime_seconds=None)
    changes = Changes(store)

    assert await store.revoke_token(row.credential)

    assert store.token(secret) is None
    assert changes.count == 1
    assert not await store.revoke_token(row.credential)


async def test_revoke_token_revokes_no_session(store: Store) -> None:
    """The name of a session is no token's."""
    opened = await joined(store)

    assert not await store.revoke_token(opened.identity.credential)
    assert not await store.revoke_token(CredentialId("token:unknown"))
    assert store.session(opened.secret) is not None


async def test_lists_tell_whose_and_when_used(store: Store, world: World) -> None:
    """Of one member or of all; a use shows, the secret does not."""
    secret, _ = await store.create_token(ALICE, label="laptop\x07", lifetime_seconds=None)
    world.clock.now += 1
    await store.create_token(BOB, label="ci", lifetime_seconds=60)
    store.token(secret)

    everybody = [(r.member, r.label, r.used_at) for r in await store.tokens()]

    assert everybody == [(ALICE, "laptop", world.clock.now), (BOB, "ci", None)]
    assert [row.member for row in await store.tokens(BOB)] == [BOB]


async def test_tokens_of_a_member_are_bounded(store: Store) -> None:
    """One member's tokens can't fill memory."""
    for _ in range(MOST_TOKENS):
        await store.create_token(ALICE, label="", lifetime_seconds=None)

    with pytest.raises(CredentialRefused, match="has 200 tokens already"):
        await store.create_token(ALICE, label="", lifetime_seconds=None)
    await store.create_token(BOB, label="", lifetime_seconds=None)


async def test_pin_is_kept_and_replaced(world: World) -> None:
    """A host key accepted at first sight is known after a restart; a new pin takes its place."""
    lab = RemoteName("lab")
    async with world.store() as store:
        assert store.pinned(lab) is None
        await store.pin(lab, "SHA256:old")
        await store.pin(lab, "SHA256:new")
        assert store.pinned(lab) == "SHA256:new"
    async with world.store() as store:
        assert store.pinned(lab) == "SHA256:new"
