"""Strangers at the federation endpoints: made-up names, floods, and what they would have us sign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.adapters.jose_keys import SigningKey
from idp.federation.addresses import FETCH, HISTORICAL_KEYS, LIST, SIGNED_JWKS, TRUST_MARK_STATUS
from idp.storage.statement import Prepared
from tests.support.provider import ISSUER
from tests.support.published import APP, FED, HUB, RP, WELL_KNOWN, Published, claims_of

MADE_UP = [
    "https://unknown.east.example",
    "../../etc/passwd",
    "/fed",
    "//east.id.localhost:8001",
    f"{ISSUER}/",
    f"{ISSUER}/rp/",
    f"{ISSUER}/RP",
    f"{ISSUER}/rp/../rp",
    f"{ISSUER}/rp?x",
    f"{ISSUER}/rp#x",
    f"{ISSUER}//rp",
    "http://EAST.id.localhost:8001/rp",
    "http://east.id.localhost:8001@evil.example/rp",
    "' OR 1=1 --",
    '"; DROP TABLE subordinates; --',
    "<script>alert(1)</script>",
    "{{7*7}}",
    "健康.example",
    "😀",
    "null",
    "*",
    "%00",
    "__proto__",
]


@pytest.mark.parametrize("subject", MADE_UP)
@pytest.mark.parametrize("base", [HUB, ISSUER])
def test_only_the_very_name_of_a_subordinate_gets_a_statement(
    published: Published, base: str, subject: str
) -> None:
    """Compared by code point (§16): a name that is nearly one of ours is another name. Nothing is repeated back."""
    answer = published.get(base + FETCH, sub=subject)

    assert (answer.status_code, answer.json["error"]) == (404, "not_found")
    assert subject not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "query",
    ["sub=%00", "sub=%ff", "sub=a%0d%0aSet-Cookie:x", "sub=" + "a" * 10_240, "&".join(["x=1"] * 200)],
    ids=["NUL", "not UTF-8", "line break", "10 KB", "200 fields"],
)
@pytest.mark.parametrize("path", [FETCH, LIST])
def test_what_is_malformed_or_large_is_refused_before_anything_is_looked_up(
    published: Published, monkeypatch: pytest.MonkeyPatch, path: str, query: str
) -> None:
    published.get(ISSUER + LIST)
    statements = _counted(monkeypatch, Prepared, "rows")

    answer = published.region.send("GET", f"{path}?{query}")

    if path == FETCH or "sub=a%0d" not in query:
        assert answer.status_code in (400, 404)
    assert "Set-Cookie" not in answer.headers
    assert statements == []


@pytest.mark.parametrize("size", [2_049, 4_096, 8_000])
def test_a_name_longer_than_any_entity_id_is_not_looked_for(published: Published, size: int) -> None:
    answer = published.get(ISSUER + FETCH, sub="https://" + "a" * (size - 8))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_the_issuer_is_not_its_own_subordinate(published: Published) -> None:
    """A statement about oneself would be a second configuration, signed for whoever asks."""
    for base, superior in ((HUB, HUB), (ISSUER, FED)):
        answer = published.get(base + FETCH, sub=superior)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_nobody_can_be_enrolled_in_the_place_of_the_provider_or_the_broker(published: Published) -> None:
    """Their keys are the region's own, whatever stands in the table."""
    published.enrol_app(entity_id=ISSUER)
    published.enrol_app(entity_id=RP)

    for subject in (ISSUER, RP):
        about = claims_of(published.get(ISSUER + FETCH, sub=subject).get_data())
        assert about["jwks"] == published.region.services.statements.jwks
        published.validated(published.collect(subject))


def test_a_flood_costs_no_signature(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each document and half-life; unknown names cost none at all, nor any question to the database."""
    published.enrol_app()
    mark = published.give("https://hub.example/marks/one", APP, timedelta(days=30))
    signed = _counted(monkeypatch, SigningKey, "sign")

    for number in range(30):
        for path in ("", "/fed", "/rp"):
            published.get(ISSUER + path + WELL_KNOWN)
        for path in (SIGNED_JWKS, HISTORICAL_KEYS):
            published.get(ISSUER + path, nonce=number)
        for subject in (ISSUER, RP, APP, f"https://{number}.east.example"):
            published.get(ISSUER + FETCH, sub=subject)
        published.region.send("POST", TRUST_MARK_STATUS, data={"trust_mark": mark})
        published.region.send("POST", TRUST_MARK_STATUS, data={"trust_mark": f"a.b.{number}"})

    assert len(signed) == 3 + 2 + 3 + 1


def test_documents_are_signed_again_before_they_run_out(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = _counted(monkeypatch, SigningKey, "sign")

    for _ in range(48):
        published.configuration(FED)
        published.clock.advance(hours=1)

    # The first is from before we began to count.
    assert len(signed) == 3


def test_listings_are_answered_from_memory(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    published.enrol_app()
    published.get(ISSUER + LIST)
    statements = _counted(monkeypatch, Prepared, "rows")

    for number in range(100):
        published.get(ISSUER + LIST, entity_type=f"type-{number}", trust_mark_type=f"mark-{number}")

    assert statements == []


def test_a_listing_does_not_speak_of_yesterdays_types(published: Published) -> None:
    published.enrol_app(entity_types=("openid_relying_party", "oauth_resource"))
    assert APP in published.get(ISSUER + LIST, entity_type="openid_relying_party").json

    published.enrol_app(entity_types=("oauth_resource",))

    assert APP not in published.get(ISSUER + LIST, entity_type="openid_relying_party").json


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written_through_what_is_published(published: Published, method: str) -> None:
    for path in (WELL_KNOWN, f"/fed{WELL_KNOWN}", LIST, HISTORICAL_KEYS, SIGNED_JWKS):
        assert published.region.send(method, path, data={"sub": APP}).status_code == 405


def test_whatever_headers_come_along_the_documents_are_the_same(published: Published) -> None:
    """Cache poisoning: a copy that others get must not depend on who asked first."""
    for path in (WELL_KNOWN, f"{FETCH}?sub={RP}", LIST):
        plain = published.region.send("GET", path)

        poisoned = published.region.send(
            "GET",
            path,
            headers={"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example", "Accept": "x/y"},
        )

        assert poisoned.get_data() == plain.get_data()
        assert "evil" not in str(poisoned.headers)


def _counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[None]:
    """One entry for each call from now on."""
    calls: list[None] = []
    really = getattr(owner, name)

    def counting(*arguments: Any, **options: Any) -> Any:
        calls.append(None)
        return really(*arguments, **options)

    monkeypatch.setattr(owner, name, counting)
    return calls
