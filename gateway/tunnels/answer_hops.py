"""The hops behind a notebook's first answer: TLS, HTTP, what it is, its base URL and its token."""

from collections.abc import Callable, Sequence
from typing import Final

from gateway.core import notebook_advice
from gateway.core.diagnosis import Advice, Station
from gateway.core.hop import Hop
from gateway.core.inventory import Routing, Scheme, TokenSource
from gateway.core.probe import Answer, RuntimeFile, candidates, read_api, serves
from gateway.core.situation import Situation
from gateway.core.upstream import Kind, TokenOrigin
from gateway.errors import UpstreamError
from gateway.tunnels.asking import ask
from gateway.tunnels.case import Case
from gateway.tunnels.probing import Reached
from gateway.tunnels.walk import Walk

OK: Final = 200
NOT_FOUND: Final = 404
"""HTTP's own numbers."""

BASE_TRIED: Final = "the base URL that its answers name"
KIND_TRIED: Final = "what it says of itself"


class AnswerHops:
    """Tells what a notebook is that the gateway's probe has reached."""

    def __init__(
        self, walk: Walk, case: Case, reached: Reached, runtime: Sequence[RuntimeFile]
    ) -> None:
        self._walk = walk
        self._case = case
        self._notebook = case.notebook
        self._reached = reached
        self._upstream = reached.upstream
        self._base = reached.upstream.base_path.decode("latin-1")
        self._mine = [file for file in runtime if serves(file, case.notebook)]
        self._situation = Situation(case.notebook, case.way.remote, case.way.login)

    async def tell(self) -> None:
        """Tell hop by hop."""
        self._tell_tls()
        tried = f"GET {self._base}api as {self._upstream.authority.decode()}"
        self._pass(Hop.HTTP, tried, "it answers")
        if self._upstream.kind is not Kind.JUPYTER:
            await self._tell_of_another()
            return
        self._pass(Hop.KIND, KIND_TRIED, f"Jupyter {self._upstream.version or ''}".strip())
        self._tell_base_url()
        await self._tell_token()

    def _tell_tls(self) -> None:
        secure, off = self._upstream.scheme is Scheme.HTTPS, self._notebook.verify.off
        judged = "not looked at (verify: false)" if off else "one that may be trusted"
        found = f"spoken; the certificate is {judged}" if secure else "not spoken: it is http"
        self._pass(Hop.TLS, f"scheme: {self._notebook.scheme}", found)

    def _tell_base_url(self) -> None:
        name, base = self._notebook.name, self._base
        by_host = self._case.routing is Routing.HOST
        if by_host and base != "/":
            self._warn(Hop.BASE_URL, BASE_TRIED, base, notebook_advice.below_base_url, base)
        elif by_host or base == f"/{name}/":
            self._pass(Hop.BASE_URL, BASE_TRIED, f"{base}, as members know it")
        else:
            self._pass(Hop.BASE_URL, BASE_TRIED, f"{base}, which the gateway shows as /{name}/")

    async def _tell_of_another(self) -> None:
        """Tell of what does not say that it is Jupyter; a runtime file may know better."""
        hidden = await self._hidden_base_url()
        if hidden is not None:
            self._pass(Hop.KIND, KIND_TRIED, "nothing")
            advice = notebook_advice.base_url_hidden(self._situation, hidden)
            found = f"none; Jupyter's runtime file says {hidden}"
            station = Station(Hop.BASE_URL, self._notebook.name)
            self._walk.stopped(station, BASE_TRIED, found, reason=None, advice=advice)
            return
        self._pass(Hop.KIND, KIND_TRIED, "nothing: it is no Jupyter, or an unusual one")
        if (status := await self._status("/")) == NOT_FOUND:
            self._warn(Hop.BASE_URL, "GET /", "HTTP 404", notebook_advice.nothing_at_root)
        else:
            self._pass(Hop.BASE_URL, "GET /", f"HTTP {status or 'silence'}")
        self._pass(
            Hop.TOKEN, self._token_tried, "none is sent to what does not say that it is Jupyter"
        )

    async def _hidden_base_url(self) -> str | None:
        """Return the base URL that the newest runtime file names, if Jupyter does answer below it."""
        base = self._mine[0].base_path if self._mine else "/"
        answer = None if base == "/" else await self._ask(f"{base}api")
        return base if answer is not None and read_api(answer).jupyter else None

    # The token.

    @property
    def _token_tried(self) -> str:
        return f"token: {self._notebook.token}"

    async def _tell_token(self) -> None:
        tried, origin = self._token_tried, self._upstream.token_origin
        if await self._status(f"{self._base}api/status") == OK:
            self._warn(Hop.TOKEN, tried, "it asks for none", notebook_advice.asks_nobody)
        elif origin is TokenOrigin.RUNTIME_FILE:
            self._pass(Hop.TOKEN, tried, "it takes the one in Jupyter's runtime file")
        elif origin is TokenOrigin.TOKEN_FILE:
            self._pass(Hop.TOKEN, tried, f"it takes the one in {self._notebook.token_file}")
        elif self._notebook.token is TokenSource.NONE:
            self._pass(Hop.TOKEN, tried, "none is added: members meet its own log-in page")
        else:
            self._tell_no_token()

    def _tell_no_token(self) -> None:
        """Tell why members meet Jupyter's own log-in page though they should not."""
        notebook, tried = self._notebook, self._token_tried
        refusal = self._reached.approach.connection.files.refusal
        fitting = candidates(self._mine, notebook, self._base)
        if notebook.token_file is not None:
            found = "it does not take the one in token_file"
            self._warn(Hop.TOKEN, tried, found, notebook_advice.token_file_refused)
        elif refusal:
            self._warn(Hop.TOKEN, tried, refusal, notebook_advice.no_sftp)
        elif fitting:
            found = "it takes none of those found"
            self._warn(Hop.TOKEN, tried, found, notebook_advice.stale_runtime_file)
        elif self._mine and not self._mine[0].token:
            self._pass(Hop.TOKEN, tried, "it has a password: members meet its own log-in page")
        else:
            found = "no runtime file tells of it"
            self._warn(Hop.TOKEN, tried, found, notebook_advice.no_runtime_file)

    async def _status(self, target: str) -> int | None:
        answer = await self._ask(target)
        return None if answer is None else answer.status

    async def _ask(self, target: str) -> Answer | None:
        """Return the answer to a question without a token; None where there is none."""
        try:
            return await ask(self._reached.approach.open, target, self._upstream.authority)
        except UpstreamError:
            return None

    def _pass(self, hop: Hop, tried: str, found: str) -> None:
        # What was learnt from one answer took time once.
        timed = hop in {Hop.HTTP, Hop.TOKEN}
        self._walk.passed(hop, self._notebook.name, tried, found, timed=timed)

    def _warn(
        self, hop: Hop, tried: str, found: str, adviser: Callable[..., Advice], *more: str
    ) -> None:
        advice = adviser(self._situation, *more)
        self._walk.warned(hop, self._notebook.name, tried, found, advice=advice)
