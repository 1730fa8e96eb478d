"""Running: from the name of a file to a served gateway, and its exit code."""

import asyncio
import logging
import signal
from collections.abc import Mapping
from pathlib import Path

import uvloop

from gateway.store.store import open_store
from gateway.wiring.control import private_socket
from gateway.wiring.gateway import Gateway
from gateway.wiring.logs import configure
from gateway.wiring.wanted import Wanted

log = logging.getLogger(__name__)


def serve(path: Path, environ: Mapping[str, str]) -> None:
    """Run the gateway that ``path`` describes until SIGTERM or SIGINT.

    Raises ConfigurationInvalid, StoreUnavailable, and OSError where the address can't be had.
    """
    wanted = Wanted(path, environ)
    configure(wanted.inventory.log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(wanted, stop_on_signals=True))


async def run(wanted: Wanted, *, stop: asyncio.Event | None = None, stop_on_signals: bool) -> None:
    """Run a gateway until ``stop`` is set, or a signal asks for it."""
    stop = asyncio.Event() if stop is None else stop
    loop = asyncio.get_running_loop()
    with private_socket() as (control, path):
        async with open_store(wanted.inventory.store) as store:
            gateway = Gateway(wanted, store, path)
            if stop_on_signals:
                loop.add_signal_handler(signal.SIGHUP, gateway.reload)
                for number in (signal.SIGTERM, signal.SIGINT):
                    loop.add_signal_handler(number, stop.set)
            await gateway.run(stop, control)
