"""What became of a row: figures, promises kept or not, and remarks; kept as JSON between runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.faults.targets import Check


@dataclass(frozen=True, slots=True)
class Result:
    """One row's outcome; the figures are texts for the table."""

    number: int
    title: str
    injection: str
    figures: dict[str, str] = field(default_factory=dict)
    checks: Sequence[Check] = ()
    remarks: Sequence[str] = ()
    date: str = ""

    @property
    def met(self) -> bool:
        """Whether all was as promised."""
        return bool(self.checks) and all(check.met for check in self.checks)


def save(folder: Path, result: Result) -> None:
    """Keep ``result`` until the row runs again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.number:02}.json").write_text(json.dumps(asdict(result), indent=2) + "\n")


def load(folder: Path) -> list[Result]:
    """Return all results that are kept, in the order of their rows."""
    documents = [json.loads(file.read_text()) for file in sorted(folder.glob("[0-9][0-9].json"))]
    return [_read(document) for document in documents]


def _read(document: dict[str, object]) -> Result:
    checks = [Check(**check) for check in document["checks"]]  # type: ignore[attr-defined]  # as saved
    return Result(**{**document, "checks": checks})  # type: ignore[arg-type]  # as saved
