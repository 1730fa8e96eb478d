"""The schema's version: looked up cheaply, and brought up to date by Alembic's steps."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

UPGRADE_LOCK: Final = 0x6777_7374
"""The key of PostgreSQL's advisory lock, so that two gateways don't upgrade at once."""


def is_newest(connection: Connection) -> bool:
    """Say whether the schema is the newest that we know."""
    held = MigrationContext.configure(connection).get_current_revision()
    return held == ScriptDirectory.from_config(_config()).get_current_head()


def upgrade(connection: Connection) -> None:
    """Run the steps that are missing, in the transaction that ``connection`` is in."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
