"""A port that is handed out stays free for whoever it was meant for."""

from __future__ import annotations

import socket
import sys

import pytest

from tests.support.ports import free_port


def listening(port: int) -> socket.socket:
    """As servers do."""
    return socket.create_server(("127.0.0.1", port))


def test_it_is_closed_until_somebody_listens_there_again_and_again() -> None:
    port = free_port()

    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with listening(port):
            socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one hold a port for another")
def test_nobody_else_is_given_it() -> None:
    port = free_port()

    with socket.socket() as somebody, pytest.raises(OSError, match="in use"):
        somebody.bind(("127.0.0.1", port))
