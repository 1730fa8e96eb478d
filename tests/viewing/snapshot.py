"""A notebook as it stands: its files, its kernels and what is in them, its terminals, its sessions."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from websockets.sync.client import ClientConnection

from tests.viewing.house import DOCUMENT, Place
from tests.viewing.kernels import kernel_socket, message

OWN_BOOKS = (
    ".local/share/jupyter",  # runtime files, signatures, ids of files
    ".ipython", ".cache", ".config",
    "files/.jupyter_ystore.db",  # jupyter-collaboration's history of documents that are open
    "files/.jupyter/collaboration_sessions.json",
    f"files/{DOCUMENT}",  # goes on being written by its owner; looked at by itself
)  # fmt: skip
"""What Jupyter keeps for itself whenever a file is only read."""
STATE = "[get_ipython().execution_count, sorted(k for k in globals() if k[0] != '_')]"


@dataclass(frozen=True)
class Snapshot:
    """Equal when nothing has changed."""

    files: dict[str, str]
    kernels: dict[str, object]
    sessions: list[tuple[str, str, str]]
    terminals: list[str]
    settings: object


def taken(place: Place) -> Snapshot:
    """Ask the notebook itself, past the gateway."""
    kernels = [str(kernel["id"]) for kernel in place.ask("api/kernels").json()]
    sessions = place.ask("api/sessions").json()
    return Snapshot(
        files=_files(place.home),
        kernels={kernel: _state(place, kernel) for kernel in sorted(kernels)},
        sessions=sorted((s["id"], s["path"], s["kernel"]["id"]) for s in sessions),
        terminals=sorted(t["name"] for t in place.ask("api/terminals").json()),
        settings=place.ask("lab/api/workspaces").json()["workspaces"]["ids"],
    )


def _files(home: Path) -> dict[str, str]:
    found = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if not name.startswith(OWN_BOOKS):
            content = path.read_bytes() if path.is_file() else b"a folder"
            found[name] = hashlib.sha256(content).hexdigest()
    return found


def _state(place: Place, kernel: str) -> object:
    """Ask a kernel how many cells it ran, and what it holds, without running one."""
    server = place.server
    url = f"http://127.0.0.1:{server['port']}"
    session = uuid4().hex
    with kernel_socket(url, kernel, session, Authorization=f"token {server['token']}") as socket:
        asked = message(
            "execute_request",
            session,
            code="",
            silent=True,
            store_history=False,
            user_expressions={"state": STATE},
        )
        socket.send(json.dumps(asked))
        return _answer(socket, asked)


def _answer(socket: ClientConnection, asked: dict[str, object]) -> object:
    header = asked["header"]
    assert isinstance(header, dict)
    while True:
        told = json.loads(socket.recv(timeout=20))
        if told["parent_header"].get("msg_id") == header["msg_id"] and "reply" in told["msg_type"]:
            return told["content"]["user_expressions"]["state"]["data"]["text/plain"]
