"""The reference page of what ``gateway doctor`` says, made from the sentences themselves."""

from collections.abc import Iterator
from typing import Final

from gateway.core import notebook_advice, remote_advice
from gateway.core.advice import ADVICE
from gateway.core.diagnosis import Advice, Right
from gateway.core.hop import Hop, hop_of
from gateway.core.inventory import Notebook, Remote
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.core.right_advice import excess
from gateway.core.situation import Seen, Situation
from gateway.core.ssh_credential import KeyFile
from gateway.errors import Reason

INTRODUCTION: Final = """\
# What `gateway doctor` says

Every sentence that a diagnosis, the status page and the API use to say what is wrong, and the one that says what to do; here
with a remote `lab`, a notebook `alice` and a login `al`. This page is made from the code by `make docs`. How to use it:
[Find out what is wrong](../how-to/find-out-what-is-wrong.md).
"""
RIGHTS: Final = """\
## What the credential may do beside

Tried for administrators, and harmless; each is a warning.
"""

LAB: Final = Remote(
    RemoteName("lab"), "lab.example.org", credential=KeyFile("/run/secrets/lab_key")
)
BEHIND: Final = Remote(RemoteName("lab"), "lab.example.org", jump=RemoteName("bastion"))
NOTEBOOK: Final = Notebook(
    NotebookName("alice"),
    LAB.name,
    LoginName("al"),
    port=7001,
    token_file="/run/secrets/alice",  # noqa: S106 - a file's name
)
SEEN: Final = Seen(
    host_key="SHA256:…",
    known_keys=("ssh-ed25519 SHA256:…",),
    shown_keys=("ssh-ed25519 SHA256:…",),
    methods=("publickey", "password"),
    keys=("SHA256:…",),
)


def diagnosis_page() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    rows = {hop: list(_rows(hop)) for hop in Hop}
    parts += [_table(hop.value, advice) for hop, advice in rows.items() if advice]
    parts += [RIGHTS + "\n" + HEADER + "".join(_row(excess(right, _of(LAB))) for right in Right)]
    return "\n".join(parts).rstrip() + "\n"


def _rows(hop: Hop) -> Iterator[Advice]:
    for reason, adviser in ADVICE.items():
        if hop_of(reason) is hop:
            yield adviser(_of(BEHIND if hop is Hop.JUMP else LAB))
    yield from FINER.get(hop, ())


def _of(remote: Remote, detail: str = "", seen: Seen = SEEN) -> Situation:
    return Situation(NOTEBOOK, remote, NOTEBOOK.login, detail, seen)


def _table(title: str, advice: list[Advice]) -> str:
    # Two situations may be told in the same words.
    told = dict.fromkeys((each.wrong, each.fix) for each in advice)
    return f"## {title}\n\n{HEADER}" + "".join(_row(Advice(*each)) for each in told)


def _row(advice: Advice) -> str:
    return f"| {_cell(advice.wrong)} | {_cell(advice.fix)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


HEADER: Final = "| what is wrong | what to do |\n|---|---|\n"

_LAB = _of(LAB)
FINER: Final = {
    Hop.TCP: (
        ADVICE[Reason.UNREACHABLE](_of(LAB, "connection refused")),
        ADVICE[Reason.TIMED_OUT](_of(LAB, seen=Seen())),
        remote_advice.jump_forbids(_of(BEHIND)),
        remote_advice.gate_closed(_LAB),
    ),
    Hop.SSH: (
        ADVICE[Reason.TIMED_OUT](_of(LAB, seen=Seen(address="192.0.2.7"))),
        ADVICE[Reason.TIMED_OUT](_of(LAB, seen=Seen(version="OpenSSH"))),
    ),
    Hop.LOGIN: (ADVICE[Reason.LOGIN_REFUSED](_of(LAB, seen=Seen(methods=("password",)))),),
    Hop.CHANNEL: (
        notebook_advice.other_ports_only(_LAB, "localhost:7002"),
        notebook_advice.listens_at(_LAB, "::1"),
    ),
    Hop.LISTENER: (notebook_advice.listener_unseen(_LAB),),
    Hop.TLS: (notebook_advice.speaks_tls(_LAB), notebook_advice.speaks_plainly(_LAB)),
    Hop.BASE_URL: (
        notebook_advice.base_url_hidden(_LAB, "/al/"),
        notebook_advice.nothing_at_root(_LAB),
        notebook_advice.below_base_url(_LAB, "/al/"),
    ),
    Hop.TOKEN: (
        notebook_advice.no_sftp(_LAB),
        notebook_advice.no_runtime_file(_LAB),
        notebook_advice.stale_runtime_file(_LAB),
        notebook_advice.token_file_refused(_LAB),
        notebook_advice.asks_nobody(_LAB),
    ),
}
"""What is told apart within a reason, or is no reason at all but a warning."""
