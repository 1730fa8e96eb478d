"""gateway.store.memory: what is held, by secret and by name, and what goes with what."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.identity import CredentialId
from gateway.core.names import MemberName, NotebookName
from gateway.store.memory import Held, Memory, held_session, held_token
from gateway.store.rows import SessionRow, TokenRow

IDLE_SECONDS = 100.0


def session(name: str, parent: str | None = None, *, used_at: float = 0.0) -> Held:
    row = SessionRow(
        CredentialId(name),
        MemberName("alice"),
        created_at=0.0,
        expires_at=1000.0,
        used_at=used_at,
        parent=None if parent is None else CredentialId(parent),
        audience=None if parent is None else NotebookName("alice"),
    )
    return held_session(name.encode(), row, idle_seconds=IDLE_SECONDS)


def token(name: str) -> Held:
    row = TokenRow(CredentialId(name), MemberName("alice"), "", 0.0, None, None)
    return held_token(name.encode(), row)


def names(memory: Memory) -> set[str]:
    return {held.identity.credential for held in memory}


def test_children_go_with_their_parent() -> None:
    """Ending one ends what was opened from it, and nothing else."""
    memory = Memory()
    for held in (session("a"), session("a1", "a"), session("b"), session("b1", "b"), token("t")):
        memory.put(held)

    assert memory.end([CredentialId("a")])

    assert names(memory) == {"b", "b1", "t"}
    assert set(memory.sessions) == {b"b", b"b1"}
    assert not memory.end([CredentialId("a"), CredentialId("a1")])


def test_child_of_nobody_is_not_taken_in() -> None:
    """Its parent ended while it was on its way."""
    memory = Memory()

    memory.put(session("a1", "a"))

    assert names(memory) == set()
    assert memory.sessions == {}


def test_replacing_says_whether_any_ended() -> None:
    """More is no ending; a missing one is, and so is one whose parent is missing."""
    memory = Memory()

    outcomes = [
        memory.replace([session("a1", "a"), session("a")], {}),
        memory.replace([session("a"), session("a1", "a"), token("t")], {}),
        memory.replace([session("a1", "a"), token("t")], {}),
        memory.replace([], {}),
    ]

    assert outcomes == [False, False, True, True]


@given(known=st.floats(0, 999), found=st.floats(0, 999))
def test_replacing_keeps_the_later_use(known: float, found: float) -> None:
    """Uses that the database has not heard of stay, and so does what it has heard from others."""
    memory = Memory()
    memory.replace([session("a", used_at=known)], {})

    memory.replace([session("a", used_at=found)], {})

    assert [(held.used_at, held.saved_at) for held in memory] == [(max(known, found), found)]


@given(used_at=st.floats(0, 900), now=st.floats(-1e6, 1e6))
def test_alive_until_idle_or_old(used_at: float, now: float) -> None:
    """It counts before its end while its last use is recent; also before it was made."""
    held = session("a", used_at=used_at)

    assert held.alive(now) == (now < 1000.0 and now - used_at < IDLE_SECONDS)


def test_expired_are_named() -> None:
    """Those, and only those, that no longer count."""
    memory = Memory()
    for held in (session("old"), session("new", used_at=50.0), token("t")):
        memory.put(held)

    assert memory.expired(100.0) == {"old"}
