"""A kernel's WebSocket as a page without frills has it: JSON, one session."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx2
from websockets.sync.client import ClientConnection, connect

from tests.stack import eventually
from tests.viewing.house import Place


@contextmanager
def kernel_socket(
    url: str, kernel: str, session: str, **headers: str
) -> Iterator[ClientConnection]:
    """Open a session's socket to a kernel; ``url`` is the notebook's."""
    target = f"{url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels?session_id={session}"
    with connect(
        target, additional_headers=headers, compression=None, max_size=None, close_timeout=1
    ) as socket:
        yield socket


def execute(socket: ClientConnection, session: str, code: str) -> None:
    """Ask the kernel to run ``code``."""
    socket.send(json.dumps(message("execute_request", session, code=code, silent=False)))


def message(
    kind: str, session: str, channel: str = "shell", **content: object
) -> dict[str, object]:
    """Return a message as JupyterLab makes it."""
    header = {
        "msg_id": uuid4().hex,
        "msg_type": kind,
        "session": session,
        "username": "",
        "version": "5.2",
        "date": "2026-11-24T00:00:00Z",
    }
    return {
        "channel": channel,
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "buffers": [],
    }


def printed(socket: ClientConnection, *, until: str, within_seconds: float = 10) -> str:
    """Return what the kernel prints up to ``until``, or all that comes in time."""
    text = ""
    try:
        while until not in text:
            told = json.loads(socket.recv(timeout=within_seconds))
            if told["header"]["msg_type"] == "stream":
                text += told["content"]["text"]
    except TimeoutError:
        pass
    return text


def new_kernel(client: httpx2.Client, name: str, origin: str) -> str:
    """Start a kernel as the page does, and return its id."""
    wanted = {"path": uuid4().hex, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    answer = client.post(f"/{name}/api/sessions", json=wanted, headers={"Origin": origin})
    return str(answer.raise_for_status().json()["kernel"]["id"])


def wait_until_alone(place: Place, kernel: str) -> None:
    """Wait until nobody is connected to a kernel."""
    eventually(lambda: _state(place, kernel)["connections"] == 0, within_seconds=10)


def wait_until_idle(place: Place, kernel: str) -> None:
    """Wait until a kernel has done what it was asked."""
    eventually(lambda: _state(place, kernel)["execution_state"] == "idle", within_seconds=10)


def _state(place: Place, kernel: str) -> dict[str, object]:
    found: dict[str, object] = place.ask(f"api/kernels/{kernel}").raise_for_status().json()
    return found
