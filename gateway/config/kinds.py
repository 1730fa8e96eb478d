"""The kinds of value that keys hold: each reads its text, writes it back, and describes itself in the schema."""

import ipaddress
import re
from typing import Annotated, Final, NoReturn
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from gateway.core.inventory import Address, PublicUrl
from gateway.core.names import LOGIN, NAME, RESERVED, is_login, is_name
from gateway.core.provider_metadata import is_safe
from gateway.core.quantities import (
    DURATION,
    SIZE,
    duration_seconds,
    duration_text,
    size_bytes,
    size_text,
)

MAX_PORT: Final = 65535
MIN_HEAD: Final = 1024
MAX_HEAD: Final = 1024 * 1024
MAX_SOCKET_BYTES: Final = 107
"""What fits into Linux's sockaddr_un with its last byte (unix(7))."""
SHORTEST_RETENTION: Final = 24 * 3600.0
SHORTEST_SESSION: Final = 60.0
AUDIT_OFF: Final = "off"
AUDIT_STDOUT: Final = "stdout"
MAX_UID: Final = 2**32 - 1

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
"""A DNS name; so neither a dash in front nor anything that OpenSSH or a shell would expand."""
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_CACHE_TYPE: Final = re.compile(r"[A-Z]+:")
"""As in KCM: and KEYRING:, which libkrb5 knows besides files."""
_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")
"""RFC 6749, section 3.3."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text; write it in quotes")  # noqa: TRY004 - pydantic takes ValueError
    if _CONTROL.search(value):
        raise ValueError("may not hold control characters")
    return value


def _duration(value: object) -> float:
    return duration_seconds(str(value))


def _long_duration(value: object) -> float:
    seconds = _duration(value)
    if seconds == 0:
        raise ValueError("must be longer than 0s")
    return seconds


def _retention(value: object) -> float:
    seconds = _duration(value)
    if seconds < SHORTEST_RETENTION:
        raise ValueError("must be a day at least: 1d")
    return seconds


def _session_life(value: object) -> float:
    seconds = _duration(value)
    if seconds < SHORTEST_SESSION:
        raise ValueError("must be a minute at least: 1m")
    return seconds


def _audit_lines(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be off, stdout or the path of a file")
    return _text(value)


def _head_size(value: object) -> int:
    size = size_bytes(str(value))
    if not MIN_HEAD <= size <= MAX_HEAD:
        raise ValueError(f"must be between {size_text(MIN_HEAD)} and {size_text(MAX_HEAD)}")
    return size


def _name(text: str) -> str:
    if text in RESERVED:
        raise ValueError(f"{text} is no name to give: the gateway uses it itself")
    if not is_name(text):
        raise ValueError(f"{text!r} is no name: a to z, 0 to 9 and dashes inside, at most 63")
    return text


def _login(text: str) -> str:
    if not is_login(text):
        raise ValueError(f"{text!r} is no login: letters, digits and _ . @ -, no dash in front")
    return text


def is_ip(host: str) -> bool:
    """Say whether ``host`` is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _host(text: str) -> str:
    if not is_ip(text) and _HOST.fullmatch(text.lower()) is None:
        raise ValueError(f"{text!r} is neither a host's name nor an IP address")
    return text.lower()


def _path(text: str) -> str:
    if not text:
        raise ValueError("must be the path of a file")
    return text


def _ticket_file(text: str) -> str:
    if _CACHE_TYPE.match(text):
        raise ValueError(
            f"{text!r} must be the path of a file; caches of other types can't be used"
        )
    return _path(text)


def _agent(value: object) -> bool | str:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or "/" not in value:
        raise ValueError("must be true, false or the path of the agent's socket")
    return _path(_text(value))


def _remote_socket(text: str) -> str:
    if not text.startswith("/"):
        home = "; ~ is not expanded, so write the home out" if text.startswith("~") else ""
        raise ValueError(f"{text!r} must be an absolute path on the remote{home}")
    if any(step in {"", ".", "..", "~"} for step in text[1:].split("/")):
        raise ValueError(f"{text!r} must be written plainly, without //, ., .. or ~")
    size = len(text.encode())
    if size > MAX_SOCKET_BYTES:
        raise ValueError(f"is {size} bytes long; no system takes more than {MAX_SOCKET_BYTES}")
    return text


def _listener(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < MAX_UID:
            raise ValueError(f"{value} is no uid")
        return str(value)
    return _login(_text(value))


def _fingerprint(text: str) -> str:
    if _FINGERPRINT.fullmatch(text) is None:
        raise ValueError("must be a fingerprint: SHA256: and 43 characters of base64")
    return text.rstrip("=")


def address(text: str) -> Address:
    """Return the address in ``host:port`` or ``[IPv6]:port``; raise ValueError."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if (":" in bare) != (bare != host) or not port.isascii() or not port.isdigit():
        raise ValueError(f"{text!r} is no address to listen on; write 0.0.0.0:8000")
    if int(port) > MAX_PORT:
        raise ValueError(f"port {port} is not between 0 and {MAX_PORT}")
    return Address(_host(bare), int(port))


def public_url(text: str) -> PublicUrl:
    """Return the parts of ``scheme://host[:port]``; raise ValueError for anything more or less."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        _no_url(text)
    more = parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or more or not parts.hostname or port == 0:
        _no_url(text)
    host = _host(parts.hostname)
    usual = 443 if parts.scheme == "https" else 80
    return PublicUrl(parts.scheme, f"[{host}]" if ":" in host else host, port or usual)


def _no_url(text: str) -> NoReturn:
    shown = "it" if "@" in text else repr(text)  # before an @ there may be a password
    raise ValueError(f"{shown} must be scheme://host[:port] and nothing after, with http or https")


def _listen(text: str) -> str:
    address(text)
    return text


def _listen_or_off(text: str | None) -> str:
    return _listen(text) if text else ""


def _public_url(text: str) -> str:
    return public_url(text).origin


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as exc:
        raise ValueError(f"{text!r} is no network: {exc}") from exc


def _verify(value: object) -> str | None:
    if value is None or value is True:
        return None
    if value is False:
        return "false"
    text = _path(_text(value))
    return _fingerprint(text) if text.startswith("SHA256:") else text


def _issuer(text: str) -> str:
    if not is_safe(text) or urlsplit(text).query:
        raise ValueError(f"{text!r} must be an https URL")
    return text


def _scope(text: str) -> str:
    if _SCOPE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no scope: a scope is one word")
    return text


def _store(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return text


Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string"})]
Name = Annotated[
    str,
    BeforeValidator(_text),
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"}),
]
Login = Annotated[
    Text,
    AfterValidator(_login),
    WithJsonSchema({"type": "string", "pattern": f"^{LOGIN.pattern}$"}),
]
Host = Annotated[
    Text, AfterValidator(_host), WithJsonSchema({"type": "string", "format": "hostname"})
]
File = Annotated[Text, AfterValidator(_path), WithJsonSchema({"type": "string"})]
TicketFile = Annotated[Text, AfterValidator(_ticket_file), WithJsonSchema({"type": "string"})]
Agent = Annotated[
    bool | str, BeforeValidator(_agent), WithJsonSchema({"type": ["boolean", "string"]})
]
"""Whether an ssh-agent is used; text is where it listens."""
AuditLines = Annotated[str, BeforeValidator(_audit_lines), WithJsonSchema({"type": "string"})]
RemoteSocket = Annotated[
    Text, AfterValidator(_remote_socket), WithJsonSchema({"type": "string", "pattern": "^/"})
]
ListenerWord = Annotated[
    str,
    BeforeValidator(_listener),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["alice", 1001, "root", "any"]}),
]
"""An account's name or uid, as text, or ``any``."""
Fingerprint = Annotated[
    Text,
    AfterValidator(_fingerprint),
    WithJsonSchema({"type": "string", "pattern": f"^{_FINGERPRINT.pattern}$"}),
]
Port = Annotated[int, Field(strict=True, ge=1, le=MAX_PORT)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Flag = Annotated[bool, Field(strict=True)]
Listen = Annotated[
    Text, AfterValidator(_listen), WithJsonSchema({"type": "string", "examples": ["0.0.0.0:8000"]})
]
ListenOrOff = Annotated[
    str,
    BeforeValidator(lambda value: "" if value is None else _text(value)),
    AfterValidator(_listen_or_off),
    WithJsonSchema({"type": ["string", "null"]}),
]
Url = Annotated[
    Text,
    AfterValidator(_public_url),
    WithJsonSchema({"type": "string", "pattern": "^https?://[^/?#@]+/?$"}),
]
Network = Annotated[
    Text, AfterValidator(_network), WithJsonSchema({"type": "string", "examples": ["10.0.0.0/8"]})
]
Issuer = Annotated[
    Text, AfterValidator(_issuer), WithJsonSchema({"type": "string", "format": "uri"})
]
Scope = Annotated[
    Text,
    AfterValidator(_scope),
    WithJsonSchema({"type": "string", "pattern": f"^{_SCOPE.pattern}$"}),
]
StoreUrl = Annotated[
    Text,
    AfterValidator(_store),
    WithJsonSchema({"type": "string", "pattern": r"^(sqlite:///|postgresql\+psycopg://)"}),
]
VerifyWord = Annotated[
    str | None,
    BeforeValidator(_verify),
    PlainSerializer(lambda value: False if value == "false" else value),
    WithJsonSchema({"type": ["string", "boolean", "null"]}),
]
"""``"false"``, a fingerprint, or a file of CAs; None is the system's CAs."""
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION}$"}),
]
Retention = Annotated[
    float,
    BeforeValidator(_retention),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION}$"}),
]
SessionLife = Annotated[
    float,
    BeforeValidator(_session_life),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION}$"}),
]
LongDuration = Annotated[
    float,
    BeforeValidator(_long_duration),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION}$"}),
]
HeadSize = Annotated[
    int,
    BeforeValidator(_head_size),
    PlainSerializer(size_text),
    WithJsonSchema({"type": "string", "pattern": f"^{SIZE}$"}),
]
