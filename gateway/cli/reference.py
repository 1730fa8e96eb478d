"""``gateway reference``: writes docs/reference from the code; for those who build the documentation."""

import json
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup


def reference(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path("docs/reference"),
) -> None:
    """Write the reference of configuration, commands and diagnosis into FOLDER."""
    from gateway.cli.describing import commands_page, configuration_page  # noqa: PLC0415 - pydantic: 0.1 s
    from gateway.cli.diagnosis_page import diagnosis_page  # noqa: PLC0415 - as above
    from gateway.config import schema  # noqa: PLC0415 - as above

    root = context.find_root().command
    if not isinstance(root, TyperGroup):
        raise TypeError(root)
    folder.mkdir(parents=True, exist_ok=True)
    described = json.dumps(schema(), indent=2, ensure_ascii=False)
    (folder / "gateway.schema.json").write_text(described + "\n")
    (folder / "configuration.md").write_text(configuration_page())
    (folder / "diagnosis.md").write_text(diagnosis_page())
    (folder / "commands.md").write_text(commands_page(root))
