"""Asking a notebook what it is: the scheme, whether it is Jupyter, where it lives, and its token.

Before anything is sent, it is looked whose process listens there; see ``approach``. Plain http is tried first,
since a TLS hello to an http port gets no answer at all. No token is sent before something there has shown itself
to be Jupyter, and one is used only if the notebook takes it.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gateway.core.inventory import Notebook, Scheme, TokenSource
from gateway.core.probe import Found, read_api, read_token
from gateway.core.upstream import Kind, TokenOrigin, Upstream
from gateway.errors import (
    ForwardingRefused,
    ListenerChanged,
    NotebookStopped,
    Reason,
    UpstreamError,
    UpstreamMalformed,
    UpstreamTimedOut,
)
from gateway.tunnels.approach import Approach, approach_to
from gateway.tunnels.asking import ask
from gateway.tunnels.connection import LOOPBACK, Connection
from gateway.tunnels.tls import judge_for

HOSTS: Final = (LOOPBACK, "localhost")
"""What to call the remote's own loopback: permitopen compares the spelling, and ::1 is only in the second."""

SCHEMES: Final = {
    Scheme.AUTO: (Scheme.HTTP, Scheme.HTTPS),
    Scheme.HTTP: (Scheme.HTTP,),
    Scheme.HTTPS: (Scheme.HTTPS,),
}
OK: Final = 200
CHANGES: Final = 2
"""How often a notebook may be started again while we ask it."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A notebook that answers: how to get there, and what it is."""

    approach: Approach
    upstream: Upstream


async def probe(
    connection: Connection, notebook: Notebook, remote_host: str, *, remembered: str | None = None
) -> Reached:
    """Find out all about ``notebook``; raise UpstreamError when it does not answer as it should.

    ``remembered`` is the token it took before: while it runs on, nothing else need be read for one.
    """
    for _ in range(CHANGES):
        with suppress(ListenerChanged):
            return await _probe(connection, notebook, remote_host, remembered)
    return await _probe(connection, notebook, remote_host, remembered)


async def still_as_found(reached: Reached) -> bool:
    """Say with one look and one question whether a notebook is what it was; raise UpstreamError when it is gone."""
    upstream, approach = reached.upstream, reached.approach
    base_path = upstream.base_path.decode()
    if not await approach.unchanged():
        return False
    if upstream.token is not None:
        return await _takes(approach, base_path, upstream.token)
    found = read_api(await ask(approach.open, f"{base_path}api", upstream.authority))
    return found.jupyter == (upstream.kind is Kind.JUPYTER) and found.version == upstream.version


async def _probe(
    connection: Connection, notebook: Notebook, remote_host: str, remembered: str | None
) -> Reached:
    approach, found = await _reach(connection, notebook, remote_host)
    if found.jupyter and found.version is None:
        found = await _ask_where_it_lives(approach, found)
    plain = Upstream(
        notebook=notebook.name,
        authority=_authority(notebook),
        scheme=Scheme.HTTP if approach.judge is None else Scheme.HTTPS,
        base_path=found.base_path.encode(),
        kind=Kind.JUPYTER if found.jupyter else Kind.OTHER,
        version=found.version,
        listener=approach.seen.verdict,
    )
    token, origin = await _token(approach, found, remembered)
    return Reached(approach, replace(plain, token=token, token_origin=origin))


async def _reach(
    connection: Connection, notebook: Notebook, remote_host: str
) -> tuple[Approach, Found]:
    """Try each spelling of the address, and at each, each scheme."""
    failures: list[UpstreamError] = []
    for host in HOSTS if notebook.socket is None else HOSTS[:1]:
        approach = await approach_to(connection, notebook, host)
        try:
            return await _reach_by_scheme(approach, (remote_host, "localhost"))
        except (ForwardingRefused, NotebookStopped) as exc:
            failures.append(exc)
    # If one spelling is allowed and the other is not, what the allowed one says counts.
    stopped = [failure for failure in failures if isinstance(failure, NotebookStopped)]
    raise (stopped or failures)[0]


async def _reach_by_scheme(approach: Approach, names: Sequence[str]) -> tuple[Approach, Found]:
    notebook = approach.notebook
    failures: list[UpstreamError] = []
    for scheme in SCHEMES[notebook.scheme]:
        judge = judge_for(notebook.verify, names) if scheme is Scheme.HTTPS else None
        trying = replace(approach, judge=judge)
        try:
            return trying, read_api(await ask(trying.open, "/api", _authority(notebook)))
        except (UpstreamMalformed, UpstreamTimedOut) as exc:
            if exc.reason in {Reason.SILENT, Reason.CERTIFICATE_REFUSED}:
                raise
            failures.append(exc)
    raise failures[0]


async def _ask_where_it_lives(approach: Approach, found: Found) -> Found:
    """Ask again below the base URL that the first answer named, for the version."""
    answer = await ask(approach.open, f"{found.base_path}api", _authority(approach.notebook))
    return replace(found, version=read_api(answer).version)


async def _token(
    approach: Approach, found: Found, remembered: str | None
) -> tuple[str | None, TokenOrigin]:
    if not found.jupyter or approach.notebook.token is TokenSource.NONE:
        return None, TokenOrigin.NOT_NEEDED
    async with aclosing(_tokens(approach, found, remembered)) as tokens:
        async for token, origin in tokens:
            if await _takes(approach, found.base_path, token):
                return token, origin
    return None, TokenOrigin.PASSTHROUGH


async def _tokens(
    approach: Approach, found: Found, remembered: str | None
) -> AsyncGenerator[tuple[str, TokenOrigin], None]:
    """Yield the tokens that may be right, the likeliest first."""
    notebook = approach.notebook
    if notebook.token is TokenSource.AUTO:
        if remembered is not None:
            yield remembered, TokenOrigin.RUNTIME_FILE
        for token in await approach.connection.runtime_files.tokens(notebook, found.base_path):
            yield token, TokenOrigin.RUNTIME_FILE
    if notebook.token_file is not None:
        token_text = await asyncio.to_thread(_read_text, notebook.token_file)
        if (fixed := read_token(token_text)) is not None:
            yield fixed, TokenOrigin.TOKEN_FILE


async def _takes(approach: Approach, base_path: str, token: str) -> bool:
    answer = await ask(
        approach.open, f"{base_path}api/status", _authority(approach.notebook), token=token
    )
    return answer.status == OK


def _read_text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _authority(notebook: Notebook) -> bytes:
    """Return the Host that a loopback-bound Jupyter takes."""
    return b"localhost" if notebook.port is None else b"localhost:%d" % notebook.port
