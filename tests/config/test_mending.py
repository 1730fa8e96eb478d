"""gateway.config.mending: what is still checked when some values are of a wrong form."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.config.document import Value
from gateway.config.mending import mend

SERVER: dict[str, Value] = {"public_url": "http://localhost"}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["server", "remotes", "notebooks", "members", "lab", "host", "tls", "use", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


def test_keeps_what_is_right() -> None:
    members: Value = {"alice": {"groups": ["lab", "Wrong", "team"], "admin": "x"}}

    mended = mend({"server": SERVER, "members": members})

    assert mended.keys is not None
    assert mended.keys.members["alice"].groups == ["lab", "team"]
    assert [problem.path for problem in mended.problems] == [
        ("members", "alice", "groups", 1),
        ("members", "alice", "admin"),
    ]


def test_leaves_the_given_values_alone() -> None:
    root: dict[str, Value] = {"server": SERVER, "members": {"alice": {"admin": "x"}}}

    mend(root)

    assert root["members"] == {"alice": {"admin": "x"}}


def test_what_follows_from_mending_is_not_reported() -> None:
    mended = mend({"server": SERVER, "remotes": {"lab": {"host": 3, "port": "x"}}})

    assert mended.concerns(("remotes", "lab"))
    assert mended.concerns(("remotes", "lab", "host"))
    assert not mended.concerns(("remotes", "lab", "jump"))
    assert len(mended.problems) == 2


@given(
    st.dictionaries(st.sampled_from(["server", "remotes", "notebooks", "members", "log"]), values)
)
def test_anything_ends_in_keys_or_problems(root: dict[str, Value]) -> None:
    mended = mend(root)

    assert mended.keys is not None or mended.problems
