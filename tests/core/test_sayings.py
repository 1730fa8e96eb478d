"""gateway.core.sayings: every reason is a sentence."""

from gateway.core.sayings import REASONS, because
from gateway.errors import Reason


def test_nothing_is_without_words() -> None:
    """A reason that is added must be said too."""
    assert set(REASONS) == set(Reason)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in REASONS.values())


def test_no_reason_needs_no_words() -> None:
    """All is well."""
    assert because(None) == ""
