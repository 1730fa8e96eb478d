"""A notebook's stand-in that is slow on purpose; it runs on a remote, in place of Alice's Jupyter.

    python3 upstream.py PORT

GET /slow?s=20 answers after so many seconds, GET /drip?s=20 sends a byte each second, PUT /sink takes all that
comes, PUT /sink?bps=1000000 no faster than that, and everything else is answered at once as Jupyter answers /api.
It imports nothing of the project, as it is sent to the remote as it stands.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PIECE = 64 * 1024


class Slow(BaseHTTPRequestHandler):
    """Answers when it likes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        seconds = int(parse_qs(parts.query).get("s", ["0"])[0])
        if parts.path == "/drip":
            self._drip(seconds)
            return
        time.sleep(seconds)
        self._answer(b'{"version": "0"}')

    def do_PUT(self) -> None:
        left = int(self.headers.get("Content-Length", "0"))
        rate = int(parse_qs(urlsplit(self.path).query).get("bps", ["0"])[0])
        taken = 0
        while left and (piece := self.rfile.read(min(left, PIECE))):
            left -= len(piece)
            taken += len(piece)
            if rate:
                time.sleep(len(piece) / rate)
        self._answer(b"%d" % taken)

    def _drip(self, seconds: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(seconds))
        self.end_headers()
        for _ in range(seconds):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(1)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Slow).serve_forever()
