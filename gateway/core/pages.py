"""Moves the paths that a page of HTML states, and touches nothing else in it.

The page is cut into its pieces as browsers do it (HTML, section 13.2.5: comments, tags, attributes, and
elements whose text is no markup), so that what merely looks like a link in a script or in a quoted value
stays. Every pattern is possessive and takes a piece without an end for one that ends with the page: no
page, however broken or ill-meant, takes more than one look at each of its bytes.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Move = Callable[[bytes], bytes]
"""Returns a path that begins with a slash as members know it."""

NO_SETTINGS: Final[Mapping[str, object]] = {}

WS: Final = rb"[\t\n\f\r ]"
VALUE: Final = rb"""(?:"(?P<double>[^"]*+)"?+|'(?P<single>[^']*+)'?+|(?P<bare>[^\t\n\f\r >"'][^\t\n\f\r >]*+)|(?=>))"""
ATTRIBUTE: Final = re.compile(
    rb"(?P<name>[^\t\n\f\r />][^\t\n\f\r />=]*+)(?:" + WS + rb"*+=" + WS + rb"*+" + VALUE + rb")?+"
)
_ATTRIBUTES: Final = (
    rb"(?:[\t\n\f\r /]++|" + re.sub(rb"\?P<\w+>", b"?:", ATTRIBUTE.pattern) + rb")*+"
)
_COMMENT: Final = rb"<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?+)"
_TEXT_ONLY: Final = (
    rb"<(?P<element>script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\t\n\f\r />])"
    rb"(?P<attributes>" + _ATTRIBUTES + rb")>"
    rb"(?P<text>(?:[^<]++|<(?!/(?P=element)[\t\n\f\r />]))*+)"
)
_TAG: Final = rb"</?+[A-Za-z][^\t\n\f\r />]*+" + _ATTRIBUTES + rb">?+"
PIECE: Final = re.compile(b"|".join((_COMMENT, _TEXT_ONLY, _TAG)), re.IGNORECASE)

PATH_ATTRIBUTES: Final = frozenset({b"href", b"src", b"action", b"data-base-url"})
PERHAPS_A_PATH: Final = re.compile(
    rb"(?:href|src|action|data-base-url)" + WS + rb"*+=" + WS + rb"*+[\"']?" + WS + rb"*+/",
    re.IGNORECASE,
)
CONFIGURATION_ID: Final = b"jupyter-config-data"
PATH_KEYS: Final = frozenset({"baseUrl", "frontendUrl"})
REQUIRE: Final = re.compile(rb"require(?:js)?\.config|nbclassicPath")
INLINE_SETTING: Final = re.compile(
    rb"(?P<before>(?:[\"']?\b(?:baseUrl|custom|custom-preload|nbextensions|kernelspecs)[\"']?\s*+:"
    rb"|document\.nbclassicPath\s*+=)\s*+(?P<quote>[\"']))(?P<path>/(?!/)[^\"'\\\n]*+)(?P=quote)"
)


def moved_page(page: bytes, move: Move, settings: Mapping[str, object] = NO_SETTINGS) -> bytes:
    """Return ``page`` with its configuration, its links and its inline settings moved.

    Its configuration gets ``settings`` besides.
    """
    return PIECE.sub(_Mover(move, settings).piece, page)


@dataclass(frozen=True, slots=True)
class _Mover:
    move: Move
    settings: Mapping[str, object]

    def piece(self, found: re.Match[bytes]) -> bytes:
        whole = found[0]
        if found["element"] is None:
            return whole if whole[1:2] in b"!/" else self._tag(whole)
        begin = found.start("text") - found.start()
        return self._tag(whole[:begin]) + self._text(found)

    def _tag(self, tag: bytes) -> bytes:
        return ATTRIBUTE.sub(self._attribute, tag) if PERHAPS_A_PATH.search(tag) else tag

    def _attribute(self, found: re.Match[bytes]) -> bytes:
        if found["name"].lower() not in PATH_ATTRIBUTES or found.lastgroup == "name":
            return found[0]
        group = found.lastgroup or ""
        path = found[group].lstrip()
        if not path.startswith(b"/"):
            return found[0]
        begin, end = found.start(group) - found.start(), found.end(group) - found.start()
        return found[0][:begin] + self.move(path) + found[0][end:]

    def _text(self, found: re.Match[bytes]) -> bytes:
        text = found["text"]
        if found["element"].lower() != b"script":
            return text
        attributes = _values(found["attributes"])
        if attributes.get(b"id") == CONFIGURATION_ID:
            return self._configuration(text)
        if b"src" in attributes or REQUIRE.search(text) is None:
            return text
        return INLINE_SETTING.sub(self._setting, text)

    def _setting(self, found: re.Match[bytes]) -> bytes:
        return found["before"] + self.move(found["path"]) + found["quote"]

    def _configuration(self, text: bytes) -> bytes:
        """Return the page's configuration with its paths moved; what is no JSON object stays."""
        try:
            settings = json.loads(text)
            if not isinstance(settings, dict):
                return text
            moved = {key: self._value(key, settings[key]) for key in settings}
            told = json.dumps({**moved, **self.settings})
        except (ValueError, RecursionError):
            return text
        # Inside a script element nothing may look like its end, or like a comment.
        return told.replace("<", "\\u003c").encode()

    def _value(self, key: str, value: object) -> object:
        moves = key in PATH_KEYS or (key.startswith("full") and key.endswith("Url"))
        if not moves or not isinstance(value, str) or not value.startswith("/"):
            return value
        return self.move(value.encode()).decode()


def _values(attributes: bytes) -> dict[bytes, bytes]:
    """Return a tag's attributes by their names in lower case; of two with one name the first counts."""
    values: dict[bytes, bytes] = {}
    for found in ATTRIBUTE.finditer(attributes):
        value = found["double"] or found["single"] or found["bare"] or b""
        values.setdefault(found["name"].lower(), value)
    return values
