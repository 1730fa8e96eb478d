"""gateway.core.notebook_advice: what is wrong with a notebook, in words that name it and the fix."""

import pytest

from gateway.core import notebook_advice
from gateway.core.advice import advise
from gateway.core.diagnosis import Advice
from gateway.core.names import LoginName
from gateway.errors import Reason
from tests.core.situations import of_notebook, situation

START = "`jupyter lab --no-browser --port=7001` on lab as al"


@pytest.mark.parametrize(
    ("notebook", "command"),
    [
        ({}, "jupyter lab --no-browser --port=7001"),
        ({"port": None, "socket": "/home/al/my lab.sock"}, "jupyter lab --no-browser --sock='/home/al/my lab.sock'"),
    ],
)  # fmt: skip
def test_start_command(notebook: dict[str, object], command: str) -> None:
    """What the owner types, quoted for a shell."""
    assert notebook_advice.start_command(of_notebook(**notebook).notebook) == command


def test_stopped_notebook_is_started() -> None:
    assert START in advise(Reason.NOT_RUNNING, situation()).fix


def test_socket_that_does_not_answer_may_be_forbidden() -> None:
    """OpenSSH says the same of a socket that is not there and of one to which it does not lead."""
    advice = advise(Reason.NOT_RUNNING, of_notebook(port=None, socket="/home/al/j.sock"))

    assert "or sshd there does not forward to sockets" in advice.wrong
    assert "AllowStreamLocalForwarding local" in advice.fix


def test_forbidden_forward_names_both_causes_unless_one_is_known() -> None:
    either = advise(Reason.FORWARDING_REFUSED, situation())
    known = notebook_advice.other_ports_only(situation(), "localhost:7002")

    assert "AllowTcpForwarding" in either.wrong
    assert "PermitOpen" in either.wrong
    assert "AllowTcpForwarding" not in known.wrong
    assert "to localhost:7002, but not to port 7001: PermitOpen" in known.wrong
    assert "`PermitOpen 127.0.0.1:7001 localhost:7001`" in known.fix


def test_forbidden_socket_is_another_matter() -> None:
    advice = advise(Reason.FORWARDING_REFUSED, of_notebook(port=None, socket="/home/al/j.sock"))

    assert "AllowStreamLocalForwarding" in advice.fix
    assert "PermitOpen localhost" not in advice.fix


def test_foreign_listener_is_named_by_its_uids() -> None:
    advice = notebook_advice.foreign_listener(situation(), {1002, 1001})

    assert "not al's but another account's (uid 1001 and uid 1002)" in advice.wrong
    assert START in advice.fix


def test_unsure_listener_may_be_let_be() -> None:
    """Whoever knows better says so."""
    advice = advise(Reason.UNSURE_LISTENER, situation("others may write its folder"))

    assert "(others may write its folder)" in advice.wrong
    assert "notebooks.alice.listener: any" in advice.fix
    assert "remotes key lab --for alice" in notebook_advice.listener_unseen(situation()).fix


def test_certificate_is_pinned_by_what_is_shown() -> None:
    shown = notebook_advice.certificate_refused(situation("self-signed"), "SHA256:abc")

    assert "(self-signed)" in shown.wrong
    assert '`verify: "SHA256:abc"`' in shown.fix
    assert "SHA256:…" in advise(Reason.CERTIFICATE_REFUSED, situation()).fix


@pytest.mark.parametrize(
    ("advice", "wrong", "fix"),
    [
        (notebook_advice.speaks_tls(situation()), "speaks TLS (https)", "scheme to https or auto"),
        (notebook_advice.speaks_plainly(situation()), "speaks plain http", "scheme to http or auto"),
        (notebook_advice.listens_at(situation(), "::1"), "only at ::1", "--ip=127.0.0.1"),
        (notebook_advice.base_url_hidden(situation(), "/x/"), "lives below /x/", START),
        (notebook_advice.nothing_at_root(situation()), "nothing at /", START),
        (notebook_advice.below_base_url(situation(), "/x/"), "at /, where it shows nothing", "at /x/"),
        (notebook_advice.no_sftp(situation()), "al may not use SFTP on lab", "remotes key lab --for alice"),
        (notebook_advice.no_runtime_file(situation()), "tells of no server at port 7001", "token_file"),
        (notebook_advice.stale_runtime_file(situation()), "servers that ran before", "port=7001"),
        (notebook_advice.token_file_refused(of_notebook(token_file="/t")), "the token in /t", "/t"),
        (notebook_advice.asks_nobody(situation()), "every account on lab can use it as al", START),
    ],
)  # fmt: skip
def test_finer_advice(advice: Advice, wrong: str, fix: str) -> None:
    assert wrong in advice.wrong
    assert fix in advice.fix
    assert advice.wrong.endswith(".")
    assert advice.fix.endswith(".")


def test_owner_is_the_login_and_not_the_name() -> None:
    """A notebook called alice may run as somebody else."""
    assert of_notebook().notebook.login == LoginName("al")
    assert "as al" in advise(Reason.NOT_RUNNING, situation()).fix
