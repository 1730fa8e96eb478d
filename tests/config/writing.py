"""Writing configurations for tests: a good one, and what is wrong with a changed one."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from gateway.config import Examined, examine

GOOD = """\
server: {public_url: http://localhost:8000}
remotes:
  lab: {host: lab.example.org, login: gateway, agent: true, host_key_policy: accept-new}
notebooks:
  alice: {remote: lab, port: 7001, use: [group:lab]}
members:
  alice: {groups: [lab]}
  bob: {groups: [lab], admin: true}
"""


def examined(
    directory: Path, text: str | bytes, environ: Mapping[str, str] | None = None
) -> Examined:
    """Write ``text`` to gateway.yaml in ``directory`` and examine it."""
    file = directory / "gateway.yaml"
    file.write_bytes(dedent(text).encode() if isinstance(text, str) else text)
    return examine(file, environ or {})


def problems(
    directory: Path, text: str | bytes, environ: Mapping[str, str] | None = None
) -> list[str]:
    """Return the problems of ``text``, without the directory in front of the file's name."""
    found = examined(directory, text, environ).problems
    return [problem.replace(f"{directory}/", "") for problem in found]
