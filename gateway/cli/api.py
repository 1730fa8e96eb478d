"""Asking a running gateway: its REST API, with a member's token."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.reaching import TIMEOUT_SECONDS, Document, json_in, reaching
from gateway.cli.stored import stored

if TYPE_CHECKING:
    from httpx2 import Response

DIAGNOSIS_SECONDS: Final = 100.0
"""Longer than the gateway lets a diagnosis take."""
_NO_CONTENT: Final = 204
_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_CODES: Final = {401: Exit.NOT_LOGGED_IN, 403: Exit.NOT_ALLOWED, 404: Exit.NO_SUCH_THING}


@dataclass(frozen=True, slots=True)
class Api:
    """A running gateway, and who asks it."""

    url: str
    token: str
    stored: bool = False
    """Whether the token is that of ``gateway login``."""

    def notebooks(self) -> list[Document]:
        """Return the notebooks that the member may open."""
        found = self._ask("GET", "notebooks")
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def notebook(self, name: str) -> Document:
        """Return one notebook; raise CommandFailed."""
        return self._document("GET", f"notebooks/{quote(name, safe='')}")

    def beneath(self, path: object) -> str:
        """Return the whole URL of ``path``."""
        return urljoin(self.url + "/", str(path))

    def access(self, name: str) -> Document:
        """Return who may open a notebook of the member's; raise CommandFailed."""
        return self._document("GET", f"notebooks/{quote(name, safe='')}/access")

    def share(self, name: str, wish: Document) -> Document:
        """Share a notebook of the member's; raise CommandFailed."""
        return self._document("POST", f"notebooks/{quote(name, safe='')}/shares", wish)

    def make_link(self, name: str, wish: Document) -> Document:
        """Make a link to a notebook of the member's; raise CommandFailed."""
        return self._document("POST", f"notebooks/{quote(name, safe='')}/links", wish)

    def take_back(self, name: str, kind: str, given: str) -> None:
        """Take a share or a link back; raise CommandFailed."""
        path = f"notebooks/{quote(name, safe='')}/{kind}/{quote(given, safe='')}"
        self._ask("DELETE", path)

    def diagnosis(self, name: str, tell: Callable[[Document], None]) -> Document:
        """Have the gateway walk the way to a notebook, telling each finding; return all; raise CommandFailed."""
        path = f"notebooks/{quote(name, safe='')}/diagnosis/lines"
        for line in self._lines(path):
            if isinstance(finding := line.get("finding"), dict):
                tell(finding)
            elif isinstance(found := line.get("diagnosis"), dict):
                return found
            else:
                raise CommandFailed(Exit.NO_SUCH_THING, str(line.get("detail")))
        raise CommandFailed(Exit.UNREACHABLE, f"{self.url} ended in the middle of the diagnosis")

    def _lines(self, path: str) -> Iterator[Document]:
        """Yield the documents of an answer that comes line by line."""
        import httpx2  # noqa: PLC0415 - as below

        with (
            reaching(self.url, patience_seconds=DIAGNOSIS_SECONDS),
            httpx2.stream(
                "POST", self._place(path), headers=self._headers, json={}, timeout=DIAGNOSIS_SECONDS
            ) as answer,
        ):
            if answer.status_code >= _BAD_REQUEST:
                answer.read()
                self._content(answer)
            for line in answer.iter_lines():
                yield _parsed(line, self.url)

    def _document(self, method: str, path: str, content: Document | None = None) -> Document:
        found = self._ask(method, path, content)
        if not isinstance(found, dict):
            raise CommandFailed(Exit.FAILURE, f"{self.url} answered what no gateway does")
        return found

    def me(self) -> Document:
        """Return who the member is, and what the token is; raise CommandFailed."""
        return self._document("GET", "me")

    def revoke(self, credential: str) -> None:
        """Revoke a token of the member's; raise CommandFailed."""
        self._ask("DELETE", f"me/tokens/{quote(credential, safe='')}")

    def _ask(self, method: str, path: str, content: Document | None = None) -> object:
        import httpx2  # noqa: PLC0415 - 0.1 s that only these commands need

        with reaching(self.url, patience_seconds=TIMEOUT_SECONDS):
            answer = httpx2.request(
                method,
                self._place(path),
                headers=self._headers,
                json=content,
                timeout=TIMEOUT_SECONDS,
            )
        return self._content(answer)

    def _place(self, path: str) -> str:
        return f"{self.url}/-/api/v1/{path}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def _content(self, answer: "Response") -> object:
        if answer.status_code == _UNAUTHORIZED and self.stored:
            message = f"your log-in at {self.url} has ended; run: gateway login {self.url}"
            raise CommandFailed(Exit.NOT_LOGGED_IN, message)
        return _content(answer)


def api(url: str | None, token: str | None, token_file: Path | None) -> Api:
    """Return the gateway to ask: as it is given, else as this terminal is logged in; raise CommandFailed.

    A token that is given goes to the gateway that is given with it, and to no other.
    """
    if token_file is not None:
        token = _read(token_file)
    if not token:
        return _logged_in(url)
    if url is None:
        message = "which gateway is the token for? set GATEWAY_URL, or pass --url"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message)
    return Api(url.rstrip("/"), token)


def _logged_in(url: str | None) -> Api:
    held = stored(url)
    if held is not None and held.token is not None:
        return Api(held.url, held.token, stored=True)
    otherwise = "set GATEWAY_URL and GATEWAY_TOKEN, or pass --url and --token-file"
    where = (
        "which gateway? run: gateway login URL"
        if url is None
        else f"not logged in at {url}; run: gateway login {url}"
    )
    raise CommandFailed(Exit.NOT_LOGGED_IN, f"{where}; or {otherwise}")


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as exc:
        message = f"can't read the token in {file}: {exc.strerror or exc}"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message) from exc


def _parsed(line: str, url: str) -> Document:
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise CommandFailed(Exit.FAILURE, f"{url} answered what no gateway does")
    return document


def _content(answer: "Response") -> object:
    status = answer.status_code
    if status == _NO_CONTENT:
        return None
    content = json_in(answer)
    if status >= _BAD_REQUEST:
        detail = content.get("detail") if isinstance(content, dict) else None
        raise CommandFailed(_CODES.get(status, Exit.FAILURE), f"{detail or 'refused'} ({status})")
    return content
