"""Reaching a gateway: what becomes of the network's failures, and of answers that no gateway gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from gateway.cli.exits import CommandFailed, Exit

if TYPE_CHECKING:
    from httpx2 import Response

TIMEOUT_SECONDS: Final = 10.0
_BAD_REQUEST: Final = 400
_REDIRECTS: Final = range(300, 400)

Document: TypeAlias = dict[str, object]


@contextmanager
def reaching(url: str, *, patience_seconds: float) -> Iterator[None]:
    """Have whatever fails on the way to ``url`` become a CommandFailed."""
    import httpx2  # noqa: PLC0415 - 0.1 s that only some commands need

    try:
        yield
    except httpx2.TimeoutException as exc:
        message = f"{url} did not answer within {patience_seconds:.0f} s"
        raise CommandFailed(Exit.TIMED_OUT, message) from exc
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        raise CommandFailed(Exit.UNREACHABLE, f"can't reach {url}: {exc}") from exc


def json_in(answer: "Response") -> object:
    """Return the JSON that was answered; None where a refusal has none; raise CommandFailed for what is no gateway."""
    if answer.status_code in _REDIRECTS:
        there = answer.headers.get("Location", "elsewhere")
        raise CommandFailed(Exit.FAILURE, f"{answer.url} leads to {there}: is that the gateway?")
    try:
        content: object = answer.json()
    except ValueError as exc:
        if answer.status_code < _BAD_REQUEST:
            raise CommandFailed(Exit.FAILURE, f"{answer.url.host} is no gateway") from exc
        return None
    return content
