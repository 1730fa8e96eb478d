"""gateway.web.handover: codes that are good once, soon, here, for this browser."""

import pytest

from gateway.core.identity import CredentialId
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused
from gateway.web.handover import LIFETIME_SECONDS, MOST_CODES, Handovers, proof_of
from tests.web.fakes import FakeClock

PARENT, ALICES = CredentialId("s-1"), NotebookName("alice")


def test_code_leads_to_the_session_once() -> None:
    """The second time it is unknown."""
    codes = Handovers(FakeClock())
    code = codes.begin(PARENT, ALICES, proof_of("nonce"))

    assert codes.finish(code, ALICES, "nonce") == PARENT
    with pytest.raises(CredentialRefused):
        codes.finish(code, ALICES, "nonce")


@pytest.mark.parametrize(
    ("notebook", "nonce", "seconds"),
    [
        (NotebookName("bob"), "nonce", 0),
        (ALICES, "other", 0),
        (ALICES, "", 0),
        (ALICES, "nonce", LIFETIME_SECONDS),
    ],
)
def test_code_tried_wrongly_is_void(notebook: NotebookName, nonce: str, seconds: float) -> None:
    """Another host, another browser, too late: and there is no second try."""
    clock = FakeClock()
    codes = Handovers(clock)
    code = codes.begin(PARENT, ALICES, proof_of("nonce"))
    clock.now += seconds

    with pytest.raises(CredentialRefused):
        codes.finish(code, notebook, nonce)
    with pytest.raises(CredentialRefused):
        codes.finish(code, ALICES, "nonce")


@pytest.mark.thorough
def test_flood_takes_bounded_memory() -> None:
    """The oldest code gives way."""
    codes = Handovers(FakeClock())
    first = codes.begin(PARENT, ALICES, proof_of("nonce"))
    second = codes.begin(PARENT, ALICES, proof_of("nonce"))
    for _ in range(MOST_CODES - 1):
        codes.begin(PARENT, ALICES, "")

    with pytest.raises(CredentialRefused):
        codes.finish(first, ALICES, "nonce")
    assert codes.finish(second, ALICES, "nonce") == PARENT
