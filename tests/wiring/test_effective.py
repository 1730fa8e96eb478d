"""gateway.wiring.effective: shares come into force and end, each told as one new inventory."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.core.grants import Level, level_of
from gateway.core.inventory import Inventory
from gateway.core.linking import Link, Origin, link_of
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.provider_answer import Arrival
from gateway.core.sharing import Share, Shared, ShareId
from gateway.wiring.effective import Effective
from gateway.wiring.wanted import Wanted

pytestmark = pytest.mark.anyio

FILE = """
version: 1
server: {listen: "127.0.0.1:8000", public_url: "http://localhost:8000"}
remotes:
  lab: {host: lab, agent: true, host_key_policy: accept-new}
notebooks:
  alice: {remote: lab, login: alice, port: 7001}
members:
  alice: {}
  bob: {}
"""
ALICE, BOB = MemberName("alice"), MemberName("bob")
NOTEBOOK = NotebookName("alice")


class FakeShares:
    """Shares that the test gives and takes."""

    def __init__(self) -> None:
        self.given = Shared()
        self.out: frozenset[MemberName] = frozenset()
        self.linked: tuple[Link, ...] = ()
        self.tell: Callable[[], None] = lambda: None

    def shared(self) -> Shared:
        return self.given

    def disabled(self) -> frozenset[MemberName]:
        return self.out

    def links(self) -> tuple[Link, ...]:
        return self.linked

    def on_change(self, callback: Callable[[], None]) -> None:
        self.tell = callback

    def give(self, *shares: Share) -> None:
        self.given = Shared(shares=shares)
        self.tell()

    def disable(self, *members: MemberName) -> None:
        self.out = frozenset(members)
        self.tell()


class Following:
    """Notes each inventory that it is told of."""

    def __init__(self, effective: Effective) -> None:
        self.seen: list[Inventory] = []
        self._told = asyncio.Event()
        effective.followers.append(self._follow)

    def _follow(self, inventory: Inventory) -> None:
        self.seen.append(inventory)
        self._told.set()

    async def next(self) -> Inventory:
        async with asyncio.timeout(5):
            await self._told.wait()
        self._told.clear()
        return self.seen[-1]


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    file = tmp_path / "gateway.yaml"
    file.write_text(FILE)
    return Wanted(file, {})


def share(until: float) -> Share:
    return Share(ShareId("share:1"), NOTEBOOK, Level.USE, ALICE, 0.0, until, member=BOB)


async def test_a_share_is_in_force_at_once_and_taken_back_at_once(wanted: Wanted) -> None:
    shares = FakeShares()
    effective = Effective(wanted, shares, clock=lambda: 1000.0)
    following = Following(effective)

    shares.give(share(until=2000.0))
    assert level_of(effective.inventory, BOB, NOTEBOOK) is Level.USE
    shares.give()

    assert [level_of(seen, BOB, NOTEBOOK) for seen in following.seen] == [Level.USE, None]


async def test_what_changes_nothing_is_no_news(wanted: Wanted) -> None:
    shares = FakeShares()
    following = Following(Effective(wanted, shares, clock=lambda: 1000.0))

    shares.tell()
    shares.give(share(until=500.0))

    assert following.seen == []


async def test_a_share_ends_on_time(wanted: Wanted) -> None:
    """Nobody asks and nothing happens: its time is simply over."""
    loop, shares = asyncio.get_running_loop(), FakeShares()
    effective = Effective(wanted, shares, clock=loop.time)
    following = Following(effective)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(effective.run())
        shares.give(share(until=loop.time() + 0.05))
        await following.next()

        inventory = await following.next()

        assert level_of(inventory, BOB, NOTEBOOK) is None
        running.cancel()


async def test_a_share_that_ends_while_it_is_looked_at_ends_on_time(wanted: Wanted) -> None:
    """The clock goes on between two looks at it: what counted at the first is not forgotten at the second."""
    shares, moments = FakeShares(), iter([1000.0, 1000.0, 1999.9, 2000.0, 2000.1, 2000.2])
    effective = Effective(wanted, shares, clock=lambda: next(moments))
    following = Following(effective)
    shares.give(share(until=2000.0))
    await following.next()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(effective.run())

        inventory = await following.next()

        assert level_of(inventory, BOB, NOTEBOOK) is None
        running.cancel()


async def test_a_new_configuration_keeps_the_shares(wanted: Wanted) -> None:
    shares = FakeShares()
    effective = Effective(wanted, shares, clock=lambda: 1000.0)
    following = Following(effective)
    shares.give(share(until=2000.0))

    wanted.path.write_text(FILE + "  carol: {}\n")
    wanted.reload()

    assert MemberName("carol") in following.seen[-1].members
    assert level_of(following.seen[-1], BOB, NOTEBOOK) is Level.USE


@pytest.mark.parametrize("disabled", [ALICE, BOB])
async def test_a_disabled_member_is_no_member_and_their_shares_rest(
    wanted: Wanted, disabled: MemberName
) -> None:
    """At once, whoever of the two it is; and enabled again, all is as it was."""
    shares = FakeShares()
    effective = Effective(wanted, shares, clock=lambda: 1000.0)
    following = Following(effective)
    shares.give(share(until=2000.0))

    shares.disable(disabled)
    out = effective.inventory
    assert disabled not in effective.admitted.members
    shares.disable()

    assert disabled not in out.members
    assert level_of(out, BOB, NOTEBOOK) is None
    assert [level_of(seen, BOB, NOTEBOOK) for seen in following.seen] == [
        Level.USE,
        None,
        Level.USE,
    ]


async def test_who_is_disabled_is_out_from_the_start(wanted: Wanted) -> None:
    shares = FakeShares()
    shares.disable(BOB)

    assert BOB not in Effective(wanted, shares, clock=lambda: 1000.0).inventory.members


async def test_whom_the_provider_brings_is_a_member_to_everybody(wanted: Wanted) -> None:
    """There is one inventory that pages, API and door judge by."""
    oidc = "auth: {oidc: {issuer: 'https://idp.example', client_id: x, admit: [staff]}}\n"
    wanted.path.write_text(FILE + oidc)
    wanted.reload()
    shares, dave = FakeShares(), MemberName("dave")
    effective = Effective(wanted, shares, clock=lambda: 1000.0)
    following = Following(effective)
    staff = frozenset({GroupName("staff")})
    arrival = Arrival("https://idp.example", "s-dave", groups=staff)

    shares.linked = (link_of(arrival, dave, Origin.ADMITTED, 1000.0),)
    shares.tell()
    assert following.seen[-1].members[dave].groups == staff
    wanted.path.write_text(FILE)
    wanted.reload()

    assert dave not in following.seen[-1].members
