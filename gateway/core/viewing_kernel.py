"""The far end of a viewer's kernel socket: not the kernel, but the little that a page needs to be at ease.

Jupyter gives what a kernel says while its owner is cut off to whoever connects next: a second session's socket throws
the first one's pending output away, and keeps it from being collected at all while it is open. So a viewer's kernel
socket is never passed on, and whatever is sent on it can't reach the kernel. The page asks two things when it
connects; both are answered here, in the form in which they were asked.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.core.viewing_frames import Message, Opcode, to_client

V1: Final = b"v1.kernel.websocket.jupyter.org"
"""The subprotocol whose messages are binary; without one they are JSON."""
LONGEST_QUESTION_BYTES: Final = 64 * 1024
_COPIED: Final = ("msg_id", "msg_type", "session", "username", "version", "date")
_LONGEST_VALUE: Final = 256
_ANSWERED: Final = frozenset({"kernel_info_request", "comm_info_request"})
_INFO: Final[Mapping[str, object]] = {
    # An answer without a language leaves the document's own as it is saved.
    "status": "error",
    "ename": "ViewOnly",
    "evalue": "view only",
    "traceback": [],
}
_NO_COMMS: Final[Mapping[str, object]] = {"status": "ok", "comms": {}}


def kernel_answers(message: Message, *, v1: bool) -> bytes:
    """Return the frames that answer a viewer's ``message``; none for all but the two questions."""
    header = None if message.cut else _question(message, v1=v1)
    if header is None:
        return b""
    about = {key: str(header.get(key, ""))[:_LONGEST_VALUE] for key in _COPIED}
    asked = about["msg_type"]
    reply = _INFO if asked == "kernel_info_request" else _NO_COMMS
    said = (
        ("iopub", "status", {"execution_state": "busy"}),
        ("shell", asked.replace("request", "reply"), reply),
        ("iopub", "status", {"execution_state": "idle"}),
    )
    return b"".join(_frame(channel, kind, about, content, v1=v1) for channel, kind, content in said)


def _question(message: Message, *, v1: bool) -> Mapping[str, object] | None:
    """Return the header of one of the two questions on the shell channel; None for anything else."""
    try:
        if v1:
            channel, header = _read_v1(message.payload)
        else:
            told = json.loads(message.payload)
            channel, header = told["channel"], told["header"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    if channel != "shell" or not isinstance(header, dict):
        return None
    asked = header.get("msg_type")
    return header if isinstance(asked, str) and asked in _ANSWERED else None


def _read_v1(message: bytes) -> tuple[str, object]:
    count = int.from_bytes(message[:8], "little")
    if count != _OFFSETS:
        raise ValueError("not the parts of a message")
    begin = [int.from_bytes(message[8 * (i + 1) : 8 * (i + 2)], "little") for i in range(3)]
    return message[begin[0] : begin[1]].decode(), json.loads(message[begin[1] : begin[2]])


_OFFSETS: Final = 6
"""Of the channel's name, the header, the parent's, the metadata, the content, and of the end."""


def _frame(
    channel: str, kind: str, about: Mapping[str, str], content: Mapping[str, object], *, v1: bool
) -> bytes:
    header = {
        **about,
        "msg_id": f"view-{about['msg_id']}-{kind}",
        "msg_type": kind,
        "session": "view",
    }
    if not v1:
        whole = {
            "channel": channel,
            "header": header,
            "msg_id": header["msg_id"],
            "msg_type": kind,
            "parent_header": about,
            "metadata": {},
            "content": content,
            "buffers": [],
        }
        return to_client(Opcode.TEXT, json.dumps(whole).encode())
    parts = [
        channel.encode(),
        *(json.dumps(part).encode() for part in (header, about, {}, content)),
    ]
    return to_client(Opcode.BINARY, b"".join([*_offsets(parts), *parts]))


def _offsets(parts: list[bytes]) -> Iterator[bytes]:
    yield _OFFSETS.to_bytes(8, "little")
    at = 8 * (_OFFSETS + 1)
    for part in (b"", *parts):
        at += len(part)
        yield at.to_bytes(8, "little")
