"""What to say, and what to do, when a remote can't be reached or does not let the gateway in."""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.core.diagnosis import Advice
from gateway.core.host_key import HostKeyChange
from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.core.situation import Situation
from gateway.core.ssh_credential import Credential, Kerberos, KeyFile, means, remedy
from gateway.errors import Reason

Adviser = Callable[[Situation], Advice]


STILL_UP: Final = "The tunnel that is open still works; it can't be dialled again once it is lost."


def proof(remote: Remote, login: LoginName) -> str:
    """Return with what the gateway proves there that it is ``login``."""
    credential = remote.credential_of(login)
    return "nothing" if credential is None else means(credential)


def _where(situation: Situation) -> str:
    remote = situation.remote
    return f"{remote.name} ({remote.host}, port {remote.port})"


def _name_not_found(situation: Situation) -> Advice:
    remote = situation.remote
    return Advice(
        f"The name {remote.host} of remote {remote.name} does not resolve where the gateway runs.",
        f"Mend remotes.{remote.name}.host, or the DNS that the gateway's machine or container asks.",
    )


def _unreachable(situation: Situation) -> Advice:
    remote = situation.remote
    if "refused" in situation.detail.lower():
        return Advice(
            f"The machine {remote.host} is there and refuses connections at port {remote.port}.",
            f"Start sshd there, or mend remotes.{remote.name}.port if it listens elsewhere.",
        )
    return Advice(
        f"Nothing answers for {_where(situation)}{_in_brackets(situation.detail)}.",
        f"See that {remote.host} is up and that no firewall stands between it and the gateway.",
    )


def _timed_out(situation: Situation) -> Advice:
    remote = situation.remote
    if situation.seen.version:
        return Advice(
            f"sshd on {_where(situation)} greets, and then takes too long over the log-in.",
            f"Look at the load of {remote.name} and at what sshd asks there (DNS, PAM, a home on a hung mount).",
        )
    if situation.seen.address:
        return Advice(
            f"Something takes connections at {_where(situation)} and says nothing, as no sshd does.",
            f"Mend remotes.{remote.name}.port, or look at sshd there: it may hang.",
        )
    return Advice(
        f"Nothing answers at {_where(situation)}, not even with a refusal.",
        f"See that {remote.host} is up and that no firewall drops what the gateway sends to port {remote.port}.",
    )


def _not_ssh(situation: Situation) -> Advice:
    remote = situation.remote
    return Advice(
        f"What answers at {_where(situation)} is not an SSH server that the gateway can talk to"
        f"{_in_brackets(situation.detail)}.",
        f"Set remotes.{remote.name}.port to the port at which sshd listens on {remote.host}.",
    )


def _busy(situation: Situation) -> Advice:
    return Advice(
        f"{_where(situation)} hangs up before the log-in: it is busy, or has barred the gateway's address for a while.",
        "Wait a minute and look again; if it stays so, raise MaxStartups in its sshd_config, or exempt the"
        " gateway's address there (PerSourcePenaltyExemptList).",
    )


def _lost(situation: Situation) -> Advice:
    return Advice(
        f"The SSH connection to {_where(situation)} ended.",
        "The gateway dials again by itself; if it keeps happening, look at sshd's log there and at the network between.",
    )


def _silent(situation: Situation) -> Advice:
    return Advice(
        f"{_where(situation)} has stopped answering on an open connection.",
        f"See whether {situation.remote.host} hangs, or whether the network between cuts what is idle.",
    )


def _host_key_changed(situation: Situation) -> Advice:
    name, seen = situation.remote.name, situation.seen
    shown = f" ({_listed(seen.shown_keys)})" if seen.shown_keys else ""
    known = f" ({_listed(seen.known_keys)})" if seen.known_keys else ""
    change = HostKeyChange(name, seen.known_keys, seen.shown_keys)
    return Advice(
        f"{_where(situation)} shows another host key{shown} than the one that is known{known}: it was set up anew, or"
        " something stands in its place.",
        f"Ask its administrator whether that key is right (`gateway remotes hostkey {name}` shows both); if it is, take it:"
        f" `{change.command}`.",
    )


def _host_key_unknown(situation: Situation) -> Advice:
    name, seen = situation.remote.name, situation.seen
    if not seen.host_key and situation.detail:
        return Advice(
            f"What is known of the host key of {_where(situation)} can't be read ({situation.detail}).",
            f"Mend remotes.{name}.known_hosts, or take the key anew with `gateway remotes trust {name}`.",
        )
    shown = f" {seen.host_key}" if seen.host_key else ""
    return Advice(
        f"Nobody has vouched for the host key{shown} of {_where(situation)}.",
        f"Compare what `gateway remotes hostkey {name}` shows with what its administrator says, then take it"
        f" with `gateway remotes trust {name}`.",
    )


def _identity_unusable(situation: Situation) -> Advice:
    remote = situation.remote
    return Advice(
        f"The gateway can't use {proof(remote, situation.login)} for remote {remote.name}{_in_brackets(situation.detail)}.",
        f"Mend remotes.{remote.name} in gateway.yaml, or the file that it names; the gateway's own user must be"
        " able to read it.",
    )


def _credential_expired(situation: Situation) -> Advice:
    what = proof(situation.remote, situation.login)
    return Advice(
        f"The time of {what} for remote {situation.remote.name} is over"
        f"{_in_brackets(situation.detail)}.",
        "Have a new certificate signed, or get a new ticket.",
    )


def _login_refused(situation: Situation) -> Advice:
    remote, login, seen = situation.remote, situation.login, situation.seen
    keys = f" ({', '.join(seen.keys)})" if seen.keys else ""
    wrong = f"{remote.name} does not let {login} in with {proof(remote, login)}{keys}"
    if seen.methods and not {"publickey", "gssapi-with-mic"} & set(seen.methods):
        return Advice(
            f"{wrong}: it offers only {_listed(seen.methods)}.",
            f"Allow keys for {login} in {remote.name}'s sshd_config: `PubkeyAuthentication yes`.",
        )
    offers = f"; it offers {_listed(seen.methods)}" if seen.methods else ""
    credential = remote.credential_of(login)
    if isinstance(credential, Kerberos) or _certified(credential):
        fix = remedy(credential, login)
        return Advice(f"{wrong}{offers}.", f"{fix[:1].upper()}{fix[1:]}.")
    return Advice(
        f"{wrong}{offers}.",
        f"Put that key's public half into ~{login}/.ssh/authorized_keys on {remote.name}: `gateway remotes key"
        f" {remote.name} --for {situation.notebook.name}` prints the line.",
    )


def _certified(credential: Credential | None) -> bool:
    return isinstance(credential, KeyFile) and credential.certificate is not None


def _kdc_unreachable(situation: Situation) -> Advice:
    return Advice(
        f"The gateway gets no Kerberos ticket for remote {situation.remote.name}"
        f"{_in_brackets(situation.detail)}.",
        "See that the KDC is up, and that krb5.conf where the gateway runs names it.",
    )


def _jump_down(situation: Situation) -> Advice:
    jump = situation.remote.jump or "the remote on the way"
    return Advice(
        f"The way to {_where(situation)} leads through {jump}, which has no tunnel.",
        f"Mend {jump} first: `gateway doctor {situation.notebook.name}` walks it hop by hop.",
    )


def jump_forbids(situation: Situation) -> Advice:
    """Advise where the remote on the way does not forward to the next one."""
    remote = situation.remote
    return Advice(
        f"sshd on {remote.jump} does not forward to {remote.host} port {remote.port}, where {remote.name} is.",
        f"Allow it on {remote.jump}: `AllowTcpForwarding local` and `PermitOpen {remote.host}:{remote.port}` in"
        f' sshd_config, `permitopen="{remote.host}:{remote.port}"` beside the key.',
    )


def gate_closed(situation: Situation) -> Advice:
    """Advise where the gateway holds itself back, so as not to be barred."""
    return Advice(
        f"The gateway's other log-ins to {situation.remote.name} are still under way, or were refused a moment ago.",
        "Look again in a minute: a remote bars whoever tries too often.",
    )


def took_too_long(situation: Situation) -> Advice:
    """Advise where a diagnosis itself has no end."""
    return Advice(
        f"Looking at {situation.notebook.name} took too long altogether.",
        f"Look again; if it stays so, look at the load of {situation.remote.name} and at the line to it.",
    )


def _listed(words: tuple[str, ...]) -> str:
    return " and ".join(", ".join(words).rsplit(", ", 1))


def _in_brackets(detail: str) -> str:
    return f" ({detail})" if detail else ""


REMOTE_ADVICE: Final[Mapping[Reason, Adviser]] = {
    Reason.NAME_NOT_FOUND: _name_not_found,
    Reason.UNREACHABLE: _unreachable,
    Reason.TIMED_OUT: _timed_out,
    Reason.NOT_SSH: _not_ssh,
    Reason.BUSY: _busy,
    Reason.LOST: _lost,
    Reason.SILENT: _silent,
    Reason.HOST_KEY_CHANGED: _host_key_changed,
    Reason.HOST_KEY_UNKNOWN: _host_key_unknown,
    Reason.IDENTITY_UNUSABLE: _identity_unusable,
    Reason.CREDENTIAL_EXPIRED: _credential_expired,
    Reason.KDC_UNREACHABLE: _kdc_unreachable,
    Reason.LOGIN_REFUSED: _login_refused,
    Reason.JUMP_DOWN: _jump_down,
}
