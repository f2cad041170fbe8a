"""Whole chains, collected over HTTP from what we publish and validated as by a stranger: OpenID Federation §4, §11."""

from __future__ import annotations

import pytest

from idp.federation.trust_chain import ChainError
from idp.oidc.keys import KeyPurpose
from idp.trustlist.bundle import RegionStatus
from tests.support.provider import ISSUER
from tests.support.published import APP, FED, HUB, RP, Published, claims_of, header_of


@pytest.mark.parametrize(
    ("entity_id", "entity_type"), [(ISSUER, "openid_provider"), (RP, "openid_relying_party")]
)
def test_a_regions_entities_are_trusted_through_the_hub(
    published: Published, entity_id: str, entity_type: str
) -> None:
    chain = published.collect(entity_id)

    trusted = published.validated(chain)

    assert len(chain) == 4
    assert trusted.subject == entity_id
    assert trusted.anchor == HUB
    assert trusted.superior == FED
    assert entity_type in trusted.metadata


def test_a_mini_app_that_an_operator_enrolled_is_trusted_through_its_region(published: Published) -> None:
    published.enrol_app()

    trusted = published.validated(published.collect(APP))

    assert trusted.subject == APP
    assert trusted.metadata["openid_relying_party"]["redirect_uris"] == [f"{APP}/callback"]


def test_a_mini_app_is_trusted_as_no_more_than_its_region_enrolled_it_for(published: Published) -> None:
    published.enrol_app(constraints={"max_path_length": 0, "allowed_entity_types": ["oauth_resource"]})

    assert published.validated(published.collect(APP)).metadata == {}


def test_a_region_by_itself_is_the_anchor_of_its_own_mini_apps(published: Published) -> None:
    """Without a hub its intermediate has no superior, and whoever pins its keys can trust what is below."""
    with published.region.twin(trust_anchor="") as alone:
        configuration = alone.send("GET", "/fed/.well-known/openid-federation").get_data()

    assert "authority_hints" not in claims_of(configuration)


def test_a_suspended_region_is_trusted_by_nobody_who_asks_the_hub(published: Published) -> None:
    published.list_region(RegionStatus.SUSPENDED)

    with pytest.raises(AssertionError, match="not_found"):
        published.collect(ISSUER)


class TestChangeOfFederationKeys:
    """§11: publish ahead, wait until all have fetched, sign, remove."""

    def test_a_planned_change_breaks_no_chain_at_any_hour(self, published: Published) -> None:
        """The hub visits the region now and then, and so lists the next key long before it signs."""
        keyring = published.region.services.keyrings[KeyPurpose.FEDERATION]
        (old,) = keyring.view().records
        published.enrol_app()
        signers = set()

        keyring.rotate()
        for _ in range(12):
            for entity_id in (ISSUER, RP, APP):
                chain = published.collect(entity_id)
                published.validated(chain)
                signers.add(header_of(chain[1])["kid"])
            published.clock.advance(hours=3)
            published.list_region()

        assert len(signers) == 2
        assert header_of(published.configuration(FED))["kid"] != old.kid

    def test_present_and_next_key_are_published_together(self, published: Published) -> None:
        keyring = published.region.services.keyrings[KeyPurpose.FEDERATION]
        (old,) = keyring.view().records

        keyring.rotate()
        published.clock.advance(seconds=1)

        for entity_id in (ISSUER, FED, RP):
            token = published.configuration(entity_id)
            assert header_of(token)["kid"] == old.kid
            assert len(claims_of(token)["jwks"]["keys"]) == 2
        published.validated(published.collect(ISSUER))

    def test_a_chain_that_was_collected_before_the_change_holds_until_it_expires(
        self, published: Published
    ) -> None:
        chain = published.collect(ISSUER)
        published.region.services.keyrings[KeyPurpose.FEDERATION].rotate(immediately=True)

        published.clock.advance(hours=23)

        published.validated(chain)

    def test_a_key_that_the_hub_does_not_list_is_not_believed(self, published: Published) -> None:
        """Changed at once, without the wait: nobody above has heard of it."""
        published.region.services.keyrings[KeyPurpose.FEDERATION].rotate(immediately=True)
        published.clock.advance(seconds=1)

        with pytest.raises(ChainError):
            published.validated(published.collect(ISSUER))
        published.list_region()
        published.validated(published.collect(ISSUER))

    def test_a_key_that_leaked_opens_nothing_once_the_hub_has_heard(self, published: Published) -> None:
        """Its thief holds the chain of yesterday; the hub's word of today names the key no more."""
        keyring = published.region.services.keyrings[KeyPurpose.FEDERATION]
        (leaked,) = keyring.view().records
        yesterday = published.collect(ISSUER)

        keyring.revoke(leaked.kid)
        published.clock.advance(seconds=1)
        published.list_region()

        today = published.collect(ISSUER)
        published.validated(today)
        with pytest.raises(ChainError):
            published.validated([*yesterday[:2], *today[2:]])

    def test_the_hub_changes_its_own_key_before_the_eyes_of_those_who_pinned_it(
        self, published: Published
    ) -> None:
        keyring = published.hub.services.keyrings[KeyPurpose.FEDERATION]
        (old,) = keyring.view().records

        keyring.rotate()
        published.clock.advance(seconds=1)
        pinned = published.hub.services.statements.jwks
        for _ in range(12):
            published.validated(published.collect(RP), pinned)
            published.clock.advance(hours=3)
            published.list_region()

        assert header_of(published.configuration(HUB))["kid"] in {
            key["kid"] for key in pinned["keys"] if key["kid"] != old.kid
        }
