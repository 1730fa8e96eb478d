"""``gateway healthcheck``: whether the gateway on this machine takes requests."""

import http.client
import ssl
from typing import Final

from gateway.cli.deployment import inventory
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config
from gateway.cli.output import say
from gateway.core.inventory import Server

PATIENCE_SECONDS: Final = 3.0
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on, not listening


def healthcheck(config: Config = None) -> None:
    """Ask the gateway on this machine whether it is ready; for containers."""
    server = inventory(config).server
    try:
        status, answer = _ask(server)
    except TimeoutError as exc:
        message = f"no answer within {PATIENCE_SECONDS:.0f} s"
        raise CommandFailed(Exit.TIMED_OUT, message) from exc
    except (OSError, http.client.HTTPException) as exc:
        raise CommandFailed(Exit.UNREACHABLE, f"can't be reached: {exc}") from exc
    if status != http.client.OK:
        raise CommandFailed(Exit.FAILURE, f"not ready ({status}): {answer}")
    say("ready")


def _ask(server: Server) -> tuple[int, str]:
    connection = _connection(server)
    try:
        connection.request("GET", "/-/readyz", headers={"Host": server.public_url.authority})
        response = connection.getresponse()
        return response.status, response.read(200).decode(errors="replace").strip()
    finally:
        connection.close()


def _connection(server: Server) -> http.client.HTTPConnection:
    host, port = _LOOPBACK.get(server.listen.host, server.listen.host), server.listen.port
    if server.tls is None:
        return http.client.HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
    # On this machine nobody is in between, and the certificate names the public host, not loopback.
    context = ssl._create_unverified_context()  # noqa: S323, SLF001 - as said
    return http.client.HTTPSConnection(host, port, timeout=PATIENCE_SECONDS, context=context)
