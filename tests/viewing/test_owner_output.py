"""A viewer never costs the owner output; with Jupyter as it is, and shown to be lost without the gateway."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from uuid import uuid4

import pytest

from tests.viewing.house import OWNER, SAVED, VIEWER, House
from tests.viewing.kernels import (
    execute,
    kernel_socket,
    new_kernel,
    printed,
    wait_until_alone,
    wait_until_idle,
)

pytestmark = pytest.mark.demo

TICKS = 10
CODE = f"""
import time
for tick in range({TICKS}):
    print("tick", tick, flush=True)
    time.sleep(0.1)
print("done", flush=True)
"""
ALL = "".join(f"tick {tick}\n" for tick in range(TICKS)) + "done\n"

Other = Callable[[House, str, str], AbstractContextManager[object]]
"""Opens somebody else's socket to a kernel; is told the owner's session."""


def viewer(house: House, kernel: str, session: str) -> AbstractContextManager[object]:
    """Bob, with a session of his own."""
    return _viewer(house, kernel, uuid4().hex)


def thief(house: House, kernel: str, session: str) -> AbstractContextManager[object]:
    """Bob, with the owner's session: what is kept for her would be his."""
    return _viewer(house, kernel, session)


@contextmanager
def _viewer(house: House, kernel: str, session: str) -> Iterator[None]:
    with closing(house.log_in(VIEWER)) as bob:
        cookie = f"gateway={bob.cookies['gateway']}"
        url = f"{house.url}/{SAVED}"
        with kernel_socket(url, kernel, session, Cookie=cookie, Origin=house.url) as socket:
            execute(socket, session, "print('bob was here')")
            yield


def insider(house: House, kernel: str, session: str) -> AbstractContextManager[object]:
    """Somebody who opens the kernel past the gateway."""
    server = house.places[SAVED].server
    token = f"token {server['token']}"
    url = f"http://127.0.0.1:{server['port']}"
    return kernel_socket(url, kernel, uuid4().hex, Authorization=token)


def nobody(house: House, kernel: str, session: str) -> AbstractContextManager[object]:
    """No one."""
    return nullcontext()


@pytest.mark.parametrize(
    ("other", "before", "lost"),
    [
        (nobody, False, False),
        (viewer, False, False),
        (viewer, True, False),
        (thief, False, False),
        (thief, True, False),
        (insider, False, True),
        (insider, True, True),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_owner_misses_nothing(house: House, other: Other, *, before: bool, lost: bool) -> None:
    """Alice's connection breaks while her cell runs; she comes back, and somebody was there meanwhile, or all along.

    The insider shows that the test would notice: Jupyter gives her pending output away.
    """
    place, session = house.places[SAVED], uuid4().hex
    with closing(house.log_in(OWNER)) as alice, ExitStack() as others:
        cookie = f"gateway={alice.cookies['gateway']}"
        kernel = new_kernel(alice, SAVED, house.url)

        def come() -> AbstractContextManager[object]:
            url = f"{house.url}/{SAVED}"
            return kernel_socket(url, kernel, session, Cookie=cookie, Origin=house.url)

        if before:
            others.enter_context(other(house, kernel, session))
        with come() as socket:
            execute(socket, session, CODE)
            seen = printed(socket, until="tick 2\n")
            socket.socket.close()
        if not (before and lost):
            wait_until_alone(place, kernel)
        if not before:
            others.enter_context(other(house, kernel, session))
        wait_until_idle(place, kernel)
        others.close()
        with come() as socket:
            seen += printed(socket, until="done\n", within_seconds=1.5 if lost else 10)

    assert (seen != ALL) == lost
    assert "bob" not in seen
