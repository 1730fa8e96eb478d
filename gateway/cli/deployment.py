"""The deployment that a command acts on: its configuration, its members, its store.

What is heavy (pydantic, SQLAlchemy) is imported where it is needed: ``gateway version`` and completion
take 0.1 s so, and 0.7 s otherwise.
"""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from gateway.cli.exits import CommandFailed, Exit
from gateway.core.inventory import Inventory
from gateway.core.linking import Link, with_links
from gateway.core.names import MemberName
from gateway.core.suggest import did_you_mean

if TYPE_CHECKING:
    from gateway.config import Examined
    from gateway.store.store import Store

PLACES: Final = (Path("/etc/gateway/gateway.yaml"), Path("gateway.yaml"))

Outcome = TypeVar("Outcome")


def find_config(given: Path | None) -> Path:
    """Return the configuration's file; raise CommandFailed where there is none to be found."""
    found = next((place for place in PLACES if place.exists()), None) if given is None else given
    if found is None:
        places = " nor ".join(map(str, PLACES))
        raise CommandFailed(
            Exit.CONFIGURATION, f"there is neither {places}; name one: --config FILE"
        )
    return found


def has_config() -> bool:
    """Say whether there is a configuration in one of the usual places."""
    return any(place.exists() for place in PLACES)


def examined(given: Path | None) -> "Examined":
    """Examine the configuration."""
    from gateway.config import examine, process_environment  # noqa: PLC0415 - see above

    return examine(find_config(given), process_environment())


def inventory(given: Path | None) -> Inventory:
    """Return what the configuration declares; raise ConfigurationInvalid."""
    from gateway.config import load, process_environment  # noqa: PLC0415 - see above

    return load(find_config(given), process_environment())


def everybody(wanted: Inventory) -> Inventory:
    """Return ``wanted`` with those whom the identity provider brings, as the store knows them."""
    return with_links(wanted, links_of(wanted))


def links_of(wanted: Inventory) -> tuple[Link, ...]:
    """Return who at the identity provider is which member."""

    async def asked(store: "Store") -> tuple[Link, ...]:
        return store.links()

    return with_store(wanted, asked)


def known_member(wanted: Inventory, name: str) -> MemberName:
    """Return ``name`` as a member's; raise CommandFailed if ``wanted`` knows none."""
    member = MemberName(name)
    if member not in wanted.members:
        hint = did_you_mean(name, wanted.members)
        raise CommandFailed(Exit.NO_SUCH_THING, f"no member is called {name}{hint}")
    return member


def with_store(wanted: Inventory, act: Callable[["Store"], Awaitable[Outcome]]) -> Outcome:
    """Return what ``act`` makes of the store; it may be open in a running gateway too."""
    from gateway.store.store import open_store  # noqa: PLC0415 - see above

    async def acting() -> Outcome:
        async with open_store(wanted.store) as store:
            store.actor = f"command line ({getpass.getuser()})"
            return await act(store)

    return asyncio.run(acting())
