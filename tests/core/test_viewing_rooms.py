"""gateway.core.viewing_rooms: what a viewer can say in a room, and which rooms can be entered."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.viewing_frames import Message, Opcode
from gateway.core.viewing_rooms import (
    ASK_FOR_ALL,
    NOBODY_IS_NEW,
    NOTHING,
    Said,
    room_sealed_by,
    said_in_room,
    sealed_ticket,
)

FILE = "6057a2dc-286b-4400-886c-25fb346e52d7"
KEY = b"a secret"


@pytest.mark.parametrize(
    ("message", "leads_to"),
    [
        (b"\x00\x00\x01\x00", ASK_FOR_ALL),
        (b"\x00\x00\x00\x01junk", ASK_FOR_ALL),
        (b"\x00\x00", ASK_FOR_ALL),
        (b"\x00\x01\x02\x00\x00", NOTHING),  # sync step 2
        (b"\x00\x02\x02\x00\x00", NOTHING),  # an update
        (b"\x00\x03", NOTHING),
        (b"\x00\x80\x00", NOTHING),  # step 1, in a spelling that not all read alike
        (b"\x80\x00\x00", NOTHING),
        (b"\x00", NOTHING),
        (b"", NOTHING),
        (b"\x01\x05hello", NOBODY_IS_NEW),
        (b"\x02\x04save\x00", NOTHING),
        (b"\x7d\x01x", NOTHING),
        (b"\xff\xff\xff", NOTHING),
    ],
)
def test_only_the_question_for_the_document_goes_up(message: bytes, leads_to: Said) -> None:
    """Changes, saving, chat and what nobody knows are dropped."""
    assert said_in_room(Message(Opcode.BINARY, message)) == leads_to


def test_text_is_nothing() -> None:
    """The protocol is binary."""
    assert said_in_room(Message(Opcode.TEXT, b"\x00\x00\x01\x00")) == NOTHING


@given(st.sampled_from(Opcode), st.binary(max_size=64), st.booleans())
def test_no_byte_of_a_viewers_goes_up(opcode: Opcode, payload: bytes, cut: bool) -> None:  # noqa: FBT001 - drawn
    """What the notebook hears is always the same frame, or none."""
    assert said_in_room(Message(opcode, payload, cut)).up in (b"", ASK_FOR_ALL.up)


def ticket(**told: str) -> bytes:
    return json.dumps({"fileId": FILE, "sessionId": "s", **told}).encode()


@pytest.mark.parametrize(
    ("path", "form"),
    [(b"/a/api/x/b.ipynb", ("json", "notebook")), (b"/x/b%20c.txt", ("text", "file"))],
)
def test_a_sealed_room_opens(path: bytes, form: tuple[str, str]) -> None:
    """What the ticket says is what the page asks for, and what the notebook knows comes out."""
    told = json.loads(sealed_ticket(ticket(format=form[0], type=form[1]), path, KEY))
    named = f"{form[0]}:{form[1]}:{told['fileId']}".encode()

    assert room_sealed_by(KEY, named) == f"{form[0]}:{form[1]}:{FILE}".encode()
    assert room_sealed_by(b"another", named) is None
    assert room_sealed_by(KEY, named[:-1] + (b"0" if named[-1:] != b"0" else b"1")) is None
    assert told["sessionId"] == "s"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (b"/x/b.ipynb", ("text", "file")),
        (b"/x/b.%69pynb", ("text", "file")),
        (b"/x/b.txt", ("json", "notebook")),
        (b"/x/b.txt", ("text", "anything")),
        (b"/x/b.txt", ("base64", "file")),
    ],
)
def test_a_second_room_for_a_file_is_not_sealed(path: bytes, form: tuple[str, str]) -> None:
    """Two rooms for one file overwrite each other's changes."""
    body = ticket(format=form[0], type=form[1])

    assert sealed_ticket(body, path, KEY) == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"no json",
        b'{"fileId": 5}',
        b"[" * 100_000,
        ticket(format="text", fileId="../x"),
    ],
)
def test_what_is_no_ticket_is_passed_on(body: bytes) -> None:
    """The notebook's own refusals, say."""
    assert sealed_ticket(body, b"/x/a.txt", KEY) == body


def test_a_seal_is_for_one_form() -> None:
    """A text's seal does not open the notebook's room of the same file."""
    told = json.loads(sealed_ticket(ticket(format="text", type="file"), b"/a.txt", KEY))

    assert room_sealed_by(KEY, f"json:notebook:{told['fileId']}".encode()) is None


def test_who_is_there_is_no_documents_room() -> None:
    """It needs no seal."""
    assert room_sealed_by(KEY, b"JupyterLab:globalAwareness") == b"JupyterLab:globalAwareness"
    assert room_sealed_by(KEY, b"JupyterLab:other") is None
