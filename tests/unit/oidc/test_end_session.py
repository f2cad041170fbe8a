"""Sign-out asked for by a mini-app: without asking whom, and back to where?"""

from __future__ import annotations

from typing import Any

import pytest

from idp.oidc.end_session import LogoutRequest, examine_logout
from idp.oidc.errors import InvalidRequest
from idp.oidc.vocabulary import Algorithm
from tests.unit.oidc.given import ISSUER, a_client, parameters
from tests.unit.oidc.memory import MemoryClients, OpenSigner

BACK = "https://tax.example/signed-out"
TAX = a_client(post_logout_redirect_uris=(BACK, f"{BACK}?from=idp"))
HEALTH = a_client(client_id="health", post_logout_redirect_uris=("https://health.example/bye",))
OFF = a_client(client_id="off", post_logout_redirect_uris=(BACK,), enabled=False)


def hint(**changes: Any) -> str:
    claims = {"iss": ISSUER, "sub": "subject-at-tax", "aud": "tax", **changes}
    return OpenSigner().sign(Algorithm.ES256, "JWT", claims)


def examine(**values: Any) -> LogoutRequest:
    clients = MemoryClients.of(TAX, HEALTH, OFF)
    return examine_logout(parameters(**values), clients, OpenSigner(), ISSUER)


def test_a_hint_proves_who_is_meant_and_who_asks() -> None:
    request = examine(
        id_token_hint=hint(), post_logout_redirect_uri=BACK, state="s+ =&", ui_locales="zh-CN en"
    )

    assert request.client == TAX
    assert request.subject == "subject-at-tax"
    assert request.ui_locales == ("zh-CN", "en")
    assert request.target is not None
    assert request.target.location == f"{BACK}?state=s%2B+%3D%26"


@pytest.mark.parametrize(
    ("uri", "state", "location"),
    [
        (BACK, None, BACK),
        (BACK, "s", f"{BACK}?state=s"),
        (f"{BACK}?from=idp", None, f"{BACK}?from=idp"),
        (f"{BACK}?from=idp", "s", f"{BACK}?from=idp&state=s"),
    ],
)
def test_nothing_but_the_state_is_added_to_the_way_back(uri: str, state: str | None, location: str) -> None:
    """Spec: OpenID Connect RP-Initiated Logout §3."""
    request = examine(id_token_hint=hint(), post_logout_redirect_uri=uri, state=state)

    assert request.target is not None
    assert request.target.location == location


@pytest.mark.parametrize("values", [{}, {"state": "s"}, {"ui_locales": "en"}, {"logout_hint": "ada"}])
def test_a_bare_request_signs_out_after_asking_and_goes_nowhere(values: dict[str, str]) -> None:
    request = examine(**values)

    assert request.client is None
    assert request.subject is None
    assert request.target is None


def test_a_client_id_names_who_asks_and_proves_nothing() -> None:
    request = examine(client_id="tax")

    assert request.client == TAX
    assert request.subject is None


@pytest.mark.parametrize(
    "values",
    [
        # No hint: nothing proves whose address it is.
        {"post_logout_redirect_uri": BACK},
        {"post_logout_redirect_uri": BACK, "client_id": "tax"},
        {"post_logout_redirect_uri": BACK, "state": "s"},
        # Not registered, or registered by somebody else.
        {"id_token_hint": hint(), "post_logout_redirect_uri": "https://evil.example/"},
        {"id_token_hint": hint(), "post_logout_redirect_uri": f"{BACK}?foo=bar"},
        {"id_token_hint": hint(), "post_logout_redirect_uri": f"{BACK}/"},
        {"id_token_hint": hint(), "post_logout_redirect_uri": f"{BACK}#"},
        {"id_token_hint": hint(), "post_logout_redirect_uri": "https://tax.example/callback"},
        {"id_token_hint": hint(), "post_logout_redirect_uri": "https://health.example/bye"},
        {"id_token_hint": hint(aud="nobody"), "post_logout_redirect_uri": BACK},
        {"id_token_hint": hint(aud="off"), "post_logout_redirect_uri": BACK},
        # A hint that is no hint.
        {"id_token_hint": "x"},
        {"id_token_hint": "x", "post_logout_redirect_uri": BACK},
        {
            "id_token_hint": OpenSigner().sign(
                Algorithm.ES256, "at+jwt", {"iss": ISSUER, "sub": "s", "aud": "tax"}
            )
        },
        {"id_token_hint": hint(iss="https://id.west.example")},
        {"id_token_hint": hint(), "client_id": "health"},
        # Twice.
        {"id_token_hint": [hint(), hint()]},
        {"id_token_hint": hint(), "post_logout_redirect_uri": [BACK, BACK]},
        {"id_token_hint": hint(), "post_logout_redirect_uri": BACK, "state": ["1", "2"]},
        {"client_id": ["tax", "tax"]},
    ],
)
def test_a_request_that_cannot_be_proven_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        examine(**values)


def test_a_hint_of_a_client_that_is_gone_still_says_who_is_meant() -> None:
    request = examine(id_token_hint=hint(aud="nobody"))

    assert request.client is None
    assert request.subject == "subject-at-tax"
    assert request.target is None
