"""Who is at the other end, when proxies that we trust stand between."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from gateway.core.head import RequestHead

Network = IPv4Network | IPv6Network


class Client(NamedTuple):
    """Where a request comes from, as far as it can be believed. A tuple: one is made for every request."""

    address: str
    scheme: str
    host: bytes


def client_of(head: RequestHead, *, peer: str, secure: bool, trusted: Sequence[Network]) -> Client:
    """Return the client of ``head``: the peer, unless that is a proxy whose word counts.

    X-Forwarded-For is read from the right: each proxy adds whom it saw, and the first that we do not
    trust is the client; what stands left of it anybody could have written.
    """
    host, scheme = head.first(b"host") or b"", "https" if secure else "http"
    if not trusted or not _is_in(peer, trusted):
        return Client(peer, scheme, host)
    hops = [hop.strip() for line in head.every(b"x-forwarded-for") for hop in line.split(b",")]
    address = peer
    for hop in reversed(hops):
        said = _address(hop.decode("latin-1"))
        if said is None:
            break
        address = str(said)
        if not _is_in(address, trusted):
            break
    protocols = head.every(b"x-forwarded-proto")
    said_last = protocols[-1].rpartition(b",")[2].strip().lower() if protocols else b""
    if said_last in (b"http", b"https"):
        scheme = said_last.decode()
    return Client(address, scheme, host)


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    known = _address(address)
    return known is not None and any(known in network for network in networks)


@lru_cache(maxsize=1024)  # reading an address takes longer than all the rest
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
