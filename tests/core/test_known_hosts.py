"""gateway.core.known_hosts: which lines are about a host, and how its key is replaced."""

import base64
import hashlib
import hmac

import pytest

from gateway.core.known_hosts import Marker, about, names_of, with_key

LAB = ("lab.example.org",)
OTHER_PORT = ("[lab.example.org]:2222", "lab.example.org")
SALT = bytes(range(20))


def hashed(name: str, salt: bytes = SALT) -> str:
    digest = hmac.digest(salt, name.encode(), hashlib.sha1)
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("host", "port", "alias", "names"),
    [
        ("Lab.Example.org", 22, None, ("lab.example.org",)),
        ("lab.example.org", 2222, None, OTHER_PORT),
        ("192.0.2.7", 2222, "Lab", ("lab",)),
    ],
)
def test_what_a_host_goes_by(
    host: str, port: int, alias: str | None, names: tuple[str, ...]
) -> None:
    """As in OpenSSH: lower case, the port where it is an odd one, an alias without any."""
    assert names_of(host, port, alias) == names


@pytest.mark.parametrize(
    ("field", "names", "covered"),
    [
        ("lab.example.org", LAB, True),
        ("LAB.example.ORG", LAB, True),
        ("other,lab.example.org,192.0.2.7", LAB, True),
        ("*.example.org", LAB, True),
        ("lab?example.org", LAB, True),
        ("lab.example.or?", LAB, True),
        ("*.example.org,!lab.example.org", LAB, False),
        ("!lab.example.org,*", LAB, False),
        ("!other.example.org", LAB, False),
        ("labxexample.org", LAB, False),
        ("lab.example.org.evil.com", LAB, False),
        ("[lab.example.org]:2222", LAB, False),
        ("[lab.example.org]:2222", OTHER_PORT, True),
        ("[*.example.org]:2222", OTHER_PORT, True),
        ("[*.example.org]:*", OTHER_PORT, True),
        ("[lab.example.org]:2223", OTHER_PORT, False),
        ("lab.example.org", OTHER_PORT, True),
        (hashed("lab.example.org"), LAB, True),
        (hashed("[lab.example.org]:2222"), OTHER_PORT, True),
        (hashed("other"), LAB, False),
        ("*", LAB, True),
    ],
)
def test_whom_a_line_is_about(field: str, names: tuple[str, ...], *, covered: bool) -> None:
    """Plain, listed, negated, with a port, by a pattern, hashed."""
    assert bool(about(f"{field} ssh-ed25519 AAAA", names)) is covered


def test_what_a_line_says() -> None:
    """Markers, comments and blank lines; several keys of a host."""
    text = (
        "# ours\n\n"
        "lab.example.org ssh-ed25519 AAAA root@lab of old\n"
        "@cert-authority *.example.org ssh-ed25519 BBBB\n"
        "@revoked * ssh-rsa CCCC\n"
    )

    found = about(text, LAB)

    assert [(e.number, e.marker, e.key, e.comment) for e in found] == [
        (3, Marker.HOST_KEY, "ssh-ed25519 AAAA", "root@lab of old"),
        (4, Marker.AUTHORITY, "ssh-ed25519 BBBB", ""),
        (5, Marker.REVOKED, "ssh-rsa CCCC", ""),
    ]


def test_the_name_with_the_port_goes_first() -> None:
    """A line for the port counts alone; the bare name's only stands in where there is none."""
    bare, exact = "lab.example.org ssh-rsa BARE\n", "[lab.example.org]:2222 ssh-rsa EXACT\n"

    assert [e.blob for e in about(bare + exact, OTHER_PORT)] == ["EXACT"]
    assert [e.blob for e in about(bare, OTHER_PORT)] == ["BARE"]


def test_what_is_revoked_under_any_name_is_revoked() -> None:
    """A revocation with the port counts though only the bare name vouches, and the other way round."""
    revoked = (
        "@revoked [lab.example.org]:2222 ssh-rsa OLD\n@revoked lab.example.org ssh-rsa OLDER\n"
    )

    found = about("lab.example.org ssh-rsa OLD\n" + revoked, OTHER_PORT)

    assert [e.blob for e in found if e.marker is Marker.REVOKED] == ["OLD", "OLDER"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("lab.example.org", "line 2 is no entry"),
        ("lab.example.org ssh-ed25519", "line 2 is no entry"),
        ("@revoke lab.example.org ssh-ed25519 AAAA", "line 2 has an unknown marker: @revoke"),
        ("|1|AAAA ssh-ed25519 AAAA", "line 2 has a hashed name"),
        ("|2|AAAA|AAAA ssh-ed25519 AAAA", "line 2 has a hashed name"),
    ],
)
def test_a_line_that_can_not_be_read_spoils_the_file(line: str, complaint: str) -> None:
    """It may have been meant to revoke something."""
    with pytest.raises(ValueError, match=complaint):
        about(f"lab.example.org ssh-ed25519 AAAA\n{line}\n", LAB)


NEW = "ssh-ed25519 NEW"


def replaced(text: str, names: tuple[str, ...] = LAB, *shown: str) -> str:
    return with_key(text, names, NEW, shown={NEW, *shown}, salt=SALT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lab.example.org ssh-ed25519 OLD", "lab.example.org ssh-ed25519 NEW"),
        (
            "# ours\nother ssh-rsa X\nlab.example.org ssh-ed25519 OLD root@lab\n\n# end",
            "# ours\nother ssh-rsa X\nlab.example.org ssh-ed25519 NEW root@lab\n\n# end",
        ),
        (
            "192.0.2.7,lab.example.org ssh-ed25519 OLD c",
            "lab.example.org ssh-ed25519 NEW c\n192.0.2.7 ssh-ed25519 OLD c",
        ),
        (
            "lab.example.org ssh-rsa OLD\nlab.example.org ssh-ed25519 OLD",
            "lab.example.org ssh-ed25519 NEW",
        ),
        (f"{hashed(LAB[0])} ssh-ed25519 OLD", f"{hashed(LAB[0])} ssh-ed25519 NEW"),
        (
            f"{hashed('x')} ssh-rsa X",
            f"{hashed('x')} ssh-rsa X\n{hashed(LAB[0])} ssh-ed25519 NEW",
        ),
        ("other ssh-rsa X", "other ssh-rsa X\nlab.example.org ssh-ed25519 NEW"),
        ("", "lab.example.org ssh-ed25519 NEW"),
        ("lab.example.org ssh-ed25519 NEW", "lab.example.org ssh-ed25519 NEW"),
        (
            "@revoked * ssh-rsa R\n@cert-authority * ssh-rsa C\nlab.example.org ssh-rsa OLD",
            "@revoked * ssh-rsa R\n@cert-authority * ssh-rsa C\nlab.example.org ssh-ed25519 NEW",
        ),
    ],
)
def test_a_key_is_replaced(before: str, after: str) -> None:
    """Comments, other hosts, markers and hashed names stay."""
    assert replaced(before) == f"{after}\n"


def test_keys_that_are_still_shown_stay() -> None:
    """A remote has keys of several kinds, and only one of them may have changed."""
    before = "lab.example.org ssh-rsa SAME\nlab.example.org ssh-ed25519 OLD\n"

    after = replaced(before, LAB, "ssh-rsa SAME")

    assert after == "lab.example.org ssh-rsa SAME\nlab.example.org ssh-ed25519 NEW\n"


def test_another_port_is_another_host() -> None:
    """The bare name is that of the sshd at port 22; so the one at another port gets a line of its own."""
    assert replaced("lab.example.org ssh-ed25519 OLD\n", OTHER_PORT) == (
        "lab.example.org ssh-ed25519 OLD\n[lab.example.org]:2222 ssh-ed25519 NEW\n"
    )


@pytest.mark.parametrize("names", ["*.example.org", "lab.example.org,*.example.org"])
def test_a_pattern_is_left_to_people(names: str) -> None:
    """It vouches for other hosts, too; and a name beside it makes no difference."""
    with pytest.raises(ValueError, match=r"line 1 vouches for lab\.example\.org by the pattern"):
        replaced(f"{names} ssh-ed25519 OLD\n")
