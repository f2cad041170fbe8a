"""A client assertion proves who calls once, at whichever endpoint of whichever worker (RFC 7523 §3)."""

from __future__ import annotations

from itertools import cycle

from idp.oidc.vocabulary import ClientAuthMethod
from tests.fire.verdicts import outcomes
from tests.fire.volley import SIZE, Volley, written_by_app
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty
from tests.support.server import RunningProvider

ASSERTIONS = 40
CALLS: list[tuple[str, dict[str, str]]] = [
    ("/token", {"grant_type": "client_credentials", "scope": "tax.read"}),
    ("/introspect", {"token": "any"}),
    ("/revoke", {"token": "any"}),
]


def presented(app: RelyingParty, path: str, form: dict[str, str], assertion: str) -> bytes:
    """A request authenticated by this very assertion."""
    credentials = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return written_by_app(app, lambda app: app.send("POST", path, {**form, **credentials}))


def test_an_assertion_presented_50_times_at_once_is_accepted_once(
    region: RunningProvider, volley: Volley
) -> None:
    app = region.client("assertions", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    token_request = CALLS[0]

    for _ in range(ASSERTIONS):
        answers = volley.fire([presented(app, *token_request, app.assertion())] * SIZE)

        assert outcomes(answers) == {(200, None): 1, (401, "invalid_client"): SIZE - 1}


def test_an_assertion_counts_once_over_all_endpoints_together(
    region: RunningProvider, volley: Volley
) -> None:
    app = region.client("assertions-everywhere", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)

    for _ in range(ASSERTIONS):
        assertion = app.assertion()
        requests = [presented(app, *call, assertion) for call in CALLS]
        answers = volley.fire(request for request, _ in zip(cycle(requests), range(SIZE), strict=False))

        assert outcomes(answers) == {(200, None): 1, (401, "invalid_client"): SIZE - 1}
