"""The pins of a deployment, for commands that look at remotes and leave no trace."""

from gateway.core.inventory import HostKeyPolicy, Inventory
from gateway.core.names import RemoteName
from gateway.store.address import file_of, parse
from gateway.store.store import open_store


class SeenPins:
    """What was pinned at first sight; a key seen for the first time now is taken, and not remembered."""

    def __init__(self, pins: dict[RemoteName, str]) -> None:
        self._pins = pins

    def pinned(self, remote: RemoteName) -> str | None:
        """Return the fingerprint pinned for ``remote``, if there is one."""
        return self._pins.get(remote)

    async def pin(self, remote: RemoteName, fingerprint: str) -> None:
        """Do nothing."""


async def seen_pins(inventory: Inventory) -> SeenPins:
    """Return the pins in the store; it is opened only where there may be any. Raises StoreUnavailable."""
    names = [
        name
        for name, remote in inventory.remotes.items()
        if remote.host_key_policy is HostKeyPolicy.ACCEPT_NEW
    ]
    file = file_of(parse(inventory.store))
    if not names or (file is not None and not file.exists()):
        return SeenPins({})
    async with open_store(inventory.store) as store:
        found = ((name, store.pinned(name)) for name in names)
        return SeenPins({name: pin for name, pin in found if pin is not None})
