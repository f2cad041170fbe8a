"""One connection to another server, and the clock that cuts it."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse

from idp.adapters.egress_address import Place

KEPT_SECONDS = 10.0
"""How long an idle connection is kept: less than servers do, so that they seldom close it under a request."""


class Connection(HTTPConnection):
    """A connection over a socket that somebody else opened."""

    def __init__(self, where: Place, opened: socket.socket) -> None:
        super().__init__(where.host, where.port)
        self.where = where
        self.sock = self._cuttable = opened
        self.used_at: float | None = None
        """When it was used last; None when it is new."""
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connect(self) -> None:
        """The standard library would open a closed connection again, to wherever the name leads by then."""
        raise ConnectionError("closed")

    def begin_tls(self, tls: ssl.SSLContext) -> None:
        """Raises: OSError."""
        # In two steps, so that the watch holds on to the right socket while hands are shaken.
        wrapped = tls.wrap_socket(self.sock, server_hostname=self.where.host, do_handshake_on_connect=False)
        self.sock = self._cuttable = wrapped
        wrapped.do_handshake()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> HTTPResponse:
        """Send a request and read the head of the answer. Raises: OSError, HTTPException."""
        self.request(method, target, body=body, headers={"Host": self.where.authority, **headers})
        return self.getresponse()

    def cut(self) -> None:
        """End it from another thread, whoever reads from it."""
        # The standard library lets go of the socket when an answer has no length, and the answer reads on from it.
        # The bare connection, not the TLS farewell: another thread is in the middle of it. Closed already is fine.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._cuttable, socket.SHUT_RDWR)

    def is_usable(self) -> bool:
        """Whether it can be used again: not idle for long, and not closed by the other side meanwhile."""
        if self.sock is None or self.used_at is None or time.monotonic() - self.used_at > KEPT_SECONDS:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)


class Watch:
    """Cuts a connection when the time is over.

    A time limit of the socket begins anew with every byte; this one does not.
    """

    def __init__(self, connection: Connection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._has_cut = False

    @property
    def is_over(self) -> bool:
        return self._has_cut or time.monotonic() >= self._deadline

    def __enter__(self) -> Watch:
        left = max(self._deadline - time.monotonic(), 0.001)
        if self._connection.sock is not None:
            self._connection.sock.settimeout(left)
        self._timer = threading.Timer(left, self._cut)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self._has_cut = True
        self._connection.cut()
