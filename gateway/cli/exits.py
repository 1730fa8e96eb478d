"""Exit codes, and the failures that lead to them."""

from enum import IntEnum

from gateway.errors import ConfigurationInvalid, GatewayError


class Exit(IntEnum):
    """What a command ends with."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_LOGGED_IN = 4
    NOT_ALLOWED = 5
    NO_SUCH_THING = 6
    UNREACHABLE = 7
    TIMED_OUT = 8
    CONFIGURATION = 78  # EX_CONFIG of sysexits.h

    @property
    def meaning(self) -> str:
        """What it means, in words."""
        return self.name.lower().replace("_", " ").replace("ok", "all went well")


class CommandFailed(GatewayError):
    """A command can't do what it was asked; ``code`` is what it ends with."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code


def exit_code(failure: GatewayError) -> Exit:
    """Return what a command that met ``failure`` ends with."""
    match failure:
        case CommandFailed():
            return failure.code
        case ConfigurationInvalid():
            return Exit.CONFIGURATION
        case _:
            return Exit.FAILURE
