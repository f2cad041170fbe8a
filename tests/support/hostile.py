"""Servers on the loopback interface that misbehave as they are told, one connection a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket, bytes], None]
"""What to do on a connection once a request came: its bytes are given."""


@dataclass
class HostileServer:
    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://hostile.localhost:{self.port}/document"


@contextmanager
def serving(behave: Behaviour) -> Iterator[HostileServer]:
    """Serve while the block runs. A behaviour that returns is given the next request of its connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = HostileServer(listener.getsockname()[1])
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def converse(connection: socket.socket) -> None:
        with suppress(OSError):
            while request := _request(connection):
                server.requests.append(request)
                behave(connection, request)
        connection.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                server.connections += 1
                opened.append(connection)
                threads.append(threading.Thread(target=converse, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield server
    finally:
        # Closing a listener wakes nobody who waits in accept(); shutting it down does.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for connection in opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def _request(connection: socket.socket) -> bytes:
    """A request with its body; empty when the other side has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body


def plain(
    body: bytes = b"{}", *headers: str, status: str = "200 OK", kind: str = "application/json"
) -> Behaviour:
    """An ordinary answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(raw)

    return behave


def raw(answer: bytes) -> Behaviour:
    """Whatever bytes, after which the connection ends."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    return behave


def dripping(answer: bytes, pause: Callable[[], object]) -> Behaviour:
    """The answer at once, then its last byte again and again, for ever."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer)
        while True:
            pause()
            connection.sendall(answer[-1:])

    return behave


def endless(head: bytes, piece: bytes) -> Behaviour:
    """As much as the other side takes."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return behave
