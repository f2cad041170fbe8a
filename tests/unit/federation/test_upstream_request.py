"""What a broker asks of the home region for a mini-app's request."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from idp.federation.upstream_request import UpstreamAsk, UpstreamTies, request_claims
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.parameters import Parameters
from idp.oidc.rp_display import RpDisplay
from idp.oidc.vocabulary import Prompt
from idp.wiring.brokering.upstream_ask import ask_for
from tests.support.clock import START

LADDER = tuple(f"urn:tongxing:acr:{level}" for level in (1, 2, 3))
EAST, BROKER = "https://id.east.example", "https://id.west.example/rp"
HEALTH = RpDisplay({"en": "Health", "zh-CN": "健康"}, "Health Commission", "health.example")
TIES = UpstreamTies("state", "nonce", "challenge", "jti")


def requested(**parameters: str) -> AuthorizationRequest:
    right = {"client_id": "health", "redirect_uri": "https://health.example/callback", "scope": "openid"}
    return AuthorizationRequest.parse(Parameters.from_pairs((right | parameters).items()))


def asked(believed: tuple[str, ...] = LADDER, silently: bool = False, **parameters: str) -> UpstreamAsk:
    return ask_for(requested(**parameters), HEALTH, ("name",), believed, "zh-CN", silently=silently)


def pushed(ask: UpstreamAsk) -> dict[str, Any]:
    return request_claims(ask, TIES, broker=BROKER, home=EAST, redirect_uri=f"{BROKER}/callback", now=START)


def essential(*names: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(names)}}})


def test_the_object_is_for_one_region_and_a_minute() -> None:
    claims = pushed(asked())

    assert (claims["iss"], claims["client_id"], claims["aud"]) == (BROKER, BROKER, EAST)
    assert claims["exp"] - claims["iat"] <= 60
    assert "sub" not in claims
    assert (claims["code_challenge"], claims["code_challenge_method"]) == ("challenge", "S256")
    assert (claims["state"], claims["nonce"], claims["jti"]) == ("state", "nonce", "jti")


def test_it_says_for_whom_it_asks_and_for_what_and_nothing_more() -> None:
    claims = pushed(asked(state="the app's", nonce="the app's", login_hint="44010119880312001X"))

    assert claims["rp_display"] == HEALTH.to_json()
    assert claims["claims"] == {"userinfo": {"name": None}}
    assert claims["scope"] == "openid"
    assert "login_hint" not in claims
    assert "the app's" not in json.dumps(claims)


def test_without_claims_there_is_no_claims_parameter() -> None:
    assert "claims" not in pushed(ask_for(requested(), HEALTH, (), LADDER, "en"))


@pytest.mark.parametrize(
    ("wished", "believed", "carried"),
    [
        (LADDER[1], LADDER, LADDER[1:2]),
        (" ".join(reversed(LADDER)), LADDER[:2], (LADDER[1], LADDER[0])),
        (LADDER[2], LADDER[:2], LADDER[1:2]),
        ("urn:unknown", LADDER, LADDER[2:]),
        (LADDER[1], (), ()),
        ("", LADDER, ()),
    ],
)
def test_a_wish_for_strength_goes_as_far_as_the_region_is_believed(
    wished: str, believed: tuple[str, ...], carried: tuple[str, ...]
) -> None:
    ask = asked(believed, acr_values=wished)

    assert ask.acr_values == carried
    assert ask.required_acr is None


def test_what_is_essential_stays_essential() -> None:
    ask = asked(claims=essential(LADDER[2], LADDER[1]))

    assert ask.required_acr == LADDER[1]
    assert pushed(ask)["claims"]["id_token"] == {"acr": {"essential": True, "values": [*LADDER[1:]]}}
    assert "acr_values" not in pushed(ask)


def test_what_is_not_believed_of_the_region_is_not_asked_of_it() -> None:
    assert asked(LADDER[:1], claims=essential(LADDER[1])).essential_acr == ()


@pytest.mark.parametrize("prompt", ["login", "consent", "select_account"])
def test_a_prompt_is_carried_on(prompt: str) -> None:
    assert pushed(asked(prompt=prompt))["prompt"] == prompt


def test_nothing_is_shown_where_nothing_may_be() -> None:
    assert pushed(asked(silently=True, prompt="none"))["prompt"] == "none"
    # Whoever chose a region by hand has seen a page already.
    assert "prompt" not in pushed(asked(prompt="none"))


def test_max_age_and_languages_are_carried_on() -> None:
    claims = pushed(asked(max_age="300", ui_locales="ug en"))

    assert claims["max_age"] == 300
    assert claims["ui_locales"] == "zh-CN ug en"


def test_how_fresh_a_proof_must_be() -> None:
    assert asked().authenticated_after(START) is None
    assert asked(max_age="300").authenticated_after(START) == START - timedelta(minutes=5)
    assert asked(prompt="login", max_age="300").authenticated_after(START) == START
    assert asked(prompt="select_account").authenticated_after(START) == START


def test_for_our_own_pages_nothing_about_the_person_is_asked() -> None:
    ask = ask_for(None, HEALTH, (), LADDER, "en")

    assert (ask.claims, ask.acr_values, ask.prompt) == ((), (), ())
    assert Prompt.NONE not in ask.prompt
