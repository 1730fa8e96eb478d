"""What is open through the door ends with what the provider, or the configuration, says of its member."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Origin

from gateway.core.inventory import Address
from gateway.core.provider_metadata import BACKCHANNEL_PATH
from gateway.door.listener import Door
from tests.door.fakes import FakeNotebooks, FakeWitness, dial
from tests.provider.conftest import Configured
from tests.provider.fake_provider import FakeProvider
from tests.provider.house import ORIGIN, Browser, House, built

pytestmark = pytest.mark.anyio

AS_DAVE = {"sub": "s-dave", "preferred_username": "dave", "groups": ["staff"]}
WITHIN_SECONDS = 1.0


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


class Entrance:
    """A door before a house, put together as wiring does it, and a notebook behind both."""

    def __init__(self, house: House, port: int) -> None:
        self.house = house
        self.port = port

    @asynccontextmanager
    async def opened(self, browser: Browser) -> AsyncIterator[ClientConnection]:
        cookie = f"gateway={browser.http.cookies['gateway']}"
        async with connect(
            f"{ORIGIN.replace('http', 'ws')}/alice/ws",
            host="127.0.0.1",
            port=self.port,
            origin=Origin(ORIGIN),
            additional_headers={"Cookie": cookie},
            proxy=None,
        ) as connection:
            await connection.send("hello")
            assert await connection.recv() == "hello"
            yield connection


@pytest.fixture
async def entrance(
    idp: FakeProvider, configured: Configured, tmp_path: Path
) -> AsyncIterator[Entrance]:
    async with built(idp, tmp_path) as house, serve(echo, "127.0.0.1", 0) as notebook:
        there = notebook.sockets[0].getsockname()[1]
        door = Door(
            who=house.store,
            tunnels=FakeNotebooks({"alice": there}),
            control=lambda factory: dial(there, factory),
            witness=FakeWitness(),
        )
        house.effective.followers.append(door.apply)
        house.store.on_change(door.recheck)
        door.apply(house.inventory)
        async with door.listening(Address("127.0.0.1", 0)) as port:
            yield Entrance(house, port)
            await door.drain(0.2)


async def closed(connection: ClientConnection) -> int | None:
    async with asyncio.timeout(WITHIN_SECONDS):
        await connection.wait_closed()
    return connection.close_code


async def test_log_out_there_closes_the_websocket_of_that_session(entrance: Entrance) -> None:
    house = entrance.house
    laptop, phone = house.browser(), house.browser()
    await laptop.by_provider(**AS_DAVE, sid="p-1")
    await phone.by_provider(**AS_DAVE, sid="p-2")
    async with entrance.opened(laptop) as ended, entrance.opened(phone) as kept:
        form = {"logout_token": house.idp.logout_token(sid="p-1")}

        await house.browser().http.post(BACKCHANNEL_PATH, data=form)

        assert await closed(ended) == 1008
        await kept.send("still here")
        assert await kept.recv() == "still here"


@pytest.mark.parametrize("how", ["admit", "provider", "disabled", "unlinked", "left the group"])
async def test_who_is_out_has_nothing_open(entrance: Entrance, how: str) -> None:
    house, dave = entrance.house, entrance.house.browser()
    await dave.by_provider(**AS_DAVE)
    member = dave.member()
    assert member is not None
    async with entrance.opened(dave) as connection:
        match how:
            case "admit":
                house.write("admit: [staff]", "admit: []")
            case "provider":
                house.without_provider()
            case "disabled":
                await house.store.disable(member)
            case "unlinked":
                await house.store.unlink(member)
            case _:
                await house.browser().by_provider(**{**AS_DAVE, "groups": []})

        assert await closed(connection) == 1008
