"""The embedded demo: all that the gateway needs to be shown on one machine, without Docker."""

from gateway.demo.run import main

__all__ = ["main"]
