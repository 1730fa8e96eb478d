"""gateway.store.hashing: the real argon2id, in threads, and never too much of it at once."""

import asyncio
from threading import Event

import pytest

from gateway.errors import CredentialThrottled
from gateway.store.hashing import AT_ONCE, MOST_WAITING, Passwords, argon2id, new_secret, new_token
from tests.store.fakes import PASSWORD, FakeHasher

pytestmark = pytest.mark.anyio


class StuckHasher(FakeHasher):
    """Computes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = Event()

    def hash(self, password: bytes) -> str:
        self.go.wait(10)
        return super().hash(password)


async def test_hash_is_argon2id_and_salted() -> None:
    """The encoding names its parameters; the same password never hashes to the same."""
    passwords = Passwords(argon2id())

    first, second = await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)
    passwords.close()

    assert first.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert first != second


async def test_verify_tells_right_from_wrong() -> None:
    """Only the password itself; an encoding that is none refuses everything."""
    passwords = Passwords(argon2id())
    encoded = await passwords.hash(PASSWORD)
    tries = [(PASSWORD, encoded), (PASSWORD + " ", encoded), (PASSWORD, "!"), (PASSWORD, None)]

    outcomes = [await passwords.verify(password, held) for password, held in tries]
    passwords.close()

    assert outcomes == [True, False, False, False]
    assert not passwords.is_outdated(encoded)


async def test_loop_goes_on_and_a_flood_is_turned_away() -> None:
    """A few compute, some wait, the rest is told to come again; the event loop serves others meanwhile."""
    hasher = StuckHasher()
    passwords = Passwords(hasher)
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(passwords.hash(str(i))) for i in range(MOST_WAITING)]
        await asyncio.sleep(0)

        with pytest.raises(CredentialThrottled):
            await passwords.hash("one too many")
        assert not any(task.done() for task in waiting)

        hasher.go.set()
    passwords.close()

    assert hasher.work == MOST_WAITING > AT_ONCE


def test_secrets_do_not_repeat() -> None:
    """Each is 256 random bits."""
    made = {make() for make in (new_secret, new_token) for _ in range(100)}

    assert len(made) == 200
