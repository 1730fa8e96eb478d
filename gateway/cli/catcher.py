"""The port on this machine to which the browser brings what the gateway decided (RFC 8252, section 7.3)."""

import threading
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Full, Queue
from typing import Final
from urllib.parse import parse_qsl, urlsplit

SILENCE_SECONDS: Final = 10.0
"""How long a connection may say nothing: browsers open some that they don't use."""
LONGEST_TARGET: Final = 4096


class Catcher(ThreadingHTTPServer):
    """Waits on loopback for one request that knows ``state``; all others it turns away."""

    daemon_threads = True

    def __init__(self, state: str, *, afterwards: str) -> None:
        super().__init__(("127.0.0.1", 0), _Catching)
        self.state = state
        self.afterwards = afterwards
        """The gateway's page that the browser is sent on to, without the code in its address."""
        self.brought: Queue[dict[str, str]] = Queue(maxsize=1)
        self._serving = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._serving.start()

    @property
    def authority(self) -> str:
        """What a browser calls it."""
        return f"127.0.0.1:{self.server_port}"

    @property
    def address(self) -> str:
        """Where the browser is sent."""
        return f"http://{self.authority}/"

    def wait(self, seconds: float) -> dict[str, str] | None:
        """Return what the browser brought; None when time is up."""
        try:
            return self.brought.get(timeout=seconds)
        except Empty:
            return None

    def server_close(self) -> None:
        """Stop serving; the standard library calls it where the ``with`` ends."""
        self.shutdown()
        super().server_close()
        self._serving.join()


class _Catching(BaseHTTPRequestHandler):
    server: Catcher
    timeout = SILENCE_SECONDS

    def do_GET(self) -> None:
        brought = self._brought()
        if brought is None:
            self.send_error(404)
            return
        self.send_response(303)
        done = "approved" if "code" in brought else "refused"
        self.send_header("Location", f"{self.server.afterwards}?done={done}")
        self.send_header("Content-Length", "0")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        try:
            self.server.brought.put_nowait(brought)
        except Full:
            return  # it has brought it before

    def _brought(self) -> dict[str, str] | None:
        """Return what the request brings, if it is the one waited for."""
        target = urlsplit(self.path[:LONGEST_TARGET])
        fields = dict(parse_qsl(target.query))
        known = compare_digest(fields.get("state", "").encode(), self.server.state.encode())
        here = self.headers.get("Host") == self.server.authority and target.path == "/"
        return fields if known and here else None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the code must not be seen on the terminal."""
