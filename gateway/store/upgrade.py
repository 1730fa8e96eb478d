"""The schema's version: looked up cheaply, and brought up to date by Alembic's steps."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, inspect, select, table

UPGRADE_LOCK: Final = 0x6777_7374
"""The key of PostgreSQL's advisory lock, so that two gateways don't upgrade at once."""
_VERSION: Final = table("alembic_version", column("version_num"))


def is_newest(connection: Connection) -> bool:
    """Say whether the schema is the newest that we know."""
    # Asked directly, as Alembic would log two lines whenever the command line opens the store.
    if not inspect(connection).has_table(_VERSION.name):
        return False
    held = connection.scalar(select(_VERSION.c.version_num))
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
