"""The receiver of a stream: what it asks of the transmitter, and an address that takes pushes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import Client

from tests.support.posts import Reply, taking_posts
from tests.support.relying_party import Answer, RelyingParty, claims_of
from tests.support.waiting import wait_until

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
SSF = "https://schemas.openid.net/secevent/ssf/event-type/"
SESSION_REVOKED = CAEP + "session-revoked"
CREDENTIAL_CHANGE = CAEP + "credential-change"
LEVEL_CHANGE = CAEP + "assurance-level-change"
VERIFICATION = SSF + "verification"
STREAM_UPDATED = SSF + "stream-updated"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
EVERYTHING = [SESSION_REVOKED, CREDENTIAL_CHANGE, LEVEL_CHANGE]


@dataclass
class StreamClient:
    """A mini-app with a token for the transmitter."""

    app: RelyingParty
    token: str | None = None

    def authorize(self, scope: str = "ssf.read ssf.manage", **parameters: Any) -> Answer:
        """Get a token, as a library does: no resource is named, the scopes say what it is for."""
        answer = self.app.token(grant_type="client_credentials", scope=scope, **parameters)
        self.token = answer.members.get("access_token")
        return answer

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Any request. `body` is sent as JSON, or as it is when it is bytes."""
        given = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        response = Client(self.app.app).open(  # type: ignore[arg-type]
            path,
            method=method,
            data=data,
            content_type=None if data is None else "application/json",
            base_url=self.app.issuer,
            headers={**given, **headers},
        )
        text = response.get_data(as_text=True)
        found = json.loads(text) if text else {}
        members = {"list": found} if isinstance(found, list) else found
        return Answer(response.status_code, members, dict(response.headers))

    def create(self, **members: Any) -> Answer:
        """A stream of everything, fetched unless `delivery` says otherwise."""
        return self.ask("POST", "/ssf/stream", {"events_requested": EVERYTHING, **members})

    def poll(self, stream: Answer, **members: Any) -> list[dict[str, Any]]:
        """Claims of what waits, unverified."""
        answer = self.fetch(stream, **members)
        assert answer.status == 200, answer.members
        return [claims_of(token) for token in answer.sets.values()]

    def fetch(self, stream: Answer, **members: Any) -> Answer:
        """One poll as it comes back."""
        address: str = stream.delivery["endpoint_url"]
        return self.ask("POST", address.removeprefix(self.app.issuer), {"returnImmediately": True, **members})

    def take(self, stream: Answer) -> list[dict[str, Any]]:
        """What waits, acknowledged."""
        found = self.poll(stream)
        self.fetch(stream, ack=[claims["jti"] for claims in found], maxEvents=0)
        return found


def events_of(claims: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one event of a token: its type and what it says."""
    ((kind, members),) = claims["events"].items()
    return kind, members


@dataclass
class EventReceiver:
    """What was pushed, and how it is answered."""

    port: int
    status: int = 202
    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers, before `status` holds for all."""
    before_answer: Callable[[], None] = lambda: None
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)
    """Headers by lower-case name, and the token."""

    @property
    def address(self) -> str:
        return f"http://tax.apps.localhost:{self.port}/events"

    @property
    def claims(self) -> list[dict[str, Any]]:
        """Of every token, unverified."""
        return [claims_of(token) for _, token in self.requests]

    def wait_for(self, number: int) -> list[dict[str, Any]]:
        """Wait until so many came; the claims of all that did. Raises: AssertionError."""
        wait_until(lambda: len(self.requests) >= number, lambda: f"only {len(self.requests)} tokens came")
        return self.claims


@contextmanager
def event_receiver(port: int = 0, **options: Any) -> Iterator[EventReceiver]:
    """Listen until the block ends; `options` are fields of the receiver."""

    def take(_path: str, headers: dict[str, str], body: str) -> Reply:
        receiver.requests.append((headers, body))
        status = receiver.answers.pop(0) if receiver.answers else receiver.status
        receiver.before_answer()
        return status, {}, b""

    receiver = EventReceiver(port, **options)
    with taking_posts(take, port) as receiver.port:
        yield receiver
