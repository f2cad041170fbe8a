"""Logout tokens: what ours say, and what makes another's believable. Spec: Back-Channel Logout 1.0 §2.4, §2.6."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.foundation.clock import to_seconds
from idp.foundation.identifiers import sid_of
from idp.signals.logout_token import (
    EVENT,
    LEEWAY,
    LIFETIME,
    BadLogoutToken,
    LogoutNotice,
    logout_claims,
    read_logout_token,
)

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
EAST, WEST = "https://id.east.example", "https://id.west.example/rp"
SECONDS = to_seconds(NOW)
GONE = object()


def claims(**changes: Any) -> dict[str, Any]:
    right = logout_claims(EAST, WEST, subject="ada-in-west", sid="5e55", jti="once", now=NOW)
    return {name: value for name, value in {**right, **changes}.items() if value is not GONE}


def read(document: dict[str, Any], token_type: object = "logout+jwt", now: datetime = NOW) -> LogoutNotice:
    return read_logout_token(token_type, document, issuer=EAST, audience=WEST, now=now)


def test_our_token_says_what_the_specification_asks_for_and_nothing_else() -> None:
    assert claims() == {
        "iss": EAST,
        "aud": WEST,
        "iat": SECONDS,
        "exp": SECONDS + 120,
        "jti": "once",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        "sub": "ada-in-west",
        "sid": "5e55",
    }


def test_a_token_like_ours_is_believed() -> None:
    assert read(claims()) == LogoutNotice("once", "ada-in-west", "5e55", NOW + LIFETIME + LEEWAY)


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": GONE},
        {"sid": GONE},
        {"aud": [WEST]},
        {"events": {EVENT: {}, "https://another.example/event": {}}},
        {"iat": SECONDS + 30, "exp": SECONDS + 90},
        {"trace_id": "unknown members are passed over"},
    ],
)
def test_other_shapes_of_the_specification_are_believed(changes: dict[str, Any]) -> None:
    assert read(claims(**changes)).jti == "once"


@pytest.mark.parametrize("token_type", ["logout+jwt", "application/logout+jwt", "Logout+JWT"])
def test_the_type_is_compared_as_a_media_type(token_type: str) -> None:
    assert read(claims(), token_type).sid == "5e55"


@pytest.mark.parametrize("token_type", [None, "", "JWT", "at+jwt", "logout", 1, ["logout+jwt"]])
def test_a_token_of_another_type_is_refused(token_type: object) -> None:
    with pytest.raises(BadLogoutToken):
        read(claims(), token_type)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.evil.example"},
        {"iss": GONE},
        {"iss": f"{EAST}/"},
        {"iss": [EAST]},
        {"aud": "https://id.south.example/rp"},
        {"aud": GONE},
        {"aud": [WEST, "https://id.south.example/rp"]},
        {"aud": []},
        {"nonce": "n"},
        {"nonce": None},
        {"events": GONE},
        {"events": {}},
        {"events": EVENT},
        {"events": [EVENT]},
        {"events": {EVENT: None}},
        {"events": {EVENT: True}},
        {"events": {f"{EVENT}/": {}}},
        {"jti": GONE},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 256},
        {"sub": GONE, "sid": GONE},
        {"sub": ""},
        {"sid": 5},
        {"sub": None},
        {"iat": GONE},
        {"iat": True},
        {"iat": float(SECONDS)},
        {"iat": str(SECONDS)},
        {"iat": -1},
        {"iat": 2**80},
        {"iat": SECONDS + 61, "exp": SECONDS + 120},
        {"exp": GONE},
        {"exp": SECONDS - 60},
        {"exp": SECONDS + 3600},
        {"iat": SECONDS - 10, "exp": SECONDS - 10},
    ],
)
def test_whatever_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadLogoutToken):
        read(claims(**changes))


def test_a_token_is_refused_from_the_moment_its_jti_may_be_forgotten() -> None:
    forgotten = read(claims()).remember_until

    assert read(claims(), now=forgotten - timedelta(seconds=1)).jti == "once"
    with pytest.raises(BadLogoutToken):
        read(claims(), now=forgotten)


def test_a_refusal_quotes_nothing() -> None:
    with pytest.raises(BadLogoutToken) as refused:
        read(claims(iss="https://id.evil.example"))

    assert "evil" not in str(refused.value)


def test_two_mini_apps_know_one_session_by_different_names() -> None:
    names = {sid_of("a session", client) for client in ("tax", "health", "taxh", "")}

    assert len(names) == 4
    assert sid_of("a session", "tax") == sid_of("a session", "tax")
    assert sid_of("another session", "tax") != sid_of("a session", "tax")
    assert "session" not in "".join(names)
