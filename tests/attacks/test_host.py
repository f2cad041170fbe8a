"""Nothing we say depends on a host that somebody made up, nor on what a stranger says about the connection."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import pytest

from idp.web.endpoints import table
from tests.support.provider import PASSWORD, Provider

OURS = "east.id.localhost:8001"

WRONG_HOSTS = [
    "evil.example",
    "east.id.localhost",
    "east.id.localhost:80",
    "east.id.localhost:8001.evil.example",
    "east.id.localhost.:8001",
    "east.id.localhost:08001",
    "evil.example:8001",
    "xeast.id.localhost:8001",
    "east.id.localhost:8001@evil.example",
    "evil.example@east.id.localhost:8001",
    "east.id.localhost:8001/evil",
    "east.id.localhost:8001, evil.example",
    "east.id.localhost:8001 evil.example",
    "[::1]:8001",
    "127.0.0.1:8001",
    "",
]

SAYS_OTHERWISE = [
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "ftp"},
    {"X-Forwarded-Port": "1"},
    {"X-Forwarded-Prefix": "/evil"},
    {"X-Forwarded-Server": "evil.example"},
    {"X-Host": "evil.example"},
    {"X-Original-Host": "evil.example"},
    {"X-Original-URL": "/account"},
    {"X-Rewrite-URL": "/account"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Forwarded": "for=1.2.3.4;host=evil.example;proto=http"},
    {"X-Forwarded-Host": f"{OURS}, evil.example"},
    {"Referer": "https://evil.example/"},
]


def every_path(provider: Provider) -> Iterator[str]:
    yield from table({})
    for rule in provider.app.url_map.iter_rules():
        yield rule.rule.replace("<path:filename>", "css/tokens.css")


@pytest.mark.parametrize("host", WRONG_HOSTS)
def test_a_request_for_another_host_is_sent_away(provider: Provider, host: str) -> None:
    """RFC 9110 §15.5.20: 421 at every path and method, and not a word that depends on the name."""
    for path in every_path(provider):
        for method in ("GET", "POST"):
            answer = provider.send(method, path, environ={"HTTP_HOST": host, "SERVER_NAME": "evil.example"})

            assert answer.status_code == 421, path
            assert "Location" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.get_data() == b"This address is not served here.\n"


def test_our_host_is_known_in_any_case(provider: Provider) -> None:
    assert provider.send("GET", "/", environ={"HTTP_HOST": OURS.upper()}).status_code == 200


@pytest.mark.parametrize("headers", SAYS_OTHERWISE, ids=str)
def test_what_a_stranger_says_about_the_connection_changes_nothing(
    provider: Provider, headers: dict[str, str]
) -> None:
    """Documents, addresses in answers, and pages are the same with such headers as without."""
    app = provider.client()
    silent = app.begin(prompt="none").url.removeprefix(provider.issuer)
    for path in (
        "/.well-known/openid-configuration",
        "/jwks.json",
        silent,
        "/account",
        "/help",
        "/signed-out",
    ):
        plain = provider.send("GET", path)
        poisoned = provider.send("GET", path, headers=headers)

        assert poisoned.status_code == plain.status_code
        location = plain.headers.get("Location", "").partition("transaction=")[0]
        assert poisoned.headers.get("Location", "").partition("transaction=")[0] == location
        assert "evil" not in str(poisoned.headers)
        assert poisoned.get_data() == plain.get_data() or path == "/account"


def test_an_address_in_the_request_line_counts_for_nothing(provider: Provider) -> None:
    """An absolute URI in front of our own host: servers hand it on in their own variables."""
    raw = {"RAW_URI": "https://evil.example/", "REQUEST_URI": "https://evil.example/", "SCRIPT_NAME": ""}
    plain, poisoned = provider.send("GET", "/account"), provider.send("GET", "/account", environ=raw)

    assert poisoned.headers["Location"].startswith("/login?transaction=")
    assert plain.headers["Location"].startswith("/login?transaction=")


class TestBehindAProxy:
    """Only named addresses are believed, and only as far as their own hop (RFC 7239 §8.1)."""

    @pytest.fixture
    def behind(self, provider: Provider) -> Iterator[Provider]:
        networks = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
        with provider.twin(trusted_proxies=networks) as built:
            yield built

    def seen_address(self, behind: Provider, hop: str, forwarded: str | None) -> str:
        """Sign in through `hop` and read our own idea of where that was from."""
        headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
        username = f"p-{behind.services.entropy.token(6)}"
        account = behind.person(username)
        browser = behind.browser(hop)
        browser.headers |= headers
        browser.sign_in(browser.get("/account"), username, PASSWORD)
        (session,) = behind.services.stores.sessions.list_of(account.id, now=behind.clock.now())
        return session.address

    @pytest.mark.parametrize(
        ("hop", "forwarded", "seen"),
        [
            # A stranger's word is not taken.
            ("203.0.113.9", None, "203.0.113.9"),
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
            ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
            ("203.0.113.9", "", "203.0.113.9"),
            # A trusted hop's is, for the hop to its left, and on through further trusted hops.
            ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.5", "198.51.100.1, 10.0.0.7", "198.51.100.1"),
            ("fd00::5", "2001:db8::1", "2001:db8::1"),
            ("::ffff:10.0.0.5", "198.51.100.1", "198.51.100.1"),
            # What the client itself put to the left of that is not.
            ("10.0.0.5", "127.0.0.1, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.5", "10.9.9.9, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.5", "10.9.9.9, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
            # Malformed never opens anything: the last hop that could be read stands.
            ("10.0.0.5", "garbage", "10.0.0.5"),
            ("10.0.0.5", "198.51.100.1, garbage", "10.0.0.5"),
            ("10.0.0.5", "garbage, 10.0.0.7", "10.0.0.7"),
            ("10.0.0.5", "198.51.100.1:443", "10.0.0.5"),
            ("10.0.0.5", "unknown", "10.0.0.5"),
            ("10.0.0.5", ",,,", "10.0.0.5"),
            ("10.0.0.5", "1.2.3.4\u00b2", "10.0.0.5"),
            ("10.0.0.5", "0x7f000001", "10.0.0.5"),
            ("10.0.0.5", "127.1", "10.0.0.5"),
            ("10.0.0.5", "10.0.0.1, " * 500 + "198.51.100.1", "198.51.100.1"),
        ],
    )
    def test_the_clients_address_is_the_first_stranger_from_the_right(
        self, behind: Provider, hop: str, forwarded: str | None, seen: str
    ) -> None:
        assert self.seen_address(behind, hop, forwarded) == seen

    @pytest.mark.parametrize("host", ["evil.example", f"{OURS}, evil.example", "", "east.id.localhost"])
    def test_even_a_trusted_hop_cannot_name_another_host(self, behind: Provider, host: str) -> None:
        answer = behind.send("GET", "/account", headers={"X-Forwarded-Host": host}, address="10.0.0.5")

        assert answer.status_code == 421

    def test_a_trusted_hop_passes_our_host_on(self, behind: Provider) -> None:
        answer = behind.send(
            "GET",
            "/.well-known/openid-configuration",
            headers={"X-Forwarded-Host": OURS, "X-Forwarded-Proto": "https"},
            environ={"HTTP_HOST": "internal:8000"},
            address="10.0.0.5",
        )

        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["issuer"] == behind.issuer

    def test_a_spoofed_address_does_not_buy_more_guesses(self, behind: Provider) -> None:
        """Rotating X-Forwarded-For from outside leaves the limiter's key where it was."""
        behind.person()
        statuses = []
        for number in range(130):
            browser = behind.browser("203.0.113.9")
            browser.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            page = browser.submit(browser.get("/account"), "/login", username=f"somebody-{number}")
            statuses.append(browser.submit(page, "/login/password", password="a wrong guess").status)

        assert set(statuses[:100]) == {400}
        assert set(statuses[101:]) == {429}


def test_without_named_proxies_nobody_is_believed(provider: Provider) -> None:
    """The default: not even this machine's own address."""
    assert provider.settings.trusted_proxies == ()
    answer = provider.send(
        "GET", "/account", headers={"X-Forwarded-Host": "evil.example"}, address="127.0.0.1"
    )

    assert answer.status_code == 303
