"""A fake notebook: a tiny HTTP server that answers as Jupyter does, or as something else."""

import asyncio
import json
import os
import ssl
from pathlib import Path
from typing import Self

TOKEN = "t0ken"
UNAUTHORIZED = b'{"message": "Forbidden"}'


class FakeNotebook:
    """Answers probes; keeps what it was asked."""

    def __init__(
        self,
        *,
        base_path: str = "/",
        token: str = TOKEN,
        version: str | None = "2.21.1",
        tls: ssl.SSLContext | None = None,
        socket: Path | None = None,
    ) -> None:
        self.base_path = base_path
        self.token = token
        self.version = version
        self.tls = tls
        self.socket = socket
        self.greeting: bytes | None = None
        self.silent = False
        self.tells_base_path = True
        self.connections = 0
        self.asked: list[tuple[str, str, str | None]] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, at the port of the last time if there was one."""
        if self.socket is not None:
            self._server = await asyncio.start_unix_server(self._serve, self.socket, ssl=self.tls)
        else:
            self._server = await asyncio.start_server(
                self._serve, "127.0.0.1", self.port, ssl=self.tls
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, and hang up."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    def write_runtime_file(self, home: Path, *, pid: int = 4242, **changes: object) -> Path:
        """Write what Jupyter writes at its start."""
        folder = home / ".local/share/jupyter/runtime"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"jpserver-{pid}.json"
        content = {
            "base_url": self.base_path,
            "hostname": "localhost",
            "password": False,
            "pid": pid,
            "port": self.port if self.socket is None else 0,
            "root_dir": str(home),
            "secure": self.tls is not None,
            "sock": "" if self.socket is None else str(self.socket),
            "token": self.token,
            "url": f"http://localhost:{self.port}{self.base_path}",
            "version": self.version,
        }
        path.write_text(json.dumps({**content, **changes}))
        os.utime(path, (1_700_000_000 + pid, 1_700_000_000 + pid))
        return path

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.connections += 1
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.greeting is not None:
            writer.write(self.greeting)
            await writer.drain()
            return
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if self.silent:
            await reader.read()
            return
        writer.write(self.response(head))
        await writer.drain()

    def response(self, head: str) -> bytes:
        """Return the answer to a request with this head."""
        target = head.split(" ")[1]
        fields = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])
        }
        self.asked.append((target, fields["host"], fields.get("authorization")))
        status, body = 404, b"<html>nothing here"
        if target == f"{self.base_path}api" and self.version is not None:
            status, body = 200, json.dumps({"version": self.version}).encode()
        elif target == f"{self.base_path}api/status":
            allowed = not self.token or fields.get("authorization") == f"token {self.token}"
            status, body = (200, b"{}") if allowed else (403, UNAUTHORIZED)
        policy = ""
        if self.version is not None and self.tells_base_path:
            report = f"{self.base_path}api/security/csp-report"
            policy = f"Content-Security-Policy: frame-ancestors 'self'; report-uri {report}\r\n"
        return f"HTTP/1.1 {status} X\r\n{policy}Content-Length: {len(body)}\r\n\r\n".encode() + body
