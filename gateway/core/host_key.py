"""Whether a host key may be trusted."""

from enum import Enum, auto

from gateway.core.inventory import HostKeyPolicy, Remote


class Verdict(Enum):
    """What is to be thought of a host key."""

    TRUSTED = auto()
    NEW = auto()  # trusted because it is the first one seen; to be remembered
    CHANGED = auto()
    UNKNOWN = auto()


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


def same_fingerprint(one: str, other: str) -> bool:
    """Say whether two fingerprints are the same; base64 may be padded or not."""
    return one.rstrip("=") == other.rstrip("=")
