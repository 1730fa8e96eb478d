"""A stand-in for ``gateway serve``: answers 200 to everything at the port of the configuration."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import yaml


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


if __name__ == "__main__":
    wanted = yaml.safe_load(Path(sys.argv[1]).read_text())
    host, _, port = wanted["server"]["listen"].rpartition(":")
    HTTPServer((host, int(port)), Answer).serve_forever()
