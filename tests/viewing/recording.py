"""What a browser sent, from first to last: requests and WebSocket frames, as they can be sent again."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, WebSocket


@dataclass(frozen=True)
class Sent:
    """A request."""

    method: str
    path: str
    content_type: str | None
    body: bytes | None


@dataclass
class Spoken:
    """A WebSocket, and what the page said on it."""

    path: str
    frames: list[str | bytes] = field(default_factory=list)

    def say(self, frame: str | bytes) -> None:
        """Take note of a frame."""
        self.frames.append(frame)


@dataclass
class Recording:
    """All that a page sent to one notebook."""

    name: str
    requests: list[Sent] = field(default_factory=list)
    sockets: list[Spoken] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Keep what ``page`` sends from now on."""
        page.on("request", self._requested)
        page.on("websocket", self._connected)

    def _requested(self, request: Request) -> None:
        path = _path(request.url)
        if path.startswith(f"/{self.name}/"):
            content_type = request.headers.get("content-type")
            body = request.post_data_buffer
            self.requests.append(Sent(request.method, path, content_type, body))

    def _connected(self, socket: WebSocket) -> None:
        spoken = Spoken(_path(socket.url))
        self.sockets.append(spoken)
        socket.on("framesent", spoken.say)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
