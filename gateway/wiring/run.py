"""Running: from the name of a file to a served gateway."""

import asyncio
import logging
import signal
from pathlib import Path

import uvloop

from gateway.config import process_environment
from gateway.errors import GatewayError
from gateway.store.store import open_store
from gateway.wiring.control import private_socket
from gateway.wiring.files import make_room
from gateway.wiring.gateway import Gateway
from gateway.wiring.logs import configure
from gateway.wiring.wanted import Wanted

log = logging.getLogger(__name__)


def serve(path: Path) -> int:
    """Run the gateway that ``path`` describes until SIGTERM or SIGINT, and return the exit code.

    Raises ConfigurationInvalid; whatever else stands in the way is logged.
    """
    wanted = Wanted(path, process_environment())
    configure(wanted.inventory.log)
    make_room(wanted.inventory.server.limits)
    failed = False
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(wanted))
    except* (GatewayError, OSError) as group:
        for failure in leaves(group):
            log.error("the gateway can't run: %s", failure)  # noqa: TRY400 - expected, so without a trace
        failed = True
    return int(failed)


async def _serve(wanted: Wanted) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with private_socket() as (control, path):
        lifetimes = wanted.inventory.auth.sessions
        async with open_store(wanted.inventory.store, lifetimes=lifetimes) as store:
            gateway = Gateway(wanted, store, path)
            loop.add_signal_handler(signal.SIGHUP, gateway.reload)
            await gateway.run(stop, control)


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """Return the exceptions in ``group``, however deep."""
    found: list[BaseException] = []
    for exc in group.exceptions:
        found += leaves(exc) if isinstance(exc, BaseExceptionGroup) else [exc]
    return found
