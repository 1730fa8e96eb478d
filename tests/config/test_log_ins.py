"""gateway.config: how members log in, and how long that holds."""

from pathlib import Path

import pytest

from gateway.core.inventory import Lifetimes, SecondFactor
from tests.config.writing import examined, problems

PLAIN = "server: {public_url: http://gw.example}\n"
SAFE = "server: {public_url: https://gw.example}\n"


def test_says_how_long_a_log_in_holds(tmp_path: Path) -> None:
    """A week of idleness and a month in all, or what is written."""
    plain = examined(tmp_path, SAFE).inventory
    written = examined(tmp_path, SAFE + "auth: {sessions: {idle: 30m, life: 12h}}\n").inventory

    assert plain is not None
    assert written is not None
    assert plain.auth.sessions == Lifetimes(7 * 86400.0, 30 * 86400.0)
    assert written.auth.sessions == Lifetimes(1800.0, 43200.0)


def test_says_who_is_asked_for_a_passkey(tmp_path: Path) -> None:
    """Those who chose it, or all."""
    plain = examined(tmp_path, PLAIN).inventory
    written = examined(tmp_path, SAFE + "auth: {local: {second_factor: required}}\n").inventory

    assert plain is not None
    assert written is not None
    assert plain.auth.second_factor is SecondFactor.OPTIONAL
    assert written.auth.second_factor is SecondFactor.REQUIRED


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            SAFE + "auth: {sessions: {idle: 59s}}\n",
            "gateway.yaml:2: auth.sessions.idle: must be a minute at least: 1m",
        ),
        (
            SAFE + "auth: {local: {second_factor: yes please}}\n",
            "gateway.yaml:2: auth.local.second_factor: yes please is not one of optional, required",
        ),
        (
            PLAIN + "auth: {local: {second_factor: required}}\n",
            "gateway.yaml:2: auth.local.second_factor: nobody could log in; browsers allow passkeys over https only, and http://gw.example is not. Set server.public_url to https://NAME",
        ),
    ],
)
def test_what_can_not_be(tmp_path: Path, text: str, problem: str) -> None:
    """Each with its line and what to do."""
    assert problems(tmp_path, text) == [problem]
