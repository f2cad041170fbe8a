"""Pushed requests: whose they are, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from idp.foundation.entropy import SystemEntropy
from idp.foundation.identifiers import digest
from idp.oidc.authorization.examine import examine_for
from idp.oidc.authorization.refusal import PageError
from idp.oidc.errors import InvalidRequestUri
from idp.oidc.grant import AuthorizationCode
from idp.oidc.pushed_request import LIFETIME, REQUEST_URI_PREFIX, PushedRequest, PushedRequests
from tests.unit.oidc.given import NOW, a_client, authorization


@dataclass
class Kept:
    """Pushed requests in memory."""

    requests: dict[bytes, PushedRequest] = field(default_factory=dict)

    def add(self, digest: bytes, request: PushedRequest) -> None:
        self.requests[digest] = request

    def find(self, digest: bytes) -> PushedRequest | None:
        return self.requests.get(digest)

    def consume(self, digest: bytes, *, now: datetime) -> bool:
        raise NotImplementedError

    def answer(self, digest: bytes, code_digest: bytes, code: AuthorizationCode, *, now: datetime) -> bool:
        raise NotImplementedError


def test_only_the_digest_of_a_request_uri_is_kept() -> None:
    kept = Kept()

    uri = PushedRequests(kept, SystemEntropy()).keep(a_client(), authorization(), now=NOW)

    assert list(kept.requests) == [digest(uri.removeprefix(REQUEST_URI_PREFIX))]
    assert kept.requests[digest(uri.removeprefix(REQUEST_URI_PREFIX))].parameters == authorization()


def test_it_is_found_by_its_client_in_time() -> None:
    requests = PushedRequests(Kept(), SystemEntropy())
    client, other = a_client(), a_client(client_id="other")
    uri = requests.keep(client, authorization(), now=NOW)

    assert requests.find(uri, client, now=NOW).parameters == authorization()
    for wrong_uri, who, when in (
        (uri, other, NOW),
        (uri, client, NOW + LIFETIME),
        (uri + "x", client, NOW),
        (uri.removeprefix(REQUEST_URI_PREFIX), client, NOW),
        (REQUEST_URI_PREFIX, client, NOW),
    ):
        with pytest.raises(InvalidRequestUri):
            requests.find(wrong_uri, who, now=when)


def test_a_used_one_is_not_found() -> None:
    kept = Kept()
    requests = PushedRequests(kept, SystemEntropy())
    uri = requests.keep(a_client(), authorization(), now=NOW)
    ((key, request),) = kept.requests.items()

    kept.requests[key] = replace(request, is_consumed=True)

    with pytest.raises(InvalidRequestUri):
        requests.find(uri, a_client(), now=NOW)


def test_a_client_s_request_is_not_examined_for_another() -> None:
    """Whatever store it came from."""
    examine_for(a_client(), authorization())

    with pytest.raises(PageError):
        examine_for(a_client(client_id="other"), authorization())
