"""A small mail server that speaks real SMTP on the loopback, with or without TLS, and keeps what it is given."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import Message as Mail
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class MailServer:
    """What it got is in `mails` and `said`; what it answers can be changed by command word."""

    port: int
    tls: ssl.SSLContext | None = None
    is_implicit: bool = False
    """TLS from the first byte, instead of after STARTTLS."""
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    said: list[tuple[bool, str]] = field(default_factory=list)
    """Every line of the clients, and whether it came over TLS."""

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                raw, _ = listener.accept()
                raw.settimeout(60)
                with suppress(OSError), ExitStack() as opened:
                    opened.enter_context(raw)
                    self._converse(raw, opened)

    @property
    def _at_once(self) -> bool:
        return self.is_implicit and self.tls is not None

    def _converse(self, connection: socket.socket, opened: ExitStack) -> None:
        if self._at_once:
            connection = opened.enter_context(self.tls.wrap_socket(connection, server_side=True))
        connection.sendall(b"220 here\r\n")
        lines = opened.enter_context(connection.makefile("rb"))
        while line := lines.readline():
            is_secure = isinstance(connection, ssl.SSLSocket)
            self.said.append((is_secure, line.decode().rstrip()))
            word = line.split()[0].decode().upper()
            answer = self._answer(word, is_secure)
            connection.sendall(answer.encode() + b"\r\n")
            if word == "STARTTLS" and self.tls is not None:
                lines.close()
                connection = opened.enter_context(self.tls.wrap_socket(connection, server_side=True))
                lines = opened.enter_context(connection.makefile("rb"))
            elif answer.startswith("354"):
                body = b"".join(line.removeprefix(b".") for line in iter(lines.readline, b".\r\n"))
                self.mails.append(message_from_bytes(body, policy=policy.default))
                connection.sendall(self.answers.get("END", "250 ok").encode() + b"\r\n")
            elif word == "QUIT":
                break

    def _answer(self, word: str, is_secure: bool) -> str:
        if word == "EHLO":
            offers = "STARTTLS" if self.tls is not None and not is_secure else "8BITMIME"
            return f"250-here\r\n250-AUTH PLAIN\r\n250 {offers}"
        usual = {"DATA": "354 go on", "QUIT": "221 bye", "AUTH": "235 welcome", "STARTTLS": "220 go on"}
        return self.answers.get(word, usual.get(word, "250 ok"))


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, is_implicit: bool = False) -> Iterator[MailServer]:
    """Serve on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = MailServer(listener.getsockname()[1], tls, is_implicit)
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            # Closing does not wake somebody who waits in accept; shutting down does.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=60)


def certificate_for(host: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate of our own for `host`: the server's side, and a client's that trusts it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    is_address = host.replace(".", "").isdecimal()
    alternative = x509.IPAddress(ip_address(host)) if is_address else x509.DNSName(host)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(certificate.public_bytes(pem) + private)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(file)
    return server_side, ssl.create_default_context(cafile=str(file))
