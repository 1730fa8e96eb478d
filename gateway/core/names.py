"""The names that people and things go by, and which names may be given."""

import re
from dataclasses import dataclass
from typing import Final, NewType

MemberName = NewType("MemberName", str)
GroupName = NewType("GroupName", str)
NotebookName = NewType("NotebookName", str)
RemoteName = NewType("RemoteName", str)
LoginName = NewType("LoginName", str)

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A name is also a DNS label (RFC 1123, section 2.1), in its one canonical spelling: lower case."""

LOGIN: Final = re.compile(r"[a-z_A-Z0-9][a-zA-Z0-9_.@\\-]{0,63}")
"""A Unix account. It never begins with a dash and holds nothing that a shell or OpenSSH expands."""

RESERVED: Final = frozenset(
    {"admin", "api", "healthz", "livez", "login", "logout", "metrics", "readyz", "static", "www"}
)
"""Names that a person would take for the gateway's own."""


def is_name(text: str) -> bool:
    """Say whether ``text`` may name a notebook, a remote, a member or a group."""
    return NAME.fullmatch(text) is not None and text not in RESERVED


def is_login(text: str) -> bool:
    """Say whether ``text`` may be a login: a Unix account's name and nothing else."""
    return LOGIN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class TunnelId:
    """What tells tunnels apart: one SSH connection for each remote and login."""

    remote: RemoteName
    login: LoginName

    def __str__(self) -> str:
        return f"{self.login}@{self.remote}"
