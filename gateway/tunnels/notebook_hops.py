"""The hops of a notebook: the channel, who listens there, and what the gateway's own probe finds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.core import notebook_advice
from gateway.core.advice import advise
from gateway.core.diagnosis import NOTEBOOK_HOPS, Advice, Station
from gateway.core.hop import Hop, hop_of
from gateway.core.inventory import Notebook, Scheme
from gateway.core.listener import Sighting, Verdict, objection
from gateway.core.situation import Situation
from gateway.errors import ForwardingRefused, NotebookStopped, Reason, UpstreamError
from gateway.tunnels.answer_hops import AnswerHops
from gateway.tunnels.case import Case
from gateway.tunnels.connection import Connection
from gateway.tunnels.probing import HOSTS, probe
from gateway.tunnels.second_look import (
    certificate_shown,
    listening_elsewhere,
    permitted_elsewhere,
    speaks_other_scheme,
    touch,
)
from gateway.tunnels.walk import Walk

SCHEME_UNFIT: Final = frozenset({Reason.NOT_HTTP, Reason.SILENT_NOTEBOOK})
"""What a notebook seems to be that is spoken to by the wrong scheme."""


class NotebookHops:
    """Tells the hops of one notebook, through a connection to its remote."""

    def __init__(self, walk: Walk, case: Case, connection: Connection) -> None:
        self._walk = walk
        self._case = case
        self._connection = connection
        self._situation = Situation(case.notebook, case.way.remote, case.way.login)

    @property
    def _notebook(self) -> Notebook:
        return self._case.notebook

    async def tell(self) -> None:
        """Walk the hops, up to the first that fails."""
        host = await self._open()
        if host is None:
            return
        if not await self._listens(host):
            return
        try:
            reached = await probe(self._connection, self._notebook, self._case.way.remote.host)
        except UpstreamError as exc:
            await self._explain(exc, host)
        else:
            runtime = await self._connection.runtime_files.all()
            await AnswerHops(self._walk, self._case, reached, runtime).tell()

    # The channel.

    async def _open(self) -> str | None:
        """Open a channel as the gateway does; return the spelling of loopback that leads there."""
        failures: list[UpstreamError] = []
        for host in HOSTS if self._notebook.socket is None else HOSTS[:1]:
            try:
                await touch(self._connection, self._notebook, host)
            except (ForwardingRefused, NotebookStopped) as exc:
                failures.append(exc)
            except UpstreamError as exc:
                self._stop(Hop.CHANNEL, exc.reason, advise(exc.reason, self._situation), exc.detail)
                return None
            else:
                self._pass(Hop.CHANNEL, self._spelt(host), f"open{_but(failures)}")
                return host
        await self._explain_no_channel(failures)
        return None

    async def _explain_no_channel(self, failures: Sequence[UpstreamError]) -> None:
        # As in the probe: if one spelling is allowed and the other is not, what the allowed one says counts.
        if any(isinstance(failure, NotebookStopped) for failure in failures):
            advice, reason = await self._nobody_there(), Reason.NOT_RUNNING
            found = "nothing listens there"
        else:
            advice, reason = await self._forbidden(), Reason.FORWARDING_REFUSED
            found = "sshd forbids it"
        self._stop(Hop.CHANNEL, reason, advice, found)

    async def _nobody_there(self) -> Advice:
        if self._notebook.port is not None:
            address = await listening_elsewhere(self._connection, self._notebook)
            if address is not None:
                return notebook_advice.listens_at(self._situation, address)
        return advise(Reason.NOT_RUNNING, self._situation)

    async def _forbidden(self) -> Advice:
        if self._notebook.port is not None:
            permitted = await permitted_elsewhere(
                self._connection, self._notebook, self._case.neighbours
            )
            if permitted is not None:
                return notebook_advice.other_ports_only(self._situation, permitted)
        return advise(Reason.FORWARDING_REFUSED, self._situation)

    # Who listens.

    async def _listens(self, host: str) -> bool:
        """Tell whose program listens; say whether it may be spoken to."""
        tried = f"whose program it is, over SFTP as {self._notebook.login}"
        try:
            seen = await self._connection.lookout.look(self._notebook, host)
        except UpstreamError as exc:
            advice = advise(exc.reason, self._situation)
            self._stop(Hop.LISTENER, exc.reason, advice, exc.detail, tried)
            return False
        refused = objection(seen, self._notebook)
        if refused is not None:
            situation = replace(self._situation, detail=refused.detail)
            uids = {listener.uid for listener in seen.listeners}
            advice = (
                notebook_advice.foreign_listener(situation, uids)
                if refused.reason is Reason.FOREIGN_LISTENER
                else advise(refused.reason, situation)
            )
            self._stop(Hop.LISTENER, refused.reason, advice, refused.detail, tried)
        elif seen.verdict is Verdict.UNSEEN:
            advice = notebook_advice.listener_unseen(self._situation)
            self._walk.warned(Hop.LISTENER, self._notebook.name, tried, seen.detail, advice=advice)
        else:
            self._pass(Hop.LISTENER, tried, _who(seen, self._notebook))
        return refused is None

    # What failed.

    async def _explain(self, exc: UpstreamError, host: str) -> None:
        """Tell why the probe came to nothing."""
        remote_host = self._case.way.remote.host
        if exc.reason is Reason.CERTIFICATE_REFUSED:
            shown = await certificate_shown(self._connection, self._notebook, host)
            detailed = replace(self._situation, detail=exc.detail)
            advice = notebook_advice.certificate_refused(detailed, shown)
            self._stop(Hop.TLS, exc.reason, advice, f"{exc.detail}; it shows {shown}")
        elif exc.reason in SCHEME_UNFIT and await speaks_other_scheme(
            self._connection, self._notebook, remote_host
        ):
            advice, found = self._wrong_scheme()
            self._stop(Hop.TLS, Reason.NOT_HTTP, advice, found)
        else:
            self._explain_silence(exc)

    def _wrong_scheme(self) -> tuple[Advice, str]:
        if self._notebook.scheme is Scheme.HTTP:
            return notebook_advice.speaks_tls(self._situation), "it speaks TLS"
        return notebook_advice.speaks_plainly(self._situation), "it speaks plain http"

    def _explain_silence(self, exc: UpstreamError) -> None:
        # The connection may have ended meanwhile; that is no hop of the notebook's.
        hop = hop_of(exc.reason) if hop_of(exc.reason) in NOTEBOOK_HOPS else Hop.HTTP
        if hop is Hop.HTTP and self._notebook.scheme is Scheme.HTTPS and "TLS" in exc.detail:
            hop = Hop.TLS
        if hop is Hop.HTTP:
            asked = self._notebook.scheme is not Scheme.HTTP
            found = "no sign of it" if asked else "not asked for"
            self._walk.passed(Hop.TLS, self._notebook.name, self._scheme(), found, timed=False)
        situation = replace(self._situation, detail=exc.detail)
        self._stop(hop, exc.reason, advise(exc.reason, situation), exc.detail)

    def _spelt(self, host: str) -> str:
        return self._notebook.socket or f"{host}:{self._notebook.port}"

    def _pass(self, hop: Hop, tried: str, found: str) -> None:
        self._walk.passed(hop, self._notebook.name, tried, found)

    def _stop(
        self, hop: Hop, reason: Reason | None, advice: Advice, found: str, tried: str = ""
    ) -> None:
        usual = self._spelt(" and ".join(HOSTS)) if hop is Hop.CHANNEL else self._scheme()
        station = Station(hop, self._notebook.name)
        self._walk.stopped(station, tried or usual, found, reason=reason, advice=advice)

    def _scheme(self) -> str:
        return f"scheme: {self._notebook.scheme}"


def _but(failures: Sequence[UpstreamError]) -> str:
    """Say what was tried before in vain, if anything was."""
    if not failures:
        return ""
    forbidden = isinstance(failures[0], ForwardingRefused)
    return f"; {HOSTS[0]} is {'forbidden' if forbidden else 'not listened at'}"


def _who(seen: Sighting, notebook: Notebook) -> str:
    match seen.verdict:
        case Verdict.UNCHECKED:
            return f"not looked at: listener: {notebook.listener}"
        case Verdict.NOBODY:
            return "nobody, as far as is told"
        case _:
            uids = ", ".join(str(uid) for uid in sorted({held.uid for held in seen.listeners}))
            return f"{notebook.listener or notebook.login} (uid {uids})"
