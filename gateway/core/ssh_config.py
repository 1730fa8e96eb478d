"""OpenSSH client configurations: which options of one apply to a host (ssh_config(5)); nothing in them is ever run.

A small strict reading of our own. The first value of an option counts, as in OpenSSH. What could run a command, read
another file or ask for a password has no meaning here: such options are told as any other that is not honoured, and a
Match block that depends on more than the host's name is skipped whole.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+|\Z)(.*)")
_WORD: Final = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Option:
    """One option, and where it stands."""

    name: str
    """In lower case, as OpenSSH compares it."""
    words: tuple[str, ...]
    line: int

    @property
    def value(self) -> str:
        """Its first word."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applies to a host, in the file's order, and the lines that are skipped, each with the reason."""

    options: tuple[Option, ...]
    skipped: tuple[tuple[int, str], ...]


def read(text: str) -> Iterator[Option]:
    """Yield every option of a file; raise ValueError, naming the line, for what is none."""
    for i, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None or match[2].count('"') % 2:
            raise ValueError(f"line {i} is no option: {line.strip()!r}")
        yield Option(match[1].lower(), tuple(_words(match[2])), i)


def applied(options: Iterable[Option], host: str) -> Applied:
    """Return what applies to ``host``, the name that the file is asked for."""
    found: list[Option] = []
    skipped: list[tuple[int, str]] = []
    active, named = True, {"host": host, "originalhost": host}
    for option in options:
        match option.name:
            case "host":
                active = _fits(option.words, host)
            case "match":
                active = _matches(option, named, skipped)
            case "include" if active:
                skipped.append((option.line, "Include: other files are not read"))
            case _ if active:
                found.append(option)
                if option.name == "hostname" and named["host"] == host:
                    named["host"] = option.value
            case _:
                pass  # another host's
    return Applied(tuple(found), tuple(skipped))


def _words(text: str) -> Iterator[str]:
    for quoted, plain in _WORD.findall(text):
        if plain.startswith("#"):
            return
        yield plain or quoted


def _matches(option: Option, named: Mapping[str, str], skipped: list[tuple[int, str]]) -> bool:
    """Say whether a Match block applies; one that asks for more than a host's name does not, and is told."""
    words = [word.lower() for word in option.words]
    if words == ["all"]:
        return True
    if not set(words[::2]) <= named.keys() or len(words) % 2:
        what = f"Match {' '.join(option.words)}: only host, originalhost and all are judged"
        skipped.append((option.line, f"{what}, and nothing is run; its block is skipped"))
        return False
    asked = zip(words[::2], words[1::2], strict=True)
    return all(_fits(patterns.split(","), named[criterion]) for criterion, patterns in asked)


def _fits(patterns: Iterable[str], host: str) -> bool:
    """Say whether a pattern fits, and none that is negated does."""
    wanted = list(patterns)
    refused = (word[1:] for word in wanted if word.startswith("!"))
    return not any(_like(word, host) for word in refused) and any(
        _like(word, host) for word in wanted if not word.startswith("!")
    )


def _like(pattern: str, host: str) -> bool:
    expression = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, host.lower()) is not None
