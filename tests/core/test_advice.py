"""gateway.core.advice: every reason has a sentence that says what is wrong, and one that says what to do."""

import pytest

from gateway.core.advice import ADVICE, advise
from gateway.errors import Reason
from tests.core.situations import situation


def test_every_reason_has_advice() -> None:
    """A new reason is not forgotten."""
    assert set(ADVICE) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_advice_is_two_sentences(reason: Reason) -> None:
    """They end as sentences do, name no more than they know, and leave no gap for what they don't."""
    for detail in ("", "what the gateway says"):
        advice = advise(reason, situation(detail))

        for sentence in (advice.wrong, advice.fix):
            assert sentence.endswith(".")
            assert not sentence.endswith("..")
            assert sentence[0].isupper() or sentence.startswith(("lab", "sshd", "notebooks"))
            assert "()" not in sentence
            assert "None" not in sentence
            assert ". " not in sentence.replace("gateway.yaml", "")
