"""From the file and the environment to an inventory, or to every problem at once."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from gateway.config.building import build, filled
from gateway.config.checks import check
from gateway.config.document import MAX_BYTES, Document, Origin, Problem, read
from gateway.config.ending import ending_soon
from gateway.config.environment import override
from gateway.config.files import check_files
from gateway.config.keys import Keys
from gateway.config.mending import Mended, mend
from gateway.config.ssh_options import Note, fill_in
from gateway.config.warnings import warn
from gateway.core.inventory import Inventory
from gateway.errors import ConfigurationInvalid


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination found: problems and warnings as lines of text, ``file:line: …``."""

    inventory: Inventory | None
    """None when there is any problem."""
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    keys: Keys | None = None
    """The keys as they are in effect, defaults filled in; None when there is any problem."""
    document: Document | None = None


def load(path: FilePath, environ: Mapping[str, str]) -> Inventory:
    """Return the inventory that ``path`` and ``environ`` declare; raise ConfigurationInvalid."""
    examined = examine(path, environ)
    if examined.inventory is None:
        raise ConfigurationInvalid(examined.problems)
    return examined.inventory


def examine(path: FilePath, environ: Mapping[str, str]) -> Examined:
    """Read and check everything, and say all that is wrong with it or may not be meant."""
    document = _document(path)
    if not document.readable:
        return Examined(None, _sorted(document.problems), ())
    override(document, environ)
    base = path.absolute().parent
    notes = fill_in(document, base)
    mended = mend(document.root)
    if mended.keys is None:
        return Examined(None, _problems(document, mended.problems), ())
    return _examined(document, mended, filled(mended.keys), base, notes)


def _examined(
    document: Document, mended: Mended, keys: Keys, base: FilePath, notes: list[Note]
) -> Examined:
    found = [*check(keys), *check_files(keys, base)]
    own = [problem for problem in found if not mended.concerns(problem.path)]
    problems = _problems(document, [*mended.problems, *own])
    if problems:
        return Examined(None, problems, (), document=document)
    warnings = _sorted(
        [*notes, *_placed(document, [*warn(keys), *ending_soon(keys, base, time.time())])]
    )
    return Examined(build(keys, base), (), warnings, keys, document)


def _problems(document: Document, problems: Iterable[Problem]) -> tuple[str, ...]:
    return _sorted([*document.problems, *_placed(document, problems)])


def _document(path: FilePath) -> Document:
    source = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            return _unreadable(source, f"is longer than {MAX_BYTES} bytes")
        return read(content.decode("utf-8-sig"), source)
    except FileNotFoundError:
        return _unreadable(source, "there is no such file")
    except OSError as exc:
        return _unreadable(source, f"can't be read: {(exc.strerror or str(exc)).lower()}")
    except UnicodeDecodeError as exc:
        return _unreadable(source, f"is not UTF-8 (byte {exc.start})")


def _unreadable(source: str, message: str) -> Document:
    origin = Origin(source)
    return Document({}, {(): origin}, [(origin, message)], readable=False)


def _placed(document: Document, problems: Iterable[Problem]) -> list[tuple[Origin, str]]:
    return [(document.origin(problem.path), problem.message) for problem in problems]


def _sorted(problems: Iterable[tuple[Origin, str]]) -> tuple[str, ...]:
    """Write the problems out: those of the file first, from its top, then those of variables."""
    ordered = sorted(problems, key=lambda found: (found[0].line is None, found[0].line or 0))
    return tuple(f"{origin}: {message}" for origin, message in ordered)
