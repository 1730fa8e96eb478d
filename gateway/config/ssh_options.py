"""What an OpenSSH client configuration says of a remote, put where ``gateway.yaml`` says nothing."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Final

from gateway.config.document import MAX_BYTES, Document, Origin, Value
from gateway.core.ssh_config import Applied, Option, applied, read

_TOKENS: Final = re.compile(r"[%$]")
_RUNS: Final = {"proxycommand", "localcommand", "permitlocalcommand", "knownhostscommand"}
_WAYS_IN: Final = ("identity", "gssapi", "agent")
"""OpenSSH tries one after the other. The gateway has one way in: the first of these that the file gives."""
_CREDENTIAL: Final = (*_WAYS_IN, "certificate")
_HOST_KEY: Final = ("known_hosts", "host_key", "host_key_policy")
_RIVALS: Final[Mapping[str, Sequence[str]]] = {
    "known_hosts": _HOST_KEY,
    **dict.fromkeys(_CREDENTIAL, _CREDENTIAL),
}
"""Keys that say the same thing in another way."""

Note = tuple[Origin, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A key's value, and the option that says so."""

    value: Value
    option: Option


def fill_in(document: Document, base: FilePath) -> list[Note]:
    """Put the options of each remote's ``ssh_config`` into ``document``; return what is not honoured."""
    remotes = document.root.get("remotes")
    notes: list[Note] = []
    for name, remote in remotes.items() if isinstance(remotes, dict) else ():
        if isinstance(remote, dict) and isinstance(file := remote.get("ssh_config"), str):
            notes += _fill_in(document, name, remote, base / file)
            remote.setdefault("host", name)  # as OpenSSH does without a HostName
    return notes


def _fill_in(
    document: Document, name: str, remote: dict[str, Value], file: FilePath
) -> Iterator[Note]:
    host = remote.get("host")
    found = _applied(document, file, host if isinstance(host, str) else name)
    said, why_not = _translated(found)
    said = {key: each for key, each in said.items() if not _rivals(key) & remote.keys()}
    why_not += _keep_one_way_in(said)
    for key, each in said.items():
        origin = Origin(str(file), each.option.line)
        if key == "jump" and each.value not in _names(document):
            message = f"remotes.{name}: ProxyJump {each.value} is no remote here; declare it, and set jump"
            document.problems.append((origin, message))
        else:
            remote[key] = each.value
            document.origins["remotes", name, key] = origin
    for line, why in why_not:
        yield Origin(str(file), line), f"remotes.{name}: {why}"


def _applied(document: Document, file: FilePath, host: str) -> Applied:
    try:
        with file.open("rb") as opened:
            return applied(read(opened.read(MAX_BYTES).decode()), host)
    except OSError:
        pass  # the check of all files says why
    except ValueError as exc:  # UnicodeDecodeError is one
        document.problems.append((Origin(str(file)), str(exc)))
    return Applied((), ())


def _translated(found: Applied) -> tuple[dict[str, Said], list[tuple[int, str]]]:
    """Return what the file says by our keys, and by line what can't be said so."""
    said: dict[str, Said] = {}
    why_not = list(found.skipped)
    for option in found.options:
        key, reader = _KEYS.get(option.name, ("", _nothing))
        try:
            value = reader(option)
        except ValueError as exc:
            why_not.append(_not_honoured(option, str(exc)))
            continue
        if key in said and option.name == "identityfile":
            why_not.append(_not_honoured(option, "only the first one is used"))
        elif value is not None:
            said.setdefault(key, Said(value, option))
    return said, why_not


def _keep_one_way_in(said: dict[str, Said]) -> list[tuple[int, str]]:
    """Take out of ``said`` all ways in but the first; return them."""
    kept = next((way for way in _WAYS_IN if way in said), None)
    losers = {way for way in _CREDENTIAL if way in said and way != kept}
    if kept == "identity":
        losers.discard("certificate")
    why = "it goes with no key" if kept is None else f"{kept} is the way in"
    return [_not_honoured(said.pop(loser).option, why) for loser in sorted(losers)]


def _not_honoured(option: Option, why: str) -> tuple[int, str]:
    return option.line, f"{option.name} is not honoured: {why}"


def _rivals(key: str) -> set[str]:
    return {key, *_RIVALS.get(key, ())}


def _names(document: Document) -> Collection[object]:
    remotes = document.root.get("remotes")
    return remotes if isinstance(remotes, dict) else ()


def _nothing(option: Option) -> Value:
    if option.name in _RUNS:
        if option.value in {"none", "no"}:
            return None
        raise ValueError("nothing in the file is ever run")
    raise ValueError("the gateway has nothing like it, or decides itself")


def _plain(option: Option) -> str | None:
    if _TOKENS.search(option.value):
        raise ValueError(f"{option.value!r} holds a token or a variable, and none are expanded")
    return None if option.value == "none" else option.value


def _path(option: Option) -> str | None:
    if len(option.words) > 1:
        raise ValueError("it names more than one file")
    path = _plain(option)
    return None if path is None else str(FilePath(path).expanduser())


def _port(option: Option) -> Value:
    return int(option.value) if option.value.isascii() and option.value.isdigit() else option.value


def _seconds(option: Option) -> Value:
    if not option.value.isdigit() or int(option.value) == 0:
        raise ValueError(f"{option.value} is no number of seconds above 0")
    return f"{option.value}s"


def _agent(option: Option) -> Value:
    return True if option.value == "SSH_AUTH_SOCK" else _path(option)


def _yes(option: Option) -> Value:
    return True if option.value.lower() == "yes" else None


_KEYS: Final[Mapping[str, tuple[str, Callable[[Option], Value]]]] = {
    "hostname": ("host", _plain),
    "port": ("port", _port),
    "user": ("login", _plain),
    "identityfile": ("identity", _path),
    "certificatefile": ("certificate", _path),
    "identityagent": ("agent", _agent),
    "gssapiauthentication": ("gssapi", _yes),
    "userknownhostsfile": ("known_hosts", _path),
    "hostkeyalias": ("host_key_alias", _plain),
    "proxyjump": ("jump", _plain),
    "connecttimeout": ("connect_timeout", _seconds),
    "serveraliveinterval": ("keepalive", _seconds),
}
