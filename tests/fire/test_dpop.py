"""A proof of possession counts once, at whichever endpoint of whichever worker (RFC 9449 §11.1)."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

from tests.fire.verdicts import outcomes
from tests.fire.volley import SIZE, Volley, written_by_app
from tests.support.dpop import KeyHolder
from tests.support.server import RunningProvider

PROOFS = 20
FORM = {"grant_type": "client_credentials", "scope": "tax.read"}


def shown(holder: KeyHolder, path: str, form: dict[str, str], proof: str) -> bytes:
    """A request with this very proof."""
    app = replace(holder.app, headers={"DPoP": proof})
    return written_by_app(app, lambda app: app.call(path, form))


def test_a_proof_shown_50_times_at_once_counts_once(region: RunningProvider, volley: Volley) -> None:
    holder = KeyHolder(region.client("proofs"))
    assert holder.machine().status == 200

    for _ in range(PROOFS):
        answers = volley.fire([shown(holder, "/token", FORM, holder.proof("POST", "/token"))] * SIZE)

        assert outcomes(answers) == {(200, None): 1, (400, "invalid_dpop_proof"): SIZE - 1}


def test_a_jti_counts_once_over_all_endpoints_together(region: RunningProvider, volley: Volley) -> None:
    holder = KeyHolder(region.client("proofs-everywhere"))
    assert holder.machine().status == 200

    for number in range(PROOFS):
        _, members = holder.app.ask()
        pushed = {name: value for name, value in members.items() if isinstance(value, str)}
        requests = [
            shown(holder, path, form, holder.proof("POST", path, jti=f"jti {number}"))
            for path, form in (("/token", FORM), ("/par", pushed))
        ]
        answers = volley.fire(request for request, _ in zip(cycle(requests), range(SIZE), strict=False))

        won = [answer for answer in answers if answer.status in (200, 201)]
        assert len(won) == 1
        assert outcomes(answers)[(400, "invalid_dpop_proof")] == SIZE - 1


def test_a_server_with_two_dpop_headers_before_it_refuses_both(
    region: RunningProvider, volley: Volley
) -> None:
    """RFC 9449 §4.3 (1), as the server really hands them on: none of the two may be chosen in silence."""
    holder = KeyHolder(region.client("two-proofs"))
    assert holder.machine().status == 200
    first, second = holder.proof("POST", "/token"), holder.proof("POST", "/token")
    request = shown(holder, "/token", FORM, first)

    doubled = request.replace(b"\r\n\r\n", f"\r\nDPoP: {second}\r\n\r\n".encode(), 1)
    (answer,) = volley.fire([doubled])

    assert (answer.status, answer.error) == (400, "invalid_dpop_proof")
    assert holder.machine(first).status == 200
