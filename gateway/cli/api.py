"""Asking a running gateway: its REST API, with a member's token."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

from gateway.cli.exits import CommandFailed, Exit

if TYPE_CHECKING:
    from httpx2 import Response

TIMEOUT_SECONDS: Final = 10.0
_BAD_REQUEST: Final = 400
_CODES: Final = {401: Exit.NOT_LOGGED_IN, 403: Exit.NOT_ALLOWED, 404: Exit.NO_SUCH_THING}

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Api:
    """A running gateway, and who asks it."""

    url: str
    token: str

    def notebooks(self) -> list[Document]:
        """Return the notebooks that the member may open."""
        found = self._get("notebooks")
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def notebook(self, name: str) -> Document:
        """Return one notebook; raise CommandFailed."""
        found = self._get(f"notebooks/{quote(name, safe='')}")
        if not isinstance(found, dict):
            raise CommandFailed(Exit.FAILURE, f"{self.url} answered what no gateway does")
        return found

    def beneath(self, path: object) -> str:
        """Return the whole URL of ``path``."""
        return urljoin(self.url + "/", str(path))

    def _get(self, path: str) -> object:
        import httpx2  # noqa: PLC0415 - 0.1 s that only these commands need

        try:
            answer = httpx2.get(
                f"{self.url}/-/api/v1/{path}",
                headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"},
                timeout=TIMEOUT_SECONDS,
            )
        except httpx2.TimeoutException as exc:
            message = f"{self.url} did not answer within {TIMEOUT_SECONDS:.0f} s"
            raise CommandFailed(Exit.TIMED_OUT, message) from exc
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise CommandFailed(Exit.UNREACHABLE, f"can't reach {self.url}: {exc}") from exc
        return _content(answer)


def api(url: str | None, token: str | None, token_file: Path | None) -> Api:
    """Return the gateway to ask; raise CommandFailed that says what to do where it isn't known."""
    if url is None:
        raise CommandFailed(Exit.NOT_LOGGED_IN, "which gateway? set GATEWAY_URL, or pass --url")
    if token_file is not None:
        token = _read(token_file)
    if not token:
        message = "who are you? set GATEWAY_TOKEN, or pass --token-file; `gateway tokens create` makes one"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message)
    return Api(url.rstrip("/"), token)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as exc:
        message = f"can't read the token in {file}: {exc.strerror or exc}"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message) from exc


def _content(answer: "Response") -> object:
    status = answer.status_code
    try:
        content: object = answer.json()
    except ValueError as exc:
        if status < _BAD_REQUEST:
            raise CommandFailed(Exit.FAILURE, f"{answer.url.host} is no gateway") from exc
        content = None
    if status >= _BAD_REQUEST:
        detail = content.get("detail") if isinstance(content, dict) else None
        raise CommandFailed(_CODES.get(status, Exit.FAILURE), f"{detail or 'refused'} ({status})")
    return content
