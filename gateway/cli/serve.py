"""``gateway serve``: the gateway itself."""

from gateway.cli.deployment import find_config
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config


def serve(config: Config = None) -> None:
    """Run the gateway until SIGTERM; SIGHUP takes the configuration anew."""
    from gateway.config import process_environment  # noqa: PLC0415 - see deployment
    from gateway.wiring.run import serve as run  # noqa: PLC0415 - everything there is: 0.9 s

    path = find_config(config)
    try:
        run(path, process_environment())
    except OSError as exc:
        raise CommandFailed(Exit.FAILURE, f"can't listen: {exc.strerror or exc}") from exc
