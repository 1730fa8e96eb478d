"""The wanted state: the inventory in force, replaced whole when the file changes and is good."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from gateway.config import examine
from gateway.config.showing import effective, written
from gateway.core.inventory import Inventory
from gateway.errors import ConfigurationInvalid

log = logging.getLogger(__name__)


class Wanted:
    """Holds the inventory, and what is wrong with the newest file if it could not be taken."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.path = path
        self._environ = environ
        self.inventory, self.shown = _read(path, environ)
        """The second is the newest file that was taken, defaults filled in, as YAML without secrets."""
        self.problems: tuple[str, ...] = ()
        self.followers: list[Callable[[Inventory], None]] = []
        """Whoever acts on the inventory; called in order with each new one."""

    def reload(self) -> None:
        """Read the file again; a bad one changes nothing, and is shouted and kept to be shown."""
        try:
            wanted, shown = _read(self.path, self._environ)
        except ConfigurationInvalid as exc:
            self.problems = exc.problems
            log.error("%s is not taken, the old configuration stays", self.path)  # noqa: TRY400 - the problems are all there is to say
            for problem in exc.problems:
                log.error("%s", problem)  # noqa: TRY400
            return
        self.problems, self.shown = (), shown
        if (kept := _keeping_what_cannot_change(wanted, self.inventory)) != self.inventory:
            self.inventory = kept
            log.info("%s: new configuration in force", self.path)
            for follow in self.followers:
                follow(kept)


def _read(path: Path, environ: Mapping[str, str]) -> tuple[Inventory, str]:
    """Return the inventory, and what it was made from as text; raise ConfigurationInvalid."""
    found = examine(path, environ)
    if found.inventory is None or found.keys is None:
        raise ConfigurationInvalid(found.problems)
    return found.inventory, written(effective(found.keys), found.document)


def _keeping_what_cannot_change(wanted: Inventory, held: Inventory) -> Inventory:
    """Return ``wanted`` with the listeners and the store of ``held``, which only a restart changes."""
    fixed = replace(
        wanted,
        store=held.store,
        server=replace(
            wanted.server,
            listen=held.server.listen,
            admin_listen=held.server.admin_listen,
            tls=held.server.tls,
        ),
    )
    if fixed != wanted:
        log.warning("server.listen, server.admin_listen, server.tls and store change at a restart")
    return fixed
