"""The code that a terminal shows and its member types into a browser: eight letters, none a vowel.

Without vowels no code spells a word, and no letter is taken for a digit (RFC 8628, section 6.1). There are 20 ** 8
(2.6e10) of them; who may try how many is a throttle's business.
"""

from typing import Final

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
COUNT: Final = len(LETTERS) ** LENGTH
_HALF: Final = LENGTH // 2
_LONGEST_TYPED: Final = 32


def user_code(number: int) -> str:
    """Return the code of a random number below ``COUNT``."""
    if not 0 <= number < COUNT:
        raise ValueError(f"a code takes a number below {COUNT}, not {number}")
    letters = ""
    for _ in range(LENGTH):
        number, letter = divmod(number, len(LETTERS))
        letters += LETTERS[letter]
    return letters


def spelt(code: str) -> str:
    """Return the code as people read it: ``WDJB-MJHT``."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def typed(text: str) -> str | None:
    """Return the code that somebody typed, in whatever case and with whatever dashes; None if it can't be one."""
    if len(text) > _LONGEST_TYPED:
        return None
    letters = "".join(text.replace("-", " ").split()).upper()
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None
