"""Shares count until they end, if who gave them may still give them."""

import pytest

from gateway.core.grants import Level, level_of
from gateway.core.inventory import (
    Address,
    Grantees,
    Inventory,
    Member,
    Notebook,
    PublicUrl,
    Remote,
    Server,
)
from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName
from gateway.core.sharing import Share, ShareId, effective, may_grant, next_end

ALICE, BOB, CAROL, ROOT = map(MemberName, ("alice", "bob", "carol", "root"))
LAB = GroupName("lab")
NOTEBOOK, OTHER = NotebookName("alice"), NotebookName("other")
NOW, LATER = 1000.0, 2000.0


def declared(owner: MemberName | None = ALICE) -> Inventory:
    remote = Remote(RemoteName("lab"), "lab.example.org")
    notebooks = [
        Notebook(NOTEBOOK, remote.name, LoginName("alice"), 7001, owner=owner),
        Notebook(
            OTHER,
            remote.name,
            LoginName("other"),
            7002,
            view=Grantees(members=frozenset({BOB})),
        ),
    ]
    members = [
        Member(ALICE),
        Member(BOB),
        Member(CAROL, groups=frozenset({LAB})),
        Member(ROOT, admin=True),
    ]
    return Inventory(
        Server(Address("127.0.0.1", 0), PublicUrl("http", "localhost", 8000)),
        remotes={remote.name: remote},
        notebooks={notebook.name: notebook for notebook in notebooks},
        members={member.name: member for member in members},
    )


def share(
    level: Level = Level.USE,
    *,
    by: MemberName = ALICE,
    member: MemberName | None = BOB,
    group: GroupName | None = None,
    notebook: NotebookName = NOTEBOOK,
) -> Share:
    return Share(ShareId("share:1"), notebook, level, by, 0.0, LATER, member=member, group=group)


@pytest.mark.parametrize(
    ("given", "member", "level"),
    [
        (share(), BOB, Level.USE),
        (share(Level.VIEW), BOB, Level.VIEW),
        (share(), CAROL, None),
        (share(member=None, group=LAB), CAROL, Level.USE),
        (share(member=None, group=LAB), BOB, None),
        (share(by=ROOT), BOB, Level.USE),
        (share(by=CAROL), BOB, None),
        (share(by=MemberName("gone")), BOB, None),
    ],
)
def test_a_share_is_a_grant(given: Share, member: MemberName, level: Level | None) -> None:
    inventory = effective(declared(), [given], NOW)

    assert level_of(inventory, member, NOTEBOOK) is level


def test_a_share_ends_by_itself() -> None:
    just_before, at_the_end = (effective(declared(), [share()], now) for now in (1999.9, LATER))

    assert level_of(just_before, BOB, NOTEBOOK) is Level.USE
    assert level_of(at_the_end, BOB, NOTEBOOK) is None


def test_a_share_ends_with_its_giver_s_right_to_give() -> None:
    """Another owner inherits no promises."""
    inventory = effective(declared(owner=CAROL), [share()], NOW)

    assert level_of(inventory, BOB, NOTEBOOK) is None


def test_what_is_declared_stays() -> None:
    inventory = effective(declared(), [share(), share(Level.VIEW, member=CAROL)], NOW)

    assert level_of(inventory, BOB, OTHER) is Level.VIEW
    assert level_of(inventory, BOB, NOTEBOOK) is Level.USE
    assert level_of(inventory, CAROL, NOTEBOOK) is Level.VIEW


def test_a_share_of_what_is_not_there_counts_for_nothing() -> None:
    assert effective(declared(), [share(notebook=NotebookName("gone"))], NOW) == declared()


def test_owners_and_administrators_share() -> None:
    may = {
        name
        for name in (ALICE, BOB, ROOT, "gone")
        if may_grant(declared(), MemberName(name), NOTEBOOK)
    }

    assert may == {ALICE, ROOT}


def test_the_next_end_is_the_earliest_to_come() -> None:
    assert next_end([share()], NOW) == LATER
    assert next_end([share()], LATER) is None
    assert next_end([], NOW) is None
