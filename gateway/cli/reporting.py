"""What becomes of a command's failure: words on stderr, and an exit code."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from gateway.cli.exits import exit_code
from gateway.cli.output import say
from gateway.errors import ConfigurationInvalid, GatewayError

Options = ParamSpec("Options")


def reported(command: Callable[Options, None]) -> Callable[Options, None]:
    """Return ``command``, its expected failures reported; any other is a bug, and shows."""

    @wraps(command)
    def reporting(*args: Options.args, **kwargs: Options.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ConfigurationInvalid as invalid:
            for problem in invalid.problems:
                say(problem)
            raise typer.Exit(exit_code(invalid)) from invalid
        except GatewayError as failure:
            say(f"gateway: {failure}")
            raise typer.Exit(exit_code(failure)) from failure

    return reporting
