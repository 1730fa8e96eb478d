"""Making do without the values of a wrong form, so that the others can still be checked with each other."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from gateway.config.document import Path, Problem, Value
from gateway.config.explaining import explain
from gateway.config.keys import Keys

_ROUNDS: Final = 3
"""Taking a wrong value away may leave a required key missing; a stand-in for it ends that."""

_STAND_INS: Final[dict[str, Value]] = {
    "server": {},
    "public_url": "http://localhost",
    "certificate": "/dev/null",
    "key": "/dev/null",
    "host": "localhost",
    "remote": "stand-in",
    "issuer": "https://localhost",
    "client_id": "stand-in",
}


@dataclass(frozen=True, slots=True)
class Mended:
    """Keys of the right form, and what had to be taken away or put in for that."""

    keys: Keys | None
    problems: tuple[Problem, ...]

    def concerns(self, path: Path) -> bool:
        """Say whether what is found at ``path`` may come of the mending rather than of the file."""
        return any(_on_one_way(problem.path, path) for problem in self.problems)


def mend(root: dict[str, Value]) -> Mended:
    """Return the keys in ``root``, mended where they are of a wrong form; None if that's past mending."""
    root, problems = deepcopy(root), list[Problem]()
    for _ in range(_ROUNDS):
        try:
            return Mended(Keys.model_validate(root), tuple(problems))
        except ValidationError as exc:
            found = list(explain(exc))
        problems += [problem for problem in found if not _follows(problem, problems)]
        _repair(root, (problem.path for problem in found))
    return Mended(None, tuple(problems))


def _on_one_way(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _follows(problem: Problem, problems: list[Problem]) -> bool:
    """Say whether ``problem`` is there only because a value at its path, or around it, was mended."""
    return any(problem.path[: len(earlier.path)] == earlier.path for earlier in problems)


def _repair(root: dict[str, Value], paths: Iterable[Path]) -> None:
    for path in sorted(set(paths), key=_later_items_first, reverse=True):
        if path:
            _repair_at(root, path)


def _later_items_first(path: Path) -> tuple[int, ...]:
    """Order paths so that, in reverse, taking one item away moves none that is still to go."""
    return tuple(key for key in path if isinstance(key, int))


def _repair_at(root: dict[str, Value], path: Path) -> None:
    here: Value = root
    for key in path[:-1]:
        here = _below(here, key)
    last = path[-1]
    if isinstance(here, list) and isinstance(last, int) and last < len(here):
        del here[last]
    elif isinstance(here, dict) and last in here:
        del here[str(last)]
    elif isinstance(here, dict) and last in _STAND_INS:
        here[str(last)] = deepcopy(_STAND_INS[str(last)])


def _below(here: Value, key: str | int) -> Value:
    if isinstance(here, dict):
        below = here.get(str(key))
        if below is None:  # "tls:" with nothing under it
            below = here[str(key)] = {}
        return below
    return (
        here[key] if isinstance(here, list) and isinstance(key, int) and key < len(here) else None
    )
