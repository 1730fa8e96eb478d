"""gateway.core.viewing_page: a viewer's page says that it is one."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.viewing_page import BADGE, ReadOnly, with_badge

MODEL = {"name": "a", "content": 'he said "writable": true', "writable": True, "size": 1}


def test_a_page_has_the_badge_at_its_end() -> None:
    """Once; and what is no whole page has none."""
    assert with_badge(b"<html><BODY class=x>hi</body></html>").endswith(b"</html>" + BADGE)
    assert with_badge(b"<p>a piece of a page</p>") == b"<p>a piece of a page</p>"


def test_no_file_is_writable() -> None:
    """Only the model's own word changes; what is written in a file stays."""
    told = json.dumps(MODEL).encode()
    read_only = ReadOnly()

    changed = read_only.feed(told) + read_only.rest()

    assert json.loads(changed) == MODEL | {"writable": False}
    assert len(changed) == len(told)


@given(
    st.lists(st.sampled_from([b'"writable": true', b'"writ', b'able": true', b'"', b"x"])),
    st.data(),
)
def test_it_does_not_matter_how_the_bytes_arrive(pieces: list[bytes], data: st.DataObject) -> None:
    """Nothing is lost, and nothing overlooked at a seam."""
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    read_only = ReadOnly()

    told = b""
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        told += read_only.feed(whole[begin:end])
    told += read_only.rest()

    assert told == whole.replace(b'"writable": true', b'"writable":false')
