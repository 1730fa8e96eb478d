"""The rooms of jupyter-collaboration as a viewer may enter them, and all that a viewer's end may say there.

A room is named by its document's format and type and the file's id. Two rooms for one file work against each other
(the server warns of it itself), and whoever names a room that isn't there makes it. So a viewer enters only the room
that everybody is in: its name comes back from the ticket (``PUT /api/collaboration/session/PATH``) with our seal, for
the one format and type that the file's path stands for, and a room without that seal is refused.

Of what a viewer's page says in a room (Yjs's sync protocol), nothing goes on as it came. The question for the
document (sync step 1) is asked by us, always for the whole of it. Changes are dropped. So is awareness: it moves other
people's cursors under any name, and the server asks it whether documents are saved by themselves. The page takes the
silence that follows for a lost connection, so it hears an empty awareness message in return.
"""

import hmac
import json
import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from gateway.core.viewing_frames import Message, Opcode, to_client, to_server

ROOM: Final = re.compile(
    rb"(?:JupyterLab:globalAwareness|(?P<room>[a-z]+:[a-z]+:(?P<file>[0-9a-f-]{36}))\.(?P<seal>[0-9a-f]{32}))"
)
AWARENESS_ROOM: Final = b"JupyterLab:globalAwareness"
_FILE: Final = re.compile(r"[0-9a-f-]{36}")

_NOTEBOOK: Final = ("json", "notebook")
_TEXT: Final = ("text", "file")

_SYNC_STEP_1: Final = b"\x00\x00"
_AWARENESS: Final = b"\x01"
LONGEST_SIGN_BYTES: Final = 2
"""How much of a message tells what it is."""


class Said(NamedTuple):
    """What a viewer's message leads to: the frames that the notebook gets, and those that the page gets."""

    up: bytes = b""
    down: bytes = b""


NOTHING: Final = Said()
ASK_FOR_ALL: Final = Said(up=to_server(Opcode.BINARY, b"\x00\x00\x01\x00"))
"""Sync step 1 of somebody who has nothing yet: an empty state vector, one byte long."""
NOBODY_IS_NEW: Final = Said(down=to_client(Opcode.BINARY, b"\x01\x01\x00"))
"""An awareness update of no clients, one byte long."""


def said_in_room(message: Message) -> Said:
    """Return what a viewer's ``message`` in a room leads to."""
    if message.opcode is not Opcode.BINARY:
        return NOTHING
    if message.payload.startswith(_SYNC_STEP_1):
        return ASK_FOR_ALL
    return NOBODY_IS_NEW if message.payload.startswith(_AWARENESS) else NOTHING


def sealed_ticket(body: bytes, path: bytes, key: bytes) -> bytes:
    """Return the server's answer about the document at the raw ``path`` with the file's id sealed.

    What is asked for in another form than all others have it in stays without a seal, and so of no use.
    """
    try:
        ticket = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(ticket, dict):
        return body
    file, form = ticket.get("fileId"), (ticket.get("format"), ticket.get("type"))
    wanted = _NOTEBOOK if unquote(path.decode("latin-1")).endswith(".ipynb") else _TEXT
    if form != wanted or not isinstance(file, str) or _FILE.fullmatch(file) is None:
        return body
    seal = _seal(":".join((*wanted, file)).encode(), key)
    return json.dumps(ticket | {"fileId": f"{file}.{seal.decode()}"}).encode()


def room_sealed_by(key: bytes, named: bytes) -> bytes | None:
    """Return the room's own name, for one of ROOM's form; None if it does not bear our seal."""
    found = ROOM.fullmatch(named)
    if found is None or named == AWARENESS_ROOM:
        return AWARENESS_ROOM if found is not None else None
    return found["room"] if hmac.compare_digest(_seal(found["room"], key), found["seal"]) else None


def _seal(room: bytes, key: bytes) -> bytes:
    return hmac.digest(key, room, "sha256").hex()[:32].encode()
