"""The load: each operation as a relying party or a browser performs it, over two keep-alive connections.

Operations feed each other inside a round, as in life: `authorize` yields codes, `code` spends them and yields
tokens, `refresh` rotates those, `userinfo` and `introspection` show each access token once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from benchmarks.client import Answer, Browser, Connection, parse_forms
from benchmarks.contestants import DISCOVERY, HOST, Contestant
from benchmarks.people import PERSON, RESOURCE, SCOPE, Client

CONNECTIONS = 2
VERIFIER = base64.urlsafe_b64encode(hashlib.sha256(b"bench").digest()).rstrip(b"=").decode()
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
MAX_PAGES = 20
MARKUP = re.compile(r"<[^>]*>")

Work = Callable[[Connection, Any], Any]


class Unexpected(Exception):
    """A contestant answered something else than the operation's success."""


def basic(client: Client) -> dict[str, str]:
    """The header of client_secret_basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()}


def expect(answer: Answer, *statuses: int) -> Answer:
    """The answer itself, when its status is one of those. Raises: Unexpected, with the page's words."""
    if answer.status not in statuses:
        words = " ".join(MARKUP.sub(" ", answer.body.decode(errors="replace")).split())
        raise Unexpected(f"status {answer.status} {answer.headers.get('location', '')}: {words[:800]}")
    return answer


def spread(port: int, work: Work, items: Sequence[Any]) -> list[Any]:
    """Do `work` for every item, shared out over the connections; the results in no particular order."""

    def one_connection(share: Sequence[Any]) -> list[Any]:
        with closing(Connection(HOST, port)) as connection:
            return [work(connection, item) for item in share]

    shares = [items[n::CONNECTIONS] for n in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [result for results in pool.map(one_connection, shares) for result in results]


class Driver:
    """Drives one contestant and keeps the codes and tokens that one operation leaves for the next."""

    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant
        self.codes: list[str] = []
        self.grants: list[dict[str, Any]] = []
        self.access_tokens: list[str] = []
        self._basic = basic(contestant.client)
        self._paths: dict[str, str] = {}
        self._cookies: dict[str, str] = {}

    def prepare(self) -> None:
        """Learn the endpoints from discovery and sign one browser in, consent included."""
        metadata = json.loads(self._one(lambda c, _: expect(c.request("GET", DISCOVERY, {}), 200).body))
        named = {name: url for name, url in metadata.items() if name.endswith(("_endpoint", "_uri"))}
        self._paths = {name: urlsplit(url).path for name, url in named.items()}
        self._cookies = self._one(lambda c, _: self._sign_in(c)[1])

    def operations(
        self,
    ) -> dict[str, tuple[Work, Callable[[int], Sequence[Any]], Callable[[list[Any]], None]]]:
        """Name → (work on one item, the items of a round of n, what becomes of the results)."""

        def numbered(count: int) -> Sequence[Any]:
            return range(count)

        def nothing(results: list[Any]) -> None:
            return None

        operations = {
            "discovery": (self._fetch(DISCOVERY), lambda n: range(4 * n), nothing),
            "jwks": (self._fetch(self._paths["jwks_uri"]), lambda n: range(4 * n), nothing),
            "client_credentials": (self._client_credentials, numbered, nothing),
            "authorize": (self._authorize, numbered, self._keep_codes),
            "code": (self._redeem, lambda n: self.codes, self._keep_grants),
            "refresh": (self._refresh, lambda n: [g["refresh_token"] for g in self.grants], nothing),
            "userinfo": (self._userinfo, lambda n: self.access_tokens, nothing),
            "introspection": (self._introspect, lambda n: self.access_tokens, nothing),
            "full_flow": (self._full_flow, lambda n: range(max(n // 8, 4)), nothing),
        }
        if self.contestant.rsa_client:
            operations["client_credentials_rs256"] = (self._client_credentials_rs256, numbered, nothing)
        return operations

    def _one(self, work: Work) -> Any:
        return spread(self.contestant.port, work, [None])[0]

    def _fetch(self, path: str) -> Work:
        return lambda connection, _: expect(connection.request("GET", path, {}), 200)

    def _post(
        self, connection: Connection, endpoint: str, form: dict[str, str], client: Client | None = None
    ) -> Any:
        proof = basic(client) if client else self._basic
        answer = connection.request("POST", self._paths[endpoint], proof, urlencode(form))
        return json.loads(expect(answer, 200).body)

    def _client_credentials(self, connection: Connection, _: object, client: Client | None = None) -> None:
        form = {"grant_type": "client_credentials", "scope": SCOPE, "resource": RESOURCE}
        token = self._post(connection, "token_endpoint", form, client)["access_token"]
        wanted = "RS256" if client else "ES256"
        if json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["alg"] != wanted:
            raise Unexpected(f"the access token is not signed with {wanted}")

    def _client_credentials_rs256(self, connection: Connection, _: object) -> None:
        self._client_credentials(connection, None, self.contestant.rsa_client)

    def _authorization_url(self, **more: str) -> str:
        asked = {
            "response_type": "code", "client_id": self.contestant.client.id, "scope": self.contestant.scope,
            "redirect_uri": self.contestant.client.redirect_uri, "state": secrets.token_urlsafe(12),
            "nonce": secrets.token_urlsafe(12), "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return (
            f"{self._paths['authorization_endpoint']}?{urlencode(asked | self.contestant.code_form | more)}"
        )

    def _code_in(self, location: str) -> str:
        if not location.startswith(self.contestant.client.redirect_uri):
            raise Unexpected(f"redirected to {location}")
        return parse_qs(urlsplit(location).query)["code"][0]

    def _authorize(self, connection: Connection, _: object) -> str:
        browser = Browser(connection, self.contestant.issuer, dict(self._cookies))
        return self._code_in(expect(browser.get(self._authorization_url()), 302, 303).location)

    def _redeem(self, connection: Connection, code: str, **more: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        form |= {"redirect_uri": self.contestant.client.redirect_uri}
        grant = self._post(connection, "token_endpoint", form | (more or self.contestant.code_form))
        if not {"access_token", "id_token", "refresh_token"} <= grant.keys():
            raise Unexpected(f"only {sorted(grant)} for a code")
        return dict(grant)

    def _refresh(self, connection: Connection, refresh_token: str) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **self.contestant.code_form}
        grant = self._post(connection, "token_endpoint", form)
        if grant["refresh_token"] == refresh_token or "id_token" not in grant:
            raise Unexpected(f"no rotation or no id_token: {sorted(grant)}")

    def _userinfo(self, connection: Connection, token: str) -> None:
        bearer = {"Authorization": f"Bearer {token}"}
        answer = connection.request("GET", self._paths["userinfo_endpoint"], bearer)
        if "name" not in json.loads(expect(answer, 200).body):
            raise Unexpected("userinfo without the name")

    def _introspect(self, connection: Connection, token: str) -> None:
        if not self._post(connection, "introspection_endpoint", {"token": token})["active"]:
            raise Unexpected("an issued token is not active")

    def _keep_codes(self, codes: list[str]) -> None:
        self.codes = codes

    def _keep_grants(self, grants: list[dict[str, Any]]) -> None:
        """Keep the tokens; where JWTs are refused at userinfo, fetch as many opaque ones, unmeasured."""
        self.grants = grants
        if self.contestant.separate_userinfo_token:
            codes = spread(self.contestant.port, self._authorize, range(len(grants)))
            grants = spread(self.contestant.port, self._redeem_for_userinfo, codes)
        self.access_tokens = [grant["access_token"] for grant in grants]

    def _redeem_for_userinfo(self, connection: Connection, code: str) -> dict[str, Any]:
        return self._redeem(connection, code, token_type_hint="access_token")

    def _full_flow(self, connection: Connection, _: object) -> None:
        code, _cookies = self._sign_in(connection)
        self._userinfo(connection, self._redeem_for_userinfo(connection, code)["access_token"])

    def _sign_in(self, connection: Connection) -> tuple[str, dict[str, str]]:
        """Walk from /authorize through every page as a new browser; returns the code and the cookies."""
        browser = Browser(connection, self.contestant.issuer)
        url = self._authorization_url(prompt="consent")
        answer = browser.get(url)
        for _ in range(MAX_PAGES):
            if answer.status in (302, 303):
                if answer.location.startswith(self.contestant.client.redirect_uri):
                    return self._code_in(answer.location), browser.cookies
                url = urljoin(url, answer.location)
                answer = browser.get(url)
            else:
                url, body = fill_in(url, expect(answer, 200).body.decode())
                answer = browser.post(url, body)
        raise Unexpected(f"no code after {MAX_PAGES} pages; the last was {url}")


def fill_in(url: str, page: str) -> tuple[str, str]:
    """Answer the page's question as the person would; returns where to send it and the encoded form."""
    known = {"username": PERSON.username, "password": PERSON.password, "decision": "allow"}
    for form in parse_forms(page):
        answers = {name: value for name, value in known.items() if name in form.names}
        if answers:
            return urljoin(url, form.action or url), urlencode(form.fields | answers)
    raise Unexpected(f"no form to fill in at {url}: {page[:600]}")
