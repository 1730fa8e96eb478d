"""Bob's program: it takes Alice's port the moment it is free, passes for her notebook, and notes what it hears.

It runs in the remote, as bob; ``python3 -c`` is given this file's text.
"""

import os
import socket
import sys
import threading
import time
from pathlib import Path

PORT, SECONDS = int(sys.argv[1]), float(sys.argv[2])
HOME = Path(sys.argv[3])

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Content-Security-Policy: frame-ancestors 'self'; report-uri /api/security/csp-report\r\n"
    b'Content-Length: 21\r\n\r\n{"version": "2.21.1"}'
)


def take_port() -> socket.socket:
    """Bind as soon as it can be done."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            return socket.create_server(("127.0.0.1", PORT))
        except OSError:
            time.sleep(0.001)
    sys.exit(f"port {PORT} never became free")


def serve(connection: socket.socket) -> None:
    """Answer whatever comes, and note it."""
    with connection:
        while heard := connection.recv(65536):
            with (HOME / "heard").open("ab") as file:
                file.write(heard)
            connection.sendall(ANSWER)


def main() -> None:
    """Serve until killed, or until the time is up."""
    (HOME / "heard").write_bytes(b"")
    (HOME / "pid").write_text(str(os.getpid()))
    with take_port() as listener:
        (HOME / "holds").touch()
        listener.settimeout(SECONDS)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
