"""The configuration: the file, the environment and the secrets → an inventory, or every problem at once."""

from gateway.config.environment import process_environment
from gateway.config.loading import Examined, examine, load
from gateway.config.schema import schema

__all__ = ["Examined", "examine", "load", "process_environment", "schema"]
