"""Whatever ends a grant: everybody who lived on it is out within a second, and nobody else notices."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.audit import Act
from tests.bench.backdrop import Backdrop, set_up
from tests.bench.processes import Processes
from tests.bench.revocation import OTHERS, SOCKETS, WAYS, line, measure, start

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]

TOLD_AS = {
    "click": Act.UNSHARED,
    "clock": Act.SHARED,  # until when
    "command": Act.TOKEN_REVOKED,
    "reload": Act.CONFIGURED,
    "session end": Act.LOGGED_OUT,
    "member disabled": Act.DISABLED,
}
"""What the audit log says of each way."""
REFUSED = {"command": 401, "session end": 424, "member disabled": 424}
"""What the next request is told; where only the grant has ended, the notebook is not there."""


@pytest.fixture(scope="module")
def backdrop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backdrop]:
    folder = tmp_path_factory.mktemp("backdrop")
    with Processes(folder / "logs") as processes:
        yield set_up(folder, processes, echo=True)


@pytest.mark.parametrize("way", WAYS)
async def test_all_are_out_within_a_second(backdrop: Backdrop, tmp_path: Path, way: str) -> None:
    with Processes(tmp_path / "logs") as processes:
        scene = await start(processes, backdrop, tmp_path, way)
        outcome = await measure(scene, way)

    sys.stdout.write(f"{line(way, outcome)}\n")
    assert len(outcome.seconds) == SOCKETS
    assert outcome.codes == {1008}
    assert outcome.status == REFUSED.get(way, 404)
    assert outcome.others == 2 * OTHERS
    assert outcome.p99 <= 1.0
    assert await scene.lines_of(TOLD_AS[way])
