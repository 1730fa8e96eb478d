"""gateway.core.suggest: naming what was probably meant."""

import pytest

from gateway.core.suggest import did_you_mean


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("alcie", "; did you mean alice?"),
        ("ALICE", "; did you mean alice?"),
        ("prot", "; did you mean port?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_names_the_nearest_choice_or_nothing(word: str, hint: str) -> None:
    assert did_you_mean(word, {"alice", "bob", "port"}) == hint


def test_no_choices_no_hint() -> None:
    assert did_you_mean("alice", ()) == ""
