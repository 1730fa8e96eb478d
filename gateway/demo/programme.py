"""What the audience of the demo is told: the address, the log-ins, and what to try."""

from collections.abc import Mapping

from gateway.core.names import MemberName
from gateway.demo.cast import RESEARCHERS

Passwords = Mapping[MemberName, str]


def programme(port: int, passwords: Passwords) -> str:
    """Return what the audience needs to know: the address, the log-ins and what to try."""
    url = f"http://localhost:{port}"
    width = max(len(text) for text in ("password", *passwords.values()))
    rows = [
        f"    {who.name:8} {passwords[who.name]:{width}}   {', '.join(who.may_open)}"
        for who in RESEARCHERS
    ]
    return "\n".join(
        [
            "",
            f"  The gateway is at {url}",
            "",
            f"    {'member':8} {'password':{width}}   may open",
            *rows,
            "",
            f"  1. Log in as alice, open {url}/alice/ and run hello.ipynb.",
            f"  2. In a private window, log in as bob and open {url}/alice/ too: the same live notebook.",
            "  3. Log in as carol and try the same address: for her it doesn't exist.",
            "",
            "  Ctrl-C stops the demo and leaves nothing behind.",
            "",
        ]
    )
