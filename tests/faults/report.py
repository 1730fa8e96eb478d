"""The reference page: what was broken, what was promised, what was seen; written anew from all results."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tests.faults.result import Result
from tests.faults.targets import Check

COLUMNS: Final = {
    "noticed": "from the fault's beginning until the API says of a notebook that it is not ready any more",
    "503 at once from": "from when on every request of a program is refused at once rather than held",
    "a 503 takes": "how long such a refusal takes, the median",
    "healed": "from the fault's end until every notebook that it hit answers again, and goes on answering",
    "requests": "how many were sent to the notebooks that it hit, from its beginning on",
    "told 503": "how many of these were told to come again later",
    "lost": "how many got no answer, or a wrong one",
    "slow": "how many got their answer after more than a second: held, or waiting for a line that was cut",
    "longest wait": "for any answer",
    "WebSockets closed": "how many of those to the notebooks that it hit, and with which code; 1006 is a connection"
    " that just ended, after which JupyterLab connects again at once",
    "others failed": "requests and WebSockets of members of notebooks that the fault must spare",
    "others' p99": "what 99 of 100 of their requests took at most: before the fault, and from its beginning on",
}
INTRODUCTION: Final = """# How the gateway heals

Written by `make faults`, which breaks everything around a gateway in containers of its own (real OpenSSH, real Jupyter,
the network's own tools), row by row of a fault matrix. It needs Debian, root and a Docker engine, takes a quarter of an hour,
and ends with an error when a promise is not kept; `make faults ROWS="8 11"` breaks only these. How the healing
works: [Tunnels that heal](../explanation/healing.md).

Meanwhile steady requests go to three notebooks (Alice's and Carol's on one remote, Bob's on another), each with
open WebSockets. They are programs' requests, with a token. A page in a browser sees the same, but for the refusals: its scripts
are held for `server.hold` each time, as JupyterLab comes back fastest so.
"""


def page(results: Sequence[Result], left_out: Mapping[int, str], setting: str) -> str:
    """Return the page in Markdown."""
    missed = [str(result.number) for result in results if not result.met]
    verdict = f"Not all of it in rows {', '.join(missed)}." if missed else "All of it."
    parts = [
        INTRODUCTION,
        f"{setting}\n",
        f"**Kept of what is promised: {verdict}**\n",
        "## Outages\n",
        _table(results),
        "\n".join(f"- *{name}*: {meaning}." for name, meaning in COLUMNS.items()) + "\n",
        "## Promises\n",
        *map(_promises, results),
        "## Not tried\n",
        "\n".join(f"- Row {number}: {reason}." for number, reason in left_out.items()) + "\n",
    ]
    return "\n".join(parts)


def _table(results: Iterable[Result]) -> str:
    with_figures = [result for result in results if result.figures]
    rows = [["", "fault", *COLUMNS], ["--:", "---", *("--:" for _ in COLUMNS)]]
    for result in with_figures:
        cells = [result.figures.get(name, "") for name in COLUMNS]
        rows.append([str(result.number), result.title, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _promises(result: Result) -> str:
    how = f" ({result.injection})" if result.injection else ""
    remarks = "".join(f" {remark}." for remark in result.remarks)
    lines = "\n".join(map(_promise, result.checks))
    return f"**{result.number}. {result.title}**{how}.{remarks}\n\n{lines}\n"


def _promise(check: Check) -> str:
    return f"- {'kept' if check.met else '**not kept**'}: {check.promise} (seen: {check.seen})"
