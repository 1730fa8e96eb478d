"""What a mistyped word was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``; did you mean alice?`` for the choice nearest to ``word``, or nothing."""
    near = get_close_matches(word.lower(), sorted(choices), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
