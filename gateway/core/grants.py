"""Who may do what: one question, asked for HTTP and WebSocket alike; deny unless granted."""

from enum import StrEnum, auto

from gateway.core.inventory import Grantees, Inventory, Member, Notebook
from gateway.core.names import MemberName, NotebookName


class Level(StrEnum):
    """How much of a notebook a member may have."""

    VIEW = auto()
    USE = auto()


def level_of(inventory: Inventory, member: MemberName, notebook: NotebookName) -> Level | None:
    """Return the most that ``member`` may have of ``notebook``; None is no entry."""
    person, wanted = inventory.members.get(member), inventory.notebooks.get(notebook)
    if person is None or wanted is None:
        return None
    if _may_use(inventory, person, wanted):
        return Level.USE
    if _named(wanted.view, person) or _named(inventory.access.view, person):
        return Level.VIEW
    return None


def _may_use(inventory: Inventory, person: Member, notebook: Notebook) -> bool:
    return (
        notebook.owner == person.name
        or _named(notebook.use, person)
        or _named(inventory.access.use, person)
    )


def _named(grantees: Grantees, person: Member) -> bool:
    return person.name in grantees.members or not grantees.groups.isdisjoint(person.groups)
