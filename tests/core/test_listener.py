"""gateway.core.listener: whose process listens at a notebook's place."""

import stat

import pytest

from gateway.core.inventory import Notebook
from gateway.core.listener import (
    UNCHECKED,
    Account,
    File,
    Listener,
    Sighting,
    Verdict,
    answering,
    judge_port,
    judge_socket,
    objection,
    past_listeners,
    read_uid,
    settles,
    unseen,
    unsure,
)
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.errors import Reason

ALICE, BOB, ROOT = 1001, 1002, 0
EXPECTED = Account("alice", ALICE)
NOTEBOOK = Notebook(NotebookName("alice"), RemoteName("lab"), LoginName("alice"), port=7001)
AT_SOCKET = Notebook(
    NotebookName("alice"), RemoteName("lab"), LoginName("alice"), socket="/home/alice/run/j.sock"
)

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LOOPBACK4, ANY4, ELSEWHERE4 = "0100007F", "00000000", "0200000A"
LOOPBACK6, ANY6 = "00000000000000000000000001000000", "0" * 32
MAPPED, MAPPED_ANY = "0000000000000000FFFF00000100007F", "0000000000000000FFFF000000000000"
S390_LOOPBACK4, S390_LOOPBACK6 = "7F000001", "00000000000000000000000000000001"


def row(address: str, uid: int, *, port: int = 7001, state: str = "0A", inode: int = 77) -> str:
    """Return a row as Linux writes it."""
    return (
        f"   0: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000"
        f" {uid:5d}        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
    )


def table(*rows: str) -> str:
    return HEADING + "".join(rows)


@pytest.mark.parametrize(
    ("tcp", "tcp6", "by_ip", "by_name"),
    [
        ([], [], set(), set()),
        ([(LOOPBACK4, ALICE)], [], {ALICE}, {ALICE}),
        ([(ANY4, ALICE)], [], {ALICE}, {ALICE}),
        ([], [(ANY6, ALICE)], {ALICE}, {ALICE}),
        ([], [(LOOPBACK6, ALICE)], set(), {ALICE}),
        ([], [(MAPPED, ALICE)], {ALICE}, {ALICE}),
        ([], [(MAPPED_ANY, ALICE)], {ALICE}, {ALICE}),
        ([(ELSEWHERE4, BOB)], [], set(), set()),
        ([(LOOPBACK4, ALICE), (ELSEWHERE4, BOB)], [], {ALICE}, {ALICE}),
        ([(LOOPBACK4, ALICE)], [(LOOPBACK6, BOB)], {ALICE}, {ALICE, BOB}),
        ([(LOOPBACK4, ALICE)], [(ANY6, BOB)], {ALICE}, {ALICE, BOB}),
        ([(LOOPBACK4, BOB)], [(LOOPBACK6, ALICE)], {BOB}, {ALICE, BOB}),
        ([(LOOPBACK4, BOB), (ANY4, ALICE)], [], {BOB}, {BOB}),
        ([(ANY4, ALICE)], [(ANY6, BOB)], {ALICE}, {ALICE, BOB}),
        ([], [(LOOPBACK6, ALICE), (ANY6, BOB)], {BOB}, {ALICE, BOB}),
        ([(LOOPBACK4, ALICE), (LOOPBACK4, BOB)], [], {ALICE, BOB}, {ALICE, BOB}),
        ([(LOOPBACK4, ALICE)], [(MAPPED, BOB)], {ALICE, BOB}, {ALICE, BOB}),
        ([(S390_LOOPBACK4, ALICE)], [(S390_LOOPBACK6, BOB)], {ALICE}, {ALICE, BOB}),
    ],
)
def test_who_gets_a_connection(
    tcp: list[tuple[str, int]], tcp6: list[tuple[str, int]], by_ip: set[int], by_name: set[int]
) -> None:
    """The kernel's choice: the exact address, else IPv4's wildcard, else IPv6's; sshd may try both for a name."""
    tables = [table(*(row(*listener) for listener in listeners)) for listeners in (tcp, tcp6)]

    assert {listener.uid for listener in answering(tables, 7001, "127.0.0.1")} == by_ip
    assert {listener.uid for listener in answering(tables, 7001, "localhost")} == by_name


@pytest.mark.parametrize(
    "other",
    [
        row(LOOPBACK4, BOB, port=7002),
        row(LOOPBACK4, BOB, state="01"),
        "   4: 0100007F:1B59 short\n",
        "\n",
    ],
)
def test_other_rows_do_not_count(other: str) -> None:
    """Other ports, connections to the port, and half rows."""
    tables = [table(row(LOOPBACK4, ALICE), other)]

    assert answering(tables, 7001, "127.0.0.1") == {Listener(ALICE, "77")}


@pytest.mark.parametrize(
    ("uids", "verdict"),
    [
        ([], Verdict.NOBODY),
        ([ALICE], Verdict.OWN),
        ([BOB], Verdict.FOREIGN),
        ([ROOT], Verdict.FOREIGN),
        ([ALICE, BOB], Verdict.FOREIGN),
    ],
)
def test_a_port_is_whose_it_should_be(uids: list[int], verdict: Verdict) -> None:
    """One other is enough to refuse all, root too."""
    tables = [table(*(row(LOOPBACK4, uid) for uid in uids))]

    assert judge_port(NOTEBOOK, "127.0.0.1", tables, EXPECTED).verdict is verdict


def test_a_foreign_port_is_told_with_its_fix() -> None:
    """The administrator reads the port, the remote, both uids, and what to do."""
    sighting = judge_port(NOTEBOOK, "localhost", [table(row(ANY4, BOB))], EXPECTED)

    assert sighting.detail == (
        "port 7001 of lab is held by uid 1002, not by alice (uid 1001); stop that process there or,"
        " if it is the notebook, say so: notebooks.alice.listener: 1002"
    )


def test_a_new_listener_is_told_from_the_old_one() -> None:
    """Started again, it has another inode, though it is the same account's."""
    sightings = [
        judge_port(NOTEBOOK, "127.0.0.1", [table(row(LOOPBACK4, ALICE, inode=inode))], EXPECTED)
        for inode in (77, 77, 78)
    ]

    assert sightings[0] == sightings[1] != sightings[2]


PRIVATE, SHARED, STICKY, OPEN = 0o40700, 0o40755, 0o41777, 0o40777
SOCKET = stat.S_IFSOCK


@pytest.mark.parametrize(
    ("socket", "folder", "verdict", "words"),
    [
        (File(ALICE, SOCKET | 0o600), File(ALICE, PRIVATE), Verdict.OWN, ""),
        (File(ALICE, SOCKET | 0o777), File(ALICE, PRIVATE), Verdict.OWN, ""),
        (File(ALICE, SOCKET | 0o755), File(ALICE, SHARED), Verdict.OWN, ""),
        (File(ALICE, SOCKET | 0o600), File(ROOT, STICKY), Verdict.OWN, ""),
        (File(ALICE, SOCKET | 0o660), File(ALICE, SHARED), Verdict.UNSURE, "chmod 600"),
        (File(ALICE, SOCKET | 0o602), File(ROOT, STICKY), Verdict.UNSURE, "chmod 600"),
        (File(ALICE, SOCKET | 0o600), File(ALICE, OPEN), Verdict.UNSURE, "chmod 700"),
        (File(ALICE, SOCKET | 0o600), File(BOB, PRIVATE), Verdict.UNSURE, "uid 1002"),
        (File(ALICE, stat.S_IFLNK | 0o777), File(ALICE, PRIVATE), Verdict.UNSURE, "no socket"),
        (File(ALICE, stat.S_IFREG | 0o600), File(ALICE, PRIVATE), Verdict.UNSURE, "no socket"),
        (File(BOB, SOCKET | 0o600), File(ROOT, STICKY), Verdict.FOREIGN, "held by uid 1002"),
        (None, File(ALICE, PRIVATE), Verdict.NOBODY, ""),
        (None, None, Verdict.NOBODY, ""),
    ],
)
def test_a_socket_is_whose_its_file_is(
    socket: File | None, folder: File | None, verdict: Verdict, words: str
) -> None:
    """Its owner vouches for it, as long as nobody else can put another in its place."""
    sighting = judge_socket(AT_SOCKET, socket, folder, EXPECTED)

    assert sighting.verdict is verdict
    assert words in sighting.detail


def test_a_socket_that_was_made_anew_is_told_from_the_old_one() -> None:
    first, second = (
        judge_socket(AT_SOCKET, File(ALICE, SOCKET | 0o600, moment), File(ALICE, PRIVATE), EXPECTED)
        for moment in (1, 2)
    )

    assert first != second


@pytest.mark.parametrize(
    ("sighting", "listener", "reason"),
    [
        (Sighting(Verdict.OWN), None, None),
        (Sighting(Verdict.NOBODY), None, None),
        (UNCHECKED, "any", None),
        (Sighting(Verdict.FOREIGN), None, Reason.FOREIGN_LISTENER),
        (unsure(NOTEBOOK, "why"), None, Reason.UNSURE_LISTENER),
        (unseen(NOTEBOOK, "why"), None, None),
        (unseen(NOTEBOOK, "why"), "alice", Reason.UNSURE_LISTENER),
        (unseen(NOTEBOOK, "why"), "1001", Reason.UNSURE_LISTENER),
    ],
)
def test_objections(sighting: Sighting, listener: str | None, reason: Reason | None) -> None:
    """Where nobody may look nobody is refused, unless the configuration names whom to expect."""
    notebook = Notebook(
        NOTEBOOK.name, NOTEBOOK.remote, NOTEBOOK.login, port=7001, listener=listener
    )

    found = objection(sighting, notebook)

    assert (found and found.reason) == reason


@pytest.mark.parametrize(
    ("address", "host", "settled"),
    [
        (LOOPBACK4, "127.0.0.1", True),
        (ANY4, "127.0.0.1", True),
        (ELSEWHERE4, "127.0.0.1", False),
        (LOOPBACK4, "localhost", False),
    ],
)
def test_one_row_may_be_enough(address: str, host: str, *, settled: bool) -> None:
    """Nobody can listen beside the holder of an IPv4 address; for a name, IPv6 must be read, too."""
    assert settles(table(row(address, ALICE)), 7001, host) is settled
    assert not settles(table(row(address, ALICE))[:-3], 7001, host)


@pytest.mark.parametrize(
    ("text", "past"),
    [
        ("", False),
        (HEADING, False),
        (table(row(LOOPBACK4, ALICE)), False),
        (table(row(LOOPBACK4, ALICE), row(LOOPBACK4, ALICE, state="01")), True),
        (table(row(LOOPBACK4, ALICE), row(LOOPBACK4, ALICE, state="01"))[:-20], False),
    ],
)
def test_a_table_is_read_as_far_as_listeners_go(text: str, *, past: bool) -> None:
    """Linux lists them first; a row that is cut off says nothing."""
    assert past_listeners(text) is past


@pytest.mark.parametrize(("name", "uid"), [("root", 0), ("alice", 1001), ("ali", None), ("", None)])
def test_accounts_by_name(name: str, uid: int | None) -> None:
    """A name is looked up as it stands; what is no account has no uid."""
    passwd = "root:x:0:0:root:/root:/bin/sh\nalice:x:1001:1001::/home/alice:\nbroken\nx:x:y:\n\n"

    assert read_uid(passwd, name) == uid


@pytest.mark.parametrize(
    ("account", "words"), [(Account("alice", 1001), "alice (uid 1001)"), (Account("7", 7), "uid 7")]
)
def test_accounts_in_words(account: Account, words: str) -> None:
    assert str(account) == words
