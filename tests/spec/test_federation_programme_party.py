"""The OpenID Foundation's test programme for OpenID Federation 1.0, replayed: relying parties.

As `test_federation_programme.py`. Our relying party is the broker, which knows providers by the trust list alone: what
the programme's provider does wrong in its configuration is noticed by the hub that visits it, what it does wrong after
that by the broker. The programme's own provider is no region (it binds no token to a key and has its keys at an address
alone), so each fault is put into a region of ours.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from idp.adapters.egress import Answer
from idp.wiring.hub.region_visits import VisitFailed
from tests.attacks.test_broker import assert_nobody_came_in, put, saying
from tests.support.federation import STATEMENT, Json, compact, new_key, seconds
from tests.support.hub import Nation, SimulatedRegion, payload_of
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, claims_of
from tests.support.two_regions import EAST, WEST, Call, Federation

WELL_KNOWN = "/.well-known/openid-federation"
BROKER = f"{WEST}/rp"
WAYS = "client_registration_types_supported"


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    """East has a citizen; West has an app."""
    regions.east.person("gulbahar")
    return regions.health()


def say(region: SimulatedRegion, **changes: Any) -> None:
    """Have its provider's configuration say something else, or (None) nothing."""
    now, key = seconds(region.clock.now()), region.federation_keys[0]
    right: Json = {
        "iss": region.op,
        "sub": region.op,
        "iat": now,
        "exp": now + 300,
        "jwks": {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]},
        "authority_hints": [region.id],
        "metadata": {"openid_provider": region.provider()},
        **changes,
    }
    header = {"alg": "ES256", "typ": STATEMENT, "kid": key.thumbprint()}
    given = {name: value for name, value in right.items() if value is not None}
    body = compact(header, given, key, "ES256").encode()
    region.instead = {WELL_KNOWN: lambda: Answer(200, {"content-type": f"application/{STATEMENT}"}, body)}


class TestTheProvidersConfiguration:
    """Before anybody is sent to a provider, the hub has read what it says of itself."""

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"iss": "https://programme.example/other"}, id="invalid-iss"),
            pytest.param({"sub": "https://programme.example/other"}, id="invalid-sub"),
            pytest.param({"exp": None}, id="invalid-missing-exp"),
            pytest.param({"iat": None}, id="invalid-missing-iat"),
        ],
    )
    def test_one_that_is_none_is_not_believed(self, nation: Nation, changes: dict[str, Any]) -> None:
        """openid-federation-client-…-in-entity-configuration (the name of the case)"""
        region = nation.region()
        say(region, **changes)

        with pytest.raises(VisitFailed):
            nation.add(region)

        assert nation.claims()["regions"] == []

    def test_what_the_programme_leaves_out_or_has_beside_is_no_fault(self, nation: Nation) -> None:
        """No issuer; keys by address too, an RSA key beside, claims and members that nobody knows, parts of seconds."""
        region = nation.region(provider_keys=[new_key(), new_key("RS256")])
        region.metadata |= {"jwks_uri": f"{region.op}/jwks", "require_signed_request_object": True}
        now = seconds(region.clock.now())
        metadata = {name: value for name, value in region.provider().items() if name != "issuer"}
        say(
            region,
            iat=now - 0.5,
            request_uri_parameter_supported=False,
            metadata={"openid_provider": metadata, "federation_entity": {}},
        )

        nation.add(region)

        entry = nation.entry(region)["op_metadata"]
        assert entry["issuer"] == region.op
        assert region.provider_keys[0].thumbprint() in {key["kid"] for key in entry["jwks"]["keys"]}

    @pytest.mark.parametrize("ways", [None, [], ["explicit"]], ids=["missing", "empty", "another"])
    def test_a_provider_that_takes_no_strangers_is_not_asked(
        self, regions: Federation, health: RelyingParty, ways: list[str] | None
    ) -> None:
        """openid-federation-client-invalid-missing-client-registration-types-supported, …-empty-…"""
        metadata = dict(regions.trust.regions[EAST].op_metadata)
        del metadata[WAYS]
        regions.trust.change(EAST, op_metadata=metadata | ({} if ways is None else {WAYS: ways}))

        visit = regions.visit(health, regions.east)

        assert not visit.page.is_outside
        assert visit.page.url.startswith(WEST)
        assert regions.network.calls == []

    def test_ways_that_nobody_knows_do_no_harm(self, regions: Federation, health: RelyingParty) -> None:
        """openid-federation-client-valid-unknown-client-registration-types-supported"""
        metadata = regions.trust.regions[EAST].op_metadata
        regions.trust.change(EAST, op_metadata={**metadata, WAYS: ["unknown", "automatic", "explicit"]})

        assert regions.visit(health, regions.east).answer["code"]


def verified(west: Provider, token: str) -> Json:
    """What the broker signed, by the keys in its configuration."""
    document = west.send("GET", f"/rp{WELL_KNOWN}").text
    keys = payload_of(document)["metadata"]["openid_relying_party"]["jwks"]
    found = jws.deserialize_compact(token, KeySet.import_key_set(keys), algorithms=["ES256"])
    claims: Json = json.loads(found.payload)
    return claims


def form_of(calls: list[Call], path: str) -> dict[str, str]:
    """What was sent to an endpoint, the last time."""
    sent = [call for call in calls if call.path == path][-1]
    return {name: value for name, (value,) in parse_qs(sent.body.decode()).items()}


class TestTheSignIn:
    def test_its_request_is_signed_for_the_provider_alone_and_its_code_redeemed(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """openid-federation-client-test"""
        now = seconds(regions.west.clock.now())

        assert regions.visit(health, regions.east).answer["code"]

        pushed, redeemed = (form_of(regions.network.calls, path) for path in ("/par", "/token"))
        asked = verified(regions.west, pushed["request"])
        assert "request_uri" not in pushed
        assert (asked["iss"], asked["client_id"], asked["aud"]) == (BROKER, BROKER, EAST)
        assert asked["iat"] <= now + 60
        assert now < asked["exp"] <= now + 3_600
        assert {"sub", "request", "request_uri"}.isdisjoint(asked)
        assert all((asked["jti"], asked["nonce"], asked["state"], asked["code_challenge"]))
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert "openid" in asked["scope"].split()
        assert (redeemed["grant_type"], redeemed["redirect_uri"]) == (
            "authorization_code",
            asked["redirect_uri"],
        )
        for form in (pushed, redeemed):
            proof = verified(regions.west, form["client_assertion"])
            assert (proof["iss"], proof["sub"], proof["aud"]) == (BROKER, BROKER, EAST)

    def test_every_request_has_a_name_of_its_own(self, regions: Federation, health: RelyingParty) -> None:
        """openid-federation-client-test, run again"""
        names = []
        for _run in range(2):
            assert regions.visit(health, regions.east).answer["code"]
            names.append(claims_of(form_of(regions.network.calls, "/par")["request"])["jti"])

        assert names[0] != names[1]

    @pytest.mark.parametrize(
        "claims",
        [
            pytest.param({"aud": "https://other1.example.com/invalid"}, id="invalid-aud"),
            pytest.param({"iss": f"{EAST}1"}, id="invalid-iss"),
        ],
    )
    def test_an_id_token_for_or_from_somebody_else_signs_nobody_in(
        self, regions: Federation, health: RelyingParty, claims: dict[str, str]
    ) -> None:
        """openid-federation-client-…-in-id-token (the name of the case)"""
        regions.network.tamper = saying(put(**claims), regions.east)

        assert_nobody_came_in(regions.visit(health, regions.east))
