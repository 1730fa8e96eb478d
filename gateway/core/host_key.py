"""Whether a host key may be trusted."""

from base64 import b64encode
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha256

from gateway.core.inventory import HostKeyPolicy, Remote
from gateway.core.names import RemoteName


class Verdict(Enum):
    """What is to be thought of a host key."""

    TRUSTED = auto()
    NEW = auto()  # trusted because it is the first one seen; to be remembered
    CHANGED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class HostKeyChange:
    """A remote shows another host key than the one we know; an administrator must find out why."""

    remote: RemoteName
    known: tuple[str, ...]
    """Kinds and fingerprints of what we know."""
    shown: tuple[str, ...]

    @property
    def command(self) -> str:
        """What an administrator types once somebody who knows the remote has confirmed the key."""
        command = f"gateway remotes trust {self.remote}"
        if len(self.shown) == 1 and len(words := self.shown[0].split()) == len(("kind", "print")):
            command += f" --fingerprint {words[1]}"
        return command


def vouched(remote: Remote, remembered: str | None) -> str | None:
    """Return the one fingerprint that ``remote`` may show, if there is one."""
    if remote.host_key is not None:
        return remote.host_key
    return remembered if remote.host_key_policy is HostKeyPolicy.ACCEPT_NEW else None


def judge(remote: Remote, seen: str, *, remembered: str | None, others_known: bool) -> Verdict:
    """Judge the fingerprint ``seen``, for which no known_hosts file vouches.

    ``remembered`` is what was pinned at first sight; ``others_known`` says that known_hosts has keys
    for this host, only not this one.
    """
    expected = vouched(remote, remembered)
    if remote.host_key is None and others_known:
        return Verdict.CHANGED
    if expected is not None:
        return Verdict.TRUSTED if same_fingerprint(seen, expected) else Verdict.CHANGED
    may_learn = remote.host_key_policy is HostKeyPolicy.ACCEPT_NEW
    return Verdict.NEW if may_learn else Verdict.UNKNOWN


def fingerprint(public: bytes) -> str:
    """Return the fingerprint of a public key, as ssh-keygen writes it."""
    return f"SHA256:{b64encode(sha256(public).digest()).decode().rstrip('=')}"


def same_fingerprint(one: str, other: str) -> bool:
    """Say whether two fingerprints are the same; base64 may be padded or not."""
    return one.rstrip("=") == other.rstrip("=")
