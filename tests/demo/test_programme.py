"""gateway.demo.programme: what is printed is true."""

from gateway.core.grants import Level, level_of
from gateway.core.inventory import (
    Address,
    Grantees,
    Inventory,
    Member,
    Notebook,
    PublicUrl,
    Server,
)
from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName
from gateway.demo.cast import RESEARCHERS
from gateway.demo.programme import programme

SERVER = Server(Address("127.0.0.1", 8000), PublicUrl("http", "localhost", 8000))


def grantees(lets_in: tuple[str, ...]) -> Grantees:
    groups = frozenset(GroupName(name[6:]) for name in lets_in if name.startswith("group:"))
    members = frozenset(MemberName(name) for name in lets_in if not name.startswith("group:"))
    return Grantees(members, groups)


def test_what_is_said_to_be_open_is_what_the_grants_come_to() -> None:
    """The third column is what the gateway will decide from the demo's configuration."""
    notebooks = {
        NotebookName(who.name): Notebook(
            NotebookName(who.name),
            RemoteName("lab"),
            LoginName(who.name),
            owner=who.name,
            use=grantees(who.lets_in),
        )
        for who in RESEARCHERS
    }
    members = {
        who.name: Member(who.name, groups=frozenset(map(GroupName, who.groups)))
        for who in RESEARCHERS
    }
    inventory = Inventory(SERVER, notebooks=notebooks, members=members)

    for who in RESEARCHERS:
        open_to = [name for name in notebooks if level_of(inventory, who.name, name) is Level.USE]
        assert tuple(open_to) == who.may_open


def test_says_where_and_with_what_to_log_in() -> None:
    """Address and every password are there, each in the line of its member."""
    passwords = {who.name: f"secret-of-{who.name}" for who in RESEARCHERS}

    text = programme(8001, passwords)

    assert "http://localhost:8001\n" in text
    for who in RESEARCHERS:
        assert f"    {who.name:8} secret-of-{who.name}" in text
