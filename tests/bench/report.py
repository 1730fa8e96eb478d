"""What the rounds come to: medians, ratios, a table."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Samples:
    """The figures of one contender, one for each round: measure -> samples."""

    name: str
    of: dict[str, list[float]] = field(default_factory=dict)

    def add(self, measure: str, value: float) -> None:
        """Note one more figure."""
        self.of.setdefault(measure, []).append(value)

    def median(self, measure: str) -> float:
        """Return the median of ``measure``."""
        return statistics.median(self.of[measure])


def ratios(every: Sequence[Samples], reference: str) -> Mapping[str, Mapping[str, float]]:
    """Return name -> measure -> how the median compares with the reference's; none without one."""
    base = next((samples for samples in every if samples.name == reference), None)
    if base is None:
        return {}
    return {
        samples.name: {
            measure: samples.median(measure) / base.median(measure)
            for measure in samples.of
            if base.median(measure)
        }
        for samples in every
    }


def markdown(every: Sequence[Samples], reference: str) -> str:
    """Return the table: a row for each contender, a median and its ratio for each measure."""
    measures = list(every[0].of) if every else []
    compared = ratios(every, reference)
    rows = [["", *measures]]
    for samples in every:
        cells = [_cell(samples, measure, compared) for measure in measures]
        rows.append([samples.name, *cells])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (rows[0], rule, *rows[1:]))


def as_json(every: Sequence[Samples], reference: str) -> dict[str, object]:
    """Return everything that was measured, for machines."""
    return {
        "reference": reference,
        "contenders": {
            samples.name: {
                measure: {"median": samples.median(measure), "samples": values}
                for measure, values in samples.of.items()
            }
            for samples in every
        },
        "ratios": ratios(every, reference),
    }


def _cell(samples: Samples, measure: str, compared: Mapping[str, Mapping[str, float]]) -> str:
    value = samples.median(measure)
    text = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
    ratio = compared.get(samples.name, {}).get(measure)
    return text if ratio is None else f"{text} ({ratio:.2f})"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return f"| {' | '.join([first, *rest])} |"
