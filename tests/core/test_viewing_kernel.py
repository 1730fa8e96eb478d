"""gateway.core.viewing_kernel: two questions are answered, in both of Jupyter's forms."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

from gateway.core.viewing_frames import Message, Opcode
from gateway.core.viewing_kernel import kernel_answers

QUESTIONS = ["kernel_info_request", "comm_info_request"]
OTHERS = [
    "execute_request", "inspect_request", "complete_request", "history_request", "is_complete_request",
    "shutdown_request", "interrupt_request", "debug_request", "comm_open", "comm_msg", "comm_close",
    "input_reply", "kernel_info_reply", "", "nonsense",
]  # fmt: skip


def question(asked: object, channel: object = "shell", *, v1: bool) -> Message:
    """Return a message as JupyterLab sends it; by Jupyter's own hand in the binary form."""
    header = {"msg_id": "m1", "msg_type": asked, "session": "s1", "username": "u", "version": "5.2"}
    if v1:
        parts = [json.dumps(part).encode() for part in (header, {}, {}, {})]
        return Message(Opcode.BINARY, serialize_msg_to_ws_v1(parts, str(channel)))
    whole = {
        "channel": channel,
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": {},
    }
    return Message(Opcode.TEXT, json.dumps(whole).encode())


def payloads(frames: bytes) -> list[bytes]:
    """Return what short server's frames hold."""
    found = []
    while frames:
        short = frames[1] < 126
        begin = 2 if short else 4
        size = frames[1] if short else int.from_bytes(frames[2:4], "big")
        found.append(frames[begin : begin + size])
        frames = frames[begin + size :]
    return found


@pytest.mark.parametrize("asked", QUESTIONS)
def test_a_question_is_answered_in_the_binary_form(asked: str) -> None:
    """Jupyter's own reader takes the answers apart; they name the question that they answer."""
    told = payloads(kernel_answers(question(asked, v1=True), v1=True))

    read = [deserialize_msg_from_ws_v1(payload) for payload in told]
    assert [channel for channel, _ in read] == ["iopub", "shell", "iopub"]
    headers = [json.loads(parts[0])["msg_type"] for _, parts in read]
    assert headers == ["status", asked.replace("request", "reply"), "status"]
    assert {json.loads(parts[1])["msg_id"] for _, parts in read} == {"m1"}


@pytest.mark.parametrize("asked", QUESTIONS)
def test_a_question_is_answered_in_json(asked: str) -> None:
    """The form of older pages."""
    told = [json.loads(p) for p in payloads(kernel_answers(question(asked, v1=False), v1=False))]

    assert [m["channel"] for m in told] == ["iopub", "shell", "iopub"]
    assert told[1]["header"]["msg_type"] == asked.replace("request", "reply")
    assert told[1]["parent_header"]["msg_id"] == "m1"
    assert [m["content"]["execution_state"] for m in (told[0], told[2])] == ["busy", "idle"]


@pytest.mark.parametrize("v1", [True, False])
@pytest.mark.parametrize("asked", OTHERS)
@pytest.mark.parametrize("channel", ["shell", "control", "stdin", "iopub"])
def test_nothing_else_is(asked: str, channel: str, v1: bool) -> None:  # noqa: FBT001 - a table
    """On no channel."""
    assert kernel_answers(question(asked, channel, v1=v1), v1=v1) == b""


@pytest.mark.parametrize("v1", [True, False])
@pytest.mark.parametrize("channel", ["control", "stdin", "iopub", "SHELL", ""])
def test_a_question_elsewhere_is_none(channel: str, v1: bool) -> None:  # noqa: FBT001 - a table
    """The shell channel is where pages ask."""
    assert kernel_answers(question("kernel_info_request", channel, v1=v1), v1=v1) == b""


def test_a_long_question_is_none() -> None:
    """What was cut can't be read."""
    whole = question("kernel_info_request", v1=False)

    assert kernel_answers(whole._replace(cut=True), v1=False) == b""


@given(st.binary(max_size=300), st.booleans())
def test_garbage_is_answered_nothing(payload: bytes, v1: bool) -> None:  # noqa: FBT001 - drawn
    """And breaks nothing."""
    assert kernel_answers(Message(Opcode.BINARY, payload), v1=v1) == b""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=8,
    )
)
def test_any_json_is_read_or_nothing(value: object) -> None:
    """Whatever stands where a header should."""
    told = json.dumps({"channel": "shell", "header": value})

    assert kernel_answers(Message(Opcode.TEXT, told.encode()), v1=False) == b""


def test_what_is_copied_is_short() -> None:
    """A page hears its own words, and no more of them than ids take."""
    header = {"msg_type": "kernel_info_request", "msg_id": "x" * 10_000, "session": ["y"] * 10_000}
    message = Message(Opcode.TEXT, json.dumps({"channel": "shell", "header": header}).encode())

    assert len(kernel_answers(message, v1=False)) < 5000
