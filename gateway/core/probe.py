"""Reading what a notebook and its files say of themselves; nothing here is believed unread.

Jupyter tells its version at ``/api`` without credentials, and names its base URL in the report-uri of
the Content-Security-Policy that every answer carries, a 404 too. At each start it writes
``jpserver-PID.json`` (Notebook 6: ``nbserver-PID.json``) into the login's runtime directory.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.inventory import Notebook

REPORT: Final = "api/security/csp-report"
REPORT_URI: Final = re.compile(r"report-uri\s+(\S*?)" + re.escape(REPORT))
BASE_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-]+/)*")
VERSION: Final = re.compile(r"[0-9A-Za-z.+-]{1,40}")
TOKEN: Final = re.compile(r"[\x21-\x7e]{1,512}")
RUNTIME_FILE: Final = re.compile(r"(?:jp|nb)server-[0-9]{1,10}\.json")
MOST_CANDIDATES: Final = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a probe: what matters of it."""

    status: int
    policies: tuple[str, ...] = ()
    """The Content-Security-Policy headers."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer at ``…/api`` gives away."""

    jupyter: bool = False
    version: str | None = None
    base_path: str = "/"


@dataclass(frozen=True, slots=True)
class RuntimeFile:
    """What Jupyter wrote about one running server."""

    changed_at: float
    port: int
    socket: str
    base_path: str
    token: str
    secure: bool


def read_api(answer: Answer) -> Found:
    """Say what the answer to ``GET …/api`` gives away."""
    version = _version(answer)
    bases = (match[1] for text in answer.policies for match in REPORT_URI.finditer(text))
    base_path = next((base for base in bases if BASE_PATH.fullmatch(base)), None)
    return Found(version is not None or base_path is not None, version, base_path or "/")


def is_runtime_file(name: str) -> bool:
    """Say whether a file's name is that of a server's runtime file."""
    return RUNTIME_FILE.fullmatch(name) is not None


def read_runtime_file(text: bytes, changed_at: float) -> RuntimeFile | None:
    """Read a runtime file; None when it is not one."""
    fields = _object(text)
    port, token = fields.get("port"), fields.get("token", "")
    if not isinstance(port, int) or not isinstance(token, str):
        return None
    return RuntimeFile(
        changed_at=changed_at,
        port=port,
        socket=str(fields.get("sock") or ""),
        base_path=str(fields.get("base_url") or "/"),
        token=token,
        secure=fields.get("secure") is True,
    )


def candidates(files: Iterable[RuntimeFile], notebook: Notebook, base_path: str) -> Sequence[str]:
    """Return the tokens that may be ``notebook``'s, the likeliest first.

    Files of servers that died stay behind; the newest is the likeliest to be of the living one.
    """
    fitting = [
        file
        for file in files
        if serves(file, notebook) and file.base_path == base_path and TOKEN.fullmatch(file.token)
    ]
    newest_first = sorted(fitting, key=lambda file: file.changed_at, reverse=True)
    return [file.token for file in newest_first][:MOST_CANDIDATES]


def read_token(text: str) -> str | None:
    """Return the token that a token file holds; None when it holds none that could be sent."""
    token = text.strip()
    return token if TOKEN.fullmatch(token) else None


def serves(file: RuntimeFile, notebook: Notebook) -> bool:
    """Say whether a runtime file is of a server at ``notebook``'s place."""
    if notebook.socket is not None:
        return file.socket == notebook.socket
    return not file.socket and file.port == notebook.port


def _version(answer: Answer) -> str | None:
    version = _object(answer.body).get("version") if answer.status == 200 else None  # noqa: PLR2004  HTTP's own number
    return version if isinstance(version, str) and VERSION.fullmatch(version) else None


def _object(text: bytes) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
