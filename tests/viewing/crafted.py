"""What no browser sends: every way we could think of to change a notebook that one may only view."""

import json
from collections.abc import Iterator

from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from pycrdt import Array, Awareness, Doc, Map, Text, create_awareness_message, create_update_message

from tests.viewing.house import DOCUMENT
from tests.viewing.kernels import message

Request = tuple[str, str, bytes | None, dict[str, str]]
JSON = {"Content-Type": "application/json"}
MARK = "bob_was_here"
KERNEL_MESSAGES = (
    "execute_request", "shutdown_request", "interrupt_request", "debug_request", "comm_open", "comm_msg",
    "comm_close", "input_reply", "complete_request", "inspect_request", "history_request",
)  # fmt: skip
CHANNELS = ("shell", "control", "stdin", "iopub")


def requests(name: str, kernel: str, session: str) -> Iterator[Request]:
    """Requests that would change something, spelt plainly and otherwise."""
    api = f"/{name}/api"
    new = json.dumps({"type": "file", "format": "text", "content": MARK}).encode()
    yield from _plain(api, kernel, session, new)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        for path in _elsewhere(name, kernel):
            yield method, path, None, {}
    get = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
    for field in get:
        yield "GET", f"{api}/contents/{DOCUMENT}", None, {field: "DELETE"}
    yield "GET", f"{api}/contents/{DOCUMENT}?_method=DELETE", None, {}
    yield "GET", f"{api}/contents/{DOCUMENT}", new, JSON
    yield "PUT", f"{api}/collaboration/session/x", b"0\r\n\r\n", {"Transfer-Encoding": "chunked"}
    yield "PUT", f"{api}/contents/{MARK}", new, JSON | {"Upgrade": "h2c", "Connection": "Upgrade"}
    yield "PUT", f"{api}/contents/{MARK}", new, {"Content-Type": "text/plain"}


def _plain(api: str, kernel: str, session: str, new: bytes) -> Iterator[Request]:
    rename = json.dumps({"path": MARK}).encode()
    for method in ("PUT", "PATCH", "POST", "DELETE"):
        yield method, f"{api}/contents/{DOCUMENT}", rename if method == "PATCH" else new, JSON
        yield method, f"{api}/contents/{MARK}", new, JSON
        yield method, f"{api}/contents", new, JSON
        yield method, f"{api}/contents/{DOCUMENT}/checkpoints", b"", {}
        yield method, f"{api}/contents/{DOCUMENT}/checkpoints/checkpoint", b"", {}
        yield method, f"{api}/kernels", b'{"name": "python3"}', JSON
        yield method, f"{api}/kernels/{kernel}", b"", {}
        yield method, f"{api}/sessions/{session}", rename, JSON
        yield method, f"{api}/terminals", b"{}", JSON
        yield method, f"{api}/terminals/1", b"", {}
        yield method, f"{api}/config/notebook", b'{"x": 1}', JSON
        yield method, f"{api}/events", new, JSON
        yield method, f"{api}/collaboration/fork/x?merge=true", b"{}", JSON
        yield method, f"{api}/collaboration/undo_redo/x?action=undo&steps=9&forkRoom=x", b"", {}
    for action in ("interrupt", "restart"):
        yield "POST", f"{api}/kernels/{kernel}/{action}", b"", {}
    yield "POST", f"{api}/shutdown", b"", {}


def _elsewhere(name: str, kernel: str) -> Iterator[str]:
    """Other spellings of what is forbidden, and what some servers do at a mere GET."""
    for path in (
        f"api/contents/{DOCUMENT}/checkpoints", f"api/contents/./{DOCUMENT}/checkpoints", "api/shutdown",
        "lab/../api/shutdown", "lab/%2e%2e/api/shutdown", "lab/..%2fapi%2fshutdown", "api/%73hutdown",
        "/api/shutdown", "api//shutdown", "api/shutdown/", "api/shutdown%3f", "api/shutdown;x", "api\\shutdown",
        f"api/kernels/{kernel}/restart", f"api/kernels/{kernel}/%72estart", f"api/kernels/{kernel}/channels",
        "voila/render/work.ipynb", "proxy/80/", "terminals/1", f"nbconvert/html/{DOCUMENT}",
        "lab/api/extensions?refresh=1", "lab/api/news", "lab/api/update", "logout", "login", "metrics",
        f"api/collaboration/timeline/{DOCUMENT}?format=json&type=notebook", "api/fileid/id?path=work.ipynb",
    ):  # fmt: skip
        if path != f"api/contents/{DOCUMENT}/checkpoints":
            yield f"/{name}/{path}"
    yield f"/{name}%2fapi/shutdown"


def kernel_frames(session: str, *, v1: bool) -> Iterator[str | bytes]:
    """Everything that a kernel acts on, on every channel, in either form."""
    for channel in CHANNELS:
        for kind in KERNEL_MESSAGES:
            told = message(
                kind,
                session,
                channel,
                code=f"{MARK} = 1",
                value=MARK,
                silent=False,
                restart=True,
                comm_id="x",
                target_name="jupyter.widget",
                data={},
            )
            if v1:
                parts = [
                    json.dumps(told[part]).encode()
                    for part in ("header", "parent_header", "metadata", "content")
                ]
                yield serialize_msg_to_ws_v1(parts, channel)
            else:
                yield json.dumps(told)
    yield b"\x00" * 64
    yield "[" * 10_000


def room_frames() -> Iterator[str | bytes]:
    """Changes to a document, openly and disguised, and words about others."""
    document: Doc[object] = Doc()
    cells = document.get("cells", type=Array)
    cell = Map(
        {"cell_type": "code", "source": Text(f"{MARK} = 1"), "metadata": Map({}), "id": MARK}
    )
    cells.append(cell)
    update = document.get_update()
    changed = create_update_message(update)
    yield changed
    yield b"\x00\x01" + changed[2:]  # sync step 2
    yield b"\x00\x00" + changed[2:]  # an update within a question
    yield b"\x80\x00\x02" + changed[2:]  # numbers in more bytes than they need
    yield b"\x00\x82\x00" + changed[2:]
    yield b"\x02\x04save\x01"
    yield b"\x7d" + changed
    awareness = Awareness(document)
    awareness.set_local_state({"user": {"name": MARK, "username": MARK}, "autosave": True})
    yield create_awareness_message(awareness.encode_awareness_update([awareness.client_id]))
    yield changed.decode("latin-1")
    yield b""


RAW: tuple[bytes, ...] = (
    b"\x82\x05\x00\x02\x03\x00\x00",  # not masked
    b"\xc2\x85\x00\x00\x00\x00\x00\x02\x03\x00\x00",  # "compressed"
    b"\x02\x81\x00\x00\x00\x00\x00\x82\x82\x00\x00\x00\x00\x00\x02",  # a message within a message
    b"\x02\x81\x00\x00\x00\x00\x00\x80\x84\x00\x00\x00\x00\x02\x03\x00\x00",  # an update in pieces
    b"\x82\xfe\x00\x05\x00\x00\x00\x00\x00\x02\x03\x00\x00",  # a length told at length
    b"\x82\xff" + b"\xff" * 8 + b"\x00\x00\x00\x00",
    b"\x88\x81\x00\x00\x00\x00\x03",  # half a Close
    b"GET /live/api/shutdown HTTP/1.1\r\nHost: x\r\n\r\n",
)
