"""gateway.core.throttle: waits that grow, end, and are forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.throttle import MOST_KEYS, PER_ACCOUNT, PER_ADDRESS, Pace, Throttle, address_key

PACE = Pace(free=3, first_seconds=1, longest_seconds=8, forget_seconds=100)


@pytest.mark.parametrize(
    ("tries", "wait"), [(0, 0), (2, 0), (3, 1), (4, 2), (5, 4), (6, 8), (7, 8), (10_000, 8)]
)
def test_wait_doubles_up_to_a_ceiling(tries: int, wait: float) -> None:
    """Some tries are free; then each doubles the wait, but not for ever."""
    assert PACE.wait_after(tries) == wait


def test_twenty_at_once_are_stopped_after_the_free_ones() -> None:
    """Threat D14: of twenty bad tries in a row most are not heard."""
    throttle, heard = Throttle(PER_ACCOUNT), 0

    for _ in range(20):
        if throttle.wait("alice", 0.0) == 0:
            throttle.begin("alice", 0.0)
            heard += 1

    assert heard == PER_ACCOUNT.free
    assert throttle.wait("alice", 0.0) == 1.0


@pytest.mark.parametrize("pace", [PER_ACCOUNT, PER_ADDRESS])
@given(tries=st.integers(0, 200))
def test_nobody_is_locked_out_for_ever(pace: Pace, tries: int) -> None:
    """Whatever was tried before, the ceiling later a try is heard."""
    throttle = Throttle(pace)
    for _ in range(tries):
        throttle.begin("alice", 0.0)

    assert throttle.wait("alice", 0.0) <= pace.longest_seconds
    assert throttle.wait("alice", pace.longest_seconds) == 0


def test_waiting_ends() -> None:
    """The wait shrinks with the clock."""
    throttle = Throttle(PACE)
    for _ in range(5):
        throttle.begin("alice", 10.0)

    assert [throttle.wait("alice", now) for now in (10, 12, 14, 15)] == [4, 2, 0, 0]


def test_asking_does_not_count() -> None:
    """Only a try that began makes the next one dearer."""
    throttle = Throttle(PACE)
    for _ in range(3):
        throttle.begin("alice", 0.0)

    assert [throttle.wait("alice", 0.0) for _ in range(9)] == [1.0] * 9


def test_quiet_is_rewarded() -> None:
    """Long enough without a try, and the key starts afresh."""
    throttle = Throttle(PACE)
    for _ in range(50):
        throttle.begin("alice", 0.0)

    throttle.begin("alice", 100.0)

    assert throttle.wait("alice", 100.0) == 0


def test_success_forgets_and_keys_are_apart() -> None:
    """A key that succeeded is as new; others are not touched."""
    throttle = Throttle(PACE)
    for key in ["alice", "bob"] * 4:
        throttle.begin(key, 0.0)

    throttle.succeeded("alice")

    assert (throttle.wait("alice", 0.0), throttle.wait("bob", 0.0)) == (0, 2)


def test_a_try_can_be_given_back() -> None:
    """What was given back does not count; giving back too much does no harm."""
    throttle = Throttle(PACE)
    for _ in range(4):
        throttle.begin("192.0.2.1", 0.0)

    throttle.give_back("192.0.2.1")
    throttle.give_back("192.0.2.9")

    assert throttle.wait("192.0.2.1", 0.0) == 1


def test_memory_is_bounded() -> None:
    """A flood of keys costs the oldest, not our memory."""
    throttle = Throttle(PACE)
    for _ in range(4):
        throttle.begin("first", 0.0)

    for i in range(MOST_KEYS):
        throttle.begin(str(i), 0.0)

    assert throttle.wait("first", 0.0) == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
        ("x" * 1000, "x" * 64),
    ],
)
def test_addresses_of_one_client_share_a_key(address: str, key: str) -> None:
    """An IPv6 client can't buy tries with its other addresses."""
    assert address_key(address) == key
