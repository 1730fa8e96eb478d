"""A viewer with ill intent: sends whatever it likes, as no browser would, with a session that is good."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

V1 = Subprotocol("v1.kernel.websocket.jupyter.org")


@dataclass(frozen=True)
class Hostile:
    """Bob, at the gateway's door."""

    port: int
    session: str

    @property
    def _fields(self) -> dict[str, str]:
        return {
            "Cookie": f"gateway={self.session}; _xsrf=x",
            "Origin": f"http://localhost:{self.port}",
            "X-XSRFToken": "x",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "cors",
            "Referer": f"http://localhost:{self.port}/alice/lab",
        }

    def send(
        self, method: str, path: str, body: bytes | None = None, **fields: str
    ) -> tuple[int, bytes]:
        """Send a request whose path goes out as it is; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", f"localhost:{self.port}")
            for name, value in (self._fields | fields).items():
                connection.putheader(name, value)
            if body is not None and "Transfer-Encoding" not in fields:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def say(self, path: str, frames: list[str | bytes], *, v1: bool = False) -> int:
        """Send ``frames`` on a WebSocket; return 101, or with which status it was refused."""
        try:
            with self.socket(path, v1=v1) as socket, suppress(ConnectionClosed):
                for frame in frames:
                    socket.send(frame)
        except InvalidStatus as refused:
            return refused.response.status_code
        return 101

    def say_raw(self, path: str, wire: bytes) -> None:
        """Send bytes that may be no frames."""
        with self.socket(path) as socket, suppress(ConnectionClosed, OSError):
            socket.socket.sendall(wire)
            socket.recv(timeout=1)

    @contextmanager
    def socket(self, path: str, *, v1: bool = False) -> Iterator[ClientConnection]:
        """Open a WebSocket; raise InvalidStatus."""
        with connect(
            f"ws://localhost:{self.port}{path}",
            additional_headers={"Cookie": f"gateway={self.session}"},
            origin=f"http://localhost:{self.port}",  # type: ignore[arg-type]  # an Origin is a string
            subprotocols=[V1] if v1 else None,
            compression="deflate",
            max_size=None,
            close_timeout=5,
        ) as socket:
            yield socket

    def room(self, name: str, path: str) -> str:
        """Ask for a document's room as the page does; return its address."""
        body = json.dumps({"format": "json", "type": "notebook"}).encode()
        target = f"/{name}/api/collaboration/session/{path}"
        status, told = self.send("PUT", target, body, **{"Content-Type": "application/json"})
        assert status in {200, 201}, told
        ticket = json.loads(told)
        room = f"json:notebook:{ticket['fileId']}"
        return f"/{name}/api/collaboration/room/{room}?sessionId={ticket['sessionId']}"
