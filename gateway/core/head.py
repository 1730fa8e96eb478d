"""The heads of HTTP messages, parsed: values that the door reads off the wire and the core decides on."""

from dataclasses import dataclass, field

Header = tuple[bytes, bytes]
"""A field name in lower case, and its value without white space around it."""


@dataclass(slots=True)
class RequestHead:
    """A request as it came in. Not frozen: one is made for every request, and frozen costs twice."""

    method: bytes
    target: bytes
    """The raw request target: bytes as sent, nothing decoded."""
    headers: list[Header] = field(default_factory=list)
    """Not changed any more, once the head is made."""
    minor: int = 1
    """HTTP/1.minor."""
    _firsts: dict[bytes, bytes] | None = field(default=None, init=False, repr=False, compare=False)
    """The first value of each name, once anybody has asked: a dozen questions are asked of each head."""

    def first(self, name: bytes) -> bytes | None:
        """Return the first value of the header ``name`` (lower case), or None."""
        if self._firsts is None:
            self._firsts = dict(reversed(self.headers))
        return self._firsts.get(name)

    def every(self, name: bytes) -> list[bytes]:
        """Return all values of the header ``name`` (lower case), in order."""
        return [value for key, value in self.headers if key == name]


@dataclass(slots=True)
class ResponseHead:
    """A response as it came from upstream, or as it goes to the client."""

    status: int
    reason: bytes
    headers: list[Header] = field(default_factory=list)
    minor: int = 1
    _firsts: dict[bytes, bytes] | None = field(default=None, init=False, repr=False, compare=False)

    def first(self, name: bytes) -> bytes | None:
        """Return the first value of the header ``name`` (lower case), or None."""
        if self._firsts is None:
            self._firsts = dict(reversed(self.headers))
        return self._firsts.get(name)

    def every(self, name: bytes) -> list[bytes]:
        """Return all values of the header ``name`` (lower case), in order."""
        return [value for key, value in self.headers if key == name]
