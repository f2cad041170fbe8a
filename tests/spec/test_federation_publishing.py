"""What our entities publish, clause by clause: OpenID Federation 1.0 §3, §5, §7, §8, §9."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import entity_statement, signatures
from idp.federation.addresses import (
    FETCH,
    HISTORICAL_KEYS,
    LIST,
    SIGNED_JWKS,
    TRUST_MARK,
    TRUST_MARK_LIST,
    TRUST_MARK_STATUS,
)
from idp.federation.roll import HeldMark, MarkType, Subordinate, SubordinateState
from idp.federation.trust_marks import CarriedMark, carried_by, validate
from idp.oidc.keys import KeyPurpose
from idp.trustlist.bundle import RegionStatus
from tests.support.federation import jwks_of, new_key
from tests.support.provider import ISSUER
from tests.support.published import APP, FED, HUB, RP, WELL_KNOWN, Published, claims_of, header_of

STATEMENT = "application/entity-statement+jwt"
OURS = [HUB, ISSUER, FED, RP]
TYPE = "https://hub.example/marks/inspected"


class TestConfigurations:
    """§3, §9: what an entity says about itself."""

    @pytest.mark.parametrize("entity_id", OURS)
    def test_each_is_at_its_entity_id_with_the_well_known_path_behind_it(
        self, published: Published, entity_id: str
    ) -> None:
        answer = published.get(entity_id + WELL_KNOWN)

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == STATEMENT
        assert header_of(answer.get_data())["typ"] == "entity-statement+jwt"
        claims = claims_of(answer.get_data())
        assert claims["iss"] == claims["sub"] == entity_id
        assert entity_statement.parse(answer.get_data(as_text=True)).is_configuration

    @pytest.mark.parametrize("entity_id", OURS)
    def test_each_is_signed_by_a_key_that_it_lists(self, published: Published, entity_id: str) -> None:
        """§3.1: by another library too; kid is the key's thumbprint and alg is asymmetric."""
        token = published.configuration(entity_id)

        keys = claims_of(token)["jwks"]["keys"]
        assert header_of(token)["alg"] == "ES256"
        assert header_of(token)["kid"] in {key["kid"] for key in keys}
        jws.deserialize_compact(token, KeySet.import_key_set({"keys": keys}), algorithms=["ES256"])
        for key in keys:
            assert key["kid"] == KeySet.import_key_set({"keys": [key]}).keys[0].thumbprint()
            assert key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}

    @pytest.mark.parametrize("entity_id", OURS)
    def test_each_holds_for_a_day(self, published: Published, entity_id: str) -> None:
        claims = claims_of(published.configuration(entity_id))

        assert claims["iat"] == int(published.clock.now().timestamp())
        assert claims["exp"] - claims["iat"] == 24 * 3600

    @pytest.mark.parametrize(
        ("entity_id", "hints"), [(HUB, None), (FED, [HUB]), (ISSUER, [FED]), (RP, [FED])]
    )
    def test_each_names_its_superiors_and_an_anchor_none(
        self, published: Published, entity_id: str, hints: list[str] | None
    ) -> None:
        assert claims_of(published.configuration(entity_id)).get("authority_hints") == hints

    @pytest.mark.parametrize("entity_id", [HUB, FED])
    def test_a_superior_says_where_it_answers(self, published: Published, entity_id: str) -> None:
        """§5.1.1: both fetch and list, https or this machine, without query or fragment, and no keys elsewhere."""
        base = HUB if entity_id == HUB else ISSUER

        metadata = claims_of(published.configuration(entity_id))["metadata"]

        assert metadata.keys() == {"federation_entity"}
        endpoints = {
            name: value for name, value in metadata["federation_entity"].items() if "endpoint" in name
        }
        assert endpoints["federation_fetch_endpoint"] == base + FETCH
        assert endpoints["federation_list_endpoint"] == base + LIST
        assert endpoints["federation_historical_keys_endpoint"] == base + HISTORICAL_KEYS
        assert endpoints["federation_trust_mark_status_endpoint"] == base + TRUST_MARK_STATUS
        assert endpoints["federation_trust_mark_list_endpoint"] == base + TRUST_MARK_LIST
        assert endpoints["federation_trust_mark_endpoint"] == base + TRUST_MARK
        assert {"jwks", "jwks_uri", "signed_jwks_uri"}.isdisjoint(metadata["federation_entity"])

    @pytest.mark.parametrize("entity_id", [ISSUER, RP])
    def test_a_leaf_answers_for_nobody(self, published: Published, entity_id: str) -> None:
        metadata = claims_of(published.configuration(entity_id))["metadata"]

        assert not any("endpoint" in name for name in metadata["federation_entity"])

    def test_everybody_is_named_in_every_language(self, published: Published) -> None:
        """§5.2.2, §14."""
        for entity_id in (ISSUER, FED, RP):
            about = claims_of(published.configuration(entity_id))["metadata"]["federation_entity"]
            assert about["organization_name"] == "Region East"
            assert about["organization_name#zh-CN"] == "东区"

    def test_federation_keys_sign_nothing_else(self, published: Published) -> None:
        federation = {key["kid"] for key in claims_of(published.configuration(FED))["jwks"]["keys"]}
        protocol = {key["kid"] for key in published.get(f"{ISSUER}/jwks.json").json["keys"]}
        broker = claims_of(published.configuration(RP))["metadata"]["openid_relying_party"]["jwks"]["keys"]

        assert federation.isdisjoint(protocol)
        assert federation.isdisjoint(key["kid"] for key in broker)
        assert protocol.isdisjoint(key["kid"] for key in broker)


class TestProvider:
    """§5.1.3: the provider's metadata."""

    def metadata(self, published: Published) -> dict[str, Any]:
        metadata: dict[str, Any] = claims_of(published.configuration(ISSUER))["metadata"]["openid_provider"]
        return metadata

    def test_it_says_what_discovery_says(self, published: Published) -> None:
        discovery = dict(published.get(f"{ISSUER}/.well-known/openid-configuration").json)

        metadata = self.metadata(published)

        assert metadata.items() >= discovery.items()
        # OpenID Connect Discovery §3 requires it; the set there and the one by value are the same.
        assert metadata["jwks"] == published.get(metadata["jwks_uri"]).json
        assert metadata["issuer"] == ISSUER

    def test_it_says_how_entities_register(self, published: Published) -> None:
        metadata = self.metadata(published)

        assert metadata["client_registration_types_supported"] == ["automatic", "explicit"]
        assert metadata["federation_registration_endpoint"].startswith(f"{ISSUER}/")
        # Two parameters of older drafts are no part of the specification: discovery says what they said.
        assert not any(name.startswith("request_authentication_") for name in metadata)
        assert metadata["request_parameter_supported"] is True
        assert "private_key_jwt" in metadata["token_endpoint_auth_methods_supported"]
        assert "none" not in metadata["request_object_signing_alg_values_supported"]

    def test_its_keys_are_signed_by_a_federation_key(self, published: Published) -> None:
        """§5.2.1.1: keys, iss, sub; typ jwk-set+jwt."""
        answer = published.get(self.metadata(published)["signed_jwks_uri"])

        assert answer.headers["Content-Type"] == "application/jwk-set+jwt"
        federation = claims_of(published.configuration(ISSUER))["jwks"]
        document = signatures.verified(
            answer.get_data(as_text=True), "jwk-set+jwt", federation, StatementSignatures()
        )
        assert document.claims["iss"] == document.claims["sub"] == ISSUER
        assert document.claims["keys"] == self.metadata(published)["jwks"]["keys"]
        assert document.claims["exp"] > published.clock.now().timestamp()

    def test_a_new_key_of_the_provider_is_in_its_configuration_at_once(self, published: Published) -> None:
        before = self.metadata(published)["jwks"]

        published.region.services.keyring.rotate()
        published.clock.advance(seconds=1)

        after = self.metadata(published)["jwks"]
        assert len(after["keys"]) > len(before["keys"])
        assert after == published.get(f"{ISSUER}/jwks.json").json


def test_the_broker_is_a_relying_party_that_can_do_no_less_than_we_demand(published: Published) -> None:
    """§5.1.2; OpenID Connect Registration §2; RFC 9126 §6; RFC 9101 §10.5; RFC 9449 §5.2; Back-Channel Logout §2.2."""
    metadata = claims_of(published.configuration(RP))["metadata"]["openid_relying_party"]

    assert metadata["redirect_uris"] == [f"{ISSUER}/rp/callback"]
    assert metadata["client_registration_types"] == ["automatic"]
    assert metadata["token_endpoint_auth_method"] == "private_key_jwt"
    assert metadata["require_pushed_authorization_requests"] is True
    assert metadata["require_signed_request_object"] is True
    assert metadata["dpop_bound_access_tokens"] is True
    assert metadata["backchannel_logout_uri"] == f"{ISSUER}/rp/backchannel-logout"
    assert metadata["backchannel_logout_session_required"] is True
    assert metadata["client_name"] == "Region East"
    assert metadata["client_name#zh-CN"] == "东区"
    own = published.region.services.keyrings[KeyPurpose.BROKER].view().records
    assert [key["kid"] for key in metadata["jwks"]["keys"]] == [record.kid for record in own]


class TestFetch:
    """§8.1: what a superior says about its subordinates."""

    @pytest.mark.parametrize(
        ("base", "issuer", "subject"), [(HUB, HUB, FED), (ISSUER, FED, ISSUER), (ISSUER, FED, RP)]
    )
    def test_a_subordinate_is_described(
        self, published: Published, base: str, issuer: str, subject: str
    ) -> None:
        answer = published.get(base + FETCH, sub=subject)

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == STATEMENT
        statement = entity_statement.parse(answer.get_data(as_text=True))
        assert (statement.issuer, statement.subject) == (issuer, subject)
        assert statement.jwks == claims_of(published.configuration(subject))["jwks"]
        forbidden = {"authority_hints", "trust_marks", "trust_mark_issuers", "trust_mark_owners", "aud"}
        assert forbidden.isdisjoint(statement.claims)

    def test_whatever_an_operator_said_of_a_subordinate_is_in_the_statement(
        self, published: Published
    ) -> None:
        policy = {"openid_relying_party": {"scope": {"subset_of": ["openid", "profile"]}}}
        metadata = {"openid_relying_party": {"organization_name": "East Health"}}
        constraints = {"max_path_length": 0, "allowed_entity_types": ["openid_relying_party"]}
        published.enrol_app(metadata_policy=policy, metadata=metadata, constraints=constraints)

        claims = claims_of(published.get(ISSUER + FETCH, sub=APP).get_data())

        assert claims["metadata_policy"] == policy
        assert claims["metadata"] == metadata
        assert claims["constraints"] == constraints
        assert claims["jwks"] == jwks_of(published.app_key)
        assert claims["source_endpoint"] == ISSUER + FETCH

    def test_the_hubs_word_is_the_one_in_the_bundle(self, published: Published) -> None:
        assert published.snapshot.bundle is not None
        (region,) = published.snapshot.bundle.regions

        assert published.get(HUB + FETCH, sub=FED).get_data(as_text=True) == region.statement

    @pytest.mark.parametrize("state", [SubordinateState.SUSPENDED, SubordinateState.REMOVED])
    def test_nobody_answers_for_one_who_was_put_out(
        self, published: Published, state: SubordinateState
    ) -> None:
        published.enrol_app()
        assert published.get(ISSUER + FETCH, sub=APP).status_code == 200

        published.enrol_app(state=state)

        answer = published.get(ISSUER + FETCH, sub=APP)
        assert (answer.status_code, answer.json["error"]) == (404, "not_found")
        assert APP not in published.get(ISSUER + LIST).json

    @pytest.mark.parametrize("status", [RegionStatus.SUSPENDED, RegionStatus.REMOVED])
    def test_the_hub_does_not_answer_for_a_region_that_was_put_out(
        self, published: Published, status: RegionStatus
    ) -> None:
        published.list_region(status)

        assert published.get(HUB + FETCH, sub=FED).status_code == 404
        assert published.get(HUB + LIST).json == []

    def test_a_region_that_was_put_out_cannot_be_enrolled_past_the_list(self, published: Published) -> None:
        published.list_region(RegionStatus.SUSPENDED)
        now = published.clock.now()
        store = published.hub.services.stores.federation_entities
        for entity_id in (FED, ISSUER, RP, APP):
            store.put(Subordinate(entity_id, ("openid_provider",), jwks_of(published.app_key), now, now))
        published.clock.advance(seconds=1)

        statuses = {sub: published.get(HUB + FETCH, sub=sub).status_code for sub in (FED, ISSUER, RP, APP)}

        assert statuses == {FED: 404, ISSUER: 404, RP: 404, APP: 200}
        assert published.get(HUB + LIST).json == [APP]

    @pytest.mark.parametrize(
        ("query", "status", "error"),
        [
            ({}, 400, "invalid_request"),
            ({"sub": ""}, 400, "invalid_request"),
            ({"sub": [APP, APP]}, 400, "invalid_request"),
            ({"sub": FED}, 400, "invalid_request"),
            ({"sub": APP}, 404, "not_found"),
            ({"sub": HUB}, 404, "not_found"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_faults_have_their_registered_names(
        self, published: Published, query: dict[str, Any], status: int, error: str
    ) -> None:
        """§8.9: error and error_description, both."""
        answer = published.get(ISSUER + FETCH, **query)

        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json["error"] == error
        assert answer.json["error_description"]

    def test_what_is_not_known_is_passed_over(self, published: Published) -> None:
        assert published.get(ISSUER + FETCH, sub=RP, iss=FED, anything="else").status_code == 200


class TestListing:
    """§8.2: who the subordinates are."""

    def test_a_hub_lists_its_regions_and_a_region_its_leaves(self, published: Published) -> None:
        published.enrol_app()

        hub, region = published.get(HUB + LIST), published.get(ISSUER + LIST)

        assert hub.headers["Content-Type"] == region.headers["Content-Type"] == "application/json"
        assert hub.json == [FED]
        assert sorted(region.json) == sorted([ISSUER, RP, APP])

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"entity_type": "openid_provider"}, [ISSUER]),
            ({"entity_type": "openid_relying_party"}, [APP, RP]),
            ({"entity_type": ["openid_relying_party", "federation_entity"]}, [RP]),
            ({"entity_type": ["openid_provider", "openid_relying_party"]}, []),
            ({"entity_type": "no_such_type"}, []),
            ({"intermediate": "true"}, []),
            ({"intermediate": "false"}, [APP, ISSUER, RP]),
            ({"trust_marked": "true"}, [APP]),
            ({"trust_marked": "false"}, [APP, ISSUER, RP]),
            ({"trust_mark_type": TYPE}, [APP]),
            ({"trust_mark_type": f"{TYPE}/other"}, []),
            ({"trust_marked": "true", "entity_type": "openid_provider"}, []),
            ({"anything": "else"}, [APP, ISSUER, RP]),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_filters(self, published: Published, query: dict[str, Any], found: list[str]) -> None:
        published.enrol_app()
        give(published, TYPE, APP)

        assert sorted(published.get(ISSUER + LIST, **query).json) == sorted(found)

    def test_a_region_is_an_intermediate(self, published: Published) -> None:
        assert published.get(HUB + LIST, intermediate="true").json == [FED]

    @pytest.mark.parametrize(
        ("query", "error"),
        [
            ({"trust_marked": "yes"}, "invalid_request"),
            ({"intermediate": ["true", "true"]}, "invalid_request"),
            ({"entity_type": ["openid_provider"] * 17}, "invalid_request"),
            ({"limit": "10"}, "unsupported_parameter"),
            ({"from_entity_id": APP}, "unsupported_parameter"),
            ({"updated_after": "1"}, "unsupported_parameter"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_a_filter_that_cannot_be_honoured_is_refused(
        self, published: Published, query: dict[str, Any], error: str
    ) -> None:
        answer = published.get(ISSUER + LIST, **query)

        assert (answer.status_code, answer.json["error"]) == (400, error)
        assert answer.json["error_description"]


def give(published: Published, mark_type: str, subject: str, lifetime: timedelta = timedelta(days=30)) -> str:
    """Have the region's intermediate give a mark."""
    return published.give(mark_type, subject, lifetime)


def status_of(published: Published, token: str) -> str:
    """What the issuer says about a mark, its signature checked."""
    answer = published.region.send("POST", TRUST_MARK_STATUS, data={"trust_mark": token})
    assert answer.status_code == 200, answer.get_data()
    assert answer.headers["Content-Type"] == "application/trust-mark-status-response+jwt"
    document = signatures.verified(
        answer.get_data(as_text=True),
        "trust-mark-status-response+jwt",
        claims_of(published.configuration(FED))["jwks"],
        StatementSignatures(),
    )
    assert document.claims["iss"] == FED
    assert document.claims["trust_mark"] == token
    assert document.claims["iat"] <= published.clock.now().timestamp()
    return str(document.claims["status"])


class TestTrustMarks:
    """§7, §8.4 to §8.6."""

    def test_a_mark_can_be_fetched_by_who_bears_it(self, published: Published) -> None:
        token = give(published, TYPE, APP)

        answer = published.get(ISSUER + TRUST_MARK, trust_mark_type=TYPE, sub=APP)

        assert answer.headers["Content-Type"] == "application/trust-mark+jwt"
        assert answer.get_data(as_text=True) == token
        assert header_of(token)["typ"] == "trust-mark+jwt"
        claims = claims_of(token)
        assert (claims["iss"], claims["sub"], claims["trust_mark_type"]) == (FED, APP, TYPE)
        assert claims["exp"] - claims["iat"] == 30 * 24 * 3600

    def test_a_mark_that_counts_is_active_then_expired(self, published: Published) -> None:
        token = give(published, TYPE, APP)

        assert status_of(published, token) == "active"
        published.clock.advance(days=30)
        assert status_of(published, token) == "expired"

    def test_a_mark_that_was_taken_back_is_revoked(self, published: Published) -> None:
        token = give(published, TYPE, APP)
        assert status_of(published, token) == "active"

        published.region.services.stores.federation_entities.revoke_marks(
            FED, TYPE, APP, "inspection failed", now=published.clock.now()
        )
        published.clock.advance(seconds=1)

        assert status_of(published, token) == "revoked"
        assert published.get(ISSUER + TRUST_MARK, trust_mark_type=TYPE, sub=APP).status_code == 404
        assert published.get(ISSUER + TRUST_MARK_LIST, trust_mark_type=TYPE).json == []

    def test_a_mark_whose_key_was_withdrawn_is_invalid(self, published: Published) -> None:
        token = give(published, TYPE, APP)

        published.region.services.keyrings[KeyPurpose.FEDERATION].revoke(header_of(token)["kid"])
        published.clock.advance(seconds=1)

        assert status_of(published, token) == "invalid"
        assert published.get(ISSUER + TRUST_MARK, trust_mark_type=TYPE, sub=APP).status_code == 404

    def test_a_mark_outlives_the_change_of_keys(self, published: Published) -> None:
        """Its key stays published for as long as it lasts."""
        token = give(published, TYPE, APP)
        published.region.services.keyrings[KeyPurpose.FEDERATION].rotate(immediately=True)

        published.clock.advance(days=29)

        assert status_of(published, token) == "active"
        assert header_of(token)["kid"] in {
            key["kid"] for key in claims_of(published.configuration(FED))["jwks"]["keys"]
        }

    def test_nobody_is_told_about_a_mark_that_was_not_given_here(self, published: Published) -> None:
        """§8.4.2: 404, for a changed one too."""
        token = give(published, TYPE, APP)
        head, _, tail = token.rpartition(".")

        for unknown in ("a.b.c", f"{head}.{tail[::-1]}", published.configuration(FED)):
            answer = published.region.send("POST", TRUST_MARK_STATUS, data={"trust_mark": unknown})
            assert (answer.status_code, answer.json["error"]) == (404, "not_found")

    def test_what_another_gave_is_for_that_one_to_speak_of(self, published: Published) -> None:
        """We carry it, and answer no questions about it."""
        now = published.clock.now()
        given = HeldMark("x.y.z", "1", "https://other.example", TYPE, ISSUER, now, now + timedelta(days=1))
        published.region.services.stores.federation_entities.add_mark(given)
        published.clock.advance(seconds=1)

        status = published.region.send("POST", TRUST_MARK_STATUS, data={"trust_mark": given.token})
        assert status.status_code == 404
        assert published.get(ISSUER + TRUST_MARK, trust_mark_type=TYPE, sub=ISSUER).status_code == 404
        assert published.get(ISSUER + TRUST_MARK_LIST, trust_mark_type=TYPE).json == []
        assert ISSUER not in published.get(ISSUER + LIST, trust_marked="true").json
        assert claims_of(published.configuration(ISSUER))["trust_marks"] == [
            {"trust_mark_type": TYPE, "trust_mark": given.token}
        ]

    def test_the_status_is_asked_by_post(self, published: Published) -> None:
        assert published.get(ISSUER + TRUST_MARK_STATUS, trust_mark="a.b.c").status_code == 405
        answer = published.region.send("POST", TRUST_MARK_STATUS, data={})
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")

    def test_bearers_are_listed_while_their_marks_count(self, published: Published) -> None:
        give(published, TYPE, APP)
        give(published, TYPE, RP, timedelta(days=1))

        def listed(**query: str) -> Any:
            answer = published.get(ISSUER + TRUST_MARK_LIST, trust_mark_type=TYPE, **query)
            assert answer.headers["Content-Type"] == "application/json"
            return answer.json

        assert listed() == sorted([APP, RP])
        assert listed(sub=APP) == [APP]
        assert listed(sub=ISSUER) == []
        published.clock.advance(days=1)
        assert listed() == [APP]

    @pytest.mark.parametrize("path", [TRUST_MARK, TRUST_MARK_LIST])
    def test_the_type_is_required(self, published: Published, path: str) -> None:
        answer = published.get(ISSUER + path, sub=APP)

        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")

    def test_a_mark_of_an_entity_of_ours_is_in_its_configuration_and_counts(
        self, published: Published
    ) -> None:
        """§7.3: the anchor lists its issuer, and issuer and bearer have chains to the same anchor."""
        published.hub.services.stores.federation_entities.put_mark_type(MarkType(TYPE, (FED,)))
        token = give(published, TYPE, ISSUER)

        chain = published.validated(published.collect(ISSUER))

        assert carried_by(chain) == (CarriedMark(TYPE, token),)
        issuer = published.validated(published.collect(FED))
        mark = validate(carried_by(chain)[0], chain, issuer, StatementSignatures(), now=published.clock.now())
        assert mark.issuer == FED

    def test_the_anchor_says_who_may_issue_what(self, published: Published) -> None:
        """§3.1.3; a region that has an anchor says nothing of it."""
        owner_keys = jwks_of(new_key())
        kind = MarkType(TYPE, (FED,), "https://owner.example", owner_keys)
        for provider in (published.hub, published.region):
            provider.services.stores.federation_entities.put_mark_type(kind)
        published.clock.advance(seconds=1)

        hub = claims_of(published.configuration(HUB))
        assert hub["trust_mark_issuers"] == {TYPE: [FED]}
        assert hub["trust_mark_owners"] == {TYPE: {"sub": "https://owner.example", "jwks": owner_keys}}
        assert {"trust_mark_issuers", "trust_mark_owners"}.isdisjoint(claims_of(published.configuration(FED)))


class TestHistoricalKeys:
    """§8.7: the keys that are gone."""

    def keys(self, published: Published) -> list[dict[str, Any]]:
        answer = published.get(ISSUER + HISTORICAL_KEYS)
        assert answer.headers["Content-Type"] == "application/jwk-set+jwt"
        document = signatures.verified(
            answer.get_data(as_text=True),
            "jwk-set+jwt",
            claims_of(published.configuration(FED))["jwks"],
            StatementSignatures(),
        )
        assert document.claims["iss"] == FED
        keys: list[dict[str, Any]] = document.claims["keys"]
        return keys

    def test_there_are_none_at_first(self, published: Published) -> None:
        assert self.keys(published) == []

    def test_a_key_that_grew_old_is_there_once_it_is_no_longer_published(self, published: Published) -> None:
        keyring = published.region.services.keyrings[KeyPurpose.FEDERATION]
        (old,) = keyring.view().records
        keyring.rotate(immediately=True)
        assert self.keys(published) == []

        published.clock.advance(days=32)

        (gone,) = self.keys(published)
        assert gone["kid"] == old.kid
        assert gone["iat"] <= gone["nbf"] < gone["exp"] <= published.clock.now().timestamp()
        assert "revoked" not in gone
        assert {"d", "p", "q"}.isdisjoint(gone)

    def test_a_key_that_was_withdrawn_says_so(self, published: Published) -> None:
        keyring = published.region.services.keyrings[KeyPurpose.FEDERATION]
        (old,) = keyring.view().records

        keyring.revoke(old.kid)
        published.clock.advance(seconds=1)

        (gone,) = self.keys(published)
        assert gone["kid"] == old.kid
        assert gone["revoked"] == {"revoked_at": gone["exp"], "reason": "compromised"}


def test_a_document_that_the_client_has_is_not_sent_again(published: Published) -> None:
    for path in (WELL_KNOWN, f"/fed{WELL_KNOWN}", HISTORICAL_KEYS, SIGNED_JWKS, f"{FETCH}?sub={RP}"):
        first = published.region.send("GET", path)

        again = published.region.send("GET", path, headers={"If-None-Match": first.headers["ETag"]})

        assert again.status_code == 304
        assert again.get_data() == b""
        assert first.headers["Cache-Control"].startswith("public, max-age=")
