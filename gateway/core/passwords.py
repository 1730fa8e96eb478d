"""Which passwords we take: long, and not among those that everybody tries first.

The rules are NIST SP 800-63B's (section 3.1.1.2): a least length, no rules of composition, and a list
of the worst. The most keeps a hash from being a way to make us work.
"""

from typing import Final

from gateway.core.names import MemberName
from gateway.errors import PasswordTooWeak

LEAST_CHARACTERS: Final = 10
MOST_BYTES: Final = 1024
LEAST_DISTINCT: Final = 4

WORST: Final = frozenset(
    """
    0123456789 0987654321 1029384756 1122334455 11223344556677 1234512345 123456789a 123456789q
    1234567890 12345678900 12345678910 123456789abc 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 9876543210
    abc1234567 abcd123456 abcde12345 abcdefghij abcdefghijk administrator administrator1 alexander1
    asdfasdfasdf asdfghjkl1 asdfghjkl; basketball changeme123 changemenow christopher correcthorse
    dragon12345 football123 iloveyou12 iloveyou123 jupyter123 jupyterhub jupyterlab letmein123
    letmeinnow liverpool1 lovely1234 manchester manchester1 monkey12345 mypassword mypassword1
    notebook123 p@ssw0rd123 p@ssword123 passw0rd123 password00 password01 password10 password11
    password12 password123 password1234 password12345 password123456 passwordpassword princess123
    q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv qwer123456 qwerty1234 qwerty12345 qwerty123456 qwertyuiop
    qwertyuiop[] qwertyuiop123 sunshine123 superman123 test123456 testtest123 trustno1234
    welcome123 welcome1234 whatever123 zaq12wsxcde3 zxcvbnm123 zxcvbnm,./
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""The worst of those that are long enough, in lower case."""


def check_password(password: str, member: MemberName) -> None:
    """Raise PasswordTooWeak unless ``password`` may become the password of ``member``."""
    if len(password) < LEAST_CHARACTERS:
        raise PasswordTooWeak(f"a password takes at least {LEAST_CHARACTERS} characters")
    if is_too_long(password):
        raise PasswordTooWeak(f"a password takes at most {MOST_BYTES} bytes")
    folded = password.strip().casefold()
    if folded == member:
        raise PasswordTooWeak("the password is the member's name")
    if folded in WORST or len(set(folded)) < LEAST_DISTINCT:
        raise PasswordTooWeak("the password is among the first that anybody would try")


def is_too_long(password: str) -> bool:
    """Say whether ``password`` is longer than any that we take, and so can't be right."""
    return len(password) > MOST_BYTES or len(password.encode(errors="replace")) > MOST_BYTES
