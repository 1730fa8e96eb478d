"""Pages of a notebook that must be changed: their token taken out, their paths made to hold outside.

A Jupyter whose base URL is ``/`` works under ``/alice/`` when the few places change in which its pages
state a path: the page's configuration, links in tags, and the classic notebook's inline settings. Found by
trying JupyterLab 3 and 4, Notebook 6 and 7 and nbclassic in a browser: scripts, styles and WebSocket
addresses derive from these. What a user wrote (``/files/``, ``/nbconvert/``, attachments) is never touched.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from gateway.core.head import RequestHead, ResponseHead
from gateway.core.mapping import is_mapped, path_outside
from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream

NEVER: Final = (b"/files/", b"/nbconvert/", b"/static/", b"/lab/extensions/", b"/lab/api/themes/")
KERNELSPECS: Final = (b"/api/kernelspecs", b"/kernelspecs")
SHORTEST_TOKEN: Final = 8
"""A shorter one would be found by chance in a page's own words."""

COMMENT: Final = rb"<!--.*?-->"
ELEMENT: Final = rb"<(?P<element>script|style|textarea)\b(?P<inside>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>(?P<text>.*?)</(?P=element)\s*>"
TAG: Final = rb"<[A-Za-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>"
PIECE: Final = re.compile(b"|".join((COMMENT, ELEMENT, TAG)), re.IGNORECASE | re.DOTALL)
ATTRIBUTE: Final = re.compile(
    rb"(?P<before>\s(?P<name>[^\s=>\"'/]+)\s*=\s*(?P<quote>[\"']))(?P<path>.*?)(?P=quote)",
    re.DOTALL,
)
"""Every quoted attribute, so that nothing inside of a value is taken for another one."""
PATH_ATTRIBUTES: Final = frozenset({b"href", b"src", b"action", b"data-base-url"})
CONFIGURATION: Final = re.compile(rb"\sid\s*=\s*[\"']?jupyter-config-data\b", re.IGNORECASE)
HAS_SOURCE: Final = re.compile(rb"\ssrc\s*=", re.IGNORECASE)
INLINE_SETTING: Final = re.compile(
    rb"(?P<before>(?:[\"']?\b(?:baseUrl|custom|custom-preload|nbextensions|kernelspecs)[\"']?\s*:"
    rb"|document\.nbclassicPath\s*=)\s*(?P<quote>[\"']))(?P<path>/(?!/)[^\"'\\]*)(?P=quote)"
)
LOGO: Final = re.compile(
    rb"(?P<before>(?P<quote>\"))(?P<path>/[^\"\\]*kernelspecs/[^\"\\]*)(?P=quote)"
)
PATH_KEYS: Final = frozenset({"baseUrl", "frontendUrl"})


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What is done to one page; call it with the whole body."""

    place: AtNotebook
    upstream: Upstream
    page: bool
    """Whether it is HTML; else it is the JSON of kernel specifications."""

    def __call__(self, body: bytes) -> bytes:
        """Return ``body`` as it goes to the client."""
        if self.upstream.token is not None and len(self.upstream.token) >= SHORTEST_TOKEN:
            body = body.replace(self.upstream.token.encode("latin-1"), b"")
        if not is_mapped(self.place, self.upstream):
            return body
        if not self.page:
            return LOGO.sub(self._moved, body)
        return PIECE.sub(self._piece, body)

    def _piece(self, found: re.Match[bytes]) -> bytes:
        if found["element"] is None:
            whole = found[0]
            return whole if whole.startswith(b"<!--") else ATTRIBUTE.sub(self._attribute, whole)
        inside, text = found["inside"], found["text"]
        start = found.start("text") - found.start()
        opening = ATTRIBUTE.sub(self._attribute, found[0][:start])
        closing = found[0][start + len(text) :]
        if CONFIGURATION.search(inside) is not None:
            text = self._configuration(text)
        elif found["element"].lower() == b"script" and HAS_SOURCE.search(inside) is None:
            text = INLINE_SETTING.sub(self._moved, text)
        return opening + text + closing

    def _configuration(self, text: bytes) -> bytes:
        """Return the page's configuration with its paths moved; what is no JSON object stays."""
        try:
            settings = json.loads(text)
        except ValueError:
            return text
        if not isinstance(settings, dict):
            return text
        moved = {key: self._setting(key, value) for key, value in settings.items()}
        # As Jupyter writes it: inside a script element nothing may look like its end.
        return json.dumps(moved).replace("</", "<\\/").replace("<!--", "<\\u0021--").encode()

    def _setting(self, key: str, value: object) -> object:
        moves = key in PATH_KEYS or (key.startswith("full") and key.endswith("Url"))
        if not moves or not isinstance(value, str) or not value.startswith("/"):
            return value
        return path_outside(self.place, self.upstream, value.encode()).decode()

    def _attribute(self, found: re.Match[bytes]) -> bytes:
        moves = found["name"].lower() in PATH_ATTRIBUTES and found["path"].startswith(b"/")
        return self._moved(found) if moves else found[0]

    def _moved(self, found: re.Match[bytes]) -> bytes:
        moved = path_outside(self.place, self.upstream, found["path"])
        return found["before"] + moved + found["quote"]


def may_be_rewritten(rest: bytes) -> bool:
    """Say whether an answer for the notebook's path ``rest`` might have to be read, so must not be compressed."""
    return not rest.startswith(NEVER)


def rewriting(
    request: RequestHead, response: ResponseHead, place: AtNotebook, upstream: Upstream
) -> Rewrite | None:
    """Return what to do to the body of ``response``; None lets it stream by untouched."""
    changes = upstream.token is not None or is_mapped(place, upstream)
    if not changes or request.method == b"HEAD" or not may_be_rewritten(place.rest):
        return None
    kind = (response.first(b"content-type") or b"").partition(b";")[0].strip().lower()
    page = kind == b"text/html"
    specifications = kind == b"application/json" and place.rest.startswith(KERNELSPECS)
    if not (page or specifications) or not _is_plain(response):
        return None
    return Rewrite(place, upstream, page)


def _is_plain(response: ResponseHead) -> bool:
    """Say whether the body can be read as it comes, and is not meant to be saved."""
    coding = response.first(b"content-encoding")
    disposition = response.first(b"content-disposition") or b""
    return coding in (None, b"identity") and not disposition.lower().startswith(b"attachment")
