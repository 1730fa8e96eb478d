"""Every reason belongs to one hop."""

from gateway.core.hop import HOPS, Hop, hop_of
from gateway.errors import Reason


def test_every_reason_has_a_hop() -> None:
    assert set(HOPS) == set(Reason)


def test_a_changed_host_key_is_a_matter_of_the_host_key() -> None:
    assert hop_of(Reason.HOST_KEY_CHANGED) is Hop.HOST_KEY
