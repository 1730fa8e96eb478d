"""What members do at the gateway while it is in trouble: log in, open many WebSockets, upload."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from tests.faults.lab import HOST, NOTEBOOKS, Lab
from tests.stack import PASSWORD, hidden_fields

PIECE: Final = bytes(1 << 20)


def log_in(lab: Lab, member: str) -> httpx2.Response:
    """Fill in the log-in form, and return the answer."""
    headers = {"Host": HOST, "Accept": "text/html", "Origin": f"http://{HOST}"}
    with httpx2.Client(base_url=lab.url, headers=headers, timeout=30) as client:
        form = client.get("/-/login")
        fields = hidden_fields(form.text) | {"member": member, "password": PASSWORD}
        return client.post("/-/login", data=fields)


def session_of(answer: httpx2.Response) -> dict[str, str]:
    """Return the header that carries the session which a log-in has opened."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in answer.cookies.items())}


async def open_socket(lab: Lab, notebook: str, address: str) -> ClientConnection:
    """Open a WebSocket to a notebook's own events, as that notebook's member."""
    return await connect(
        f"ws://{HOST}/{notebook}/api/events/subscribe",
        host=address,
        port=8000,
        additional_headers={"Authorization": f"Bearer {lab.tokens[notebook]}"},
        proxy=None,
        compression=None,
        ping_interval=None,
        open_timeout=30,
        close_timeout=1,
    )


async def open_sockets(lab: Lab, count: int, *, at_once: int = 20) -> list[ClientConnection]:
    """Open so many WebSockets, shared among the notebooks; those that are refused are missing."""
    tried = await try_sockets(lab, count, at_once=at_once)
    return [socket for socket in tried if isinstance(socket, ClientConnection)]


async def try_sockets(lab: Lab, count: int, *, at_once: int) -> Sequence[ClientConnection | int]:
    """Open so many WebSockets, shared among the notebooks; for each refused one return its status, 0 if it got none."""
    address = lab.address(lab.gateway)
    names = [tuple(NOTEBOOKS)[number % len(NOTEBOOKS)] for number in range(count)]
    places = asyncio.Semaphore(at_once)

    async def one(name: str) -> ClientConnection | int:
        async with places:
            try:
                return await open_socket(lab, name, address)
            except InvalidStatus as exc:
                return exc.response.status_code
            except (OSError, InvalidHandshake, EOFError):
                return 0

    return await asyncio.gather(*(one(name) for name in names))


def upload(lab: Lab, target: str, count: int, *, meanwhile: Callable[[], None]) -> str:
    """Send so many zero bytes as Alice, calling ``meanwhile`` now and then; return what is answered."""
    head = (
        f"PUT {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
        f"Authorization: Bearer {lab.tokens['alice']}\r\nContent-Length: {count}\r\n\r\n"
    )
    address = (lab.address(lab.gateway), 8000)
    with socket.create_connection(address, timeout=120) as connection:
        connection.sendall(head.encode())
        left = count
        looked = time.monotonic()
        while left:
            left -= connection.send(PIECE[:left])
            if time.monotonic() - looked > 0.1:
                looked = time.monotonic()
                meanwhile()
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    status, _, body = answer.partition(b"\r\n\r\n")
    return f"{status.split()[1].decode()} {body.decode(errors='replace')}"


def established(lab: Lab) -> Sequence[str]:
    """Return the far ends of the connections that clients hold to the gateway."""
    listed = lab.in_network_of(
        lab.gateway, "ss", "-Htn", "state", "established", "sport", "=", "8000"
    )
    return [line.split()[3] for line in listed.splitlines()]
