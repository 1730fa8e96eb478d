"""gateway.core.reloads: what a new configuration changes in who may do what."""

from dataclasses import replace

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
from gateway.core.reloads import Change, changes

ALICE, BOB, LAB = MemberName("alice"), MemberName("bob"), GroupName("lab")
NAME = NotebookName("alice")
NOTEBOOK = Notebook(
    NAME,
    RemoteName("lab"),
    LoginName("alice"),
    port=1,
    owner=ALICE,
    use=Grantees(frozenset({BOB}), frozenset({LAB})),
)
BEFORE = Inventory(
    Server(Address("localhost", 0), PublicUrl("http", "localhost", 80)),
    members={ALICE: Member(ALICE), BOB: Member(BOB, groups=frozenset({LAB}))},
    notebooks={NAME: NOTEBOOK},
)


def test_nothing_changed_is_nothing_said() -> None:
    assert list(changes(BEFORE, replace(BEFORE, store="elsewhere"))) == []


def test_a_grant_that_is_taken_out_and_one_that_is_put_in() -> None:
    notebook = replace(NOTEBOOK, use=Grantees(groups=frozenset({LAB})), view=Grantees(frozenset({BOB})))  # fmt: skip

    after = replace(BEFORE, notebooks={NAME: notebook})

    assert list(changes(BEFORE, after)) == [
        Change("no longer use by bob, now view by bob", notebook="alice")
    ]


def test_members_groups_administrators_and_grants_for_all() -> None:
    members = {ALICE: Member(ALICE, admin=True)}
    access = Access(view=Grantees(groups=frozenset({LAB})))

    after = replace(BEFORE, members=members, access=access, notebooks={})

    assert list(changes(BEFORE, after)) == [
        Change("now an administrator", subject="alice"),
        Change("no longer a member, no longer in group:lab", subject="bob"),
        Change("every notebook: now view by group:lab"),
        Change(
            "no longer owned by alice, no longer there, no longer use by bob, no longer use by group:lab",
            notebook="alice",
        ),
    ]
