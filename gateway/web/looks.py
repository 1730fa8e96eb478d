"""How pages look: the templates, and the few assets that they need, read once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from gateway.core import sayings
from gateway.web import words

CODE: Final = re.compile(r"`([^`]+)`")
FOLDER: Final = Path(__file__).parent
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file, as it is sent."""

    body: bytes
    media_type: str
    version: str
    """A hash of the body: what goes into the URL, so that browsers may keep it for ever."""


def read_assets(folder: Path = FOLDER / "static") -> Mapping[str, Asset]:
    """Return the static files by name; what is not among them does not exist."""
    files = sorted(path for path in folder.iterdir() if path.suffix in MEDIA_TYPES)
    return {path.name: _asset(path.read_bytes(), path.suffix) for path in files}


def with_code(text: str) -> Markup:
    """Return a sentence in which what stands between backticks is shown as code; all of it is escaped."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped just here


def _asset(body: bytes, suffix: str) -> Asset:
    return Asset(body, MEDIA_TYPES[suffix], sha256(body).hexdigest()[:16])


class Looks:
    """The templates, and the assets they name."""

    def __init__(self) -> None:
        self.assets = read_assets()
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["asset"] = self._asset_url
        self._templates.filters["duration"] = words.duration
        self._templates.filters["day"] = words.day
        self._templates.filters["at"] = words.at
        self._templates.filters["ending"] = words.ending
        self._templates.filters["degraded"] = sayings.degraded
        self._templates.filters["code"] = with_code

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """Return the page; every value in it is escaped."""
        return self._templates.get_template(template).render(context)

    def _asset_url(self, name: str) -> str:
        return f"/-/static/{name}?v={self.assets[name].version}"
