"""What the OpenID Foundation's test programme for Shared Signals holds answers and events against, in our own words."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.event_receiver import (
    CAEP,
    CREDENTIAL_CHANGE,
    LEVEL_CHANGE,
    POLL,
    PUSH,
    SESSION_REVOKED,
    STREAM_UPDATED,
    VERIFICATION,
    StreamClient,
    events_of,
)
from tests.support.provider import Provider
from tests.support.relying_party import Answer

WANTED = [SESSION_REVOKED, CREDENTIAL_CHANGE, f"{CAEP}device-compliance-change"]
MADE_UP = "https://schemas.example/secevent/test-programme/event-type/made-up"
DESCRIPTION = "A stream for a test programme"
AT_ONCE = {"maxEvents": 10, "returnImmediately": True}

_SCHEME = re.compile(r"[A-Za-z0-9-]+(?:\s+(?!=).*)?")
_PARAMETER = re.compile(r'([A-Za-z_]+)="([^"]*)"')
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z]{2})?")
_MEMBERS = {
    SESSION_REVOKED: frozenset[str](),
    CREDENTIAL_CHANGE: frozenset({"credential_type", "change_type"}),
    LEVEL_CHANGE: frozenset({"namespace", "current_level", "previous_level", "change_direction"}),
}
_OF_ALL = frozenset({"event_timestamp", "initiating_entity", "reason_admin", "reason_user"})
_STATUSES = ("enabled", "paused", "disabled")


def delivered_to(address: str | None, header: str | None = None) -> dict[str, str]:
    """The `delivery` that the programme asks for: pushed to an address, or fetched."""
    if address is None:
        return {"method": POLL}
    named = {} if header is None else {"authorization_header": header}
    return {"method": PUSH, "endpoint_url": address, **named}


def require_challenge(answer: Answer, status: int, error: str | None) -> None:
    """A refusal with a Bearer challenge, wherever it stands in the header. RFC 6750 §3, RFC 9110 §11.6.1."""
    assert answer.status == status, answer.members
    challenges: list[str] = []
    for part in re.split(r',\s*(?=(?:[^"]*"[^"]*")*[^"]*$)', answer.headers["WWW-Authenticate"]):
        if _SCHEME.fullmatch(part):
            challenges.append(part)
        else:
            challenges[-1] += f", {part}"
    (bearer,) = (one for one in challenges if one.split()[0].lower() == "bearer")
    if error is not None:
        assert dict(_PARAMETER.findall(bearer))["error"] == error


def require_configuration(stream: Answer, issuer: str, sent: Mapping[str, Any]) -> None:
    """A stream as it was just made or read. SSF §8.1.1."""
    found = stream.members
    assert {"stream_id", "iss", "aud", "events_delivered", "delivery"} <= found.keys()
    assert found["iss"] == issuer
    for name in ("events_supported", "events_requested", "events_delivered"):
        assert all(isinstance(one, str) and one for one in found[name])
    for name in ("min_verification_interval", "inactivity_timeout"):
        assert type(found[name]) is int
        assert found[name] >= 0
    assert set(found["events_delivered"]) <= set(found["events_supported"]) & set(found["events_requested"])
    assert MADE_UP not in (*found["events_delivered"], *found["events_supported"])
    require_kept(stream, sent)


def require_kept(stream: Answer, sent: Mapping[str, Any], *, replaces: bool = False) -> None:
    """A stream says what its receiver said last; with `replaces` nothing else. SSF §8.1.1.3, §8.1.1.4."""
    found, delivery = stream.members, stream.delivery
    if "description" in sent or replaces:
        assert found.get("description") == sent.get("description")
    if "events_requested" in sent or replaces:
        assert set(found["events_requested"]) == set(sent.get("events_requested", ()))
        assert set(found["events_delivered"]) <= set(found["events_requested"])
    wanted = sent.get("delivery", {"method": POLL} if replaces else delivery)
    assert delivery["method"] == wanted["method"]
    if wanted["method"] == PUSH:
        assert delivery["endpoint_url"] == wanted["endpoint_url"]
    assert delivery["endpoint_url"].startswith(("https://", "http://tax.apps.localhost"))


def require_status(answer: Answer, stream: Answer, status: str) -> None:
    """SSF §8.1.2.1: nothing but the three members, each of its type."""
    assert (answer.status, answer.stream_id, answer.members["status"]) == (200, stream.stream_id, status)
    assert status in _STATUSES
    assert isinstance(answer.members.get("reason", ""), str)
    assert answer.members.keys() <= {"stream_id", "status", "reason"}


def require_polled(answer: Answer, most: int) -> dict[str, str]:
    """An answer to a poll; its tokens by `jti`. RFC 8936 §2.3, §2.5."""
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.members.keys() <= {"sets", "moreAvailable"}
    assert isinstance(answer.members.get("moreAvailable", False), bool)
    sets: dict[str, str] = answer.sets
    assert len(sets) <= most
    assert all(isinstance(token, str) and token for token in sets.values())
    return sets


@dataclass
class Inspector:
    """Looks at the tokens that come on one stream."""

    provider: Provider
    receiver: StreamClient
    stream: Answer

    def claims(self, token: str, jti: str | None = None) -> dict[str, Any]:
        """Those of a token whose envelope is right. SSF §4.1, RFC 8417 §2.2, CAEPIOP §2.6, §2.8.1."""
        header, claims = self.receiver.app.verified(token, "RS256")
        assert (header["typ"], header["alg"]) == ("secevent+jwt", "RS256")
        assert self._key_bits(header["kid"]) >= 2048
        assert not {"sub", "exp"} & claims.keys()
        assert claims["iss"] == self.stream.iss
        assert claims["aud"] == self.stream.aud
        assert type(claims["iat"]) is int
        assert claims["iat"] <= self.provider.clock.now().timestamp()
        assert all(isinstance(claims[name], str) and claims[name] for name in ("jti", "txn"))
        assert jti in (None, claims["jti"])
        assert len(claims["events"]) == 1
        assert all(isinstance(event, dict) for event in claims["events"].values())
        _require_subject(claims["sub_id"])
        return claims

    def verification(self, token: str, state: str, jti: str | None = None) -> None:
        """A verification event that answers a wish. SSF §8.1.4.1."""
        claims = self.claims(token, jti)
        assert claims["sub_id"] == {"format": "opaque", "id": self.stream.stream_id}
        assert claims["events"] == {VERIFICATION: {"state": state}}

    def update(self, token: str, status: str) -> None:
        """An event that says what became of the stream. SSF §8.1.5."""
        claims = self.claims(token)
        kind, members = events_of(claims)
        assert claims["sub_id"] == {"format": "opaque", "id": self.stream.stream_id}
        assert (kind, members["status"]) == (STREAM_UPDATED, status)
        assert isinstance(members.get("reason", ""), str)
        assert members.keys() <= {"status", "reason"}

    def caep(self, token: str) -> tuple[str, dict[str, Any]]:
        """An event about a person: its type and members. CAEP §2, §3; CAEPIOP §2.5, §3."""
        claims = self.claims(token)
        kind, members = events_of(claims)
        subject = claims["sub_id"]
        person = subject["user"] if subject["format"] == "complex" else subject
        assert person["format"] == "iss_sub"
        assert members.keys() <= _OF_ALL | _MEMBERS[kind]
        assert type(members["event_timestamp"]) is int
        assert 1_700_000_000 < members["event_timestamp"] <= self.provider.clock.now().timestamp()
        assert members["initiating_entity"] in ("admin", "user", "policy", "system")
        for reason in (members["reason_admin"], members["reason_user"]):
            assert reason
            assert all(_LANGUAGE.fullmatch(tag) and isinstance(words, str) for tag, words in reason.items())
        assert all(isinstance(members[name], str) and members[name] for name in _MEMBERS[kind])
        return kind, members

    def _key_bits(self, kid: str) -> int:
        keys = self.receiver.app.send("GET", "/jwks.json").members["keys"]
        (key,) = (one for one in keys if one["kid"] == kid)
        return len(base64.urlsafe_b64decode(key["n"] + "==")) * 8


def _require_subject(subject: Mapping[str, Any]) -> None:
    """No member that its format does not have, and no format inside that nests. RFC 9493 §3, SSF §3.3."""
    formats = {"opaque": {"format", "id"}, "iss_sub": {"format", "iss", "sub"}}
    if subject["format"] == "complex":
        members = [value for name, value in subject.items() if name != "format"]
        assert members
    else:
        members = [subject]
    for member in members:
        assert member.keys() == formats[member["format"]]
        assert all(isinstance(value, str) and value for value in member.values())
