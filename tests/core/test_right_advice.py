"""gateway.core.right_advice: what a right means that nobody needs, and how to take it away."""

import pytest

from gateway.core.diagnosis import Right
from gateway.core.right_advice import excess
from tests.core.situations import situation


@pytest.mark.parametrize("right", Right)
def test_every_right_is_explained(right: Right) -> None:
    advice = excess(right, situation())

    assert advice.wrong.startswith("Whoever steals the gateway's credential for al on lab can ")
    assert "{" not in advice.wrong
    assert "`gateway remotes key lab --for alice` prints" in advice.fix
