"""gateway.wiring.putting_out: what no longer holds is ended when that is known, also where the store is away."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.core.inventory import Inventory
from gateway.core.linking import Link, Origin, link_of
from gateway.core.names import MemberName
from gateway.core.provider_answer import Arrival
from gateway.errors import StoreUnavailable
from gateway.wiring.putting_out import PuttingOut
from gateway.wiring.wanted import Wanted
from tests.wiring.test_effective import FILE

pytestmark = pytest.mark.anyio


class FakeLinks:
    """Counts how often people are put out, and may be away."""

    def __init__(self) -> None:
        self.linked: tuple[Link, ...] = ()
        self.tell: Callable[[], None] = lambda: None
        self.away = False
        self.asked: asyncio.Queue[Inventory] = asyncio.Queue()

    def links(self) -> tuple[Link, ...]:
        return self.linked

    def on_change(self, callback: Callable[[], None]) -> None:
        self.tell = callback

    async def put_out(self, declared: Inventory) -> None:
        self.asked.put_nowait(declared)
        if self.away:
            raise StoreUnavailable("away")

    async def next(self) -> Inventory:
        async with asyncio.timeout(5):
            return await self.asked.get()


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    file = tmp_path / "gateway.yaml"
    file.write_text(FILE)
    return Wanted(file, {})


def link() -> Link:
    return link_of(Arrival("https://idp", "s"), MemberName("alice"), Origin.LINKED, 1.0)


async def test_looks_at_the_start_and_at_each_change(wanted: Wanted) -> None:
    links = FakeLinks()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(PuttingOut(wanted, links).run())
        await links.next()

        links.tell()  # a session ended: nothing that decides has changed
        links.linked = (link(),)
        links.tell()
        await links.next()
        wanted.path.write_text(FILE + "  carol: {}\n")
        wanted.reload()
        assert MemberName("carol") in (await links.next()).members

        assert links.asked.empty()
        running.cancel()


async def test_tries_again_while_the_store_is_away(wanted: Wanted) -> None:
    links, slept = FakeLinks(), asyncio.Event()
    links.away = True

    async def sleep(seconds: float) -> None:
        links.away = False
        slept.set()

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(PuttingOut(wanted, links).run(sleep))
        await links.next()
        await slept.wait()

        await links.next()

        running.cancel()
