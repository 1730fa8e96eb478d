"""Raw requests that must not pass, each with the threat that it stands for."""

from collections.abc import Iterator

from tests.door.fakes import SESSIONS

COOKIE = f"Cookie: gateway={SESSIONS['alice']}\r\n".encode()
HOST = b"Host: gw.test\r\n"
ORIGIN = b"Origin: http://gw.test\r\n"
SMUGGLED = b"GET /bob/smuggled HTTP/1.1\r\n" + HOST + COOKIE + b"\r\n"

Case = tuple[str, bytes]


def get(target: bytes, fields: bytes = b"", *, host: bytes = HOST) -> bytes:
    return b"GET %b HTTP/1.1\r\n" % target + host + COOKIE + fields + b"\r\n"


def post(fields: bytes, body: bytes = b"", *, version: bytes = b"1.1") -> bytes:
    line = b"POST /alice/x HTTP/%b\r\n" % version
    return line + HOST + COOKIE + ORIGIN + fields + b"\r\n" + body


WEBSOCKET = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
) + ORIGIN


def routes() -> Iterator[Case]:
    """Threats A: paths, hosts and targets that try to be two things at once."""
    targets = {
        "A1": [b"/alice%2f..%2fbob/x", b"/alice%2F%2e%2e%2Fbob/x", b"/alice%2fx"],
        "A2": [b"/alice/../bob/x", b"/alice/%2e%2e/bob/x", b"/alice/.%2e/bob/x", b"/../bob/x"],
        "A3": [b"/alice/..;/bob/x", b"/alice;a=b/x"],
        "A4": [b"/alice/..\\bob/x", b"/alice\\x", b"/alice/%5c..%5cbob/x"],
        "A5": [b"//alice/x", b"///alice", b"/\\alice"],
        "A6": [b"/%61lice/x", b"/alic%65/x", b"/%41lice/x", b"/al%69ce/"],
        "A7": [b"/ALICE/x", b"/Alice/"],
        "A14": [
            b"http://bob.gw.test/x",
            b"http://gw.test/alice/x",
            b"alice/x",
            b"*",
            b"gw.test:80",
        ],
        "A15": [b"/alice/x#/bob", b"/alice#", b"/#/alice/x", b"/alice/x?y#z"],
        "A17": [b"/alice/\x00x", b"/alice/\x0bx", b"/alice/\x7fx", b"/alice/\xc3\xa9"],
    }
    for threat, several in targets.items():
        for target in several:
            yield f"{threat} {target!r}", get(target)


def hosts() -> Iterator[Case]:
    """Threats A9 to A13: who is asked for must be said once, and properly."""
    several = {
        "A9": [
            b"gw.test.evil.example", b"xgw.test", b"gw.test.", b"gw.test:99999", b"gw.test:x", b"evil.example",
        ],
        "A13": [
            b"gw/alice", b"gw.test/alice", b"gw?x=/healthz", b"user@gw.test", b"", b"gw.test, gw.test",
            b"gw.test,bob", b"gw test", b"[::1", b"gw.test\t,x", b"gw.test%00", b"gw.test#x",
        ],
    }  # fmt: skip
    for threat, values in several.items():
        for host in values:
            yield f"{threat} {host!r}", get(b"/alice/x", host=b"Host: %b\r\n" % host)
    yield "A11 twice the same", get(b"/alice/x", HOST)
    yield "A11 two hosts", get(b"/alice/x", b"Host: bob.gw.test\r\n")
    yield "A11 other case", get(b"/alice/x", b"hOST: gw.test\r\n")
    yield "A12 none", get(b"/alice/x", host=b"")


def lengths() -> Iterator[Case]:
    """Threats B1, B2, B20: two opinions about where a body ends."""
    for value in (
        b"+5", b"-5", b"5, 5", b"5,5", b"0x5", b"5 5", b"5;", b"\x0b5", b"five", b"", b"5.0", b"1e1",
        b"_5", b"5_0", b"\xb25", b"5\x00",
    ):  # fmt: skip
        yield f"B2 {value!r}", post(b"Content-Length: %b\r\n" % value, b"hello" + SMUGGLED)
    for value in (b"9" * 21, b"18446744073709551616", b"18446744073709551621"):
        yield f"B20 {value!r}", post(b"Content-Length: %b\r\n" % value, b"hello" + SMUGGLED)
    yield "B2 two", post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello" + SMUGGLED)
    yield "B2 the same twice", post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello")
    for pair in (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"transfer-encoding: Chunked\r\ncontent-length: 5\r\n",
    ):
        yield f"B1 {pair!r}", post(pair, b"0\r\n\r\n" + SMUGGLED)


def codings() -> Iterator[Case]:
    """Threats B3, B19: a coding that one parser takes for chunked and the next does not."""
    for value in (
        b"xchunked", b"chunkedx", b"chunked, identity", b"identity, chunked", b"identity", b"gzip",
        b"gzip, chunked", b"chunked, chunked", b"chunked,", b",chunked", b"\x0bchunked", b"chunked\x0b",
        b"\x0cchunked", b"chunked;q=1", b'"chunked"', b"chun\tked", b"chunked x", b"x chunked", b"",
        b"'chunked'", b"chunke", b"chunked\x00", b"\x00chunked", b"c\xc4\xa5unked", b"cow", b"chunk",
    ):  # fmt: skip
        field = b"Transfer-Encoding: %b\r\n" % value
        yield f"B3 {value!r}", post(field, b"0\r\n\r\n" + SMUGGLED)
    for line in (
        b"Transfer-Encoding : chunked\r\n", b"Transfer-Encoding\t: chunked\r\n",
        b" Transfer-Encoding: chunked\r\n", b"Transfer-Encoding:\r\n chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\nX: y\r\n", b"X: y\nTransfer-Encoding: chunked\r\n",
        b"X: y\rTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\r\n",
        b"\x00Transfer-Encoding: chunked\r\n", b"Transfer\x00-Encoding: chunked\r\n",
        b"Transfer-Encoding\x00: chunked\r\n", b"Transfer-Encoding chunked\r\n",
        b"Transfer Encoding: chunked\r\n", b"Content-Length : 5\r\n", b"Content-Length\x0b: 5\r\n",
        b"\tContent-Length: 5\r\n", b"Content-Length:\r\n 5\r\n", b"Content\xadLength: 5\r\n\xff: y\r\n",
    ):  # fmt: skip
        yield f"B3 {line!r}", post(line, b"0\r\n\r\n" + SMUGGLED)
    yield (
        "B19 chunked HTTP/1.0",
        post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED, version=b"1.0"),
    )


def chunks() -> Iterator[Case]:
    """Threats B4, B5: chunks whose edges are not where they should be."""
    for body in (
        b"5\r\nhelloX\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n",
        b"5\rhello\r\n0\r\n\r\n", b"5;a\nb\r\nhello\r\n0\r\n\r\n", b"5;a=b\rc\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"-1\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"\r\nhello\r\n0\r\n\r\n", b"g\r\nhello\r\n0\r\n\r\n",
        b"5;\r\nhello\r\n0\r\n\r\n", b"5; a=b\r\nhello\r\n0\r\n\r\n", b"5,5\r\nhello\r\n0\r\n\r\n",
        b"10000000000000005\r\nhello\r\n0\r\n\r\n", b"fffffffffffffffff\r\nhello", b"5_0\r\nhello\r\n0\r\n\r\n",
        b"0\r\nX : y\r\n\r\n", b"0\r\n folded: y\r\n\r\n", b"0\r\nX: y\nZ: w\r\n\r\n", b"0\r\nnot a trailer\r\n\r\n",
        b"0\n\n", b"0\r\n\n", b"0\r\r\n\r\n", b"5;" + b"a" * 5000, b"0\r\n" + b"X: y\r\n" * 4000 + b"\r\n",
        b"\xb25\r\nhello\r\n0\r\n\r\n", b"5\x00\r\nhello\r\n0\r\n\r\n", b"5\x0b\r\nhello\r\n0\r\n\r\n",
    ):  # fmt: skip
        threat = "B4" if body.startswith(b"5\r\nhello") else "B5"
        yield f"{threat} {body[:40]!r}", post(b"Transfer-Encoding: chunked\r\n", body + SMUGGLED)


def lines() -> Iterator[Case]:
    """Threats B6, B7: request lines, line ends and versions that are not HTTP/1.1's."""
    fields = HOST + COOKIE + b"\r\n"
    for line in (
        b"GET /alice/x HTTP/9.9\r\n", b"GET /alice/x HTTP/2.0\r\n", b"GET /alice/x HTTP/0.9\r\n",
        b"GET /alice/x HTTP/1.2\r\n", b"GET /alice/x HTTP/1.10\r\n", b"GET /alice/x HTTP/01.1\r\n",
        b"GET /alice/x http/1.1\r\n", b"GET /alice/x HTTP/1\r\n", b"GET /alice/x HTP/1.1\r\n",
        b"GET /alice/x\r\n", b"GET /alice/x \r\n", b"GET /alice/x HTTP/1.1 \r\n", b"GET /alice/x  HTTP/1.1\r\n",
        b"GET  /alice/x HTTP/1.1\r\n", b" GET /alice/x HTTP/1.1\r\n", b"GET\t/alice/x HTTP/1.1\r\n",
        b"GET /alice/x\tHTTP/1.1\r\n", b"GET /alice/x y HTTP/1.1\r\n", b"get /alice/x HTTP/1.1\r\n",
        b"G\x00T /alice/x HTTP/1.1\r\n", b"FROB /alice/x HTTP/1.1\r\n", b"/alice/x HTTP/1.1\r\n",
        b"GET /alice/x HTTP/1.1\n", b"GET /alice/x HTTP/1.1\r", b"PRI * HTTP/2.0\r\n", b"\x16\x03\x01\x02\r\n",
        b"CONNECT bob:80 HTTP/1.1\r\n", b"CONNECT /alice/x HTTP/1.1\r\n", b"GET HTTP/1.1\r\n", b"\r\n\r\n",
    ):  # fmt: skip
        yield f"B7 {line!r}", line + fields
    for field in (
        b"X: a\r\n b\r\n", b"X: a\r\n\tb\r\n", b"X : a\r\n", b"X\t: a\r\n", b"X: a\nY: b\r\n", b"X: a\rY: b\r\n",
        b"X: a\x00b\r\n", b"X: a\x01b\r\n", b"X: a\x7fb\r\n", b": a\r\n", b"X\r\n", b"X(: a\r\n", b"X Y: a\r\n",
        b"\x0bX: a\r\n", b"X\xff: a\r\n", b"X@: a\r\n", b"X: a\r\r\n", b"X: a\n\r\n",
    ):  # fmt: skip
        yield f"B6 {field!r}", get(b"/alice/x", field)
    yield "B6 only line feeds", get(b"/alice/x").replace(b"\r\n", b"\n")
    yield "G5 a head of 100 kB", get(b"/alice/x", b"X: %b\r\n" % (b"y" * 100_000))
    yield "G5 a target of 100 kB", get(b"/alice/" + b"y" * 100_000)
    yield "G5 10,000 fields", get(b"/alice/x", b"X: y\r\n" * 10_000)
    yield "G5 101 fields", get(b"/alice/x", b"X: y\r\n" * 101)


def websockets() -> Iterator[Case]:
    """Threats B8, E8, E9: upgrades that are something else as well."""
    yield "B8 a body", get(b"/alice/ws", WEBSOCKET + b"Content-Length: 9\r\n") + SMUGGLED
    chunked = b"Transfer-Encoding: chunked\r\n"
    yield "B8 a chunked body", get(b"/alice/ws", WEBSOCKET + chunked) + b"0\r\n\r\n" + SMUGGLED
    yield "E8 version 7", get(b"/alice/ws", WEBSOCKET.replace(b"13", b"7"))
    yield (
        "E8 no version",
        get(b"/alice/ws", WEBSOCKET.replace(b"Sec-WebSocket-Version: 13\r\n", b"")),
    )
    yield "E8 no key", get(b"/alice/ws", b"".join(WEBSOCKET.partition(b"Sec-WebSocket-Key")[:1]))
    yield "E8 a short key", get(b"/alice/ws", WEBSOCKET.replace(b"dGhl", b""))
    yield "E8 POST", b"POST /alice/ws HTTP/1.1\r\n" + HOST + COOKIE + WEBSOCKET + b"\r\n"
    yield "E8 HTTP/1.0", b"GET /alice/ws HTTP/1.0\r\n" + HOST + COOKIE + WEBSOCKET + b"\r\n"
    yield "E9 two slashes", get(b"//evil.example/ws", WEBSOCKET)
    yield "E9 a fragment", get(b"/alice/ws#x", WEBSOCKET)
    for origin in (
        b"https://evil.example",
        b"null",
        b"https://gw.test",
        b"http://gw.test.evil.example",
    ):
        fields = WEBSOCKET.replace(b"http://gw.test", origin)
        yield f"E2 {origin!r}", get(b"/alice/ws", fields)
    yield "E2 none", get(b"/alice/ws", WEBSOCKET.replace(ORIGIN, b""))


def cases() -> list[Case]:
    makers = (routes, hosts, lengths, codings, chunks, lines, websockets)
    return [case for maker in makers for case in maker()]
