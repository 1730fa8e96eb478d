"""Putting out whom the identity provider brought, when the configuration or a link no longer says so."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from gateway.core.inventory import Inventory
from gateway.core.linking import Link, Origin
from gateway.errors import StoreUnavailable
from gateway.store.following import Sleep
from gateway.wiring.wanted import Wanted

RETRY_SECONDS: Final = 2.0


class Links(Protocol):
    """Who comes from the provider, and their sessions."""

    def links(self) -> tuple[Link, ...]:
        """Return who at the provider is which member."""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called when any of it changes."""

    def put_out(self, declared: Inventory) -> Awaitable[None]:
        """End what no longer holds; raise StoreUnavailable."""


class PuttingOut:
    """Looks whenever what decides about it has changed.

    Until it has been done, nobody goes by a name that two people could claim: the effective inventory sees to that.
    """

    def __init__(self, wanted: Wanted, links: Links) -> None:
        self._wanted = wanted
        self._links = links
        self._changed = asyncio.Event()
        wanted.followers.append(lambda _: self._changed.set())
        links.on_change(self._changed.set)

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        """Put out whom must be, until cancelled."""
        done: object = None
        while True:
            self._changed.clear()
            seen = self._seen()
            try:
                if seen != done:
                    await self._links.put_out(self._wanted.inventory)
                    done = seen
            except StoreUnavailable:  # logged where it arose
                await sleep(RETRY_SECONDS)
                continue
            await self._changed.wait()

    def _seen(self) -> object:
        """Return all that decides: the provider, the members, and who is linked to whom."""
        declared = self._wanted.inventory
        links = {
            (one.issuer, one.subject, one.member, one.origin, _told(one))
            for one in self._links.links()
        }
        return declared.auth.oidc, declared.members, links


def _told(link: Link) -> object:
    return link.groups if link.origin is Origin.ADMITTED else None
