"""gateway.core.disabled: who is disabled is no member, and all else follows."""

from dataclasses import replace

import pytest

from gateway.core.disabled import without
from gateway.core.grants import Level, level_of
from gateway.core.inventory import Grantees
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import Share, ShareId, counts, effective, may_grant
from tests.core.test_sharing import ALICE, BOB, CAROL, LATER, NOTEBOOK, NOW, ROOT, declared, share


def level(
    member: MemberName, disabled: MemberName, *given: Share, notebook: NotebookName = NOTEBOOK
) -> Level | None:
    return level_of(effective(without(declared(), {disabled}), given, NOW), member, notebook)


def test_nobody_disabled_changes_nothing() -> None:
    wanted = declared()

    assert without(wanted, ()) is wanted
    assert without(wanted, {MemberName("gone")}) is wanted


def test_a_disabled_member_s_own_notebook_is_closed_to_them() -> None:
    assert level(ALICE, BOB) is Level.USE
    assert level(ALICE, ALICE) is None


def test_a_disabled_member_has_no_declared_grant() -> None:
    other = NotebookName("other")

    assert level(BOB, CAROL, notebook=other) is Level.VIEW
    assert level(BOB, BOB, notebook=other) is None


@pytest.mark.parametrize("disabled", [ALICE, BOB])
def test_a_share_by_or_to_a_disabled_member_does_not_count(disabled: MemberName) -> None:
    assert level(BOB, CAROL, share()) is Level.USE
    assert level(BOB, disabled, share()) is None
    assert not counts(without(declared(), {disabled}), share(), NOW)


def test_a_disabled_member_is_out_of_shared_groups() -> None:
    to_group = Share(ShareId("s"), NOTEBOOK, Level.USE, ALICE, 0.0, LATER, group=GroupName("lab"))

    assert level(CAROL, BOB, to_group) is Level.USE
    assert level(CAROL, CAROL, to_group) is None


def test_a_disabled_administrator_may_give_nothing() -> None:
    assert may_grant(declared(), ROOT, NOTEBOOK)
    assert not may_grant(without(declared(), {ROOT}), ROOT, NOTEBOOK)
    assert level(BOB, ROOT, share(by=ROOT)) is None


def test_others_in_the_notebook_stay() -> None:
    """Alice's notebook goes on for those whom the configuration lets in."""
    wanted = declared()
    notebooks = {**wanted.notebooks}
    notebooks[NOTEBOOK] = replace(notebooks[NOTEBOOK], use=Grantees(members=frozenset({CAROL})))

    out = without(replace(wanted, notebooks=notebooks), {ALICE})

    assert level_of(out, CAROL, NOTEBOOK) is Level.USE
    assert level_of(out, ALICE, NOTEBOOK) is None
