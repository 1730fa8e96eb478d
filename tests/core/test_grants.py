"""gateway.core.grants: deny unless granted."""

from dataclasses import replace

import pytest

from gateway.core.grants import Level, level_of
from gateway.core.inventory import (
    Access,
    Address,
    Grantees,
    Inventory,
    Member,
    Notebook,
    PublicUrl,
    Server,
)
from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName

ALICE, BOB, CAROL = MemberName("alice"), MemberName("bob"), MemberName("carol")
LAB = GroupName("lab")
NAME = NotebookName("alice")
NOTEBOOK = Notebook(NAME, RemoteName("lab"), LoginName("alice"), port=7001, owner=ALICE)
INVENTORY = Inventory(
    server=Server(Address("127.0.0.1", 8000), PublicUrl("http", "localhost", 8000)),
    notebooks={NAME: NOTEBOOK},
    members={
        ALICE: Member(ALICE),
        BOB: Member(BOB, groups=frozenset({LAB})),
        CAROL: Member(CAROL, admin=True),
    },
)


def granted(**changes: object) -> Inventory:
    return replace(INVENTORY, notebooks={NAME: replace(NOTEBOOK, **changes)})  # type: ignore[arg-type]


def test_owner_uses() -> None:
    assert level_of(INVENTORY, ALICE, NAME) is Level.USE


@pytest.mark.parametrize("member", [BOB, CAROL, MemberName("nobody")])
def test_nobody_else_by_default(member: MemberName) -> None:
    """No grant, no entry: not for a group's member, not for an administrator, not for a stranger."""
    assert level_of(INVENTORY, member, NAME) is None


@pytest.mark.parametrize(
    "grantees", [Grantees(members=frozenset({BOB})), Grantees(groups=frozenset({LAB}))]
)
def test_grants_reach_members_and_groups(grantees: Grantees) -> None:
    assert level_of(granted(use=grantees), BOB, NAME) is Level.USE
    assert level_of(granted(view=grantees), BOB, NAME) is Level.VIEW
    assert level_of(granted(use=grantees), CAROL, NAME) is None


def test_grants_for_every_notebook() -> None:
    everywhere = replace(INVENTORY, access=Access(use=Grantees(groups=frozenset({LAB}))))

    assert level_of(everywhere, BOB, NAME) is Level.USE


def test_use_beats_view() -> None:
    both = granted(use=Grantees(members=frozenset({BOB})), view=Grantees(groups=frozenset({LAB})))

    assert level_of(both, BOB, NAME) is Level.USE


def test_unknown_notebook_is_closed() -> None:
    assert level_of(INVENTORY, ALICE, NotebookName("al")) is None
