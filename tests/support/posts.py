"""A server on this machine that takes POST requests, for tests of what is sent to others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""
Take = Callable[[str, dict[str, str], str], Reply]
"""What becomes of a request: path, headers by lower-case name, and body."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """Five is usual: a sender of many at once would be kept waiting for a second, and give up."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever called may be dead by now; that is what some tests are about."""


@contextmanager
def taking_posts(take: Take, port: int = 0) -> Iterator[int]:
    """Listen until the block ends; the port. A request whose sender died amid its body is none."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.answer(*take(self.path, headers, body.decode()))

        def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
