"""What to say, and what to do, when the remote is there and its notebook is not as it should be."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.core.diagnosis import Advice
from gateway.core.inventory import Notebook
from gateway.core.remote_advice import Adviser
from gateway.core.situation import Situation
from gateway.errors import Reason


def start_command(notebook: Notebook) -> str:
    """Return what the notebook's owner types on the remote to start it."""
    if notebook.socket is not None:
        return f"jupyter lab --no-browser --sock={shlex.quote(notebook.socket)}"
    return f"jupyter lab --no-browser --port={notebook.port}"


def _place(situation: Situation) -> str:
    return f"{situation.notebook.place} of {situation.notebook.remote}"


def _start(situation: Situation) -> str:
    notebook = situation.notebook
    return f"`{start_command(notebook)}` on {notebook.remote} as {notebook.login}"


def _not_running(situation: Situation) -> Advice:
    if situation.notebook.socket is not None:
        return Advice(
            f"Nothing listens at {_place(situation)}, or sshd there does not forward to sockets: it says the"
            " same of both.",
            f"Start it: {_start(situation)}; if it runs, {_permit_sockets(situation.notebook)}.",
        )
    return Advice(
        f"Nothing listens at {_place(situation)}, neither at 127.0.0.1 nor at localhost.",
        f"Start it: {_start(situation)}; if it runs at another port, mend notebooks.{situation.notebook.name}.port.",
    )


def listens_at(situation: Situation, address: str) -> Advice:
    """Advise where a notebook listens at an address of loopback that the gateway does not ask."""
    notebook = situation.notebook
    return Advice(
        f"Something listens at port {notebook.port} of {notebook.remote}, only at {address}, and not at 127.0.0.1.",
        f"Have it listen there: `{start_command(notebook)} --ip=127.0.0.1`.",
    )


def _forbidden(situation: Situation) -> Advice:
    notebook = situation.notebook
    wrong = f"sshd on {notebook.remote} does not forward {notebook.login} to {notebook.place}"
    if notebook.socket is not None:
        return Advice(
            f"{wrong}: AllowStreamLocalForwarding, AllowTcpForwarding or DisableForwarding forbids it, or a PermitOpen"
            " or permitopen= beside it, which shuts out all sockets.",
            f"On {notebook.remote}, {_permit_sockets(notebook)}.",
        )
    return Advice(
        f"{wrong}: AllowTcpForwarding (or DisableForwarding, or `restrict` beside the key) forbids all forwards,"
        " or PermitOpen (or permitopen= beside the key) names other ports.",
        f"In {notebook.remote}'s sshd_config, for {notebook.login}: `AllowTcpForwarding local` and {_permit(notebook)}.",
    )


def other_ports_only(situation: Situation, permitted: str) -> Advice:
    """Advise where sshd forwards the login to another place, so that it is PermitOpen that stands in the way."""
    notebook = situation.notebook
    return Advice(
        f"sshd on {notebook.remote} forwards {notebook.login} to {permitted}, but not to {notebook.place}: PermitOpen"
        " in its sshd_config, or permitopen= beside the key, leaves it out.",
        f"Add the port: {_permit(notebook)}.",
    )


def _permit_sockets(notebook: Notebook) -> str:
    # AllowTcpForwarding no and PermitOpen shut out sockets too.
    return (
        f"set `AllowStreamLocalForwarding local` and `AllowTcpForwarding local` for {notebook.login} in sshd_config, with"
        " no PermitOpen there and no permitopen= beside the key"
    )


def _permit(notebook: Notebook) -> str:
    return (
        f"`PermitOpen 127.0.0.1:{notebook.port} localhost:{notebook.port}` (beside the key: `gateway remotes key {notebook.remote} --for"
        f" {notebook.name}` prints the line)"
    )


def _foreign_listener(situation: Situation) -> Advice:
    return foreign_listener(situation, ())


def foreign_listener(situation: Situation, uids: Iterable[int]) -> Advice:
    """Advise where a program listens that is not the login's; ``uids`` are whose it is."""
    notebook = situation.notebook
    whose = " and ".join(f"uid {uid}" for uid in sorted(uids))
    return Advice(
        f"The program that listens at {_place(situation)} is not {notebook.listener or notebook.login}'s but another"
        f" account's{_in_brackets(whose)}: the gateway sends it nothing.",
        f"Have that program stopped, then start the notebook: {_start(situation)}; if it is the notebook, say whose it"
        f" is: notebooks.{notebook.name}.listener.",
    )


def _unsure_listener(situation: Situation) -> Advice:
    notebook = situation.notebook
    return Advice(
        f"Nothing vouches for whose program listens at {_place(situation)}{_in_brackets(situation.detail)}.",
        f"Mend that, or say that nobody shall look: notebooks.{notebook.name}.listener: any.",
    )


def listener_unseen(situation: Situation) -> Advice:
    """Advise where the login may not look, so that whoever takes the notebook's place gets what is sent there."""
    notebook = situation.notebook
    return Advice(
        f"It can't be seen whose program listens at {_place(situation)}: whoever takes that place while the notebook is"
        " down gets what is sent there.",
        f"Allow {notebook.login} SFTP, reading only: `gateway remotes key {notebook.remote} --for {notebook.name}` prints"
        " the line.",
    )


def _silent(situation: Situation) -> Advice:
    notebook = situation.notebook
    return Advice(
        f"The notebook takes connections at {_place(situation)} and says nothing: its process hangs, or is stopped.",
        f"Look at it on {notebook.remote} as {notebook.login} (`kill -CONT` wakes one that was stopped); if it does"
        f" not come round, stop it and start it anew: `{start_command(notebook)}`.",
    )


def _hung_up(situation: Situation) -> Advice:
    notebook = situation.notebook
    return Advice(
        f"The notebook at {_place(situation)} takes connections and ends them without an answer.",
        f"Look at its output on {notebook.remote} as {notebook.login}; if it does so again, stop it and start it"
        f" anew: `{start_command(notebook)}`.",
    )


def _not_http(situation: Situation) -> Advice:
    return Advice(
        f"What answers at {_place(situation)} speaks neither HTTP nor TLS{_in_brackets(situation.detail)}.",
        f"Mend notebooks.{situation.notebook.name}.port, or stop what listens there and start the notebook:"
        f" {_start(situation)}.",
    )


def speaks_tls(situation: Situation) -> Advice:
    """Advise where the configuration says http and the notebook speaks TLS."""
    name = situation.notebook.name
    return Advice(
        f"notebooks.{name} says scheme: http, but what listens at {_place(situation)} speaks TLS (https).",
        f"Set notebooks.{name}.scheme to https or auto, and say with verify: which certificate it may show.",
    )


def speaks_plainly(situation: Situation) -> Advice:
    """Advise where the configuration says https and the notebook speaks plain http."""
    name = situation.notebook.name
    return Advice(
        f"notebooks.{name} says scheme: https, but what listens at {_place(situation)} speaks plain http.",
        f"Set notebooks.{name}.scheme to http or auto; or start the notebook with --certfile and --keyfile.",
    )


def _certificate_refused(situation: Situation) -> Advice:
    return certificate_refused(situation, None)


def certificate_refused(situation: Situation, shown: str | None) -> Advice:
    """Advise where the certificate is not one that may be trusted; ``shown`` is its fingerprint."""
    name = situation.notebook.name
    pin = f'`verify: "{shown}"`' if shown else "`verify: SHA256:…`"
    return Advice(
        f"The certificate of the notebook at {_place(situation)} is not one that the gateway may trust"
        f"{_in_brackets(situation.detail)}.",
        f"If it is the right one, pin it in notebooks.{name}: {pin}; or name its CA: `verify: /path/to/ca.pem`.",
    )


def base_url_hidden(situation: Situation, base_url: str) -> Advice:
    """Advise where Jupyter lives below a base URL that none of its answers tells."""
    return Advice(
        f"Jupyter's runtime file says that {situation.notebook.name} lives below {base_url}, but its answers do not"
        " (a Content-Security-Policy of its own hides it), so the gateway looks for it at / and finds nothing.",
        f"Start it without a base URL ({_start(situation)}), or leave the Content-Security-Policy to Jupyter.",
    )


def nothing_at_root(situation: Situation) -> Advice:
    """Advise where something answers that has no page at its root, and no base URL is known."""
    return Advice(
        f"What answers at {_place(situation)} has nothing at / (HTTP 404), and does not say below which base URL it"
        " lives.",
        f"Start it without a base URL: for Jupyter, {_start(situation)}.",
    )


def below_base_url(situation: Situation, base_url: str) -> Advice:
    """Advise where the notebook has its own host, and yet a base URL."""
    name = situation.notebook.name
    return Advice(
        f"{name} lives below {base_url}, and on its own host members look for it at /, where it shows nothing.",
        f"Start it without a base URL ({_start(situation)}), or tell members to open {name}'s host at {base_url}.",
    )


def no_sftp(situation: Situation) -> Advice:
    """Advise where token: auto can't read what it should."""
    notebook = situation.notebook
    return Advice(
        f"{notebook.login} may not use SFTP on {notebook.remote}, so token: auto can't read Jupyter's runtime file,"
        " and members meet Jupyter's own log-in page.",
        f"Allow SFTP, reading only (`gateway remotes key {notebook.remote} --for {notebook.name}` prints the line), or"
        f" start the notebook with a fixed token and name it: notebooks.{notebook.name}.token_file.",
    )


def no_runtime_file(situation: Situation) -> Advice:
    """Advise where there is no runtime file of a server at the notebook's place."""
    notebook = situation.notebook
    return Advice(
        f"~{notebook.login}/.local/share/jupyter/runtime on {notebook.remote} tells of no server at {notebook.place}, so"
        " its token is not known, and members meet Jupyter's own log-in page.",
        f"Start the notebook as {notebook.login}, without JUPYTER_RUNTIME_DIR or XDG_DATA_HOME set; or give it a fixed"
        f" token and name it: notebooks.{notebook.name}.token_file.",
    )


def stale_runtime_file(situation: Situation) -> Advice:
    """Advise where the tokens that were found are of servers that are gone."""
    notebook = situation.notebook
    return Advice(
        f"The notebook at {_place(situation)} takes none of the tokens in Jupyter's runtime files: they are of"
        " servers that ran before, and members meet Jupyter's own log-in page.",
        f"Start it anew as {notebook.login} (`{start_command(notebook)}`), which writes a new file.",
    )


def token_file_refused(situation: Situation) -> Advice:
    """Advise where the administrator's own token is not the notebook's."""
    notebook = situation.notebook
    return Advice(
        f"The notebook at {_place(situation)} does not take the token in {notebook.token_file}, and members meet"
        " Jupyter's own log-in page.",
        f"Put the token that the notebook was started with into {notebook.token_file}, or set token: auto.",
    )


def asks_nobody(situation: Situation) -> Advice:
    """Advise where a notebook lets everybody in who reaches its port."""
    notebook = situation.notebook
    return Advice(
        f"The notebook at {_place(situation)} asks for no token: every account on {notebook.remote} can use it as"
        f" {notebook.login}.",
        f"Start it with a token, as Jupyter does by itself: {_start(situation)}.",
    )


def _in_brackets(detail: str) -> str:
    return f" ({detail})" if detail else ""


NOTEBOOK_ADVICE: Final[Mapping[Reason, Adviser]] = {
    Reason.NOT_RUNNING: _not_running,
    Reason.FORWARDING_REFUSED: _forbidden,
    Reason.FOREIGN_LISTENER: _foreign_listener,
    Reason.UNSURE_LISTENER: _unsure_listener,
    Reason.SILENT_NOTEBOOK: _silent,
    Reason.HUNG_UP: _hung_up,
    Reason.NOT_HTTP: _not_http,
    Reason.CERTIFICATE_REFUSED: _certificate_refused,
}
