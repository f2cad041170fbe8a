"""Making the provider call others: to places it must not reach, or for longer or more than it can bear."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from idp.adapters.egress import MOST_IDLE, Egress
from idp.adapters.egress_connection import KEPT_SECONDS
from idp.adapters.egress_errors import EgressError, Reason
from tests.support.hostile import Behaviour, dripping, endless, plain, raw, serving

JSON = ("application/json",)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
QUICK = 0.3
"""Seconds: the time limit of these calls."""


@pytest.fixture
def egress() -> Iterator[Egress]:
    opened = Egress(is_development=True)
    yield opened
    opened.close()


def refusal(ask: Callable[[], object]) -> Reason:
    with pytest.raises(EgressError) as caught:
        ask()
    return caught.value.reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "100.100.100.200",
        "::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fd00:ec2::254",
    ],
)
def test_a_name_that_leads_inside_is_not_called(address: str) -> None:
    dialled: list[object] = []

    def dial(*where: object) -> socket.socket:
        dialled.append(where)
        raise ConnectionRefusedError

    for found in ([address], ["8.8.8.8", address]):
        for is_development in (False, True):
            egress = Egress(is_development=is_development, resolve=lambda *_, f=found: f, dial=dial)
            assert refusal(lambda e=egress: e.get("https://inside.example/", types=JSON)) is Reason.ADDRESS

    assert dialled == []


def test_a_name_is_resolved_once_and_that_address_is_called() -> None:
    """DNS rebinding: a second look-up would lead to the metadata service."""
    answers = iter([["8.8.8.8"], ["169.254.169.254"]])
    dialled: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        return next(answers)

    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError

    egress = Egress(resolve=resolve, dial=dial)

    assert refusal(lambda: egress.get("https://rebinding.example/", types=JSON)) is Reason.UNREACHABLE
    assert dialled == [("8.8.8.8", 443)]


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_is_not_followed(egress: Egress, status: str) -> None:
    with serving(plain()) as inside:
        location = f"Location: {inside.url}"
        with serving(plain(b"", location, status=status)) as server:
            assert refusal(lambda: egress.get(server.url, types=JSON)) is Reason.REDIRECTED

        assert inside.requests == []


def test_the_environments_proxies_are_not_asked(egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(b'"proxy"')) as proxy, serving(plain(b'"server"')) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")

        assert egress.get(server.url, types=JSON).body == b'"server"'
        assert proxy.requests == []


def now_and_then() -> None:
    time.sleep(0.02)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HEAD + b"Content-Length: 100000\r\n\r\n ", id="body"),
        pytest.param(HEAD + b"\r\n ", id="body without a length"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", id="chunk"),
        pytest.param(HEAD + b"X: a", id="head"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + b"H", id="patience"),
        pytest.param(b"H", id="first line"),
    ],
)
def test_an_answer_that_drips_is_cut(egress: Egress, answer: bytes) -> None:
    """Every byte comes in time; all of them do not."""
    with serving(dripping(answer, now_and_then)) as server:
        assert refusal(lambda: egress.get(server.url, types=JSON, seconds=QUICK)) is Reason.TIMEOUT


def test_a_server_that_says_nothing_is_cut(egress: Egress) -> None:
    over = threading.Event()

    def silent(connection: socket.socket, _: bytes) -> None:
        over.wait(10)

    with serving(silent) as server:
        assert refusal(lambda: egress.get(server.url, types=JSON, seconds=QUICK)) is Reason.TIMEOUT
        over.set()


def test_a_name_server_that_says_nothing_is_given_up() -> None:
    over = threading.Event()

    def silent(host: str, port: int) -> Sequence[str]:
        over.wait(10)
        return ["8.8.8.8"]

    egress = Egress(resolve=silent)

    assert refusal(lambda: egress.get("https://slow.example/", types=JSON, seconds=QUICK)) is Reason.TIMEOUT
    over.set()


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(endless(HEAD + b"\r\n", b" " * 65536), id="without a length"),
        pytest.param(plain(b" " * 2000), id="announced"),
        pytest.param(
            endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b" " * 1024 + b"\r\n"),
            id="chunked",
        ),
    ],
)
def test_an_answer_without_end_is_not_read(egress: Egress, behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        reason = refusal(lambda: egress.get(server.url, types=JSON, max_bytes=1000, seconds=10))

    assert reason is Reason.TOO_LARGE


def test_a_compressed_answer_is_refused(egress: Egress) -> None:
    """Ten kilobytes that would be ten megabytes."""
    bomb = gzip.compress(b" " * 10_000_000)
    with serving(plain(bomb, "Content-Encoding: gzip")) as server:
        assert refusal(lambda: egress.get(server.url, types=JSON)) is Reason.TYPE
        assert b"accept-encoding: identity" in server.requests[0].lower()


@pytest.mark.parametrize("kind", ["text/html", "application/jsonp", "", "image/png"])
def test_an_answer_of_another_type_is_refused(egress: Egress, kind: str) -> None:
    with serving(plain(kind=kind)) as server:
        assert refusal(lambda: egress.get(server.url, types=JSON)) is Reason.TYPE


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HEAD + b"X: 1\r\n" * 90 + b"Content-Length: 2\r\n\r\n{}", id="too many headers"),
        pytest.param(HEAD + b"X: 1\r\n" * 5000 + b"Content-Length: 2\r\n\r\n{}", id="far too many headers"),
        pytest.param(HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n{}", id="a long header"),
        pytest.param(HEAD + b"Content-Length: 5\r\n\r\n{}", id="shorter than it said"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n", id="a chunk of less than nothing"
        ),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 999999999999 No\r\n\r\n", id="no status"),
    ],
)
def test_what_is_not_http_is_refused(egress: Egress, answer: bytes) -> None:
    with serving(raw(answer)) as server:
        assert refusal(lambda: egress.get(server.url, types=JSON)) is Reason.MALFORMED


def test_ever_new_names_do_not_take_every_file(egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger with a wildcard name, who answers politely and never hangs up (OpenID Federation 1.0 §18.1)."""
    # However slow the machine: none of them is let go for its age.
    monkeypatch.setattr("idp.adapters.egress_connection.KEPT_SECONDS", 1_000)
    with serving(plain()) as server:
        for number in range(MOST_IDLE + 20):
            egress.get(f"http://new{number}.localhost:{server.port}/", types=JSON)
        held = [connection for idle in egress._idle.values() for connection in idle]
        newest = f"new{MOST_IDLE + 19}.localhost"

        assert server.connections == MOST_IDLE + 20
        assert len(held) == len(egress._idle) == MOST_IDLE
        assert newest in {connection.where.host for connection in held}


def test_what_is_idle_for_long_is_closed_though_nobody_asks_there_again(egress: Egress) -> None:
    with serving(plain()) as server:
        egress.get(f"http://once.localhost:{server.port}/", types=JSON)
        ((kept,),) = egress._idle.values()
        assert kept.used_at is not None
        kept.used_at -= KEPT_SECONDS
        egress.get(f"http://other.localhost:{server.port}/", types=JSON)

        assert {host for _, host, _ in egress._idle} == {"other.localhost"}
