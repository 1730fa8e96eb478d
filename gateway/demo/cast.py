"""The people of the demo, and who of them may use whose notebook."""

import secrets
from dataclasses import dataclass
from typing import Final

from gateway.core.names import MemberName

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike when somebody types them from a screen."""


@dataclass(frozen=True, slots=True)
class Researcher:
    """One of the demo's members, who is a login and the owner of a notebook as well."""

    name: MemberName
    full_name: str
    groups: tuple[str, ...] = ()
    admin: bool = False
    lets_in: tuple[str, ...] = ()
    may_open: tuple[str, ...] = ()
    """The notebooks that the grants come to; told to the audience."""


RESEARCHERS: Final = (
    Researcher(
        MemberName("alice"),
        "Alice Liddell",
        groups=("lab",),
        lets_in=("group:lab",),
        may_open=("alice", "bob"),
    ),
    Researcher(
        MemberName("bob"),
        "Bob Example",
        groups=("lab",),
        admin=True,
        lets_in=("alice",),
        may_open=("alice", "bob"),
    ),
    Researcher(MemberName("carol"), "Carol Example", may_open=("carol",)),
)
"""Alice lets the lab in, Bob lets Alice in, Carol nobody."""


def new_password() -> str:
    """Return a random password that can be read out: 14 characters, about 59 bits."""
    word = "".join(secrets.choice(LETTERS) for _ in range(12))
    return "-".join((word[:4], word[4:8], word[8:]))
