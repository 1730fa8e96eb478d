"""A strict reading of YAML: values with the line each stands in, and nothing guessed.

PyYAML parses and composes; the values are made here, after YAML 1.2's core schema (section 10.3): ``no``
is a word and ``22:22`` is no number. Tags are refused, so no object is ever constructed; duplicate keys
are problems; aliases work, but what they expand to is bounded, as are depth and size.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES: Final = 1024 * 1024
MAX_VALUES: Final = 50_000
"""Counted after aliases are expanded: what a bomb multiplies."""
MAX_DEPTH: Final = 16

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]
"""The way to a value: ``("notebooks", "alice", "port")``."""

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: a line of a file, or a variable."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and the path of the value that it is about."""

    path: Path
    message: str


@dataclass(slots=True)
class Document:
    """The values of a file, where each came from, and what was wrong with the writing itself."""

    root: dict[str, Value]
    origins: dict[Path, Origin]
    problems: list[tuple[Origin, str]] = field(default_factory=list)
    readable: bool = True

    def origin(self, path: Path) -> Origin:
        """Return where ``path`` was written or, if nowhere, what it should have stood in."""
        while path not in self.origins:
            path = path[:-1]
        return self.origins[path]


def read(text: str, source: str) -> Document:
    """Return the document in ``text``; if it can't be read at all, it is empty and says why."""
    reader = _Reader(source)
    try:
        value = reader.value(_compose(text), ())
    except yaml.MarkedYAMLError as exc:
        return _unreadable(source, _line(exc.problem_mark or exc.context_mark), _complaint(exc))
    except yaml.reader.ReaderError as exc:
        line = text.count("\n", 0, exc.position) + 1
        return _unreadable(
            source, line, f"the character U+{exc.character:04X} may not stand in YAML"
        )
    if not isinstance(value, dict):
        return _unreadable(
            source, 1, "the file must hold a map of keys, such as server and remotes"
        )
    return Document(value, reader.origins, reader.problems)


def read_value(text: str, source: str) -> Value:
    """Return the one value written in ``text``, as a variable holds it; raise ValueError."""
    reader = _Reader(source)
    try:
        value = reader.value(_compose(text), ())
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as exc:
        raise ValueError("can't be read as YAML") from exc
    if reader.problems:
        raise ValueError(reader.problems[0][1])
    return value


class _Loader(yaml.SafeLoader):
    """PyYAML's parser, told to resolve nothing, to take no tags, and to stop at a depth."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the base class declares it so
    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it bare
        if getattr(event, "tag", None) is not None:
            raise _refusal(f"the tag {event.tag} is not taken; values need none", event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _refusal(f"nested deeper than {MAX_DEPTH}", event.start_mark)
        node: Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Reader:
    """Makes values of composed nodes, remembering lines."""

    def __init__(self, source: str) -> None:
        self.origins: dict[Path, Origin] = {(): Origin(source, 1)}
        self.problems: list[tuple[Origin, str]] = []
        self._source = source
        self._values = 0

    def value(self, node: Node | None, path: Path) -> Value:
        if node is None:
            return None
        self._count(node, path)
        if isinstance(node, MappingNode):
            return self._map(node, path)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*path, i)) for i, item in enumerate(node.value)]
        return _scalar(node)

    def _item(self, node: Node, path: Path) -> Value:
        self.origins[path] = self._origin(node)
        return self.value(node, path)

    def _map(self, node: MappingNode, path: Path) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key, origin = str(key_node.value), self._origin(key_node)
            if not isinstance(key_node, ScalarNode):
                self.problems.append((origin, "a key must be a single word"))
            elif key in values:
                first = self.origins[*path, key].line
                self.problems.append(
                    (origin, f"{dotted((*path, key))} is given twice: see line {first}")
                )
            else:
                self.origins[*path, key] = origin
                values[key] = self.value(value_node, (*path, key))
        return values

    def _count(self, node: Node, path: Path) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise _refusal(f"more than {MAX_VALUES} values, aliases expanded", node.start_mark)
        if len(path) > MAX_DEPTH:  # an alias inside of what it stands for
            raise _refusal(f"nested deeper than {MAX_DEPTH}", node.start_mark)

    def _origin(self, node: Node) -> Origin:
        return Origin(self._source, _line(node.start_mark))


def dotted(path: Path) -> str:
    """Return ``path`` as people write it: ``notebooks.alice.use[0]``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def _compose(text: str) -> Node | None:
    loader = _Loader(text)
    try:
        node: Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


def _scalar(node: Node) -> Value:
    text = str(node.value)
    if getattr(node, "style", None) is not None:  # quoted, or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _refusal(message: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=message, problem_mark=mark)


def _complaint(exc: yaml.MarkedYAMLError) -> str:
    words = [str(word) for word in (exc.context, exc.problem) if word]
    return ", ".join(words) or "can't be read as YAML"


def _line(mark: yaml.Mark | None) -> int:
    return 1 if mark is None else mark.line + 1


def _unreadable(source: str, line: int, message: str) -> Document:
    return Document({}, {(): Origin(source, 1)}, [(Origin(source, line), message)], readable=False)
