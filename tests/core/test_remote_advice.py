"""gateway.core.remote_advice: what is wrong on the way to a remote, by what was seen there."""

import pytest

from gateway.core.advice import advise
from gateway.core.remote_advice import gate_closed, jump_forbids, took_too_long
from gateway.core.situation import Seen
from gateway.core.ssh_credential import Kerberos
from gateway.errors import Reason
from tests.core.situations import LAB, situation


def test_refused_connection_is_told_from_silence() -> None:
    """A machine that refuses is there."""
    refused = advise(Reason.UNREACHABLE, situation("connection refused"))
    silent = advise(Reason.UNREACHABLE, situation("no route to host"))

    assert (
        refused.wrong == "The machine lab.example.org is there and refuses connections at port 22."
    )
    assert "remotes.lab.port" in refused.fix
    assert "(no route to host)" in silent.wrong
    assert "firewall" in silent.fix


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Seen(), "not even with a refusal"),
        (Seen(address="192.0.2.7"), "takes connections"),
        (Seen(address="192.0.2.7", version="OpenSSH_10.0"), "too long over the log-in"),
    ],
)
def test_time_out_is_told_by_how_far_it_came(seen: Seen, said: str) -> None:
    assert said in advise(Reason.TIMED_OUT, situation(seen=seen)).wrong


def test_refused_log_in_names_key_methods_and_place() -> None:
    """Which key, what the server offers, and where the key must be put."""
    seen = Seen(methods=("publickey", "password"), keys=("SHA256:abc",))

    advice = advise(Reason.LOGIN_REFUSED, situation(seen=seen))

    assert advice.wrong == (
        "lab does not let al in with the key /run/secrets/lab_key (SHA256:abc);"
        " it offers publickey and password."
    )
    assert "~al/.ssh/authorized_keys on lab" in advice.fix
    assert "`gateway remotes key lab --for alice`" in advice.fix


def test_server_without_keys_is_told_to_allow_them() -> None:
    """No key helps where only passwords are heard."""
    advice = advise(Reason.LOGIN_REFUSED, situation(seen=Seen(methods=("password",))))

    assert "it offers only password" in advice.wrong
    assert "PubkeyAuthentication yes" in advice.fix


def test_kerberos_is_no_key() -> None:
    """Whose ticket is refused need not look for a key."""
    advice = advise(Reason.LOGIN_REFUSED, situation(credential=Kerberos()))

    assert "with the Kerberos ticket" in advice.wrong
    assert "GSSAPIAuthentication yes" in advice.fix
    assert "authorized_keys" not in advice.fix


def test_changed_host_key_names_both_and_both_commands() -> None:
    """What is known, what is shown, and the command that takes that one and no other."""
    seen = Seen(known_keys=("ssh-ed25519 SHA256:old",), shown_keys=("ssh-ed25519 SHA256:new",))

    advice = advise(Reason.HOST_KEY_CHANGED, situation(seen=seen))

    assert "another host key (ssh-ed25519 SHA256:new) than the one" in advice.wrong
    assert "known (ssh-ed25519 SHA256:old)" in advice.wrong
    assert "`gateway remotes hostkey lab`" in advice.fix
    assert "`gateway remotes trust lab --fingerprint SHA256:new`" in advice.fix


def test_unreadable_known_hosts_is_no_unknown_key() -> None:
    """What can't be read says nothing of the key."""
    unreadable = advise(Reason.HOST_KEY_UNKNOWN, situation("/x can't be read: no such file"))
    unknown = advise(Reason.HOST_KEY_UNKNOWN, situation(seen=Seen(host_key="SHA256:new")))

    assert "(/x can't be read: no such file)" in unreadable.wrong
    assert "known_hosts" in unreadable.fix
    assert "Nobody has vouched for the host key SHA256:new" in unknown.wrong


def test_jump_that_forbids_says_what_to_allow_where() -> None:
    advice = jump_forbids(situation(jump="bastion"))

    assert advice.wrong.startswith("sshd on bastion does not forward to lab.example.org port 22")
    assert 'permitopen="lab.example.org:22"' in advice.fix


def test_who_holds_back_says_for_how_long() -> None:
    assert "in a minute" in gate_closed(situation()).fix
    assert LAB.name in took_too_long(situation()).fix
