"""From where something is done: known while a request is answered, and told with every audit entry of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from gateway.core.audit import Entry


class Whereabouts:
    """Keeps the address of whom the running task acts for; the acts themselves need not pass it on."""

    def __init__(self) -> None:
        self._address = ContextVar("address", default="")

    @contextmanager
    def acting_from(self, address: str) -> Iterator[None]:
        """Have what is done in the block, and in tasks that it starts, be done from ``address``."""
        before = self._address.set(address)
        try:
            yield
        finally:
            self._address.reset(before)

    def placed(self, entry: Entry) -> Entry:
        """Return ``entry`` with the address, unless it says one itself."""
        address = self._address.get()
        return entry if entry.address or not address else replace(entry, address=address)
