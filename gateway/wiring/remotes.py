"""Remotes as an administrator looks at them: what they show, what we know, and how a new key is trusted."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.core.inventory import HostKeyPolicy, Inventory, Remote
from gateway.core.known_hosts import with_key
from gateway.core.names import RemoteName
from gateway.errors import RemoteRejected
from gateway.store.store import open_store
from gateway.tunnels.dialing import Dialer
from gateway.tunnels.host_keys import source
from gateway.tunnels.known_hosts import host_names, known_keys
from gateway.tunnels.showing import Shown, ShownKey, jumps_to, shown_by, way_to
from gateway.tunnels.windows import Windows
from gateway.wiring.pins import SeenPins, seen_pins
from gateway.wiring.replacing import replace_file


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What we know of a remote's host key, and where from."""

    source: str
    keys: tuple[str, ...] = ()
    """In words: kinds, as far as they are known, and fingerprints."""
    revoked: frozenset[str] = frozenset()
    """Fingerprints."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a remote shows beside what we know."""

    shown: Shown
    known: Knowledge
    refusal: RemoteRejected | None
    """Why the gateway would not log in there; None if the host key is as it should be."""


async def knowledge(inventory: Inventory) -> dict[RemoteName, Knowledge]:
    """Return what we know of each remote's host key, without looking at any. Raises StoreUnavailable."""
    pins = await seen_pins(inventory)
    return {name: await _known(remote, pins) for name, remote in inventory.remotes.items()}


async def look_at(inventory: Inventory, name: RemoteName) -> Look:
    """Look at a remote, through its jumps; raise RemoteError where it can't be reached."""
    pins = await seen_pins(inventory)
    dialer = Dialer(pins=pins, windows=Windows())
    way = way_to(inventory, name)
    refusal = None
    async with jumps_to(way, dialer) as through:
        shown = await shown_by(way, through)
        try:
            await dialer.check_host_key(way, through)
        except RemoteRejected as exc:
            refusal = exc
    return Look(shown, await _known(way.remote, pins), refusal)


async def trust(inventory: Inventory, name: RemoteName, key: ShownKey, shown: Shown) -> bool:
    """Trust ``key`` in place of those that are no longer shown; say whether that could be done here.

    Raises StoreUnavailable, and ValueError or OSError about a known_hosts file that can't be changed.
    """
    remote = inventory.remotes[name]
    if remote.known_hosts is not None:
        await asyncio.to_thread(_replace_key, remote, remote.known_hosts, key, shown.keys)
        return True
    if remote.host_key_policy is HostKeyPolicy.ACCEPT_NEW:
        async with open_store(inventory.store) as store:
            await store.pin(name, key.fingerprint)
        return True
    return False


async def _known(remote: Remote, pins: SeenPins) -> Knowledge:
    if remote.host_key is not None:
        return Knowledge(source(remote), (remote.host_key,))
    if remote.known_hosts is None:
        pin = pins.pinned(remote.name)
        return Knowledge(source(remote), () if pin is None else (pin,))
    try:
        known = await known_keys(remote)
    except RemoteRejected as exc:
        return Knowledge(exc.detail)
    revoked = frozenset(key.get_fingerprint() for key in known.revoked)
    return Knowledge(source(remote), known.in_words(), revoked)


def _replace_key(remote: Remote, file: str, key: ShownKey, shown: Iterable[ShownKey]) -> None:
    path = Path(file).resolve()
    text = path.read_text(encoding="utf-8")
    names = host_names(remote)
    salt = os.urandom(20)
    replace_file(
        path, with_key(text, names, key.key, shown={each.key for each in shown}, salt=salt)
    )
