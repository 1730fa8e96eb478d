"""Conversations that a WebSocket's end must hold, or break off, exactly as RFC 6455 says; none is the gateway's to judge.

They follow the chapters of the Autobahn test suite, whose own cases are a program for Python 2: framing, pings and pongs,
reserved bits, opcodes, fragmentation, UTF-8, closing, and sizes.
"""

from collections.abc import Iterator
from typing import Final

Step = bytes | int
"""Bytes to send as they are, or how many frames to have heard in all before going on."""
Case = tuple[str, tuple[Step, ...]]

TEXT, BINARY, CONTINUED, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
FIN: Final = 0x80
MASK: Final = b"\x37\xfa\x21\x3d"
LENGTHS: Final = (0, 1, 125, 126, 127, 128, 65535, 65536)
VALID_CODES: Final = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
INVALID_CODES: Final = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535)
GREETING: Final = "Hello-µ@ßöäüàá-UTF-8!!".encode()
VALID_TEXTS: Final = (
    "κόσμε".encode(), b"\x00", "\x80".encode(), "\u07ff".encode(), "\u0800".encode(), "\uffff".encode(),
    "\U00010000".encode(), "\U0010ffff".encode(), "\ud7ff\ue000\ufffd".encode(), "\ufeffx".encode(),
    "\ufdd0\ufffe".encode(), "👩‍🔬".encode(),
)  # fmt: skip
INVALID_TEXTS: Final = (
    b"\x80", b"\xbf", b"\x80\xbf\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe", b"\xff", b"\xc2", b"\xe2\x82", b"\xf0\x9f\x91",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", b"Hello\xff", b"\xe2\x28\xa1", b"\xf0\x28\x8c\xbc",
)  # fmt: skip


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0) -> bytes:
    """Return a client's frame, masked."""
    head = bytes(((FIN if fin else 0) | reserved << 4 | opcode,))
    size = len(payload)
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 1 << 16:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    whole, rest = divmod(size, 4)
    mask = int.from_bytes(MASK * whole + MASK[:rest], "big")
    return head + MASK + (int.from_bytes(payload, "big") ^ mask).to_bytes(size, "big")


def closing(code: int = 1000, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def chopped(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))


def fragments(opcode: int, payload: bytes, size: int) -> bytes:
    """Return a message in frames of ``size`` bytes."""
    parts = chopped(payload, size) or (b"",)
    kinds = [opcode, *[CONTINUED] * (len(parts) - 1)]
    last = len(parts) - 1
    return b"".join(
        frame(kind, part, fin=at == last)
        for at, (kind, part) in enumerate(zip(kinds, parts, strict=True))
    )


END: Final = closing()


def framing() -> Iterator[Case]:
    """1: payloads of every length's spelling, whole and in pieces."""
    for name, opcode in ("text", TEXT), ("binary", BINARY):
        for length in LENGTHS:
            whole = frame(opcode, b"*" * length)
            yield f"1 {name} of {length}", (whole, 1, END)
            yield f"1 {name} of {length} in pieces", (*chopped(whole, 997), 1, END)
            if length < 200:
                yield f"1 {name} of {length} byte by byte", (*chopped(whole, 1), 1, END)


def pings() -> Iterator[Case]:
    """2: control frames, where they may stand and how large they may be."""
    for length in (0, 1, 124, 125):
        ping = frame(PING, b"\xfe" * length)
        yield f"2 ping of {length}", (ping, 1, END)
        yield f"2 ping of {length} byte by byte", (*chopped(ping, 1), 1, END)
    yield "2 ping too large", (frame(PING, b"x" * 126),)
    yield "2 pong too large", (frame(PONG, b"x" * 126),)
    yield "2 pong unasked", (frame(PONG, b"x"), frame(TEXT, b"x"), 1, END)
    yield "2 pong then ping", (frame(PONG, b"x"), frame(PING, b"y"), 1, END)
    yield "2 ten pings", (b"".join(frame(PING, b"%d" % i) for i in range(10)), 10, END)
    yield "2 fragmented ping", (frame(PING, b"x", fin=False),)
    yield "2 fragmented pong", (frame(PONG, b"x", fin=False),)


def reserved() -> Iterator[Case]:
    """3: bits that mean nothing as long as nothing was agreed on."""
    for bits in range(1, 8):
        for name, opcode in (
            ("text", TEXT),
            ("binary", BINARY),
            ("ping", PING),
            ("pong", PONG),
            ("close", CLOSE),
        ):
            payload = b"\x03\xe8" if opcode == CLOSE else b"x"
            yield f"3 bits {bits} in {name}", (frame(opcode, payload, reserved=bits),)
        after = frame(TEXT, b"x"), 1, frame(TEXT, b"y", reserved=bits)
        yield f"3 bits {bits} after a message", after


def opcodes() -> Iterator[Case]:
    """4: opcodes that there are not."""
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield f"4 opcode {opcode}", (frame(opcode),)
        yield f"4 opcode {opcode} with a payload", (frame(opcode, b"x"),)
        yield f"4 opcode {opcode} after a message", (frame(TEXT, b"x"), 1, frame(opcode, b"y"))


def fragmentation() -> Iterator[Case]:
    """5: messages in several frames, and what may come in between."""
    first, last = frame(TEXT, b"one", fin=False), frame(CONTINUED, b"two")
    yield "5 two fragments", (first, last, 1, END)
    yield "5 two fragments byte by byte", (*chopped(first + last, 1), 1, END)
    yield "5 a ping in between", (first, frame(PING, b"p"), 1, last, 2, END)
    yield "5 a pong in between", (first, frame(PONG, b"p"), last, 1, END)
    yield "5 a close in between", (first, END)
    yield "5 nothing to continue", (frame(CONTINUED, b"x"),)
    yield "5 nothing to continue, unfinished", (frame(CONTINUED, b"x", fin=False),)
    yield "5 nothing to continue after a message", (frame(TEXT, b"x"), 1, last)
    yield "5 a text in between", (first, frame(TEXT, b"x"))
    yield "5 a binary in between", (first, frame(BINARY, b"x"))
    yield "5 two beginnings", (first, first)
    for count in (3, 5, 50):
        payload = b"x" * count
        yield f"5 {count} fragments", (fragments(TEXT, payload, 1), 1, END)
        between = frame(PING, b"p").join(frame(CONTINUED, b"y", fin=False) for _ in range(count))
        steps = frame(BINARY, b"x", fin=False) + between, count - 1, frame(CONTINUED), count, END
        yield f"5 {count} fragments and pings", steps
    yield "5 empty fragments", (fragments(TEXT, b"", 1), 1, END)
    empty = frame(TEXT, fin=False) + frame(CONTINUED, fin=False) + frame(CONTINUED)
    yield "5 three empty fragments", (empty, 1, END)
    yield "5 an empty one between", (first, frame(CONTINUED, fin=False), last, 1, END)


def texts() -> Iterator[Case]:
    """6: text that is UTF-8, and bytes that are not, however they are cut."""
    for at, text in enumerate((GREETING, *VALID_TEXTS)):
        yield f"6 valid {at}", (frame(TEXT, text), 1, END)
        yield f"6 valid {at} in fragments of a byte", (fragments(TEXT, text, 1), 1, END)
        yield f"6 valid {at} byte by byte", (*chopped(frame(TEXT, text), 1), 1, END)
    for at, text in enumerate(INVALID_TEXTS):
        yield f"6 invalid {at}", (frame(TEXT, text),)
        yield f"6 invalid {at} in fragments of a byte", (fragments(TEXT, text, 1),)
        yield f"6 invalid {at} is good as binary", (frame(BINARY, text), 1, END)


def closings() -> Iterator[Case]:
    """7: the closing handshake, its codes and its reasons."""
    yield "7 at once", (END,)
    yield "7 twice", (END, END)
    yield "7 and more after it", (END, frame(TEXT, b"x"), frame(PING, b"x"))
    yield "7 without a code", (frame(CLOSE),)
    yield "7 with half a code", (frame(CLOSE, b"\x03"),)
    yield "7 with a reason", (closing(1000, b"so long"),)
    yield "7 with the longest reason", (closing(1000, b"x" * 123),)
    yield "7 with a reason too long", (closing(1000, b"x" * 124),)
    yield "7 with a reason that is no text", (closing(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"),)
    yield "7 in fragments", (frame(CLOSE, b"\x03\xe8", fin=False),)
    for code in (*VALID_CODES, *INVALID_CODES):
        yield f"7 code {code}", (closing(code),)
        yield f"7 code {code} with a reason", (closing(code, b"so long"),)


def sizes() -> Iterator[Case]:
    """9: large messages in large and small frames; the last are larger than the other end takes."""
    for kilobytes in (64, 256, 1024):
        payload = b"x" * (kilobytes << 10)
        for name, opcode in ("text", TEXT), ("binary", BINARY):
            yield f"9 {name} of {kilobytes} KB", (frame(opcode, payload), 1, END)
            for size in (1024, 16384, 65536):
                parts = fragments(opcode, payload, size)
                yield f"9 {name} of {kilobytes} KB by {size}", (parts, 1, END)
    yield "9 too large", (frame(BINARY, b"x" * ((1 << 20) + 1)),)
    yield "9 too large in fragments", (fragments(BINARY, b"x" * ((1 << 20) + 1), 65536),)


def cases() -> list[Case]:
    chapters = (framing, pings, reserved, opcodes, fragmentation, texts, closings, sizes)
    return [case for chapter in chapters for case in chapter()]
