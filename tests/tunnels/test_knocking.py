"""gateway.tunnels.knocking: found soon after it is back, and found where it was."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from gateway.tunnels import knocking
from gateway.tunnels.knocking import Knocker, let_go

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1"
NAME = "lab.example.org"
KERNEL_SECONDS = 1.0
"""After which the kernel sends a first lost SYN again."""

Found = list[tuple[socket.AddressFamily, tuple[str, int]]]


@pytest.fixture
async def deaf() -> AsyncIterator[socket.socket]:
    """A listener whose queue is full, so that the kernel drops each further SYN."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
        listener.settimeout(0)
        stack.enter_context(socket.create_connection(listener.getsockname()))
        yield listener


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: Found | socket.gaierror) -> None:
    """Answer the next questions for a name, one after the other."""
    given = iter(answers)

    async def resolve(host: str, port: int) -> Found:
        answer = next(given, answers[-1])
        if isinstance(answer, socket.gaierror):
            raise answer
        return answer

    monkeypatch.setattr(knocking, "_resolve", resolve)


async def test_knocks_afresh(deaf: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who hears again is reached at the next knock, before the kernel would have come to that."""

    def hearing_again() -> Iterator[float]:
        yield 0.05
        deaf.accept()[0].close()
        yield 5.0

    monkeypatch.setattr(knocking, "KNOCK_SECONDS", hearing_again())
    loop = asyncio.get_running_loop()
    begun = loop.time()

    (await Knocker().open(*deaf.getsockname())).close()

    assert loop.time() - begun < KERNEL_SECONDS


async def test_gives_up_in_time(deaf: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 8: nobody answers."""
    monkeypatch.setattr(knocking, "KNOCK_SECONDS", (0.05, 0.05))

    with pytest.raises(ConnectionError, match="no answer"):
        await Knocker().open(*deaf.getsockname())


async def test_second_address_is_knocked_at_too(
    deaf: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host whose first address leads nowhere is found at its second."""
    monkeypatch.setattr(knocking, "KNOCK_SECONDS", (0.05, 5.0))
    with socket.create_server((HOST, 0)) as listener:
        addresses = [(socket.AF_INET, one.getsockname()) for one in (deaf, listener)]
        resolving(monkeypatch, addresses)

        with await Knocker().open(NAME, 22) as connection:
            assert connection.getpeername() == listener.getsockname()


async def test_goes_where_it_was_while_the_name_does_not_resolve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault 31."""
    nameless = socket.gaierror(socket.EAI_AGAIN, "try again")
    with socket.create_server((HOST, 0)) as listener:
        resolving(monkeypatch, [(socket.AF_INET, listener.getsockname())], nameless)
        knocker = Knocker()
        (await knocker.open(NAME, 22)).close()

        (await knocker.open(NAME, 22)).close()


@pytest.mark.parametrize("known", [False, True])
async def test_says_that_the_name_does_not_resolve(
    monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """That is what has to be mended, whatever is found where it was."""
    with socket.create_server((HOST, 0)) as listener:
        where = [(socket.AF_INET, listener.getsockname())]
    nameless = socket.gaierror(socket.EAI_NONAME, "not known")
    resolving(monkeypatch, *([where] if known else []), nameless)
    knocker = Knocker()
    if known:
        with pytest.raises(ConnectionRefusedError):
            await knocker.open(NAME, 22)

    with pytest.raises(socket.gaierror, match="not known"):
        await knocker.open(NAME, 22)


async def test_resolver_that_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault 31: resolvers take ten seconds and more to give up."""
    monkeypatch.setattr(knocking, "RESOLVE_SECONDS", 0.01)

    async def ponder(*_: object, **__: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", ponder, raising=False)

    with pytest.raises(socket.gaierror, match="no answer"):
        await Knocker().open(NAME, 22)


async def test_hanging_resolver_is_asked_once_and_not_needed_to_connect(
    deaf: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 31: each question occupies one of four threads, also that about a number."""
    monkeypatch.setattr(knocking, "RESOLVE_SECONDS", 0.01)
    monkeypatch.setattr(knocking, "KNOCK_SECONDS", (0.01, 0.01, 5.0))
    asked: list[str] = []
    knocker = Knocker()

    async def ponder(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", ponder, raising=False)
    with socket.create_server((HOST, 0)) as listener:
        addresses = [(socket.AF_INET, one.getsockname()) for one in (deaf, listener)]
        knocker._found[NAME, 22] = addresses  # noqa: SLF001  found so a while ago

        (await knocker.open(NAME, 22)).close()

    assert asked == [NAME]


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})])
async def test_what_the_loop_has_taken_is_closed_by_the_loop_alone() -> None:
    """Closed twice, its number might be another connection's by then."""
    line = socket.socket()
    number = line.fileno()

    let_go(line, taken=True)

    assert line.fileno() == -1
    os.close(number)  # it was open still: the loop's to close


async def test_what_nobody_has_taken_is_closed() -> None:
    line = socket.socket()

    let_go(line, taken=False)

    assert line.fileno() == -1
