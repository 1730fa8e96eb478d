"""Disabled members: out of the inventory that everything is decided by, as if nobody had declared them.

So one fact closes every way in: no session or token of theirs finds a member, no grant names them, and
what they have shared was given by nobody. Their notebooks stay, for those whom the configuration lets in.
"""

from collections.abc import Collection
from dataclasses import replace

from gateway.core.inventory import Inventory
from gateway.core.names import MemberName


def without(declared: Inventory, disabled: Collection[MemberName]) -> Inventory:
    """Return ``declared`` without the members that are disabled."""
    out = declared.members.keys() & set(disabled)
    if not out:
        return declared
    members = {name: member for name, member in declared.members.items() if name not in out}
    return replace(declared, members=members)
