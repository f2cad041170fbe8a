"""A mini-app's address for logout tokens: a server on this machine that keeps what it is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.support.posts import Reply, taking_posts
from tests.support.relying_party import claims_of
from tests.support.waiting import wait_until


@dataclass
class LogoutReceiver:
    """What came, and how it is answered."""

    port: int
    status: int = 200
    body: bytes = b""
    delay_seconds: float = 0.0
    before_answer: Callable[[], None] = lambda: None
    requests: list[tuple[str, dict[str, str], dict[str, list[str]]]] = field(default_factory=list)
    """Path, headers by lower-case name, and the form."""

    @property
    def address(self) -> str:
        return f"http://tax.apps.localhost:{self.port}/backchannel-logout"

    @property
    def tokens(self) -> list[str]:
        return [form["logout_token"][0] for _, _, form in self.requests]

    @property
    def claims(self) -> list[dict[str, Any]]:
        """Of every token, unverified."""
        return [claims_of(token) for token in self.tokens]

    @property
    def sids(self) -> set[str]:
        """The sessions that ended, by what was told so far."""
        return {claims["sid"] for claims in self.claims}

    def wait_for(self, number: int) -> list[dict[str, Any]]:
        """Wait until so many came; the claims of all that did. Raises: AssertionError."""
        wait_until(lambda: len(self.requests) >= number, lambda: f"only {len(self.requests)} tokens came")
        return self.claims


@contextmanager
def logout_receiver(port: int = 0, **options: Any) -> Iterator[LogoutReceiver]:
    """Listen until the block ends; `options` are fields of the receiver."""

    def take(path: str, headers: dict[str, str], body: str) -> Reply:
        receiver.requests.append((path, headers, parse_qs(body)))
        receiver.before_answer()
        time.sleep(receiver.delay_seconds)
        return receiver.status, {"Location": receiver.address}, receiver.body

    receiver = LogoutReceiver(port, **options)
    with taking_posts(take, port) as receiver.port:
        yield receiver
