"""gateway.store: who gets in by a password, how often one may try, and what refusals give away."""

import logging

import pytest

from gateway.core.names import MemberName
from gateway.core.throttle import PER_ACCOUNT, PER_ADDRESS
from gateway.errors import CredentialRefused, CredentialThrottled
from gateway.store.store import Store
from tests.store.fakes import ADDRESS, ALICE, BOB, PASSWORD, World, joined, log_in

pytestmark = pytest.mark.anyio

ELSEWHERE = "198.51.100.9"
WRONG = "wrong password"


async def try_in(
    store: Store, member: str = ALICE, password: str = WRONG, address: str = ELSEWHERE
) -> type[CredentialRefused] | None:
    """Try to log in, and return how it was refused."""
    try:
        await store.log_in(MemberName(member), password, address=address, device="")
    except CredentialRefused as exc:
        return type(exc)
    return None


@pytest.mark.parametrize(
    ("member", "password"),
    [
        ("alice", "wrong password"),
        ("alice", ""),
        ("alice", PASSWORD.upper()),
        ("alice", "x" * 10_000_000),
        ("alice", "\udc80\x00"),
        ("bob", PASSWORD),
        ("carol", PASSWORD),
        ("admin", PASSWORD),
        ("Alice", PASSWORD),
        ("alice\r\n\x1b[31m", PASSWORD),
        ("", ""),
        ("a" * 10_000_000, PASSWORD),
    ],
    ids=lambda text: ascii(text[:20]),
)
async def test_d12_d14_refusals_are_alike(
    store: Store, world: World, caplog: pytest.LogCaptureFixture, member: str, password: str
) -> None:
    """Threats D12, D14: whatever is wrong, the words and the work are the same, and the log stays short."""
    await joined(store)
    await store.invite(BOB)  # an account without a password
    work = world.hasher.work

    with caplog.at_level(logging.INFO), pytest.raises(CredentialRefused) as refused:
        await store.log_in(MemberName(member), password, address=ELSEWHERE, device="")

    assert str(refused.value) == "this name and password don't go together"
    assert world.hasher.work == work + 1
    assert all(len(r.getMessage()) < 200 and r.getMessage().isprintable() for r in caplog.records)


async def test_disabled_member_is_refused_like_anybody(store: Store, world: World) -> None:
    """The right password of a disabled member tells nothing."""
    await joined(store)
    await store.disable(ALICE)
    work = world.hasher.work

    with pytest.raises(CredentialRefused, match="this name and password"):
        await log_in(store)

    assert world.hasher.work == work + 1


async def test_password_is_the_same_however_letters_are_composed(store: Store) -> None:
    """One keyboard sends é as one character, another as two."""
    await store.set_password(ALICE, "cafe\u0301 au lait")

    assert await try_in(store, password="caf\u00e9 au lait") is None


async def test_d14_twenty_wrong_passwords_are_slowed_down(store: Store, world: World) -> None:
    """Threat D14: after the free tries comes a wait that grows, and says how long; work stops too."""
    await joined(store)
    work = world.hasher.work

    outcomes = [await try_in(store) for _ in range(20)]

    assert outcomes == [CredentialRefused] * PER_ACCOUNT.free + [CredentialThrottled] * 15
    assert world.hasher.work == work + PER_ACCOUNT.free
    with pytest.raises(CredentialThrottled) as refused:
        await store.log_in(ALICE, PASSWORD, address=ELSEWHERE, device="")
    assert refused.value.retry_after_seconds == 1.0


async def test_d14_nobody_is_locked_out_for_ever(store: Store, world: World) -> None:
    """Threat D14: the right password is heard once the wait is over, and clears the account."""
    await joined(store)
    for _ in range(60):
        await try_in(store)
        world.monotonic.now += 1

    world.monotonic.now += PER_ACCOUNT.longest_seconds

    assert await try_in(store, password=PASSWORD) is None
    assert await try_in(store) is CredentialRefused


async def test_wall_clock_does_not_end_a_wait(store: Store, world: World) -> None:
    """Fault 30: waits are counted on the monotonic clock."""
    await joined(store)
    for _ in range(PER_ACCOUNT.free):
        await try_in(store)

    world.clock.now += 3600

    assert await try_in(store) is CredentialThrottled


async def test_strangers_do_not_keep_a_member_out(store: Store) -> None:
    """An address where the member is logged in already is counted by itself."""
    await joined(store)
    for _ in range(20):
        await try_in(store)

    assert await try_in(store, password=PASSWORD, address="203.0.113.5") is CredentialThrottled
    assert await try_in(store, password=PASSWORD, address=ADDRESS) is None


async def test_one_address_can_not_try_all_members(store: Store) -> None:
    """Names are tried one after the other; an own account in between does not help."""
    await joined(store, BOB)
    outcomes = []
    for i in range(PER_ADDRESS.free + 5):
        outcomes.append(await try_in(store, f"member{i}"))
        if i < 10:
            await try_in(store, BOB, PASSWORD)

    assert outcomes[: PER_ADDRESS.free] == [CredentialRefused] * PER_ADDRESS.free
    assert outcomes[PER_ADDRESS.free :] == [CredentialThrottled] * 5


async def test_outdated_hash_is_renewed_at_log_in(world: World) -> None:
    """New parameters reach a password when its owner next shows it."""
    async with world.store() as store:
        await joined(store)
        world.hasher.version = 2

        await log_in(store)
        work = world.hasher.work
        await log_in(store)

        assert world.hasher.work == work + 1


async def test_last_log_in_is_noted(store: Store, world: World) -> None:
    """The list of accounts says when somebody was last seen logging in."""
    await joined(store)
    world.clock.now += 100

    await log_in(store)

    assert [account.last_login_at for account in await store.accounts()] == [world.clock.now]
