"""A mini-app that shows its key with every request (RFC 9449), from the first form to the last token."""

from __future__ import annotations

import dataclasses

import pytest
from joserfc.jwk import ECKey

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.dpop import KeyHolder
from tests.support.provider import Provider
from tests.support.relying_party import answer_of

API = "https://api.tax.example"


@pytest.mark.parametrize("method", [ClientAuthMethod.NONE, ClientAuthMethod.PRIVATE_KEY_JWT])
def test_everything_that_a_mini_app_does_with_a_key(provider: Provider, method: ClientAuthMethod) -> None:
    """Push, sign in, redeem, ask who it is, refresh, give up: an app on a telephone and one with a key of its own."""
    person = provider.person()
    app = provider.client(
        auth_method=method, dpop_bound_access_tokens=True, require_pushed_authorization_requests=True
    )
    holder = KeyHolder(app)

    pending, members = app.ask()
    pushed = holder.call("/par", members)
    address = app.address(client_id=app.client_id, request_uri=pushed.request_uri)
    code = answer_of(provider.walk(provider.browser(), address).url)["code"]
    tokens = holder.redeem(code, pending.verifier)
    fresh = holder.refresh(tokens.refresh_token)
    told = holder.userinfo(fresh.access_token)
    app.revoke(fresh.refresh_token)

    assert [tokens.token_type, fresh.token_type] == ["DPoP", "DPoP"]
    assert told.name == person.claims["name"]
    assert holder.userinfo(fresh.access_token).error == "invalid_token"
    assert holder.refresh(fresh.refresh_token).error == "invalid_grant"


def test_a_back_end_learns_by_introspection_whose_key_it_is(provider: Provider) -> None:
    """A resource that does not verify tokens itself compares the proof with `cnf` (RFC 9449 §6.2)."""
    provider.person()
    api = provider.client("api", audiences=(API,))
    holder = KeyHolder(provider.client())
    arrival = provider.arrive(provider.browser(), holder.app, resource=API)
    tokens = holder.redeem(arrival.code, arrival.pending.verifier, resource=API)

    told = api.introspect(tokens.access_token)

    assert (told.active, told.token_type, told.cnf) == (True, "DPoP", {"jkt": holder.jkt})


def test_a_used_code_still_ends_its_grant(provider: Provider) -> None:
    """RFC 6749 §4.1.2, whichever key comes second: tokens that are bound do not make reuse harmless."""
    provider.person()
    holder = KeyHolder(provider.client())
    arrival = provider.arrive(provider.browser(), holder.app)
    tokens = holder.redeem(arrival.code, arrival.pending.verifier)
    thief = dataclasses.replace(holder, key=ECKey.generate_key("P-256"))

    again = thief.redeem(arrival.code, arrival.pending.verifier)

    assert again.error == "invalid_grant"
    assert holder.userinfo(tokens.access_token).error == "invalid_token"


def test_a_used_refresh_token_still_ends_its_family(provider: Provider) -> None:
    """RFC 9700 §4.14.2."""
    provider.person()
    holder = KeyHolder(provider.client())
    arrival = provider.arrive(provider.browser(), holder.app)
    tokens = holder.redeem(arrival.code, arrival.pending.verifier)
    fresh = holder.refresh(tokens.refresh_token)

    assert holder.refresh(tokens.refresh_token).error == "invalid_grant"
    assert holder.refresh(fresh.refresh_token).error == "invalid_grant"
