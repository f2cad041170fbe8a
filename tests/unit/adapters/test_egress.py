"""The one outgoing client, against ordinary servers and against itself. Hostile ones are in tests/attacks."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from idp.adapters.egress import Egress
from idp.adapters.egress_address import is_public
from idp.adapters.egress_errors import EgressError, Reason
from tests.support.hostile import Behaviour, plain, raw, serving
from tests.support.ports import free_port

JSON = ("application/json",)
PATIENCE_SECONDS = 60
"""For what waits for other threads first."""


@pytest.fixture
def egress() -> Iterator[Egress]:
    opened = Egress(is_development=True)
    yield opened
    opened.close()


def test_a_document_comes_with_its_type_and_etag(egress: Egress) -> None:
    with serving(plain(b'{"a":1}', 'ETag: "one"', kind="Application/JSON; charset=utf-8")) as server:
        answer = egress.get(server.url, types=JSON)

    assert (answer.status, answer.body, answer.etag) == (200, b'{"a":1}', '"one"')
    assert answer.content_type == "application/json"


def test_an_unchanged_document_is_not_sent_again(egress: Egress) -> None:
    with serving(raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")) as server:
        answer = egress.get(server.url, types=JSON, etag='"one"')

        assert (answer.status, answer.body) == (304, b"")
        assert b'if-none-match: "one"' in server.requests[0].lower()


def test_an_error_answer_is_an_answer_whatever_its_type(egress: Egress) -> None:
    with serving(plain(b"no", status="404 Not Found", kind="text/html")) as server:
        answer = egress.get(server.url, types=JSON)

    assert (answer.status, answer.content_type, answer.body) == (404, "text/html", b"no")


def test_a_form_is_posted_with_headers(egress: Egress) -> None:
    with serving(plain()) as server:
        egress.post(
            server.url, b"a=1", "application/x-www-form-urlencoded", types=JSON, headers={"DPoP": "proof"}
        )
        sent = server.requests[0]

    assert sent.startswith(b"POST /document HTTP/1.1\r\n")
    assert sent.endswith(b"\r\n\r\na=1")
    assert b"DPoP: proof" in sent
    assert f"Host: hostile.localhost:{server.port}".encode() in sent


def test_a_connection_is_used_again(egress: Egress) -> None:
    with serving(plain()) as server:
        for _ in range(3):
            egress.get(server.url, types=JSON)

        assert (server.connections, len(server.requests)) == (1, 3)


def test_threads_do_not_share_a_connection_at_once(egress: Egress) -> None:
    together = threading.Barrier(4)

    def wait(connection: socket.socket, request: bytes) -> None:
        together.wait(PATIENCE_SECONDS)
        plain(request.split(b" ")[1])(connection, request)

    bodies: list[bytes] = []
    with serving(wait) as server:
        threads = [
            threading.Thread(
                target=lambda n=n: bodies.append(
                    egress.get(f"{server.url}/{n}", types=JSON, seconds=PATIENCE_SECONDS).body
                )
            )
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert server.connections == 4
    assert sorted(bodies) == [f"/document/{n}".encode() for n in range(4)]


def once_then_gone() -> Behaviour:
    """Answers the first request of a connection and drops it at the second, without a word."""
    answered: set[socket.socket] = set()

    def behave(connection: socket.socket, request: bytes) -> None:
        if connection in answered:
            connection.shutdown(socket.SHUT_RDWR)
            return
        answered.add(connection)
        plain()(connection, request)

    return behave


def test_a_document_is_asked_for_again_when_a_kept_connection_was_closed(egress: Egress) -> None:
    with serving(once_then_gone()) as server:
        egress.get(server.url, types=JSON)

        assert egress.get(server.url, types=JSON).status == 200
        assert server.connections == 2


def test_a_form_is_never_sent_twice(egress: Egress) -> None:
    with serving(once_then_gone()) as server:
        egress.get(server.url, types=JSON)

        with pytest.raises(EgressError) as caught:
            egress.post(server.url, b"a=1", "text/plain", types=JSON)

        assert caught.value.reason is Reason.UNREACHABLE
        assert len(server.requests) == 2


def test_nobody_there_is_unreachable(egress: Egress) -> None:
    with pytest.raises(EgressError) as caught:
        egress.get(f"http://gone.localhost:{free_port()}/", types=JSON)

    assert caught.value.reason is Reason.UNREACHABLE


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.example/",
        "ftp://hub.example/",
        "https://user@hub.example/",
        "https://hub.example/#part",
        "https://hub.example:0/",
        "https://hub.example:port/",
        "https://hub.example/\r\nHost: other",
        "https://hub.example/ space",
        "https://hüb.example/",
        "https://hub/",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://127.1/",
        "https://a.b.0x7f000001/",
        "https://hub.example./",
        f"https://hub.example/{'a' * 9000}",
        "//hub.example/",
        "",
    ],
)
def test_only_https_to_a_public_name_is_called(url: str) -> None:
    """In production and in development alike; nobody is asked for an address."""

    def never(*_: object) -> Sequence[str]:
        raise AssertionError("asked")

    for is_development in (False, True):
        with pytest.raises(EgressError) as caught:
            Egress(is_development=is_development, resolve=never).get(url, types=JSON)
        assert caught.value.reason is Reason.URL


@pytest.mark.parametrize("url", ["http://hub.localhost/", "https://localhost/", "https://a.localhost/"])
def test_this_machine_is_called_in_development_alone(url: str) -> None:
    with pytest.raises(EgressError) as caught:
        Egress().get(url, types=JSON)

    assert caught.value.reason is Reason.URL


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:8.8.8.8", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:a00:1::", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
        ("not an address", False),
    ],
)
def test_an_address_is_public_when_everybody_can_reach_it(address: str, expected: bool) -> None:
    assert is_public(address) is expected


class TestTls:
    """Names are checked against the certificate, and the connection goes to the address that was looked at."""

    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub.example")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("hub.example")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        path = tmp_path / "hub.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def talk(self, certificate: Path, host: str) -> bytes:
        """Ask `host` for a document at a TLS server that holds the certificate."""
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        served.load_cert_chain(certificate)
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            accepted, _ = listener.accept()
            try:
                with served.wrap_socket(accepted, server_side=True) as connection:
                    plain(b'"safe"')(connection, connection.recv(65536))
            except OSError:
                accepted.close()

        serving_thread = threading.Thread(target=serve)
        serving_thread.start()

        def dial(address: tuple[str, int], timeout: float) -> socket.socket:
            assert address == ("8.8.8.8", 443)
            return socket.create_connection(listener.getsockname(), timeout)

        trusted = ssl.create_default_context(cafile=str(certificate))
        egress = Egress(resolve=lambda *_: ["8.8.8.8"], dial=dial, tls=trusted)
        try:
            return egress.get(f"https://{host}/", types=JSON, seconds=PATIENCE_SECONDS).body
        finally:
            egress.close()
            serving_thread.join()
            listener.close()

    def test_the_name_on_the_certificate_is_talked_to(self, certificate: Path) -> None:
        assert self.talk(certificate, "hub.example") == b'"safe"'

    def test_another_name_is_not(self, certificate: Path) -> None:
        with pytest.raises(EgressError) as caught:
            self.talk(certificate, "other.example")

        assert caught.value.reason is Reason.UNREACHABLE

    def test_a_handshake_that_is_never_finished_is_cut(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            egress = Egress(
                resolve=lambda *_: ["8.8.8.8"],
                dial=lambda _, timeout: socket.create_connection(listener.getsockname(), timeout),
            )

            with pytest.raises(EgressError) as caught:
                egress.get("https://hub.example/", types=JSON, seconds=0.2)

        assert caught.value.reason is Reason.TIMEOUT
