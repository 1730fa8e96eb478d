"""One small question to a notebook over HTTP, and its answer; for probes only."""

import asyncio
from typing import Final

import h11

from gateway.core.probe import Answer
from gateway.errors import Reason, UpstreamLost, UpstreamMalformed, UpstreamTimedOut
from gateway.tunnels.tls import OpenPlain

ANSWER_SECONDS: Final = 4.0
LARGEST_BODY: Final = 64 * 1024
READ_BYTES: Final = 16 * 1024


async def ask(
    open_stream: OpenPlain, target: str, authority: bytes, *, token: str | None = None
) -> Answer:
    """Return the answer to ``GET target``; raise UpstreamError when there is none."""
    reader = asyncio.StreamReader(limit=READ_BYTES)
    try:
        transport = await open_stream(lambda: asyncio.StreamReaderProtocol(reader))
    except UpstreamLost as exc:
        raise UpstreamMalformed(Reason.NOT_HTTP, f"it does not speak HTTP: {exc}") from exc
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _exchange(transport, reader, _question(target, authority, token))
    except TimeoutError as exc:
        detail = f"it did not answer in {ANSWER_SECONDS:.0f} s"
        raise UpstreamTimedOut(Reason.SILENT_NOTEBOOK, detail) from exc
    except (h11.RemoteProtocolError, UpstreamLost) as exc:
        raise UpstreamMalformed(Reason.NOT_HTTP, f"it does not speak HTTP: {exc}") from exc
    finally:
        transport.abort()


def _question(target: str, authority: bytes, token: str | None) -> h11.Request:
    headers = [
        (b"Host", authority),
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"identity"),
        (b"Connection", b"close"),
    ]
    if token is not None:
        headers.append((b"Authorization", b"token " + token.encode()))
    return h11.Request(method=b"GET", target=target.encode(), headers=headers)


async def _exchange(
    transport: asyncio.Transport, reader: asyncio.StreamReader, question: h11.Request
) -> Answer:
    http = h11.Connection(h11.CLIENT)
    transport.write((http.send(question) or b"") + (http.send(h11.EndOfMessage()) or b""))
    response: h11.Response | None = None
    body = bytearray()
    while True:
        match http.next_event():
            case h11.NEED_DATA:
                http.receive_data(await reader.read(READ_BYTES))
            case h11.Response() as response:
                pass
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage() | h11.ConnectionClosed() | h11.PAUSED:
                break
            case _:
                pass  # 1xx
        if len(body) > LARGEST_BODY:
            break
    if response is None:
        raise UpstreamMalformed(Reason.NOT_HTTP, "it hung up without an answer")
    return _answer(response, bytes(body))


def _answer(response: h11.Response, body: bytes) -> Answer:
    policies = tuple(
        value.decode("latin-1")
        for name, value in response.headers
        if name == b"content-security-policy"
    )
    return Answer(response.status_code, policies, body)
