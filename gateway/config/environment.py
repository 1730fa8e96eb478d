"""The environment: variables that override single keys, ``GATEWAY_NOTEBOOKS__ALICE__PORT=7002``.

Two underscores lead into a map. Case does not count, and one underscore stands for a dash, or for itself in the
name of a login that is there: ``GATEWAY_NOTEBOOKS__ALICE_2__PORT`` is the port of ``alice-2``. A value is read as the file's
would be, but text needs no quotes; a list or a map is written ``[a, b]`` or ``{a: 1}``.
"""

import os
import re
from collections.abc import Mapping
from typing import Final

from gateway.config.document import Document, Origin, Path, Value, read_value
from gateway.config.shape import Shape, is_map, is_section, keys_of, shape_at, takes_text
from gateway.core.suggest import did_you_mean

PREFIX: Final = "GATEWAY_"

_NOT_KEYS: Final = re.compile(
    r"GATEWAY_(CONFIG|URL|TOKEN|TOKEN_FILE|DEMO_.*|TEST_.*"
    # What the Compose files and the Makefile interpolate; it may be exported where we start.
    r"|VERSION|VARIANT|UID|BASE_IMAGE|PUBLISH|MEMORY|(CONFIG|SECRETS)_FOLDER"
    # Kubernetes gives these to every pod beside a Service named "gateway".
    r"|SERVICE_(HOST|PORT)(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP).*)?)"
)


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process: the one place that reads it."""
    return os.environ


def override(document: Document, environ: Mapping[str, str]) -> None:
    """Put the values of all overriding variables into ``document``."""
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and _NOT_KEYS.fullmatch(variable) is None:
            _override(document, variable, environ[variable])


def _override(document: Document, variable: str, text: str) -> None:
    origin = Origin(variable)
    try:
        path = _path(variable.removeprefix(PREFIX), document.root)
        value = _value(text, shape_at(path))
        _place(document, path, value, origin)
    except ValueError as exc:
        document.problems.append((origin, str(exc)))


def _path(words: str, here: Value) -> Path:
    """Return the path that the variable's words name; raise ValueError where there is none."""
    path: Path = ()
    for word in words.lower().split("__"):
        shape = shape_at(path)
        if is_section(shape) and word not in keys_of(shape):
            raise ValueError(f"no such key: {word}{did_you_mean(word, keys_of(shape))}")
        if not is_section(shape) and not is_map(shape):
            raise ValueError(f"no such key: {word}; there are none below {path[-1]}")
        key = word if is_section(shape) else _given_name(word, here)
        here = here.get(key) if isinstance(here, dict) else None
        path = (*path, key)
    return path


def _given_name(word: str, here: Value) -> str:
    """Return the key that ``word`` is meant to be: one that is there, or a new name."""
    given = here if isinstance(here, dict) else {}
    new = word.replace("_", "-")
    return next((key for key in given if key.lower().replace("_", "-") == new), new)


def _value(text: str, shape: Shape | None) -> Value:
    return text if takes_text(shape) else read_value(text, "")


def _place(document: Document, path: Path, value: Value, origin: Origin) -> None:
    here = document.root
    for i, key in enumerate(path[:-1], start=1):
        below = here.get(str(key))
        if below is None:
            below = here[str(key)] = {}
            document.origins.setdefault(path[:i], origin)
        if not isinstance(below, dict):
            raise ValueError(f"{key} is no map in {document.origin(path[:i])}")  # noqa: TRY004 - a value of the file
        here = below
    here[str(path[-1])] = value
    _forget_below(document, path)
    document.origins[path] = origin


def _forget_below(document: Document, path: Path) -> None:
    """Drop the lines of what the variable's value replaced."""
    for old in [old for old in document.origins if old[: len(path)] == path]:
        del document.origins[old]
