"""What a new configuration changes in who may do what, in words for the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.core.inventory import Grantees, Inventory, Member


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a new configuration changes."""

    detail: str
    notebook: str = ""
    subject: str = ""


def changes(before: Inventory, after: Inventory) -> Iterator[Change]:
    """Yield what ``after`` changes in members, owners and grants."""
    for member in sorted(before.members.keys() | after.members.keys()):
        old, new = before.members.get(member), after.members.get(member)
        if (words := _words(_of_member(old), _of_member(new))) != "":
            yield Change(words, subject=member)
    for level, was, now in (
        ("use", before.access.use, after.access.use),
        ("view", before.access.view, after.access.view),
    ):
        if (words := _words(_named(level, was), _named(level, now))) != "":
            yield Change(f"every notebook: {words}")
    for notebook in sorted(before.notebooks.keys() | after.notebooks.keys()):
        if (words := _words(_of_notebook(before, notebook), _of_notebook(after, notebook))) != "":
            yield Change(words, notebook=notebook)


def _words(before: set[str], after: set[str]) -> str:
    gone, new = sorted(before - after), sorted(after - before)
    return ", ".join([*(f"no longer {word}" for word in gone), *(f"now {word}" for word in new)])


def _of_member(member: Member | None) -> set[str]:
    if member is None:
        return set()
    admin = {"an administrator"} if member.admin else set()
    known = set() if member.subject is None else {f"{member.subject} at the provider"}
    return {"a member"} | admin | known | {f"in group:{group}" for group in member.groups}


def _of_notebook(inventory: Inventory, name: str) -> set[str]:
    notebook = next((one for key, one in inventory.notebooks.items() if key == name), None)
    if notebook is None:
        return set()
    owner = set() if notebook.owner is None else {f"owned by {notebook.owner}"}
    return {"there"} | owner | _named("use", notebook.use) | _named("view", notebook.view)


def _named(level: str, grantees: Grantees) -> set[str]:
    groups = {f"{level} by group:{group}" for group in grantees.groups}
    return groups | {f"{level} by {member}" for member in grantees.members}
