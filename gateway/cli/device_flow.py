"""Logging in by a code that somebody types into a browser anywhere (RFC 8628)."""

from collections.abc import Callable
from typing import Final

from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.output import printable, say
from gateway.cli.terminal import Begun, Refused, Terminal

GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_SECONDS: Final = 5.0

Sleep = Callable[[float], None]


def log_in_by_code(terminal: Terminal, *, sleep: Sleep) -> str:
    """Show a code, wait until somebody has decided, and return the token; raise CommandFailed."""
    begun = terminal.begin()
    say(f"Open {printable(begun.page)} in a browser, and type this code:")
    say(f"\n    {printable(begun.user_code)}\n")
    say(f"or open {printable(begun.page_with_code)}")
    say(
        f"Waiting for you to decide there; the code ends in {begun.lasts_seconds / 60:.0f} minutes."
    )
    return _awaited(terminal, begun, sleep)


def _awaited(terminal: Terminal, begun: Begun, sleep: Sleep) -> str:
    interval, waited = begun.interval_seconds, 0.0
    while waited < begun.lasts_seconds:
        sleep(interval)
        waited += interval
        try:
            return terminal.fetch(GRANT, device_code=begun.device_code)
        except CommandFailed as failure:
            interval += _slower(failure, interval)
    raise CommandFailed(Exit.TIMED_OUT, "not logged in: nobody decided in time; run it again")


def _slower(failure: CommandFailed, interval: float) -> float:
    """Return how much longer to wait from now on; raise ``failure`` if waiting is over."""
    if isinstance(failure, Refused) and failure.error == "authorization_pending":
        return 0.0
    if isinstance(failure, Refused) and failure.error == "slow_down":
        return SLOWER_SECONDS
    if failure.code in {Exit.UNREACHABLE, Exit.TIMED_OUT} and not isinstance(failure, Refused):
        return interval  # a line that is down for a while (RFC 8628, section 3.5)
    raise failure
